import LockCore
import Testing

/// What others do at the lock (contract 5.9, 5.11).
@Suite struct LedgerDriftTests {
  static func settled(allowsDrift: Bool = false, lock: SlotOracle = SlotOracle()) throws -> (LedgerBench, AccessCodeID)
  {
    var bench = LedgerStateTests.ready(lock)
    let id = try bench.create("1357", allowsDrift: allowsDrift)
    bench.work()
    _ = bench.newEvents()
    bench.jobs = []
    return (bench, id)
  }

  @Test(arguments: [String?.none, "2468"])
  func `L13 and R100 a change that is not allowed is told, an error, and undone`(pin: String?) throws {
    var (bench, id) = try Self.settled()
    bench.now = bench.now + .hours(50)
    try bench.tamper(1, pin: pin)
    #expect(bench.step() == .readSlots)
    #expect(bench.newEvents() == [pin == nil ? .removedAtLock(id) : .modifiedAtLock(id)])
    #expect(bench.status(id) == .setting)
    #expect(bench.state(id)?.drift == (pin == nil ? .removed : .modified(pin: true, window: false)))
    #expect(bench.state(id)?.isLate == false, "late counts from the change")
    bench.step(fault: .lostBefore)
    #expect(bench.state(id)?.drift != nil, "until it is healed")
    bench.pass(.minutes(1))
    #expect(bench.newEvents() == [.set(id)])
    #expect(bench.state(id)?.drift == nil)
    #expect(bench.lock.slots[1]?.pin.digits == "1357")
  }

  @Test func `R100 changed times are a change, again and again until the end`() throws {
    var bench = LedgerStateTests.ready()
    let id = try bench.create("1357", from: .zero, to: .hours(10))
    bench.work()
    _ = bench.newEvents()
    for _ in 0..<3 {
      bench.lock.slots[1]?.window = nil
      bench.lock.changes += 1
      bench.ledger.slotsChanged(bench.lock.count)
      bench.work()
      #expect(bench.newEvents() == [.modifiedAtLock(id), .set(id)])
    }
    bench.ledger.becameUnreachable()
    bench.now = bench.now + .hours(10)
    bench.lock.slots[1]?.window = nil
    bench.lock.changes += 1
    bench.connect()
    bench.work()
    #expect(bench.newEvents() == [.removed(id)])
  }

  @Test(arguments: [String?.none, "2468"])
  func `L14 and R101 a change that is allowed is told and left alone`(pin: String?) throws {
    var (bench, id) = try Self.settled(allowsDrift: true)
    try bench.tamper(1, pin: pin)
    #expect(bench.work() == [.readSlots])
    #expect(bench.newEvents() == [pin == nil ? .removedAtLock(id) : .modifiedAtLock(id)])
    #expect(bench.status(id) == .set)
    #expect(bench.state(id)?.drift != nil)
    #expect(bench.state(id)?.mutations == [])
    for _ in 0..<5 {
      bench.restart()
      bench.connect()
      bench.ledger.slotsChanged(nil)
      #expect(bench.work() == [.readSlots])
    }
    #expect(bench.newEvents() == [])
  }

  @Test func `R101 a new name over an allowed change is told and writes nothing where the lock stores no names`() throws
  {
    var (bench, id) = try Self.settled(allowsDrift: true)
    try bench.tamper(1, pin: nil)
    bench.work()
    let before = try #require(bench.ledger.codes[id]?.terms)
    _ = bench.newEvents()
    bench.update(id) { $0.name = "Ada" }
    #expect(bench.work().isEmpty)
    #expect(bench.status(id) == .set)
    #expect(bench.newEvents() == [.changed(id, from: before)])
  }

  @Test func `R101 a new PIN ends an allowed change`() throws {
    var (bench, id) = try Self.settled(allowsDrift: true)
    try bench.tamper(1, pin: nil)
    bench.work()
    let pin = try #require(PINCode("9753"))
    bench.update(id) { $0.pin = pin }
    #expect(bench.status(id) == .setting)
    bench.work()
    #expect(bench.lock.slots[1]?.pin == pin)
    #expect(bench.state(id)?.drift == nil)
  }

  @Test func `R101 an allowed change that is undone at the lock is over without a word`() throws {
    var (bench, id) = try Self.settled(allowsDrift: true)
    try bench.tamper(1, pin: nil)
    bench.work()
    _ = bench.newEvents()
    try bench.tamper(1, pin: "1357")
    bench.work()
    #expect(bench.newEvents() == [])
    #expect(bench.state(id)?.drift == nil)
    #expect(bench.status(id) == .set)
  }

  @Test func `R102 another name at the lock is no change`() throws {
    var bench = LedgerBench(nameBytes: 10)
    bench.connect()
    let id = try bench.create("1357", name: "Ada")
    bench.work()
    bench.lock.slots[1]?.name = "Eve"
    bench.ledger.slotsChanged(nil)
    #expect(bench.work() == [.readSlots])
    #expect(bench.newEvents() == [.set(id)])
  }

  @Test(arguments: [LockFault.unreachable, .busy, .unconfirmed, .failed(detail: "x"), .notAuthorized])
  func `R103 a look that fails is not a removal`(fault: LockFault) throws {
    var (bench, id) = try Self.settled()
    bench.ledger.slotsChanged(nil)
    bench.step(refusing: fault)
    bench.ledger.becameUnreachable()
    bench.pass(.hours(10))
    #expect(bench.newEvents() == [])
    #expect(bench.status(id) == .set)
  }

  @Test func `P12 a masked lock shows a change by its stamp, and without stamps only a removal`() throws {
    for hasStamps in [true, false] {
      var (bench, id) = try Self.settled(lock: SlotOracle(isMasked: true, hasStamps: hasStamps))
      try bench.tamper(1, pin: "2468")
      bench.work()
      #expect(bench.newEvents() == (hasStamps ? [.modifiedAtLock(id), .set(id)] : []))
      try bench.tamper(1, pin: nil)
      bench.work()
      #expect(bench.newEvents() == [.removedAtLock(id), .set(id)])
      #expect(bench.lock.slots[1]?.pin.digits == "1357")
    }
  }

  @Test func `R104 a code that filled the slot while our write was lost is not ours, and stays`() throws {
    for deletes in [true, false] {
      var bench = LedgerStateTests.ready()
      let id = try bench.create("1357")
      bench.step(fault: .lostBefore)
      try bench.tamper(1, pin: "8888")
      if deletes { bench.delete(id) }
      bench.pass(.minutes(1))
      #expect(bench.lock.slots[1]?.pin.digits == "8888")
      #expect(bench.ledger.strangers.keys.sorted() == [1])
      #expect(bench.status(id) == (deletes ? nil : .set))
      #expect(bench.lock.slots[2]?.pin.digits == (deletes ? nil : "1357"))
    }
  }

  @Test func `a lock that stores another PIN than it was told is written again in the same slot`() throws {
    var bench = LedgerStateTests.ready()
    let id = try bench.create("1357")
    let begun = bench.begin()
    let job = try #require(begun)
    _ = bench.lock.perform(job.command)
    let wrong = try #require(PINCode("1356"))
    bench.lock.slots[1]?.pin = wrong
    bench.end(job, bench.lock.perform(.readSlot(1)))
    #expect(bench.state(id)?.problem?.code == ErrorCode.failedToSet)
    bench.pass(.minutes(1))
    #expect(bench.status(id) == .set)
    #expect(bench.lock.slots.keys.sorted() == [1])
  }

  @Test func `our slot taken over by another PIN before we remove is left to its new owner`() throws {
    var (bench, id) = try Self.settled()
    bench.ledger.becameUnreachable()
    bench.delete(id)
    try bench.tamper(1, pin: "8888")
    bench.jobs = []
    bench.ledger.slots[1]?.observed?.reading.contents = .code(try #require(PINCode("8888")))
    bench.connect()
    bench.work()
    #expect(!bench.jobs.contains(.clear(id, slot: 1)))
    #expect(bench.lock.slots[1]?.pin.digits == "8888")
    #expect(bench.ledger.codes.isEmpty)
    #expect(bench.ledger.strangers.keys.sorted() == [1])
  }

  @Test func `our slot taken over by another PIN while we remove is left to its new owner`() throws {
    for dies in [true, false] {
      var (bench, id) = try Self.settled()
      bench.delete(id)
      bench.step(fault: .lostAfter)
      try bench.tamper(1, pin: "8888")
      if dies { bench.restart() }
      bench.connect()
      bench.pass(.minutes(1))
      #expect(bench.lock.slots[1]?.pin.digits == "8888")
      #expect(bench.ledger.codes.isEmpty)
      #expect(bench.ledger.strangers.keys.sorted() == [1])
    }
  }

  @Test func `R80 strangers are told when found and when gone, once`() throws {
    var bench = LedgerStateTests.ready()
    try bench.tamper(2, pin: "8888")
    bench.work()
    let first = try #require(bench.ledger.strangers[2])
    #expect(bench.newEvents() == [.strangerFound(first)])
    #expect(first.pin?.digits == "8888")
    bench.restart()
    bench.ledger.slotsChanged(nil)
    bench.connect()
    bench.work()
    #expect(bench.newEvents() == [])
    try bench.tamper(2, pin: nil)
    bench.work()
    #expect(bench.newEvents() == [.strangerGone(first)])
    #expect(bench.ledger.strangers.isEmpty)
  }

  @Test func `R80 a stranger with another PIN is another stranger`() throws {
    var bench = LedgerStateTests.ready()
    try bench.tamper(2, pin: "8888")
    bench.work()
    let first = try #require(bench.ledger.strangers[2])
    try bench.tamper(2, pin: "9999")
    bench.work()
    let second = try #require(bench.ledger.strangers[2])
    #expect(first.id != second.id)
    #expect(bench.newEvents() == [.strangerFound(first), .strangerGone(first), .strangerFound(second)])
  }

  @Test func `P08 a masked reading of a stranger neither replaces it nor its PIN`() throws {
    var bench = LedgerStateTests.ready()
    try bench.tamper(2, pin: "8888")
    bench.work()
    let first = try #require(bench.ledger.strangers[2])
    bench.lock.isMasked = true
    bench.ledger.slotsChanged(nil)
    bench.work()
    #expect(bench.ledger.strangers[2] == first)
    bench.lock.isMasked = false
    bench.ledger.slotsChanged(nil)
    bench.work()
    #expect(bench.newEvents() == [.strangerFound(first)])
  }

  @Test func `strangers are never written over, not even on a full lock`() throws {
    var bench = LedgerStateTests.ready(SlotOracle(numbers: 1...2))
    try bench.tamper(1, pin: "8888")
    try bench.tamper(2, pin: "9999")
    let before = bench.lock.slots
    let id = try bench.create("1357")
    bench.pass(.hours(2))
    #expect(bench.lock.slots == before)
    #expect(bench.state(id)?.problem?.code == ErrorCode.noSpace)
    #expect(bench.lock.writes == 0)
  }
}
