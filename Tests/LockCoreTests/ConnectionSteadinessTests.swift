import LockCore
import Testing

@Suite struct ConnectionSteadinessTests {
  private let start = Timestamp(milliseconds: 1_800_000_000_000)

  private func afterLosses(every gap: Duration, _ count: Int) -> (ConnectionSteadiness, [Int], last: Timestamp) {
    var (steadiness, flaky) = (ConnectionSteadiness(), [Int]())
    var now = self.start
    for number in 1...count {
      now = now + gap
      if steadiness.lost(at: now) == .becameFlaky { flaky.append(number) }
      steadiness.regained(at: now)
    }
    return (steadiness, flaky, now)
  }

  @Test func `four losses within an hour are flaky, told once`() {
    let (steadiness, flaky, _) = self.afterLosses(every: .minutes(15), 10)
    #expect(flaky == [4])
    #expect(steadiness.isFlaky)
    #expect(steadiness.losses.count == ConnectionSteadiness.flakyLosses)
  }

  @Test func `losses that are further apart are not`() {
    let (steadiness, flaky, _) = self.afterLosses(every: .minutes(21), 50)
    #expect(flaky.isEmpty)
    #expect(!steadiness.isFlaky)
  }

  @Test func `an hour without a loss makes it steady, told once; an hour of silence does not`() {
    var (steadiness, _, last) = self.afterLosses(every: .minutes(1), 4)
    #expect(steadiness.settlesAt == last + .hours(1))
    #expect(steadiness.settled(at: last + .minutes(59)) == nil)
    #expect(steadiness.lost(at: last + .minutes(59)) == nil)
    #expect(steadiness.settlesAt == nil)
    #expect(steadiness.settled(at: last + .hours(5)) == nil)
    steadiness.regained(at: last + .hours(5))
    #expect(steadiness.settled(at: last + .hours(6)) == .stabilized)
    #expect(steadiness.settled(at: last + .hours(7)) == nil)
    #expect(steadiness == ConnectionSteadiness())
  }

  @Test func `a clock that was set back makes nothing flaky and keeps nothing so`() {
    var (steadiness, _, last) = self.afterLosses(every: .minutes(1), 3)
    #expect(steadiness.lost(at: last - .hours(24)) == nil)
    var (other, _, end) = self.afterLosses(every: .minutes(1), 4)
    #expect(other.settled(at: end - .hours(24)) == .stabilized)
  }
}
