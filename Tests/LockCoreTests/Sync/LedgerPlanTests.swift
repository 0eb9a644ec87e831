import LockCore
import Testing

/// What is done next, and when again.
@Suite struct LedgerPlanTests {
  @Test func `a lock that is silent or busy gets no job`() throws {
    var bench = LedgerBench()
    try bench.create("1357")
    #expect(bench.ledger.plan(at: bench.now).job == nil)
    bench.connect()
    #expect(bench.begin() == .readSlots)
    #expect(bench.ledger.plan(at: bench.now).job == nil)
  }

  @Test func `P01 overdue removals come first, oldest first, then the look, the log, active codes, codes to come`()
    throws
  {
    var bench = LedgerBench(lock: SlotOracle(numbers: 1...6))
    bench.connect()
    let second = try bench.create("1001", from: .hours(-1), to: .hours(3))
    bench.now = bench.now + .seconds(1)
    let first = try bench.create("1002", from: .hours(-1), to: .hours(2))
    let third = try bench.create("1003")
    bench.work()
    bench.now = bench.now + .hours(3)
    bench.delete(third)
    let soon = try bench.create("1004", from: .hours(5), to: .hours(9))
    let later = try bench.create("1005", from: .hours(6), to: .hours(9))
    let open = try bench.create("1006")
    let opener = try bench.create("1007", from: .hours(-2), to: .hours(9))
    bench.ledger.becameReachable(slotChanges: 99, newestRecord: 7)
    bench.ledger.logCursor = 5
    bench.jobs = []
    for _ in 0..<9 {
      guard let job = bench.begin() else { break }
      if case .readLog = job {
        bench.end(job, .success(.log([], newest: 7)))
      } else {
        bench.end(job, bench.lock.perform(job.command))
      }
    }
    func program(_ id: AccessCodeID, _ slot: Int) throws -> Job {
      let code = try #require(bench.ledger.codes[id])
      return .program(id, slot: slot, bench.ledger.entry(for: code))
    }
    #expect(
      bench.jobs == [
        .clear(first, slot: 2), .clear(second, slot: 1), .clear(third, slot: 3), .readSlots, .readLog(after: 5),
        try program(opener, 1), try program(open, 2), try program(soon, 3), try program(later, 4),
      ])
    #expect(bench.begin() == nil)
  }

  @Test func `the oldest removal is the one that ended first, not the one that was asked for first`() throws {
    var bench = LedgerBench()
    bench.connect()
    let early = try bench.create("1001", from: .zero, to: .hours(9))
    bench.now = bench.now + .hours(1)
    let late = try bench.create("1002", from: .zero, to: .hours(4))
    bench.work()
    bench.now = bench.now + .hours(10)
    #expect(bench.begin() == .clear(late, slot: 2))
    _ = early
  }

  @Test(arguments: [
    (Duration.hours(100), "to be stored", Duration.hours(28)),
    (.hours(72) + .minutes(1), "to be stored", .minutes(1)),
    (.hours(2), "late if not proven", .minutes(10)),
    (.minutes(5), "its start", .minutes(5)),
    (.hours(-1), "late if not proven", .minutes(10)),
  ]) func `the plan wakes for every turn that time alone brings`(from: Duration, why: String, wait: Duration) throws {
    var bench = LedgerBench()
    try bench.create("1357", from: from, to: .hours(200))
    #expect(bench.ledger.plan(at: bench.now).lookAgain == bench.now + wait)
  }

  @Test func `the plan wakes for an overdue removal, by end and by deletion`() throws {
    var bench = LedgerBench()
    bench.connect()
    let id = try bench.create("1357")
    bench.work()
    bench.ledger.becameUnreachable()
    bench.now = bench.now + .hours(1)
    bench.delete(id)
    #expect(bench.ledger.plan(at: bench.now).lookAgain == bench.now + .minutes(5))
  }

  @Test func `R34 at the end of its window a code is taken off, and nothing is left to wake for`() throws {
    var bench = LedgerBench()
    bench.connect()
    let id = try bench.create("1357", from: .hours(1), to: .hours(2))
    bench.pass(.hours(3))
    #expect(bench.lock.slots.isEmpty)
    #expect(bench.newEvents() == [.scheduled(id), .set(id), .removed(id)])
    #expect(bench.ledger.plan(at: bench.now).job == nil)
    #expect(bench.ledger.plan(at: bench.now).lookAgain == nil)
    #expect(bench.status(id) == .unset)
  }

  @Test(arguments: [
    (1, Duration.seconds(5)), (2, .seconds(10)), (3, .seconds(20)), (8, .seconds(640)), (9, .minutes(15)),
    (1000, .minutes(15)),
  ]) func `R130 gaps double from 5 s to 15 min`(count: Int, gap: Duration) {
    #expect(SchedulingPolicy().gap(after: count) == gap)
  }

  @Test func `a look that fails is tried again with growing gaps, and at once when the lock is back`() throws {
    var bench = LedgerBench()
    bench.connect()
    #expect(bench.step(fault: .busy) == .readSlots)
    #expect(bench.begin() == nil)
    #expect(bench.ledger.plan(at: bench.now).lookAgain == bench.now + .seconds(5))
    bench.now = bench.now + .seconds(5)
    #expect(bench.step(fault: .unreachable) == .readSlots)
    #expect(bench.ledger.plan(at: bench.now).lookAgain == bench.now + .seconds(10))
    bench.connect()
    #expect(bench.step() == .readSlots)
    #expect(bench.begin() == nil)
  }

  @Test func `a clock that is set back does not stretch a gap`() throws {
    var bench = LedgerBench()
    bench.connect()
    let id = try bench.create("1357")
    bench.step()
    bench.step(fault: .busy)
    #expect(bench.begin() == nil)
    bench.now = bench.now - .hours(24 * 365)
    #expect(bench.begin()?.command == .program(slot: 1, SlotEntry(pin: try #require(PINCode("1357")))))
    _ = id
  }

  @Test func `a clock that is set back does not stretch the gap between looks`() {
    var bench = LedgerBench()
    bench.connect()
    bench.step(fault: .busy)
    bench.now = bench.now - .hours(24)
    #expect(bench.begin() == .readSlots)
  }

  @Test func `nothing is programmed before every slot was looked at`() throws {
    var bench = LedgerBench()
    bench.lock.store(SlotOracle.Stored(pin: try #require(PINCode("9999")), stamp: 0), in: 1)
    try bench.create("1357")
    bench.connect()
    bench.work()
    #expect(bench.jobs.map(\.command).first == .readSlots)
    #expect(bench.lock.slots[1]?.isOurs == false)
    #expect(bench.lock.slots[2]?.isOurs == true)
  }

  @Test func `P22 the log is read from the cursor on, and only then`() {
    var bench = LedgerBench()
    bench.ledger.becameReachable(slotChanges: nil, newestRecord: 40)
    bench.step()
    #expect(bench.begin() == nil, "what happened before the lock was ours is not ours to tell")
    bench.ledger.logGrew(newest: 42)
    let job = bench.begin()
    #expect(job == .readLog(after: 40))
    let record = LockRecord(index: 41, date: bench.now, happening: .locked(.manual, nil))
    #expect(bench.ledger.finished(.readLog(after: 40), .success(.log([record], newest: 43)), at: bench.now) == [record])
    #expect(bench.begin() == .readLog(after: 41))
    _ = bench.ledger.finished(.readLog(after: 41), .success(.log([], newest: 43)), at: bench.now)
    #expect(bench.begin() == nil)
  }

  @Test func `P22 a log that only grows after the first contact is told from its first new record on`() {
    var bench = LedgerBench()
    bench.connect()
    bench.work()
    bench.ledger.logGrew(newest: 7)
    #expect(bench.begin() == .readLog(after: 6))
  }

  @Test func `P22 a log that was reset is read from its start to its end and no further`() {
    var bench = LedgerBench()
    bench.connect()
    bench.work()
    bench.ledger.logCursor = 900
    bench.ledger.becameReachable(slotChanges: bench.lock.count, newestRecord: 3)
    #expect(bench.begin() == .readLog(after: 900))
    _ = bench.ledger.finished(.readLog(after: 900), .success(.log([], newest: 3)), at: bench.now)
    #expect(bench.begin() == .readLog(after: 0))
    let records = (1...3).map { LockRecord(index: $0, date: bench.now, happening: .locked(.manual, nil)) }
    #expect(bench.ledger.finished(.readLog(after: 0), .success(.log(records, newest: 3)), at: bench.now) == records)
    #expect(bench.begin() == nil)
    #expect(bench.ledger.logCursor == 3)
  }

  @Test(arguments: [false, true])
  func `P22 a log that only seemed to be empty tells nothing twice, a new one all that it holds`(isNew: Bool) {
    var bench = LedgerBench()
    bench.connect()
    bench.work()
    let date = bench.now
    func records(after offset: Duration) -> [LockRecord] {
      (1...3).map { LockRecord(index: $0, date: date + offset, happening: .locked(.manual, nil)) }
    }
    bench.ledger.logCursor = 0
    bench.ledger.logGrew(newest: 3)
    #expect(bench.begin() == .readLog(after: 0))
    #expect(
      bench.ledger.finished(.readLog(after: 0), .success(.log(records(after: .zero), newest: 3)), at: bench.now).count
        == 3)
    bench.ledger = bench.ledger.restored()
    bench.ledger.becameReachable(slotChanges: bench.lock.count, newestRecord: 0)
    #expect(bench.begin() == .readLog(after: 3))
    _ = bench.ledger.finished(.readLog(after: 3), .success(.log([], newest: 0)), at: bench.now)
    #expect(bench.begin() == nil)
    bench.ledger.logGrew(newest: 3)
    #expect(bench.begin() == .readLog(after: 0))
    let again = records(after: isNew ? .hours(1) : .zero)
    let told = bench.ledger.finished(.readLog(after: 0), .success(.log(again, newest: 3)), at: bench.now)
    #expect(told == (isNew ? again : []))
    #expect(bench.begin() == nil && bench.ledger.logCursor == 3)
  }

  @Test func `P22 a record that was told before is not told again`() {
    var bench = LedgerBench()
    bench.connect()
    bench.work()
    bench.ledger.logCursor = 5
    bench.ledger.logGrew(newest: 7)
    #expect(bench.begin() == .readLog(after: 5))
    let records = (4...7).map { LockRecord(index: $0, date: bench.now, happening: .locked(.manual, nil)) }
    let told = bench.ledger.finished(.readLog(after: 5), .success(.log(records, newest: 7)), at: bench.now)
    #expect(told.map(\.index) == [6, 7])
    #expect(bench.begin() == nil)
  }

  @Test func `P12 a count of changes that was reset costs one look, not one for ever`() throws {
    var bench = LedgerBench()
    bench.connect()
    try bench.create("1357")
    bench.work()
    bench.lock.changes = 5000
    bench.connect()
    #expect(bench.work() == [.readSlots])
    bench.lock.changes = 3
    bench.ledger.slotsChanged(5001)
    #expect(bench.work() == [.readSlots])
    #expect(bench.begin() == nil)
  }

  @Test(arguments: [true, false])
  func `P12 a change told during a look is looked at once more`(hasCount: Bool) throws {
    var bench = LedgerBench(lock: SlotOracle(hasCount: hasCount))
    bench.connect()
    let begun = bench.begin()
    let job = try #require(begun)
    let answer = bench.lock.perform(job.command)
    try bench.tamper(2, pin: "8888")
    bench.end(job, answer)
    #expect(bench.step() == .readSlots)
    #expect(bench.ledger.strangers[2]?.pin == PINCode("8888"))
    #expect(bench.begin() == nil)
  }

  @Test func `a change told without a count is not forgotten when the look fails or the gateway dies`() throws {
    for dies in [true, false] {
      var bench = LedgerBench(lock: SlotOracle(hasCount: false))
      bench.connect()
      bench.work()
      try bench.tamper(3, pin: "8888")
      bench.step(fault: .unreachable)
      if dies { bench.restart() }
      bench.connect()
      #expect(bench.work() == [.readSlots])
      #expect(bench.ledger.strangers.keys.sorted() == [3])
    }
  }

  @Test func `an answer to something else is no proof and does not spin`() throws {
    var bench = LedgerBench()
    bench.connect()
    let id = try bench.create("1357")
    bench.step()
    let begun = bench.begin()
    let job = try #require(begun)
    bench.end(job, .success(.slot(SlotReading(slot: 3, contents: .empty), changes: nil)))
    #expect(bench.status(id) == .setting)
    #expect(bench.begin() == nil)
    bench.now = bench.now + .seconds(5)
    #expect(bench.begin() == .readSlot(1))
    bench.end(.readSlot(1), .success(.done(confirmed: true)))
    #expect(bench.begin() == nil)
    bench.now = bench.now + .minutes(15)
    bench.work()
    #expect(bench.status(id) == .set)
  }
}
