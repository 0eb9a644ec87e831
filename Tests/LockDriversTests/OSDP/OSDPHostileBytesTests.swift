import LockSimulator
import Seeded
import Testing

@testable import LockDrivers

/// Pieces, damage and malice on the line.
@Suite struct OSDPHostileBytesTests {
  /// A bus that waits for the answer to a frame, and that frame.
  private static func waiting(secured: Bool) throws -> (OSDPBus, OSDPFrame, Duration) {
    var bench = secured ? OSDPBench.secured() : OSDPBench.online()
    bench.script = { _ in [] }
    let count = bench.sent.count
    while bench.sent.count == count, bench.now < .seconds(5) { bench.run(.milliseconds(1)) }
    return (bench.bus, try #require(bench.sent.last).frame, bench.now)
  }

  @Test func `the pieces in which an answer comes make no difference`() throws {
    let (bus, poll, now) = try Self.waiting(secured: false)
    for reply: OSDPReply in [
      .ack, .busy, .keys(reader: 0, Array("99*9999#".utf8).toKeys), .inputs([true]),
      .nak(.unexpectedSequence), .other(code: 0xB1, [1, 2, 3]),
    ] {
      let wire = [0x00, 0x53] + OSDPBench.reply(reply, to: poll)
      var whole = bus
      let expected = Self.lasting(whole.received(wire, at: now))
      for cut in 1..<wire.count {
        for second in cut..<wire.count {
          var split = bus
          var effects = split.received(Array(wire[..<cut]), at: now)
          effects += split.received(Array(wire[cut..<second]), at: now)
          effects += split.received(Array(wire[second...]), at: now)
          #expect(Self.lasting(effects) == expected)
        }
      }
    }
  }

  /// Effects without deadlines that were replaced.
  private static func lasting(_ effects: [OSDPBus.Effect]) -> [OSDPBus.Effect] {
    let last = effects.last { if case .setDeadline = $0 { true } else { false } }
    return effects.filter { if case .setDeadline = $0 { false } else { true } }
      + (last.map { [$0] } ?? [])
  }

  @Test func `a truncated answer is no answer`() throws {
    for secured in [false, true] {
      let (bus, _, now) = try Self.waiting(secured: secured)
      for name in OSDPCapture.names {
        for line in try OSDPCapture(name).lines where line.isReply {
          for count in 0..<line.bytes.count {
            var copy = bus
            let effects = copy.received(Array(line.bytes.prefix(count)), at: now)
            #expect(Self.lasting(effects).allSatisfy { if case .setDeadline = $0 { true } else { false } })
          }
        }
      }
    }
  }

  @Test(arguments: [20, 21] as [UInt64])
  func `half a million damaged answers do no harm, and another half`(seed: UInt64) throws {
    var replies: [[UInt8]] = []
    for name in OSDPCapture.names {
      replies += try OSDPCapture(name).lines.filter(\.isReply).map(\.bytes)
    }
    let key = try #require(OSDPBench.key)
    var bus = OSDPBus(
      configuration: .init(
        devices: [
          .init(address: 5, keyMode: .plain), .init(address: 6, keyMode: .secure(key)),
          .init(address: 7, keyMode: .install(key)),
        ], baud: 115_200), random: .counting(from: 1))
    var random = SeededRandom(seed: seed)
    var now: Duration = .zero
    var last: [UInt8] = []
    var deadline: Duration?
    var writes = 0
    var most = 0
    func perform(_ effects: [OSDPBus.Effect]) {
      most = max(most, effects.count)
      for effect in effects {
        switch effect {
        case .write(let bytes):
          last = bytes
          writes += 1
        case .setDeadline(let next): deadline = next
        case .event, .completed: break
        }
      }
    }
    perform(bus.opened(at: now))
    for round in 0..<500_000 {
      var bytes = replies[Int(random.next() % UInt64(replies.count))]
      let dice = random.next()
      let place = Int(dice >> 32) % bytes.count
      switch dice & 7 {
      case 0: bytes.removeSubrange(place...)
      case 1: bytes.insert(UInt8(truncatingIfNeeded: dice >> 8), at: place)
      case 2: bytes[place] = 0x53
      default: bytes[place] = UInt8(truncatingIfNeeded: dice >> 8)
      }
      if dice & 8 != 0, bytes.count >= 8, last.count > 6 {
        // Every other one gets past address, sequence and check.
        bytes[0] = 0x53
        bytes[1] = last[2] | 0x80
        bytes[2] = UInt8(truncatingIfNeeded: bytes.count)
        bytes[3] = UInt8(truncatingIfNeeded: bytes.count >> 8)
        bytes[4] = bytes[4] & 0x08 | last[5] & 0x03
        bytes[bytes.count - 1] = OSDPCheck.checksum(bytes.dropLast())
      }
      perform(bus.received(bytes, at: now))
      if round % 97 == 0 {
        perform(
          bus.send(
            .output([.init(number: 0, control: .on)]), to: 5 + UInt8(round % 3),
            expires: now + .seconds(1), token: UInt64(round), at: now))
      }
      now += .milliseconds(Int(dice >> 16 & 31))
      if let due = deadline, due <= now {
        deadline = nil
        perform(bus.deadlinePassed(at: now))
      }
    }
    #expect(writes > 5_000)
    #expect(most < 200)
    let readers = Mirror(reflecting: bus).children.compactMap { $0.value as? OSDPFrameReader }
    let held = readers.flatMap { Mirror(reflecting: $0).children.compactMap { $0.value as? [UInt8] } }
    #expect(held.count == 1 && held.allSatisfy { $0.count <= 4096 })
  }

  @Test func `a stream of false starts is read in bounded time and memory`() {
    var reader = OSDPFrameReader()
    for _ in 0..<200 {
      reader.append([0x53, 0x85, 0xA0, 0x05])
      while reader.next() != nil {}
    }
    for _ in 0..<20 {
      reader.append(Array(repeating: 0x53, count: 997))
      while reader.next() != nil {}
    }
    let held = Mirror(reflecting: reader).children.compactMap { $0.value as? [UInt8] }
    #expect(held.allSatisfy { $0.count <= 4096 })
  }
}

extension [UInt8] {
  fileprivate var toKeys: OSDPKeys { OSDPKeys(self) }
}
