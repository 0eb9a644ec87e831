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

  /// The kept bonds of an adapter, by peer.
  public func bonds(ofAdapter adapter: String) throws -> [String: [UInt8]] {
    try self.database.read { database in
      var bonds: [String: [UInt8]] = [:]
      let rows = try Row.fetchAll(database, sql: "SELECT peer, bytes FROM bond WHERE adapter = ?", arguments: [adapter])
      for row in rows { bonds[row["peer"]] = [UInt8](row["bytes"] as Data) }
      return bonds
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
        sql: "INSERT INTO bond VALUES (?, ?, ?) ON CONFLICT DO UPDATE SET bytes = excluded.bytes",
        arguments: [adapter, peer, Data(bond)])
    }
  }
}
