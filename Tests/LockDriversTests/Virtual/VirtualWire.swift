import LockCore
import LockSimulator
import Testing

@testable import LockDrivers

/// A driver and a lock at the two ends of a link, in virtual time: messages arrive at once, deadlines when due.
struct VirtualWire {
  /// Which way a message goes.
  enum Direction { case toLock, toDriver }

  /// One line of the story.
  enum Event: Equatable {
    case finished(CommandID, Result<LockReply, LockFault>)
    case reported(LockReport)
    case opened
    case closed
  }

  var driver: VirtualLockDriver
  var lock: VirtualLock
  private(set) var now: Moment
  private(set) var events: [(at: Duration, event: Event)] = []
  private(set) var messages: [(direction: Direction, bytes: [UInt8])] = []
  private(set) var isOpen = false
  private(set) var timesRemembered = 0
  /// What becomes of a message on the way: the pieces that arrive.
  var passing: (Direction, [UInt8]) -> [[UInt8]] = { [$1] }
  /// After how long a closed link is opened again; nil for never.
  var reopening: Duration? = .seconds(5)

  private var reopensAt: Duration?
  private var underway: [(direction: Direction, bytes: [UInt8])] = []
  private var driverDeadline: Duration?
  private var lockDeadline: Duration?
  private var lastID: UInt64 = 0

  static let start = Moment(uptime: .seconds(100), date: Timestamp(milliseconds: 1_780_000_000_000))
  static let lockID = LockID(rawValue: "11111111-2222-4333-8444-555555555555")

  init(
    model: VirtualLockModel = VirtualLockModel(), temperament: VirtualLockTemperament = .native,
    memory: VirtualLock.Memory = VirtualLock.Memory(), seed: UInt64 = 1,
    timing: VirtualLockDriver.Timing = VirtualLockDriver.Timing()
  ) {
    self.driver = VirtualLockDriver(lock: Self.lockID, timing: timing)
    self.lock = VirtualLock(model: model, temperament: temperament, memory: memory, seed: seed)
    self.now = Self.start
  }

  var reports: [LockReport] {
    self.events.compactMap { if case .reported(let report) = $0.event { report } else { nil } }
  }

  func result(of id: CommandID) -> Result<LockReply, LockFault>? {
    self.events.lazy.compactMap {
      if case .finished(id, let result) = $0.event { result } else { nil }
    }.first
  }

  func requests(_ kind: UInt8) -> Int {
    self.messages.count { $0.direction == .toLock && $0.bytes.count > 3 && $0.bytes[3] == kind }
  }

  mutating func forget() {
    (self.events, self.messages) = ([], [])
  }

  mutating func open() {
    self.isOpen = true
    self.reopensAt = nil
    self.events.append((self.now.uptime, .opened))
    self.perform(self.lock.linkOpened(at: self.now))
    self.perform(self.driver.linkOpened(at: self.now))
    self.deliver()
  }

  mutating func close() {
    guard self.isOpen else { return }
    self.isOpen = false
    self.underway.removeAll()
    self.reopensAt = self.reopening.map { self.now.uptime + $0 }
    self.events.append((self.now.uptime, .closed))
    self.perform(self.lock.linkClosed(at: self.now))
    self.perform(self.driver.linkClosed(at: self.now))
  }

  @discardableResult
  mutating func submit(_ command: LockCommand) -> CommandID {
    self.lastID += 1
    let id = CommandID(rawValue: self.lastID)
    self.perform(self.driver.submit(command, to: Self.lockID, id: id, at: self.now))
    self.deliver()
    return id
  }

  /// Submits and lets time pass until there is an answer; nil after five minutes without one.
  mutating func run(_ command: LockCommand) -> Result<LockReply, LockFault>? {
    let id = self.submit(command)
    let patience = self.now.uptime + .minutes(5)
    while self.result(of: id) == nil, self.now.uptime < patience { self.step(until: patience) }
    return self.result(of: id)
  }

  /// Somebody does something at the lock.
  mutating func atLock(_ action: (inout VirtualLock, Moment) throws -> [VirtualLock.Effect]) rethrows {
    let effects = try action(&self.lock, self.now)
    self.perform(effects)
    self.deliver()
  }

  mutating func advance(by duration: Duration) {
    let end = self.now.uptime + duration
    while self.now.uptime < end { self.step(until: end) }
  }

  /// Takes time to whatever is due next, but not past `end`.
  private mutating func step(until end: Duration) {
    let due = [self.driverDeadline, self.lockDeadline, self.reopensAt].compactMap { $0 }.min() ?? end
    let next = max(self.now.uptime, min(due, end))
    self.now = self.now + (next - self.now.uptime)
    if let deadline = self.lockDeadline, deadline <= next {
      self.lockDeadline = nil
      self.perform(self.lock.deadlinePassed(at: self.now))
    }
    if let deadline = self.driverDeadline, deadline <= next {
      self.driverDeadline = nil
      self.perform(self.driver.deadlinePassed(at: self.now))
    }
    self.deliver()
    if let time = self.reopensAt, time <= next { self.open() }
  }

  private mutating func deliver() {
    while !self.underway.isEmpty {
      let (direction, bytes) = self.underway.removeFirst()
      guard self.isOpen else { continue }
      switch direction {
      case .toLock: self.perform(self.lock.received(bytes, at: self.now))
      case .toDriver: self.perform(self.driver.received(bytes, at: self.now))
      }
    }
  }

  private mutating func send(_ bytes: [UInt8], _ direction: Direction) {
    guard self.isOpen else { return }
    self.messages.append((direction, bytes))
    for piece in self.passing(direction, bytes) { self.underway.append((direction, piece)) }
  }

  private mutating func perform(_ effects: [VirtualLock.Effect]) {
    for effect in effects {
      switch effect {
      case .write(let bytes): self.send(bytes, .toDriver)
      case .setDeadline(let deadline): self.lockDeadline = deadline
      case .remember: self.timesRemembered += 1
      }
    }
  }

  private mutating func perform(_ effects: [DriverEffect]) {
    for effect in effects {
      switch effect {
      case .write(let bytes): self.send(bytes, .toLock)
      case .setDeadline(let deadline): self.driverDeadline = deadline
      case .finish(let id, let result): self.events.append((self.now.uptime, .finished(id, result)))
      case .report(_, let report): self.events.append((self.now.uptime, .reported(report)))
      case .closeLink: self.close()
      case .openLink, .remember: Issue.record("asked for by a driver whose link is always there")
      }
    }
  }
}

/// The bytes of a hex text.
func octets(_ hex: String) -> [UInt8] {
  stride(from: 0, to: hex.utf8.count, by: 2).compactMap { UInt8(hex.dropFirst($0).prefix(2), radix: 16) }
}

/// A frame around any payload, with a good CRC.
func rawFrame(kind: UInt8, sequence: UInt8, payload: [UInt8]) -> [UInt8] {
  var frame = VirtualLockFrame.PayloadWriter([0x56, 0x4B, 0x01, kind, sequence])
  frame.put(UInt16(clamping: payload.count))
  frame.bytes += payload
  frame.put(VirtualLockFrame.crc16(frame.bytes[...]))
  return frame.bytes
}

/// A PIN for a test.
func pin(_ digits: String) -> PINCode {
  if let pin = PINCode(digits) { return pin }
  Issue.record("not a PIN")
  return pin("0")
}

extension LockReply {
  /// The one reading of a reply to a command for one slot.
  var reading: SlotReading? { if case .slot(let reading, _) = self { reading } else { nil } }
}
