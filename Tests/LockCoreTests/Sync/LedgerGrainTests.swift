import LockCore
import Seeded
import Testing

/// What the gateway and the lock make of times and names is nobody's change: rule R100.
@Suite struct LedgerGrainTests {
  private static let grains: [Duration?] = [
    nil, .milliseconds(1), .seconds(1), .seconds(7), .minutes(1), .minutes(15), .hours(1), .hours(24),
  ]
  private static let names = [
    nil, "", "Ada", "Zoë Müller-Lüdenscheidt", "👩‍👩‍👧‍👦👩‍👩‍👧‍👦👩‍👩‍👧‍👦", "a\u{301}\u{0}b", "  padded  ",
    String(repeating: "x", count: 200),
  ]

  @Test(arguments: grains.indices)
  func `R100 R102 rounding, cutting and padding are never an external change`(index: Int) throws {
    var random = SeededRandom(seed: UInt64(index))
    for nameBytes in [0, 1, 4, 20, 64] {
      for name in Self.names {
        var bench = LedgerBench(grain: Self.grains[index], nameBytes: nameBytes)
        bench.lock.padsNames = true
        bench.connect()
        let start = Duration.milliseconds(Int64.random(in: -90_000_000...90_000_000, using: &random))
        let end = max(start, .zero) + .milliseconds(Int64.random(in: 1...900_000_000, using: &random))
        let id = try bench.create("1111", name: name, from: start, to: end)
        let stop = bench.now + end
        for _ in 0..<6 {
          bench.work()
          self.expectNoChange(of: id, in: &bench)
          // Another look at everything; a restart; a change that may be less than the grid.
          bench.ledger.isInventoried = false
          bench.restart()
          bench.connect()
          bench.work()
          self.expectNoChange(of: id, in: &bench)
          bench.update(id) { terms in
            let shift = Duration.milliseconds(Int64.random(in: -2000...2000, using: &random))
            terms.window = terms.window.map { TimeWindow(start: $0.start + shift, end: max($0.end + shift, stop)) }
          }
          bench.pass(.milliseconds(Int64.random(in: 0...60_000_000, using: &random)))
        }
        self.expectNoChange(of: id, in: &bench)
      }
    }
  }

  private func expectNoChange(of id: AccessCodeID, in bench: inout LedgerBench) {
    let told = bench.newEvents()
    #expect(!told.contains(.modifiedAtLock(id)) && !told.contains(.removedAtLock(id)))
    #expect(bench.state(id)?.drift == nil && bench.ledger.codes[id]?.announced.drift == nil)
    guard let code = bench.ledger.codes[id], bench.ledger.presence(of: code, at: bench.now) == .due else { return }
    #expect(bench.state(id)?.isProven == true)
  }
}
