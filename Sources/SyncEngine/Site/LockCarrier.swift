/// What the hub or service that carries the link to a lock tells about it, apart from what the lock says itself.
public struct LockCarrier: Hashable, Sendable, Codable {
  /// False while the hub between the gateway and the lock is gone.
  public var isHubConnected = true
  /// False once the lock is no longer one of the account's: it was removed for good.
  public var isEnrolled = true
  /// False while the service passes nothing on because it is not paid for.
  public var isSubscribed = true

  /// A carrier that has nothing to complain of.
  public init() {}

  /// True while the lock can be reached, as far as the carrier knows.
  public var passesOn: Bool { self.isHubConnected && self.isEnrolled && self.isSubscribed }
}
