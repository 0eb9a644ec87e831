import LockCore
import Testing

@Suite struct TimestampTests {
  @Test(arguments: [
    ("2023-11-10T00:00:00-00:00", "2023-11-10T00:00:00.000Z"),
    ("2026-02-28T23:59:59.9996Z", "2026-02-28T23:59:59.999Z"),
    ("2024-02-29T12:30+05:30", "2024-02-29T07:00:00.000Z"),
    ("2024-12-31T24:00:00Z", "2025-01-01T00:00:00.000Z"),
    ("2016-12-31t23:59:60z", "2016-12-31T23:59:59.000Z"),
    ("1969-12-31 23:59:59.5", "1969-12-31T23:59:59.500Z"),
    ("2026-07-01", "2026-07-01T00:00:00.000Z"),
    ("2026-07-01T10:00:00+02", "2026-07-01T08:00:00.000Z"),
    ("0000-01-01T00:00:00Z", "0000-01-01T00:00:00.000Z"),
    ("9999-12-31T23:59:59.999Z", "9999-12-31T23:59:59.999Z"),
  ]) func `any ISO 8601 form is read and printed as UTC with milliseconds`(text: String, printed: String) {
    #expect(Timestamp(iso8601: text)?.iso8601 == printed)
  }

  @Test(arguments: [
    "", "now", "2026-02-30T00:00:00Z", "2026-13-01", "2026-01-01T25:00:00Z", "2026-01-01T10:60:00Z",
    "2026-01-01T10:00:00X", "2026-01-01T10:00:00+25:00", "2026-01-01T10:00:00Z ", "26-01-01", "2026-01-01T10",
    "2026-01-01T10:00:00.Z", "２０２６-01-01",
  ]) func `anything else is refused`(text: String) {
    #expect(Timestamp(iso8601: text) == nil)
  }

  @Test func `days of 800 years survive print and read`() {
    for day in stride(from: Int64(-146_097), through: 146_097, by: 7) {
      let noon = Timestamp(milliseconds: day * 86_400_000 + 43_200_123)
      #expect(Timestamp(iso8601: noon.iso8601) == noon)
    }
  }

  @Test func `adding never overflows`() {
    #expect(Timestamp(milliseconds: .max) + .seconds(1) == .distantFuture)
    #expect(Timestamp(milliseconds: .min) - .seconds(1) == .distantPast)
  }
}
