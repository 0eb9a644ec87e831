/// The present, as it is handed to every decision: how long the box has been up, and what the calendar says.
///
/// Protocol timers count in `uptime`, which never steps. Windows of codes are compared with `date`, which may.
public struct Moment: Hashable, Sendable {
  /// Time since some fixed point before the daemon's start; never goes back.
  public var uptime: Duration
  /// What the wall clock says, in UTC; may step either way.
  public var date: Timestamp

  /// Makes a moment.
  /// - Parameters:
  ///   - uptime: monotonic time.
  ///   - date: wall-clock time.
  public init(uptime: Duration, date: Timestamp) {
    self.uptime = uptime
    self.date = date
  }

  /// The moment `duration` later by both clocks.
  public static func + (lhs: Moment, duration: Duration) -> Moment {
    Moment(uptime: lhs.uptime + duration, date: lhs.date + duration)
  }
}
