internal import Foundation
internal import GRDB
internal import Sealing

/// How the secrets of a store came to be sealed, and with what.
extension Store {
  /// What step 13 found unsealed: column, and whether it was text that may be missing, text, or bytes.
  private static let sealedByStep13: [(column: SealedColumn, definition: String?)] = [
    (.accessCodePIN, "BLOB NOT NULL DEFAULT x''"), (.accessCodeAnnounced, "BLOB NOT NULL DEFAULT x''"),
    (.slotWritten, "BLOB"), (.slotObserved, "BLOB"), (.strangerPIN, "BLOB"), (.attemptResult, "BLOB"),
    (.eventPayload, "BLOB NOT NULL DEFAULT x''"), (.offlineCodePIN, "BLOB NOT NULL DEFAULT x''"),
    (.deviceKey, nil), (.driverMemory, nil), (.bond, nil), (.offlineKey, nil), (.webhookSecret, nil),
  ]

  /// Step 13: draws the store's data key, and seals what stood in clear. The file still has pages with the clear text
  /// when this is committed: whoever runs it copies what is left into a new file.
  static func sealPlainColumns(in database: Database, under key: SealKey) throws {
    try database.execute(
      sql: """
        -- The keys that secrets are sealed with, wrapped under the seal key of the box.
        CREATE TABLE seal (
          generation INTEGER PRIMARY KEY,
          key_id TEXT NOT NULL,
          wrapped BLOB NOT NULL
        ) STRICT;

        -- Keys of the gateway itself, by name.
        CREATE TABLE secret (name TEXT PRIMARY KEY, value BLOB NOT NULL) STRICT;
        """)
    let drawn = try Seal.draw(under: key)
    try Self.write([drawn], in: database)
    guard let seal = try Seal([drawn], under: key) else { throw SealFault.library }

    for (column, definition) in Self.sealedByStep13 {
      let (table, name) = (column.table, column.name)
      if let definition {
        try database.execute(sql: "ALTER TABLE \(table) ADD COLUMN sealed_now \(definition)")
        try Self.seal(column, of: name, into: "sealed_now", in: database, with: seal)
        try database.execute(
          sql: """
            ALTER TABLE \(table) DROP COLUMN \(name);
            ALTER TABLE \(table) RENAME COLUMN sealed_now TO \(name);
            """)
      } else {
        try Self.seal(column, of: name, into: name, in: database, with: seal)
      }
    }

    // PINs that rest are found by a digest that only this store comes to.
    let resting = try Row.fetchAll(database, sql: "SELECT pin, retired_at FROM retired_pin")
    try database.execute(
      sql: """
        DROP TABLE retired_pin;
        CREATE TABLE retired_pin (
          digest BLOB PRIMARY KEY,
          pin BLOB NOT NULL,
          retired_at INTEGER NOT NULL
        ) STRICT;
        """)
    for row in resting {
      try Self.retire(digits: row["pin"], at: row["retired_at"], in: database, with: seal)
    }
    for row in try Row.fetchAll(database, sql: "SELECT rowid, request FROM reply") {
      try database.execute(
        sql: "UPDATE reply SET request = ? WHERE rowid = ?",
        arguments: [try Self.replyDigest(of: row["request"], with: seal), row["rowid"] as Int64])
    }
    if let cursorKey = try String.fetchOne(database, sql: "SELECT value FROM site WHERE key = 'cursor_key'") {
      try database.execute(
        sql: "INSERT INTO secret VALUES ('cursor_key', ?)",
        arguments: [try SealedColumn.secret.seal(cursorKey, row: "cursor_key", with: seal)])
      try database.execute(sql: "DELETE FROM site WHERE key = 'cursor_key'")
    }
  }

  private static func seal(
    _ column: SealedColumn, of name: String, into target: String, in database: Database, with seal: Seal
  ) throws {
    let rows = try Row.fetchCursor(
      database,
      sql:
        "SELECT rowid AS number, \(column.row) AS place, \(name) AS value FROM \(column.table) WHERE \(name) IS NOT NULL"
    )
    let update = try database.makeStatement(sql: "UPDATE \(column.table) SET \(target) = ? WHERE rowid = ?")
    while let row = try rows.next() {
      let plain: Data = row["value"]
      try update.execute(arguments: [
        try column.seal(plain, row: row["place"], with: seal), row["number"] as Int64,
      ])
    }
  }

  /// The keys of a store that was sealed; nil for one that never was, or an empty file.
  static func wrappedKeys(in database: Database) throws -> [Seal.WrappedKey]? {
    guard try database.tableExists("seal") else { return nil }
    return try Row.fetchAll(database, sql: "SELECT generation, key_id, wrapped FROM seal ORDER BY generation").map {
      Seal.WrappedKey(
        generation: UInt32(clamping: $0["generation"] as Int64), keyID: $0["key_id"],
        bytes: [UInt8]($0["wrapped"] as Data))
    }
  }

  /// Writes the keys of a store, in place of those that are there; within the caller's transaction.
  static func write(_ keys: [Seal.WrappedKey], in database: Database) throws {
    try database.execute(sql: "DELETE FROM seal")
    for key in keys {
      try database.execute(
        sql: "INSERT INTO seal (generation, key_id, wrapped) VALUES (?, ?, ?)",
        arguments: [Int64(key.generation), key.keyID, Data(key.bytes)])
    }
  }

  /// Opens the keys of a store.
  /// - Returns: nil for a store that never was sealed.
  /// - Throws: ``Fault/otherSealKey(path:wanted:given:)`` when it was sealed under another key.
  static func seal(in database: Database, under key: SealKey, path: String) throws -> Seal? {
    guard let wrapped = try Self.wrappedKeys(in: database) else { return nil }
    if let other = wrapped.first(where: { $0.keyID != key.id }) {
      throw Fault.otherSealKey(path: path, wanted: other.keyID, given: key.id)
    }
    do {
      if let seal = try Seal(wrapped, under: key) { return seal }
    } catch SealFault.library {
      throw Fault.cannotOpen(path: path, reason: "the cryptographic library does not work; see that libsodium is there")
    } catch {}
    throw Fault.damaged(path: path, reason: "its keys do not open, though \(key) is the right one")
  }

  /// The id of the seal key that a store wants; nil for a store that was never sealed, or none.
  /// - Throws: ``Fault``.
  public static func sealKeyID(ofStoreAt path: String) throws(Fault) -> String? {
    guard FileManager.default.fileExists(atPath: path) else { return nil }
    do {
      let database = try Self.openToRead(path)
      defer { try? database.close() }
      return try database.read { try Self.wrappedKeys(in: $0)?.last?.keyID }
    } catch {
      throw Fault(error, path: path)
    }
  }

  /// How a request is known again: by a digest, since a plain hash of it would give away the PIN that it asks for.
  static func replyDigest(of request: String, with seal: Seal) throws -> String {
    Hexadecimal.text(try seal.digest(of: request, for: "reply.request"))
  }

  /// Puts down one PIN that is in use no more; within the caller's transaction.
  static func retire(digits: String, at milliseconds: Int64, in database: Database, with seal: Seal) throws {
    let digest = try seal.digest(of: digits, for: "retired_pin.digest")
    try database.execute(
      sql: """
        INSERT INTO retired_pin (digest, pin, retired_at) VALUES (?, ?, ?)
        ON CONFLICT DO UPDATE SET retired_at = excluded.retired_at
        """,
      arguments: [
        Data(digest), try SealedColumn.retiredPIN.seal(digits, row: Hexadecimal.text(digest), with: seal), milliseconds,
      ])
  }
}
