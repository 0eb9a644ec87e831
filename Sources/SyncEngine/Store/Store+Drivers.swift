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
      ).map { [UInt8]($0) }
    }
  }

  /// Keeps what a driver asks to be kept; synced when this returns.
  func keep(_ bytes: [UInt8], forDriverOf lock: LockID) throws {
    try self.database.write { database in
      try database.execute(
        sql: "INSERT INTO driver_memory VALUES (?, ?) ON CONFLICT DO UPDATE SET bytes = excluded.bytes",
        arguments: [lock.rawValue, Data(bytes)])
    }
  }

  /// Every bond that is kept.
  public func bonds() throws -> [[UInt8]] {
    try self.database.read { try Data.fetchAll($0, sql: "SELECT bytes FROM bond").map { [UInt8]($0) } }
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
        sql: "INSERT INTO bond VALUES (?, ?, ?) ON CONFLICT DO UPDATE SET bytes = excluded.bytes",
        arguments: [adapter, peer, Data(bond)])
    }
  }
}
