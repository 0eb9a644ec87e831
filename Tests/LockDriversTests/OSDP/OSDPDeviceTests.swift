import LockDrivers
import LockSimulator
import Testing

/// What a device refuses, tells and is.
@Suite struct OSDPDeviceTests {
  private static let led = OSDPCommand.led([.init(permanent: .init(.red))])

  @Test func `states are read at every connect`() {
    var bench = OSDPBench([VirtualReader(address: 5, security: .plain)])
    bench.onReader { $0.inputChanged(1, isActive: true) }
    bench.open()
    bench.run(.seconds(1))
    #expect(bench.onlineCount == 1)
    for event: OSDPEvent in [
      .inputs([false, true]), .outputs([false, false]), .local(tamper: false, powerFailed: false),
      .readers([0]),
    ] { #expect(bench.events.contains(event)) }
  }

  @Test(arguments: [OSDPNAK.unknownCommand, .cannotProcess])
  func `a state that the device cannot tell is asked for once`(reason: OSDPNAK) {
    var bench = OSDPBench([VirtualReader(address: 5, security: .plain)])
    bench.onReader {
      for code: UInt8 in 0x64...0x67 { $0.faults.standingRefusals[code] = reason }
    }
    bench.open()
    bench.run(.seconds(200))
    for code: UInt8 in 0x64...0x67 { #expect(bench.commands.count { $0 == code } == 1) }
    #expect(bench.onlineCount == 1 && bench.count(.offline) == 0)
  }

  @Test func `inputs are read again every minute`() {
    var bench = OSDPBench.online()
    bench.forget()
    bench.run(.seconds(185))
    #expect(bench.commands.count { $0 == 0x65 } == 3)
  }

  @Test(arguments: [1, 2, 3, 7, 9, 0xFF] as [UInt8])
  func `a NAK to a light fails only that light`(reason: UInt8) {
    var bench = OSDPBench.online()
    bench.onReader { $0.faults.refusals[0x69] = OSDPNAK(rawValue: reason) }
    bench.forget()
    bench.send(Self.led, token: 1)
    bench.run(.seconds(1))
    // NAK 01 is noise on a line whose CRC has worked: the same bytes again.
    let expected: Result<OSDPReply, OSDPFault> =
      reason == 1 ? .failure(.unanswered) : .failure(.refused(OSDPNAK(rawValue: reason)))
    if reason != 1 { #expect(bench.completed[1] == [expected]) }
    #expect(bench.count(.offline) == 0)
    bench.forget()
    bench.send(.buzzer(.init(on: 1, off: 1, count: 1)), token: 2)
    bench.run(.seconds(2))
    #expect(bench.completed[2] == [.success(.ack)])
  }

  @Test func `the second NAK 03 is believed; for OUT it never is`() {
    var bench = OSDPBench.online()
    bench.onReader { $0.faults.standingRefusals = [0x69: 3, 0x68: 3] }
    for token: UInt64 in 1...3 {
      bench.send(Self.led, token: token)
      bench.send(.output([.init(number: 9, control: .on)]), token: token + 10)
      bench.run(.milliseconds(500))
    }
    #expect(bench.completed[1] == [.failure(.refused(.unknownCommand))])
    #expect(bench.completed[2] == [.failure(.refused(.unknownCommand))])
    #expect(bench.completed[3] == [.failure(.unsupported)])
    #expect(bench.completed[13] == [.failure(.refused(.unknownCommand))])
    #expect(bench.commands.count { $0 == 0x69 } == 2 && bench.commands.count { $0 == 0x68 } == 3)
  }

  @Test func `an unknown or cut-short answer to POLL means alive`() {
    var bench = OSDPBench.online()
    bench.script = { frame in
      guard frame.code == 0x60 else { return nil }
      let reply = frame.sequence == 1 ? OSDPReply.other(code: 0xB1, [1]) : .other(code: 0x53, [0, 9])
      return [OSDPBench.reply(reply, to: frame)]
    }
    bench.forget()
    bench.run(.seconds(20))
    #expect(Set(bench.events) == [.unknown(code: 0xB1), .unknown(code: 0x53)])
  }

  @Test func `a device that knows no CRC is spoken to with checksums`() {
    for answersNAK in [true, false] {
      var bench = OSDPBench([VirtualReader(address: 5, security: .plain)])
      bench.script = { frame in
        guard frame.check == .crc else { return nil }
        return answersNAK ? [OSDPBench.reply(.nak(.badCheck), to: frame)] : []
      }
      bench.open()
      bench.run(.seconds(10))
      #expect(bench.onlineCount == 1)
      let after = bench.sent.drop { $0.frame.check == .crc }
      #expect(after.allSatisfy { $0.frame.check == .checksum })
    }
  }

  @Test func `where the CRC has worked it stays, whatever NAK 01 and PDCAP say`() {
    var bench = OSDPBench([VirtualReader(address: 5, security: .plain)])
    var refusals = 2
    bench.script = { frame in
      let none = OSDPCapability(function: 8, compliance: 0, count: 0)
      switch frame.code {
      case 0x61: return nil
      case 0x62: return [OSDPBench.reply(.capabilities([none]), to: frame)]
      default:
        guard frame.code == 0x60, refusals > 0 else { return [OSDPBench.reply(.ack, to: frame)] }
        refusals -= 1
        return [OSDPBench.reply(.nak(.badCheck), to: frame)]
      }
    }
    bench.open()
    bench.run(.seconds(3))
    #expect(bench.sent.allSatisfy { $0.frame.check == .crc })
    #expect(bench.onlineCount == 1 && bench.count(.sessionLost) == 0)
  }

  @Test func `another device at the address is told, and told again when the first is back`() {
    var bench = OSDPBench.online()
    let first = bench.line[5]
    var other = VirtualReader(address: 5, security: .plain)
    other.identity.serial = 99
    bench.line[5] = other
    bench.run(.seconds(1))
    let asked = bench.sent.count
    bench.run(.seconds(2))
    #expect(bench.count(.deviceSwapped(true)) == 1)
    // It is asked who it is, and nothing else.
    #expect(bench.sent.dropFirst(asked).allSatisfy { $0.frame.code == 0x61 })
    bench.send(.localStatus, token: 9)
    #expect(bench.completed[9] == [.failure(.offline)])
    bench.line[5] = first
    bench.onReader { _ = $0.restarted() }
    bench.run(.seconds(3))
    #expect(bench.count(.deviceSwapped(false)) == 1)
    #expect(bench.onlineCount == 2)
  }

  @Test func `a configured serial number is expected from the beginning`() {
    var bench = OSDPBench([VirtualReader(address: 5, security: .plain)], serial: 1)
    bench.open()
    bench.run(.seconds(1))
    #expect(bench.events.first == .deviceSwapped(true))
  }

  @Test func `cards are told bit by bit`() {
    var bench = OSDPBench.online()
    bench.script = { frame in
      frame.code == 0x60
        ? [OSDPBench.reply(.card(.init(bitCount: 10, bits: [0xAB, 0xC0])), to: frame)] : nil
    }
    bench.forget()
    bench.run(.milliseconds(60))
    #expect(bench.events.first == .card(reader: 0, bitCount: 10, bits: [0xAB, 0xC0]))
  }

  @Test func `closing finishes everything: unanswered what was sent, offline what was not`() {
    var bench = OSDPBench.online()
    bench.script = { _ in [] }
    bench.run(.milliseconds(400))
    bench.run(.milliseconds(400))
    bench.script = nil
    bench.run(.seconds(2))
    bench.script = { _ in [] }
    bench.send(Self.led, token: 1)
    bench.send(Self.led, token: 2)
    while bench.sent.last?.frame.code != 0x69, bench.now < .seconds(20) { bench.run(.milliseconds(1)) }
    bench.close()
    #expect(bench.completed[1] == [.failure(.unanswered)])
    #expect(bench.completed[2] == [.failure(.offline)])
    #expect(bench.deadline == nil)
    bench.send(Self.led, token: 3)
    #expect(bench.completed[3] == [.failure(.offline)])
    bench.forget()
    bench.run(.seconds(10))
    #expect(bench.sent.isEmpty)
  }

  @Test func `what the bus sends by itself, and what is too much, is not taken`() throws {
    var bench = OSDPBench.online()
    bench.send(.poll, token: 1)
    bench.send(.keySet(try #require(OSDPBench.key)), token: 2)
    bench.send(.other(code: 0x80, Array(repeating: 0, count: 200)), token: 3)
    bench.send(.poll, to: 9, token: 4)
    #expect(bench.completed[1] == [.failure(.unsupported)])
    #expect(bench.completed[2] == [.failure(.unsupported)])
    #expect(bench.completed[3] == [.failure(.tooMuch)])
    #expect(bench.completed[4] == [.failure(.offline)])
    for token: UInt64 in 100..<200 { bench.send(Self.led, token: token) }
    bench.run(.seconds(10))
    #expect(bench.completed[199] == [.failure(.tooMuch)])
    #expect((100..<200).allSatisfy { bench.completed[$0]?.count == 1 })
    #expect(bench.completed[100] == [.success(.ack)])
  }
}
