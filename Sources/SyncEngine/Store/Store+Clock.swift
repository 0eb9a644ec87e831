internal import Foundation
internal import GRDB
public import LockCore
public import Sealing

/// Dates that a wall clock gave while it ran ahead.
extension Store {
  private static let doubtKey = "clock_doubt"

  /// The newest date that is believed while a jump of the clock is doubted; nil for no doubt.
  func clockDoubt() throws -> Timestamp? {
    try self.database.read { database in
      try String.fetchOne(database, sql: "SELECT value FROM site WHERE key = ?", arguments: [Self.doubtKey])
        .flatMap(Int64.init).map(Timestamp.init(milliseconds:))
    }
  }

  /// Keeps that the clock is doubted.
  /// - Parameter date: the newest date that is believed.
  func doubtClock(since date: Timestamp) throws {
    try self.database.write { database in
      try database.execute(
        sql: "INSERT OR REPLACE INTO site (key, value) VALUES (?, ?)",
        arguments: [Self.doubtKey, String(date.milliseconds)])
    }
  }

  /// The clock is doubted no longer.
  /// - Parameter datingAnew: gives events that are dated later than `now` a date until now, in their order.
  /// - Returns: the date of the newest event that was dated anew; nil for none.
  func believeClock(at now: Timestamp, datingAnew: Bool) throws -> Timestamp? {
    try self.database.write { database in
      try database.execute(sql: "DELETE FROM site WHERE key = ?", arguments: [Self.doubtKey])
      return datingAnew ? try self.dateAnew(until: now, in: database) : nil
    }
  }

  private func dateAnew(until now: Timestamp, in database: Database) throws -> Timestamp? {
    let condition = "FROM event WHERE created_at > \(now.milliseconds)"
    let count = try Int64.fetchOne(database, sql: "SELECT count(*) \(condition)") ?? 0
    let before = try Int64.fetchOne(
      database, sql: "SELECT max(created_at) FROM event WHERE created_at <= ?", arguments: [now.milliseconds])
    // No two happenings share an instant, and none comes before what was stored before it.
    var date = max(now.milliseconds - count, before ?? .min)
    let rows = try Row.fetchAll(database, sql: "SELECT sequence, id, payload \(condition) ORDER BY sequence")
    for row in rows {
      date += 1
      let text = Timestamp(milliseconds: date).iso8601
      try database.execute(
        sql: "UPDATE event SET created_at = ? WHERE sequence = ?", arguments: [date, row["sequence"] as Int64])
      let column = SealedColumn.eventPayload
      guard let payload = try? Self.json(column.text(row["payload"], row: row["id"], with: self.seal)),
        var members = payload.object
      else { continue }
      members["created_at"] = .string(text)
      if let occurred = members["occurred_at"]?.string, occurred > text { members["occurred_at"] = .string(text) }
      try database.execute(
        sql: "UPDATE event SET payload = ? WHERE sequence = ?",
        arguments: [
          try column.seal(try Self.text(.object(members)), row: row["id"], with: self.seal), row["sequence"] as Int64,
        ])
    }
    return rows.isEmpty ? nil : Timestamp(milliseconds: date)
  }

  /// Believes the wall clock of a box on which nobody keeps it: what a store has of later dates is dated now. Nobody
  /// else has the store open.
  /// - Parameters:
  ///   - path: the store.
  ///   - key: its seal key.
  ///   - now: what the clock says.
  /// - Returns: true when something was dated anew.
  /// - Throws: ``Fault``.
  public static func believeClock(inStoreAt path: String, key: SealKey, at now: Timestamp) throws(Fault) -> Bool {
    let store = try Store(path: path, key: key)
    defer { store.close() }
    do {
      return try store.believeClock(at: now, datingAnew: true) != nil
    } catch {
      throw Fault(error, path: path)
    }
  }
}
