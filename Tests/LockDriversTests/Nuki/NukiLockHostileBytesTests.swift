import LockCore
import LockDrivers
import Seeded
import Testing

@testable import LockSimulator

@Suite struct NukiLockHostileBytesTests {
  @Test(arguments: [23, 247]) func `100 000 damaged packets crash nothing and store nothing`(_ mtu: Int) throws {
    var bench = try NukiLockBench.paired { $0.mtu = mtu }
    var random = SeededRandom(seed: UInt64(mtu))
    let sealed = wire(bench.lock.handles.sealed)
    let pairing = wire(bench.lock.handles.pairing)
    let add = try bench.sealed(0x41, NukiLockBench.entry(974_216) + bench.challenge() + bench.pin)
    var corpus: [[UInt8]] = [
      [0x12] + sealed + (try bench.sealed(0x01, [0x0C, 0x00])), [0x12] + sealed + add.prefix(mtu - 3),
      [0x16] + sealed + [0, 0] + add.prefix(18), [0x18, 1], [0x1E], [0x52] + sealed + add.prefix(20),
    ]
    for plain in [octets("0100030027a7"), octets("0e00009dd7"), [3, 0] + [UInt8](repeating: 9, count: 18)] {
      corpus.append([0x12] + pairing + plain)
    }
    var lock = bench.lock
    let before = lock.memory
    var now = bench.now
    for round in 0..<100_000 {
      if round % 1000 == 0 {
        lock = bench.lock
        _ = lock.pressedButton(at: now)
      }
      now = now + .milliseconds(3)
      let pdu = damaged(corpus[Int.random(in: 0..<corpus.count, using: &random)], using: &random)
      _ = lock.received(pdu, on: bench.link, at: now)
    }
    #expect(lock.memory.codes == before.codes)
    #expect(lock.memory.authorizations == before.authorizations)
  }

  @Test func `150 000 sealed commands of any payload crash nothing`() throws {
    var bench = try NukiLockBench.paired()
    var random = SeededRandom(seed: 3)
    let authorization = try #require(bench.lock.memory.authorizations[bench.authorization])
    let commands: [UInt16] = [
      0x01, 0x08, 0x09, 0x0D, 0x13, 0x14, 0x19, 0x1A, 0x20, 0x21, 0x31, 0x34, 0x36, 0x41, 0x43, 0x46, 0x47, 0x100,
    ]
    for round in 0..<150_000 {
      bench.now = bench.now + .milliseconds(10)
      let command = commands[Int.random(in: 0..<commands.count, using: &random)]
      let challenge = [UInt8](repeating: UInt8(round & 0xFF), count: 32)
      bench.lock.links[bench.link]?.challenges[authorization.id] = challenge
      // Bodies of the right length reach furthest; limits of the keypad are tried the most.
      let lengths = [0, 1, 2, 4, 6, 7, 8, 26, 44, 44, 47, 47, 55]
      var body = (0..<lengths[Int.random(in: 0..<lengths.count, using: &random)]).map { _ in
        UInt8.random(in: 0...255, using: &random)
      }
      if body.count == 44, Bool.random(using: &random) {
        body = NukiLockBench.entry(UInt32.random(in: 911_111...999_999, using: &random))
        body[Int.random(in: 0..<44, using: &random)] = UInt8.random(in: 0...255, using: &random)
      }
      bench.lock.memory.wrongPINs = 0
      let payload = body + challenge + (Int.random(in: 0..<8, using: &random) == 0 ? [] : bench.pin)
      let frame = NukiSealedFrame(
        NukiAuthorizationID(number: authorization.id), NukiCommand(rawValue: command), payload)
      bench.perform(
        bench.lock.acted(at: bench.now) { lock in
          guard lock.links[bench.link] != nil else { return }
          lock.received(frame, of: authorization, on: bench.link)
        })
      if round % 500 == 0 {
        bench.lock.memory.authorizations[authorization.id] = authorization
        bench.lock.memory.codes = [:]
        bench.close()
        bench.open(UInt64(round + 2))
        _ = bench.heard()
        bench.lock.memory.securityPIN = NukiSecurityPIN("4321").map(StoredSecurityPIN.init)
      }
    }
    #expect(bench.lock.memory.log.count <= 1000)
    #expect(bench.lock.memory.codes.values.allSatisfy { NukiLock.isAllowed($0.pin) })
  }

  @Test func `350 000 damaged sealed messages of another's key and length are all refused`() throws {
    let bench = try NukiLockBench.paired()
    let key = try #require(bench.key)
    let good = try bench.sealed(0x43, [UInt8](repeating: 1, count: 38))
    var random = SeededRandom(seed: 4)
    var opened = 0
    for _ in 0..<350_000 {
      let wire = damaged(good, using: &random)
      if wire != good, (try? NukiSealedFrame(wire: wire, openedWith: key)) != nil { opened += 1 }
    }
    #expect(opened == 0)
  }

  private func damaged(_ message: [UInt8], using random: inout SeededRandom) -> [UInt8] {
    var message = message
    let index = Int.random(in: 0..<message.count, using: &random)
    switch Int.random(in: 0..<4, using: &random) {
    case 0: message[index] ^= 1 << UInt8.random(in: 0...7, using: &random)
    case 1: message[index] = UInt8.random(in: 0...255, using: &random)
    case 2: message.remove(at: index)
    default: message.removeLast(message.count - index)
    }
    return message
  }
}
