/// Names one lock for good; the API calls it `device_id`. A lower-case UUID.
public struct LockID: RawRepresentable, Hashable, Comparable, Sendable, Codable,
  CustomStringConvertible
{
  /// The UUID's text.
  public let rawValue: String
  /// Takes the UUID's text as it is.
  public init(rawValue: String) { self.rawValue = rawValue }
  /// The UUID's text.
  public var description: String { self.rawValue }
  /// Orders by text.
  public static func < (lhs: LockID, rhs: LockID) -> Bool { lhs.rawValue < rhs.rawValue }
}

/// Names one access code for good, managed or not; the API calls it `access_code_id`. A lower-case UUID.
public struct AccessCodeID: RawRepresentable, Hashable, Comparable, Sendable, Codable,
  CustomStringConvertible
{
  /// The UUID's text.
  public let rawValue: String
  /// Takes the UUID's text as it is.
  public init(rawValue: String) { self.rawValue = rawValue }
  /// The UUID's text.
  public var description: String { self.rawValue }
  /// Orders by text.
  public static func < (lhs: AccessCodeID, rhs: AccessCodeID) -> Bool {
    lhs.rawValue < rhs.rawValue
  }
}

/// Numbers a command given to a driver; the answer carries it back. Unique within one run of the daemon.
public struct CommandID: RawRepresentable, Hashable, Comparable, Sendable {
  /// The number.
  public let rawValue: UInt64
  /// Takes the number.
  public init(rawValue: UInt64) { self.rawValue = rawValue }
  /// Orders by age.
  public static func < (lhs: CommandID, rhs: CommandID) -> Bool { lhs.rawValue < rhs.rawValue }
}
