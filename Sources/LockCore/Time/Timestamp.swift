/// A point on the UTC time line, in whole milliseconds since 1970-01-01T00:00:00Z (no leap seconds).
public struct Timestamp: Hashable, Comparable, Sendable, Codable {
  /// Milliseconds since 1970-01-01T00:00:00Z; negative before it.
  public var milliseconds: Int64

  /// Makes a point in time.
  /// - Parameter milliseconds: milliseconds since 1970-01-01T00:00:00Z.
  public init(milliseconds: Int64) { self.milliseconds = milliseconds }

  /// Decodes the bare number of milliseconds.
  public init(from decoder: any Decoder) throws {
    self.milliseconds = try decoder.singleValueContainer().decode(Int64.self)
  }

  /// Encodes the bare number of milliseconds.
  public func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    try container.encode(self.milliseconds)
  }

  /// Orders by time.
  public static func < (lhs: Timestamp, rhs: Timestamp) -> Bool {
    lhs.milliseconds < rhs.milliseconds
  }

  /// The point `duration` later, truncated to milliseconds; stays at the far end instead of overflowing.
  public static func + (lhs: Timestamp, duration: Duration) -> Timestamp {
    let (sum, overflow) = lhs.milliseconds.addingReportingOverflow(duration.wholeMilliseconds)
    if overflow { return duration < .zero ? .distantPast : .distantFuture }
    return Timestamp(milliseconds: sum)
  }

  /// The point `duration` earlier.
  public static func - (lhs: Timestamp, duration: Duration) -> Timestamp { lhs + (.zero - duration) }

  /// The time from `rhs` to `lhs`.
  public static func - (lhs: Timestamp, rhs: Timestamp) -> Duration {
    .milliseconds(lhs.milliseconds - rhs.milliseconds)
  }

  /// Before everything that happens here (year 0000).
  public static let distantPast = Timestamp(milliseconds: -62_167_219_200_000)
  /// After everything that happens here (end of year 9999).
  public static let distantFuture = Timestamp(milliseconds: 253_402_300_799_999)
}

extension Duration {
  /// The duration in whole milliseconds, cut towards zero, clamped to `Int64`.
  public var wholeMilliseconds: Int64 {
    let (seconds, attoseconds) = self.components
    let (scaled, overflow) = seconds.multipliedReportingOverflow(by: 1000)
    if overflow { return seconds < 0 ? .min : .max }
    let (sum, overflowed) = scaled.addingReportingOverflow(attoseconds / 1_000_000_000_000_000)
    return overflowed ? (seconds < 0 ? .min : .max) : sum
  }

  /// Whole minutes as a duration.
  public static func minutes(_ minutes: Int) -> Duration { .seconds(60 * minutes) }
  /// Whole hours as a duration.
  public static func hours(_ hours: Int) -> Duration { .seconds(3600 * hours) }
}
