internal import Foundation
internal import GRDB
internal import LockCore

/// What drivers and radios keep of their own.
extension Store {
  /// What the driver of a lock last asked to be kept; nil for nothing.
  func driverMemory(of lock: LockID) throws -> [UInt8]? {
    try self.database.read { database in
      try Data.fetchOne(
        database, sql: "SELECT bytes FROM driver_memory WHERE lock_id = ?", arguments: [lock.rawValue]
      ).map { try SealedColumn.driverMemory.open($0, row: lock.rawValue, with: self.seal) }
    }
  }

  /// Keeps what a driver asks to be kept; synced when this returns.
  func keep(_ bytes: [UInt8], forDriverOf lock: LockID) throws {
    try self.database.write { database in
      try database.execute(
        sql: """
          INSERT INTO driver_memory (lock_id, bytes) VALUES (?, ?) ON CONFLICT DO UPDATE SET bytes = excluded.bytes
          """,
        arguments: [lock.rawValue, try SealedColumn.driverMemory.seal(bytes, row: lock.rawValue, with: self.seal)])
    }
  }

  /// Every bond that is kept.
  public func bonds() throws -> [[UInt8]] {
    try self.database.read { database in
      try Row.fetchAll(database, sql: "SELECT adapter || '/' || peer AS place, bytes FROM bond").map {
        try SealedColumn.bond.open($0["bytes"], row: $0["place"], with: self.seal)
      }
    }
  }

  /// Keeps a bond, in place of an earlier one with the same peer; nil forgets it. Synced when this returns.
  public func keep(bond: [UInt8]?, ofAdapter adapter: String, withPeer peer: String) throws {
    try self.database.write { database in
      guard let bond else {
        try database.execute(
          sql: "DELETE FROM bond WHERE adapter = ? AND peer = ?", arguments: [adapter, peer])
        return
      }
      try database.execute(
        sql: """
          INSERT INTO bond (adapter, peer, bytes) VALUES (?, ?, ?) ON CONFLICT DO UPDATE SET bytes = excluded.bytes
          """,
        arguments: [adapter, peer, try SealedColumn.bond.seal(bond, row: "\(adapter)/\(peer)", with: self.seal)])
    }
  }
}
