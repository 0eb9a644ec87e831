internal import Foundation
internal import GRDB
public import LockCore

/// Who the devices of the lines are, pinned when each first proved itself.
extension Store {
  /// The device that is known for an address of a line, `line/address`; nil before its first contact.
  public func wireIdentity(of device: String) throws -> WireIdentity? {
    try self.database.read { try Self.identity(of: device, in: $0) }
  }

  /// Every known device, by line and address.
  func wireIdentities() throws -> [String: [UInt8: WireIdentity]] {
    try self.database.read { database in
      var identities: [String: [UInt8: WireIdentity]] = [:]
      for row in try Row.fetchAll(database, sql: "SELECT * FROM wire_identity") {
        let device: String = row["device"]
        guard let slash = device.lastIndex(of: "/"), let address = UInt8(device[device.index(after: slash)...]) else {
          continue
        }
        identities[String(device[..<slash]), default: [:]][address] = WireIdentity(row)
      }
      return identities
    }
  }

  /// From now on this is the device of an address; synced when this returns.
  func keep(_ identity: WireIdentity, of device: String, at now: Timestamp) throws {
    try self.database.write { database in
      try database.execute(
        sql: """
          INSERT INTO wire_identity VALUES (?, ?, ?, ?)
          ON CONFLICT DO UPDATE SET maker = excluded.maker, serial = excluded.serial, pinned_at = excluded.pinned_at
          """,
        arguments: [device, identity.maker.map { Int64($0) }, Int64(identity.serial), now.milliseconds])
    }
  }

  /// The configuration says which serial number the device of an address has. Where another one is known, that one was
  /// replaced: it is forgotten, and the key that was made for it is put aside. It is found again when the old device is
  /// configured again.
  public func expect(serial: UInt32, of device: String) throws {
    try self.database.write { database in
      guard let known = try Self.identity(of: device, in: database), known.serial != serial else { return }
      let aside = "\(device) serial "
      try database.execute(sql: "DELETE FROM wire_identity WHERE device = ?", arguments: [device])
      for (from, to) in [
        (device, aside + known.serialDigits), (aside + WireIdentity(maker: nil, serial: serial).serialDigits, device),
      ] {
        try self.move(keyOf: from, to: to, in: database)
      }
    }
  }

  /// A key is sealed for its row, so it is sealed anew for the other one.
  private func move(keyOf device: String, to other: String, in database: Database) throws {
    guard
      let sealed = try Data.fetchOne(database, sql: "SELECT key FROM device_key WHERE device = ?", arguments: [device])
    else { return }
    let key = try SealedColumn.deviceKey.open(sealed, row: device, with: self.seal)
    try database.execute(
      sql: "UPDATE OR REPLACE device_key SET device = ?, key = ? WHERE device = ?",
      arguments: [other, try SealedColumn.deviceKey.seal(key, row: other, with: self.seal), device])
  }

  private static func identity(of device: String, in database: Database) throws -> WireIdentity? {
    try Row.fetchOne(database, sql: "SELECT * FROM wire_identity WHERE device = ?", arguments: [device])
      .map(WireIdentity.init)
  }
}

extension WireIdentity {
  fileprivate init(_ row: Row) {
    let maker: Int64? = row["maker"]
    let serial: Int64 = row["serial"]
    self.init(maker: maker.map { UInt32(truncatingIfNeeded: $0) }, serial: UInt32(truncatingIfNeeded: serial))
  }
}
