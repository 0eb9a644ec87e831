import Foundation
import GRDB
import Sealing

@testable import SyncEngine

/// A store as an earlier version left it, made out of a present one: the tables as they were after a step, and in them
/// the same rows, secrets in clear.
struct StoreAsOf {
  let step: String

  /// Writes the file.
  func write(_ store: Store, to path: String) throws {
    let old = try DatabaseQueue(path: path)
    try Store.migrator(.test()).migrate(old, upTo: self.step)
    try store.database.read { new in
      try old.inTransaction(.immediate) { old in
        try old.execute(sql: "PRAGMA defer_foreign_keys = ON")
        for table in try Self.tables(of: old) { try self.copy(table, from: new, with: store.seal, into: old) }
        return .commit
      }
    }
    try old.close()
  }

  private func copy(_ table: String, from new: Database, with seal: Seal, into old: Database) throws {
    let columns = try Self.columns(of: table, in: old).filter(Set(try Self.columns(of: table, in: new)).contains)
    let sealed = SealedColumn.all.filter { $0.table == table && columns.contains($0.name) }
    let place = sealed.first?.row ?? "''"
    for row in try Row.fetchAll(
      new, sql: "SELECT \(place) AS place, \(columns.joined(separator: ", ")) FROM \(table)")
    {
      var values: [DatabaseValue] = columns.map { row[$0] }
      for column in sealed {
        guard let index = columns.firstIndex(of: column.name), let value = row[column.name] as Data? else { continue }
        let bytes = try column.open(value, row: row["place"], with: seal)
        let isText = try Self.isText(column, in: old)
        values[index] = isText ? String(decoding: bytes, as: UTF8.self).databaseValue : Data(bytes).databaseValue
      }
      try old.execute(
        sql:
          "INSERT INTO \(table) (\(columns.joined(separator: ", "))) VALUES (\(columns.map { _ in "?" }.joined(separator: ", ")))",
        arguments: StatementArguments(values))
    }
    if table == "site", let row = try Data.fetchOne(new, sql: "SELECT value FROM secret WHERE name = 'cursor_key'") {
      try old.execute(
        sql: "INSERT INTO site VALUES ('cursor_key', ?)",
        arguments: [try SealedColumn.secret.text(row, row: "cursor_key", with: seal)])
    }
  }

  private static func tables(of database: Database) throws -> [String] {
    try String.fetchAll(
      database,
      sql: """
        SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite%' AND name NOT LIKE 'grdb%'
        """)
  }

  private static func columns(of table: String, in database: Database) throws -> [String] {
    try String.fetchAll(database, sql: "SELECT name FROM pragma_table_info(?)", arguments: [table])
  }

  private static func isText(_ column: SealedColumn, in database: Database) throws -> Bool {
    try String.fetchOne(
      database, sql: "SELECT type FROM pragma_table_info(?) WHERE name = ?", arguments: [column.table, column.name])
      == "TEXT"
  }
}
