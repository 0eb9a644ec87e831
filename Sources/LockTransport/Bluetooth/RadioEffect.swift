import LockCore

/// Names one wish for a link, and the link that comes of it.
typealias RadioWishID = UInt64

/// A link that somebody wants.
struct RadioWish: Hashable, Sendable {
  var id: RadioWishID
  /// To whom.
  var peer: BluetoothAddress
  /// Best before this uptime; the earliest goes first.
  var before: Duration
  /// It is to be encrypted, after a pairing where there is no bond.
  var needsBond: Bool
  /// When it was uttered.
  var since: Duration = .zero
  /// How often it failed at once, as links over the air do now and then.
  var failures = 0
  /// Not to be tried before this uptime.
  var restsUntil: Duration = .zero
}

/// What the radio asks of whoever performs it, in this order.
enum RadioEffect: Hashable, Sendable {
  /// Send a command to an adapter of this number, or to ``ManagementCommand/noIndex``.
  case send(ManagementCommand, to: UInt16)
  /// Begin to connect through the adapter with this address; ``Radio/connected(_:at:)`` or
  /// ``Radio/failed(_:errno:at:)`` follows.
  case connect(RadioWishID, to: BluetoothAddress, through: BluetoothAddress)
  /// Encrypt this link; ``Radio/secured(_:at:)`` or ``Radio/failed(_:errno:at:)`` follows.
  case secure(RadioWishID)
  /// Close this socket, which was given to nobody; nothing follows.
  case close(RadioWishID)
  /// The link is there: hand it over. ``Radio/linkClosed(_:at:)`` follows when it is closed.
  case give(RadioWishID)
  /// The wish is over.
  case refuse(RadioWishID, LinkRefusal)
  /// A device said something of itself.
  case heard(Advertisement)
  /// Why there is no usable adapter; nil when there is one.
  case state(String?)
  /// Keep a bond, in place of the one between the same two.
  case keep(BluetoothBond)
  /// Throw the bond between these two away.
  case forget(adapter: BluetoothAddress, peer: BluetoothAddress)
  /// Block the adapter of this number by software and unblock it, which resets it.
  case reset(UInt16)
  /// Call ``Radio/deadlinePassed(at:)`` once the uptime has reached this; replaces the earlier deadline, nil takes it
  /// away.
  case setDeadline(Duration?)
  /// A sentence for the log.
  case note(String)
}
