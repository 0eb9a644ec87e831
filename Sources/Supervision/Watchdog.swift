internal import Dispatch
internal import Synchronization

/// Asks every loop of the daemon, from a thread that none of them can hold up, whether it advances. Safe from any task.
public final class Watchdog: Sendable {
  /// Has a loop call `answered` the next time it comes by; returns at once.
  public typealias Question = @Sendable (_ answered: @escaping @Sendable () -> Void) -> Void

  private struct State {
    var supervision: Supervision
    var questions: [Supervision.LoopID: Question] = [:]
  }

  /// How often the loops are asked.
  public let interval: Duration
  /// How long a loop may take to answer.
  public let budget: Duration
  private let state: Mutex<State>

  /// Makes a watchdog; it asks nobody before ``run(_:)``.
  /// - Parameter limit: the longest time between two signs of life that the service manager bears. Asked is five times
  ///   as often, and a loop may take two thirds of it: when one is caught, no sign of life is given for longer than
  ///   that after 1.9 times the limit at the latest.
  public init(limit: Duration = .seconds(60)) {
    self.interval = limit / 5
    self.budget = limit * 2 / 3
    self.state = Mutex(State(supervision: Supervision(interval: limit / 5)))
  }

  /// Watches a loop from now on.
  /// - Parameters:
  ///   - name: what people call it.
  ///   - question: asks it.
  /// - Returns: what ``forget(_:)`` wants once the loop ends.
  public func watch(_ name: String, _ question: @escaping Question) -> Supervision.LoopID {
    self.state.withLock { state in
      let id = state.supervision.began(name, budget: self.budget)
      state.questions[id] = question
      return id
    }
  }

  /// Watches a loop as long as it runs.
  /// - Parameters:
  ///   - name: what people call it.
  ///   - question: asks it.
  ///   - body: the loop.
  public func watching(_ name: String, _ question: @escaping Question, _ body: () async -> Void) async {
    let id = self.watch(name, question)
    await body()
    self.forget(id)
  }

  /// Watches a loop no more.
  public func forget(_ id: Supervision.LoopID) {
    self.state.withLock { state in
      state.supervision.ended(id)
      state.questions[id] = nil
    }
  }

  /// How the loops stand now.
  public var verdict: Supervision.Verdict { self.state.withLock { $0.supervision.verdict(at: Self.uptime) } }

  /// Asks those who owe no answer, and judges.
  @discardableResult
  func look() -> Supervision.Verdict {
    let now = Self.uptime
    let (questions, verdict) = self.state.withLock { state in
      // Judged before the next question, which only those get who have answered.
      let idle = state.supervision.looked(at: now)
      return (idle.compactMap { id in state.questions[id].map { (id, $0) } }, state.supervision.verdict(at: now))
    }
    for (id, question) in questions {
      question { [self] in self.state.withLock { $0.supervision.advanced(id, at: Self.uptime) } }
    }
    return verdict
  }

  /// Looks again and again until the task is cancelled.
  /// - Parameter told: hears the verdict each time, on a thread that waits for no loop.
  public func run(_ told: @escaping @Sendable (Supervision.Verdict) -> Void) async {
    // A queue of its own: the threads that tasks run on may all be held up by what is to be found out.
    let queue = DispatchQueue(label: "watchdog")
    let timer = DispatchSource.makeTimerSource(queue: queue)
    let (components, attoseconds) = self.interval.components
    let milliseconds = Int(components) * 1000 + Int(attoseconds / 1_000_000_000_000_000)
    timer.schedule(
      deadline: .now(), repeating: .milliseconds(max(1, milliseconds)), leeway: .milliseconds(milliseconds / 20))
    timer.setEventHandler { told(self.look()) }
    timer.activate()
    let (end, isOver) = AsyncStream<Void>.makeStream()
    await withTaskCancellationHandler {
      for await _ in end {}
    } onCancel: {
      isOver.finish()
    }
    timer.cancel()
  }

  /// As the service manager counts: not while the box sleeps.
  private static var uptime: Duration {
    let instant = SuspendingClock.now
    return SuspendingClock().systemEpoch.duration(to: instant)
  }
}
