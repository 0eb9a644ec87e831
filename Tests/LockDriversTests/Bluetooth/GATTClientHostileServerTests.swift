import LockDrivers
import Seeded
import Testing

/// Servers that answer anything.
@Suite struct GATTClientHostileServerTests {
  /// Discovers with a server that answers each request so; the packets it took to end.
  private static func discover(_ answer: @escaping (_ request: [UInt8]) -> [UInt8]) -> (GATTFault?, Int) {
    var bench = GATTBench.open()
    bench.wire = { request, _ in [answer(request)] }
    let result = bench.ask(.discover(services: nil))
    guard case .failure(let fault) = result else { return (nil, bench.sent.count) }
    return (fault, bench.sent.count)
  }

  @Test func `handles that do not go on are a fault`() {
    let services: [[UInt8]] = [
      [0x11, 6, 1, 0, 5, 0, 1, 0x18, 1, 0, 5, 0, 1, 0x18], [0x11, 6, 7, 0, 9, 0, 1, 0x18, 9, 0, 12, 0, 1, 0x18],
      [0x11, 6, 1, 0, 0xFF, 0xFF, 1, 0x18, 1, 0, 2, 0, 1, 0x18],
    ]
    for answer in services { #expect(Self.discover { _ in answer } == (.malformed, 2)) }
    // The same list again.
    #expect(Self.discover { _ in [0x11, 6, 1, 0, 5, 0, 1, 0x18] } == (.malformed, 3))
    let characteristics: [[UInt8]] = [
      [0x09, 7, 0, 1, 2, 3, 4, 5, 6], [0x09, 7, 1, 0, 2, 1, 0, 0, 0x2A], [0x09, 7, 1, 0, 2, 0x99, 0x99, 0, 0x2A],
      [0x09, 7, 5, 0, 2, 6, 0, 0, 0x2A, 5, 0, 2, 6, 0, 0, 0x2A], [0x09, 6, 1, 0, 2, 2, 0, 0],
    ]
    for answer in characteristics {
      let (fault, _) = Self.discover { request in request[0] == 0x10 ? [0x11, 6, 1, 0, 9, 0, 1, 0x18] : answer }
      #expect(fault == .malformed || fault == nil && answer[2] == 1)
    }
    for answer in [
      [0x05, 1, 1, 0, 2, 0x29], [0x05, 1, 0xFF, 0xFF, 2, 0x29], [0x05, 1, 4, 0, 1, 0x29, 4, 0, 2, 0x29],
    ]
      as [[UInt8]]
    {
      let (fault, _) = Self.discover { request in
        switch request[0] {
        case 0x10: [0x11, 6, 1, 0, 9, 0, 1, 0x18]
        case 0x08: [0x09, 7, 1, 0, 0x10, 2, 0, 0, 0x2A]
        default: answer
        }
      }
      #expect(fault == .malformed)
    }
  }

  @Test func `lists without an end are a fault`() {
    let (services, servicePackets) = Self.discover { request in
      let first = Array(request[1...2])
      return [0x11, 6] + first + first + [1, 0x18]
    }
    #expect(services == .malformed && servicePackets <= 300)
    let (characteristics, characteristicPackets) = Self.discover { request in
      if request[0] == 0x10 { return [0x11, 6, 1, 0, 0xFF, 0xFF, 1, 0x18] }
      let first = UInt16(request[1]) | UInt16(request[2]) << 8
      return [0x09, 7] + TableServer.octets(first) + [0x10] + TableServer.octets(first + 1) + [0, 0x2A]
    }
    #expect(characteristics == .malformed && characteristicPackets <= 600)
    let (descriptors, descriptorPackets) = Self.discover { request in
      switch request[0] {
      case 0x10: [0x11, 6, 1, 0, 0xFF, 0xFF, 1, 0x18]
      case 0x08: request[1] == 1 ? [0x09, 7, 1, 0, 0x10, 2, 0, 0, 0x2A] : [0x01, 0x08, 1, 0, 0x0A]
      default: [0x05, 1] + request[1...2] + [1, 0x29]
      }
    }
    #expect(descriptors == .malformed && descriptorPackets <= 2100)
  }

  @Test(arguments: 1...8)
  func `whole sessions with damage of every kind end, and every request has one end`(seed: Int) {
    var random = SeededRandom(seed: UInt64(seed))
    var client = GATTClient(preferredMTU: [23, 185, 247, 517][seed % 4])
    var server = TableServer.lock(hash: seed & 1 == 0 ? Array(repeating: 3, count: 16) : nil)
    var now: Duration = .zero
    var deadline: Duration?
    var inbox: [[UInt8]] = []
    var open: Set<Int> = []
    var (twice, ended, overlong, closings, most, answers) = (0, 0, 0, 0, 0, 0)
    var isOpen = false
    var lastID = 0
    func perform(_ effects: [GATTClient.Effect]) {
      most = max(most, effects.count)
      for effect in effects {
        switch effect {
        case .write(let pdu):
          if pdu.count > client.mtu { overlong += 1 }
          guard var answer = server.received(pdu) else { continue }
          let dice = random.next()
          answers += 1
          if dice & 0x70 == 0 { random.damage(&answer) }
          if dice & 0x780 == 0 {
            answer = (0..<Int(dice >> 48 & 63)).map { _ in UInt8(truncatingIfNeeded: random.next()) }
          }
          if dice & 0xF800 != 0 { inbox.append(answer) }
          if dice & 0x1F_0000 == 0 { inbox.append(answer) }
        case .setDeadline(let next): deadline = next
        case .finished(let id, _):
          ended += 1
          if open.remove(id) == nil { twice += 1 }
        case .closeLink:
          closings += 1
          isOpen = false
        case .told, .discovered, .databaseChanged: break
        }
      }
      if !isOpen, closings > 0 { deadline = nil }
    }
    for _ in 0..<40_000 {
      let dice = random.next()
      if !isOpen || dice & 0x1FF == 0 {
        inbox = []
        server.linkOpened()
        isOpen = true
        perform(client.linkOpened(at: now))
      } else if !inbox.isEmpty {
        perform(client.received(inbox.removeFirst(), at: now))
      } else if dice & 0x600 == 0 {
        var told: [UInt8] = [dice & 0x800 == 0 ? 0x1D : 0x1B, UInt8(dice >> 16 & 31), 0, 1, 2, 3]
        random.damage(&told)
        perform(client.received(told, at: now))
      } else if open.count < 3 {
        lastID += 1
        open.insert(lastID)
        let handle = UInt16(dice >> 20 & 63)
        let value = Array(repeating: UInt8(truncatingIfNeeded: dice), count: Int(dice >> 32) % 530)
        let requests: [GATTClient.Request] = [
          .discover(services: nil), .discover(services: [BluetoothUUID(0x180A)]), .read(handle: handle),
          .read(handle: 18), .write(handle: 18, value), .writeCommand(handle: 22, value),
          .subscribe(handle: handle, .indications), .subscribe(handle: 18, .indications),
        ]
        perform(client.submit(requests[Int(dice >> 40 & 7)], id: lastID, at: now))
      } else {
        now = max(now, deadline ?? now)
        perform(client.deadlinePassed(at: now))
      }
    }
    perform(client.linkClosed())
    #expect(open.isEmpty && twice == 0 && ended == lastID)
    #expect(overlong == 0)
    #expect(most <= 100)
    #expect(closings > 10 && answers > 10_000)
  }
}
