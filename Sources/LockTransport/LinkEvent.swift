/// What happens on a link, in the order in which it happened.
public enum LinkEvent: Hashable, Sendable {
  /// One read: a piece of the stream on a serial line, one whole message elsewhere. Never empty.
  case bytes([UInt8])
  /// The deadline last set with ``Link/setDeadline(_:)`` has passed. May come once more after the deadline was
  /// moved, when both happen at the same time.
  case deadlinePassed
  /// The link is gone; nothing follows.
  case closed(LinkFault)
}
