/// Why a request to a GATT server failed.
public enum GATTFault: Error, Hashable, Sendable {
  /// The server refused; the handle that it names, 0 where it names none.
  case att(ATTError, handle: UInt16)
  /// The server did not answer within 30 s. The link cannot be used any more.
  case timedOut
  /// The link is closed, or was before the answer came.
  case linkClosed
  /// The server's answer breaks the protocol, or has no end.
  case malformed
  /// The database has no such characteristic, it cannot do what was asked, or handles have changed since.
  case notFound
  /// The value is longer than can be written this way; the limit in octets.
  case tooLong(limit: Int)
  /// Too many requests wait already.
  case busy

  /// The server would answer otherwise on a link that is paired and encrypted.
  public var asksForSecurity: Bool {
    if case .att(let error, _) = self { error.asksForSecurity } else { false }
  }
}
