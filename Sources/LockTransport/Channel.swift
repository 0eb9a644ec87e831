import CTermios
import Synchronization

#if canImport(Glibc)
  import Glibc
#else
  import Musl
#endif

/// One open descriptor on the reactor: its queues, and the reader that waits for it.
///
/// Safe from any thread. The reactor's thread reads; whoever writes, writes to the kernel directly and leaves to
/// the reactor's thread only what the kernel has no room for. Its lock is never held while the reactor's is taken.
final class Channel: Sendable {
  /// Longer messages do not exist on any link here.
  static let longestMessage = 65536

  /// What kind of descriptor it is; sets how it is read, written and let go.
  enum Kind: Sendable {
    /// A serial line.
    case terminal
    /// The master end of a pseudoterminal: lives on while nobody has the slave open.
    case pseudoterminal
    /// A socket that keeps message boundaries.
    case messages
    /// A descriptor that is only read.
    case notices
    /// A socket that others connect to. One byte is told whenever somebody waits; the next call of
    /// ``Channel/nextEvent()`` watches for more.
    case listener
  }

  private struct State: ~Copyable {
    /// nil once the channel is closed.
    var descriptor: Descriptor?
    var inbox = Inbox()
    var outbox = Outbox()
    /// What epoll watches now; 0 is "not watched".
    var interest: UInt32 = 0
    /// Reading stopped since the inbox was full, or since nobody reads.
    var isPaused = false
    /// Nobody will fetch events any more.
    var isUnread = false
    /// Something was begun on the descriptor that is not decided yet: nothing is read or written until it is
    /// writable.
    var isUndecided = false
    /// How that ended: 0 or -errno.
    var decision: Int32 = 0
    var decisionWaiter: CheckedContinuation<Void, Never>?
    var reader: CheckedContinuation<LinkEvent?, Never>?
  }

  let token: UInt64
  private let kind: Kind
  private let reactor: Reactor
  private let state: Mutex<State>
  private let whenReleased: (@Sendable () -> Void)?

  init(
    _ descriptor: consuming Descriptor, kind: Kind, token: UInt64, on reactor: Reactor,
    whenReleased: (@Sendable () -> Void)? = nil
  ) {
    self.token = token
    self.kind = kind
    self.reactor = reactor
    self.whenReleased = whenReleased
    self.state = Mutex(State(descriptor: descriptor))
  }

  /// Starts to be watched.
  func start() { self.update { state in self.watch(&state) } }

  // MARK: for whoever holds the link

  func write(_ bytes: [UInt8]) {
    if bytes.isEmpty { return }
    self.update { state in
      guard state.descriptor != nil else { return nil }
      // The far end would see only the beginning of it.
      if self.kind == .messages, bytes.count > Self.longestMessage {
        return .ioError(errno: EMSGSIZE, during: "write")
      }
      guard state.outbox.append(bytes[...]) else {
        // Bytes to a plug that nobody holds are lost, as on a real line.
        if self.kind == .pseudoterminal { return nil }
        return .stalled
      }
      return self.flush(&state)
    }
  }

  func nextEvent() async -> LinkEvent? {
    await withCheckedContinuation { continuation in
      var event: LinkEvent?
      var waits = false
      self.update { state in
        event = state.inbox.popFirst()
        if event == nil, state.descriptor != nil, !state.isUnread, state.reader == nil {
          state.reader = continuation
          waits = true
        }
        // A listener's reader takes in who waits before it comes back for more.
        let goesOn = self.kind == .listener ? waits : event != nil && state.inbox.hasRoom
        guard state.isPaused, goesOn else { return nil }
        state.isPaused = false
        return self.watch(&state)
      }
      if !waits { continuation.resume(returning: event) }
    }
  }

  /// Takes in one of those that wait; nil when none does.
  func accept() throws(LinkFault) -> Descriptor? {
    let number = self.state.withLock { state in
      if let listening = state.descriptor?.number { cchannel_accept(listening) } else { -EAGAIN }
    }
    if number == -EAGAIN { return nil }
    return try Descriptor(number, doing: "accept")
  }

  /// The reader went away: what comes in from now on stays where it is.
  func stopReading() {
    let reader = self.state.withLock { state in
      state.isUnread = true
      return state.reader.take()
    }
    reader?.resume(returning: nil)
  }

  /// Lets go of the descriptor. What waits to be fetched or written is dropped; events end.
  func close() {
    let (reader, wasOpen) = self.state.withLock { state in
      let wasOpen = state.descriptor != nil
      self.release(&state)
      state.inbox.removeAll()
      return (state.reader.take(), wasOpen)
    }
    reader?.resume(returning: nil)
    self.reactor.forget(self.token)
    if wasOpen { self.whenReleased?() }
  }

  // MARK: for what takes its time

  /// Begins something on the descriptor that is decided once it is writable, such as a connection.
  /// - Parameter begin: takes the descriptor; gives 0 or -errno, of which EINPROGRESS is none.
  /// - Returns: what `begin` gave; -EBADF when the channel is closed.
  func begin(_ begin: (Int32) -> Int32) -> Int32 {
    var rc = -EBADF
    self.update { state in
      guard let number = state.descriptor?.number else { return nil }
      rc = begin(number)
      if rc < 0, rc != -EINPROGRESS { return nil }
      state.isUndecided = true
      return self.watch(&state)
    }
    return rc
  }

  /// Waits until it is decided, or the channel is closed.
  /// - Returns: 0 or -errno; -ECANCELED when the channel is closed.
  func decision() async -> Int32 {
    await withCheckedContinuation { continuation in
      let waits = self.state.withLock { state in
        guard state.isUndecided, state.descriptor != nil, state.decisionWaiter == nil else { return false }
        state.decisionWaiter = continuation
        return true
      }
      if !waits { continuation.resume() }
    }
    return self.state.withLock { $0.descriptor == nil ? -ECANCELED : $0.decision }
  }

  /// Asks something of the descriptor.
  /// - Returns: nil when the channel is closed.
  func ask<Answer: Sendable>(_ question: (Int32) -> Answer) -> Answer? {
    self.state.withLock { state in
      guard let number = state.descriptor?.number else { return nil }
      return question(number)
    }
  }

  // MARK: for the reactor's thread

  /// Epoll says that something can be done.
  func isReady(_ events: UInt32, reading buffer: inout [UInt8]) {
    self.update { state in
      if state.isUndecided, let number = state.descriptor?.number {
        state.isUndecided = false
        // An error is told once: a read would take it away.
        state.decision = cchannel_pending_error(number)
        if state.decision < 0 { state.isPaused = true }
        state.decisionWaiter.take()?.resume()
        return self.watch(&state)
      }
      // Nothing will ever leave again; to wait for room would be told of the hang-up without end.
      if events & CEPOLL_HANGUP != 0, self.kind != .pseudoterminal { state.outbox.removeAll() }
      if events & CEPOLL_WRITABLE != 0, let fault = self.flush(&state) { return fault }
      return self.read(&state, &buffer)
    }
  }

  /// The deadline has passed; what came in before it is told first.
  func deadlinePassed(reading buffer: inout [UInt8]) {
    self.update { state in
      let fault = self.read(&state, &buffer)
      if fault == nil, state.descriptor != nil { state.inbox.append(.deadlinePassed) }
      return fault
    }
  }

  /// The reactor ends.
  func shutDown() { self.update { state in state.descriptor == nil ? nil : .shutDown } }

  // MARK: steps, under the lock

  /// Runs a step; a fault that it gives ends the channel. Then hands the waiting reader its event.
  private func update(_ step: (inout State) -> LinkFault?) {
    var ended = false
    let (reader, event): (CheckedContinuation<LinkEvent?, Never>?, LinkEvent?) = self.state.withLock { state in
      if let fault = step(&state) {
        self.release(&state)
        state.inbox.append(.closed(fault))
        ended = true
      }
      guard state.reader != nil, let event = state.inbox.popFirst() else { return (nil, nil) }
      return (state.reader.take(), event)
    }
    if ended {
      self.reactor.forget(self.token)
      self.whenReleased?()
    }
    reader?.resume(returning: event)
  }

  private func release(_ state: inout State) {
    guard let descriptor = state.descriptor.take() else { return }
    // A child that is just being spawned may hold a copy of the descriptor, which would keep the watch alive.
    if state.interest != 0 { _ = cepoll_remove(self.reactor.poller, descriptor.number) }
    state.interest = 0
    state.outbox.removeAll()
    state.decisionWaiter.take()?.resume()
    if self.kind == .terminal { _ = ctermios_release(descriptor.number) }
  }

  private func watch(_ state: inout State) -> LinkFault? {
    guard let number = state.descriptor?.number else { return nil }
    var interest: UInt32 = 0
    if !state.isPaused { interest |= CEPOLL_READABLE }
    if !state.outbox.isEmpty { interest |= CEPOLL_WRITABLE }
    if state.isUndecided { interest = CEPOLL_WRITABLE }
    // Without a slave a master is hung up for as long as that lasts; once is enough to know.
    if interest != 0, self.kind == .pseudoterminal { interest |= CEPOLL_EDGE }
    guard interest != state.interest else { return nil }
    let poller = self.reactor.poller
    let rc =
      if interest == 0 {
        // Hang-up is told even to who asked for nothing, again and again.
        cepoll_remove(poller, number)
      } else if state.interest == 0 {
        cepoll_add(poller, number, interest, self.token)
      } else {
        cepoll_modify(poller, number, interest, self.token)
      }
    if rc < 0 { return .ioError(errno: -rc, during: "epoll_ctl") }
    state.interest = interest
    return nil
  }

  private func flush(_ state: inout State) -> LinkFault? {
    guard let number = state.descriptor?.number, !state.isUndecided else { return nil }
    if self.kind == .pseudoterminal, ctermios_is_hung_up(number) == 1 { state.outbox.removeAll() }
    while let message = state.outbox.first {
      let taken = unsafe message.withUnsafeBufferPointer { bytes in
        self.kind == .messages
          ? unsafe cchannel_send(number, bytes.baseAddress, bytes.count)
          : unsafe cchannel_write(number, bytes.baseAddress, bytes.count)
      }
      if taken == -Int(EAGAIN) || taken == 0 && self.kind != .messages { break }
      if taken < 0 { return Self.fault(Int32(clamping: -taken), during: "write") }
      // A message is taken whole, whatever the kernel says: for a refused management command it says 0.
      state.outbox.taken(self.kind == .messages ? message.count : taken)
    }
    return self.watch(&state)
  }

  private func read(_ state: inout State, _ buffer: inout [UInt8]) -> LinkFault? {
    guard let number = state.descriptor?.number, !state.isUndecided else { return nil }
    if self.kind == .listener {
      state.inbox.append(.bytes([0]))
      state.isPaused = true
      return self.watch(&state)
    }
    while !state.inbox.isFull, !state.isUnread {
      let count = unsafe buffer.withUnsafeMutableBufferPointer { bytes in
        unsafe cchannel_read(number, bytes.baseAddress, bytes.count)
      }
      if count == -Int(EAGAIN) { return nil }
      if count <= 0 {
        // The slave was closed; it may be opened again.
        if self.kind == .pseudoterminal { return nil }
        return Self.fault(Int32(clamping: -count), during: "read")
      }
      state.inbox.append(.bytes(Array(buffer[..<count])))
    }
    state.isPaused = true
    return self.watch(&state)
  }

  private static func fault(_ errno: Int32, during call: String) -> LinkFault {
    switch errno {
    case 0, EIO, ENXIO, ENODEV, EPIPE, ECONNRESET, ECONNABORTED, ENOTCONN, EHOSTDOWN, ENETDOWN: .hungUp
    case ETIMEDOUT, EHOSTUNREACH: .outOfReach
    default: .ioError(errno: errno, during: call)
    }
  }
}
