import Foundation
import GRDB
import LockCore
import Sealing
import Testing

@testable import SyncEngine

/// Stores that each earlier version of the schema has left, as SQL: `Stores/schema-N.sql`. All hold the same site of seven
/// doors.
@Suite struct StoreFixtureTests {
  private static let steps = (1...10).map { "\($0)" }
  private static let pins: Set<String> = [
    "58291746", "61837294", "27385916", "70426815", "468913", "868623",
  ]

  /// A file with the store of a version.
  private func withStore(_ step: String, _ body: (String) throws -> Void) throws {
    try withDirectory { directory in
      let path = directory.appending(path: "store").path
      let dump = try #require(
        Bundle.module.url(forResource: "schema-\(step)", withExtension: "sql", subdirectory: "Stores"))
      // A dump names its tables in no order.
      var configuration = Configuration()
      configuration.foreignKeysEnabled = false
      let database = try DatabaseQueue(path: path, configuration: configuration)
      try database.writeWithoutTransaction { try $0.execute(sql: String(contentsOf: dump, encoding: .utf8)) }
      try database.close()
      try body(path)
    }
  }

  @Test(arguments: Self.steps) func `a step that has shipped is never edited: the schema of each version is as it was`(
    step: String
  ) throws {
    try self.withStore(step) { path in
      let query =
        "SELECT name || ': ' || sql FROM sqlite_master WHERE name NOT LIKE 'grdb%' AND sql <> '' ORDER BY name"
      let (old, new) = (try Store.openToRead(path), try DatabaseQueue())
      try Store.migrator(.test()).migrate(new, upTo: step)
      let (kept, made) = (
        try old.read { try String.fetchAll($0, sql: query) }, try new.read { try String.fetchAll($0, sql: query) }
      )
      func plain(_ sql: [String]) -> [String] {
        sql.map { $0.split(separator: "\n").map { $0.trimmingCharacters(in: .whitespaces) }.joined(separator: "\n") }
      }
      #expect(plain(made) == plain(kept))
    }
  }

  @Test(arguments: Self.steps) func `P20: the store of each earlier version opens with its codes, keys and history`(
    step: String
  ) throws {
    try self.withStore(step) { path in
      let store = try Store(path: path, key: .test())
      let version = try #require(Int(step))
      let (pins, strangers, records) = try store.database.read { database in
        (
          try self.opened(.accessCodePIN, in: database, with: store.seal),
          try self.opened(.strangerPIN, in: database, with: store.seal),
          try Row.fetchAll(database, sql: "SELECT * FROM access_code").map { try CodeRecord($0, store.seal) }
        )
      }
      #expect(Self.pins.isSubset(of: pins) && pins.count == 9)
      #expect(strangers == ["86159372"])
      #expect(Set(records.map(\.terms.pin.digits)) == pins)
      #expect(records.filter(\.announced.isSet).count >= 5)
      #expect(try store.events(EventFilter()).count == 12)
      #expect(try store.webhooks().count == (version >= 7 ? 1 : 0))
      #expect(
        Set(try store.retiredPINs().keys.map(\.digits)) == (version >= 5 ? ["94720583", "73619528"] : []))
      let offline = try store.database.read { try self.opened(.offlineCodePIN, in: $0, with: store.seal) }
      #expect(offline == (version >= 6 ? ["274872242"] : []))
      #expect(try store.apiKeys().count == 1)
    }
  }

  private func opened(_ column: SealedColumn, in database: Database, with seal: Seal) throws -> Set<String> {
    let rows = try Row.fetchAll(
      database,
      sql:
        "SELECT \(column.row) AS place, \(column.name) AS value FROM \(column.table) WHERE \(column.name) IS NOT NULL")
    return Set(try rows.map { try column.text($0["value"], row: $0["place"], with: seal) })
  }
}
