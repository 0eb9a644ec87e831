import LockCore
import LockDrivers
import LockSimulator
import Testing

private let window = TimeWindow(
  start: VirtualWire.start.date, end: VirtualWire.start.date + .hours(24))
private let closedAndLocked = LockState(
  isLocked: true, isDoorOpen: false, battery: 1, isTampered: false, isPrivate: false)
private let closedAndUnlocked = LockState(
  isLocked: false, isDoorOpen: false, battery: 1, isTampered: false, isPrivate: false)

@Suite struct VirtualLockDriverTests {
  @Test func `the lock greets, and says how things stand`() {
    var wire = VirtualWire()
    wire.open()
    #expect(
      wire.reports == [
        .reachable(VirtualLockModel().identity, slotChanges: 0, newestRecord: 0), .state(closedAndLocked),
      ])
    #expect(wire.driver.facts?.capabilities == wire.lock.capabilities)
  }

  @Test func `a code is stored, read back, used at the keypad, and found in the log`() {
    var wire = VirtualWire()
    wire.open()
    let stored = SlotReading(slot: 3, contents: .code(pin("2468")), window: window, name: "Ann", stamp: 1)
    #expect(
      wire.run(.program(slot: 3, SlotEntry(pin: pin("2468"), window: window, name: "Ann")))
        == .success(.slot(stored, changes: 1)))
    #expect(wire.run(.readSlots) == .success(.slots([stored], changes: 1)))

    wire.forget()
    wire.atLock { $0.typed("2468", at: $1) }
    #expect(wire.reports == [.logGrew(newest: 1), .state(closedAndUnlocked)])
    #expect(
      wire.run(.readLog(after: 0))
        == .success(
          .log(
            [LockRecord(index: 1, date: wire.now.date, happening: .unlocked(.keycode, .slot(3)))], newest: 1)))

    #expect(
      wire.run(.clear(slot: 3))
        == .success(.slot(SlotReading(slot: 3, contents: .empty, stamp: 2), changes: 2)))
    #expect(wire.run(.readSlots) == .success(.slots([], changes: 2)))
  }

  @Test func `the bolt is driven, and the lock says so`() {
    var wire = VirtualWire()
    wire.open()
    wire.forget()
    #expect(wire.run(.unlock) == .success(.done(confirmed: true)))
    #expect(wire.reports == [.logGrew(newest: 1), .state(closedAndUnlocked)])
    wire.forget()
    #expect(wire.run(.lock) == .success(.done(confirmed: true)))
    #expect(wire.reports == [.logGrew(newest: 2), .state(closedAndLocked)])
  }

  @Test func `a full memory and a long log come in pages`() throws {
    var wire = VirtualWire(model: VirtualLockModel(slotCount: 100))
    wire.open()
    for slot in 1...100 {
      let entry = SlotEntry(pin: pin(String(1000 + slot)), window: window, name: "Guest of room \(slot)")
      _ = wire.run(.program(slot: slot, entry))
    }
    let result = wire.run(.readSlots)
    guard case .success(.slots(let readings, let changes)) = result else {
      Issue.record("\(result)")
      return
    }
    #expect(readings.map(\.slot) == Array(1...100))
    #expect(readings.map(\.contents) == (1...100).map { .code(pin(String(1000 + $0))) })
    #expect(changes == 100)

    for slot in 1...100 { wire.atLock { $0.typed(String(1000 + slot), at: $1) } }
    guard case .success(.log(let records, let newest)) = wire.run(.readLog(after: 30)) else {
      Issue.record("no log")
      return
    }
    #expect(records.map(\.index) == (31...100).map { UInt32($0) })
    #expect(newest == 100)
  }

  @Test func `a log that has wrapped begins with the oldest record that is left`() {
    var wire = VirtualWire(model: VirtualLockModel(logCapacity: 5))
    wire.open()
    for _ in 1...6 {
      wire.atLock { $0.unlockedByHand(at: $1) }
      wire.atLock { $0.lockedByHand(at: $1) }
    }
    guard case .success(.log(let records, let newest)) = wire.run(.readLog(after: 2)) else {
      Issue.record("no log")
      return
    }
    #expect(records.map(\.index) == [8, 9, 10, 11, 12])
    #expect(newest == 12)
  }

  @Test func `a change between two pages starts the reading over`() {
    var wire = VirtualWire(model: VirtualLockModel(slotCount: 100))
    wire.open()
    for slot in 1...40 { _ = wire.run(.program(slot: slot, SlotEntry(pin: pin(String(1000 + slot))))) }
    wire.lock.temperament.replyDelay = .milliseconds(100)
    wire.forget()
    let id = wire.submit(.readSlots)
    wire.advance(by: .milliseconds(150))
    wire.atLock { $0.removeCode(slot: 1, at: $1) }
    wire.advance(by: .seconds(10))
    guard case .success(.slots(let readings, let changes)) = wire.result(of: id) else {
      Issue.record("no slots")
      return
    }
    #expect(readings.map(\.slot) == Array(2...40))
    #expect(changes == 41)
  }

  @Test func `what somebody does at the keypad is reported`() throws {
    var wire = VirtualWire()
    wire.open()
    wire.forget()
    try wire.atLock { try $0.addCode(pin("4711"), name: "Eve", at: $1).effects }
    #expect(wire.reports == [.slotsChanged(1)])
    wire.forget()
    wire.atLock { $0.setBattery(0.2, at: $1) }
    #expect(
      wire.reports == [
        .state(LockState(isLocked: true, isDoorOpen: false, battery: 0.2, isTampered: false, isPrivate: false))
      ])
    wire.forget()
    for _ in 1...5 { wire.atLock { $0.typed("9999", at: $1) } }
    #expect(wire.reports.last == .alarm(.lockedOut(true)))
    wire.advance(by: .seconds(61))
    #expect(wire.reports.last == .alarm(.lockedOut(false)))
  }

  @Test func `a change that no notice told is found by the next HELLO`() throws {
    var wire = VirtualWire(temperament: .taciturn)
    wire.open()
    wire.forget()
    try wire.atLock { try $0.addCode(pin("4711"), at: $1).effects }
    wire.atLock { $0.typed("4711", at: $1) }
    #expect(wire.reports.isEmpty)
    wire.advance(by: .seconds(20))
    #expect(wire.reports == [.slotsChanged(1), .logGrew(newest: 1), .state(closedAndUnlocked)])
  }

  @Test func `somebody else's change is noticed in the answer to our own`() throws {
    var wire = VirtualWire(temperament: .taciturn)
    wire.open()
    try wire.atLock { try $0.addCode(pin("4711"), at: $1).effects }
    wire.forget()
    _ = wire.run(.program(slot: 9, SlotEntry(pin: pin("2468"))))
    #expect(wire.reports == [.slotsChanged(2)])
  }

  @Test func `a lock that goes out of reach is reported within a heartbeat, and again when it is back`() {
    var wire = VirtualWire()
    wire.open()
    wire.forget()
    wire.atLock { $0.setReachable(false, at: $1) }
    wire.advance(by: .seconds(24))
    #expect(wire.reports == [.unreachable(.unreachable)])
    #expect(!wire.isOpen)
    wire.advance(by: .minutes(10))
    wire.atLock { $0.setReachable(true, at: $1) }
    wire.forget()
    wire.advance(by: .seconds(10))
    #expect(wire.reports.first == .reachable(VirtualLockModel().identity, slotChanges: 0, newestRecord: 0))
  }

  @Test func `a clock that is off is set, and its records are corrected`() {
    var wire = VirtualWire()
    wire.atLock { $0.setClock(to: $1.date - .minutes(10), at: $1) }
    wire.open()
    #expect(wire.requests(0x09) == 1)
    #expect(wire.lock.clock(at: wire.now.date) == wire.now.date)

    wire.atLock { $0.setClock(to: $1.date + .seconds(20), at: $1) }
    wire.advance(by: .seconds(20))
    wire.atLock { $0.unlockedByHand(at: $1) }
    guard case .success(.log(let records, _)) = wire.run(.readLog(after: 0)) else {
      Issue.record("no log")
      return
    }
    #expect(records.map(\.date) == [wire.now.date])
    #expect(wire.requests(0x09) == 1)
  }

  @Test func `a restart with nothing to do changes nothing`() {
    var first = VirtualWire()
    first.open()
    _ = first.run(.program(slot: 3, SlotEntry(pin: pin("2468"))))
    var second = VirtualWire(memory: first.lock.memory)
    second.open()
    second.advance(by: .hours(24))
    #expect(second.lock.memory.codes == first.lock.memory.codes)
    #expect(
      second.reports.first == .reachable(VirtualLockModel().identity, slotChanges: 1, newestRecord: 0))
    #expect(second.requests(0x04) + second.requests(0x05) == 0)
  }

  @Test func `without a link every command ends at once`() {
    var wire = VirtualWire()
    for command in everyCommand { #expect(wire.run(command) == .failure(.unreachable)) }
    #expect(
      wire.run(.hold([])) == .failure(.unsupported(detail: "the lock holds its codes itself")))
    #expect(wire.messages.isEmpty)
  }

  @Test func `a slot that the lock has not is refused without a word on the wire`() {
    var wire = VirtualWire(model: VirtualLockModel(slotCount: 10))
    wire.open()
    wire.forget()
    for slot in [-1, 0, 11, 65_536 + 3] {
      for command: LockCommand in [
        .readSlot(slot), .clear(slot: slot), .program(slot: slot, SlotEntry(pin: pin("2468"))),
      ] {
        #expect(wire.run(command) == .failure(.unsupported(detail: "the lock has slots 1 to 10")))
      }
    }
    #expect(wire.messages.isEmpty)
  }

  @Test func `more commands than can wait are refused as busy, and those that wait too long end so`() {
    var wire = VirtualWire(timing: VirtualLockDriver.Timing(queueWait: .seconds(3)))
    wire.open()
    wire.lock.temperament.replyDelay = .milliseconds(500)
    let ids = (1...70).map { _ in wire.submit(.readSlot(1)) }
    let busyAtOnce = ids.filter { wire.result(of: $0) == .failure(.busy) }
    #expect(busyAtOnce == ids.suffix(5))
    wire.advance(by: .seconds(10))
    #expect(ids.allSatisfy { wire.result(of: $0) != nil })
    #expect(ids.count { wire.result(of: $0) == .failure(.busy) } == 70 - 6)
  }

  @Test func `a link that closes in the middle ends every command, each once`() {
    for command in everyCommand {
      var wire = VirtualWire()
      wire.open()
      wire.lock.temperament.replyDelay = .seconds(1)
      let first = wire.submit(command)
      let waiting = wire.submit(.readSlots)
      wire.close()
      #expect(wire.result(of: first) == .failure(command.changesTheLock ? .unconfirmed : .unreachable))
      #expect(wire.result(of: waiting) == .failure(.unreachable))
    }
  }

  @Test(arguments: [UInt8(0x01), 0x02, 0x03, 0x04, 0x05, 0x06, 0x07, 0x08, 0x09])
  func `silence at any step ends in a visible state within its budget`(kind: UInt8) {
    for command in everyCommand {
      var wire = VirtualWire()
      wire.atLock { $0.setClock(to: $1.date - .hours(1), at: $1) }
      wire.lock.temperament.losesRepliesTo = [kind]
      wire.open()
      let id = wire.submit(command)
      // The greeting's SET_TIME and the command's own step, two tries of two seconds each.
      wire.advance(by: .seconds(8))
      guard let result = wire.result(of: id) else {
        Issue.record("no answer to \(command) without \(kind)")
        continue
      }
      let lostItsStep = command.kinds.contains(kind)
      switch result {
      case .success: #expect(!lostItsStep && kind != 0x01)
      case .failure(.unreachable): #expect(kind == 0x01 || (lostItsStep && !command.changesTheLock))
      case .failure(.unconfirmed): #expect(lostItsStep && command.changesTheLock)
      case .failure(let fault): Issue.record("\(fault) for \(command) without \(kind)")
      }
    }
  }

  @Test func `a lock that falls silent after any message is given up within nine seconds`() {
    for lastMessage in 0...12 {
      var wire = VirtualWire()
      wire.reopening = nil
      var heard = 0
      wire.passing = { direction, bytes in
        guard direction == .toDriver else { return [bytes] }
        heard += 1
        return heard > lastMessage ? [] : [bytes]
      }
      wire.open()
      let ids = everyCommand.map { wire.submit($0) }
      wire.advance(by: .seconds(9))
      #expect(ids.allSatisfy { wire.result(of: $0) != nil }, "silent after \(lastMessage)")
      #expect(!wire.isOpen, "silent after \(lastMessage)")
      #expect(wire.reports.last == .unreachable(.unreachable), "silent after \(lastMessage)")
    }
  }
}

/// One of each, for a lock of 30 slots.
let everyCommand: [LockCommand] = [
  .readSlots, .readSlot(4), .program(slot: 5, SlotEntry(pin: pin("2468"))), .clear(slot: 5), .readLog(after: 0),
  .lock, .unlock,
]

extension LockCommand {
  var changesTheLock: Bool {
    switch self {
    case .program, .clear, .evict, .lock, .unlock: true
    case .readSlots, .readSlot, .claim, .readLog, .hold: false
    }
  }

  /// The kinds of the requests that it takes.
  fileprivate var kinds: [UInt8] {
    switch self {
    case .readSlots: [0x02]
    case .readSlot, .claim: [0x03]
    case .program: [0x04, 0x03]
    case .clear: [0x05, 0x03]
    case .evict: [0x03, 0x05, 0x03]
    case .readLog: [0x06]
    case .lock: [0x07]
    case .unlock: [0x08]
    case .hold: []
    }
  }
}
