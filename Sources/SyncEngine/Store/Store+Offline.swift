internal import Foundation
internal import GRDB
public import LockCore
public import OfflineCodes
public import Sealing

/// The offline keys of doors, and the codes given out.
extension Store {
  /// The offline key of a door by its name in the configuration; door and key are made when they are new, and synced
  /// before anybody has the key.
  public func offlineKey(ofLock name: String, at now: Timestamp) throws -> OfflineDoorKey {
    try self.offlineKey(of: try self.lock(named: name, at: now).id, at: now)
  }

  /// Gives a door a new offline key, and counts its generation up: every code of the earlier one is dead.
  /// - Parameter name: the door's name in the configuration, or its id.
  /// - Returns: nil for no such door, or none with a key.
  public func renewOfflineKey(ofLock name: String, at now: Timestamp) throws -> OfflineDoorKey? {
    try self.database.write { database in
      guard let door = try Self.offlineDoor(name, in: database),
        let key = try Self.offlineKey(of: door.id, in: database, with: self.seal)
      else { return nil }
      try database.execute(
        sql: "UPDATE offline_key SET generation = ?, key = ?, created_at = ? WHERE lock_id = ?",
        arguments: [
          Int64(key.generation) + 1, try self.drawnOfflineKey(of: door.id), now.milliseconds, door.id.rawValue,
        ])
      return try Self.offlineKey(of: door.id, in: database, with: self.seal)
    }
  }

  /// Reads a door's offline key out of a store that may belong to a running daemon; nothing is written.
  /// - Parameters:
  ///   - name: the door's name in the configuration, its nickname, or its id.
  ///   - path: the store.
  ///   - key: the seal key of the box.
  /// - Returns: the door's name in the configuration and its key; nil for no such door, or none with a key.
  /// - Throws: ``Fault``.
  public static func offlineKey(
    ofLock name: String, inStoreAt path: String, under key: SealKey
  ) throws(Fault) -> (name: String, key: OfflineDoorKey)? {
    do {
      let database = try Self.openToRead(path)
      return try database.read { database in
        guard let seal = try Self.seal(in: database, under: key, path: path) else {
          throw Fault.cannotOpen(path: path, reason: "it is of an earlier version; start bittingd once")
        }
        guard let door = try Self.offlineDoor(name, in: database),
          let key = try Self.offlineKey(of: door.id, in: database, with: seal)
        else { return nil }
        return (door.name, key)
      }
    } catch {
      throw Fault(error, path: path)
    }
  }

  private static func offlineDoor(_ name: String, in database: Database) throws -> (id: LockID, name: String)? {
    try Row.fetchOne(
      database,
      sql: "SELECT id, key FROM lock WHERE key = ?1 OR nickname = ?1 OR id = lower(?1) ORDER BY key = ?1 DESC",
      arguments: [name]
    ).map { (LockID(rawValue: $0["id"]), $0["key"]) }
  }

  private func drawnOfflineKey(of lock: LockID) throws -> Data {
    try SealedColumn.offlineKey.seal(OfflineDoorKey.draw(), row: lock.rawValue, with: self.seal)
  }

  private static func offlineKey(
    of lock: LockID, in database: Database, with seal: Seal
  ) throws -> OfflineDoorKey? {
    guard
      let row = try Row.fetchOne(
        database, sql: "SELECT generation, key FROM offline_key WHERE lock_id = ?", arguments: [lock.rawValue])
    else { return nil }
    let key = try OfflineDoorKey(
      door: lock, generation: UInt32(clamping: row["generation"] as Int64),
      secret: try SealedColumn.offlineKey.open(row["key"], row: lock.rawValue, with: seal))
    guard let key else { throw MalformedRow(column: "offline_key.key") }
    return key
  }

  private func offlineKey(of lock: LockID, at now: Timestamp) throws -> OfflineDoorKey {
    try self.database.write { database in
      try database.execute(
        sql: """
          INSERT INTO offline_key (lock_id, generation, key, created_at) VALUES (?, 1, ?, ?) ON CONFLICT DO NOTHING
          """,
        arguments: [lock.rawValue, try self.drawnOfflineKey(of: lock), now.milliseconds])
      guard let key = try Self.offlineKey(of: lock, in: database, with: self.seal) else {
        throw MalformedRow(column: "offline_key")
      }
      return key
    }
  }

  /// The key of a door and the codes given out; the key is made when it is new.
  func offlineBook(of lock: LockID, at now: Timestamp) throws -> OfflineBook {
    var book = OfflineBook(key: try self.offlineKey(of: lock, at: now))
    let rows = try self.database.read { database in
      try Row.fetchAll(database, sql: "SELECT * FROM offline_code WHERE lock_id = ?", arguments: [lock.rawValue])
    }
    for row in rows {
      let record = try OfflineCodeRecord(row, self.seal)
      book.codes[record.id] = record
    }
    return book
  }

  /// Writes what differs between two states of a door's offline codes. Within the caller's transaction.
  func write(_ book: OfflineBook?, over before: OfflineBook?, of lock: LockID, in database: Database) throws {
    let (codes, earlier) = (book?.codes ?? [:], before?.codes ?? [:])
    for (id, record) in codes where earlier[id] != record {
      try record.write(lock: lock.rawValue, in: database, with: self.seal)
    }
    for id in earlier.keys where codes[id] == nil {
      try database.execute(sql: "DELETE FROM offline_code WHERE id = ?", arguments: [id.rawValue])
    }
  }
}

extension OfflineCodeRecord {
  fileprivate init(_ row: Row, _ seal: Seal) throws {
    guard let pin = PINCode(try SealedColumn.offlineCodePIN.text(row["pin"], row: row["id"], with: seal)),
      let code = OfflineCode(startHour: row["start_hour"], slot: row["slot"])
    else { throw MalformedRow(column: "offline_code") }
    self.init(
      id: AccessCodeID(rawValue: row["id"]), name: row["name"], pin: pin, code: code,
      generation: UInt32(clamping: row["generation"] as Int64), createdAt: Timestamp(milliseconds: row["created_at"]))
    self.usedAt = (row["used_at"] as Int64?).map(Timestamp.init(milliseconds:))
    self.told.isSet = row["told_set"]
    self.told.isOver = row["told_over"]
  }

  fileprivate func write(lock: String, in database: Database, with seal: Seal) throws {
    let id = self.id.rawValue
    try database.execute(
      sql: """
        INSERT INTO offline_code (id, lock_id, name, pin, start_hour, slot, generation, created_at, used_at, told_set,
          told_over)
        VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
        ON CONFLICT (id) DO UPDATE SET used_at = excluded.used_at, told_set = excluded.told_set,
          told_over = excluded.told_over
        """,
      arguments: [
        id, lock, self.terms.name, try SealedColumn.offlineCodePIN.seal(self.terms.pin.digits, row: id, with: seal),
        self.code.startHour, self.code.slot, Int64(self.generation), self.createdAt.milliseconds,
        self.usedAt?.milliseconds, self.told.isSet,
        self.told.isOver,
      ])
  }
}
