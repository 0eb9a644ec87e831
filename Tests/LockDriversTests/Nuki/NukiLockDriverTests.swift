import LockCore
import LockSimulator
import Testing

@testable import LockDrivers

private let window = TimeWindow(
  start: Timestamp(milliseconds: 1_780_000_000_000) - .hours(1),
  end: Timestamp(milliseconds: 1_780_000_000_000) + .hours(48))

@Suite struct NukiLockDriverTests {
  // MARK: visits

  @Test func `the first visit tells who answers, what the log holds, and that the codes are worth a look`() throws {
    let air = try NukiAir.settled()
    #expect(air.visits == [.start])
    let identity = LockIdentity(model: "Nuki Smart Lock 3.0/4.0", serial: "1A2B3C4D", firmware: "3.9.5")
    #expect(air.reports.contains(.reachable(identity, slotChanges: nil, newestRecord: air.lock.memory.newestRecord)))
    #expect(air.reports.contains(.slotsChanged(nil)))
    #expect(air.reports.contains(.state(LockState(isLocked: true, isDoorOpen: false, battery: 0.86))))
    #expect(!air.isOpen)
  }

  @Test func `an idle lock is visited twice a day, and not for its log while it signals no news`() throws {
    var air = try NukiAir.settled()
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
    var air = try NukiAir.settled()
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
    var air = try NukiAir.settled(type: .bridge)
    air.forget()
    for _ in 0..<3 {
      air.atLock { $0.turnedByHand(toLocked: false, at: $1) }
      air.advance(by: .minutes(2))
    }
    #expect(air.visits == [.news, .news, .news])
    #expect(!air.lock.memory.hasNews)
  }

  @Test func `a lock without a signal has its log looked at each hour`() throws {
    var air = try NukiAir.settled(model: NukiLockModel(.five))
    air.forget()
    air.advance(by: .hours(6) + .minutes(10))
    #expect(air.visits == Array(repeating: .log, count: 6))
  }

  @Test func `visits for which time is the only reason stop at the day's budget, others do not`() throws {
    var policy = NukiPolicy()
    policy.visitsPerDay = 5
    var air = try NukiAir.settled(model: NukiLockModel(.five), policy: policy)
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
    var air = try NukiAir.settled()
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
    var air = try NukiAir.settled()
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
    var air = try NukiAir.settled()
    air.forget()
    air.lock.temperament.isSilent = true
    #expect(air.run(.lock) == .failure(.unreachable))
    #expect(!air.isOpen)
  }

  // MARK: doors and facts

  @Test(arguments: NukiAir.models)
  func `the door is opened and locked with the lock's own word that it happened`(model: NukiLockModel) throws {
    var air = try NukiAir.settled(model: model)
    #expect(air.run(.unlock) == .success(.done(confirmed: true)))
    #expect(air.lock.boltState == .unlocked)
    #expect(air.run(.lock) == .success(.done(confirmed: true)))
    #expect(air.lock.boltState == .locked)
    let told = air.reports.compactMap { if case .state(let state) = $0 { state.isLocked } else { nil } }
    #expect(told.last == true && told.contains(false))
  }

  @Test func `a jam is told when it begins and when it is over`() throws {
    var air = try NukiAir.settled("blocked")
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
    var air = try NukiAir.settled(temperament)
    #expect(air.run(.unlock) == .failure(.unconfirmed))
  }

  @Test(arguments: [
    LockCommand.unlock, .program(slot: 1, SlotEntry(pin: pin("974216"))), .clear(slot: 2),
    .program(slot: 2, SlotEntry(pin: pin("664422"))),
  ])
  func `what the lock was never asked for is unreachable, not unconfirmed`(command: LockCommand) throws {
    let writes: [UInt16] = [0x0D, 0x41, 0x46, 0x47]
    var settled = try NukiAir.settled()
    _ = settled.run(.program(slot: 2, SlotEntry(pin: pin("583914"))))
    settled.advance(by: .minutes(1))
    settled.forget()
    let before = writes.map { settled.lock.counts.commands[$0] ?? 0 }
    var told: Set<LockFault> = []
    for hit in 1..<30 {
      var air = settled
      air.fate = { number, direction in number == hit && direction == .toDriver ? .dropsTheLink : .arrives }
      air.refusals = [nil, .absent]
      guard case .failure(let fault) = air.run(command) else { continue }
      let wasAsked = writes.map { air.lock.counts.commands[$0] ?? 0 } != before
      #expect(fault == (wasAsked ? .unconfirmed : .unreachable), "packet \(hit)")
      told.insert(fault)
    }
    #expect(told == [.unreachable, .unconfirmed])
  }

  @Test func `an authorization that was removed bars the driver`() throws {
    var air = try NukiAir.settled()
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
    var air = try NukiAir.settled()
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
    var air = try NukiAir.settled()
    air.atLock { $0.setBattery(percent: 10, isKeypadCritical: true, at: $1) }
    air.advance(by: .minutes(1))
    #expect(air.reports.contains(.alarm(.batteryLow(true))) && air.reports.contains(.alarm(.keypadBatteryLow(true))))
    var model = NukiLockModel()
    model.hasKeypad = false
    var bare = try NukiAir.settled(model: model)
    #expect(bare.reports.contains(.alarm(.keypadMissing(true))))
    #expect(bare.run(.readSlots) == .success(.slots([], changes: nil)))
  }

  @Test func `without a keypad the lock itself is asked what it holds, and nothing is told that it did not say`() throws
  {
    var air = try NukiAir.settled()
    let entry = SlotEntry(pin: pin("974216"), name: "guest")
    _ = air.run(.program(slot: 1, entry))
    var model = air.lock.model
    model.hasKeypad = false
    var memory = air.lock.memory
    memory.configChanges &+= 1
    air.lock = NukiLock(model: model, securityPIN: NukiSecurityPIN("4321"), memory: memory, random: .seeded(5))
    air.atLock { $0.started(at: $1) }
    air.advance(by: .minutes(1))
    _ = air.run(.lock)
    #expect(air.reports.contains(.alarm(.keypadMissing(true))))
    let held = SlotReading(slot: 1, contents: .code(entry.pin), name: "guest")
    #expect(air.run(.readSlots) == .success(.slots([held], changes: nil)))
    #expect(air.run(.readSlot(1)) == .success(.slot(held, changes: nil)))
    #expect(air.run(.program(slot: 2, entry)) == .failure(.failed(detail: "it has no keypad")))
    // A lock that does not tell is asked once.
    air.lock.temperament.commandFaults = [0x43: .refused(0x23)]
    air.advance(by: .minutes(1))
    air.forget()
    for command in [LockCommand.readSlots, .readSlot(1), .readSlots] {
      guard case .failure(.failed) = air.run(command) else { return #expect(Bool(false)) }
      air.advance(by: .minutes(1))
    }
    #expect(air.visits == [.code])
    // The keypad is back.
    model.hasKeypad = true
    memory = air.lock.memory
    memory.configChanges &+= 1
    air.lock = NukiLock(model: model, securityPIN: NukiSecurityPIN("4321"), memory: memory, random: .seeded(5))
    air.atLock { $0.started(at: $1) }
    _ = air.run(.lock)
    #expect(air.run(.clear(slot: 1)) == .success(.slot(SlotReading(slot: 1, contents: .empty), changes: nil)))
    #expect(air.lock.memory.codes.isEmpty)
  }

  // MARK: figures

  /// Packets that the driver sends from the opened link to a code that is programmed and proved, when handles are
  /// known; each waits for one of the lock's, so it is the number of round trips. The protocol itself needs five
  /// messages: states; challenge and code; challenge and list.
  @Test(arguments: zip(NukiAir.models, [70, 20, 20, 20]))
  func `a code is programmed and proved in few round trips`(model: NukiLockModel, roundTrips: Int) throws {
    var air = try NukiAir.settled(model: model)
    _ = air.run(.readSlots)
    air.advance(by: .minutes(1))
    air.forget()
    #expect(try air.run(.program(slot: 1, SlotEntry(pin: pin("974216"), window: window)))?.get().reading != nil)
    #expect(air.sentByDriver == roundTrips)
  }
}
