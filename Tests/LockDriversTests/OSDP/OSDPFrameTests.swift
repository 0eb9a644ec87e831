import Testing

@testable import LockDrivers

@Suite struct OSDPFrameTests {
  @Test func `the CRC of 123456789 is E5CC`() {
    #expect(OSDPCheck.crc16(Array("123456789".utf8)[...]) == 0xE5CC)
  }

  @Test(arguments: [
    (
      "53 7F 0D 00 04 6E 00 80 25 00 00 6E 38", 0x7F as UInt8, OSDPCheck.crc,
      OSDPCommand.communication(.init(address: 0, baud: 9600))
    ),
    ("53 00 09 00 04 61 00 C0 66", 0, .crc, .identify),
    ("53 05 09 00 04 61 00 C1 25", 5, .crc, .identify),
    ("53 7F 0C 00 00 6E 00 80 25 00 00 0F", 0x7F, .checksum, .communication(.init(address: 0, baud: 9600))),
    ("53 00 08 00 00 61 00 44", 0, .checksum, .identify),
  ])
  func `a command is built and taken apart as in the published vectors`(
    wire: String, address: UInt8, check: OSDPCheck, command: OSDPCommand
  ) throws {
    let frame = OSDPFrame(
      address: address, sequence: 0, check: check, code: command.code, data: command.data)
    #expect(frame.wire == bytes(wire))
    #expect(frame.marked == [0xFF] + bytes(wire))
    let read = try #require(OSDPFrame(bytes(wire)[...]))
    #expect(read == frame)
    #expect(!read.isReply && read.address == address && read.check == check)
    #expect(OSDPCommand(code: read.code, data: read.data) == command)
  }

  @Test(arguments: [
    (
      "53 05 0c 00 05 68 00 05 1e 00 bd 26", 1 as UInt8,
      OSDPCommand.output([.init(number: 0, control: .onForTimer, timer: 30)])
    ),
    (
      "53 05 16 00 06 69 00 00 02 05 00 02 00 1e 00 00 00 00 00 00 2b c1", 2,
      .led([.init(temporary: .started(.init(.green), timer: 30))])
    ),
    (
      "53 05 16 00 05 69 00 00 02 05 00 01 00 0a 00 00 00 00 00 00 9f f2", 1,
      .led([.init(temporary: .started(.init(.red), timer: 10))])
    ),
    ("53 05 0d 00 07 6a 00 02 01 01 01 4b e4", 3, .buzzer(.init(on: 1, off: 1, count: 1))),
    ("53 05 0d 00 06 6a 00 02 01 01 03 68 7c", 2, .buzzer(.init(on: 1, off: 1, count: 3))),
  ])
  func `the commands of a door have their published bytes`(
    wire: String, sequence: UInt8, command: OSDPCommand
  ) {
    let frame = OSDPFrame(
      address: 5, sequence: sequence, code: command.code, data: command.data)
    #expect(frame.wire == bytes(wire))
    #expect(OSDPCommand(code: frame.code, data: frame.data) == command)
  }

  @Test(arguments: [
    ("53 85 0b 00 06 53 00 01 31 5d 3d", 2 as UInt8, OSDPReply.keys(reader: 0, [0x31])),
    (
      "53 85 12 00 07 53 00 08 39 39 7f 39 39 39 39 0d 98 b8", 3,
      .keys(reader: 0, [0x39, 0x39, 0x7F, 0x39, 0x39, 0x39, 0x39, 0x0D])
    ),
    ("53 85 0a 00 06 49 01 00 e0 21", 2, .inputs([true, false])),
    ("53 85 0a 00 05 48 01 00 0c 8d", 1, .local(tamper: true, powerFailed: false)),
    (
      "53 85 14 00 04 45 5e 00 00 02 01 04 03 02 01 01 02 03 b9 3f", 0,
      .identity(
        .init(
          oui: 0x5E0000, model: 2, version: 1, serial: 0x0102_0304, firmwareMajor: 1, firmwareMinor: 2, firmwareBuild: 3
        ))
    ),
  ])
  func `the replies of a reader have their published bytes`(
    wire: String, sequence: UInt8, reply: OSDPReply
  ) throws {
    let frame = try #require(OSDPFrame(bytes(wire)[...]))
    #expect(frame.isReply && frame.address == 5 && frame.sequence == sequence)
    #expect(OSDPReply(code: frame.code, data: frame.data) == reply)
    let built = OSDPFrame(
      address: 5, isReply: true, sequence: sequence, code: reply.code, data: reply.data)
    #expect(built.wire == bytes(wire))
  }

  @Test(arguments: [
    OSDPCommand.poll, .identify, .capabilities, .localStatus, .inputStatus, .outputStatus,
    .readerStatus,
    .output([.init(number: 1, control: .off), .init(number: 2, control: .offForTimer, timer: 600)]),
    .led([
      .init(number: 1, permanent: .init(.blue, on: 2, off: 8, offColor: .amber)),
      .init(reader: 1, temporary: .cancelled),
    ]), .buzzer(.init(reader: 1, tone: 1, on: 0, off: 0, count: 0)),
    .text(.init(characters: Array("WELCOME".utf8))),
    .communication(.init(address: 3, baud: 115_200)), .receiveSize(1440), .abort, .keepActive(500),
    .manufacturer(oui: [1, 2, 3], [4, 5]), .other(code: 0x7C, [1]),
  ])
  func `every command survives the way over the wire`(command: OSDPCommand) {
    #expect(OSDPCommand(code: command.code, data: command.data[...]) == command)
  }

  @Test(arguments: [
    OSDPReply.ack, .nak(.cannotProcess), .local(tamper: false, powerFailed: true), .inputs([]),
    .capabilities([.init(function: 8, compliance: 1, count: 0)]), .outputs([true]),
    .readers([0, 2]), .card(.init(bitCount: 26, bits: [1, 2, 3, 0x40])),
    .characters(reader: 0, direction: 1, [0x41]),
    .communication(.init(address: 0, baud: 9600)), .busy, .manufacturer(oui: [1, 2, 3], []),
    .other(code: 0xB1, [9]),
  ])
  func `every reply survives the way over the wire`(reply: OSDPReply) {
    #expect(OSDPReply(code: reply.code, data: reply.data[...]) == reply)
  }

  @Test(arguments: [
    (0x45 as UInt8, "5e0000020104030201 0102"), (0x48, "01"), (0x50, "00 01 1a 00 01 02 03"),
    (0x50, "00 01 ff ff 01"), (0x51, "00 00 05 41"), (0x53, "00"), (0x53, "00 02 31"),
    (0x53, "00 ff 31"), (0x54, "00 80 25 00"), (0x76, "00"), (0x78, "00"), (0x90, "00 00"),
  ])
  func `a reply shorter than its own counts say is refused`(code: UInt8, data: String) {
    #expect(OSDPReply(code: code, data: bytes(data)[...]) == nil)
  }

  @Test func `a timed output never runs with timer 0, a tone never with on-time 0`() {
    #expect(OSDPOutput(number: 0, control: .onForTimer, timer: 0).bytes == [0, 5, 1, 0])
    #expect(OSDPOutput(number: 0, control: .off, timer: 0).bytes == [0, 1, 0, 0])
    #expect(OSDPBuzzer(on: 0, off: 0, count: 1).bytes == [0, 2, 1, 0, 1])
    #expect(OSDPLED.Blink(.red, on: 0, off: 0).bytes == [1, 0, 1, 0])
  }

  @Test func `typed keys and keys of the channel have no printable form`() throws {
    let frame = OSDPFrame(address: 0, isReply: true, sequence: 1, code: 0x53, data: [0, 1, 0x39])
    let key = try #require(OSDPKey(Array(100..<116)))
    var shown = ""
    dump(frame, to: &shown)
    dump(OSDPReply.keys(reader: 0, [0x39]), to: &shown)
    dump(OSDPCommand.keySet(key), to: &shown)
    shown += "\(frame) \(OSDPReply.keys(reader: 0, [57, 57])) \(key) \(OSDPCommand.keySet(key))"
    #expect(!shown.contains("57") && !shown.contains("101"))
  }

  @Test func `all zeros and the factory key are no key`() {
    #expect(OSDPKey(Array(repeating: 0, count: 16)) == nil)
    #expect(OSDPKey(Array(0x30...0x3F)) == nil)
    #expect(OSDPKey(Array(0x30...0x3E)) == nil)
    #expect(OSDPKey(Array(0x31...0x40)) != nil)
  }
}

@Suite struct OSDPFrameReaderTests {
  private static let ack = OSDPFrame(address: 5, isReply: true, sequence: 1, code: 0x40)
  private static let keys = OSDPFrame(
    address: 5, isReply: true, sequence: 2, check: .checksum, code: 0x53, data: [0, 1, 0x53])

  @Test func `frames are found whatever the pieces`() {
    let stream = [0x00, 0x53, 0x53, 0xFF] + Self.ack.wire + [0xFF, 0xFF] + Self.keys.marked
    for cut in 0...stream.count {
      for second in cut...stream.count {
        var reader = OSDPFrameReader()
        var frames: [OSDPFrame] = []
        for piece in [stream[..<cut], stream[cut..<second], stream[second...]] {
          reader.append(piece)
          while let frame = reader.next() { frames.append(frame) }
        }
        #expect(frames == [Self.ack, Self.keys])
      }
    }
  }

  @Test func `a wrong check costs only its first byte`() {
    var reader = OSDPFrameReader()
    reader.append([0x53, 0x85, 0x10, 0x00, 0x04, 0x40, 0x00] + Self.ack.wire + [0])
    #expect(reader.next() == Self.ack)
    #expect(reader.next() == nil)
  }

  @Test(arguments: [0, 6, 1441, 0xFFFF])
  func `an impossible length is noise`(length: Int) {
    var reader = OSDPFrameReader()
    reader.append([0x53, 0x85, UInt8(length & 0xFF), UInt8(length >> 8)] + Self.ack.wire)
    #expect(reader.next() == Self.ack)
  }

  @Test func `behind a frame that never ends a good one is found`() {
    var reader = OSDPFrameReader()
    reader.append([0x53, 0x85, 0xA0, 0x05] + Self.ack.wire)
    #expect(reader.next() == nil)
    #expect(reader.pendingAddress == 0x85)
    reader.abandonPending()
    #expect(reader.next() == Self.ack)
    #expect(reader.pendingAddress == nil)
  }

  @Test(arguments: [
    "53 85 0a 00 0c 02 15 60 00 00",  // no room for a MAC
    "53 85 0a 00 0c 00 15 60 00 00",  // SCB shorter than itself
    "53 85 0a 00 0c 09 15 60 00 00",  // SCB longer than the frame
    "53 85 09 00 0c 02 15 00 00",  // no code
  ])
  func `a security block that does not fit makes no frame`(wire: String) {
    var damaged = bytes(wire)
    let crc = OSDPCheck.crc16(damaged.dropLast(2))
    damaged[damaged.count - 2] = UInt8(crc & 0xFF)
    damaged[damaged.count - 1] = UInt8(crc >> 8)
    #expect(OSDPFrame(damaged[...]) == nil)
  }
}
