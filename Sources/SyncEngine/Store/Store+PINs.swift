internal import Foundation
internal import GRDB
internal import LockCore

/// PINs that are in use no more, and what requests were answered with.
extension Store {
  /// Puts down PINs that are in use no more. Within the caller's transaction.
  func retire(_ pins: Set<PINCode>, at now: Timestamp, in database: Database) throws {
    for pin in pins { try Self.retire(digits: pin.digits, at: now.milliseconds, in: database, with: self.seal) }
  }

  /// The PINs that were put down, and when they were last in use.
  func retiredPINs() throws -> [PINCode: Timestamp] {
    try self.database.read { database in
      let rows = try Row.fetchAll(
        database, sql: "SELECT lower(hex(digest)) AS place, pin, retired_at FROM retired_pin")
      return try rows.reduce(into: [:]) { pins, row in
        let digits = try SealedColumn.retiredPIN.text(row["pin"], row: row["place"], with: self.seal)
        if let pin = PINCode(digits) { pins[pin] = Timestamp(milliseconds: row["retired_at"]) }
      }
    }
  }

  /// Forgets PINs that were in use for the last time before a date, and older replies.
  func forgetRetiredPINs(before date: Timestamp) throws {
    try self.database.write { database in
      for sql in ["DELETE FROM retired_pin WHERE retired_at < ?", "DELETE FROM reply WHERE created_at < ?"] {
        try database.execute(sql: sql, arguments: [date.milliseconds])
      }
    }
  }

  /// Keeps what a request was answered with. Within the caller's transaction.
  func keep(_ reply: Site.Reply, at now: Timestamp, in database: Database) throws {
    try database.execute(
      sql: "INSERT OR REPLACE INTO reply (request, access_code_ids, created_at) VALUES (?, ?, ?)",
      arguments: [
        try Self.replyDigest(of: reply.request, with: self.seal),
        try Self.text(.array(reply.codes.map { .string($0.rawValue) })), now.milliseconds,
      ])
  }

  /// The codes that a request was answered with since a date; nil for none.
  func reply(to request: String, since date: Timestamp) throws -> [AccessCodeID]? {
    try self.database.read { database in
      try String.fetchOne(
        database, sql: "SELECT access_code_ids FROM reply WHERE request = ? AND created_at >= ?",
        arguments: [try Self.replyDigest(of: request, with: self.seal), date.milliseconds])
    }.flatMap { try Self.json($0).array?.compactMap { $0.string.map(AccessCodeID.init(rawValue:)) } }
  }
}
