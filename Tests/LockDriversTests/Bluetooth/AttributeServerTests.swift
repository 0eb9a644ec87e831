import LockSimulator
import Seeded
import Testing

/// Battery level (read), a long one to read, one to write and to hear, one to write only.
private let table = AttributeTable([
  .init(
    AttributeUUID(0x180A),
    [
      .init(AttributeUUID(0x2A26), .read, value: Array("3.9.5".utf8)),
      .init(AttributeUUID(0x2A25), .read, value: [UInt8](0..<40)),
    ]),
  .init(
    AttributeUUID(octets("a92ee200550111e4916c0800200c9a66")),
    [
      .init(
        AttributeUUID(octets("a92ee202550111e4916c0800200c9a66")), [.write, .writeWithoutResponse, .indicate],
        longestValue: 160)
    ]),
])
// Handles: 1 service, 2+3 firmware, 4+5 serial, 6 service, 7+8 the value to write, 9 its configuration.

private func server(mtu: Int = 23, limit: Int = 247) -> AttributeServer {
  var server = AttributeServer(table: table, mtuLimit: limit)
  if mtu > 23 { _ = server.received([0x02, UInt8(mtu & 0xFF), UInt8(mtu >> 8)], at: .zero) }
  return server
}

private func sent(_ effects: [AttributeServer.Effect]) -> [[UInt8]] {
  effects.compactMap { if case .send(let pdu) = $0 { pdu } else { nil } }
}

@Suite struct AttributeServerTests {
  @Test(arguments: [
    // What is asked, what is answered; a link of MTU 23.
    ("0217 00", "03f700"), ("02f700", "03f700"), ("021600", "0102000004"), ("0217", "0102000004"),
    // Find Information: short types, then long ones, one kind an answer.
    ("0401000500", "05010100002802000328030026 2a04000328 0500252a"),
    ("0408000900", "05020800669a0c2000086c91e411015502e22ea9"),
    ("0409000900", "050109000229"), ("040a00ffff", "01040a000a"), ("0400000100", "0104000001"),
    ("0402000100", "0104020001"), ("04010001", "0104000004"),
    // Find By Type Value: a service by either form of its name.
    ("060100ffff00280a18", "0701000500"), ("060100ffff0028669a0c2000086c91e411015500e22ea9", "0706000900"),
    ("060100ffff0028fb349b5f80000080001000000a180000", "0701000500"),
    ("060200ffff00280a18", "010602000a"), ("060100ffff00", "0106000004"),
    // Read By Group Type: entries of one length an answer.
    ("100100ffff0028", "11060100 0500 0a18"), ("100600ffff0028", "1114060009 00669a0c2000086c91e411015500e22ea9"),
    ("100200050000 28", "011002000a"), ("100100ffff0328", "0110010010"), ("100100ffff00", "0110000004"),
    ("100000ffff0028", "0110000001"),
    // Read By Type: characteristics, values, and what may not be read.
    ("08010005000328", "090702000203 00262a 04000205 00252a"),
    ("080600ffff0328", "091507002c0800669a0c2000086c91e411015502e22ea9"),
    ("080100ffff262a", "09070300332e392e35"), ("080100ffff0229", "090409000000"),
    ("080100ffff252a", "09150500000102030405060708090a0b0c0d0e0f101112"),
    ("080100ffff669a0c2000086c91e411015502e22ea9", "0108080002"), ("080100ffff002a", "010801000a"),
    // Read and Read Blob.
    ("0a0300", "0b332e392e35"), ("0a0500", "0b000102030405060708090a0b0c0d0e0f101112131415"),
    ("0a0800", "010a080002"), ("0a0000", "010a000001"), ("0a0a00", "010a0a0001"), ("0a03", "010a000004"),
    ("0a0900", "0b0000"), ("0c05001600", "0d161718191a1b1c1d1e1f2021222324252627"), ("0c05002800", "0d"),
    ("0c05002900", "010c050007"), ("0c08000000", "010c080002"), ("0c0500", "010c000004"),
    // Write.
    ("12080001", "13"), ("12030001", "0112030003"), ("12010001", "0112010003"), ("120a0001", "01120a0001"),
    ("1200", "0112000004"), ("1209000200", "13"), ("1209000100", "01120900fd"), ("12090002", "011209000d"),
    ("1209000201", "01120900fd"),
    // Prepare and Execute Write.
    ("160800000001", "170800000001"), ("160300000001", "0116030003"), ("161000000001", "0116100001"),
    ("16080000", "0116000004"), ("1800", "19"), ("1801", "19"), ("1802", "0118000004"), ("18", "0118000004"),
    // What there is not: Read Multiple, Read Multiple Variable, an unknown request.
    ("0e03000500", "010e000006"), ("2003000500", "0120000006"), ("3e", "013e000006"),
  ])
  func `each request gets the answer or the error of the specification`(_ request: String, _ answer: String) {
    var server = server()
    #expect(
      sent(server.received(octets(request.filter { $0 != " " }), at: .zero)) == [octets(answer.filter { $0 != " " })])
  }

  @Test(arguments: ["", "0b00", "1e", "1d080001", "5208", "520300ff", "d20800ff", "7f", "1b080001", "0102000001"])
  func `commands that are wrong, answers and noise get no word`(_ pdu: String) {
    var server = server()
    #expect(server.received(octets(pdu), at: .zero) == [])
  }

  @Test func `a PDU longer than the MTU is invalid`() {
    var server = server()
    let long = [UInt8]([0x12, 0x08, 0x00]) + [UInt8](repeating: 1, count: 21)
    #expect(sent(server.received(long, at: .zero)) == [octets("0112000004")])
    #expect(server.received([0x52, 0x08, 0x00] + [UInt8](repeating: 1, count: 21), at: .zero) == [])
    var wide = AttributeServer(table: table, mtuLimit: 247)
    _ = wide.received([0x02, 247, 0], at: .zero)
    #expect(
      wide.received(long, at: .zero)
        == [.send([0x13]), .written(handle: 8, value: [UInt8](repeating: 1, count: 21))])
  }

  @Test(arguments: [(23, 247, 23), (517, 247, 247), (100, 247, 100), (517, 23, 23)])
  func `the smaller MTU counts, and is exchanged once`(_ theirs: Int, _ limit: Int, _ mtu: Int) {
    var server = AttributeServer(table: table, mtuLimit: limit)
    let request = [0x02, UInt8(theirs & 0xFF), UInt8(theirs >> 8)]
    _ = server.received(request, at: .zero)
    #expect(server.mtu == mtu)
    #expect(sent(server.received(request, at: .zero)) == [octets("0102000006")])
  }

  @Test func `a long value is written in parts and arrives as one`() {
    var server = server()
    let value = [UInt8](0..<100)
    for offset in stride(from: 0, to: 100, by: 18) {
      let part = value[offset..<min(100, offset + 18)]
      let pdu = [0x16, 8, 0, UInt8(offset), 0] + part
      #expect(sent(server.received(pdu, at: .zero)) == [[0x17] + pdu.dropFirst()])
    }
    #expect(server.received([0x18, 1], at: .zero) == [.send([0x19]), .written(handle: 8, value: value)])
    #expect(server.received([0x18, 1], at: .zero) == [.send([0x19])])
  }

  @Test func `parts with a hole, too long a value and a cancelled one are not written`() {
    var server = server()
    _ = server.received([0x16, 8, 0, 1, 0, 9], at: .zero)
    #expect(server.received([0x18, 1], at: .zero) == [.send(octets("0118080007"))])
    for offset in stride(from: 0, to: 162, by: 18) {
      _ = server.received([0x16, 8, 0, UInt8(offset), 0] + [UInt8](repeating: 7, count: 18), at: .zero)
    }
    #expect(server.received([0x18, 1], at: .zero) == [.send(octets("011808000d"))])
    _ = server.received([0x16, 8, 0, 0, 0, 9], at: .zero)
    #expect(server.received([0x18, 0], at: .zero) == [.send([0x19])])
    #expect(server.received([0x18, 1], at: .zero) == [.send([0x19])])
    for _ in 0..<64 { _ = server.received([0x16, 8, 0, 0, 0, 9], at: .zero) }
    #expect(sent(server.received([0x16, 8, 0, 0, 0, 9], at: .zero)) == [octets("0116080009")])
  }

  @Test func `indications wait for a subscription and for each other's confirmation`() {
    var server = server()
    #expect(server.indicate([1], from: 8, at: .zero) == [])
    #expect(
      server.received(octets("1209000200"), at: .zero) == [.send([0x13]), .subscribed(handle: 8, true)])
    #expect(server.indicate([1], from: 8, at: .zero) == [.send([0x1D, 8, 0, 1])])
    #expect(server.indicate([2], from: 8, at: .zero) == [])
    #expect(server.received([0x1E], at: .seconds(1)) == [.send([0x1D, 8, 0, 2])])
    #expect(!server.isIdle)
    #expect(server.received([0x1E], at: .seconds(2)) == [])
    #expect(server.isIdle && server.deadline == nil)
  }

  @Test func `an indication that is not confirmed in 30 seconds ends the link`() {
    var server = server()
    _ = server.received(octets("1209000200"), at: .zero)
    _ = server.indicate([1], from: 8, at: .seconds(5))
    #expect(server.deadline == .seconds(35))
    #expect(server.deadlinePassed(at: .seconds(34)) == [])
    #expect(server.deadlinePassed(at: .seconds(35)) == [.closeLink])
  }

  @Test func `an unsubscribed value says nothing more, and an indication is cut to the MTU`() {
    var server = server()
    _ = server.received(octets("1209000200"), at: .zero)
    #expect(
      server.indicate([UInt8](0..<30), from: 8, at: .zero) == [.send([0x1D, 8, 0] + [UInt8](0..<20))])
    _ = server.indicate([1], from: 8, at: .zero)
    _ = server.received(octets("1209000000"), at: .zero)
    #expect(server.received([0x1E], at: .zero) == [])
    #expect(server.isIdle)
  }

  @Test func `300 000 damaged requests crash nothing, and no answer is longer than the MTU`() {
    var random = SeededRandom(seed: 7)
    let corpus = [
      "02f700", "0401000500", "060100ffff00280a18", "100100ffff0028", "080100ffff0328", "0a0300", "0c05001600",
      "1208000102030405", "1209000200", "160800000001", "1801", "520800ff", "1e",
    ].map(octets)
    var server = server()
    var longest = 0
    for round in 0..<300_000 {
      if round % 5000 == 0 { server = AttributeServer(table: table, mtuLimit: round % 10_000 == 0 ? 23 : 247) }
      var pdu = corpus[Int.random(in: 0..<corpus.count, using: &random)]
      for _ in 0...Int.random(in: 0...1, using: &random) where !pdu.isEmpty {
        let index = Int.random(in: 0..<pdu.count, using: &random)
        switch Int.random(in: 0..<4, using: &random) {
        case 0: pdu[index] ^= 1 << UInt8.random(in: 0...7, using: &random)
        case 1: pdu.removeLast(pdu.count - index)
        case 2: pdu.insert(UInt8.random(in: 0...255, using: &random), at: index)
        default: pdu[index] = UInt8.random(in: 0...255, using: &random)
        }
      }
      let effects = server.received(pdu, at: .zero)
      for case .send(let answer) in effects { longest = max(longest, answer.count - server.mtu) }
      if round % 16 == 0 { _ = server.indicate([1, 2, 3], from: 8, at: .zero) }
    }
    #expect(longest <= 0)
  }
}
