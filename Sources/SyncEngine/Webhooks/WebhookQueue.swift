internal import LockCore

/// How far one endpoint is with the journal, and what is to be tried next: a value that never performs anything.
///
/// Events go out one after another in the order of the journal. An event that the receiver answers with a refusal is
/// set aside after its second try and goes on with its own schedule, so that one event that the receiver cannot take
/// does not hold up the others. While the receiver does not answer at all, or says that it is overloaded, nothing
/// moves: that costs one schedule, however many events wait.
struct WebhookQueue: Hashable, Sendable {
  /// An event that failed at least once.
  struct Trial: Hashable, Sendable {
    /// Its place in the journal.
    var sequence: Int64
    /// How many of the schedule's tries have failed, 1 and up.
    var failures: Int
    /// When the last of them failed.
    var failedAt: Timestamp
  }

  /// What to do.
  enum Step: Hashable, Sendable {
    /// Send this event.
    case send(Int64)
    /// Nothing before this date; nil for nothing at all until the journal grows.
    case wait(Timestamp?)
  }

  /// What came of a try.
  enum Verdict: Hashable, Sendable {
    /// The receiver has it.
    case delivered
    /// It is tried again.
    case failed
    /// It failed as often as the schedule says; nothing more is done for it.
    case givenUp
  }

  /// The published schedule (R145): the pause before each try, counted from the failure before it.
  static let pauses: [Duration] = [
    .zero, .seconds(5), .minutes(5), .minutes(30), .hours(2), .hours(5), .hours(10), .hours(10),
  ]
  /// When there is news for a receiver that did not answer, it is looked for so soon after the last try, beside the
  /// schedule: who is back after a night gets today's events at once.
  static let shortestProbe = Duration.minutes(1)
  /// The most events that are set aside; a receiver that refuses more of them waits like one that does not answer.
  static let mostSetAside = 1000

  /// Every event up to here was delivered, given up, set aside, or is none that the endpoint wants.
  var position: Int64
  /// The first event after the position, once it has failed.
  var head: Trial?
  /// Events before the position that the receiver refused, by their place in the journal.
  var setAside: [Int64: Trial] = [:]
  /// When the head was last tried beside its schedule; not kept over a restart.
  private var probedAt = Timestamp.distantPast

  /// Makes a queue.
  /// - Parameter position: the place in the journal after which events are wanted.
  init(position: Int64) { self.position = position }

  /// What to do next.
  /// - Parameters:
  ///   - now: the present.
  ///   - following: the first event after the position that the endpoint wants; nil for none.
  ///   - hasNews: true when such an event was stored after the head's last try.
  func step(at now: Timestamp, following: Int64?, hasNews: Bool) -> Step {
    var earliest: Timestamp?
    let trials = self.setAside.values.sorted { ($0.failedAt, $0.sequence) < ($1.failedAt, $1.sequence) }
    for trial in trials {
      let due = trial.due(at: now)
      if due <= now { return .send(trial.sequence) }
      earliest = min(earliest ?? due, due)
    }
    guard let following else { return .wait(earliest) }
    guard let head = self.head, head.sequence == following else { return .send(following) }
    var due = head.due(at: now)
    if hasNews { due = min(due, max(head.failedAt, self.probedAt) + Self.shortestProbe) }
    return due <= now ? .send(following) : .wait(min(earliest ?? due, due))
  }

  /// There is nothing more to do for the events up to here.
  mutating func skip(to sequence: Int64) {
    self.position = max(self.position, sequence)
    if let head = self.head, head.sequence <= self.position { self.head = nil }
  }

  /// A try has ended.
  mutating func ended(_ sequence: Int64, _ outcome: WebhookOutcome, at now: Timestamp) -> Verdict {
    if var trial = self.setAside.removeValue(forKey: sequence) {
      if outcome.isSuccess { return .delivered }
      trial.fail(at: now)
      if trial.isOver { return .givenUp }
      self.setAside[sequence] = trial
      return .failed
    }
    guard sequence > self.position else { return outcome.isSuccess ? .delivered : .failed }
    guard !outcome.isSuccess else {
      self.skip(to: sequence)
      return .delivered
    }
    var trial = Trial(sequence: sequence, failures: 0, failedAt: now)
    if let head = self.head, head.sequence == sequence {
      guard head.due(at: now) <= now else {
        self.probedAt = now
        return .failed
      }
      trial = head
    }
    trial.fail(at: now)
    if trial.isOver {
      self.skip(to: sequence)
      return .givenUp
    }
    if outcome.isRefusal, trial.failures >= 2, self.setAside.count < Self.mostSetAside {
      self.setAside[sequence] = trial
      self.skip(to: sequence)
    } else {
      self.head = trial
    }
    return .failed
  }
}

extension WebhookQueue.Trial {
  /// True when the schedule has no further try.
  fileprivate var isOver: Bool { self.failures >= WebhookQueue.pauses.count }

  fileprivate mutating func fail(at now: Timestamp) {
    self.failures += 1
    self.failedAt = now
  }

  /// When it is tried again. A clock that was set back must not put that off: then it is now.
  fileprivate func due(at now: Timestamp) -> Timestamp {
    guard self.failedAt <= now else { return now }
    return self.failedAt + WebhookQueue.pauses[min(self.failures, WebhookQueue.pauses.count - 1)]
  }
}

/// What a receiver made of an event.
public enum WebhookOutcome: Hashable, Sendable {
  /// It answered with this HTTP status.
  case answered(status: Int)
  /// No answer came; why, for the log, without the address.
  case unanswered(reason: String)

  /// True for 2xx.
  public var isSuccess: Bool { if case .answered(200..<300) = self { true } else { false } }

  /// True when the receiver is there and does not take this event; false when it takes none at present.
  var isRefusal: Bool {
    switch self {
    case .answered(let status): ![408, 429, 502, 503, 504].contains(status)
    case .unanswered: false
    }
  }

  /// The same in a few words.
  var words: String {
    switch self {
    case .answered(let status): "it answered with status \(status)"
    case .unanswered(let reason): reason
    }
  }
}
