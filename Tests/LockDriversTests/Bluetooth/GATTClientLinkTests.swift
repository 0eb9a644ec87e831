import LockDrivers
import Testing

/// Order, time and the end of links.
@Suite struct GATTClientLinkTests {
  @Test func `requests wait for one another`() {
    var bench = GATTBench()
    bench.wire = { _, _ in [] }
    bench.openLink()
    for _ in 0..<3 { #expect(bench.ask(.read(handle: 18)) == nil) }
    #expect(bench.sent == [[0x02, 247, 0]])
    bench.receive([0x03, 247, 0])
    #expect(bench.sent.count == 2)
    bench.receive([0x0B, 1])
    bench.receive([0x0B, 2])
    #expect(bench.sent.count == 4)
    bench.receive([0x0B, 3])
    #expect(bench.results == [1: .success(.value([1])), 2: .success(.value([2])), 3: .success(.value([3]))])
    #expect(bench.deadline == nil)
  }

  @Test func `no more wait than there is room for`() {
    var bench = GATTBench()
    bench.wire = { _, _ in [] }
    bench.openLink()
    for _ in 0..<GATTClient.mostWaiting { #expect(bench.ask(.read(handle: 18)) == nil) }
    #expect(bench.ask(.read(handle: 18)) == .failure(.busy))
  }

  @Test func `a server that does not answer for thirty seconds loses its link`() {
    var bench = GATTBench.open()
    bench.wire = { _, _ in [] }
    bench.ask(.read(handle: 18))
    bench.ask(.read(handle: 22))
    #expect(bench.deadline == bench.now + .seconds(30))
    bench.wait(.milliseconds(29_999))
    #expect(!bench.isClosed && bench.results.isEmpty)
    bench.wait(.milliseconds(1))
    #expect(bench.isClosed)
    #expect(bench.results == [1: .failure(.timedOut), 2: .failure(.timedOut)])
    #expect(bench.deadline == nil)
    bench.receive([0x0B, 1])
    bench.receive([0x1D, 18, 0, 1])
    #expect(bench.told.isEmpty, "nothing comes from a link that is useless")
    #expect(bench.ask(.read(handle: 18)) == .failure(.linkClosed))
    bench.closeLink()
    bench.wire = { _, answer in answer.map { [$0] } ?? [] }
    bench.openLink()
    #expect(bench.ask(.read(handle: 18)) == .success(.value(Array("first".utf8))))
  }

  @Test func `each answer starts the time anew, and an early alarm does nothing`() {
    var bench = GATTBench.open(mtu: 23)
    bench.wire = { _, _ in [] }
    bench.ask(.read(handle: 18))
    bench.wait(.seconds(20))
    bench.receive([0x0B] + Array(repeating: 1, count: 22))
    #expect(bench.sent.last == [0x0C, 18, 0, 22, 0])
    bench.wait(.seconds(20))
    bench.perform(bench.client.deadlinePassed(at: bench.now))
    #expect(!bench.isClosed && bench.results.isEmpty)
    bench.receive([0x0D])
    #expect(bench.results[1] == .success(.value(Array(repeating: 1, count: 22))))
  }

  @Test func `notifications do not lengthen the wait for an answer`() {
    var bench = GATTBench.open()
    bench.wire = { _, _ in [] }
    bench.ask(.read(handle: 18))
    for _ in 0..<30 {
      bench.wait(.seconds(1))
      bench.receive([0x1B, 22, 0, 1])
    }
    #expect(bench.isClosed)
  }

  @Test func `a link that goes ends everything that was asked`() {
    var bench = GATTBench.open()
    bench.wire = { _, _ in [] }
    bench.ask(.discover(services: nil))
    bench.ask(.write(handle: 18, [1]))
    bench.closeLink()
    #expect(bench.results == [1: .failure(.linkClosed), 2: .failure(.linkClosed)])
    #expect(bench.deadline == nil && bench.client.mtu == 23)
    #expect(bench.ask(.read(handle: 18)) == .failure(.linkClosed))
    bench.receive([0x1B, 22, 0, 1])
    #expect(bench.told.isEmpty)
  }

  @Test func `answers that nobody waits for are passed over`() {
    let unsolicited: [[UInt8]] = [
      [0x03, 23, 0], [0x0B, 9], [0x0D, 9], [0x13], [0x19], [0x01, 0x12, 18, 0, 5], [0x05, 1, 9, 0, 2, 0x29],
      [0x17, 18, 0, 0, 0], [0xFF, 1], [0x07, 1, 0, 2, 0], [0x21], [], [0x52, 18, 0, 1], [0xD2, 1], [0x1E],
    ]
    var bench = GATTBench.open()
    bench.wire = { _, _ in [] }
    let count = bench.sent.count
    for pdu in unsolicited { bench.receive(pdu) }
    bench.ask(.read(handle: 18))
    for pdu in unsolicited where ![0x0B].contains(pdu.first) { bench.receive(pdu) }
    #expect(bench.results.isEmpty)
    #expect(bench.sent.count == count + 1 && bench.client.mtu == 247)
    bench.receive([0x0B, 1])
    bench.receive([0x0B, 1])
    #expect(bench.results == [1: .success(.value([1]))])
  }

  @Test(
    arguments: [
      (.discover(services: nil), [0x11]), (.discover(services: nil), [0x11, 6, 1, 0]),
      (.discover(services: nil), [0x11, 8, 1, 0, 2, 0, 1, 2, 3, 4]), (.discover(services: nil), [0x01, 0x10, 1]),
      (.write(handle: 18, []), [0x13, 0]), (.write(handle: 18, Array(repeating: 0, count: 300)), [0x17, 18, 0]),
      (.read(handle: 18), [0x0B] + Array(repeating: 0, count: 247)), (.read(handle: 18), [0x01, 0x0A, 18, 0, 2, 0]),
    ] as [(GATTClient.Request, [UInt8])])
  func `an answer that cannot be read ends its request`(request: GATTClient.Request, answer: [UInt8]) {
    var bench = GATTBench.open()
    bench.wire = { _, _ in [] }
    bench.ask(request)
    bench.receive(answer)
    #expect(bench.results == [1: .failure(.malformed)])
  }

  @Test func `what a server asks is refused, but for its MTU`() {
    var bench = GATTBench.open(mtu: 185)
    let count = bench.sent.count
    for opcode in [0x04, 0x06, 0x08, 0x0A, 0x0C, 0x0E, 0x10, 0x12, 0x16, 0x18, 0x20, 0x3C] as [UInt8] {
      bench.receive([opcode, 1, 0, 0xFF, 0xFF, 0, 0x28])
      #expect(bench.sent.last == [0x01, opcode, 0, 0, 0x06])
    }
    bench.receive([0x02, 100, 0])
    #expect(bench.sent.last == [0x03, 185, 0])
    #expect(bench.client.mtu == 185, "agreed on already")
    bench.receive([0x02])
    #expect(bench.sent.last == [0x01, 0x02, 0, 0, 0x06])
    #expect(bench.sent.count == count + 14)
    var silent = GATTBench(mtu: 185)
    silent.wire = { _, _ in [] }
    silent.openLink()
    silent.receive([0x02, 100, 0])
    #expect(silent.client.mtu == 100)
  }
}
