import LockCore
import Testing

@Suite struct TimeWindowTests {
  @Test(
    arguments: [
      (0, 60_000, 0, 60_000), (1, 60_001, 0, 120_000), (59_999, 60_000, 0, 60_000), (60_000, 60_001, 60_000, 120_000),
      (-1, 1, -60_000, 60_000), (-60_000, -1, -60_000, 0), (-60_001, -60_000, -120_000, -60_000),
      (-119_999, -60_001, -120_000, -60_000),
    ] as [(Int64, Int64, Int64, Int64)])
  func `P09 a window is widened to the grid, never narrowed`(start: Int64, end: Int64, from: Int64, to: Int64) {
    let window = TimeWindow(start: .init(milliseconds: start), end: .init(milliseconds: end))
    let widened = window.widened(to: .minutes(1))
    #expect(widened == TimeWindow(start: .init(milliseconds: from), end: .init(milliseconds: to)))
    #expect(widened.widened(to: .minutes(1)) == widened)
  }

  @Test(arguments: [Duration.zero, .milliseconds(1), .microseconds(1), .seconds(-60)])
  func `a grid of a millisecond or less leaves the window as it is`(grain: Duration) {
    let window = TimeWindow(start: .init(milliseconds: -7), end: .init(milliseconds: 13))
    #expect(window.widened(to: grain) == window)
  }

  @Test func `a window at the ends of time is widened without overflow`() {
    let all = TimeWindow(start: .init(milliseconds: .min), end: .init(milliseconds: .max)).widened(to: .minutes(1))
    #expect(all.start <= .distantPast && all.end >= .distantFuture)
  }

  @Test func `a window opens at its start and no longer at its end`() {
    let window = TimeWindow(start: .init(milliseconds: 10), end: .init(milliseconds: 20))
    #expect([9, 10, 19, 20].map { window.contains(.init(milliseconds: $0)) } == [false, true, true, false])
  }
}
