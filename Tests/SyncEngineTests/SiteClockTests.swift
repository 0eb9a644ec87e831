import LockCore
import Testing

@testable import SyncEngine

@Suite struct SiteClockTests {
  private static let seen = Timestamp(milliseconds: 1_800_000_000_000)

  @Test(arguments: [
    // wall clock relative to what was seen, kept by a time daemon, expected relative to what was seen
    (Duration.seconds(-1_000_000_000), false, Duration.zero),
    (.seconds(-1), false, .zero),
    (.zero, false, .zero),
    (.hours(1), false, .hours(1)),
    (.hours(-1), true, .hours(-1)),
    (.hours(1), true, .hours(1)),
  ]) func `a clock that nobody keeps is not believed when it is behind what was seen`(
    wall: Duration, isSynchronized: Bool, expected: Duration
  ) {
    #expect(
      SiteClock.date(wall: Self.seen + wall, isSynchronized: isSynchronized, floor: Self.seen) == Self.seen + expected)
  }
}
