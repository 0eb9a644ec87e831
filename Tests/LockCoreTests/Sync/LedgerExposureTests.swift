import LockCore
import Testing

/// Which PINs would go on to open the door if the gateway died now.
@Suite struct LedgerExposureTests {
  private func exposed(_ bench: LedgerBench) -> [Exposure] { bench.ledger.exposures(at: bench.now) }

  @Test func `a code without end is no excess, one that the lock ends neither`() throws {
    var bench = LedgerBench()
    try bench.create("1234")
    try bench.create("2345", from: .minutes(-10), to: .hours(2))
    #expect(self.exposed(bench).isEmpty, "nothing was written yet")
    bench.connect()
    bench.work()
    let found = self.exposed(bench)
    #expect(found.map(\.reason) == [.endsByItself, .ongoing] || found.map(\.reason) == [.ongoing, .endsByItself])
    #expect(found.allSatisfy { !$0.isExcess })
    #expect(found.first { $0.reason == .endsByItself }?.opensUntil != nil)
    #expect(found.first { $0.reason == .ongoing }?.opensUntil == nil)
  }

  @Test func `an end that only the gateway can keep is an excess that never ends`() throws {
    var bench = LedgerBench(grain: nil)
    try bench.create("1234", from: .minutes(-10), to: .hours(2))
    bench.connect()
    bench.work()
    let found = try #require(self.exposed(bench).first)
    #expect(found.reason == .endNeedsGateway)
    #expect(found.isExcess)
    #expect(found.opensUntil == nil)
    #expect(found.shouldEndAt == bench.now + .hours(2))
  }

  @Test func `what is to be removed is exposed until it is proven to be gone`() throws {
    var bench = LedgerBench()
    let id = try bench.create("1234")
    bench.connect()
    bench.work()
    bench.delete(id)
    #expect(self.exposed(bench).map(\.reason) == [.removalPending])
    // The lock falls silent while it is erased: nobody knows.
    bench.step(fault: .lostAfter)
    #expect(self.exposed(bench).map(\.reason) == [.removalPending])
    bench.pass(.minutes(1))
    #expect(self.exposed(bench).isEmpty)
  }

  @Test func `a lock that ends a code itself does so while its removal waits`() throws {
    var bench = LedgerBench()
    let id = try bench.create("1234", from: .minutes(-10), to: .hours(2))
    bench.connect()
    bench.work()
    bench.delete(id)
    bench.ledger.becameUnreachable()
    let found = try #require(self.exposed(bench).first)
    #expect(found.reason == .removalPending)
    #expect(found.opensUntil.map { $0 >= bench.now + .hours(2) } == true)
    bench.now = bench.now + .hours(3)
    #expect(self.exposed(bench).isEmpty, "the lock has ended it")
  }

  @Test func `an earlier PIN is exposed until the new one is proven`() throws {
    var bench = LedgerBench()
    let id = try bench.create("1234")
    bench.connect()
    bench.work()
    bench.update(id) { $0.pin = PINCode("9876") ?? $0.pin }
    #expect(self.exposed(bench).map(\.reason) == [.changePending])
    bench.work()
    #expect(self.exposed(bench).map(\.reason) == [.ongoing])
  }

  @Test func `an end that was brought forward is exposed until the lock has it`() throws {
    var bench = LedgerBench()
    let id = try bench.create("1234", from: .minutes(-10), to: .hours(9))
    bench.connect()
    bench.work()
    let end = bench.now + .hours(1)
    bench.update(id) { $0.window?.end = end }
    let found = try #require(self.exposed(bench).first)
    #expect(found.reason == .changePending)
    #expect(found.shouldEndAt == end)
    bench.work()
    #expect(self.exposed(bench).map(\.reason) == [.endsByItself])
  }

  @Test func `a code of others is told, and a gateway that decides itself exposes nothing`() throws {
    var bench = LedgerBench()
    bench.connect()
    bench.work()
    try bench.tamper(2, pin: "5555")
    bench.work()
    #expect(self.exposed(bench).map(\.reason) == [.unmanaged])
    var door = LedgerBench.gateway()
    try door.create("1234")
    door.connect()
    #expect(self.exposed(door).isEmpty)
  }
}
