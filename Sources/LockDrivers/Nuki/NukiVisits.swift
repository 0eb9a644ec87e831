import LockCore

/// When a lock is visited, and why: a battery lock is left alone unless somebody asked, it signals news, or nobody has
/// been there for long.
struct NukiVisits: Hashable, Sendable {
  /// A wish for a link.
  struct Wish: Hashable, Sendable {
    /// It is of no use after this uptime.
    var before: Duration
    /// What it is for.
    var reason: VisitReason
  }

  private let policy: NukiPolicy
  /// False for a lock that cannot signal news, or is not believed to.
  private let signalsNews: Bool

  /// The visits of this day, by what they were for.
  private(set) var count: [VisitReason: Int] = [:]
  private var dayBegan: Duration?
  /// Visits of this day that nobody asked for.
  private var unaskedToday = 0

  private var hasStarted = false
  private var isNewsPending = false
  /// The beacon's bit as it was heard last.
  private var newsBit = false
  private var lastHeard: Duration?
  /// When the lock was last spoken to.
  private var lastSuccess: Duration = .zero
  private var lastLogLook: Duration = .zero
  /// Attempts in a row that found nobody.
  private(set) var absences = 0
  private var silentSince: Duration?
  private var notBefore: Duration = .zero
  /// True while the lock has refused us in clear, once: anybody could have said that.
  private(set) var isDoubtful = false
  /// True once the lock was told not to answer.
  private(set) var isUnreachable = false

  private static let day: Duration = .hours(24)
  /// A lock that was not heard for so long does not tell news, whatever it signals.
  private static let deafTime: Duration = .hours(1)

  init(policy: NukiPolicy, signalsNews: Bool) {
    self.policy = policy
    self.signalsNews = signalsNews
  }

  // MARK: what happens

  /// The lock said something on the air; `hasNews` is its signal, nil when this says nothing of it.
  mutating func heard(hasNews: Bool?, at now: Duration) {
    let wasQuiet = self.lastHeard.map { now - $0 >= self.policy.quietTime } ?? true
    self.lastHeard = now
    if wasQuiet, self.absences > 0 { self.notBefore = min(self.notBefore, now) }
    guard self.signalsNews, let hasNews else { return }
    if hasNews, !self.newsBit { self.isNewsPending = true }
    self.newsBit = hasNews
  }

  mutating func opened(for reason: VisitReason, wasAskedFor: Bool, at now: Duration) {
    self.rollDay(at: now)
    self.count[reason, default: 0] += 1
    if !wasAskedFor { self.unaskedToday += 1 }
  }

  /// The lock, or somebody in its place, has refused us in clear: it is asked again on a new link at once.
  mutating func doubted(at now: Duration) { (self.isDoubtful, self.notBefore) = (true, now) }

  /// The lock has answered.
  mutating func succeeded(at now: Duration) {
    self.isDoubtful = false
    self.lastSuccess = now
    (self.absences, self.silentSince, self.notBefore) = (0, nil, .zero)
  }

  /// The lock was told to answer: what a first visit, or one after a silence, is for.
  mutating func toldReachable() { (self.hasStarted, self.isUnreachable) = (true, false) }

  /// The log was looked at: what was signalled until now is known.
  mutating func lookedAtLog(at now: Duration) {
    self.isNewsPending = false
    self.lastLogLook = now
  }

  /// Nobody was there, or there was somebody who could not be spoken to.
  /// - Returns: true when the lock is unreachable from now on.
  mutating func foundNobody(at now: Duration) -> Bool {
    self.absences += 1
    self.postpone(by: self.absences, at: now)
    let since = self.silentSince ?? now
    self.silentSince = since
    guard !self.isUnreachable, self.absences >= self.policy.absences || now - since >= self.policy.silence else {
      return false
    }
    self.isUnreachable = true
    return true
  }

  /// The radio had no time, or there is none: says nothing of the lock.
  mutating func wasPutOff(at now: Duration) { self.postpone(by: 1, at: now) }

  private mutating func postpone(by attempts: Int, at now: Duration) {
    let gap = self.policy.retryGaps.lowerBound * (1 << min(max(attempts - 1, 0), 16))
    self.notBefore = now + min(gap, self.policy.retryGaps.upperBound)
  }

  // MARK: wishes

  /// True when the log is worth a look on a visit for `reason`.
  func wantsLog(on reason: VisitReason, at now: Duration) -> Bool {
    switch reason {
    case .start, .news, .log, .check, .recovery: true
    case .code, .command: self.isNewsPending || now - self.lastLogLook >= self.policy.logInterval
    }
  }

  /// The visit that is due by itself now; nil for none.
  mutating func due(at now: Duration) -> Wish? {
    self.rollDay(at: now)
    guard let next = self.next, next.at <= now else { return nil }
    return Wish(before: now + self.policy.patience, reason: next.reason)
  }

  /// When a visit is due by itself next.
  var nextDue: Duration? { self.next?.at }

  private var next: (at: Duration, reason: VisitReason)? {
    if !self.hasStarted { return (self.notBefore, .start) }
    var due: (at: Duration, reason: VisitReason) = (self.lastSuccess + self.policy.checkInterval, .check)
    if self.isUnreachable || self.isDoubtful {
      due = (self.notBefore, .recovery)
    } else if self.isNewsPending {
      due = (self.notBefore, .news)
    } else {
      let log = self.logDue
      if log < due.at { due = (log, .log) }
    }
    due.at = max(due.at, self.notBefore)
    if self.unaskedToday >= self.policy.visitsPerDay, let dayBegan { due.at = max(due.at, dayBegan + Self.day) }
    return due
  }

  /// When the log is looked at by itself: often where news are not signalled or the signal stays, and where the lock's
  /// signal was not heard for long.
  private var logDue: Duration {
    if !self.signalsNews || self.newsBit { return self.lastLogLook + self.policy.logInterval }
    let deaf = max(self.policy.logInterval, Self.deafTime)
    return max(self.lastLogLook, self.lastHeard ?? .zero) + deaf
  }

  /// Days begin with the first visit after the last one: counted in uptime, no clock that is set back doubles them.
  private mutating func rollDay(at now: Duration) {
    guard let dayBegan else {
      self.dayBegan = now
      return
    }
    guard now - dayBegan >= Self.day else { return }
    self.dayBegan = now
    (self.count, self.unaskedToday) = ([:], 0)
  }
}
