import LockCore
import Testing

/// The life of a code (contract 4.1), transition by transition.
@Suite struct LedgerStateTests {
  static func ready(_ lock: SlotOracle = SlotOracle(), grain: Duration? = .minutes(1)) -> LedgerBench {
    var bench = LedgerBench(lock: lock, grain: grain)
    bench.connect()
    bench.work()
    bench.jobs = []
    return bench
  }

  @Test func `L1 an ongoing code is setting at once`() throws {
    var bench = Self.ready()
    let id = try bench.create("1357")
    #expect(bench.status(id) == .setting)
    #expect(bench.state(id)?.mutations == [.creating])
    #expect(bench.newEvents() == [])
  }

  @Test func `L2 a future code is unset until it is time`() throws {
    var bench = Self.ready()
    let id = try bench.create("1357", from: .hours(100))
    #expect(bench.status(id) == .unset)
    #expect(bench.state(id)?.mutations == [.deferringCreation(until: bench.now + .hours(28))])
    #expect(bench.work().isEmpty)
  }

  @Test func `L3 and L4 stored ahead it is scheduled, and set when its start comes`() throws {
    var bench = Self.ready()
    let id = try bench.create("1357", from: .hours(2))
    #expect(bench.state(id)?.mutations == [.creating])
    #expect(bench.status(id) == .unset)
    bench.work()
    #expect(bench.newEvents() == [.scheduled(id)])
    #expect(bench.status(id) == .unset)
    #expect(bench.state(id)?.isScheduled == true)
    #expect(bench.state(id)?.mutations == [])
    bench.pass(.hours(2))
    #expect(bench.newEvents() == [.set(id)])
    #expect(bench.status(id) == .set)
    #expect(bench.state(id)?.isScheduled == false)
  }

  @Test func `L5 without times on the lock it is setting from 60 min ahead`() throws {
    var bench = Self.ready(grain: nil)
    let id = try bench.create("1357", from: .hours(2))
    bench.now = bench.now + .hours(1)
    bench.announce()
    #expect(bench.status(id) == .setting)
    #expect(bench.state(id)?.mutations == [.creating])
    #expect(bench.newEvents() == [])
    bench.work()
    #expect(bench.status(id) == .set)
  }

  @Test func `L6 not stored by its start it is setting, with a warning told once`() throws {
    var bench = Self.ready()
    bench.ledger.becameUnreachable()
    let id = try bench.create("1357", from: .hours(2))
    bench.pass(.hours(2))
    #expect(bench.status(id) == .setting)
    #expect(bench.state(id)?.isLate == true)
    bench.pass(.hours(2))
    #expect(bench.newEvents() == [.late(id)])
  }

  @Test func `L7 and R132 late after ten minutes, told once, and over when the lock confirms`() throws {
    var bench = Self.ready()
    bench.ledger.becameUnreachable()
    let id = try bench.create("1357")
    bench.pass(.minutes(10) - .milliseconds(1))
    #expect(bench.newEvents() == [])
    bench.pass(.milliseconds(1))
    bench.pass(.hours(1))
    #expect(bench.newEvents() == [.late(id)])
    bench.connect()
    bench.work()
    #expect(bench.newEvents() == [.set(id)])
    let state = try #require(bench.state(id))
    #expect(state.status == .set && !state.isLate && state.problem == nil && state.mutations.isEmpty)
  }

  @Test func `L8 a refused attempt is an error told once, tried again, and gone by itself`() throws {
    var bench = Self.ready()
    let id = try bench.create("1357")
    for _ in 0..<4 {
      bench.step(fault: .failed)
      bench.now = bench.now + .minutes(15)
    }
    #expect(bench.status(id) == .setting)
    #expect(bench.state(id)?.problem?.code == ErrorCode.failedToSet)
    #expect(bench.state(id)?.problem?.since == LedgerBench.noon)
    bench.work()
    #expect(bench.newEvents() == [.failedToSet(id), .late(id), .set(id)])
    #expect(bench.state(id)?.problem == nil)
  }

  @Test func `L9, L10 and R62 a deleted code is removing until the lock has confirmed`() throws {
    var bench = Self.ready()
    let id = try bench.create("1357")
    bench.work()
    _ = bench.newEvents()
    bench.delete(id)
    #expect(bench.status(id) == .removing)
    #expect(bench.state(id)?.mutations == [.deleting])
    #expect(bench.newEvents() == [])
    let record = try #require(bench.ledger.codes[id])
    bench.work()
    #expect(bench.ledger.codes.isEmpty)
    guard case .deleted(let last)? = bench.events.last else {
      Issue.record("not told to be deleted")
      return
    }
    #expect(bench.events.first == .removed(id) && bench.events.count == 2)
    #expect(last.terms == record.terms)
  }

  @Test func `L9, R32 and R63 at its end a code is removing, then unset and kept`() throws {
    var bench = Self.ready(grain: nil)
    let id = try bench.create("1357", from: .zero, to: .hours(2))
    bench.work()
    bench.now = bench.now + .hours(2)
    bench.announce()
    #expect(bench.status(id) == .removing)
    #expect(bench.state(id)?.mutations == [])
    bench.work()
    #expect(bench.status(id) == .unset)
    #expect(bench.newEvents() == [.set(id), .removed(id)])
    #expect(bench.ledger.codes[id] != nil)
  }

  @Test func `L11 a refused removal is an error told once, and tried again until it is done`() throws {
    var bench = Self.ready()
    let id = try bench.create("1357")
    bench.work()
    bench.delete(id)
    _ = bench.newEvents()
    for _ in 0..<6 {
      #expect(bench.step(fault: .failed) == .clear(id, slot: 1))
      bench.now = bench.now + .minutes(15)
    }
    #expect(bench.newEvents() == [.failedToRemove(id)])
    #expect(bench.status(id) == .removing)
    #expect(bench.state(id)?.problem?.code == ErrorCode.failedToRemove)
    bench.work()
    #expect(bench.lock.slots.isEmpty)
    #expect(bench.ledger.codes.isEmpty)
  }

  @Test func `L12 with the adapter gone it is unknown, and what it was when the adapter is back`() throws {
    var bench = Self.ready()
    let set = try bench.create("1357")
    let waiting = try bench.create("2468", from: .hours(100))
    let going = try bench.create("9753")
    bench.work()
    bench.delete(going)
    _ = bench.newEvents()
    bench.ledger.isAdapterGone = true
    bench.ledger.becameUnreachable()
    bench.announce()
    #expect(bench.status(set) == .unknown)
    #expect(bench.status(waiting) == .unknown)
    #expect(bench.status(going) == .removing)
    bench.ledger.isAdapterGone = false
    bench.announce()
    #expect(bench.status(set) == .set)
    #expect(bench.status(waiting) == .unset)
    #expect(bench.newEvents() == [])
  }

  @Test func `L15 and R56 a changed PIN is setting until confirmed, then told with what it was`() throws {
    var bench = Self.ready()
    let id = try bench.create("1357")
    bench.work()
    _ = bench.newEvents()
    let before = try #require(bench.ledger.codes[id]?.terms)
    let pin = try #require(PINCode("2468"))
    bench.update(id) { $0.pin = pin }
    #expect(bench.status(id) == .setting)
    #expect(bench.state(id)?.mutations == [.updatingCode(from: before.pin)])
    #expect(bench.work().count == 1, "in place")
    #expect(bench.lock.slots.values.map(\.pin) == [pin])
    #expect(bench.newEvents() == [.changed(id, from: before), .set(id)])
    #expect(bench.state(id)?.mutations == [])
  }

  @Test func `R56 every part that changes is pending until the lock confirms`() throws {
    var bench = LedgerBench(nameBytes: 10)
    bench.connect()
    let id = try bench.create("1357", name: "Ada", from: .zero, to: .hours(2))
    bench.work()
    let before = try #require(bench.ledger.codes[id]?.terms)
    let pin = try #require(PINCode("2468"))
    bench.update(id) { terms in terms = .init(name: "Bob", pin: pin, window: nil) }
    #expect(
      bench.state(id)?.mutations == [
        .updatingCode(from: before.pin), .updatingName(from: "Ada"), .updatingTimeFrame(from: before.window),
      ])
    bench.work()
    #expect(bench.state(id)?.mutations == [])
    #expect(bench.lock.slots[1]?.window == nil)
    #expect(bench.lock.slots[1]?.name == "Bob")
  }

  @Test func `R20 a new name alone is told without a write where the lock stores no names`() throws {
    var bench = Self.ready()
    let id = try bench.create("1357", name: "Ada")
    bench.work()
    _ = bench.newEvents()
    let before = try #require(bench.ledger.codes[id]?.terms)
    bench.update(id) { $0.name = "Bob" }
    #expect(bench.newEvents() == [.changed(id, from: before)])
    #expect(bench.status(id) == .set)
    #expect(bench.work().isEmpty)
  }

  @Test func `an update of a code that is not programmed yet changes what will be programmed and is not told`() throws {
    var bench = Self.ready()
    bench.ledger.becameUnreachable()
    let id = try bench.create("1357")
    let pin = try #require(PINCode("2468"))
    bench.update(id) { $0.pin = pin }
    #expect(bench.state(id)?.mutations == [.creating])
    bench.connect()
    #expect(bench.work().count == 1)
    #expect(bench.newEvents() == [.set(id)])
    #expect(bench.lock.slots.values.map(\.pin) == [pin])
  }

  @Test func `P09 of many updates while one is under way only the last is written`() throws {
    var bench = Self.ready()
    let id = try bench.create("1357")
    bench.begin()
    for digits in ["2000", "2001", "2002", "2003"] {
      let pin = try #require(PINCode(digits))
      bench.update(id) { $0.pin = pin }
    }
    bench.end(bench.jobs[0], bench.lock.perform(bench.jobs[0].command))
    #expect(bench.status(id) == .setting, "what was proven is no longer what is wanted")
    bench.work()
    #expect(bench.lock.writes == 2)
    #expect(bench.lock.slots.values.map(\.pin.digits) == ["2003"])
    #expect(bench.newEvents() == [.set(id)])
  }

  @Test func `R52 a window that moves away takes the code off the lock, and back when it is time`() throws {
    var bench = Self.ready()
    let id = try bench.create("1357")
    bench.work()
    let window = TimeWindow(start: bench.now + .hours(100), end: bench.now + .hours(101))
    bench.update(id) { $0.window = window }
    #expect(bench.status(id) == .removing)
    bench.work()
    #expect(bench.status(id) == .unset)
    #expect(bench.newEvents() == [.set(id), .removed(id)])
    bench.pass(.hours(28))
    #expect(bench.newEvents() == [.scheduled(id)])
  }

  @Test func `R62 a code that was never programmed is only told to be deleted`() throws {
    var bench = Self.ready()
    let id = try bench.create("1357", from: .hours(100))
    bench.delete(id)
    #expect(bench.events.count == 1)
    guard case .deleted(let code)? = bench.events.first else {
      Issue.record("not told to be deleted")
      return
    }
    #expect(code.id == id)
    #expect(bench.ledger.codes.isEmpty && bench.work().isEmpty)
  }

  @Test func `R62 a code deleted while its first write is under way is looked for and erased`() throws {
    for fault in [SlotOracle.Fault.lostAfter, .lostBefore, .busy, nil] {
      var bench = Self.ready()
      let id = try bench.create("1357")
      let begun = bench.begin()
      let job = try #require(begun)
      bench.delete(id)
      #expect(bench.newEvents() == [], "not gone while it may be on its way to the lock")
      bench.end(job, bench.lock.perform(job.command, fault: fault))
      bench.work()
      #expect(bench.lock.slots.isEmpty)
      #expect(bench.ledger.codes.isEmpty)
      #expect(bench.events.filter { if case .deleted = $0 { true } else { false } }.count == 1)
    }
  }

  @Test func `P01 a removal not proven within five minutes is an error, for an end and for a deletion`() throws {
    for deletes in [true, false] {
      var bench = Self.ready(grain: nil)
      let id = try bench.create("1357", from: .zero, to: .hours(2))
      bench.work()
      _ = bench.newEvents()
      bench.ledger.becameUnreachable()
      bench.now = bench.now + .hours(deletes ? 1 : 2)
      if deletes { bench.delete(id) }
      bench.pass(.minutes(5) - .milliseconds(1))
      #expect(bench.newEvents() == [])
      bench.pass(.milliseconds(1))
      bench.pass(.hours(9))
      #expect(bench.newEvents() == [.failedToRemove(id)])
      #expect(bench.status(id) == .removing)
      #expect(bench.state(id)?.problem?.code == ErrorCode.failedToRemove)
      bench.connect()
      bench.work()
      #expect(bench.events.first == .removed(id))
      #expect(bench.state(id)?.problem == nil)
    }
  }

  @Test func `fullness is an error until a slot is free, however the lock is looked at meanwhile`() throws {
    var bench = Self.ready(SlotOracle(numbers: 1...2, hasCount: false))
    let first = try bench.create("1001")
    try bench.create("1002")
    let third = try bench.create("1003")
    bench.work()
    _ = bench.newEvents().last
    #expect(bench.state(third)?.problem?.code == ErrorCode.noSpace)
    bench.ledger.slotsChanged(nil)
    bench.announce()
    #expect(bench.state(third)?.problem?.code == ErrorCode.noSpace)
    bench.restart()
    bench.connect()
    bench.work()
    #expect(bench.newEvents() == [], "told once")
    bench.delete(first)
    bench.work()
    #expect(bench.status(third) == .set)
    #expect(bench.state(third)?.problem == nil)
  }

  @Test func `a code that was refused for good keeps no slot from others`() throws {
    var bench = Self.ready(SlotOracle(numbers: 1...1))
    bench.lock.rejected = [try #require(PINCode("1111"))]
    let bad = try bench.create("1111")
    let good = try bench.create("1357")
    bench.work()
    #expect(bench.status(good) == .set)
    #expect(bench.state(bad)?.problem?.code == ErrorCode.constraintsViolated)
  }

  @Test func `P06 used, free and foreign slots add up, and all come back when everything is deleted`() throws {
    var bench = Self.ready(SlotOracle(numbers: 1...4))
    try bench.tamper(2, pin: "8888")
    let ids = try ["1001", "1002", "1003", "1004"].map { try bench.create($0) }
    bench.work()
    #expect(bench.ledger.slots.values.filter { $0.holder != nil }.map(\.number).sorted() == [1, 3, 4])
    #expect(bench.ledger.strangers.keys.sorted() == [2])
    for id in ids { bench.delete(id) }
    bench.work()
    #expect(
      bench.ledger.slots.values.filter { $0.holder == nil && $0.isProvenEmpty }.map(\.number).sorted() == [1, 3, 4])
  }
}

/// Doors whose codes the gateway itself checks.
@Suite struct LedgerGatewayTests {
  @Test func `a code is set without a word to the lock, and gone at its end`() throws {
    var bench = LedgerBench.gateway()
    let id = try bench.create("1357", from: .hours(1), to: .hours(2))
    #expect(bench.newEvents() == [.scheduled(id)])
    bench.pass(.hours(1))
    #expect(bench.newEvents() == [.set(id)])
    bench.pass(.hours(1))
    #expect(bench.newEvents() == [.removed(id)])
    #expect(bench.jobs.isEmpty && bench.ledger.slots.isEmpty)
    bench.connect()
    #expect(bench.begin() == nil)
  }

  @Test func `an update is proven at once, a deletion is final at once, a restart tells nothing`() throws {
    var bench = LedgerBench.gateway()
    let id = try bench.create("1357")
    let before = try #require(bench.ledger.codes[id]?.terms)
    let pin = try #require(PINCode("2468"))
    bench.update(id) { $0.pin = pin }
    #expect(bench.newEvents() == [.set(id), .changed(id, from: before)])
    bench.restart()
    #expect(bench.newEvents() == [])
    bench.delete(id)
    #expect(bench.events.first == .removed(id) && bench.events.count == 2)
    #expect(bench.ledger.codes.isEmpty && bench.ledger.slots.isEmpty)
  }
}
