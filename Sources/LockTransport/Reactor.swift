import CTermios
public import LockCore
import Synchronization

/// One thread that serves every descriptor and every deadline of the site's links.
///
/// Idle links cost nothing: the thread sleeps until a descriptor is ready or the next deadline has come. Safe from
/// any task or thread. Runs until ``shutDown()``, which its owner must call.
public final class Reactor: Sendable {
  private struct State {
    var channels: [UInt64: Channel] = [:]
    var deadlines: [UInt64: Duration] = [:]
    /// When the alarm goes off; never after the earliest deadline.
    var alarm: Duration?
    var lastToken = Reactor.alarmToken
    /// To be called by the thread when it comes by.
    var questions: [@Sendable () -> Void] = []
    var isShutDown = false
  }

  private static let wakeupToken: UInt64 = 0
  private static let alarmToken: UInt64 = 1

  private let epoll: Descriptor
  private let wakeup: Descriptor
  private let alarm: Descriptor
  private let state = Mutex(State())
  private let thread = Mutex<LoopThread?>(nil)
  private let turns = Atomic<Int>(0)

  /// The epoll descriptor, for channels to watch themselves with.
  var poller: Int32 { self.epoll.number }
  /// How often the thread was woken.
  var turnCount: Int { self.turns.load(ordering: .relaxed) }

  /// Starts the thread.
  /// - Throws: ``LinkFault/ioError(errno:during:)`` when the process has no descriptors or threads left.
  public init() throws(LinkFault) {
    let epoll = try Descriptor(cepoll_create(), doing: "epoll_create1")
    let wakeup = try Descriptor(cepoll_make_wakeup(), doing: "eventfd")
    let alarm = try Descriptor(cepoll_make_alarm(), doing: "timerfd_create")
    for (number, token) in [(wakeup.number, Self.wakeupToken), (alarm.number, Self.alarmToken)] {
      let rc = cepoll_add(epoll.number, number, CEPOLL_READABLE, token)
      if rc < 0 { throw .ioError(errno: -rc, during: "epoll_ctl") }
    }
    self.epoll = epoll
    self.wakeup = wakeup
    self.alarm = alarm
    let thread = try LoopThread { self.run() }
    self.thread.withLock { $0 = thread }
  }

  /// Time since the box was started (CLOCK_BOOTTIME): counts suspension, never goes back.
  public static var uptime: Duration { .nanoseconds(cepoll_uptime()) }

  /// The present by both clocks, for whoever tells a driver what happened.
  public static var now: Moment {
    Moment(uptime: self.uptime, date: Timestamp(milliseconds: cepoll_wall_clock()))
  }

  /// True while the kernel holds the wall clock for synchronized: a time daemon keeps it.
  public static var isClockSynchronized: Bool { cepoll_clock_is_synchronized() == 1 }

  /// Closes every link as ``LinkFault/shutDown``, ends the thread and waits for its end, which takes no longer than
  /// what it is doing now. Opening a link fails from here on. Harmless when called again.
  public func shutDown() {
    self.state.withLock { $0.isShutDown = true }
    _ = cepoll_wake(self.wakeup.number)
    let thread = self.thread.withLock { $0.take() }
    thread?.join()
  }

  /// Has the thread call `answered` the next time it comes by, to show that it does. Never once it is shut down.
  public func ask(_ answered: @escaping @Sendable () -> Void) {
    self.state.withLock { $0.questions.append(answered) }
    _ = cepoll_wake(self.wakeup.number)
  }

  // MARK: for links

  /// Takes a non-blocking descriptor in and starts to serve it.
  /// - Parameter whenReleased: called once the descriptor is let go of, for whatever reason; on any thread.
  func adopt(
    _ descriptor: consuming Descriptor, as kind: Channel.Kind, whenReleased: (@Sendable () -> Void)? = nil
  ) throws(LinkFault) -> Link {
    let token = try self.state.withLock { state throws(LinkFault) in
      if state.isShutDown { throw .shutDown }
      state.lastToken += 1
      return state.lastToken
    }
    let channel = Channel(descriptor, kind: kind, token: token, on: self, whenReleased: whenReleased)
    let isShutDown = self.state.withLock { state in
      if !state.isShutDown { state.channels[token] = channel }
      return state.isShutDown
    }
    if isShutDown { throw .shutDown }
    channel.start()
    return Link(channel, on: self)
  }

  func forget(_ token: UInt64) {
    self.state.withLock { state in
      state.channels[token] = nil
      state.deadlines[token] = nil
    }
  }

  func setDeadline(_ deadline: Duration?, for token: UInt64) {
    self.state.withLock { state in
      guard state.channels[token] != nil else { return }
      state.deadlines[token] = deadline
      // A later deadline leaves the alarm as it is: one idle turn costs less than setting it each time.
      if let deadline, state.alarm.map({ deadline < $0 }) ?? true { self.setAlarm(deadline, &state) }
    }
  }

  private func setAlarm(_ deadline: Duration, _ state: inout State) {
    state.alarm = deadline
    _ = cepoll_set_alarm(self.alarm.number, deadline.wholeNanoseconds)
  }

  // MARK: the thread

  private func run() {
    unsafe cepoll_name_thread("descriptors")
    var events = [cepoll_event](repeating: cepoll_event(), count: 64)
    var buffer = [UInt8](repeating: 0, count: Channel.longestMessage)
    while true {
      let count = unsafe events.withUnsafeMutableBufferPointer { events in
        unsafe cepoll_wait(self.poller, events.baseAddress, Int32(events.count))
      }
      self.turns.add(1, ordering: .relaxed)
      var alarmWentOff = false
      for event in events.prefix(max(0, Int(count))) {
        switch event.token {
        case Self.wakeupToken:
          _ = cepoll_drain(self.wakeup.number)
          let questions = self.state.withLock { state in
            defer { state.questions = [] }
            return state.questions
          }
          for answered in questions { answered() }
        case Self.alarmToken: alarmWentOff = true
        default: self.channel(event.token)?.isReady(event.events, reading: &buffer)
        }
      }
      if alarmWentOff {
        for channel in self.takeDue() { channel.deadlinePassed(reading: &buffer) }
      }
      if let channels = self.takeAllIfShutDown() {
        for channel in channels { channel.shutDown() }
        return
      }
    }
  }

  private func channel(_ token: UInt64) -> Channel? { self.state.withLock { $0.channels[token] } }

  /// Takes out the deadlines that have passed, earliest first, and sets the alarm to the next one.
  private func takeDue() -> [Channel] {
    _ = cepoll_drain(self.alarm.number)
    let now = Self.uptime
    return self.state.withLock { state in
      state.alarm = nil
      let due = state.deadlines.filter { $0.value <= now }.sorted { $0.value < $1.value }
      for (token, _) in due { state.deadlines[token] = nil }
      // A site has dozens of links: looking at each is cheaper than keeping them in order.
      if let next = state.deadlines.values.min() { self.setAlarm(next, &state) }
      return due.compactMap { state.channels[$0.key] }
    }
  }

  private func takeAllIfShutDown() -> [Channel]? {
    self.state.withLock { state in
      guard state.isShutDown else { return nil }
      state.deadlines.removeAll()
      return Array(state.channels.values)
    }
  }
}

extension Duration {
  /// Whole nanoseconds, clamped to what a signed 64-bit number holds.
  fileprivate var wholeNanoseconds: Int64 {
    let (seconds, attoseconds) = self.components
    let (scaled, overflow) = seconds.multipliedReportingOverflow(by: 1_000_000_000)
    if overflow { return seconds < 0 ? .min : .max }
    let (sum, overflowed) = scaled.addingReportingOverflow(attoseconds / 1_000_000_000)
    return overflowed ? (seconds < 0 ? .min : .max) : sum
  }
}
