import Testing

@testable import Supervision

@Suite("Whether every loop of the daemon advances")
struct SupervisionTests {
  private static let interval = Duration.seconds(3)
  private static let budget = Duration.seconds(10)

  /// Looks every three seconds until `end`; the loops named in `silent` answer no question.
  private func watched(
    _ names: [String], silent: Set<String>, until end: Duration
  ) -> [(at: Duration, verdict: Supervision.Verdict)] {
    var supervision = Supervision(interval: Self.interval)
    let ids = names.map { (supervision.began($0, budget: Self.budget), $0) }
    var verdicts: [(Duration, Supervision.Verdict)] = []
    var now = Duration.zero
    while now <= end {
      let asked = supervision.looked(at: now)
      verdicts.append((now, supervision.verdict(at: now)))
      for (id, name) in ids where asked.contains(id) && !silent.contains(name) {
        supervision.advanced(id, at: now + .milliseconds(1))
      }
      now += Self.interval
    }
    return verdicts
  }

  @Test("loops that answer are alive, however long that goes on")
  func alive() {
    let verdicts = self.watched(["engine", "store"], silent: [], until: .seconds(300))
    #expect(verdicts.allSatisfy { $0.verdict == Supervision.Verdict(stuck: [], count: 2) })
  }

  @Test("one loop that does not answer is named once its budget is over, and not before")
  func stuck() {
    let verdicts = self.watched(["engine", "store"], silent: ["store"], until: .seconds(60))
    for (date, verdict) in verdicts { #expect(verdict.stuck == (date > Self.budget ? ["store"] : [])) }
  }

  @Test("every loop that does not answer is named, in order")
  func allStuck() {
    let verdicts = self.watched(["b", "a", "c"], silent: ["a", "b"], until: .seconds(12))
    #expect(verdicts.last?.verdict.stuck == ["a", "b"])
  }

  @Test("a loop that owes an answer is not asked again; once it answers it is alive, and asked again")
  func recovers() {
    var supervision = Supervision(interval: Self.interval)
    let id = supervision.began("engine", budget: Self.budget)
    #expect(supervision.looked(at: .zero) == [id])
    for second in stride(from: 3, through: 15, by: 3) { #expect(supervision.looked(at: .seconds(second)) == []) }
    #expect(!supervision.verdict(at: .seconds(15)).isAlive)
    supervision.advanced(id, at: .seconds(16))
    #expect(supervision.verdict(at: .seconds(16)).isAlive)
    #expect(supervision.looked(at: .seconds(18)) == [id])
  }

  @Test("a loop that has ended is missed by nobody")
  func ended() {
    var supervision = Supervision(interval: Self.interval)
    let id = supervision.began("link", budget: Self.budget)
    _ = supervision.looked(at: .zero)
    supervision.ended(id)
    #expect(supervision.verdict(at: .seconds(60)) == Supervision.Verdict(stuck: [], count: 0))
  }

  @Test("time in which the whole process was stopped is not held against a loop")
  func stopped() {
    var supervision = Supervision(interval: Self.interval)
    let id = supervision.began("engine", budget: Self.budget)
    _ = supervision.looked(at: .zero)
    // An hour later everything goes on, the watchdog a moment before the loop.
    _ = supervision.looked(at: .seconds(3600))
    #expect(supervision.verdict(at: .seconds(3600)).isAlive)
    for second in stride(from: 3603, through: 3612, by: 3) { _ = supervision.looked(at: .seconds(second)) }
    #expect(supervision.verdict(at: .seconds(3612)).stuck == ["engine"])
    supervision.advanced(id, at: .seconds(3613))
    #expect(supervision.verdict(at: .seconds(3613)).isAlive)
  }

  @Test("whoever is caught anywhere, no sign of life is given after 28 s with a limit of 15 s")
  func bound() {
    let limit = Duration.seconds(15)
    let watchdog = Watchdog(limit: limit)
    // Caught just after it answered, noticed at the look after its budget, killed a limit after the look before.
    #expect(watchdog.interval + watchdog.budget + limit <= .seconds(28))
  }
}
