import LockCore
import LockSimulator
import Seeded
import Testing

@testable import LockDrivers

@Suite struct VirtualLockHostileBytesTests {
  @Test func `200 000 damaged messages from the lock crash nothing and make no fact`() {
    var random = SeededRandom(seed: 1)
    let corpus = virtualLockVectors.map(\.frame.bytes)
    var wire = VirtualWire()
    wire.open()
    let facts = wire.driver.facts
    var driver = wire.driver
    var believed = 0
    var now = wire.now
    for round in 0..<200_000 {
      if round % 1000 == 0 {
        driver = wire.driver
        let command = everyCommand[round / 1000 % everyCommand.count]
        _ = driver.submit(command, to: VirtualWire.lockID, id: CommandID(rawValue: 1), at: now)
      }
      now = now + .seconds(1)
      let effects = driver.received(damaged(from: corpus, using: &random), at: now)
      if !effects.isEmpty || driver.facts != facts { believed += 1 }
    }
    #expect(believed == 0)
  }

  @Test func `200 000 damaged messages from the gateway crash nothing and change nothing`() {
    var random = SeededRandom(seed: 2)
    let corpus = virtualLockVectors.map(\.frame.bytes)
    var lock = VirtualLock()
    _ = lock.linkOpened(at: VirtualWire.start)
    var now = VirtualWire.start
    var believed = 0
    for _ in 0..<200_000 {
      now = now + .seconds(1)
      if !lock.received(damaged(from: corpus, using: &random), at: now).isEmpty { believed += 1 }
    }
    #expect(believed == 0)
  }

  @Test func `100 000 payloads of any bytes behind a good CRC crash neither side`() {
    var random = SeededRandom(seed: 3)
    var wire = VirtualWire()
    wire.open()
    var now = wire.now
    for round in 0..<100_000 {
      var payload = (0..<Int.random(in: 0...60, using: &random)).map { _ in
        UInt8.random(in: 0...255, using: &random)
      }
      let kind: UInt8
      if Bool.random(using: &random), let vector = virtualLockVectors.randomElement(using: &random) {
        // A frame that is nearly right reaches further than noise.
        payload = Array(vector.frame.bytes.dropFirst(7).dropLast(2))
        if let index = payload.indices.randomElement(using: &random) {
          payload[index] = UInt8.random(in: 0...255, using: &random)
        }
        kind = vector.frame.bytes[3]
      } else {
        kind = UInt8.random(in: 0...255, using: &random)
      }
      if round % 10 == 0 {
        let command = everyCommand[round / 10 % everyCommand.count]
        _ = wire.driver.submit(
          command, to: VirtualWire.lockID, id: CommandID(rawValue: UInt64(round)), at: now)
      }
      let sequence = UInt8.random(in: 0...255, using: &random)
      let message = rawFrame(kind: kind, sequence: sequence, payload: payload)
      _ = wire.driver.received(message, at: now)
      _ = wire.lock.received(message, at: now)
      now = now + .milliseconds(20)
      if round % 500 == 0 {
        _ = wire.driver.deadlinePassed(at: now)
        _ = wire.driver.linkClosed(at: now)
        _ = wire.driver.linkOpened(at: now)
      }
    }
    #expect(wire.lock.memory.log.count <= 200)
    #expect(wire.lock.memory.codes.keys.allSatisfy { (1...30).contains($0) })
  }

  @Test func `an endless stream of openings is never kept`() {
    var deframer = VirtualLockDeframer()
    for _ in 0..<2000 {
      _ = deframer.received(octets("564b01810100024b56564b"), at: .zero)
      #expect(deframer.buffer.count <= 521)
    }
  }

  /// A frame with a flipped bit, a lost or an added byte, or cut short; never whole.
  private func damaged(from corpus: [[UInt8]], using random: inout SeededRandom) -> [UInt8] {
    var message = corpus.randomElement(using: &random) ?? []
    let index = Int.random(in: 0..<message.count, using: &random)
    switch Int.random(in: 0..<4, using: &random) {
    case 0: message[index] ^= 1 << UInt8.random(in: 0...7, using: &random)
    case 1: message[index] = message[index] &+ UInt8.random(in: 1...255, using: &random)
    case 2: message.remove(at: index)
    default: message.removeLast(message.count - index)
    }
    return message
  }
}
