import LockCore
import LockSimulator
import Testing

@testable import LockDrivers

private let window = TimeWindow(
  start: Timestamp(milliseconds: 1_780_000_000_000) - .hours(1),
  end: Timestamp(milliseconds: 1_780_000_000_000) + .hours(48))

/// Codes: what is written to a lock, found again, and told of.
@Suite struct NukiDriverCodeTests {
  @Test(arguments: NukiAir.models)
  func `a code is added, proved, changed and removed`(model: NukiLockModel) throws {
    var air = try NukiAir.settled(model: model)
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

  @Test(arguments: [
    "no-list-status", "status-after-add", "whole-entries", "talkative", "interrupting", "slow", "stray-status",
  ])
  func `locks that say more, less or later are understood`(temperament: String) throws {
    var air = try NukiAir.settled(temperament)
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
    var air = try NukiAir.settled()
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
    var air = try NukiAir.settled()
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

  @Test(arguments: [false, true])
  func `a change of codes by others during a visit is noticed by what proves our own`(isUpdate: Bool) throws {
    var air = try NukiAir.settled()
    _ = air.run(.readSlots)
    if isUpdate { _ = air.run(.program(slot: 1, SlotEntry(pin: pin("583914")))) }
    air.advance(by: .minutes(1))
    air.forget()
    // Some locks do not count them; of those that do, one more than we have written may be our own.
    air.lock.temperament.countsCodeChanges = false
    air.atLock { $0.addForeignCode(pin("345678"), name: "Owner", at: $1).effects }
    #expect(try air.run(.program(slot: 1, SlotEntry(pin: pin("974216"))))?.get().reading != nil)
    air.advance(by: .minutes(1))
    #expect(air.reports.contains(.slotsChanged(nil)))
  }

  @Test(arguments: ["loses-add-reply", "drops-after-add"])
  func `an added code whose answer is lost is found again and not added twice`(temperament: String) throws {
    for restarts in [false, true] {
      var air = try NukiAir.settled(temperament)
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
    var air = try NukiAir.settled("loses-add-reply")
    let entry = SlotEntry(pin: pin("974216"), window: window, name: "guest")
    #expect(air.run(.program(slot: 3, entry)) == .failure(.unconfirmed))
    air.lock.temperament = NukiLockTemperament()
    #expect(try air.run(.program(slot: 3, entry))?.get().reading?.contents == .code(entry.pin))
    #expect(air.lock.memory.lastCodeID == 1 && air.lock.counts.commands[0x46] == nil)
  }

  @Test func `a code that was removed without a word is proved gone by the list`() throws {
    var air = try NukiAir.settled("loses-remove-reply")
    _ = air.run(.program(slot: 3, SlotEntry(pin: pin("974216"))))
    #expect(air.run(.clear(slot: 3)) == .failure(.unconfirmed))
    #expect(air.run(.readSlot(3)) == .success(.slot(SlotReading(slot: 3, contents: .empty), changes: nil)))
  }

  @Test func `refusals of codes keep their reason`() throws {
    var air = try NukiAir.settled()
    guard case .failure(.codeRejected) = air.run(.program(slot: 1, SlotEntry(pin: pin("123456")))) else {
      return #expect(Bool(false))
    }
    air.lock.temperament.isBusy = true
    #expect(air.run(.program(slot: 1, SlotEntry(pin: pin("974216")))) == .failure(.busy))
    air.lock.temperament.isBusy = false
    #expect(try air.run(.program(slot: 1, SlotEntry(pin: pin("974216"))))?.get().reading != nil)
    #expect(air.run(.readSlot(201)) == .failure(.unsupported(detail: "slots are numbered 1 to 200")))
    air.lock.temperament.isKeypadFull = true
    #expect(air.run(.program(slot: 2, SlotEntry(pin: pin("583914")))) == .failure(.noSpace))
  }

  @Test func `a refusal that cannot pass says so, and of a full keypad the lock is not asked twice`() throws {
    var air = try NukiAir.settled()
    _ = air.run(.program(slot: 1, SlotEntry(pin: pin("583914"))))
    air.lock.temperament.commandFaults = [0x41: .refused(0x23), 0x46: .refused(0x23)]
    for slot in [1, 2] {
      guard case .failure(.unsupported) = air.run(.program(slot: slot, SlotEntry(pin: pin("974216")))) else {
        return #expect(Bool(false))
      }
    }
    air.lock.temperament.commandFaults = [0x47: .refused(0x23)]
    // A code that is there must go some day.
    guard case .failure(.failed) = air.run(.clear(slot: 1)) else { return #expect(Bool(false)) }
    air.lock.temperament.commandFaults = [0x41: .refused(0x29)]
    #expect(air.run(.program(slot: 2, SlotEntry(pin: pin("974216")))) == .failure(.noSpace))
    air.advance(by: .minutes(1))
    air.forget()
    for _ in 0..<10 {
      #expect(air.run(.program(slot: 2, SlotEntry(pin: pin("974216")))) == .failure(.noSpace))
      air.advance(by: .minutes(5))
    }
    #expect(!air.visits.contains(.code))
    air.advance(by: .hours(6))
    #expect(air.run(.program(slot: 2, SlotEntry(pin: pin("974216")))) == .failure(.noSpace))
    #expect(air.visits.contains(.code))
    // What is there already may still be changed, and a place that becomes free is taken.
    air.lock.temperament.commandFaults = [:]
    #expect(try air.run(.program(slot: 1, SlotEntry(pin: pin("664422"))))?.get().reading != nil)
    #expect(air.run(.clear(slot: 1)) == .success(.slot(SlotReading(slot: 1, contents: .empty), changes: nil)))
    #expect(try air.run(.program(slot: 2, SlotEntry(pin: pin("974216"))))?.get().reading != nil)
  }

  @Test func `what could not be kept is kept before the lock is written to`() throws {
    var air = try NukiAir.settled()
    _ = air.run(.readSlots)
    air.canRemember = false
    let entry = SlotEntry(pin: pin("974216"), name: "guest")
    for _ in 0..<4 {
      guard case .failure = air.run(.program(slot: 3, entry)) else { return #expect(Bool(false)) }
    }
    #expect(air.lock.counts.commands[0x41] == nil)
    air.canRemember = true
    #expect(try air.run(.program(slot: 3, entry))?.get().reading?.contents == .code(entry.pin))
    air.startDriver()
    #expect(try air.run(.readSlot(3))?.get().reading?.contents == .code(entry.pin))
  }

  @Test(arguments: [false, true])
  func `codes are known again by what was written when all else was forgotten`(isListed: Bool) throws {
    var air = try NukiAir.settled()
    air.atLock { $0.addForeignCode(pin("345678"), name: "Owner", at: $1).effects }
    let entries = [
      1: SlotEntry(pin: pin("974216"), window: window, name: "guest "), 2: SlotEntry(pin: pin("583914")),
    ]
    for slot in [1, 2] { _ = air.run(.program(slot: slot, try #require(entries[slot]))) }
    air.startDriver(withMemory: false, written: entries)
    if isListed {
      guard case .success(.slots(let readings, _)) = air.run(.readSlots) else { return #expect(Bool(false)) }
      #expect(readings.map(\.slot) == [1, 2, 200])
    }
    #expect(air.run(.clear(slot: 1)) == .success(.slot(SlotReading(slot: 1, contents: .empty), changes: nil)))
    #expect(air.lock.memory.codes.values.map(\.pin.digits).sorted() == ["345678", "583914"])
  }

  @Test func `a code that is all that is to be written is taken over instead of refused as a duplicate`() throws {
    var air = try NukiAir.settled()
    let entry = SlotEntry(pin: pin("974216"), window: window, name: "guest")
    _ = air.run(.program(slot: 1, entry))
    air.startDriver(withMemory: false)
    guard case .success(.slots(let readings, _)) = air.run(.readSlots) else { return #expect(Bool(false)) }
    #expect(readings.map(\.slot) == [200])
    air.advance(by: .minutes(1))
    air.forget()
    var other = entry
    other.name = "other"
    #expect(air.run(.program(slot: 1, other)) == .failure(.duplicateCode(slot: 200)))
    #expect(try air.run(.program(slot: 1, entry))?.get().reading?.window == window)
    air.advance(by: .minutes(1))
    #expect(air.reports.contains(.slotsChanged(nil)))
    guard case .success(.slots(let again, _)) = air.run(.readSlots) else { return #expect(Bool(false)) }
    #expect(again.map(\.slot) == [1])
    #expect(air.lock.memory.lastCodeID == 1)
  }
}
