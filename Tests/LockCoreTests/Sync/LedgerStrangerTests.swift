import LockCore
import Testing

/// Codes that change hands: rules R57, R65, R82, R84 and R86.
@Suite struct LedgerStrangerTests {
  private func pin(_ digits: String) throws -> PINCode { try #require(PINCode(digits)) }

  /// A bench that has found one code of others in slot 2.
  private func bench(
    window: TimeWindow? = nil, grain: Duration? = .minutes(1), masked: Bool = false
  ) throws -> (LedgerBench, StrangerRecord) {
    var bench = LedgerBench(grain: grain, nameBytes: 8)
    (bench.lock.isMasked, bench.lock.hasStamps) = (masked, true)
    bench.lock.store(.init(pin: try self.pin("2222"), window: window, name: "Cleaner", stamp: 0), in: 2)
    bench.connect()
    bench.work()
    let stranger = try #require(bench.ledger.strangers[2])
    _ = bench.newEvents()
    return (bench, stranger)
  }

  private func adopt(
    _ stranger: StrangerRecord, in bench: inout LedgerBench, allowsDrift: Bool = false
  ) -> CodeRecord? {
    let code = bench.ledger.adopt(stranger.id, allowsExternalModification: allowsDrift, at: bench.now)
    bench.announce()
    return code
  }

  private static let windows: [TimeWindow?] = [
    nil,
    TimeWindow(start: LedgerBench.noon - .hours(1), end: LedgerBench.noon + .hours(5)),
    TimeWindow(start: LedgerBench.noon + .hours(1), end: LedgerBench.noon + .hours(5)),
    TimeWindow(start: LedgerBench.noon + .hours(1000), end: LedgerBench.noon + .hours(2000)),
    // Not on the grid that our own codes are stored with.
    TimeWindow(start: LedgerBench.noon - .seconds(7), end: LedgerBench.noon + .hours(5) + .seconds(7)),
  ]

  @Test(arguments: windows.indices)
  func `R82 a code of others becomes ours with its id, PIN, times and slot, and nothing is written`(index: Int) throws {
    var (bench, stranger) = try self.bench(window: Self.windows[index], grain: .seconds(1))
    let adopted = self.adopt(stranger, in: &bench)
    let code = try #require(adopted)
    #expect(code.id == stranger.id && code.createdAt == stranger.foundAt)
    #expect(code.terms == .init(name: "Cleaner", pin: try self.pin("2222"), window: Self.windows[index]))
    let isAhead = Self.windows[index].map { $0.start > bench.now } ?? false
    #expect(bench.status(code.id) == (isAhead ? .unset : .set))
    #expect(bench.state(code.id)?.isScheduled == isAhead)
    let done = bench.work()
    #expect(done == [.claim(code.id, slot: 2, code.terms.pin)])
    #expect(bench.lock.writes == 0 && bench.ledger.strangers.isEmpty)
    #expect(bench.ledger.slot(of: code.id)?.number == 2)
    #expect(bench.newEvents().isEmpty)
    bench.restart()
    bench.connect()
    #expect(bench.work().isEmpty && bench.newEvents().isEmpty)
  }

  @Test func `R82 what was taken over is changed and removed like any other code`() throws {
    var (bench, stranger) = try self.bench()
    let adopted = self.adopt(stranger, in: &bench)
    let id = try #require(adopted).id
    bench.update(id) { $0.pin = PINCode("3333") ?? $0.pin }
    bench.work()
    #expect(bench.lock.slots[2]?.pin.digits == "3333" && bench.status(id) == .set)
    bench.delete(id)
    bench.work()
    #expect(bench.lock.slots.isEmpty && bench.ledger.codes.isEmpty)
    #expect(bench.newEvents().contains(.removed(id)))
  }

  @Test func `R82 R104 what came into the slot before the lock heard of it is not ours`() throws {
    var (bench, stranger) = try self.bench()
    let adopted = self.adopt(stranger, in: &bench)
    let id = try #require(adopted).id
    try bench.tamper(2, pin: "4444")
    bench.work()
    #expect(bench.lock.slots[2]?.pin.digits == "4444")
    #expect(bench.ledger.strangers[2]?.pin?.digits == "4444")
    #expect(bench.ledger.slot(of: id)?.number == 1 && bench.status(id) == .set)
  }

  @Test func `R82 what somebody removed meanwhile is set again, as it was asked for`() throws {
    var (bench, stranger) = try self.bench()
    let adopted = self.adopt(stranger, in: &bench)
    let id = try #require(adopted).id
    try bench.tamper(2, pin: nil)
    bench.work()
    #expect(bench.lock.slots.values.map(\.pin.digits) == ["2222"] && bench.status(id) == .set)
    #expect(bench.newEvents().contains(.removedAtLock(id)))
  }

  @Test func `R84 what the lock does not tell whole cannot become ours`() throws {
    let past = TimeWindow(start: LedgerBench.noon - .hours(5), end: LedgerBench.noon - .hours(1))
    let halfOpen = TimeWindow(start: .distantPast, end: LedgerBench.noon + .hours(1))
    for (window, masked, isRestricted) in [
      (past, false, false), (halfOpen, false, false), (nil, true, false), (nil, false, true),
    ] {
      var (bench, stranger) = try self.bench(window: window, masked: masked)
      bench.ledger.slots[2]?.observed?.reading.isRestricted = isRestricted
      #expect(!bench.ledger.canAdopt(stranger, at: bench.now))
      let before = bench.ledger
      let adopted = bench.ledger.adopt(stranger.id, allowsExternalModification: false, at: bench.now)
      #expect(adopted == nil)
      #expect(bench.ledger == before)
    }
  }

  @Test(arguments: [false, true])
  func `R57 a code is handed back with its id, stays on the lock, and is left alone`(isDrifted: Bool) throws {
    var bench = LedgerBench()
    bench.connect()
    let id = try bench.create("1111", allowsDrift: isDrifted)
    #expect(!bench.ledger.canRelease(id))
    bench.work()
    if isDrifted {
      try bench.tamper(1, pin: "9999")
      bench.work()
    }
    let writes = bench.lock.writes
    #expect(bench.ledger.canRelease(id))
    let stranger = bench.ledger.release(id)
    #expect(stranger?.id == id && stranger?.pin?.digits == (isDrifted ? "9999" : "1111"))
    _ = bench.newEvents()
    bench.announce()
    try bench.tamper(1, pin: "8888")
    bench.work()
    #expect(bench.lock.writes == writes && bench.lock.slots[1]?.pin.digits == "8888")
    bench.restart()
    bench.connect()
    #expect(bench.work().isEmpty)
  }

  @Test func `R57 R82 a code handed back may be taken over again`() throws {
    var bench = LedgerBench()
    bench.connect()
    let id = try bench.create("1111")
    bench.work()
    let released = bench.ledger.release(id)
    let stranger = try #require(released)
    let adopted = self.adopt(stranger, in: &bench)
    #expect(adopted?.id == id)
    bench.pass(.hours(1))
    #expect(bench.lock.writes == 1 && bench.status(id) == .set)
  }

  @Test(arguments: [nil] + SlotOracle.Fault.allCases)
  func `R65 a code of others is removed with proof, whatever comes between`(fault: SlotOracle.Fault?) throws {
    for crash in [false, true] {
      for masked in [false, true] {
        var (bench, stranger) = try self.bench(masked: masked)
        bench.ledger.evict(stranger.id, at: bench.now)
        bench.announce()
        if crash {
          // The power goes after the write was put down, before or after the lock has heard it.
          let begun = bench.begin()
          let job = try #require(begun)
          if fault == nil { _ = bench.lock.perform(job.command) }
          bench.restart()
          bench.connect()
        } else {
          bench.step(fault: fault)
        }
        bench.pass(.hours(1))
        #expect(bench.lock.slots.isEmpty && bench.ledger.strangers.isEmpty && bench.lock.writes <= 2)
        #expect(bench.newEvents().filter { if case .strangerGone = $0 { true } else { false } }.count == 1)
        #expect(bench.ledger.slots.values.allSatisfy { $0.written == nil && $0.holder == nil })
      }
    }
  }

  @Test func `R65 another code that came into the slot meanwhile stays`() throws {
    var (bench, stranger) = try self.bench()
    bench.ledger.evict(stranger.id, at: bench.now)
    bench.lock.store(.init(pin: try self.pin("4444"), stamp: 0), in: 2)
    bench.pass(.hours(1))
    #expect(bench.lock.slots[2]?.pin.digits == "4444")
    #expect(bench.ledger.strangers[2]?.pin?.digits == "4444" && bench.ledger.strangers[2]?.removal == nil)
  }

  @Test func `R65 a lock that does not let go of a code says so once, and is not asked again`() throws {
    var (bench, stranger) = try self.bench()
    bench.lock.lockedSlot = 2
    bench.ledger.evict(stranger.id, at: bench.now)
    bench.pass(.hours(1))
    #expect(bench.ledger.strangers[2]?.isIrremovable == true && bench.ledger.strangers[2]?.removal == nil)
    #expect(bench.jobs.filter { $0.isWrite }.count == 1)
  }

  @Test func `R65 a removal that fails is told once and goes on`() throws {
    var (bench, stranger) = try self.bench()
    bench.lock.isLiar = true
    bench.ledger.evict(stranger.id, at: bench.now)
    bench.pass(.hours(1))
    #expect(bench.newEvents() == [.failedToEvict(stranger.id)])
    bench.lock.isLiar = false
    bench.pass(.hours(1))
    #expect(bench.lock.slots.isEmpty && bench.ledger.strangers.isEmpty)
  }

  @Test func `R86 a lock that is no longer managed keeps its codes, and nothing is done there`() throws {
    var bench = LedgerBench()
    bench.connect()
    let id = try bench.create("1111")
    bench.work()
    let waiting = try bench.create("2222", from: .hours(100), to: .hours(200))
    let leaving = try bench.create("3333")
    bench.work()
    bench.delete(leaving)
    let lost = bench.ledger.becameUnmanaged()
    #expect(lost.map(\.id) == [waiting])
    #expect(Array(bench.ledger.codes.keys) == [leaving] && bench.ledger.strangers[1]?.id == id)
    // What was to go before still goes.
    #expect(bench.work() == [.clear(leaving, slot: 2)])
    try bench.tamper(2, pin: "9999")
    #expect(bench.work().isEmpty)
    bench.restart()
    bench.ledger.isManaged = false
    bench.connect()
    #expect(bench.work().isEmpty)

    bench.ledger.becameManaged()
    let done = bench.work()
    #expect(done == [.readSlots])
    #expect(bench.ledger.codes.isEmpty && bench.ledger.strangers[1]?.id == id)
    #expect(bench.ledger.strangers.count == 2 && bench.lock.writes == 3)
  }

  @Test func `R8 a duplicate of what was gone before anybody looked is tried again`() throws {
    var bench = LedgerBench()
    bench.connect()
    bench.work()
    bench.lock.store(.init(pin: try self.pin("1111"), stamp: 0), in: 3)
    let id = try bench.create("1111")
    bench.step()
    #expect(bench.state(id)?.problem?.code == ErrorCode.duplicate && bench.state(id)?.problem?.slot == 3)
    bench.lock.store(nil, in: 3)
    bench.ledger.slotsChanged(bench.lock.count)
    bench.pass(.minutes(1))
    #expect(bench.status(id) == .set && bench.state(id)?.problem == nil)
  }
}
