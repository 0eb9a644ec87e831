/// When a time-bound code is good: from `start` on, up to but not at `end`.
public struct TimeWindow: Hashable, Sendable, Codable {
  /// First instant at which the code opens.
  public var start: Timestamp
  /// First instant at which it no longer opens.
  public var end: Timestamp

  /// Makes a window.
  /// - Parameters:
  ///   - start: first good instant.
  ///   - end: first instant that is no longer good; later than `start`.
  public init(start: Timestamp, end: Timestamp) {
    self.start = start
    self.end = end
  }

  /// True from `start` up to but not at `end`.
  public func contains(_ date: Timestamp) -> Bool { self.start <= date && date < self.end }

  /// The narrowest window on the lock's grid that keeps the promise: the start is rounded down, the end up.
  /// - Parameter grain: the lock's grid, for example 1 s or 1 min; zero or less leaves the window as it is.
  public func widened(to grain: Duration) -> TimeWindow {
    let grid = grain.wholeMilliseconds
    guard grid > 1 else { return self }
    // How far a time lies behind the last point of the grid; 0 on the grid.
    func excess(_ time: Timestamp) -> Int64 {
      let rest = time.milliseconds % grid
      return rest < 0 ? rest + grid : rest
    }
    let (before, behind) = (excess(self.start), excess(self.end))
    return TimeWindow(
      start: self.start - .milliseconds(before), end: behind == 0 ? self.end : self.end + .milliseconds(grid - behind))
  }
}
