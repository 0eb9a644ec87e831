import LockDrivers
import LockSimulator
import Testing

/// A panel of the plainest kind: it numbers its commands and says what comes back.
private struct Panel {
  var reader: VirtualReader
  var sequence: UInt8 = 0
  var channel: OSDPSecureChannel?
  var now = Duration.zero
  var happened: [VirtualReader.Happening] = []

  init(_ security: VirtualReader.Security) { self.reader = VirtualReader(address: 5, security: security) }

  /// Sends bytes; nil when nothing comes back.
  mutating func exchange(_ bytes: [UInt8]) -> OSDPFrame? {
    var answers = OSDPFrameReader()
    for effect in self.reader.received(bytes, at: self.now) {
      switch effect {
      case .write(let bytes): answers.append(bytes)
      case .happened(let happening): self.happened.append(happening)
      }
    }
    return answers.next()
  }

  mutating func plain(_ command: OSDPCommand, _ security: OSDPFrame.Security? = nil) -> OSDPReply? {
    defer { self.sequence = self.sequence == 3 ? 1 : self.sequence + 1 }
    let frame = OSDPFrame(
      address: 5, sequence: self.sequence, security: security, code: command.code, data: command.data)
    return self.exchange(frame.marked).flatMap { OSDPReply(code: $0.code, data: $0.data) }
  }

  mutating func secured(_ command: OSDPCommand) throws -> OSDPReply? {
    defer { self.sequence = self.sequence == 3 ? 1 : self.sequence + 1 }
    let frame = try #require(
      try self.channel?.seal(
        address: 5, isReply: false, sequence: self.sequence, check: .crc, code: command.code, data: command.data))
    guard let answer = self.exchange(frame.marked) else { return nil }
    return OSDPReply(code: answer.code, data: try self.channel?.open(answer) ?? [])
  }

  /// Goes through the handshake; false when the device refuses it.
  mutating func handshake(_ key: OSDPChannelKey) throws -> Bool {
    let random = OSDPNonce(number: 0x0807_0605_0403_0201)
    guard case .cryptogram(let answer) = self.plain(.challenge(random), .init(type: 0x11, value: key.flag))
    else { return false }
    let channel = try OSDPSecureChannel(key: key, randomA: random, randomB: answer.randomB)
    guard answer.cryptogram == channel.clientCryptogram else { return false }
    let last = self.plain(.serverCryptogram(channel.serverCryptogram), .init(type: 0x13, value: key.flag))
    self.channel = channel
    return last == .initialMAC(channel.initialMAC)
  }
}

@Suite struct VirtualReaderTests {
  private let key = OSDPKey(Array(0..<16))

  @Test func `keys are handed over one per poll or all at once`() {
    var panel = Panel(.plain)
    #expect(panel.plain(.poll) == .ack)
    panel.reader.pressed("1#")
    panel.reader.pressed("99*", inOneReply: true)
    #expect(panel.plain(.poll) == .keys(reader: 0, [0x31]))
    #expect(panel.plain(.poll) == .keys(reader: 0, [0x0D]))
    #expect(panel.plain(.poll) == .keys(reader: 0, [0x39, 0x39, 0x7F]))
    #expect(panel.plain(.poll) == .ack)
  }

  @Test func `a relay falls back by itself when its timer ends`() {
    var panel = Panel(.plain)
    _ = panel.plain(.output([OSDPOutput(number: 1, control: .onForTimer, timer: 30)]))
    #expect(panel.reader.relays == [false, true])
    #expect(panel.reader.deadline == .seconds(3))
    #expect(panel.reader.deadlinePassed(at: .milliseconds(2999)).isEmpty)
    #expect(panel.reader.deadlinePassed(at: .seconds(3)) == [.happened(.relay(1, isOn: false))])
    #expect(panel.plain(.output([OSDPOutput(number: 2, control: .on)])) == .nak(.unknownCommand))
  }

  @Test func `a repeated command is answered from memory and not carried out again`() {
    var panel = Panel(.plain)
    panel.reader.pressed("12")
    let poll = OSDPFrame(address: 5, sequence: 0, code: 0x60).marked
    _ = panel.exchange(poll)
    let second = OSDPFrame(address: 5, sequence: 1, code: 0x60).marked
    let first = panel.exchange(second)
    #expect(first?.code == 0x53)
    #expect(panel.exchange(second) == first)
    #expect(panel.happened.isEmpty)
  }

  @Test(arguments: [UInt8(1), 2]) func `a number out of turn is refused`(sequence: UInt8) {
    var panel = Panel(.plain)
    if sequence == 1 {
      _ = panel.plain(.identify)
      _ = panel.plain(.poll)
    }
    panel.sequence = sequence
    #expect(panel.plain(.outputStatus) == .nak(.unexpectedSequence))
    #expect(panel.happened == [.sequenceBroken])
  }

  @Test func `with a key nothing but who and what is told in plain`() throws {
    var panel = Panel(.key(try #require(self.key)))
    #expect(panel.plain(.identify) == .identity(panel.reader.identity))
    #expect(panel.plain(.poll) == .nak(.sessionNeeded))
  }

  @Test func `a session carries commands, and is over after eight seconds without any`() throws {
    let key = try #require(self.key)
    var panel = Panel(.key(key))
    _ = panel.plain(.identify)
    #expect(try panel.handshake(.own(key)))
    panel.reader.pressed("7")
    #expect(try panel.secured(.poll) == .keys(reader: 0, [0x37]))
    #expect(try panel.secured(.inputStatus) == .inputs([false, false]))
    panel.now += .seconds(8)
    #expect(throws: OSDPSecurityFault.notSecured) { try panel.secured(.poll) }
    #expect(panel.happened == [.sessionOpened(isFactory: false), .sessionEnded])
  }

  @Test func `a device without a key takes the factory key, and the new key afterwards`() throws {
    let key = try #require(self.key)
    var panel = Panel(.install)
    _ = panel.plain(.identify)
    #expect(try !panel.handshake(.own(key)))
    #expect(try panel.handshake(.factory))
    #expect(try panel.secured(.keySet(key)) == .ack)
    #expect(try !panel.handshake(.factory))
    #expect(try panel.handshake(.own(key)))
    #expect(panel.reader.security == .key(key))
  }

  @Test func `hostile bytes neither crash it nor make it talk`() {
    var reader = VirtualReader(address: 5, security: .plain)
    var state: UInt64 = 7
    for round in 0..<2000 {
      let noise = (0..<Int(state % 64)).map { _ -> UInt8 in
        state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
        return UInt8(truncatingIfNeeded: state >> 33)
      }
      #expect(reader.received([0x53, 0x05] + noise, at: .milliseconds(round)).isEmpty)
      state &+= 1
    }
  }

}
