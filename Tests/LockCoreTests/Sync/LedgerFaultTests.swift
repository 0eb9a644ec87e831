import LockCore
import Testing

/// Refusals, lost answers, lying and masked locks.
@Suite struct LedgerFaultTests {
  @Test(arguments: [
    (LockFault.duplicateCode(slot: 3), ErrorCode.duplicate),
    (.codeRejected(detail: "simple"), ErrorCode.constraintsViolated),
    (.unsupported(detail: "no keypad"), ErrorCode.providerIssue),
  ]) func `P10 and R131 a refusal for good is tried exactly once for each wish`(fault: LockFault, code: String) throws {
    var bench = LedgerStateTests.ready()
    let id = try bench.create("1357")
    #expect(bench.step(refusing: fault)?.isProgram == true)
    #expect(bench.state(id)?.problem?.code == code)
    if case .duplicateCode(let slot?) = fault { try bench.tamper(slot, pin: "1357") }
    for _ in 0..<50 {
      bench.pass(.hours(10))
      bench.restart()
      bench.connect()
      bench.ledger.slotsChanged(nil)
      bench.work()
    }
    #expect(bench.jobs.filter(\.isProgram).count == 1)
    #expect(
      bench.newEvents().filter { if case .strangerFound = $0 { false } else { true } } == [.failedToSet(id), .late(id)])
    bench.lock.slots[3] = nil
    bench.update(id) { $0.name = "Ada" }
    #expect(bench.step()?.isProgram == true)
    #expect(bench.status(id) == .set)
    #expect(bench.state(id)?.problem == nil)
  }

  @Test func `what a lock that bars us was asked is done once it lets us in again`() throws {
    var bench = LedgerStateTests.ready()
    let id = try bench.create("1357")
    #expect(bench.step(refusing: .notAuthorized)?.isProgram == true)
    #expect(bench.state(id)?.problem?.code == ErrorCode.providerIssue)
    bench.pass(.hours(1))
    bench.restart()
    bench.connect()
    bench.work()
    #expect(bench.status(id) == .set)
    #expect(bench.state(id)?.problem == nil)
  }

  @Test func `P10 a code that is refused again and again is tried ever more seldom`() throws {
    var bench = LedgerStateTests.ready()
    _ = try bench.create("1357")
    for _ in 0..<(24 * 60) {
      bench.step(refusing: .failed(detail: "x"))
      bench.now = bench.now + .minutes(1)
    }
    let first = bench.jobs.filter(\.isProgram).count
    #expect(first <= 20)
    for _ in 0..<(24 * 60) {
      bench.step(refusing: .failed(detail: "x"))
      bench.now = bench.now + .minutes(1)
    }
    #expect(bench.jobs.filter(\.isProgram).count - first <= 5)
  }

  @Test func `P10 a refused change is tried once, and leaves what was proven alone`() throws {
    var bench = LedgerStateTests.ready()
    let id = try bench.create("1357")
    bench.work()
    let simple = try #require(PINCode("1111"))
    bench.lock.rejected = [simple]
    bench.update(id) { $0.pin = simple }
    for _ in 0..<20 {
      bench.pass(.hours(1))
      bench.ledger.slotsChanged(nil)
    }
    #expect(bench.jobs.filter(\.isProgram).count == 2)
    #expect(bench.status(id) == .setting)
    #expect(bench.lock.slots.values.map(\.pin.digits) == ["1357"])
  }

  @Test func `a refusal of an older wish does not stop the newer one`() throws {
    var bench = LedgerStateTests.ready()
    let id = try bench.create("1111")
    let begun = bench.begin()
    let job = try #require(begun)
    let pin = try #require(PINCode("2468"))
    bench.update(id) { $0.pin = pin }
    bench.end(job, .failure(.codeRejected(detail: "simple")))
    #expect(bench.state(id)?.problem == nil)
    bench.work()
    #expect(bench.status(id) == .set)
  }

  @Test(arguments: [
    LockFault.duplicateCode(slot: nil), .codeRejected(detail: "x"), .noSpace, .failed(detail: "x"), .busy, .unreachable,
    .unconfirmed,
  ]) func `R130 no refusal of a PIN stops a removal`(fault: LockFault) throws {
    var bench = LedgerStateTests.ready()
    let id = try bench.create("1357")
    bench.work()
    bench.delete(id)
    bench.step(refusing: fault)
    bench.pass(.minutes(1))
    #expect(bench.lock.slots.isEmpty)
    #expect(bench.ledger.codes.isEmpty)
  }

  @Test func `a refusal to program does not stop the removal of the code meanwhile deleted`() throws {
    var bench = LedgerStateTests.ready()
    let id = try bench.create("1357")
    bench.work()
    let pin = try #require(PINCode("2468"))
    bench.update(id) { $0.pin = pin }
    let begun = bench.begin()
    let job = try #require(begun)
    bench.delete(id)
    bench.end(job, .failure(.unsupported(detail: "x")))
    bench.work()
    #expect(bench.lock.slots.isEmpty && bench.ledger.codes.isEmpty)
  }

  @Test func `R8 a duplicate is tried again once the other code is gone from the lock`() throws {
    for isMasked in [false, true] {
      var bench = LedgerBench(lock: SlotOracle(isMasked: isMasked))
      bench.lock.store(.init(pin: try #require(PINCode("1357")), stamp: 0), in: 4)
      bench.connect()
      bench.work()
      let id = try bench.create("1357")
      bench.work()
      #expect(bench.state(id)?.problem?.code == ErrorCode.duplicate)
      try bench.tamper(3, pin: "7777")
      bench.work()
      #expect(bench.jobs.filter(\.isProgram).count == 1, "another slot has nothing to do with it")
      try bench.tamper(4, pin: nil)
      bench.work()
      #expect(bench.status(id) == .set)
    }
  }

  @Test func `R130 gaps between attempts grow from 5 s to 15 min`() throws {
    var bench = LedgerStateTests.ready()
    let id = try bench.create("1357")
    var gaps: [Duration] = []
    for _ in 0..<10 {
      bench.step(fault: .failed)
      let next = try #require(bench.ledger.codes[id]?.attempt?.notBefore)
      gaps.append(next - bench.now)
      bench.now = next - .milliseconds(1)
      #expect(bench.begin() == nil)
      bench.now = next
    }
    #expect(gaps == [5, 10, 20, 40, 80, 160, 320, 640, 900, 900].map { .seconds($0) })
  }

  @Test func `a lock that comes back is tried at once, but not one that had refused`() throws {
    for (fault, tries) in [(SlotOracle.Fault.unreachable, true), (.busy, true), (.lostBefore, true), (.failed, false)] {
      var bench = LedgerStateTests.ready()
      try bench.create("1357")
      bench.step(fault: fault)
      #expect(bench.begin() == nil)
      bench.connect()
      #expect((bench.begin() != nil) == tries)
    }
  }

  @Test func `P11 an unconfirmed write is read first and not written again when it took`() throws {
    var bench = LedgerStateTests.ready(SlotOracle(hasCount: false))
    let id = try bench.create("1357")
    bench.step(fault: .lostAfter)
    #expect(bench.status(id) == .setting)
    #expect(bench.state(id)?.problem == nil)
    bench.now = bench.now + .seconds(5)
    #expect(bench.work() == [.readSlot(1)])
    #expect(bench.status(id) == .set)
    #expect(bench.lock.writes == 1)
  }

  @Test func `P11 an unconfirmed write is written again once a look contradicts it`() throws {
    var bench = LedgerStateTests.ready(SlotOracle(hasCount: false))
    let id = try bench.create("1357")
    bench.step(fault: .lostBefore)
    bench.now = bench.now + .seconds(5)
    #expect(bench.step() == .readSlot(1))
    #expect(bench.state(id)?.problem == nil)
    #expect(bench.step()?.isProgram == true)
    #expect(bench.newEvents() == [.set(id)])
  }

  @Test func `P11 ninety lost answers of a hundred cost no second write`() throws {
    var bench = LedgerStateTests.ready()
    let id = try bench.create("1357")
    bench.step(fault: .lostAfter)
    for _ in 0..<9 {
      bench.now = bench.now + .minutes(15)
      bench.step(fault: .lostAfter)
    }
    bench.now = bench.now + .minutes(15)
    bench.work()
    #expect(bench.status(id) == .set)
    #expect(bench.lock.writes == 1)
  }

  @Test func `a restart in the middle of a write reads before it writes`() throws {
    for took in [true, false] {
      var bench = LedgerStateTests.ready(SlotOracle(hasCount: false))
      let id = try bench.create("1357")
      let begun = bench.begin()
      let job = try #require(begun)
      if took { _ = bench.lock.perform(job.command) }
      bench.restart()
      bench.connect()
      #expect(bench.status(id) == .setting)
      #expect(bench.step() == .readSlot(1))
      #expect(bench.work().count == (took ? 0 : 1))
      #expect(bench.lock.slots.keys.sorted() == [1])
      #expect(bench.newEvents() == [.set(id)])
    }
  }

  @Test func `a restart in the middle of a removal reads before it erases`() throws {
    for took in [true, false] {
      var bench = LedgerStateTests.ready(SlotOracle(hasCount: false))
      let id = try bench.create("1357")
      bench.work()
      bench.delete(id)
      let begun = bench.begin()
      let job = try #require(begun)
      if took { _ = bench.lock.perform(job.command) }
      bench.restart()
      bench.connect()
      #expect(bench.step() == .readSlot(1))
      #expect(bench.work().count == (took ? 0 : 1))
      #expect(bench.lock.slots.isEmpty && bench.ledger.codes.isEmpty)
    }
  }

  @Test func `P02 a lock that says yes and stores nothing never has a code set`() throws {
    for isMasked in [false, true] {
      for hasCount in [false, true] {
        var bench = LedgerStateTests.ready(SlotOracle(isMasked: isMasked, hasCount: hasCount, isLiar: true))
        let id = try bench.create("1357")
        for _ in 0..<200 {
          bench.step()
          bench.now = bench.now + .minutes(5)
          bench.connect()
        }
        #expect(bench.status(id) == .setting)
        #expect(bench.newEvents() == [.failedToSet(id), .late(id)])
        #expect(bench.lock.writes <= 100, "gaps grow although the lock is there")
      }
    }
  }

  @Test func `P02 a change that a masked lock never stored is never set`() throws {
    for hasStamps in [true, false] {
      var bench = LedgerStateTests.ready(SlotOracle(isMasked: true, hasStamps: hasStamps, hasCount: false))
      let id = try bench.create("1357")
      bench.work()
      _ = bench.newEvents()
      bench.lock.isLiar = true
      let pin = try #require(PINCode("2468"))
      bench.update(id) { $0.pin = pin }
      bench.pass(.hours(5))
      #expect(bench.newEvents() == [.failedToSet(id), .late(id)])
      bench.lock.isLiar = false
      bench.pass(.hours(7))
      #expect(bench.status(id) == .set)
      #expect(bench.lock.slots.values.map(\.pin) == [pin])
    }
  }

  @Test func `P12 on a masked lock a change whose answer was lost is proven by a stamp, or written over an empty slot`()
    throws
  {
    for (hasStamps, fault) in [
      (true, SlotOracle.Fault.lostBefore), (true, .lostAfter), (false, .lostBefore), (false, .lostAfter),
    ] {
      var bench = LedgerStateTests.ready(SlotOracle(isMasked: true, hasStamps: hasStamps))
      let id = try bench.create("1357")
      bench.work()
      let pin = try #require(PINCode("2468"))
      bench.update(id) { $0.pin = pin }
      bench.jobs = []
      bench.step(fault: fault)
      bench.pass(.minutes(1))
      #expect(bench.status(id) == .set)
      #expect(bench.lock.slots.values.map(\.pin) == [pin])
      #expect(bench.jobs.contains(.clear(id, slot: 1)) == !hasStamps)
    }
  }

  @Test func `P12 a masked lock is not written again, however often it is looked at`() throws {
    for hasStamps in [true, false] {
      var bench = LedgerStateTests.ready(SlotOracle(isMasked: true, hasStamps: hasStamps, hasCount: false))
      let id = try bench.create("1357")
      for _ in 0..<100 {
        bench.restart()
        bench.connect()
        bench.ledger.slotsChanged(nil)
        bench.pass(.hours(7))
      }
      #expect(bench.lock.writes == 1)
      #expect(bench.newEvents() == [.set(id)])
    }
  }

  @Test func `an error is over once any look shows that the write took, or that the slot is empty`() throws {
    var bench = LedgerStateTests.ready()
    let id = try bench.create("1357")
    bench.step(fault: .failed)
    bench.now = bench.now + .seconds(5)
    bench.step(fault: .lostAfter)
    bench.ledger.slotsChanged(bench.lock.count)
    #expect(bench.step() == .readSlots)
    #expect(bench.state(id)?.problem == nil)
    let window = TimeWindow(start: bench.now - .hours(1), end: bench.now + .hours(1))
    bench.update(id) { $0.window = window }
    bench.work()
    bench.now = window.end
    bench.step(fault: .failed)
    #expect(bench.state(id)?.problem?.code == ErrorCode.failedToRemove)
    try bench.tamper(1, pin: nil)
    bench.pass(.minutes(1))
    #expect(bench.status(id) == .unset)
    #expect(bench.state(id)?.problem == nil)
  }

  @Test func `P12 a restart with nothing to do does nothing and tells nothing`() throws {
    for isMasked in [true, false] {
      for hasCount in [true, false] {
        var bench = LedgerStateTests.ready(SlotOracle(numbers: 1...8, isMasked: isMasked, hasCount: hasCount))
        try bench.tamper(8, pin: "8888")
        for digits in 1001...1004 { try bench.create(String(digits)) }
        try bench.create("1005", from: .hours(3))
        try bench.create("1006", from: .hours(300))
        try bench.create("1007", from: .hours(-3), to: .hours(3))
        bench.work()
        let gone = try bench.create("1009", from: .hours(-3), to: .minutes(30))
        bench.pass(.hours(1))
        #expect(bench.status(gone) == .unset)
        _ = bench.newEvents()
        bench.jobs = []
        for _ in 0..<100 {
          bench.restart()
          bench.connect()
          bench.work()
        }
        #expect(bench.jobs.isEmpty)
        #expect(bench.newEvents() == [])
      }
    }
  }
}
