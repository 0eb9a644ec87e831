import LockCore
import Testing

/// When a code belongs on the lock (contract 5.4).
@Suite struct LedgerPresenceTests {
  struct Case: CustomTestStringConvertible {
    var rule: String
    var from: Duration?
    var to: Duration = .hours(1000)
    var native = true
    var grain: Duration? = .minutes(1)
    var expected: LockLedger.Presence
    var testDescription: String { self.rule }
  }

  static let now = LedgerBench.noon

  @Test(arguments: [
    Case(rule: "R1 without times it does at once", from: nil, expected: .due),
    Case(
      rule: "R30 natively 72 h ahead, not before", from: .hours(72) + .milliseconds(1),
      expected: .later(now + .milliseconds(1))),
    Case(rule: "R30 natively 72 h ahead, from then on", from: .hours(72), expected: .due),
    Case(
      rule: "R31 just in time when native is not preferred", from: .hours(72), native: false,
      expected: .later(now + .hours(71))),
    Case(
      rule: "R32 just in time 60 min ahead, not before", from: .minutes(60) + .milliseconds(1), grain: nil,
      expected: .later(now + .milliseconds(1))),
    Case(rule: "R32 just in time 60 min ahead, from then on", from: .minutes(60), grain: nil, expected: .due),
    Case(rule: "R35 created inside its window", from: .hours(-1), expected: .due),
    Case(rule: "R34 one moment before its end", from: .hours(-2), to: .milliseconds(1), expected: .due),
    Case(rule: "R34 at its end", from: .hours(-2), to: .zero, expected: .over),
  ]) func `R30 R31 R32 R34 R35 a code belongs on the lock`(_ row: Case) throws {
    var bench = LedgerBench(grain: row.grain)
    let id = try bench.create("1357", from: row.from, to: row.to, native: row.native)
    let code = try #require(bench.ledger.codes[id])
    #expect(bench.ledger.presence(of: code, at: bench.now) == row.expected)
  }

  @Test func `R61 a code that is being deleted belongs nowhere`() throws {
    var bench = LedgerBench()
    let id = try bench.create("1357")
    bench.connect()
    bench.work()
    bench.delete(id)
    let code = try #require(bench.ledger.codes[id])
    #expect(bench.ledger.presence(of: code, at: bench.now) == .over)
  }

  @Test func `R30 natively it is stored at 72 h with its times, R31 just in time at 60 min without`() throws {
    for (native, lead) in [(true, Duration.hours(72)), (false, .minutes(60))] {
      var bench = LedgerBench()
      bench.connect()
      let id = try bench.create("1357", from: .hours(100), to: .hours(101), native: native)
      bench.pass(.hours(100) - lead - .milliseconds(1))
      #expect(bench.lock.slots.isEmpty)
      bench.pass(.milliseconds(1))
      let stored = try #require(bench.lock.slots[1])
      let window = try #require(bench.ledger.codes[id]?.terms.window)
      #expect(stored.window == (native ? window : nil))
    }
  }

  @Test func `P01 an end is written with the code, widened to the grid of the lock`() throws {
    var bench = LedgerBench(at: Timestamp(milliseconds: 1_780_000_021_500))
    bench.connect()
    try bench.create("1357", from: .zero, to: .hours(1))
    bench.work()
    let window = try #require(bench.lock.slots[1]?.window)
    #expect(window.start == Timestamp(milliseconds: 1_780_000_020_000))
    #expect(window.end == Timestamp(milliseconds: 1_780_003_680_000))
  }

  @Test func `R20 a name is cut to whole characters that the lock can store`() throws {
    var bench = LedgerBench(nameBytes: 5)
    bench.connect()
    let id = try bench.create("1357", name: "Zoë 🏠 home")
    bench.work()
    #expect(bench.lock.slots[1]?.name == "Zoë ")
    #expect(bench.ledger.codes[id]?.terms.name == "Zoë 🏠 home")
  }
}
