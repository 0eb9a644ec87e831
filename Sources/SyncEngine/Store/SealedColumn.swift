internal import Foundation
internal import GRDB
internal import Sealing

/// A column that holds secrets. Its values are sealed for their row, and opened, here alone.
struct SealedColumn: Sendable {
  let table: String
  let name: String
  /// What a row is known by, in SQL; the `row` of ``seal(_:row:with:)`` is the same in Swift.
  let row: String

  init(_ table: String, _ name: String, row: String = "id") {
    (self.table, self.name, self.row) = (table, name, row)
  }

  static let accessCodePIN = SealedColumn("access_code", "pin")
  /// Holds the terms that were confirmed last, with their PIN.
  static let accessCodeAnnounced = SealedColumn("access_code", "announced")
  static let slotWritten = SealedColumn("slot", "written", row: "lock_id || '/' || number")
  static let slotObserved = SealedColumn("slot", "observed", row: "lock_id || '/' || number")
  static let strangerPIN = SealedColumn("stranger", "pin")
  static let retiredPIN = SealedColumn("retired_pin", "pin", row: "lower(hex(digest))")
  static let attemptResult = SealedColumn("action_attempt", "result")
  static let eventPayload = SealedColumn("event", "payload")
  static let deviceKey = SealedColumn("device_key", "key", row: "device")
  static let driverMemory = SealedColumn("driver_memory", "bytes", row: "lock_id")
  static let bond = SealedColumn("bond", "bytes", row: "adapter || '/' || peer")
  static let offlineKey = SealedColumn("offline_key", "key", row: "lock_id")
  static let offlineCodePIN = SealedColumn("offline_code", "pin")
  static let webhookSecret = SealedColumn("webhook", "secret")
  static let secret = SealedColumn("secret", "value", row: "name")

  /// Every one that there is: what is checked after an upgrade and sealed anew when keys change.
  static let all = [
    accessCodePIN, accessCodeAnnounced, slotWritten, slotObserved, strangerPIN, retiredPIN, attemptResult, eventPayload,
    deviceKey, driverMemory, bond, offlineKey, offlineCodePIN, webhookSecret, secret,
  ]

  /// What happened, row by row: one that does not open is one that is lost, and no reason to do without the rest.
  var isHistory: Bool { self.table == "event" || self.table == "action_attempt" }

  private func place(_ row: String) -> SealedPlace { SealedPlace(column: "\(self.table).\(self.name)", row: row) }

  func seal(_ bytes: some Collection<UInt8>, row: String, with seal: Seal) throws -> Data {
    Data(try seal.seal(Array(bytes), for: self.place(row)))
  }

  func seal(_ text: String, row: String, with seal: Seal) throws -> Data {
    try self.seal(text.utf8, row: row, with: seal)
  }

  /// - Throws: ``MalformedRow`` for what does not open.
  func open(_ sealed: Data, row: String, with seal: Seal) throws -> [UInt8] {
    do {
      return try seal.open([UInt8](sealed), from: self.place(row))
    } catch {
      throw MalformedRow(column: "\(self.table).\(self.name)")
    }
  }

  func text(_ sealed: Data, row: String, with seal: Seal) throws -> String {
    String(decoding: try self.open(sealed, row: row, with: seal), as: UTF8.self)
  }

  /// How many values do not open.
  func countUnreadable(in database: Database, with seal: Seal) throws -> Int {
    let rows = try Row.fetchCursor(
      database,
      sql: "SELECT \(self.row) AS place, \(self.name) AS value FROM \(self.table) WHERE \(self.name) IS NOT NULL")
    var count = 0
    while let row = try rows.next() {
      do {
        _ = try self.open(row["value"], row: row["place"], with: seal)
      } catch is MalformedRow {
        count += 1
      }
    }
    return count
  }

  /// Opens every value that is there.
  /// - Throws: ``MalformedRow`` for the first that does not open.
  func check(in database: Database, with seal: Seal) throws {
    let rows = try Row.fetchCursor(
      database,
      sql: "SELECT \(self.row) AS place, \(self.name) AS value FROM \(self.table) WHERE \(self.name) IS NOT NULL")
    while let row = try rows.next() { _ = try self.open(row["value"], row: row["place"], with: seal) }
  }
}
