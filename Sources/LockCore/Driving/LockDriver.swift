/// The protocol logic of one lock family on one link, as a value: what happened goes in, what to do comes out.
///
/// A driver knows no clock, no descriptor and no task. Whoever performs its effects does so in the order given,
/// before anything else is told to the driver. `now.uptime` never goes back between two calls.
public protocol LockDriver: Sendable {
  /// The locks that this link carries; fixed for the driver's life.
  var locks: [LockID] { get }

  /// The link is there and may be written to. Follows a start or ``linkClosed(at:)``.
  mutating func linkOpened(at now: Moment) -> [DriverEffect]

  /// Bytes came in: any piece of the stream on a serial line, one whole message elsewhere.
  mutating func received(_ bytes: [UInt8], at now: Moment) -> [DriverEffect]

  /// The deadline last asked for has passed. Harmless when called early or twice. A driver whose link is opened on
  /// demand is told this once when it begins, and asks for its first link then.
  mutating func deadlinePassed(at now: Moment) -> [DriverEffect]

  /// The link is gone. Everything outstanding is finished: unreachable, or unconfirmed where the lock may have
  /// heard it.
  mutating func linkClosed(at now: Moment) -> [DriverEffect]

  /// A command for one lock of this link; answered by exactly one ``DriverEffect/finish(_:_:)`` with its `id`,
  /// at once or later, whatever happens. Without a link it is finished as unreachable at once, except
  /// ``LockCommand/hold(_:)``, which needs none, and where a link is opened on demand.
  mutating func submit(
    _ command: LockCommand, to lock: LockID, id: CommandID, at now: Moment
  )
    -> [DriverEffect]

  /// The lock said something of itself on the air. Told only for links that are opened on demand.
  mutating func heard(_ advertisement: Advertisement, at now: Moment) -> [DriverEffect]

  /// The link last asked for with ``DriverEffect/openLink(before:for:)`` could not be had; the wish is over.
  mutating func linkRefused(_ refusal: LinkRefusal, at now: Moment) -> [DriverEffect]
}

extension LockDriver {
  /// Nothing: most links are no radio's.
  public mutating func heard(_ advertisement: Advertisement, at now: Moment) -> [DriverEffect] { [] }
  /// Nothing: most links are there without being asked for.
  public mutating func linkRefused(_ refusal: LinkRefusal, at now: Moment) -> [DriverEffect] { [] }
}

/// What a driver asks of whoever runs it.
public enum DriverEffect: Hashable, Sendable {
  /// Send these bytes as one message.
  case write([UInt8])
  /// Call ``LockDriver/deadlinePassed(at:)`` once `uptime` has reached this; replaces the earlier deadline, nil
  /// takes it away.
  case setDeadline(Duration?)
  /// The command is done.
  case finish(CommandID, Result<LockReply, LockFault>)
  /// A lock told something unasked.
  case report(LockID, LockReport)
  /// The far end talks nonsense or nothing, or there is nothing more to say: close the link.
  /// ``LockDriver/linkClosed(at:)`` follows. A link that is not opened on demand is opened anew.
  case closeLink
  /// On a link that is opened on demand: it is wanted, best before this uptime (an earlier one goes first where many
  /// want the radio). Replaces an earlier wish; ``LockDriver/linkOpened(at:)`` or
  /// ``LockDriver/linkRefused(_:at:)`` follows.
  case openLink(before: Duration, for: VisitReason)
  /// Keep these bytes for a lock, in place of those kept before, and sync them before anything after this is
  /// performed; they are handed to the driver when it is made anew. When they cannot be kept the link is closed instead.
  case remember(LockID, [UInt8])
}
