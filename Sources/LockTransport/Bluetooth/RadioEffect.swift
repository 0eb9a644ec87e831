import LockCore

/// Names one wish for a link.
typealias RadioWishID = UInt64

/// Names one try to fulfil a wish, and the link that comes of it. What is told of an earlier try of a wish, or of its
/// link, does not hit a later one.
struct RadioAttemptID: Hashable, Sendable {
  var wish: RadioWishID
  /// Counts the tries of this wish from 1.
  var number: Int
}

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
  /// How many tries were begun.
  var attempts = 0
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
  case connect(RadioAttemptID, to: BluetoothAddress, through: BluetoothAddress)
  /// Encrypt this link; ``Radio/secured(_:at:)`` or ``Radio/failed(_:errno:at:)`` follows.
  case secure(RadioAttemptID)
  /// Close this socket, which was given to nobody; nothing follows.
  case close(RadioAttemptID)
  /// The link is there: hand it over to whoever uttered its wish. ``Radio/linkClosed(_:at:)`` follows when it is closed.
  case give(RadioAttemptID)
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
