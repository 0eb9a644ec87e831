internal import Foundation
internal import GRDB
public import LockCore

extension Store {
  /// The row of a lock that does not belong to its ledger.
  struct LockRow {
    var id: LockID
    var nickname: String?
    var customMetadata: [String: JSONValue]
    var createdAt: Timestamp
    var told: Door.Told
    var backupPool: Door.BackupPool
    /// The code lengths that clients reported; nil for none.
    var reportedCodeLengths: [Int]?
  }

  /// The id and the first day of an adapter by its name in the configuration; made when it is new.
  func account(named key: String, at now: Timestamp) throws -> (id: String, createdAt: Timestamp) {
    try self.database.write { database in
      try database.execute(
        sql: "INSERT INTO account (id, key, created_at) VALUES (?, ?, ?) ON CONFLICT DO NOTHING",
        arguments: [UUID().uuidString.lowercased(), key, now.milliseconds])
      guard let row = try Row.fetchOne(database, sql: "SELECT * FROM account WHERE key = ?", arguments: [key])
      else { throw MalformedRow(column: "account") }
      return (row["id"], Timestamp(milliseconds: row["created_at"]))
    }
  }

  /// True while the world is told that an adapter is gone.
  func isToldGone(account: String) throws -> Bool {
    try self.database.read { database in
      try Bool.fetchOne(
        database, sql: "SELECT EXISTS (SELECT * FROM site WHERE key = ?)", arguments: [Self.gone(account)])
        ?? false
    }
  }

  /// Writes whether the world is told that an adapter is gone; within the caller's transaction.
  func write(isToldGone: Bool, account: String, in database: Database) throws {
    try database.execute(
      sql: isToldGone
        ? "INSERT OR REPLACE INTO site (key, value) VALUES (?, 'true')" : "DELETE FROM site WHERE key = ?",
      arguments: [Self.gone(account)])
  }

  private static func gone(_ account: String) -> String { "account_is_told_gone/\(account)" }

  /// The row of a lock by its name in the configuration; made when it is new.
  func lock(named key: String, at now: Timestamp) throws -> LockRow {
    try self.database.write { database in
      try database.execute(
        sql: "INSERT INTO lock (id, key, created_at) VALUES (?, ?, ?) ON CONFLICT DO NOTHING",
        arguments: [UUID().uuidString.lowercased(), key, now.milliseconds])
      guard let row = try Row.fetchOne(database, sql: "SELECT * FROM lock WHERE key = ?", arguments: [key])
      else { throw MalformedRow(column: "lock") }
      return LockRow(
        id: LockID(rawValue: row["id"]), nickname: row["nickname"],
        customMetadata: try Self.json(row["custom_metadata"]).object ?? [:],
        createdAt: Timestamp(milliseconds: row["created_at"]),
        told: try JSONDecoder().decode(Door.Told.self, from: Data((row["told"] as String).utf8)),
        backupPool: try JSONDecoder().decode(Door.BackupPool.self, from: Data((row["backup_pool"] as String).utf8)),
        reportedCodeLengths: try (row["reported_code_lengths"] as String?).map {
          try JSONDecoder().decode([Int].self, from: Data($0.utf8))
        })
    }
  }

  /// Writes what the API may change of a lock; within the caller's transaction.
  func write(
    nickname: String?, customMetadata: [String: JSONValue], of lock: LockID, in database: Database
  ) throws {
    try database.execute(
      sql: "UPDATE lock SET nickname = ?, custom_metadata = ? WHERE id = ?",
      arguments: [nickname, try Self.text(.object(customMetadata)), lock.rawValue])
  }

  /// Writes what the world was told of a lock; within the caller's transaction.
  func write(_ told: Door.Told, of lock: LockID, in database: Database) throws {
    try database.execute(
      sql: "UPDATE lock SET told = ? WHERE id = ?",
      arguments: [String(decoding: try JSONEncoder().encode(told), as: UTF8.self), lock.rawValue])
  }

  /// What was told of the locks that are told to be there, but are none of these.
  func listedLocks(except present: Set<LockID>) throws -> [LockID: Door.Told] {
    try self.database.read { database in
      let rows = try Row.fetchAll(database, sql: "SELECT id, told FROM lock WHERE json_extract(told, '$.isListed')")
      return try rows.reduce(into: [:]) { absent, row in
        let id = LockID(rawValue: row["id"])
        if present.contains(id) { return }
        absent[id] = try JSONDecoder().decode(Door.Told.self, from: Data((row["told"] as String).utf8))
      }
    }
  }

  /// Keeps the code lengths that clients reported of a lock.
  func write(reportedCodeLengths lengths: [Int], of lock: LockID) throws {
    try self.database.write { database in
      try database.execute(
        sql: "UPDATE lock SET reported_code_lengths = ? WHERE id = ?",
        arguments: [try Self.text(.array(lengths.map { .int(Int64($0)) })), lock.rawValue])
    }
  }

  /// A value kept under a name; made by `make` when there is none.
  func value(_ key: String, orElse make: () -> String) throws -> String {
    try self.database.write { database in
      if let value = try String.fetchOne(database, sql: "SELECT value FROM site WHERE key = ?", arguments: [key]) {
        return value
      }
      let value = make()
      try database.execute(sql: "INSERT INTO site (key, value) VALUES (?, ?)", arguments: [key, value])
      return value
    }
  }

  /// A key of the gateway's own, kept sealed under a name; made by `make` when there is none.
  func secret(_ name: String, orElse make: () -> String) throws -> String {
    try self.database.write { database in
      if let value = try Data.fetchOne(database, sql: "SELECT value FROM secret WHERE name = ?", arguments: [name]) {
        return try SealedColumn.secret.text(value, row: name, with: self.seal)
      }
      let value = make()
      try database.execute(
        sql: "INSERT INTO secret (name, value) VALUES (?, ?)",
        arguments: [name, try SealedColumn.secret.seal(value, row: name, with: self.seal)])
      return value
    }
  }

  /// The key that the gateway chose for a device on a line, and whether the device is known to have it. Made by
  /// `make` and synced before anything hears it.
  public func deviceKey(
    _ device: String, at now: Timestamp, orElse make: () -> [UInt8]
  ) throws -> (
    key: [UInt8], isInstalled: Bool
  ) {
    try self.database.write { database in
      if let row = try Row.fetchOne(database, sql: "SELECT * FROM device_key WHERE device = ?", arguments: [device]) {
        return (try SealedColumn.deviceKey.open(row["key"], row: device, with: self.seal), row["is_installed"])
      }
      let key = make()
      try database.execute(
        sql: "INSERT INTO device_key (device, key, is_installed, created_at) VALUES (?, ?, 0, ?)",
        arguments: [device, try SealedColumn.deviceKey.seal(key, row: device, with: self.seal), now.milliseconds])
      return (key, false)
    }
  }

  /// The device was seen to have the key that was chosen for it.
  public func markDeviceKeyInstalled(_ device: String) throws {
    try self.database.write { database in
      try database.execute(sql: "UPDATE device_key SET is_installed = 1 WHERE device = ?", arguments: [device])
    }
  }
}
