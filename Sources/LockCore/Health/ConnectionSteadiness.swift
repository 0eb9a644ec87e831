/// How steady the connection to a lock is: a lock that is lost again and again is flaky, until it has been there for
/// a while without a loss. Whether one loss is told as such is another matter.
public struct ConnectionSteadiness: Hashable, Sendable, Codable {
  /// What has become of it.
  public enum Change: Hashable, Sendable {
    /// It was lost too often.
    case becameFlaky
    /// It held for long enough.
    case stabilized
  }

  /// So many losses within ``window`` make a connection flaky.
  public static let flakyLosses = 4
  /// Losses longer ago do not count, and a connection that held for so long is steady again.
  public static let window = Duration.hours(1)

  /// The last losses, oldest first, at most ``flakyLosses``.
  public private(set) var losses: [Timestamp] = []
  /// Since when it has been flaky; nil while it is steady.
  public private(set) var flakySince: Timestamp?
  /// When the lock was last there again.
  private var regainedAt: Timestamp?

  /// A connection that was never lost.
  public init() {}

  /// True while it is flaky.
  public var isFlaky: Bool { self.flakySince != nil }

  /// The lock was lost.
  /// - Returns: ``Change/becameFlaky`` when that was once too often.
  public mutating func lost(at now: Timestamp) -> Change? {
    // A loss that seems to come was put down before the clock was set back.
    self.losses = (self.losses.filter { $0 <= now && now - $0 < Self.window } + [now]).suffix(Self.flakyLosses)
    self.regainedAt = nil
    guard self.losses.count == Self.flakyLosses, self.flakySince == nil else { return nil }
    self.flakySince = now
    return .becameFlaky
  }

  /// The lock is there again.
  public mutating func regained(at now: Timestamp) { self.regainedAt = now }

  /// When ``settled(at:)`` is worth a call; nil for never.
  public var settlesAt: Timestamp? { self.isFlaky ? self.regainedAt.map { $0 + Self.window } : nil }

  /// Time has passed.
  /// - Returns: ``Change/stabilized`` once the lock has been there for long enough.
  public mutating func settled(at now: Timestamp) -> Change? {
    guard let settlesAt, now >= settlesAt || settlesAt - now > Self.window else { return nil }
    self = ConnectionSteadiness()
    return .stabilized
  }
}
