import LockCore
import LockDrivers
import Testing

@testable import LockSimulator

/// A simulated Nuki lock on a table, in virtual time, and a client that does everything right unless told otherwise.
struct NukiLockBench {
  /// One message of the lock.
  struct Message: Equatable {
    var command: UInt16
    var payload: [UInt8]
    var isPlain = false
  }

  var lock: NukiLock
  var now = NukiLockBench.start
  var link = NukiLock.LinkID(rawValue: 1)
  var isOpen = false
  var key: NukiKey?
  var authorization: UInt32 = 0
  var pin: [UInt8]
  var air: [UInt8] = []
  var attErrors: [UInt8] = []
  var packets: [[UInt8]] = []
  /// Indications of this handle are confirmed.
  var confirms = true
  private(set) var messages: [Message] = []
  private var deadline: Duration?
  private var plain: [UInt8] = []
  private var sealed: [UInt8] = []
  private var random = NukiRandom.seeded(99)
  private var mtu = 23
  private var pending: [NukiLock.Effect] = []
  private var isPerforming = false

  /// Sunday, 2026-03-29T09:15:30Z.
  static let start = Moment(uptime: .seconds(1000), date: Timestamp(milliseconds: 1_774_775_730_000))

  init(
    _ generation: NukiLockModel.Generation = .three, temperament: NukiLockTemperament = NukiLockTemperament(),
    change: (inout NukiLockModel) -> Void = { _ in }
  ) {
    var model = NukiLockModel(generation)
    change(&model)
    let digits = generation == .five ? "482915" : "4321"
    self.pin = generation == .five ? [0x63, 0x5E, 0x07, 0x00] : [0xE1, 0x10]
    self.lock = NukiLock(model: model, securityPIN: NukiSecurityPIN(digits), temperament: temperament)
    self.perform(self.lock.started(at: self.now))
  }

  /// A lock that is paired with and connected to.
  static func paired(
    _ generation: NukiLockModel.Generation = .three, temperament: NukiLockTemperament = NukiLockTemperament(),
    type: UInt8 = 0, change: (inout NukiLockModel) -> Void = { _ in }
  ) throws -> NukiLockBench {
    var bench = NukiLockBench(generation, change: change)
    bench.perform(bench.lock.pressedButton(at: bench.now))
    bench.open()
    try bench.pair(type: type)
    bench.lock.temperament = temperament
    return bench
  }

  // MARK: The link

  mutating func open(_ id: UInt64 = 1, mtu: Int? = nil) {
    self.link = NukiLock.LinkID(rawValue: id)
    self.isOpen = true
    (self.plain, self.sealed) = ([], [])
    self.perform(self.lock.linkOpened(self.link, at: self.now))
    self.mtu = mtu ?? self.lock.model.mtu
    if self.mtu > 23 { self.packet([0x02, UInt8(self.mtu & 0xFF), UInt8(self.mtu >> 8)]) }
    for handle in [self.lock.handles.pairing, self.lock.handles.plain, self.lock.handles.sealed] {
      self.packet([0x12] + wire(handle + 1) + [2, 0])
    }
  }

  mutating func close() {
    self.isOpen = false
    self.perform(self.lock.linkClosed(self.link, at: self.now))
  }

  mutating func packet(_ pdu: [UInt8]) {
    self.perform(self.lock.received(pdu, on: self.link, at: self.now))
  }

  mutating func write(_ value: [UInt8], to handle: UInt16) {
    if value.count <= self.mtu - 3 { return self.packet([0x12] + wire(handle) + value) }
    for start in stride(from: 0, to: value.count, by: self.mtu - 5) {
      let part = value[start..<min(value.count, start + self.mtu - 5)]
      self.packet([0x16] + wire(handle) + wire(UInt16(start)) + part)
    }
    self.packet([0x18, 1])
  }

  mutating func advance(_ duration: Duration) {
    let end = self.now.uptime + duration
    while let due = self.deadline, due <= end {
      self.now = self.now + max(.zero, due - self.now.uptime)
      self.deadline = nil
      self.perform(self.lock.deadlinePassed(at: self.now))
    }
    self.now = self.now + (end - self.now.uptime)
  }

  mutating func perform(_ effects: [NukiLock.Effect]) {
    self.pending += effects
    guard !self.isPerforming else { return }
    self.isPerforming = true
    defer { self.isPerforming = false }
    while !self.pending.isEmpty {
      switch self.pending.removeFirst() {
      case .write(let id, let pdu) where id == self.link: self.take(pdu)
      case .write(let id, let pdu):
        // Another link of the same client, which listens to nothing.
        if pdu[0] == 0x1D { self.pending += self.lock.received([0x1E], on: id, at: self.now) }
      case .closeLink(let id): if id == self.link { self.isOpen = false }
      case .setDeadline(let uptime): self.deadline = uptime
      case .advertise(let data): self.air = data
      case .remember: break
      }
    }
  }

  private mutating func take(_ pdu: [UInt8]) {
    self.packets.append(pdu)
    if pdu[0] == 0x01 { self.attErrors.append(pdu[4]) }
    guard pdu[0] == 0x1D else { return }
    let handle = UInt16(pdu[1]) | UInt16(pdu[2]) << 8
    if handle == self.lock.handles.sealed {
      self.sealed += pdu[3...]
      self.takeSealed()
    } else {
      self.plain += pdu[3...]
      if let frame = try? NukiPlainFrame(wire: self.plain) {
        self.messages.append(
          Message(command: frame.command.rawValue, payload: frame.payload, isPlain: true))
        self.plain = []
      } else if let key, let frame = try? NukiSealedFrame(wire: self.plain, openedWith: key, checksHeader: false) {
        self.messages.append(Message(command: frame.command.rawValue, payload: frame.payload))
        self.plain = []
      }
    }
    if self.confirms { self.packet([0x1E]) }
  }

  private mutating func takeSealed() {
    while self.sealed.count >= 30 {
      let length = 30 + Int(self.sealed[28]) + Int(self.sealed[29]) << 8
      guard self.sealed.count >= length, let key else { return }
      let frame = try? NukiSealedFrame(wire: Array(self.sealed[..<length]), openedWith: key)
      self.messages.append(
        Message(command: frame?.command.rawValue ?? 0xFFFF, payload: frame?.payload ?? []))
      self.sealed.removeFirst(length)
    }
  }

  // MARK: The client

  /// What the lock has said since the last look.
  mutating func heard() -> [Message] {
    defer { self.messages = [] }
    return self.messages
  }

  /// Sends a message in clear and gives what comes back.
  mutating func say(_ command: UInt16, _ payload: [UInt8]) -> [Message] {
    self.write(NukiPlainFrame(NukiCommand(rawValue: command), payload).wire, to: self.lock.handles.pairing)
    return self.heard()
  }

  func sealed(_ command: UInt16, _ payload: [UInt8], as id: UInt32? = nil) throws -> [UInt8] {
    var random = NukiRandom.seeded(UInt64(payload.count) &+ self.now.uptime.components.seconds.magnitude)
    let frame = NukiSealedFrame(
      NukiAuthorizationID(number: id ?? self.authorization), NukiCommand(rawValue: command), payload)
    return try frame.wire(sealedWith: try #require(self.key), nonce: random.bytes(24))
  }

  /// Sends a sealed message and gives what comes back at once.
  mutating func send(_ command: UInt16, _ payload: [UInt8]) throws -> [Message] {
    self.write(try self.sealed(command, payload), to: self.lock.handles.sealed)
    return self.heard()
  }

  mutating func challenge() throws -> [UInt8] {
    let answer = try self.send(0x01, [0x04, 0x00])
    return try #require(answer.last { $0.command == 0x04 }?.payload)
  }

  /// Asks for a challenge and sends a command with it.
  mutating func command(_ command: UInt16, _ body: [UInt8] = [], pin: Bool = true) throws -> [Message] {
    let challenge = try self.challenge()
    return try self.send(command, body + challenge + (pin ? self.pin : []))
  }

  mutating func pair(type: UInt8 = 0, name: String = "Access bridge", app: UInt32 = 0x1122_3344) throws {
    let secret = NukiKey(from: &self.random)
    let mine = try secret.publicKey().bytes
    let theirs = try Self.need(self.say(0x01, [0x03, 0x00]).last?.payload)
    let key = try secret.sessionKey(with: try Self.need(NukiBlock(theirs)))
    self.key = key
    let first = try Self.need(self.say(0x03, mine).last?.payload)
    let proof = try key.authenticator(over: mine, theirs, first).bytes
    let answer = self.say(0x05, proof)
    let padded = Array(name.utf8) + [UInt8](repeating: 0, count: 32 - name.utf8.count)
    if self.lock.model.generation == .five {
      if answer.last != Message(command: 0x4C, payload: [1], isPlain: true) { throw Missing() }
      let data = wire(app) + padded + self.pin
      self.write(
        try self.sealed(0x06, data, as: NukiAuthorizationID.pairing.number), to: self.lock.handles.pairing)
      let offer = try Self.need(self.heard().last { $0.command == 0x07 })
      self.authorization = number(offer.payload[..<4])
      return
    }
    let second = try Self.need(answer.last { $0.command == 0x04 }?.payload)
    let nonce = self.random.bytes(32)
    let data = [type] + wire(app) + padded + nonce
    let offer = try Self.need(
      self.say(0x06, try key.authenticator(over: data, second).bytes + data).last { $0.command == 0x07 }?.payload)
    let expected = try key.authenticator(over: Array(offer[32...]), nonce)
    if NukiBlock(offer[..<32]) != expected { throw Missing() }
    self.authorization = number(offer[32..<36])
    let confirmation = try key.authenticator(over: wire(self.authorization), Array(offer[52...])).bytes
    let done = self.say(0x1E, confirmation + wire(self.authorization))
    if done != [Message(command: 0x0E, payload: [0], isPlain: true)] { throw Missing() }
  }

  /// The lock has not said what belongs here.
  struct Missing: Error {}

  private static func need<Value>(_ value: Value?) throws -> Value {
    guard let value else { throw Missing() }
    return value
  }

  // MARK: Bodies

  /// What adds or, with a number in front and "enabled" in the middle, changes a code.
  static func entry(
    _ code: UInt32, _ name: String = "guest", from: String = "", until: String = "", weekdays: UInt8 = 0,
    daily: [UInt8] = [0, 0, 0, 0], isLimited: Bool? = nil, enabled: [UInt8] = []
  ) -> [UInt8] {
    let never = [UInt8](repeating: 0, count: 7)
    let dates = [from, until].map { $0.isEmpty ? never : octets($0) }
    let isLimited = isLimited ?? (!from.isEmpty || !until.isEmpty || weekdays != 0 || daily != [0, 0, 0, 0])
    let head = wire(code) + Array(name.utf8) + [UInt8](repeating: 0, count: max(0, 20 - name.utf8.count))
    return head + enabled + [isLimited ? 1 : 0] + dates[0] + dates[1] + [weekdays] + daily
  }
}

extension [NukiLockBench.Message] {
  /// The error and the command of the only message.
  var refusal: [UInt8]? { self.count == 1 && self[0].command == 0x12 ? self[0].payload : nil }
  var commands: [UInt16] { self.map(\.command) }
}
