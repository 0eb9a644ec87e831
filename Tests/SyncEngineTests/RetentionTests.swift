import GRDB
import LockCore
import LockSimulator
import Testing

@testable import SyncEngine

/// What is over is forgotten, and what may still be asked for is not.
@Suite struct RetentionTests {
  private func count(_ table: String, _ lock: String, in site: VirtualSite) throws -> Int {
    try site.store.database.read {
      try Int.fetchOne(
        $0, sql: "SELECT count(*) FROM \(table) WHERE lock_id = ?", arguments: [site.id(lock).rawValue]) ?? -1
    }
  }

  /// A site of two locks that remembers for an hour, and each of which had a code that is gone.
  private func makeSite() throws -> VirtualSite {
    let site = try VirtualSite(
      ["Front": VirtualLock(), "Gate": VirtualLock()], heartbeat: .minutes(10), granularity: .messages)
    for retention in [\SiteDefinition.Retention.events, \.attempts, \.tenancies] {
      site.site.retention[keyPath: retention] = .hours(1)
    }
    for (lock, pin) in [("Front", "4711"), ("Gate", "4712")] {
      let code = try site.create(on: lock, pin: pin)
      site.advance(by: .minutes(1))
      _ = try site.delete(code)
      site.advance(by: .minutes(1))
      #expect(site.view(code) == nil)
      #expect(try self.count("tenancy", lock, in: site) == 1)
    }
    return site
  }

  private func advance(_ site: VirtualSite, days: Int) throws {
    for _ in 0..<days {
      // Something happens: time is believed to pass by that.
      _ = try site.act(.unlock, on: "Gate")
      site.advance(by: .hours(24))
    }
  }

  @Test func `who held a slot is known while the log of a lock out of reach may name it, and forgotten then`() throws {
    let site = try self.makeSite()
    site.cut("Front")
    try self.advance(site, days: 3)
    #expect(try self.count("tenancy", "Front", in: site) == 1)
    #expect(try self.count("tenancy", "Gate", in: site) == 0)
    // Nobody knows after a restart what the lock has to tell.
    try site.restart()
    site.site.retention.tenancies = .hours(1)
    try self.advance(site, days: 2)
    #expect(try self.count("tenancy", "Front", in: site) == 1)
    site.restore("Front")
    try self.advance(site, days: 2)
    #expect(try self.count("tenancy", "Front", in: site) == 0)
  }

  @Test func `finished attempts and events are forgotten, what is in use is not`() throws {
    let site = try self.makeSite()
    let code = try site.create(on: "Front", pin: "4713")
    try self.advance(site, days: 3)
    #expect(site.status(code) == .set)
    #expect(try self.count("tenancy", "Front", in: site) == 1)
    #expect(try self.count("action_attempt", "Gate", in: site) <= 1)
    #expect(try self.count("event", "Front", in: site) == 0)
  }
}
