public import LockCore

/// An API key as the store knows it: everything but the key itself, of which there is a hash alone.
public struct APIKey: Hashable, Sendable {
  /// Its id, a lower-case UUID.
  public var id: String
  /// Its name, for people.
  public var name: String
  /// What it may do.
  public var scopes: Scopes
  /// Its first characters, to recognise it by; nil for a key of an earlier version.
  public var prefix: String?
  /// When it was made.
  public var createdAt: Timestamp
  /// When it was used last, up to a quarter of an hour ago after a crash; nil for never.
  public var lastUsedAt: Timestamp?
  /// The IP address that it was used from last; nil for never.
  public var lastUsedFrom: String?
  /// When it was revoked; nil while it is good.
  public var revokedAt: Timestamp?

  /// Describes a key that was not used yet.
  public init(id: String, name: String, scopes: Scopes, prefix: String?, createdAt: Timestamp) {
    (self.id, self.name, self.scopes, self.prefix, self.createdAt) = (id, name, scopes, prefix, createdAt)
  }

  /// What the audit log tells of it.
  var described: [String: JSONValue] {
    ["name": .string(self.name), "scopes": .array(self.scopes.names.map(JSONValue.string))]
  }
}
