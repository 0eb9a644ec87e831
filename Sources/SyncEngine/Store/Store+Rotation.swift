internal import Foundation
internal import GRDB
public import Sealing

/// Sealing everything anew.
extension Store {
  /// Seals a store anew: under a data key that is drawn now, wrapped under another seal key. What was sealed under the
  /// earlier data keys outside the store still opens. Nobody else has the store open.
  /// - Parameters:
  ///   - path: the store.
  ///   - old: the seal key that it has.
  ///   - new: the seal key that it gets.
  /// - Returns: the new seal, and why what was sealed before may still lie in free pages of the file; nil when it does
  ///   not.
  /// - Throws: ``Fault``; the store is then as it was.
  public static func rotate(
    _ path: String, from old: SealKey, to new: SealKey
  ) throws(Fault) -> (seal: Seal, leftover: String?) {
    do {
      let store = try Store(path: path, key: old)
      let next = try Seal.draw(generation: (store.seal.dataKeys.keys.max() ?? 0) + 1, under: new)
      guard let seal = try Seal(try store.seal.wrapped(under: new) + [next], under: new) else {
        throw SealFault.library
      }
      try store.database.write { database in
        try Self.write(try seal.wrapped(under: new), in: database)
        for column in SealedColumn.all where column.table != SealedColumn.retiredPIN.table {
          try column.sealAnew(in: database, from: store.seal, to: seal)
        }
        let resting = try Row.fetchAll(
          database, sql: "SELECT lower(hex(digest)) AS place, pin, retired_at FROM retired_pin")
        try database.execute(sql: "DELETE FROM retired_pin")
        for row in resting {
          let digits = try SealedColumn.retiredPIN.text(row["pin"], row: row["place"], with: store.seal)
          try Self.retire(digits: digits, at: row["retired_at"], in: database, with: seal)
        }
        // Known by digests of the earlier key: nothing is found by them any more.
        try database.execute(sql: "DELETE FROM reply")
      }
      // What was sealed before is gone from free pages and from the log too. From here on the store wants the new key,
      // so nothing may fail any more: whoever hears of a failure goes on with the old one.
      var leftover: String?
      do {
        try store.database.writeWithoutTransaction { database in
          try database.execute(sql: "VACUUM")
          _ = try database.checkpoint(.truncate)
        }
      } catch {
        leftover = Self.reason(of: error)
      }
      store.close()
      return (seal, leftover)
    } catch {
      throw Fault(error, path: path)
    }
  }
}

extension Store {
  /// Wraps the keys of a store under another seal key; what is sealed with them stays as it is. Nobody else has the store
  /// open.
  /// - Parameters:
  ///   - path: the store.
  ///   - old: the seal key that it has.
  ///   - new: the seal key that it gets.
  /// - Throws: ``Fault``; the store is then as it was.
  public static func wrapAnew(_ path: String, from old: SealKey, to new: SealKey) throws(Fault) {
    do {
      let database = try DatabaseQueue(path: path, configuration: Self.configuration)
      defer { try? database.close() }
      try database.write { database in
        try database.execute(sql: "PRAGMA secure_delete = ON")
        guard let seal = try Self.seal(in: database, under: old, path: path) else { return }
        try Self.write(try seal.wrapped(under: new), in: database)
      }
    } catch {
      throw Fault(error, path: path)
    }
  }
}

extension SealedColumn {
  /// Opens every value and seals it with another seal.
  fileprivate func sealAnew(in database: Database, from old: Seal, to new: Seal) throws {
    let rows = try Row.fetchCursor(
      database,
      sql:
        "SELECT rowid AS number, \(self.row) AS place, \(self.name) AS value FROM \(self.table) WHERE \(self.name) IS NOT NULL"
    )
    let update = try database.makeStatement(sql: "UPDATE \(self.table) SET \(self.name) = ? WHERE rowid = ?")
    while let row = try rows.next() {
      let place: String = row["place"]
      let bytes: [UInt8]
      do {
        bytes = try self.open(row["value"], row: place, with: old)
      } catch is MalformedRow where self.isHistory {
        continue
      }
      try update.execute(arguments: [try self.seal(bytes, row: place, with: new), row["number"] as Int64])
    }
  }
}
