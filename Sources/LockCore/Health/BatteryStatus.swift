/// How full a battery is, in the API's four words; the order is from empty to full.
public enum BatteryStatus: String, Hashable, Sendable, Codable, CaseIterable, Comparable {
  /// Below 10 %, or the lock itself calls it critical: change it now.
  case critical
  /// Below 25 %: change it soon.
  case low
  /// Below 95 %.
  case good
  /// From 95 % on.
  case full

  /// A level that hovers about a bound changes the status once: it gets better only when the level is this far above.
  public static let hysteresis = 0.03

  /// The level below which this status holds.
  public var upperBound: Double {
    switch self {
    case .critical: 0.1
    case .low: 0.25
    case .good: 0.95
    case .full: 1
    }
  }

  /// True where somebody should change the battery.
  public var isLow: Bool { self <= .low }

  /// The status of a level.
  /// - Parameters:
  ///   - level: charge left, 0 to 1.
  ///   - isCritical: the lock says itself that it is nearly empty.
  ///   - last: the status before; nil when none is known.
  public init(level: Double, isCritical: Bool = false, after last: BatteryStatus? = nil) {
    let plain = Self.status(of: level)
    if isCritical {
      self = .critical
    } else if let last, plain > last {
      self = max(last, Self.status(of: level - Self.hysteresis))
    } else {
      self = plain
    }
  }

  private static func status(of level: Double) -> BatteryStatus {
    Self.allCases.first { level < $0.upperBound } ?? .full
  }

  /// From empty to full.
  public static func < (one: BatteryStatus, other: BatteryStatus) -> Bool { one.upperBound < other.upperBound }
}
