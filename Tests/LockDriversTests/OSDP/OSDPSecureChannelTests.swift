import Testing

@testable import LockDrivers

@Suite struct OSDPSecureChannelTests {
  static let testKey = Array<UInt8>(0...15)

  @Test func `the worked example of annex E holds`() throws {
    let channel = try OSDPSecureChannel(
      key: .factory, randomA: #require(OSDPNonce(0xB0...0xB7)),
      randomB: #require(OSDPNonce(0xA0...0xA7)))
    #expect(channel.clientCryptogram == OSDPBlock(bytes("fde5d2f428ec16312471ea3c02bd7796")))
    #expect(channel.serverCryptogram == OSDPBlock(bytes("26d3356e07762d262801fc8e6665a891")))
    #expect(channel.initialMAC == OSDPBlock(bytes("b2a30057eb98ba2229ec1f875662b524")))
  }

  @Test func `the handshake of the recorded session holds`() throws {
    let channel = try Self.recorded()
    #expect(channel.clientCryptogram == OSDPBlock(bytes("8acb967f4cbe8d6df0327edefed16ceb")))
    #expect(channel.serverCryptogram == OSDPBlock(bytes("3e75e2ac67fea2fcb034d3e8d3682d82")))
    #expect(channel.initialMAC == OSDPBlock(bytes("48b806d242327bb4d3cbd8efdef6477f")))
  }

  @Test func `the whole MAC chain of the recorded session holds, from both ends`() throws {
    var panel = try Self.recorded()
    var device = panel
    var count = 0
    for line in try OSDPCapture("secure").lines {
      let wire = line.bytes.drop { $0 == 0xFF }
      let frame = try #require(OSDPFrame(wire))
      guard frame.security?.hasMAC == true else { continue }
      let data: ArraySlice<UInt8>
      let sealed: OSDPFrame
      if line.isReply {
        data = try panel.open(frame)
        sealed = try device.seal(
          address: 5, isReply: true, sequence: frame.sequence, check: .crc, code: frame.code,
          data: Array(data))
      } else {
        data = try device.open(frame)
        sealed = try panel.seal(
          address: 5, isReply: false, sequence: frame.sequence, check: .crc, code: frame.code,
          data: Array(data))
      }
      #expect(Array(data) == line.data ?? [])
      #expect(sealed == frame)
      #expect(line.hasVerifiedMAC)
      count += 1
    }
    #expect(count == 52)
  }

  @Test func `the chain of the provisioning session holds through KEYSET`() throws {
    var key = OSDPChannelKey.factory
    var randomA = OSDPNonce(number: 0)
    var flag: UInt8?
    var channel: OSDPSecureChannel?
    var count = 0
    for line in try OSDPCapture("install").lines {
      let frame = try #require(OSDPFrame(line.bytes.drop { $0 == 0xFF }))
      if frame.security?.type == 0x11, let random = OSDPNonce(frame.data) {
        randomA = random
        flag = frame.security?.value
        key = try flag == 0 ? .factory : .own(#require(OSDPKey(Self.testKey)))
      } else if case .cryptogram(let answer) = OSDPReply(code: frame.code, data: frame.data) {
        channel = try OSDPSecureChannel(key: key, randomA: randomA, randomB: answer.randomB)
      } else if frame.security?.hasMAC == true {
        _ = try channel?.open(frame)
        count += 1
      }
    }
    #expect(count == 26)
  }

  @Test func `one changed bit anywhere is a bad MAC and does not move the chain`() throws {
    var device = try Self.recorded()
    var panel = device
    let frame = try panel.seal(
      address: 5, isReply: false, sequence: 1, check: .checksum, code: 0x68, data: [0, 5, 30, 0])
    for position in 0..<(frame.wire.count - 1) where position != 2 && position != 3 {
      var wire = frame.wire
      wire[position] ^= 0x80
      wire[wire.count - 1] &-= 0x80
      guard let damaged = OSDPFrame(wire[...]) else { continue }
      #expect(throws: OSDPSecurityFault.self) { try device.open(damaged) }
    }
    #expect(try device.open(frame) == [0, 5, 30, 0])
  }

  @Test func `a command sent back as a reply is refused`() throws {
    var panel = try Self.recorded()
    let frame = try panel.seal(
      address: 5, isReply: false, sequence: 1, check: .crc, code: 0x60, data: [])
    var wire = frame.wire
    wire[1] |= 0x80
    let crc = OSDPCheck.crc16(wire.dropLast(2))
    wire[wire.count - 2] = UInt8(crc & 0xFF)
    wire[wire.count - 1] = UInt8(crc >> 8)
    let reflected = try #require(OSDPFrame(wire[...]))
    #expect(throws: OSDPSecurityFault.notSecured) { try panel.open(reflected) }
  }

  @Test(arguments: [0, 1, 14, 15, 16, 17, 31, 32, 33])
  func `data of any length comes through`(count: Int) throws {
    var panel = try Self.recorded()
    var device = panel
    let data = (0..<count).map { _ in UInt8(0) }
    let command = try panel.seal(
      address: 1, isReply: false, sequence: 1, check: .crc, code: 0x80, data: data)
    #expect(try Array(device.open(command)) == data)
    let reply = try device.seal(
      address: 1, isReply: true, sequence: 1, check: .crc, code: 0x90, data: data)
    #expect(try Array(panel.open(reply)) == data)
  }

  private static func recorded() throws -> OSDPSecureChannel {
    try OSDPSecureChannel(
      key: .own(#require(OSDPKey(Self.testKey))),
      randomA: #require(OSDPNonce(bytes("ed864f80c0677238"))),
      randomB: #require(OSDPNonce(bytes("dd90a20486d46a75"))))
  }
}
