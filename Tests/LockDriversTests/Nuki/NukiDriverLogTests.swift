import LockCore
import LockSimulator
import Testing

@testable import LockDrivers

/// The lock's clock and its log.
@Suite struct NukiDriverLogTests {
  @Test func `a clock that is off is set once, and what it dated before is corrected`() throws {
    var air = try NukiAir(clockOffset: .seconds(3600))
    air.atLock { $0.turnedByHand(toLocked: false, at: $1) }
    let happened = air.now.date
    let before = air.lock.memory.newestRecord
    air.startDriver()
    air.advance(by: .seconds(30))
    #expect(air.lock.counts.commands[0x21] == 1)
    #expect(air.lock.clock(at: air.now.date) - air.now.date < .seconds(2))
    air.atLock { $0.turnedByHand(toLocked: true, at: $1) }
    let later = air.now.date
    guard case .success(.log(let records, let newest)) = air.run(.readLog(after: before - 1)) else {
      return #expect(Bool(false))
    }
    #expect(newest == before + 1 && records.map(\.index) == [before, before + 1])
    #expect(records.map(\.happening) == [.unlocked(.manual, nil), .locked(.manual, nil)])
    for (record, date) in zip(records, [happened, later]) {
      #expect(max(record.date - date, date - record.date) < .seconds(2))
    }
  }

  @Test func `entries of the time before the clock was set are dated right when the daemon is killed meanwhile`() throws
  {
    let offset = Duration.seconds(3600)
    for hit in 1..<40 {
      var air = try NukiAir(clockOffset: offset)
      air.atLock { $0.turnedByHand(toLocked: false, at: $1) }
      let happened = air.now.date
      let before = air.lock.memory.newestRecord
      air.fate = { number, _ in number == hit ? .restartsTheDriver : .arrives }
      air.startDriver()
      air.advance(by: .minutes(3))
      guard case .success(.log(let records, _)) = air.run(.readLog(after: before - 1)) else {
        return #expect(Bool(false))
      }
      let date = try #require(records.first?.date)
      #expect(max(date - happened, happened - date) < .seconds(2), "packet \(hit)")
    }
  }

  @Test func `dates of the log are not corrected by a clock of ours that nobody keeps`() throws {
    var air = try NukiAir()
    air.atLock { $0.turnedByHand(toLocked: false, at: $1) }
    let happened = air.now.date
    let before = air.lock.memory.newestRecord
    air.loseDate(by: .zero - .hours(24 * 40))
    air.startDriver()
    air.advance(by: .minutes(1))
    guard case .success(.log(let records, _)) = air.run(.readLog(after: before - 1)) else {
      return #expect(Bool(false))
    }
    let date = try #require(records.first?.date)
    #expect(max(date - happened, happened - date) < .seconds(2))
    #expect(air.lock.counts.commands[0x21] == nil)
  }

  @Test(arguments: NukiAir.models)
  func `the log tells who opened with which code, and how else`(model: NukiLockModel) throws {
    var air = try NukiAir.settled(model: model)
    _ = air.run(.program(slot: 5, SlotEntry(pin: pin("974216"), name: "guest")))
    let cursor = air.lock.memory.newestRecord
    air.atLock { $0.typed("974216", at: $1) }
    air.advance(by: .seconds(10))
    air.atLock { $0.pressedArrowKey(at: $1) }
    air.advance(by: .seconds(10))
    air.atLock { $0.typed("999999", at: $1) }
    air.atLock { $0.touched(codeOfFinger: 1, at: $1) }
    air.advance(by: .seconds(10))
    air.atLock { $0.tappedButton(at: $1) }
    air.advance(by: .seconds(10))
    _ = air.run(.clear(slot: 5))
    guard case .success(.log(let records, _)) = air.run(.readLog(after: cursor)) else { return #expect(Bool(false)) }
    let told = records.map(\.happening).filter { $0 != .other }
    #expect(
      told == [
        .unlocked(.keycode, .slot(5)), .locked(.manual, nil), .denied(.unknownCode, nil), .unlocked(.keycode, .slot(5)),
        .locked(.manual, nil),
      ])
    let indices = records.compactMap(\.index)
    #expect(indices == Array((cursor + 1)..<(cursor + 1 + UInt32(indices.count))))
  }

  @Test(arguments: ["plain", "padded-log", "no-list-status", "drops-in-log", "stray-status"])
  func `a long log is read in pages without a gap`(temperament: String) throws {
    var air = try NukiAir.settled("plain")
    let cursor = air.lock.memory.newestRecord
    for turn in 0..<75 { air.atLock { $0.turnedByHand(toLocked: turn % 2 == 1, at: $1) } }
    air.lock.temperament = try #require(NukiLockTemperament.named[temperament])
    air.lock.temperament.faultsLeft = 1
    var result = air.run(.readLog(after: cursor))
    if temperament == "drops-in-log" {
      #expect(result == .failure(.unreachable))
      result = air.run(.readLog(after: cursor))
    }
    guard case .success(.log(let records, let newest)) = result else { return #expect(Bool(false)) }
    #expect(records.compactMap(\.index) == Array((cursor + 1)...(cursor + 75)) && newest == cursor + 75)
  }

  @Test func `an entry that is lost on the way is asked for again, one that the lock has lost is not waited for`()
    throws
  {
    var whole = try NukiAir.settled()
    let cursor = whole.lock.memory.newestRecord
    for turn in 0..<30 { whole.atLock { $0.turnedByHand(toLocked: turn % 2 == 1, at: $1) } }
    whole.advance(by: .minutes(1))
    whole.forget()
    var clean = whole
    _ = clean.run(.readLog(after: cursor))
    for lost in 20..<clean.packets {
      var air = whole
      air.fate = { number, direction in number == lost && direction == .toDriver ? .getsLost : .arrives }
      var result = air.run(.readLog(after: cursor))
      if case .failure = result { result = air.run(.readLog(after: cursor)) }
      guard case .success(.log(let records, _)) = result else { return #expect(Bool(false)) }
      #expect(records.compactMap(\.index) == Array((cursor + 1)...(cursor + 30)), "packet \(lost)")
    }
    var model = NukiLockModel()
    model.logCapacity = 25
    var ring = try NukiAir.settled(model: model)
    for turn in 0..<60 { ring.atLock { $0.turnedByHand(toLocked: turn % 2 == 1, at: $1) } }
    let newest = ring.lock.memory.newestRecord
    guard case .success(.log(let records, _)) = ring.run(.readLog(after: 3)) else { return #expect(Bool(false)) }
    #expect(records.compactMap(\.index) == Array((newest - 24)...newest))
  }

  @Test func `no entry is no news of the log, unless it counts none while it is on`() throws {
    for isOn in [false, true] {
      var air = try NukiAir.settled()
      var memory = air.lock.memory
      let newest = memory.newestRecord
      (memory.log, memory.isLogOn) = ([], isOn)
      air.lock = NukiLock(
        model: air.lock.model, securityPIN: NukiSecurityPIN("4321"), memory: memory, random: .seeded(5))
      air.atLock { $0.started(at: $1) }
      air.startDriver()
      air.forget()
      air.advance(by: .minutes(1))
      let told = air.reports.compactMap { if case .reachable(_, _, let newest) = $0 { newest } else { nil } }
      #expect(told == (isOn ? [0] : []))
      #expect(air.reports.contains { if case .reachable = $0 { true } else { false } })
      let result = air.run(.readLog(after: newest))
      if isOn {
        #expect(result == .success(.log([], newest: 0)))
      } else {
        guard case .failure(.failed) = result else { return #expect(Bool(false)) }
      }
    }
  }

  @Test func `a log that was switched off is told`() throws {
    var air = try NukiAir.settled()
    var memory = air.lock.memory
    memory.isLogOn = false
    air.lock = NukiLock(model: air.lock.model, memory: memory, random: .seeded(5))
    air.atLock { $0.started(at: $1) }
    air.startDriver()
    air.advance(by: .minutes(1))
    #expect(air.reports.contains(.alarm(.logOff(true))))
  }
}
