/// The present, as it is handed to every decision: how long the box has been up, and what the calendar says.
///
/// Protocol timers count in `uptime`, which never steps. Windows of codes are compared with `date`, which may.
public struct Moment: Hashable, Sendable {
  /// Time since some fixed point before the daemon's start; never goes back.
  public var uptime: Duration
  /// What the wall clock says, in UTC; may step either way.
  public var date: Timestamp
  /// True when `date` is kept by something outside, such as NTP: good enough to set a lock's clock by.
  public var isDateTrusted: Bool

  /// Makes a moment.
  /// - Parameters:
  ///   - uptime: monotonic time.
  ///   - date: wall-clock time.
  ///   - isDateTrusted: the wall clock is kept by something outside.
  public init(uptime: Duration, date: Timestamp, isDateTrusted: Bool = true) {
    self.uptime = uptime
    self.date = date
    self.isDateTrusted = isDateTrusted
  }

  /// The moment `duration` later by both clocks.
  public static func + (lhs: Moment, duration: Duration) -> Moment {
    Moment(
      uptime: lhs.uptime + duration, date: lhs.date + duration, isDateTrusted: lhs.isDateTrusted)
  }
}
