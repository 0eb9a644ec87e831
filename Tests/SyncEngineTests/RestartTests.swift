import GRDB
import LockCore
import LockDrivers
import LockSimulator
import Testing

@testable import SyncEngine

/// Restarts and stores that cannot be written (P12, P20, house rules 2, 3 and 6).
@Suite struct RestartTests {
  private let start = VirtualSite.start

  private static func mixedSite() throws -> VirtualSite {
    let door = DoorConfiguration(reader: .init(address: 5), strike: .init(address: 5))
    return try VirtualSite(
      [
        "Front": VirtualLock(holding: [7: "7777"]), "Gate": VirtualLock(temperament: .masked),
        "Studio": VirtualLock(temperament: .justInTime),
      ], doors: ["Harbour": door], granularity: .messages)
  }

  @Test func `P12: 200 restarts with nothing to do write nothing to any lock and tell nothing`() throws {
    let site = try Self.mixedSite()
    for key in ["Front", "Gate", "Studio", "Harbour"] {
      try site.create(on: key, pin: "4711")
      try site.create(on: key, pin: "0815", from: self.start + .hours(24), to: self.start + .hours(48))
    }
    site.advance(by: .minutes(1))
    let (story, writes) = (site.story(), site.allWrites)
    for _ in 0..<200 {
      try site.restart()
      site.advance(by: .milliseconds(700))
    }
    #expect(site.story() == story)
    #expect(site.allWrites == writes)
  }

  @Test func `P08 P20: a crash at any moment of a create loses no acknowledged code, and it is written once`() throws {
    for moment in 0..<80 {
      let site = try VirtualSite(["Front": VirtualLock()])
      site.advance(by: .seconds(5))
      site.crash(after: moment)
      let code = try site.create(on: "Front", pin: "4711")
      site.advance(by: .minutes(2))
      #expect(site.status(code) == .set)
      #expect(site.pins(in: "Front") == [1: "4711"])
      #expect(site.allWrites <= 2)
      #expect(site.story(of: code) == ["created", "set_on_device"])
    }
  }

  @Test func `P08 P20: nor does a crash at any moment of an update or a deletion`() throws {
    for moment in stride(from: 0, to: 120, by: 3) {
      let site = try VirtualSite(["Front": VirtualLock()])
      let code = try site.create(on: "Front", pin: "4711")
      site.advance(by: .seconds(5))
      site.crash(after: moment)
      try site.update(code) { $0.pin = PINCode("0815") }
      site.advance(by: .minutes(2))
      #expect(site.status(code) == .set)
      #expect(site.pins(in: "Front") == [1: "0815"])
      site.crash(after: moment)
      try site.delete(code)
      site.advance(by: .minutes(2))
      #expect(site.view(code) == nil)
      #expect(site.pins(in: "Front") == [:])
      #expect(
        site.story(of: code) == [
          "created", "set_on_device", "mutations_requested", "code_changed", "changed", "set_on_device",
          "removed_from_device", "deleted",
        ])
    }
  }

  @Test func `a lock that was away before and after a restart is told to be disconnected once and connected once`()
    throws
  {
    let site = try VirtualSite(["Front": VirtualLock()])
    site.advance(by: .seconds(5))
    #expect(site.story() == ["device.connected"])
    site.cut("Front")
    site.advance(by: .minutes(5))
    try site.restart()
    site.advance(by: .minutes(5))
    #expect(site.device("Front")?.errors.map(\.code) == ["device_disconnected"])
    site.restore("Front")
    site.advance(by: .minutes(5))
    try site.restart()
    site.advance(by: .minutes(5))
    #expect(site.story() == ["device.connected", "device.disconnected", "device.connected"])
  }

  @Test func `a housing that stands open is told once, also over restarts`() throws {
    let site = try VirtualSite(["Front": VirtualLock()])
    site.advance(by: .seconds(5))
    site.at("Front") { $0.setTampered(true, at: $1) }
    for _ in 0..<3 {
      try site.restart()
      site.advance(by: .minutes(1))
    }
    #expect(site.story() == ["device.connected", "device.tampered"])
  }

  // MARK: A store that cannot be written

  private static func setWritable(_ isWritable: Bool, _ store: Store) throws {
    try store.database.writeWithoutTransaction { try $0.execute(sql: "PRAGMA query_only = \(isWritable ? 0 : 1)") }
  }

  @Test func `house rule 6: while the store cannot be written requests are refused and nothing is changed`() throws {
    let site = try VirtualSite(["Front": VirtualLock()])
    let code = try site.create(on: "Front", pin: "4711")
    site.advance(by: .seconds(5))
    let (story, writes) = (site.story(), site.allWrites)
    try Self.setWritable(false, site.store)
    for request in [
      { _ = try site.create(on: "Front", pin: "0815") }, { _ = try site.update(code) { $0.pin = PINCode("0815") } },
      { _ = try site.delete(code) },
    ] {
      let error = #expect(throws: RequestFault.self) { try request() }
      guard case .storeUnavailable(let sentence) = error else {
        Issue.record("refused for another reason")
        return
      }
      #expect(!sentence.contains("0815") && !sentence.contains("4711"))
    }
    #expect(throws: (any Error).self) { try site.act(.unlock, on: "Front") }
    site.advance(by: .hours(1))
    #expect(site.status(code) == .set)
    #expect(site.allWrites == writes)
    #expect(site.lock("Front").memory.isLocked)
    try Self.setWritable(true, site.store)
    site.advance(by: .minutes(1))
    #expect(site.story() == story)
    try site.update(code) { $0.pin = PINCode("0815") }
    site.advance(by: .seconds(10))
    #expect(site.pins(in: "Front") == [1: "0815"])
  }

  @Test func `house rule 3: what happened while the store could not be written is told once it can`() throws {
    let door = DoorConfiguration(reader: .init(address: 5), strike: .init(address: 5))
    let site = try VirtualSite(["Front": VirtualLock()], doors: ["Harbour": door])
    let code = try site.create(on: "Front", pin: "4711")
    let held = try site.create(on: "Harbour", pin: "4711")
    site.advance(by: .seconds(5))
    let before = site.story().count
    let attempt = try site.act(.unlock, on: "Front")
    site.advance(by: .seconds(1))
    #expect(site.attempt(attempt.id)?.word == "success")
    try Self.setWritable(false, site.store)
    site.at("Front") { $0.typed("4711", at: $1) }
    site.type("4711#", at: "Harbour", reader: 5)
    site.at("Front") { $0.removeCode(slot: 1, at: $1) }
    site.advance(by: .minutes(2))
    site.cut("Front")
    site.advance(by: .minutes(2))
    try Self.setWritable(true, site.store)
    site.restore("Front")
    site.advance(by: .minutes(2))
    #expect(site.status(code) == .set)
    let told = site.story().dropFirst(before)
    #expect(told.filter { $0 == "lock.unlocked" }.count == 3)
    #expect(told.filter { $0 == "deleted_external_to_seam" }.count == 1)
    #expect(site.story(of: held).filter { $0 == "lock.unlocked" }.count == 1)
    #expect(site.device("Front")?.isOnline == true)
    #expect(site.notes.contains { $0.hasPrefix("store: ") })
  }

  @Test func `what waits for the store is bounded: of more, the oldest is lost, and no end of a command`() throws {
    let door = DoorConfiguration(reader: .init(address: 5), strike: .init(address: 5))
    let site = try VirtualSite(doors: ["Harbour": door])
    site.advance(by: .seconds(5))
    let attempt = try site.act(.unlock, on: "Harbour")
    try Self.setWritable(false, site.store)
    site.advance(by: .seconds(1))
    let before = site.story().count
    for number in 0..<Door.longestBacklog + 500 {
      let record = LockRecord(
        date: site.date + .milliseconds(number), happening: .denied(.unknownCode, nil))
      _ = site.site.reported(site.id("Harbour"), .happened(record), at: site.date)
    }
    try Self.setWritable(true, site.store)
    site.advance(by: .minutes(1))
    #expect(site.attempt(attempt.id)?.word == "success")
    let told = site.story().dropFirst(before)
    #expect(told.count <= Door.longestBacklog + 10)
    #expect(told.filter { $0 == "lock.access_denied" }.count > Door.longestBacklog - 10)
  }

  @Test func `an attempt whose end could not be written is ended once it can`() throws {
    let site = try VirtualSite(["Front": VirtualLock(temperament: .slow)])
    site.advance(by: .seconds(20))
    let attempt = try site.act(.unlock, on: "Front")
    try Self.setWritable(false, site.store)
    site.advance(by: .minutes(1))
    #expect(site.attempt(attempt.id)?.word == "pending")
    try Self.setWritable(true, site.store)
    site.advance(by: .minutes(1))
    #expect(site.attempt(attempt.id)?.word == "success")
    #expect(site.story().filter { $0 == "lock.unlocked" }.count == 1)
  }

  @Test func `a full disk is a refused request, and a served one when there is room again`() throws {
    let site = try VirtualSite(["Front": VirtualLock()])
    site.advance(by: .seconds(5))
    try site.store.database.writeWithoutTransaction { database in
      let pages = try Int.fetchOne(database, sql: "PRAGMA page_count") ?? 0
      try database.execute(sql: "PRAGMA max_page_count = \(pages)")
    }
    let error = #expect(throws: RequestFault.self) {
      for number in 1000..<2000 { try site.create(on: "Front", pin: String(number), name: "Somebody with a long name") }
    }
    guard case .storeUnavailable = error else {
      Issue.record("refused for another reason")
      return
    }
    let acknowledged = site.site.doors.values.flatMap(\.ledger.codes.keys)
    try site.store.database.writeWithoutTransaction { try $0.execute(sql: "PRAGMA max_page_count = 100000") }
    try site.create(on: "Front", pin: "2000")
    try site.restart()
    #expect(Set(acknowledged).isSubset(of: site.site.doors.values.flatMap(\.ledger.codes.keys)))
    #expect(site.site.doors.values.flatMap(\.ledger.codes.keys).count == acknowledged.count + 1)
  }

  // MARK: Time

  @Test func `house rule 8: a clock set back by a day hides no event, loses no removal and stretches no pause`() throws
  {
    let site = try VirtualSite(["Studio": VirtualLock(temperament: .justInTime)])
    let ongoing = try site.create(on: "Studio", pin: "4711")
    site.advance(by: .seconds(10))
    site.setWallClock(to: self.start - .hours(24))
    site.advance(by: .seconds(1))
    #expect(site.status(ongoing) == .set)
    let code = try site.create(on: "Studio", pin: "0815", from: site.date, to: site.date + .hours(1))
    site.advance(by: .minutes(1))
    #expect(site.status(code) == .set)
    site.advance(by: .hours(1))
    #expect(site.pins(in: "Studio") == [1: "4711"])
    let dates = site.events().compactMap { $0["created_at"]?.string }
    #expect(dates == dates.sorted())
  }
}
