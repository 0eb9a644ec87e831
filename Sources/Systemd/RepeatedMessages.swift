/// Which messages of the log are told, and which are only counted, since the same was said often enough already: a
/// value that never writes anything. A port that comes and goes must not fill the journal.
public struct RepeatedMessages: Sendable {
  /// So often the same is told within a window.
  public static let mostInWindow = 5
  /// How long a window is, from the first time that something is said.
  public static let window = Duration.seconds(600)
  /// So many different messages are remembered; when there are more, the oldest is forgotten.
  public static let mostRemembered = 256

  /// What becomes of a message.
  public enum Verdict: Equatable, Sendable {
    /// It is told.
    case tell
    /// It is told, and that the next of its kind are only counted for a while.
    case tellLast
    /// It is counted.
    case count
  }

  private struct Window {
    var began: Duration
    var said = 0
  }

  private var windows: [String: Window] = [:]

  /// How many different messages are remembered now.
  var count: Int { self.windows.count }

  /// Begins with nothing said.
  public init() {}

  /// Something is said.
  /// - Parameters:
  ///   - message: what, with its level: the same is what is equal.
  ///   - now: an uptime.
  public mutating func said(_ message: String, at now: Duration) -> Verdict {
    if self.windows[message] == nil, self.windows.count >= Self.mostRemembered,
      let oldest = self.windows.min(by: { $0.value.began < $1.value.began })
    {
      self.windows[oldest.key] = nil
    }
    var window = self.windows[message] ?? Window(began: now)
    window.said += 1
    self.windows[message] = window
    return window.said < Self.mostInWindow ? .tell : window.said == Self.mostInWindow ? .tellLast : .count
  }

  /// Takes out the windows that are over.
  /// - Returns: what was said too often in them, and how many times it was not told.
  public mutating func over(at now: Duration) -> [(message: String, count: Int)] {
    let over = self.windows.filter { now - $0.value.began >= Self.window || now < $0.value.began }
    for message in over.keys { self.windows[message] = nil }
    return over.filter { $0.value.said > Self.mostInWindow }.sorted { $0.key < $1.key }
      .map { ($0.key, $0.value.said - Self.mostInWindow) }
  }
}
