import LockCore
import Testing

/// Which times an offline code can have, and how others are rounded.
@Suite struct OfflineScheduleTests {
  private static func date(_ text: String) throws -> Timestamp { try #require(Timestamp(iso8601: text)) }

  @Test(arguments: [
    ("2026-05-01T14:00:00Z", "2026-05-01T15:00:00Z", OfflineTerm.hours(1)),
    ("2026-05-01T14:20:00Z", "2026-05-01T15:20:00Z", .hours(2)),
    ("2026-05-01T14:00:00Z", "2026-05-04T14:00:00Z", .hours(72)),
    ("2026-05-01T14:00:00Z", "2026-05-05T14:00:00Z", .days(4)),
    ("2026-05-01T14:59:59Z", "2026-05-05T13:00:01Z", .days(4)),
    ("2026-05-01T14:00:00Z", "2026-07-02T14:00:00Z", .days(62)),
    ("2026-05-01T14:00:00Z", "2026-07-03T14:00:00Z", .weeks(9)),
    ("2026-05-01T14:00:00Z", "2027-05-07T14:00:00Z", .weeks(53)),
  ])
  func `R42 Times are widened to the hour and to the next length`(start: String, end: String, term: OfflineTerm) throws
  {
    let (start, end) = (try Self.date(start), try Self.date(end))
    let schedule = try OfflineSchedule(start: start, end: end, rounding: .hour)
    #expect(schedule.term == term)
    for code in schedule.codes {
      #expect(code.start <= start && start < code.start + .hours(1))
      #expect(code.end >= end && code.end - end <= .hours(1))
    }
    #expect(schedule.codes.map(\.variant) == Array(0..<term.variants))
  }

  @Test(arguments: [
    ("2026-05-04T15:00:00Z", 23), ("2026-05-04T15:00:01Z", 23), ("2026-05-05T15:00:00Z", 23),
    ("2026-07-02T15:00:00Z", 23),
  ])
  func `R42 What needs more than an hour of rounding is refused, unless a day is allowed`(
    end: String, hours: Int
  ) throws {
    let (start, end) = (try Self.date("2026-05-01T14:00:00Z"), try Self.date(end))
    let fault = #expect(throws: OfflineSchedule.Fault.self) {
      try OfflineSchedule(start: start, end: end, rounding: .hour)
    }
    guard case .needsRounding(let duration) = fault else { throw fault ?? .reversed }
    #expect((duration.wholeMilliseconds + 3_599_999) / 3_600_000 == Int64(hours))
    let schedule = try OfflineSchedule(start: start, end: end, rounding: .day)
    #expect(schedule.end - end == duration)
  }

  @Test func `R42 Beyond 62 days only whole weeks are near enough`() throws {
    let start = try Self.date("2026-05-01T14:00:00Z")
    for rounding in [OfflineSchedule.Rounding.hour, .day] {
      #expect(throws: OfflineSchedule.Fault.needsRounding(by: .hours(48))) {
        try OfflineSchedule(start: start, end: start + .hours(24 * 68), rounding: rounding)
      }
    }
    #expect(try OfflineSchedule(start: start, end: start + .hours(24 * 69), rounding: .day).term == .weeks(10))
    #expect(throws: OfflineSchedule.Fault.tooLong) {
      try OfflineSchedule(start: start, end: start + .hours(53 * 168 + 1), rounding: .day)
    }
  }

  @Test func `R43 A one-time code has 24 hours and needs no end`() throws {
    let start = try Self.date("2026-05-01T14:30:00Z")
    let schedule = try OfflineSchedule(start: start, end: nil, isOneTimeUse: true, rounding: .hour)
    #expect(schedule.term == .once)
    #expect(schedule.end == (try Self.date("2026-05-02T14:00:00Z")))
    #expect(schedule.codes.count == 21)
    #expect(
      try OfflineSchedule(start: start, end: start + .hours(24), isOneTimeUse: true, rounding: .hour) == schedule)
    #expect(throws: OfflineSchedule.Fault.onceHasNoEnd) {
      try OfflineSchedule(start: start, end: start + .hours(8), isOneTimeUse: true, rounding: .hour)
    }
    #expect(throws: OfflineSchedule.Fault.reversed) {
      try OfflineSchedule(start: start, end: nil, rounding: .hour)
    }
  }

  @Test func `R42 Times that no digits can say are refused`() throws {
    let start = Timestamp(milliseconds: -1)
    #expect(throws: OfflineSchedule.Fault.outOfRange) {
      try OfflineSchedule(start: start, end: start + .hours(2), rounding: .hour)
    }
    #expect(throws: OfflineSchedule.Fault.outOfRange) {
      try OfflineSchedule(start: .distantFuture - .hours(3), end: .distantFuture, rounding: .hour)
    }
    #expect(OfflineCode.hour(of: start) == -1)
    #expect(OfflineCode.hour(of: .init(milliseconds: -3_600_001)) == -2)
    #expect(OfflineCode(startHour: -1, slot: 0) == nil)
    #expect(OfflineCode(startHour: 0, term: .hours(73)) == nil)
    #expect(OfflineCode(startHour: 0, term: .weeks(9), variant: 1) == nil)
  }
}
