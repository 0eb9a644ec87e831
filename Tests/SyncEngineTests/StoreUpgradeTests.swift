import Foundation
import GRDB
import LockCore
import LockDrivers
import LockSimulator
import OfflineCodes
import Sealing
import Testing

@testable import SyncEngine

/// Stores of earlier versions: brought up to date on a copy, verified, then taken over at once.
@Suite struct StoreUpgradeTests {
  private static let pins = ["47110815", "90817263", "55443322", "61728394"]
  private static let start = VirtualSite.start

  /// A site with every kind of secret in its store.
  private static func site() throws -> VirtualSite {
    let door = DoorConfiguration(reader: .init(address: 5), strike: .init(address: 5))
    var model = VirtualLockModel()
    model.pins = PINPolicy(lengths: [8])
    let site = try VirtualSite(
      [
        "Front": VirtualLock(holding: [7: Self.pins[3]], named: "Cleaner", model: model),
        "Gate": VirtualLock(model: model, temperament: .masked),
      ], doors: ["Harbour": door], store: try Store(key: .test()))
    site.advance(by: .seconds(5))
    try site.create(on: "Front", pin: Self.pins[0], name: "Guest")
    try site.create(on: "Gate", pin: Self.pins[1], from: Self.start + .hours(24), to: Self.start + .hours(48))
    try site.create(on: "Harbour", pin: "908172")
    let changed = try site.create(on: "Front", pin: "12344321")
    site.advance(by: .minutes(1))
    try site.update(changed) { $0.pin = PINCode(Self.pins[2]) }
    site.advance(by: .minutes(1))
    let store = site.store
    _ = try store.add(
      Webhook(
        id: "w", url: "https://example.org/", eventTypes: ["*"], secret: WebhookSecret(), createdAt: Self.start))
    _ = try store.deviceKey("line/5", at: Self.start) { Array("line key in clear".utf8) }
    try store.keep(Array("driver memory in clear".utf8), forDriverOf: site.id("Gate"))
    try store.keep(bond: Array("bond in clear".utf8), ofAdapter: "a", withPeer: "p")
    _ = try store.offlineKey(ofLock: "Harbour", at: Self.start)
    _ = try CursorSeal(keptIn: store)
    return site
  }

  /// The same locks, with what they hold by now.
  private static func again(_ site: VirtualSite, over store: Store) throws -> VirtualSite {
    let door = DoorConfiguration(reader: .init(address: 5), strike: .init(address: 5))
    return try VirtualSite(
      ["Front": site.lock("Front"), "Gate": site.lock("Gate")], doors: ["Harbour": door], store: store)
  }

  /// What must not stand in any file.
  private static func secrets(of site: VirtualSite) throws -> [Data] {
    let texts = Self.pins + ["908172", "12344321", "line key in clear", "driver memory in clear", "bond in clear"]
    let webhook = try #require(try site.store.webhooks().first).webhook.secret.bytes
    let offline = try site.store.offlineBook(of: site.id("Harbour"), at: Self.start).key.secret
    return texts.map { Data($0.utf8) } + [Data(webhook), Data(offline)]
  }

  private static func found(_ secrets: [Data], in directory: URL) throws -> [String] {
    try FileManager.default.contentsOfDirectory(atPath: directory.path).flatMap { name in
      let bytes = try Data(contentsOf: directory.appending(path: name))
      return secrets.filter { bytes.range(of: $0) != nil }.map { _ in name }
    }
  }

  private static func ages() -> [String] { (1...10).map { "\($0)" } }

  @Test(arguments: Self.ages())
  func `a store of each earlier version opens with all that was in it, sealed; no lock is written for it`(
    step: String
  )
    throws
  {
    try withDirectory { directory in
      let (site, path) = (try Self.site(), directory.appending(path: "store").path)
      try StoreAsOf(step: step).write(site.store, to: path)
      let secrets = try Self.secrets(of: site)
      #expect(try !Self.found(secrets, in: directory).isEmpty)
      let store = try Store(path: path, key: .test())
      #expect(try Self.found(secrets, in: directory) == [])
      let after = try Self.again(site, over: store)
      after.advance(by: .minutes(10))
      #expect(after.allWrites == 0)
      for door in site.site.doors.values {
        let now = try #require(after.site.doors[door.id])
        #expect(now.ledger.codes.mapValues(\.terms) == door.ledger.codes.mapValues(\.terms))
        #expect(now.ledger.strangers.values.map(\.pin) == door.ledger.strangers.values.map(\.pin))
        #expect(now.ledger.slots.mapValues(\.written?.entry) == door.ledger.slots.mapValues(\.written?.entry))
      }
      #expect(try Self.found(secrets, in: directory) == [])
      let events = try store.events(EventFilter()).prefix(site.events().count).map(\.payload)
      #expect(events == site.events())
      if step == "10" {
        #expect(try store.retiredPINs().keys.map(\.digits) == ["12344321"])
        #expect(try store.webhooks().map(\.webhook) == site.store.webhooks().map(\.webhook))
        #expect(try store.bonds() == [Array("bond in clear".utf8)])
      }
    }
  }

  @Test(arguments: 0...5)
  func `an upgrade that is cut off after any of its steps leaves the earlier file or the new one`(
    done: Int
  ) throws {
    try withDirectory { directory in
      let (site, path) = (try Self.site(), directory.appending(path: "store").path)
      try StoreAsOf(step: "10").write(site.store, to: path)
      let upgrade = StoreUpgrade(path: path, key: try .test())
      for step in [upgrade.copy, upgrade.migrate, upgrade.compact, upgrade.verify, upgrade.takeOver].prefix(done) {
        try step()
      }
      let store = try Store(path: path, key: .test())
      #expect(try Self.found(Self.secrets(of: site), in: directory) == [])
      let names = try FileManager.default.contentsOfDirectory(atPath: directory.path)
      #expect(names.filter { $0.contains("upgrade") } == [])
      let after = try Self.again(site, over: store)
      after.advance(by: .minutes(10))
      #expect(after.allWrites == 0)
      #expect(after.story() == site.story())
    }
  }

  @Test func `what is in the write-ahead log of an earlier version comes along`() throws {
    try withDirectory { directory in
      let (site, path) = (try Self.site(), directory.appending(path: "store").path)
      try StoreAsOf(step: "10").write(site.store, to: path)
      let old = try Store.open(path)
      try old.write { try $0.execute(sql: "UPDATE access_code SET name = 'Late' WHERE name = 'Guest'") }
      // As after a power cut: the file and its log, and nobody who has it open.
      for name in ["store", "store-wal"] {
        try FileManager.default.copyItem(
          at: directory.appending(path: name), to: directory.appending(path: "cut-\(name)"))
      }
      try old.close()
      for name in ["store", "store-wal"] {
        let target = directory.appending(path: name)
        try? FileManager.default.removeItem(at: target)
        try FileManager.default.moveItem(at: directory.appending(path: "cut-\(name)"), to: target)
      }
      let store = try Store(path: path, key: .test())
      let names = try store.database.read { try String?.fetchAll($0, sql: "SELECT name FROM access_code") }
      #expect(names.contains("Late"))
      #expect(try Self.found(Self.secrets(of: site), in: directory) == [])
    }
  }

  @Test(arguments: ["a reference to nothing", "a later version", "another seal key", "a value that does not open"])
  func `what cannot be opened or upgraded is left byte for byte as it was, and the reason is told`(kind: String) throws
  {
    try withDirectory { directory in
      let (site, path) = (try Self.site(), directory.appending(path: "store").path)
      var key = try SealKey.test()
      if kind == "a reference to nothing" {
        try StoreAsOf(step: "10").write(site.store, to: path)
      } else {
        _ = try Self.again(site, over: try Store(path: path, key: key))
      }
      var configuration = Store.configuration
      configuration.foreignKeysEnabled = false
      let raw = try DatabaseQueue(path: path, configuration: configuration)
      try raw.write { database in
        switch kind {
        case "a reference to nothing": try database.execute(sql: "UPDATE tenancy SET lock_id = 'nobody'")
        case "a later version": try database.execute(sql: "INSERT INTO grdb_migrations VALUES ('99')")
        case "another seal key": key = try .test(9)
        default: try database.execute(sql: "INSERT INTO secret VALUES ('one', x'01'), ('two', x'02')")
        }
      }
      try raw.writeWithoutTransaction { _ = try $0.checkpoint(.truncate) }
      try raw.close()
      let before = try Data(contentsOf: URL(fileURLWithPath: path))
      let fault = try #require(#expect(throws: Store.Fault.self) { try Store(path: path, key: key) })
      switch (kind, fault) {
      case ("a reference to nothing", .notUpgraded), ("a later version", .newer),
        ("a value that does not open", .damaged):
        break
      case ("another seal key", .otherSealKey(_, let wanted, let given)):
        #expect(try wanted == SealKey.test().id && given == key.id)
        #expect(fault.description.contains(wanted))
      default: Issue.record("refused for another reason: \(fault)")
      }
      #expect(try Data(contentsOf: URL(fileURLWithPath: path)) == before)
    }
  }

  @Test func `a PIN that was moved to another row is not taken for that row's`() throws {
    try withDirectory { directory in
      let path = directory.appending(path: "store").path
      do {
        let site = try VirtualSite(["Front": VirtualLock()], store: try Store(path: path, key: .test()))
        try site.create(on: "Front", pin: "4711")
        try site.create(on: "Front", pin: "0815")
        try site.store.database.write { database in
          try database.execute(
            sql: "UPDATE access_code SET pin = (SELECT pin FROM access_code AS other WHERE other.id <> access_code.id)")
        }
        try site.store.database.close()
      }
      let fault = #expect(throws: Store.Fault.self) { try Store(path: path, key: .test()) }
      guard case .damaged(_, let reason) = fault else {
        Issue.record("refused for another reason")
        return
      }
      #expect(reason.contains("access_code.pin"))
    }
  }
}

/// A directory that is gone after the test.
func withDirectory(_ body: (URL) throws -> Void) throws {
  let directory = FileManager.default.temporaryDirectory.appending(path: "bitting-\(UUID().uuidString)")
  try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
  defer { try? FileManager.default.removeItem(at: directory) }
  try body(directory)
}
