import LockCore
import LockDrivers
import Testing

@testable import LockSimulator

private typealias Bench = NukiLockBench

@Suite struct NukiLockKeypadTests {
  @Test func `codes are added, listed, changed and removed`() throws {
    var bench = try Bench.paired()
    let body = Bench.entry(974_216, "guest-42", from: "ea0704010d0000", until: "ea070405090000")
    let added = try bench.command(0x41, body)
    #expect(added == [Bench.Message(command: 0x42, payload: [1, 0] + bench.now.date.nukiTime)])
    _ = try bench.command(0x41, Bench.entry(583_914, "cleaner"))
    let list = try bench.command(0x43, [0, 0, 0xFF, 0xFF])
    #expect(list.commands == [0x44, 0x45, 0x45, 0x0E])
    #expect(list.map(\.payload.count) == [2, 63, 44, 1])
    #expect(
      list[1].payload
        == octets(
          "010088dd0e0067756573742d343200000000000000000000000001ea07031d090f1e00000000000000000001"
            + "ea0704010d0000ea0704050900000000000000"))
    #expect(try bench.command(0x43, [1, 0, 9, 0]).map(\.payload.count) == [2, 44, 1])
    #expect(try bench.command(0x43, [9, 0, 9, 0]).map(\.payload) == [[2, 0], [0]])
    bench.lock.temperament.tellsWholeEntries = true
    bench.lock.temperament.endsListsWithStatus = false
    #expect(try bench.command(0x43, [1, 0, 9, 0]).map(\.payload.count) == [2, 63])
    let changed = [1, 0] + Bench.entry(974_216, "guest-43", enabled: [0])
    #expect(try bench.command(0x46, changed) == [Bench.Message(command: 0x0E, payload: [0])])
    // Everything is overwritten, the limits too.
    #expect(bench.lock.memory.codes[1]?.schedule == nil)
    #expect(bench.lock.memory.codes[1]?.isEnabled == false && bench.lock.memory.codes[1]?.name == "guest-43")
    #expect(try bench.command(0x47, [1, 0]) == [Bench.Message(command: 0x0E, payload: [0])])
    #expect(try bench.command(0x47, [1, 0]).refusal == [0x23, 0x47, 0x00])
    #expect(try bench.command(0x46, changed).refusal == [0x23, 0x46, 0x00])
    // A number is not given twice in a row.
    #expect(try bench.command(0x41, body).first?.payload.first == 3)
    #expect(bench.lock.memory.configChanges == 5)
  }

  @Test(
    arguments: [
      // Which code, which error.
      (Bench.entry(97_421), 0x2B), (Bench.entry(9_742_161), 0x2B), (Bench.entry(974_206), 0x2B),
      (Bench.entry(123_456), 0x2B), (Bench.entry(0), 0x2B), (Bench.entry(.max), 0x2B), (Bench.entry(583_914), 0x2A),
      (Bench.entry(974_216, ""), 0x23), (Bench.entry(974_216, from: "ea070405090000", until: "ea0704010d0000"), 0x23),
      (Bench.entry(974_216, from: "ea0704010d0000", until: "ea0704010d0000"), 0x23),
      (Bench.entry(974_216, from: "ea070d010d0000"), 0x23), (Bench.entry(974_216, until: "ea07021e000000"), 0x23),
      (Bench.entry(974_216, weekdays: 0x80), 0x23), (Bench.entry(974_216, daily: [24, 0, 25, 0]), 0x23),
      (Bench.entry(974_216, daily: [8, 60, 9, 0]), 0x23), (Bench.entry(974_216, daily: [9, 0, 8, 0]), 0x23),
      (Array(Bench.entry(974_216).dropLast(20)) + [2] + [UInt8](repeating: 0, count: 19), 0x23),
      ([0x88, 0xDD, 0x0E, 0x00, 0xFF, 0xFE] + [UInt8](repeating: 0, count: 38), 0x23),
    ] as [([UInt8], UInt8)])
  func `a bad code is refused with its error`(_ body: [UInt8], _ error: UInt8) throws {
    var bench = try Bench.paired()
    _ = try bench.command(0x41, Bench.entry(583_914, "cleaner"))
    #expect(try bench.command(0x41, body).refusal == [error, 0x41, 0x00])
    #expect(bench.lock.memory.codes.count == 1)
    _ = try bench.command(0x41, Bench.entry(974_213, "other"))
    let update = [2, 0] + body[..<24] + [1] + body[24...]
    #expect(try bench.command(0x46, Array(update)).refusal == [error, 0x46, 0x00])
  }

  @Test func `a full keypad takes no more`() throws {
    var bench = try Bench.paired { $0.codeCapacity = 3 }
    for code: UInt32 in [911_111, 911_112, 911_113] { _ = try bench.command(0x41, Bench.entry(code)) }
    #expect(try bench.command(0x41, Bench.entry(911_114)).refusal == [0x29, 0x41, 0x00])
    #expect(try bench.command(0x47, [2, 0]).commands == [0x0E])
    #expect(try bench.command(0x41, Bench.entry(911_114)).commands == [0x42])
  }

  @Test func `a valid code opens, counts and is logged; others are denied, five in a row block the keypad`() throws {
    var bench = try Bench.paired()
    _ = try bench.command(0x41, Bench.entry(974_216, "guest-42"))
    bench.perform(bench.lock.typed("974216", at: bench.now))
    bench.advance(.seconds(3))
    #expect(bench.lock.boltState == .unlocked)
    #expect(bench.lock.memory.codes[1]?.uses == 1)
    #expect(bench.lock.memory.codes[1]?.lastActive == bench.now.date - .seconds(3))
    #expect(bench.lock.memory.log.last?.data == [1, 1, 0, 1, 0])
    #expect(bench.lock.memory.log.last?.name == "guest-42")
    bench.perform(bench.lock.pressedArrowKey(at: bench.now))
    bench.advance(.seconds(3))
    #expect(bench.lock.boltState == .locked)
    #expect(bench.lock.memory.log.last?.data == [2, 0, 0, 0, 0])
    bench.perform(bench.lock.touched(codeOfFinger: 1, at: bench.now))
    bench.advance(.seconds(3))
    #expect(bench.lock.memory.log.last?.data == [1, 2, 0, 1, 0])
    bench.perform(bench.lock.touched(codeOfFinger: nil, at: bench.now))
    #expect(bench.lock.memory.log.last?.data == [1, 2, 0xE1, 0, 0])
    for _ in 0..<5 { bench.perform(bench.lock.typed("999999", at: bench.now)) }
    #expect(bench.lock.memory.log.last?.data == [1, 1, 0xE0, 0, 0])
    #expect(bench.lock.isKeypadBlocked)
    let count = bench.lock.memory.log.count
    bench.perform(bench.lock.typed("974216", at: bench.now))
    #expect(bench.lock.memory.log.count == count)
    bench.advance(.seconds(30))
    bench.perform(bench.lock.typed("974216", at: bench.now))
    #expect(bench.lock.memory.codes[1]?.uses == 3)
  }

  @Test(
    arguments: [
      // from, until, weekdays, daily range; when in UTC; does it open? The door is in Brussels.
      ("ea0704010d0000", "ea070405090000", 0, [], "ea0704010c3b3b", false),
      ("ea0704010d0000", "ea070405090000", 0, [], "ea0704010d0000", true),
      ("ea0704010d0000", "ea070405090000", 0, [], "ea070405090000", true),
      ("ea0704010d0000", "ea070405090000", 0, [], "ea070405090001", false),
      // Friday 2026-10-23 is 8:00 to 12:30 by summer time, Monday after it by winter time.
      ("", "", 0x04, [8, 0, 12, 30], "ea070a17053b00", false), ("", "", 0x04, [8, 0, 12, 30], "ea070a17060000", true),
      ("", "", 0x04, [8, 0, 12, 30], "ea070a170a1e00", true), ("", "", 0x04, [8, 0, 12, 30], "ea070a170a1f00", false),
      ("", "", 0x40, [8, 0, 12, 30], "ea070a1a063b00", false), ("", "", 0x40, [8, 0, 12, 30], "ea070a1a070000", true),
      ("", "", 0x50, [8, 0, 12, 30], "ea070a17080000", false),
      // A day begins at the door's midnight: Saturday 22:30 UTC is Sunday in summer.
      ("", "", 0x01, [], "ea07070b151e00", false), ("", "", 0x01, [], "ea07070b161e00", true),
      ("", "", 0x02, [], "ea07070b161e00", false),
      // The hours around the two changes: 01:00 UTC on 2026-03-29 and on 2026-10-25.
      ("", "", 0, [1, 0, 1, 59], "ea07031d003b00", true), ("", "", 0, [3, 0, 3, 59], "ea07031d010000", true),
      ("", "", 0, [2, 0, 2, 59], "ea070a19003b00", true), ("", "", 0, [2, 0, 2, 59], "ea070a19010000", true),
    ] as [(String, String, UInt8, [UInt8], String, Bool)])
  func `dates are UTC, weekdays and times of day the door's own`(
    _ from: String, _ until: String, _ weekdays: UInt8, _ daily: [UInt8], _ when: String, _ opens: Bool
  ) throws {
    var bench = try Bench.paired()
    let body = Bench.entry(
      974_216, from: from, until: until, weekdays: weekdays, daily: daily.isEmpty ? [0, 0, 0, 0] : daily)
    #expect(try bench.command(0x41, body).commands == [0x42])
    bench.perform(bench.lock.setClock(to: try #require(Timestamp(nukiTime: octets(when))), at: bench.now))
    bench.perform(bench.lock.typed("974216", at: bench.now))
    bench.advance(.seconds(3))
    #expect((bench.lock.boltState == .unlocked) == opens)
    #expect(bench.lock.memory.log.last?.data == (opens ? [1, 1, 0, 1, 0] : [1, 1, 0xE0, 0, 0]))
  }

  // MARK: The bolt

  @Test func `an action is accepted, moves, and is complete`() throws {
    var bench = try Bench.paired(type: 1)
    #expect(try bench.command(0x0D, [1, 0x44, 0x33, 0x22, 0x11, 0], pin: false).map(\.payload) == [[1]])
    bench.advance(.milliseconds(100))
    #expect(bench.heard().map { [UInt8($0.command), $0.payload[1]] } == [[0x0C, 2]])
    bench.advance(.seconds(2))
    let end = bench.heard()
    #expect(end.commands == [0x0C, 0x0E])
    #expect(end[0].payload[1] == 3 && end[0].payload[15] == 1 && end[1].payload == [0])
    #expect(bench.lock.memory.log.last?.data == [1, 0, 0, 0])
    #expect(bench.lock.memory.log.last?.name == "Access bridge")
    // Nothing to do is complete at once.
    #expect(try bench.command(0x0D, [1, 0x44, 0x33, 0x22, 0x11, 0], pin: false).map(\.payload) == [[0]])
    let suffix = Array("guest-42".utf8) + [UInt8](repeating: 0, count: 12)
    _ = try bench.command(0x0D, [2, 0x44, 0x33, 0x22, 0x11, 0] + suffix, pin: false)
    #expect(try bench.command(0x100, [1], pin: false).refusal == [0x45, 0x00, 0x01])
    bench.advance(.seconds(3))
    #expect(bench.lock.memory.log.last?.name == "Access bridge guest-42")
    #expect(try bench.command(0x0D, [9, 0, 0, 0, 0, 0], pin: false).last?.payload == [0x23, 0x0D, 0x00])
  }

  @Test func `a blocked motor ends as an error`() throws {
    var bench = try Bench.paired(temperament: NukiLockTemperament.named["blocked"] ?? NukiLockTemperament())
    _ = try bench.command(0x0D, [1, 0, 0, 0, 0, 0], pin: false)
    bench.advance(.seconds(3))
    #expect(bench.heard().last == Bench.Message(command: 0x12, payload: [0x42, 0x0D, 0x00]))
    #expect(bench.lock.boltState == .motorBlocked)
    #expect(bench.lock.memory.log.last?.data == [1, 0, 0, 1])
  }

  @Test func `the latch comes back, lock'n'go and auto-lock lock again`() throws {
    var bench = try Bench.paired { $0.autoLockTime = .seconds(15) }
    _ = try bench.command(0x0D, [3, 0, 0, 0, 0, 0], pin: false)
    bench.advance(.milliseconds(2100))
    #expect(bench.lock.boltState == .unlatched)
    #expect(bench.heard().last?.payload == [0])
    bench.advance(.seconds(3))
    #expect(bench.lock.boltState == .unlocked)
    bench.advance(.milliseconds(12_200))
    #expect(bench.lock.boltState == .locking)
    bench.advance(.seconds(3))
    #expect(bench.lock.memory.log.last?.data == [2, 6, 0, 0])
    bench.open(2)
    _ = try bench.command(0x0D, [4, 0, 0, 0, 0, 0], pin: false)
    bench.advance(.seconds(3))
    #expect(bench.lock.boltState == .unlockedLockNGo)
    bench.advance(.seconds(25))
    #expect(bench.lock.boltState == .locked)
    #expect(bench.lock.memory.log.last?.data == [2, 3, 0, 0])
  }

  @Test func `hands, buttons, doors and batteries are told`() throws {
    var bench = try Bench.paired(temperament: NukiLockTemperament.named["talkative"] ?? NukiLockTemperament())
    _ = try bench.send(0x01, [0x0C, 0x00])
    bench.perform(bench.lock.turnedByHand(toLocked: false, at: bench.now))
    #expect(bench.heard().map { $0.payload[1] } == [3])
    #expect(bench.lock.memory.log.last?.data == [1, 1, 0, 0])
    bench.perform(bench.lock.tappedButton(at: bench.now))
    bench.advance(.seconds(3))
    #expect(bench.heard().map { $0.payload[1] } == [4, 1])
    #expect(bench.lock.memory.log.last?.data == [2, 2, 0, 0])
    bench.perform(bench.lock.setDoor(isOpen: true, at: bench.now))
    #expect(bench.heard().map { $0.payload[18] } == [3])
    #expect(bench.lock.memory.log.last?.data == [0])
    bench.perform(bench.lock.setBattery(percent: 12, isKeypadCritical: true, at: bench.now))
    #expect(bench.heard().map { [$0.payload[12], $0.payload[20]] } == [[25, 7]])
  }
}
