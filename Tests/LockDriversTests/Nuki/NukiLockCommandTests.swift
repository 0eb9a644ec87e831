import Foundation
import LockCore
import LockDrivers
import Testing

@testable import LockSimulator

private typealias Bench = NukiLockBench

@Suite struct NukiLockCommandTests {
  // MARK: Who may speak

  @Test func `what cannot be opened gets a plain error on the general characteristic`() throws {
    var bench = try Bench.paired()
    let good = try bench.sealed(0x01, [0x0C, 0x00])
    let refused = [Bench.Message(command: 0x12, payload: [0x20, 0, 0], isPlain: true)]
    var damaged = good
    damaged[50] ^= 1
    var foreign = good
    foreign[24] ^= 0x55
    var short = good
    short[28] -= 1
    for wire in [damaged, foreign, short, Array(good.prefix(20)), Array(good.dropLast()), [], good + [0]] {
      bench.write(wire, to: bench.lock.handles.sealed)
      #expect(bench.heard() == refused)
    }
    bench.write(good, to: bench.lock.handles.sealed)
    #expect(bench.heard().commands == [0x0C])
    let frame = NukiSealedFrame(
      NukiAuthorizationID(number: bench.authorization), .requestData, [0x0C, 0x00])
    let key = try #require(bench.key)
    let nonce = [UInt8](repeating: 4, count: 24)
    bench.write(try frame.wireWithWrongCRC(sealedWith: key, nonce: nonce), to: bench.lock.handles.sealed)
    #expect(bench.heard() == [Bench.Message(command: 0x12, payload: [0xFD, 0, 0])])
  }

  @Test func `with the smallest MTU a message comes by Write Long, and a piece of one ends the link`() throws {
    var bench = try Bench.paired(.one)
    let good = try bench.sealed(0x01, [0x0C, 0x00])
    bench.write(good, to: bench.lock.handles.sealed)
    #expect(bench.heard().map(\.payload.count) == [15])
    #expect(bench.packets.allSatisfy { $0.count <= 23 })
    bench.packet([0x12] + wire(bench.lock.handles.sealed) + good.prefix(20))
    #expect(!bench.isOpen)
    #expect(bench.lock.counts.errors[0xFF] == 1)
  }

  @Test(arguments: [15, 19, 21, 26, 27]) func `states are as long as the firmware is old`(_ length: Int) throws {
    var bench = try Bench.paired { $0.statesLength = length }
    let states = try #require(try bench.send(0x01, [0x0C, 0x00]).first?.payload)
    #expect(states.count == length)
    #expect(Array(states[..<12]) == octets("020100ea07031d090f1e3c00"))
    #expect(states[12] == (length == 15 ? 0 : 172))
  }

  // MARK: Challenge and PIN

  @Test func `a challenge is good once, for its authorization and its link`() throws {
    var bench = try Bench.paired()
    let challenge = try bench.challenge()
    #expect(try bench.send(0x20, challenge + bench.pin) == [Bench.Message(command: 0x0E, payload: [0])])
    #expect(try bench.send(0x20, challenge + bench.pin).refusal == [0x22, 0x20, 0x00])
    #expect(try bench.send(0x14, [UInt8](repeating: 7, count: 32)).refusal == [0x22, 0x14, 0x00])
    // A wrong PIN uses it up, too.
    let second = try bench.challenge()
    #expect(try bench.send(0x20, second + [0, 0]).refusal == [0x21, 0x20, 0x00])
    #expect(try bench.send(0x20, second + bench.pin).refusal == [0x22, 0x20, 0x00])
    let third = try bench.challenge()
    bench.close()
    bench.open(2)
    #expect(try bench.send(0x20, third + bench.pin).refusal == [0x22, 0x20, 0x00])
    // A challenge of one authorization is no good for another.
    let fourth = try bench.challenge()
    let mine = (bench.key, bench.authorization)
    bench.perform(bench.lock.pressedButton(at: bench.now))
    try bench.pair(name: "Other")
    #expect(try bench.send(0x20, fourth + bench.pin).refusal == [0x22, 0x20, 0x00])
    (bench.key, bench.authorization) = mine
    #expect(try bench.send(0x20, fourth + bench.pin).commands == [0x0E])
  }

  @Test func `five wrong PINs lock even the right one out for a while`() throws {
    var bench = try Bench.paired()
    let right = bench.pin
    bench.pin = [1, 1]
    for _ in 0..<5 { #expect(try bench.command(0x20).refusal == [0x21, 0x20, 0x00]) }
    #expect(try bench.command(0x20).refusal == [0x28, 0x20, 0x00])
    bench.pin = right
    #expect(try bench.command(0x20).refusal == [0x28, 0x20, 0x00])
    // What needs no PIN goes on.
    #expect(try bench.command(0x14, pin: false).commands == [0x15])
    bench.close()
    bench.advance(.minutes(5))
    bench.open(2)
    #expect(try bench.command(0x20).commands == [0x0E])
    bench.pin = [1, 1]
    for _ in 0..<4 { #expect(try bench.command(0x20).refusal == [0x21, 0x20, 0x00]) }
    bench.pin = right
    #expect(try bench.command(0x20).commands == [0x0E])
  }

  @Test(
    arguments: [
      0x08, 0x09, 0x0D, 0x13, 0x14, 0x19, 0x1A, 0x1D, 0x20, 0x21, 0x31, 0x34, 0x36, 0x41, 0x43, 0x46, 0x47, 0x100,
    ] as [UInt16])
  func `every command of another length is refused`(_ command: UInt16) throws {
    var bench = try Bench.paired()
    for length in [0, 31, 37, 200] {
      let challenge = try bench.challenge()
      let payload = Array((challenge + [UInt8](repeating: 0, count: 200)).prefix(length))
      #expect(try bench.send(command, payload).refusal == [0xFE] + wire(command))
    }
    #expect(bench.lock.memory.codes.isEmpty)
  }

  @Test func `unknown commands and data are refused`() throws {
    var bench = try Bench.paired()
    #expect(try bench.send(0x48, []).refusal == [0xFF, 0x48, 0x00])
    #expect(try bench.send(0x01, [0x0D, 0x00]).refusal == [0x23, 0x01, 0x00])
    #expect(try bench.send(0x01, [0x0C]).refusal == [0xFE, 0x01, 0x00])
  }

  // MARK: Settings, clock, log

  @Test func `configuration, battery and authorizations have the lengths of the sheet`() throws {
    var bench = try Bench.paired()
    #expect(try bench.command(0x14, pin: false).map(\.payload.count) == [79])
    #expect(try bench.command(0x36, pin: false).map(\.payload.count) == [31])
    #expect(try bench.send(0x01, [0x11, 0x00]).map(\.payload.count) == [17])
    let list = try bench.command(0x09, [0, 0, 0xFF, 0xFF])
    #expect(list.commands == [0x27, 0x0A, 0x0E])
    #expect(list.map(\.payload.count) == [2, 56, 1])
    let config = try #require(try bench.command(0x14, pin: false).first?.payload)
    #expect(Array(config[..<4]) == octets("4d3c2b1a"))
    #expect(config[65] == 1 && Array(config[66..<69]) == [3, 9, 5] && config[74] == 4)
    #expect(Array(config[72..<74]) == [37, 0])
    #expect(try bench.command(0x08, wire(UInt32(77))).refusal == [0x24, 0x08, 0x00])
    #expect(try bench.command(0x08, wire(bench.authorization)).commands == [0x0E])
    #expect(try bench.send(0x01, [0x0C, 0x00]).first?.isPlain == true)
  }

  @Test func `the clock drifts, is off, and is set`() throws {
    var bench = try Bench.paired(temperament: NukiLockTemperament.named["drifting"] ?? NukiLockTemperament())
    bench.close()
    bench.advance(.hours(48))
    bench.open(2)
    #expect(bench.lock.clock(at: bench.now.date) - bench.now.date == .seconds(120))
    #expect(try bench.command(0x21, bench.now.date.nukiTime).commands == [0x0E])
    let states = try #require(try bench.send(0x01, [0x0C, 0x00]).first?.payload)
    #expect(Array(states[3..<10]) == bench.now.date.nukiTime)
    #expect(try bench.command(0x21, octets("ea070d01000000")).refusal == [0x23, 0x21, 0x00])
  }

  @Test func `the log is a ring that is read from either end`() throws {
    var bench = try Bench.paired { $0.logCapacity = 10 }
    for number in 0..<15 { bench.perform(bench.lock.turnedByHand(toLocked: number % 2 == 0, at: bench.now)) }
    func indices(_ start: UInt32, _ count: UInt16, _ order: UInt8, total: UInt8 = 0) throws -> [UInt32] {
      let answer = try bench.command(0x31, wire(start) + wire(count) + [order, total])
      #expect(answer.last == Bench.Message(command: 0x0E, payload: [0]))
      #expect((answer.first?.command == 0x33) == (total == 1))
      return answer.filter { $0.command == 0x32 }.map { number($0.payload[..<4]) }
    }
    #expect(try indices(0, 3, 0) == [6, 7, 8])
    #expect(try indices(0, 3, 1, total: 1) == [15, 14, 13])
    #expect(try indices(12, 99, 0) == [13, 14, 15])
    #expect(try indices(8, 99, 1) == [7, 6])
    #expect(try indices(15, 9, 0) == [])
    #expect(try bench.command(0x31, [0, 0, 0, 0, 1, 0, 2, 0]).refusal == [0x23, 0x31, 0x00])
  }

  @Test func `the log says when it is switched, and is silent while it is off`() throws {
    var bench = try Bench.paired(temperament: NukiLockTemperament.named["padded-log"] ?? NukiLockTemperament())
    #expect(try bench.command(0x34, [0]).commands == [0x0E])
    bench.perform(bench.lock.turnedByHand(toLocked: false, at: bench.now))
    #expect(bench.lock.memory.log.map(\.type) == [1])
    #expect(try bench.command(0x34, [1]).commands == [0x0E])
    #expect(bench.lock.memory.log.map(\.data) == [[0], [1]])
    let entries = try bench.command(0x31, [0, 0, 0, 0, 9, 0, 0, 1])
    #expect(entries.map(\.payload.count) == [5, 48 + 5, 48 + 5, 1])
    #expect(entries[0].payload == [1, 2, 0, 1, 1])
  }

  // MARK: Several links, time, faults

  @Test func `four links at most, idle ones are dropped, one command at a time`() throws {
    var bench = try Bench.paired()
    for id in 2...4 { #expect(bench.lock.linkOpened(.init(rawValue: UInt64(id)), at: bench.now).isEmpty) }
    let fifth = NukiLock.LinkID(rawValue: 5)
    #expect(bench.lock.linkOpened(fifth, at: bench.now) == [.closeLink(fifth)])
    bench.advance(.seconds(19))
    #expect(bench.lock.openLinks.count == 4)
    bench.advance(.seconds(1))
    #expect(bench.lock.openLinks.isEmpty && !bench.isOpen)
    bench.open(6)
    #expect(try bench.command(0x0D, [1, 0, 0, 0, 0, 0], pin: false).first?.payload == [1])
    bench.open(7)
    #expect(try bench.send(0x01, [0x04, 0x00]).refusal == [0x45, 0x01, 0x00])
    bench.advance(.seconds(3))
    #expect(try bench.send(0x01, [0x04, 0x00]).commands == [0x04])
  }

  @Test(
    arguments: [
      // What was said before the link was gone or fell silent, and whether it is still open.
      ("loses-add-reply", [], true), ("drops-after-add", [], false), ("busy", [0x12], true), ("silent", [], true),
      ("full", [0x12], true), ("status-after-add", [0x42, 0x0E], true), ("interrupting", [0x0C, 0x42], true),
    ] as [(String, [UInt16], Bool)])
  func `a fault shows itself in the answer to a new code`(
    _ name: String, _ answer: [UInt16], _ isOpen: Bool
  ) throws {
    var bench = try Bench.paired()
    let challenge = try bench.challenge()
    bench.lock.temperament = try #require(NukiLockTemperament.named[name])
    let got = try bench.send(0x41, Bench.entry(974_216) + challenge + bench.pin)
    #expect(got.commands == answer)
    #expect(bench.isOpen == isOpen)
    // What was not said was done all the same.
    #expect(bench.lock.memory.codes.count == (answer == [0x12] ? 0 : 1))
  }

  @Test func `faults happen as often as they are told to`() throws {
    var bench = try Bench.paired()
    bench.lock.temperament = try #require(NukiLockTemperament.named["drops-in-message"])
    bench.lock.temperament.faultsLeft = 1
    #expect(try bench.send(0x01, [0x0C, 0x00]).isEmpty && !bench.isOpen)
    bench.open(2)
    #expect(try bench.send(0x01, [0x0C, 0x00]).commands == [0x0C])
    bench.lock.temperament.dropsLinkAtPacket = 8
    bench.lock.temperament.faultsLeft = 1
    bench.close()
    bench.open(3)
    for _ in 0..<9 where bench.isOpen { bench.packet([0x0A, 3, 0]) }
    #expect(!bench.isOpen)
    bench.lock.temperament = try #require(NukiLockTemperament.named["wrong-crc"])
    bench.open(4)
    #expect(try bench.send(0x01, [0x0C, 0x00]).commands == [0xFFFF])
  }

  @Test(arguments: [23, 247]) func `a link that drops in a list or a message drops there`(_ mtu: Int) throws {
    var bench = try Bench.paired { $0.mtu = mtu }
    for code: UInt32 in 911_111...911_115 { _ = try bench.command(0x41, Bench.entry(code)) }
    let challenge = try bench.challenge()
    bench.lock.temperament = try #require(NukiLockTemperament.named["drops-in-list"])
    #expect(try bench.send(0x43, [0, 0, 9, 0] + challenge + bench.pin).commands == [0x44, 0x45])
    #expect(!bench.isOpen)
    bench.lock.temperament = try #require(NukiLockTemperament.named["drops-in-message"])
    bench.open(2)
    bench.packets = []
    #expect(try bench.send(0x01, [0x0C, 0x00]).isEmpty && !bench.isOpen)
    // Half of 75 bytes, in pieces of 20 where there is no more room.
    let pieces = bench.packets.filter { $0[0] == 0x1D }.map { $0.count - 3 }
    #expect(pieces == (mtu == 23 ? [20, 17] : [37]))
  }

  @Test func `a slow lock answers late and in order`() throws {
    var bench = try Bench.paired(temperament: NukiLockTemperament.named["slow"] ?? NukiLockTemperament())
    #expect(try bench.send(0x01, [0x0C, 0x00]).isEmpty)
    #expect(try bench.send(0x01, [0x11, 0x00]).isEmpty)
    bench.advance(.milliseconds(1500))
    #expect(bench.heard().commands == [0x0C])
    bench.advance(.milliseconds(1500))
    #expect(bench.heard().commands == [0x11])
  }

  @Test func `the memory stays`() throws {
    var bench = try Bench.paired()
    _ = try bench.command(0x41, Bench.entry(974_216, from: "ea0704010d0000", until: "ea070405090000"))
    bench.perform(bench.lock.turnedByHand(toLocked: false, at: bench.now))
    var again = bench
    let coded = try JSONEncoder().encode(bench.lock.memory)
    let memory = try JSONDecoder().decode(NukiLock.Memory.self, from: coded)
    #expect(memory == bench.lock.memory)
    again.lock = NukiLock(model: bench.lock.model, memory: memory, random: .seeded(5))
    again.open(2)
    #expect(try again.send(0x01, [0x0C, 0x00]).first?.payload[1] == 3)
    #expect(try again.command(0x43, [0, 0, 9, 0]).commands == [0x44, 0x45, 0x0E])
  }
}
