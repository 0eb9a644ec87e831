/// Who asks, with what right, and from where.
public struct Caller: Hashable, Sendable {
  /// Who it is.
  public enum Identity: Hashable, Sendable {
    /// Whoever has this API key; its id and its name.
    case key(id: String, name: String)
    /// A process of this user on the gateway itself, over the unix socket.
    case localUser(uid: UInt32)
    /// Somebody without a key.
    case nobody
  }

  /// Who it is.
  public var identity: Identity
  /// What it may do.
  public var scopes: Scopes
  /// The IP address that the connection came from; nil over the unix socket.
  public var address: String?

  /// Describes a caller.
  public init(_ identity: Identity, scopes: Scopes, address: String?) {
    (self.identity, self.scopes, self.address) = (identity, scopes, address)
  }

  /// A process on the gateway that reached the unix socket: whoever may open it may do everything.
  public static func localUser(uid: UInt32) -> Caller { Caller(.localUser(uid: uid), scopes: .all, address: nil) }

  /// Somebody without a key.
  public static func nobody(from address: String?) -> Caller { Caller(.nobody, scopes: [], address: address) }
}
