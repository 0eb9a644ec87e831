import Foundation
import GRDB
import LockCore
import LockSimulator
import Sealing
import Testing

@testable import SyncEngine

@Suite struct StoreTests {
  @Test func `an acknowledged change is synced: the writing connection runs with synchronous FULL`() throws {
    try withDirectory { directory in
      let store = try Store(path: directory.appending(path: "store").path, key: .test())
      #expect(try store.synchronousLevel() == 2)
      let reopened = try Store(path: directory.appending(path: "store").path, key: .test())
      #expect(try reopened.synchronousLevel() == 2)
    }
  }

  @Test func `the store's files are readable by their owner alone, whatever the umask`() throws {
    try withDirectory { directory in
      let store = try Store(path: directory.appending(path: "store").path, key: .test())
      try store.addAPIKey(APIKeySecret(), name: "test", at: VirtualSite.start)
      let files = try FileManager.default.contentsOfDirectory(atPath: directory.path).sorted()
      #expect(files == ["store", "store-shm", "store-wal"])
      for file in files {
        let attributes = try FileManager.default.attributesOfItem(atPath: directory.appending(path: file).path)
        #expect(attributes[.posixPermissions] as? Int == 0o600)
      }
    }
  }

  @Test func `the tables are strict and their columns are these`() throws {
    let store = try Store()
    try store.database.read { database in
      let tables = try String.fetchAll(
        database,
        sql: """
          SELECT name FROM pragma_table_list WHERE schema = 'main' AND type = 'table'
          AND name NOT LIKE 'sqlite%' AND name NOT LIKE 'grdb%' AND strict = 1 ORDER BY name
          """)
      #expect(
        tables == [
          "access_code", "account", "action_attempt", "api_key", "audit", "bond", "device_key", "driver_memory",
          "event",
          "lock", "offline_code", "offline_key", "reply", "retired_pin", "seal", "secret", "site", "slot", "stranger",
          "tenancy", "webhook", "webhook_trial", "wire_identity",
        ])
      let pins = try String.fetchOne(
        database, sql: "SELECT type FROM pragma_table_info('access_code') WHERE name = 'pin'")
      #expect(pins == "BLOB")
    }
  }

  @Test(arguments: ["0000", "0042", "00000000000000000001", "9"]) func `a PIN keeps its leading zeros`(
    digits: String
  ) throws {
    let site = try VirtualSite(["Front": VirtualLock(model: Self.anyLength)])
    let code = try site.create(on: "Front", pin: digits)
    site.advance(by: .seconds(5))
    try site.restart()
    #expect(site.view(code)?.pin?.digits == digits)
    #expect(site.site.doors.values.first?.ledger.slots[1]?.written?.entry?.pin.digits == digits)
    #expect(
      site.site.doors.values.first?.ledger.slots[1]?.observed?.reading.contents == PINCode(digits).map { .code($0) })
  }

  private static var anyLength: VirtualLockModel {
    var model = VirtualLockModel()
    model.pins = PINPolicy(lengths: Array(1...20))
    return model
  }

  @Test func `a ledger comes back as it was, whatever it holds`() throws {
    let site = try VirtualSite(
      [
        "Front": VirtualLock(holding: [9: "1234"], named: "Cleaner"),
        "Gate": VirtualLock(holding: [3: "1234"], temperament: .masked), "Liar": VirtualLock(temperament: .liar),
        "Refuser": VirtualLock(temperament: .duplicateRefuser),
      ])
    for (number, key) in ["Front", "Gate", "Liar", "Refuser"].enumerated() {
      try site.create(on: key, pin: "47\(number)1", name: "Gäste 🏡 'quoted' \"twice\"")
      try site.create(
        on: key, pin: "08\(number)5", from: site.date + .hours(10), to: site.date + .hours(20)
      ) {
        ($0.allowsExternalModification, $0.prefersNativeScheduling, $0.commonCodeKey) = (true, false, "group \(number)")
      }
      let changed = try site.create(on: key, pin: "11\(number)1")
      site.advance(by: .minutes(1))
      try site.update(changed) { $0.pin = PINCode("22\(number)2") }
      site.at(key) { $0.removeCode(slot: 1, at: $1) }
    }
    site.cut("Front")
    site.advance(by: .minutes(20))
    for door in site.site.doors.values {
      var stored = try site.store.ledger(of: door.id, capabilities: door.definition.capabilities, policy: site.policy)
      #expect(stored.codes == door.ledger.codes)
      #expect(stored.slots == door.ledger.slots)
      #expect(stored.strangers == door.ledger.strangers)
      stored.order -= door.ledger.order
      #expect(stored.order == 0)
      #expect(stored.isInventoried == door.ledger.isInventoried)
      #expect(stored.knownChanges == door.ledger.knownChanges)
      #expect(stored.logCursor == door.ledger.logCursor)
      #expect(stored.journalled == door.ledger.journalled)
    }
  }

  @Test func `what was acknowledged is there when the file is opened again`() throws {
    try withDirectory { directory in
      let path = directory.appending(path: "store").path
      let code: AccessCodeID
      do {
        let site = try VirtualSite(["Front": VirtualLock()], store: try Store(path: path, key: .test()))
        code = try site.create(on: "Front", pin: "4711", name: "Guest")
      }
      let site = try VirtualSite(["Front": VirtualLock()], store: try Store(path: path, key: .test()))
      #expect(site.view(code)?.pin == PINCode("4711"))
      #expect(site.view(code)?.name == "Guest")
      #expect(site.story(of: code).first == "created")
    }
  }

  @Test func `a store that is gone while its log is there is not made anew`() throws {
    try withDirectory { directory in
      let file = directory.appending(path: "store")
      try Data("log".utf8).write(to: URL(fileURLWithPath: file.path + "-wal"))
      let fault = #expect(throws: Store.Fault.self) { try Store(path: file.path, key: .test()) }
      guard case .vanished = fault else {
        Issue.record("refused for another reason: \(fault.map { "\($0)" } ?? "not at all")")
        return
      }
      #expect(try FileManager.default.contentsOfDirectory(atPath: directory.path) == ["store-wal"])
    }
  }

  @Test func `an event that does not open is left out, and hinders neither copies nor a rotation`() throws {
    try withDirectory { directory in
      let file = directory.appending(path: "store")
      let site = try VirtualSite(["Front": VirtualLock()], store: try Store(path: file.path, key: .test()))
      let code = try site.create(on: "Front", pin: "4711")
      site.advance(by: .minutes(1))
      let events = try site.store.events(EventFilter())
      try site.store.database.write { database in
        try database.execute(
          sql: "UPDATE event SET payload = zeroblob(60) WHERE sequence = ?", arguments: [events[0].sequence])
      }
      #expect(try site.store.events(EventFilter()).map(\.sequence) == events.dropFirst().map(\.sequence))
      #expect(site.store.unreadable.takeNews() && !site.store.unreadable.takeNews())
      #expect(try site.store.event(at: events[0].sequence) == nil)
      let summary = try site.store.copy(to: directory.appending(path: "copy").path)
      #expect(summary.codes == 1 && summary.unreadable == 1)
      site.store.close()
      let next = try #require(try SealKey(Array(repeating: 9, count: 32)))
      _ = try Store.rotate(file.path, from: .test(), to: next)
      #expect(try Store(path: file.path, key: next).events(EventFilter()).count == events.count - 1)
      _ = code
    }
  }

  @Test(arguments: ["not SQLite", "no bytes", "torn pages", "cut short"])
  func `P20: a damaged file is refused and left as it is`(damage: String) throws {
    try withDirectory { directory in
      let file = directory.appending(path: "store")
      do {
        let site = try VirtualSite(["Front": VirtualLock()], store: try Store(path: file.path, key: .test()))
        for number in 1000..<1200 { try site.create(on: "Front", pin: String(number), name: "Somebody") }
        try site.store.database.writeWithoutTransaction { _ = try $0.checkpoint(.truncate) }
        try site.store.database.close()
      }
      var bytes = try Data(contentsOf: file)
      switch damage {
      case "not SQLite": bytes = Data("This is a shopping list.".utf8)
      case "no bytes": bytes = Data()
      case "torn pages": bytes.replaceSubrange(8192..<40960, with: Data(repeating: 0x5A, count: 32768))
      default: bytes.removeLast(bytes.count / 2)
      }
      try bytes.write(to: file)
      let fault = #expect(throws: Store.Fault.self) { try Store(path: file.path, key: .test()) }
      guard case .damaged(let path, _) = fault else {
        Issue.record("refused for another reason: \(fault.map { "\($0)" } ?? "not at all")")
        return
      }
      #expect(path == file.path)
      #expect(try Data(contentsOf: file) == bytes)
    }
  }

  @Test func `a path that cannot be written is refused with the reason`() throws {
    let fault = #expect(throws: Store.Fault.self) { try Store(path: "/proc/no/such/store", key: .test()) }
    guard case .cannotOpen = fault else {
      Issue.record("refused for another reason")
      return
    }
  }

  @Test func `events are found by each filter, between exclusive bounds, oldest or newest first`() throws {
    let site = try VirtualSite(["Back": VirtualLock(), "Front": VirtualLock()])
    let back = try site.create(on: "Back", pin: "4711")
    site.advance(by: .seconds(10))
    let front = try site.create(on: "Front", pin: "4711")
    site.advance(by: .seconds(10))
    func count(_ change: (inout EventFilter) -> Void) throws -> Int {
      var filter = EventFilter()
      change(&filter)
      return try site.store.events(filter).count
    }
    let all = try site.store.events(EventFilter())
    #expect(all.count == 8)
    #expect(try count { $0.accessCodes = [back] } == 2)
    #expect(try count { $0.accessCodes = [back, front] } == 4)
    #expect(try count { $0.accessCodes = [] } == 0)
    #expect(try count { $0.types = ["device.connected"] } == 2)
    #expect(try count { $0.devices = [site.id("Front")] } == 4)
    #expect(try count { $0.ids = all.prefix(2).compactMap { $0.payload["event_id"]?.string } } == 2)
    #expect(try count { $0.ids = (0..<100_000).map { "no such id \($0)" } } == 0)
    let first = try #require(all.first?.payload["created_at"]?.string.flatMap { Timestamp(iso8601: $0) })
    #expect(try count { $0.after = first } == all.count { $0.payload["created_at"]?.string != first.iso8601 })
    #expect(try count { $0.before = first } == 0)
    #expect(try count { ($0.limit, $0.offset) = (4, 4) } == 4)
    var newest = EventFilter()
    (newest.limit, newest.newestFirst) = (1, true)
    #expect(try site.store.events(newest).first?.sequence == all.last?.sequence)
  }

  @Test func `what is long past is forgotten, what is pending or young is kept`() throws {
    let site = try VirtualSite(["Front": VirtualLock()], heartbeat: .hours(6))
    for day in 0..<120 {
      let code = try site.create(on: "Front", pin: String(1000 + day))
      site.advance(by: .hours(12))
      try site.delete(code)
      site.advance(by: .hours(12))
    }
    let events = site.events().compactMap { $0["created_at"]?.string.flatMap { Timestamp(iso8601: $0) } }
    #expect(try #require(events.min()) >= site.date - .hours(24 * 92))
    #expect(events.count >= 4 * 89)
    let attempts = try site.store.attempts(ids: nil, lock: nil).map(\.attempt.createdAt)
    #expect(try #require(attempts.min()) >= site.date - .hours(24 * 92))
    let tenancies = try site.store.database.read { try Int.fetchOne($0, sql: "SELECT count(*) FROM tenancy") ?? 0 }
    #expect(tenancies <= 93)
  }
}
