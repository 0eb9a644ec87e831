import LockCore
import LockDrivers
import LockSimulator
import LockTransport
import Logging
import Synchronization
import Testing

@testable import SyncEngine

/// The configuration is read again while the site works.
@Suite struct ReloadTests {
  private static func site() throws -> VirtualSite {
    let door = DoorConfiguration(reader: .init(address: 5), strike: .init(address: 5))
    return try VirtualSite(
      ["Front": VirtualLock(), "Gate": VirtualLock()], doors: ["Harbour": door], granularity: .messages)
  }

  private static func reload(
    _ site: VirtualSite, closed: [String] = [], _ change: (inout SiteDefinition) -> Void = { _ in }
  ) throws {
    var definition = site.definition
    change(&definition)
    let ids = closed.map { site.id($0) }
    site.perform(try site.site.definitionChanged(to: definition, closed: Set(ids), at: site.date))
  }

  @Test func `a definition that says the same changes nothing and tells nothing`() throws {
    let site = try Self.site()
    for key in ["Front", "Gate", "Harbour"] { try site.create(on: key, pin: "4711") }
    site.advance(by: .minutes(1))
    let (story, writes) = (site.story(), site.allWrites)
    for _ in 0..<20 {
      try Self.reload(site)
      site.advance(by: .seconds(1))
    }
    #expect(site.story() == story && site.allWrites == writes)
    #expect(site.site.doors.values.allSatisfy { $0.ledger.isReachable })
  }

  @Test func `a door that is named no longer is told gone once, keeps its codes, and has them when it comes back`()
    throws
  {
    let site = try Self.site()
    let code = try site.create(on: "Gate", pin: "4711")
    try site.create(on: "Front", pin: "0815")
    site.advance(by: .minutes(1))
    let (gate, front) = (site.id("Gate"), site.id("Front"))
    let writes = site.allWrites
    let without: (inout SiteDefinition) -> Void = { $0.locks.removeAll { $0.key == "Gate" } }
    for _ in 0..<3 { try Self.reload(site, closed: site.site.doors[gate] == nil ? [] : ["Gate"], without) }
    site.advance(by: .minutes(1))
    #expect(site.site.doors[gate] == nil && site.site.home(of: code) == nil)
    #expect(site.site.doors[front]?.ledger.isReachable == true)
    #expect(site.events().filter { $0["event_type"] == "device.removed" }.count == 1)
    #expect(site.allWrites == writes)
    try Self.reload(site)
    #expect(site.site.home(of: code) == gate)
    #expect(site.site.doors[gate]?.ledger.codes[code]?.terms.pin.digits == "4711")
    #expect(site.events().filter { $0["event_type"] == "device.added" }.count == 4)
  }

  @Test func `what was asked of a door that goes is ended`() throws {
    let site = try Self.site()
    site.advance(by: .seconds(5))
    let gate = site.id("Gate")
    let (attempt, effects) = try site.site.act("UNLOCK_DOOR", .unlock, on: gate, at: site.date)
    _ = effects
    try Self.reload(site, closed: ["Gate"]) { $0.locks.removeAll { $0.key == "Gate" } }
    site.advance(by: .seconds(1))
    #expect(site.finishedAttempts.contains(attempt.id))
    let kept = try site.store.attempts(ids: [attempt.id], lock: nil).first?.attempt
    guard case .error(let type, _) = kept?.status else {
      Issue.record("\(String(describing: kept))")
      return
    }
    #expect(type == "device_removed")
  }

  @Test func `another size of the backup pool, another name and another zone hold at once`() throws {
    let site = try Self.site()
    site.advance(by: .seconds(5))
    site.perform(try site.site.keepBackups(true, on: site.id("Front"), at: site.date))
    site.advance(by: .minutes(1))
    #expect(site.site.doors[site.id("Front")]?.ledger.codes.count == 3)
    try Self.reload(site) {
      ($0.backupPoolSize, $0.name, $0.timeZone) = (5, "Other", "UTC")
      $0.retention.events = .hours(48)
    }
    site.advance(by: .minutes(1))
    #expect(site.site.doors[site.id("Front")]?.ledger.codes.count == 5)
    #expect(site.site.name == "Other" && site.site.timeZone == "UTC" && site.site.retention.events == .hours(48))
  }

  @Test func `a link of which nothing has changed is not opened again; others are closed and opened`() async throws {
    let reactor = try Reactor()
    defer { reactor.shutDown() }
    let openings = Mutex<[String: Int]>([:])
    var links: [String: SiteDefinition.Link] = [:]
    var locks: [String: SiteDefinition.Lock] = [:]
    for key in ["Front", "Gate", "Studio"] {
      let lock = VirtualLock()
      let runner = VirtualLockRunner(lock)
      let opener = LinkOpener.simulated { reactor throws(LinkFault) -> Link in
        openings.withLock { $0[key, default: 0] += 1 }
        return try runner.opener.open(on: reactor)
      }
      locks[key] = SiteDefinition.Lock(
        key: key, account: "radio", deviceType: "edge_lock", manufacturer: "Virtual", model: "Keypad",
        capabilities: lock.capabilities)
      links[key] = SiteDefinition.Link(account: "radio", isBus: false, opener: opener) {
        VirtualLockDriver(lock: $0[key] ?? LockID(rawValue: key))
      }
      links[key]?.identity = key
    }
    func definition(_ keys: [String]) -> SiteDefinition {
      SiteDefinition(
        name: "Test", accounts: [.init(key: "radio", kind: "Radio")], locks: keys.compactMap { locks[$0] },
        links: keys.compactMap { links[$0] })
    }
    var logger = Logger(label: "test")
    logger.logLevel = .critical
    let engine = try await SyncEngine(
      store: try Store(), definition: definition(["Front", "Gate"]), reactor: reactor, logger: logger)
    try await withThrowingTaskGroup { group in
      group.addTask { await engine.run() }
      func settle(_ name: String) async throws {
        let id = try #require(await engine.devices().first { $0.name == name }?.id)
        let (_, creation) = try await engine.create(NewAccessCode(device: id))
        #expect(try await engine.finished(creation.id, patience: .seconds(60)).status.word == "success")
      }
      try await settle("Front")
      try await settle("Gate")
      #expect(try await engine.reload(definition(["Front", "Gate"])).kept == ["Front", "Gate"])
      links["Gate"]?.basis = 2
      #expect(
        try await engine.reload(definition(["Front", "Gate", "Studio"]))
          == .init(kept: ["Front"], closed: [], opened: ["Studio"], reopened: ["Gate"]))
      try await settle("Gate")
      try await settle("Studio")
      try await settle("Front")
      #expect(openings.withLock { $0 } == ["Front": 1, "Gate": 2, "Studio": 1])
      #expect(
        try await engine.reload(definition(["Front", "Studio"]))
          == .init(kept: ["Front", "Studio"], closed: ["Gate"], opened: [], reopened: []))
      #expect(await engine.devices().map(\.name).sorted() == ["Front", "Studio"])
      group.cancelAll()
    }
  }
}
