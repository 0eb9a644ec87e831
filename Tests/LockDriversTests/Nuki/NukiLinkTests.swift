import Testing

@testable import LockDrivers
@testable import LockSimulator

@Suite struct NukiLinkTests {
  @Test func `a lock whose handles are others all of a sudden is discovered anew on the same link`() {
    let model = NukiLockModel()
    var server = AttributeServer(table: model.attributes, mtuLimit: 247)
    var link = NukiLink(.keyturner)
    var packets: [[UInt8]] = []
    var outcome: [NukiLink.Output] = []
    func take(_ outputs: [NukiLink.Output]) {
      for output in outputs {
        if case .write(let packet) = output { packets.append(packet) } else { outcome.append(output) }
      }
    }
    take(link.linkOpened(at: .zero))
    var isOutOfSync = true
    for _ in 0..<200 where !packets.isEmpty {
      let packet = packets.removeFirst()
      if packet[0] == 0x12, isOutOfSync {
        // The first subscription: the database is out of sync (0x12).
        isOutOfSync = false
        take(link.received([0x01, 0x12, packet[1], packet[2], 0x12], at: .zero))
        continue
      }
      for case .send(let answer) in server.received(packet, at: .zero) { take(link.received(answer, at: .zero)) }
    }
    #expect(outcome == [.ready])
  }
}
