/// The times that somebody wishes for an offline code, brought onto the grid of starts and terms (contract R42, R43):
/// the start is rounded down to the hour, the end up to the next term.
public struct OfflineSchedule: Hashable, Sendable {
  /// How far a time may be rounded.
  public enum Rounding: Hashable, Sendable {
    /// By an hour at most.
    case hour
    /// By a day at most.
    case day

    var limit: Duration {
      switch self {
      case .hour: .hours(1)
      case .day: .hours(24)
      }
    }
  }

  /// Why no code has such times.
  public enum Fault: Error, Hashable, Sendable {
    /// The end is not after the start.
    case reversed
    /// The start is before 1970, or in the last year of the calendar.
    case outOfRange
    /// Longer than 53 weeks.
    case tooLong
    /// A one-time code is good for 24 hours; another end was given.
    case onceHasNoEnd
    /// The next longer term ends so much later than asked, and that is more than allowed.
    case needsRounding(by: Duration)

    /// The reason as a sentence for whoever asked.
    public var explanation: String {
      switch self {
      case .reversed: "ends_at must be after starts_at"
      case .outOfRange: "starts_at is outside of what an offline access code can say"
      case .tooLong: "an offline access code lasts 53 weeks at most"
      case .onceHasNoEnd:
        "a one-time offline access code is good for 24 hours from the hour of starts_at; leave ends_at out"
      case .needsRounding(let duration):
        "no offline access code has these times: they last 1 to 72 hours, 4 to 62 times 24 hours, or 9 to 53 weeks (offline_time_frame_options). ends_at would have to be rounded up by \((duration.wholeMilliseconds + 3_599_999) / 3_600_000) hours, which is more than max_time_rounding allows. Give times that fit, or max_time_rounding 1day where that is enough"
      }
    }
  }

  /// The hour in which it begins, as in ``OfflineCode/startHour``.
  public let startHour: Int
  /// How long it is good.
  public let term: OfflineTerm

  /// Finds the narrowest times on the grid that keep the promise.
  /// - Parameters:
  ///   - start: first instant at which it should open.
  ///   - end: first instant at which it need not open any more; nil for a one-time code alone.
  ///   - isOneTimeUse: one opening within 24 hours of the start.
  ///   - rounding: how far a time may be rounded.
  /// - Throws: why there are none.
  public init(start: Timestamp, end: Timestamp?, isOneTimeUse: Bool = false, rounding: Rounding) throws(Fault) {
    let hour = OfflineCode.hour(of: start)
    guard hour >= 0, hour < Self.firstHourTooLate else { throw .outOfRange }
    self.startHour = hour
    if isOneTimeUse {
      self.term = .once
      guard let end else { return }
      guard end > start else { throw .reversed }
      let error = self.end - end
      guard max(error, .zero - error) <= rounding.limit else { throw .onceHasNoEnd }
      return
    }
    guard let end, end > start else { throw .reversed }
    let length = end - Timestamp(milliseconds: Int64(hour) * 3_600_000)
    let terms = OfflineTerm.all.filter { $0 != .once }
    guard let term = terms.first(where: { .hours($0.lengthInHours) >= length }) else { throw .tooLong }
    self.term = term
    let excess = self.end - end
    guard excess <= rounding.limit else { throw .needsRounding(by: excess) }
  }

  /// From here on an end may lie beyond the last date there is.
  private static let firstHourTooLate =
    OfflineCode.hour(of: .distantFuture) - OfflineTerm.weeks(OfflineTerm.weekly.upperBound).lengthInHours

  /// The first instant at which it no longer opens.
  public var end: Timestamp {
    Timestamp(milliseconds: Int64(self.startHour + self.term.lengthInHours) * 3_600_000)
  }

  /// Every code with these times, the first variant first.
  public var codes: [OfflineCode] {
    (0..<self.term.variants).compactMap { OfflineCode(startHour: self.startHour, term: self.term, variant: $0) }
  }
}
