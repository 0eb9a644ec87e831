public import LockCore

/// A way to a device that has no link of its own: it is heard on the air, and a link is opened when one is wanted.
public struct OnDemandLink: Sendable {
  /// Opens a link, best before this uptime; of many that want the radio the earliest goes first. Returns after the
  /// opener's own patience at the latest. A task that is cancelled gives its place up and gets
  /// ``LinkRefusal/busy``.
  public var open: @Sendable (_ before: Duration, _ reactor: Reactor) async -> Result<Link, LinkRefusal>
  /// What the device says of itself from now on, for one consumer; the newest few wait when it is slow.
  public var advertisements: @Sendable () -> AsyncStream<Advertisement>

  /// Makes a way.
  /// - Parameters:
  ///   - open: opens a link.
  ///   - advertisements: hears the device.
  public init(
    open: @escaping @Sendable (_ before: Duration, _ reactor: Reactor) async -> Result<Link, LinkRefusal>,
    advertisements: @escaping @Sendable () -> AsyncStream<Advertisement>
  ) {
    self.open = open
    self.advertisements = advertisements
  }
}
