import LockCore
import LockSimulator
import Testing

@testable import LockDrivers

private let window = TimeWindow(
  start: Timestamp(milliseconds: 1_780_000_000_000) - .hours(1),
  end: Timestamp(milliseconds: 1_780_000_000_000) + .hours(48))

@Suite struct NukiLockDriverTests {
  /// A driver that has made its first visit.
  private static func settled(
    model: NukiLockModel = NukiLockModel(), _ temperament: String = "plain", type: NukiIDType = .app,
    policy: NukiPolicy = NukiPolicy(), clockOffset: Duration = .zero
  ) throws -> NukiAir {
    let behaviour = try #require(NukiLockTemperament.named[temperament])
    var air = try NukiAir(
      model: model, temperament: behaviour, type: type, policy: policy, clockOffset: clockOffset)
    air.startDriver()
    air.advance(by: .seconds(30))
    return air
  }

  private static let models: [NukiLockModel] = [
    NukiLockModel(.one), NukiLockModel(.two), NukiLockModel(.three), NukiLockModel(.five),
  ]

  // MARK: visits

  @Test func `the first visit tells who answers, what the log holds, and that the codes are worth a look`() throws {
    let air = try Self.settled()
    #expect(air.visits == [.start])
    let identity = LockIdentity(model: "Nuki Smart Lock 3.0/4.0", serial: "1A2B3C4D", firmware: "3.9.5")
    #expect(air.reports.contains(.reachable(identity, slotChanges: nil, newestRecord: air.lock.memory.newestRecord)))
    #expect(air.reports.contains(.slotsChanged(nil)))
    #expect(air.reports.contains(.state(LockState(isLocked: true, isDoorOpen: false, battery: 0.86))))
    #expect(!air.isOpen)
  }

  @Test func `an idle lock is visited twice a day, and not for its log while it signals no news`() throws {
    var air = try Self.settled()
    air.forget()
    for _ in 0..<(48 * 12) {
      air.advance(by: .minutes(5))
      air.hear()
    }
    #expect(air.visits == [.check, .check, .check, .check])
    air.forget()
    air.isHeard = false
    air.advance(by: .hours(24) - .minutes(30))
    #expect(air.visits.first == .check && air.visits.dropFirst().allSatisfy { $0 == .log })
    #expect((22...24).contains(air.visits.count))
  }

  @Test func `news are fetched at once, a signal that stays costs a visit an hour`() throws {
    var air = try Self.settled()
    air.forget()
    let before = air.lock.memory.newestRecord
    air.atLock { $0.turnedByHand(toLocked: false, at: $1) }
    air.advance(by: .seconds(10))
    #expect(air.visits == [.news])
    #expect(air.reports.contains(.logGrew(newest: before + 1)))
    #expect(air.reports.contains(.state(LockState(isLocked: false, isDoorOpen: false, battery: 0.86))))
    air.forget()
    for _ in 0..<300 {
      air.advance(by: .seconds(60))
      air.hear()
    }
    #expect(air.visits == [.log, .log, .log, .log, .log])
  }

  @Test func `a bridge clears the signal, so that each piece of news is fetched at once`() throws {
    var air = try Self.settled(type: .bridge)
    air.forget()
    for _ in 0..<3 {
      air.atLock { $0.turnedByHand(toLocked: false, at: $1) }
      air.advance(by: .minutes(2))
    }
    #expect(air.visits == [.news, .news, .news])
    #expect(!air.lock.memory.hasNews)
  }

  @Test func `a lock without a signal has its log looked at each hour`() throws {
    var air = try Self.settled(model: NukiLockModel(.five))
    air.forget()
    air.advance(by: .hours(6) + .minutes(10))
    #expect(air.visits == Array(repeating: .log, count: 6))
  }

  @Test func `visits for which time is the only reason stop at the day's budget, others do not`() throws {
    var policy = NukiPolicy()
    policy.visitsPerDay = 5
    var air = try Self.settled(model: NukiLockModel(.five), policy: policy)
    air.advance(by: .hours(20))
    #expect(air.visits == [.start, .log, .log, .log, .log, .log])
    #expect(air.run(.lock) == .success(.done(confirmed: true)))
    #expect(air.driver.visitsToday == [.start: 1, .log: 5, .command: 1])
    air.advance(by: .hours(5))
    #expect(air.visits.count == 9 && air.visits.last == .log)
  }

  // MARK: silence

  @Test func `three attempts that find nobody make a lock unreachable, and being heard makes it tried at once`() throws
  {
    var air = try Self.settled()
    air.forget()
    air.isHeard = false
    air.refusals = [.absent]
    #expect(air.run(.readSlots) == .failure(.unreachable))
    air.advance(by: .minutes(1))
    #expect(!air.reports.contains(.unreachable(.unreachable)))
    #expect(air.run(.readSlots) == .failure(.unreachable))
    #expect(air.run(.readSlots) == .failure(.unreachable))
    #expect(air.reports == [.unreachable(.unreachable)])
    air.advance(by: .hours(3))
    #expect(air.reports == [.unreachable(.unreachable)])
    #expect(air.events.count { $0.event == .wanted(.recovery) } <= 14)
    air.refusals = [nil]
    air.forget()
    air.hear()
    air.advance(by: .seconds(5))
    #expect(air.visits == [.recovery])
    #expect(air.reports.contains { if case .reachable = $0 { true } else { false } })
  }

  @Test func `no time, no radio and no bond are told apart from a lock that is not there`() throws {
    var air = try Self.settled()
    air.forget()
    air.refusals = [.busy]
    #expect(air.run(.lock) == .failure(.busy))
    air.refusals = [.noRadio]
    for _ in 0..<5 { #expect(air.run(.lock) == .failure(.unreachable)) }
    #expect(air.reports == [])
    air.refusals = [.bondRefused]
    for _ in 0..<3 { #expect(air.run(.lock) == .failure(.unreachable)) }
    #expect(air.reports == [.unreachable(.notAuthorized)])
  }

  @Test func `a lock that takes a link and says nothing is given up in time`() throws {
    var air = try Self.settled()
    air.forget()
    air.lock.temperament.isSilent = true
    #expect(air.run(.lock) == .failure(.unreachable))
    #expect(!air.isOpen)
  }

  // MARK: codes

  @Test(arguments: NukiLockDriverTests.models)
  func `a code is added, proved, changed and removed`(model: NukiLockModel) throws {
    var air = try Self.settled(model: model)
    let entry = SlotEntry(pin: pin("974216"), window: window, name: "Zoë, guest of the 3rd floor")
    let written = SlotReading(
      slot: 7, contents: .code(entry.pin), window: window, name: "Zoë, guest of the 3")
    #expect(air.run(.program(slot: 7, entry)) == .success(.slot(written, changes: nil)))
    #expect(air.run(.readSlots) == .success(.slots([written], changes: nil)))
    let changed = SlotEntry(pin: pin("583914"))
    let rewritten = SlotReading(slot: 7, contents: .code(changed.pin), name: "Code 7")
    #expect(air.run(.program(slot: 7, changed)) == .success(.slot(rewritten, changes: nil)))
    #expect(air.run(.readSlot(7)) == .success(.slot(rewritten, changes: nil)))
    #expect(air.lock.memory.codes.count == 1 && air.lock.memory.lastCodeID == 1)
    #expect(air.run(.clear(slot: 7)) == .success(.slot(SlotReading(slot: 7, contents: .empty), changes: nil)))
    #expect(air.lock.memory.codes.isEmpty)
  }

  @Test(arguments: ["no-list-status", "status-after-add", "whole-entries", "talkative", "interrupting", "slow"])
  func `locks that say more, less or later are understood`(temperament: String) throws {
    var air = try Self.settled(temperament)
    for slot in 1...25 {
      let digits = "3456\(1 + slot / 9)\(1 + slot % 9)"
      let reply = air.run(.program(slot: slot, SlotEntry(pin: pin(digits), window: slot % 2 == 0 ? window : nil)))
      #expect(try reply?.get().reading?.contents == .code(pin(digits)))
    }
    guard case .success(.slots(let readings, _)) = air.run(.readSlots) else { return #expect(Bool(false)) }
    #expect(readings.map(\.slot) == Array(1...25))
    #expect(air.run(.unlock) == .success(.done(confirmed: true)))
    #expect(air.lock.boltState == .unlocked)
  }

  @Test func `codes of others are listed from the top down and never touched`() throws {
    var air = try Self.settled()
    air.atLock { $0.addForeignCode(pin("345678"), name: "Owner", at: $1).effects }
    air.atLock { $0.addForeignCode(pin("456789"), name: "Cleaner", at: $1).effects }
    guard case .success(.slots(let readings, _)) = air.run(.readSlots) else { return #expect(Bool(false)) }
    #expect(readings.map(\.slot) == [199, 200])
    #expect(readings.map(\.name) == ["Cleaner", "Owner"])
    for command in [LockCommand.clear(slot: 200), .program(slot: 199, SlotEntry(pin: pin("666777")))] {
      guard case .failure(.unsupported) = air.run(command) else { return #expect(Bool(false)) }
    }
    #expect(air.run(.program(slot: 1, SlotEntry(pin: pin("345678")))) == .failure(.duplicateCode(slot: 200)))
    air.startDriver()
    air.advance(by: .seconds(30))
    guard case .success(.slots(let again, _)) = air.run(.readSlots) else { return #expect(Bool(false)) }
    #expect(again == readings)
  }

  @Test func `a change of codes by others is noticed on the next visit, our own is not`() throws {
    var air = try Self.settled()
    _ = air.run(.readSlots)
    #expect(try air.run(.program(slot: 1, SlotEntry(pin: pin("974216"))))?.get().reading != nil)
    air.advance(by: .minutes(1))
    air.forget()
    #expect(air.run(.lock) == .success(.done(confirmed: true)))
    air.advance(by: .minutes(1))
    #expect(!air.reports.contains(.slotsChanged(nil)))
    air.atLock { $0.addForeignCode(pin("345678"), name: "Owner", at: $1).effects }
    #expect(air.run(.lock) == .success(.done(confirmed: true)))
    air.advance(by: .minutes(1))
    #expect(air.reports.contains(.slotsChanged(nil)))
  }

  @Test(arguments: ["loses-add-reply", "drops-after-add"])
  func `an added code whose answer is lost is found again and not added twice`(temperament: String) throws {
    for restarts in [false, true] {
      var air = try Self.settled(temperament)
      let entry = SlotEntry(pin: pin("974216"), window: window, name: "guest")
      #expect(air.run(.program(slot: 3, entry)) == .failure(.unconfirmed))
      #expect(air.lock.memory.codes.count == 1)
      if restarts { air.startDriver() }
      let found = SlotReading(slot: 3, contents: .code(entry.pin), window: window, name: "guest")
      #expect(air.run(.readSlot(3)) == .success(.slot(found, changes: nil)))
      #expect(air.lock.memory.lastCodeID == 1)
    }
  }

  @Test func `adding again what was added without a word writes nothing`() throws {
    var air = try Self.settled("loses-add-reply")
    let entry = SlotEntry(pin: pin("974216"), window: window, name: "guest")
    #expect(air.run(.program(slot: 3, entry)) == .failure(.unconfirmed))
    air.lock.temperament = NukiLockTemperament()
    #expect(try air.run(.program(slot: 3, entry))?.get().reading?.contents == .code(entry.pin))
    #expect(air.lock.memory.lastCodeID == 1 && air.lock.counts.commands[0x46] == nil)
  }

  @Test func `a code that was removed without a word is proved gone by the list`() throws {
    var air = try Self.settled("loses-remove-reply")
    _ = air.run(.program(slot: 3, SlotEntry(pin: pin("974216"))))
    #expect(air.run(.clear(slot: 3)) == .failure(.unconfirmed))
    #expect(air.run(.readSlot(3)) == .success(.slot(SlotReading(slot: 3, contents: .empty), changes: nil)))
  }

  @Test func `refusals of codes keep their reason`() throws {
    var air = try Self.settled()
    guard case .failure(.codeRejected) = air.run(.program(slot: 1, SlotEntry(pin: pin("123456")))) else {
      return #expect(Bool(false))
    }
    air.lock.temperament.isKeypadFull = true
    #expect(air.run(.program(slot: 1, SlotEntry(pin: pin("974216")))) == .failure(.noSpace))
    air.lock.temperament.isKeypadFull = false
    air.lock.temperament.isBusy = true
    #expect(air.run(.program(slot: 1, SlotEntry(pin: pin("974216")))) == .failure(.busy))
    air.lock.temperament.isBusy = false
    #expect(try air.run(.program(slot: 1, SlotEntry(pin: pin("974216"))))?.get().reading != nil)
    #expect(air.run(.readSlot(201)) == .failure(.unsupported(detail: "slots are numbered 1 to 200")))
  }

  // MARK: doors and facts

  @Test(arguments: NukiLockDriverTests.models)
  func `the door is opened and locked with the lock's own word that it happened`(model: NukiLockModel) throws {
    var air = try Self.settled(model: model)
    #expect(air.run(.unlock) == .success(.done(confirmed: true)))
    #expect(air.lock.boltState == .unlocked)
    #expect(air.run(.lock) == .success(.done(confirmed: true)))
    #expect(air.lock.boltState == .locked)
    let told = air.reports.compactMap { if case .state(let state) = $0 { state.isLocked } else { nil } }
    #expect(told.last == true && told.contains(false))
  }

  @Test func `a jam is told when it begins and when it is over`() throws {
    var air = try Self.settled("blocked")
    guard case .failure(.failed) = air.run(.unlock) else { return #expect(Bool(false)) }
    #expect(air.reports.contains(.alarm(.jammed(true))))
    air.lock.temperament.isMotorBlocked = false
    _ = air.run(.lock)
    air.advance(by: .minutes(1))
    _ = air.run(.readSlots)
    #expect(air.reports.contains(.alarm(.jammed(false))))
  }

  @Test(arguments: ["loses-action-reply", "drops-after-accepting"])
  func `an action whose end nobody saw is unconfirmed`(temperament: String) throws {
    var air = try Self.settled(temperament)
    #expect(air.run(.unlock) == .failure(.unconfirmed))
  }

  @Test func `an authorization that was removed bars the driver`() throws {
    var air = try Self.settled()
    air.forget()
    air.atLock { $0.removeAuthorizations(at: $1) }
    #expect(air.run(.lock) == .failure(.notAuthorized))
    #expect(air.reports.contains(.alarm(.keyRefused(true))))
    #expect(air.run(.lock) == .failure(.notAuthorized))
    air.advance(by: .hours(30))
    // What is said in clear anybody can say: it is believed when it is said twice, and asked for again in hours.
    #expect(air.visits == [.command, .command] + Array(repeating: .recovery, count: 7))
  }

  @Test func `a security PIN that was changed is told once, and codes are left alone`() throws {
    var air = try Self.settled()
    air.forget()
    var memory = air.lock.memory
    memory.hasNews = false
    air.lock = NukiLock(model: air.lock.model, securityPIN: NukiSecurityPIN("9999"), memory: memory, random: .seeded(5))
    #expect(air.run(.readSlots) == .failure(.notAuthorized))
    #expect(air.reports.contains(.alarm(.securityPINRefused(true))))
    #expect(air.run(.readSlots) == .failure(.notAuthorized))
    #expect(air.run(.lock) == .success(.done(confirmed: true)))
    air.advance(by: .hours(30))
    #expect(air.lock.memory.wrongPINs == 1)
  }

  @Test func `batteries and a missing keypad are told as alarms`() throws {
    var air = try Self.settled()
    air.atLock { $0.setBattery(percent: 10, isKeypadCritical: true, at: $1) }
    air.advance(by: .minutes(1))
    #expect(air.reports.contains(.alarm(.batteryLow(true))) && air.reports.contains(.alarm(.keypadBatteryLow(true))))
    var model = NukiLockModel()
    model.hasKeypad = false
    var bare = try Self.settled(model: model)
    #expect(bare.reports.contains(.alarm(.keypadMissing(true))))
    #expect(bare.run(.readSlots) == .success(.slots([], changes: nil)))
  }

  // MARK: clock and log

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

  @Test(arguments: NukiLockDriverTests.models)
  func `the log tells who opened with which code, and how else`(model: NukiLockModel) throws {
    var air = try Self.settled(model: model)
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

  @Test(arguments: ["plain", "padded-log", "no-list-status", "drops-in-log"])
  func `a long log is read in pages without a gap`(temperament: String) throws {
    var air = try Self.settled("plain")
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
    var whole = try Self.settled()
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
    var ring = try Self.settled(model: model)
    for turn in 0..<60 { ring.atLock { $0.turnedByHand(toLocked: turn % 2 == 1, at: $1) } }
    let newest = ring.lock.memory.newestRecord
    guard case .success(.log(let records, _)) = ring.run(.readLog(after: 3)) else { return #expect(Bool(false)) }
    #expect(records.compactMap(\.index) == Array((newest - 24)...newest))
  }

  @Test func `a log that was switched off is told`() throws {
    var air = try Self.settled()
    var memory = air.lock.memory
    memory.isLogOn = false
    air.lock = NukiLock(model: air.lock.model, memory: memory, random: .seeded(5))
    air.atLock { $0.started(at: $1) }
    air.startDriver()
    air.advance(by: .minutes(1))
    #expect(air.reports.contains(.alarm(.logOff(true))))
  }

  // MARK: figures

  /// Packets that the driver sends from the opened link to a code that is programmed and proved, when handles are
  /// known; each waits for one of the lock's, so it is the number of round trips. The protocol itself needs five
  /// messages: states; challenge and code; challenge and list.
  @Test(arguments: zip(NukiLockDriverTests.models, [70, 20, 20, 20]))
  func `a code is programmed and proved in few round trips`(model: NukiLockModel, roundTrips: Int) throws {
    var air = try Self.settled(model: model)
    _ = air.run(.readSlots)
    air.advance(by: .minutes(1))
    air.forget()
    #expect(try air.run(.program(slot: 1, SlotEntry(pin: pin("974216"), window: window)))?.get().reading != nil)
    #expect(air.sentByDriver == roundTrips)
  }
}
