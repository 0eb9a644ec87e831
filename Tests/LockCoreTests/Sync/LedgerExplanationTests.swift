import LockCore
import Testing

/// What is told of a code must be what the plan will do.
@Suite struct LedgerExplanationTests {
  @Test(arguments: 0..<8)
  func `in any ledger, what is told of each code is what the plan does`(share: UInt64) {
    for seed in share * 20..<(share + 1) * 20 {
      var storm = LedgerStorm(seed: seed &+ 7000)
      for step in 0..<80 {
        storm.happen()
        for code in storm.bench.ledger.codes.values {
          if let fault = Self.contradiction(of: code, in: storm.bench.ledger, at: storm.bench.now) {
            Issue.record("seed \(seed), step \(step), \(code.id): \(fault)")
            return
          }
        }
      }
    }
  }

  /// How what is told of a code and what the plan does contradict each other; nil when they do not.
  private static func contradiction(of code: CodeRecord, in ledger: LockLedger, at now: Timestamp) -> String? {
    let plan = ledger.plan(at: now)
    let next = ledger.explanation(of: code, at: now).next
    let slot = ledger.slot(of: code.id)?.number
    if case .now(let job) = next, plan.job != job { return "told \(job), planned \(String(describing: plan.job))" }
    if let job = plan.job, self.isAbout(job, code.id, slot: slot), next != .now(job) {
      return "planned \(job), told \(next)"
    }
    if let job = ledger.running, self.isAbout(job, code.id, slot: slot), next != .underWay(job) {
      return "under way \(job), told \(next)"
    }
    if case .nothing = next {
      var alone = ledger
      for id in ledger.codes.keys where id != code.id { alone.codes[id] = nil }
      alone = self.unhindered(alone)
      let job = alone.plan(at: now).job
      return job == nil
        ? nil : "told that nothing is to be done, alone on an idle lock it planned \(String(describing: job))"
    }
    return self.unmovable(code.id, in: ledger, at: now)
  }

  /// Takes away what stands in the way, as it is told, until the job comes; nil when it does.
  private static func unmovable(_ id: AccessCodeID, in ledger: LockLedger, at date: Timestamp) -> String? {
    var (ledger, now) = (ledger, date)
    for _ in 0..<60 {
      guard let code = ledger.codes[id] else { return "it is gone" }
      switch ledger.explanation(of: code, at: now).next {
      case .now(let job): return ledger.plan(at: now).job == job ? nil : "told \(job), planned another"
      // What it waited for has passed, and its time too.
      case .nothing: return nil
      case .underWay: ledger.running = nil
      case .waits(let obstacle): self.remove(obstacle, from: &ledger, of: id, &now)
      }
    }
    return "what is told to stand in its way is not all"
  }

  private static func remove(
    _ obstacle: CodeExplanation.Obstacle, from ledger: inout LockLedger, of id: AccessCodeID, _ now: inout Timestamp
  ) {
    switch obstacle {
    case .adapter: ledger.isAdapterGone = false
    case .silence: ledger.isReachable = true
    case .busy: ledger.running = nil
    case .pause(let until): now = until
    case .request: ledger.codes[id]?.attempt = nil
    case .freeSlot:
      guard case .slots(let store) = ledger.capabilities.codeStore else { return }
      let number = store.numbers.lowerBound
      var slot = SlotRecord(number: number)
      slot.observed = .init(reading: SlotReading(slot: number, contents: .empty), order: ledger.order + 1, date: now)
      if let holder = ledger.slots[number]?.holder { ledger.codes[holder] = nil }
      (ledger.slots[number], ledger.strangers[number]) = (slot, nil)
    case .look: (ledger.isInventoried, ledger.reportedChanges) = (true, ledger.knownChanges)
    case .log: ledger.newestRecord = ledger.logCursor
    case .code(let other, _):
      if let number = ledger.slot(of: other)?.number { ledger.slots[number] = nil }
      ledger.codes[other] = nil
    case .stranger: ledger.strangers = [:]
    case .unmanaged: ledger.isManaged = true
    }
  }

  private static func unhindered(_ ledger: LockLedger) -> LockLedger {
    var ledger = ledger
    (ledger.isAdapterGone, ledger.isReachable, ledger.running, ledger.isManaged) = (false, true, nil, true)
    (ledger.isInventoried, ledger.reportedChanges, ledger.strangers) = (true, ledger.knownChanges, [:])
    ledger.newestRecord = ledger.logCursor
    return ledger
  }

  private static func isAbout(_ job: Job, _ id: AccessCodeID, slot: Int?) -> Bool {
    switch job {
    case .program(let code, _, _), .clear(let code, _), .claim(let code, _, _): code == id
    case .readSlot(let number): number == slot
    case .readSlots, .evict, .readLog: false
    }
  }

  @Test func `each thing that stands in the way of a code is told`() throws {
    var bench = LedgerBench()
    let id = try bench.create("1234")
    func next(_ bench: LedgerBench) -> CodeExplanation.Next? {
      bench.ledger.codes[id].map { bench.ledger.explanation(of: $0, at: bench.now).next }
    }
    #expect(next(bench) == .waits(.silence))
    bench.ledger.isAdapterGone = true
    #expect(next(bench) == .waits(.adapter))
    bench.ledger.isAdapterGone = false
    bench.connect()
    #expect(next(bench) == .waits(.look(notBefore: nil)))
    let begun = bench.begin()
    let look = try #require(begun)
    #expect(next(bench) == .waits(.busy(look)))
    bench.end(look, .failure(.busy))
    #expect(next(bench) == .waits(.look(notBefore: bench.now + .seconds(5))))
    bench.now = bench.now + .seconds(5)
    bench.step()
    let job = try #require(bench.ledger.plan(at: bench.now).job)
    #expect(next(bench) == .now(job))
    bench.begin()
    #expect(next(bench) == .underWay(job))
    bench.end(job, .failure(.codeRejected(detail: "too easy")))
    #expect(next(bench) == .waits(.request))
    bench.update(id) { $0.pin = PINCode("9876") ?? $0.pin }
    bench.work()
    #expect(next(bench) == .nothing(.proven))
    bench.delete(id)
    bench.ledger.becameUnreachable()
    #expect(next(bench) == .waits(.silence))
  }

  @Test func `a code to come is told with the time at which it is programmed`() throws {
    var bench = LedgerBench(grain: nil)
    let id = try bench.create("1234", from: .hours(5), to: .hours(9))
    bench.connect()
    bench.work()
    let code = try #require(bench.ledger.codes[id])
    #expect(bench.ledger.explanation(of: code, at: bench.now).next == .nothing(.notYet(bench.now + .hours(4))))
  }

  @Test func `a code without a slot waits for its turn while the lock is full`() throws {
    var lock = SlotOracle()
    lock.numbers = 1...1
    var bench = LedgerBench(lock: lock)
    try bench.create("1234")
    bench.connect()
    bench.work()
    let second = try bench.create("2345")
    let code = try #require(bench.ledger.codes[second])
    #expect(bench.ledger.explanation(of: code, at: bench.now).next == .waits(.freeSlot))
  }
}
