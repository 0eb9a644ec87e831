internal import Foundation
internal import GRDB
public import LockCore

/// API keys, by their SHA-256 alone: a key itself is never stored.
extension Store {
  /// True when an API key was ever set, be it revoked since.
  public func hasAPIKey() throws -> Bool {
    try self.database.read { try Int.fetchOne($0, sql: "SELECT count(*) FROM api_key") ?? 0 } > 0
  }

  /// Keeps a key that has every scope, if it is not there yet.
  /// - Returns: the key as it is stored; one that was revoked stays revoked.
  @discardableResult
  public func addAPIKey(_ secret: APIKeySecret, name: String, at now: Timestamp) throws -> APIKey {
    let key = APIKey(
      id: UUID().uuidString.lowercased(), name: name, scopes: .all, prefix: secret.prefix, createdAt: now)
    return try self.database.write { database in
      let hash = secret.digest.hex
      if let row = try Row.fetchOne(database, sql: "SELECT * FROM api_key WHERE hash = ?", arguments: [hash]) {
        return try Self.key(row).key
      }
      try self.add(key, secret.digest, in: database)
      try self.append([Self.making(key, by: .daemon)], at: now, in: database)
      return key
    }
  }

  /// Keeps a new key; within the caller's transaction.
  func add(_ key: APIKey, _ digest: Digest, in database: Database) throws {
    try database.execute(
      sql: "INSERT INTO api_key (id, hash, name, scopes, prefix, created_at) VALUES (?, ?, ?, ?, ?, ?)",
      arguments: [
        key.id, digest.hex, key.name, key.scopes.names.joined(separator: " "), key.prefix, key.createdAt.milliseconds,
      ])
  }

  private static func making(_ key: APIKey, by author: AuditDraft.Author) -> AuditDraft {
    var draft = AuditDraft("keys.made", by: author)
    draft.subjects = ["api_key_id": [key.id]]
    draft.details = key.described
    return draft
  }

  /// Marks a key as revoked; within the caller's transaction.
  func revokeAPIKey(_ id: String, at now: Timestamp, in database: Database) throws {
    try database.execute(
      sql: "UPDATE api_key SET revoked_at = ? WHERE id = ? AND revoked_at IS NULL",
      arguments: [now.milliseconds, id])
  }

  /// Writes when and from where a key was used last.
  func writeLastUse(of key: APIKey) throws {
    try self.database.write { database in
      try database.execute(
        sql: "UPDATE api_key SET last_used_at = ?, last_used_from = ? WHERE id = ?",
        arguments: [key.lastUsedAt?.milliseconds, key.lastUsedFrom, key.id])
    }
  }

  /// Every key there ever was, oldest first.
  func apiKeys() throws -> [(key: APIKey, digest: Digest)] {
    try self.database.read { database in
      try Row.fetchAll(database, sql: "SELECT * FROM api_key ORDER BY created_at, id").map(Self.key)
    }
  }

  private static func key(_ row: Row) throws -> (key: APIKey, digest: Digest) {
    guard let digest = Digest(hex: row["hash"]) else { throw MalformedRow(column: "hash") }
    func date(_ column: String) -> Timestamp? { (row[column] as Int64?).map(Timestamp.init(milliseconds:)) }
    var key = APIKey(
      id: row["id"], name: row["name"],
      scopes: Scopes(names: (row["scopes"] as String).split(separator: " ").map(String.init)), prefix: row["prefix"],
      createdAt: Timestamp(milliseconds: row["created_at"]))
    (key.lastUsedAt, key.revokedAt) = (date("last_used_at"), date("revoked_at"))
    key.lastUsedFrom = row["last_used_from"]
    return (key, digest)
  }
}
