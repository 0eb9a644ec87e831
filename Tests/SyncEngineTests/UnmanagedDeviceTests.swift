import LockCore
import LockSimulator
import Testing

@testable import SyncEngine

/// Locks that are not managed: rules R86-R88.
@Suite struct UnmanagedDeviceTests {
  private func site() throws -> (VirtualSite, AccessCodeID) {
    let site = try VirtualSite(["Front": VirtualLock()])
    let code = try site.create(on: "Front", pin: "4711")
    site.advance(by: .seconds(5))
    return (site, code)
  }

  private func news(_ site: VirtualSite) -> [String] {
    site.events().compactMap { $0["event_type"]?.string }.filter {
      ($0.hasPrefix("device.") && $0 != "device.added") || $0.hasPrefix("lock.")
    }
  }

  @Test func `R86: with its lock a code becomes unmanaged, and nothing is done or told there`() throws {
    let (site, code) = try self.site()
    let later = try site.create(
      on: "Front", pin: "0815", from: VirtualSite.start + .hours(100), to: VirtualSite.start + .hours(200))
    try site.unmanage("Front")
    #expect(site.unmanaged(on: "Front").map(\.id) == [code] && site.view(later) == nil)
    #expect(site.story(of: later).last == "deleted")
    #expect(site.device("Front")?.isManaged == false)
    let writes = site.allWrites
    site.at("Front") { $0.removeCode(slot: 1, at: $1) }
    site.at("Front") { $0.typed("1234", at: $1) }
    try site.restart()
    site.advance(by: .hours(200))
    #expect(site.allWrites == writes && site.unmanaged(on: "Front").map(\.id) == [code])
    #expect(self.news(site) == ["device.connected", "device.converted_to_unmanaged"])
    #expect(throws: RequestFault.self) { try site.create(on: "Front", pin: "3333") }
  }

  @Test func `R86: whether an unmanaged lock answers is still told`() throws {
    let (site, _) = try self.site()
    try site.unmanage("Front")
    site.cut("Front")
    site.advance(by: .minutes(2))
    site.restore("Front")
    site.advance(by: .minutes(2))
    #expect(
      self.news(site) == [
        "device.connected", "device.converted_to_unmanaged", "device.unmanaged.disconnected",
        "device.unmanaged.connected",
      ])
  }

  @Test(arguments: [false, true])
  func `R86: a lock that is managed again is looked at afresh, its codes stay unmanaged`(isCut: Bool) throws {
    let (site, code) = try self.site()
    try site.unmanage("Front")
    site.at("Front") { $0.typed("1234", at: $1) }
    if isCut { site.cut("Front") }
    site.advance(by: .minutes(1))
    let writes = site.allWrites
    try site.manage("Front")
    site.restore("Front")
    site.advance(by: .minutes(1))
    #expect(site.view(code) == nil && site.unmanaged(on: "Front").map(\.id) == [code])
    #expect(site.allWrites == writes)
    // What happened while nobody was to look is not told.
    #expect(!self.news(site).contains("lock.access_denied"))
    site.at("Front") { $0.typed("4711", at: $1) }
    site.advance(by: .minutes(1))
    let entry = site.events(of: code).last
    #expect(entry?["event_type"] == "lock.unlocked" && entry?["access_code_is_managed"] == false)
    #expect(throws: RequestFault.self) { try site.manage("Front") }
    try site.convert(code)
    site.advance(by: .minutes(1))
    #expect(site.status(code) == .set && site.allWrites == writes)
  }

  @Test func `R86: what was under way when the lock was let go of ends with a word`() throws {
    let (site, code) = try self.site()
    site.cut("Front")
    let deletion = try site.delete(code)
    let creation = try site.create(on: "Front", pin: "3333")
    try site.unmanage("Front")
    #expect(site.attempts("CREATE_ACCESS_CODE").last?.status.word == "access_code_deleted")
    #expect(site.view(creation) == nil)
    // What was to be deleted before still is.
    #expect(site.attempt(deletion.id)?.word == "pending")
    site.restore("Front")
    site.advance(by: .minutes(1))
    #expect(site.attempt(deletion.id)?.word == "success" && site.pins(in: "Front").isEmpty)
    #expect(site.story(of: code).last == "deleted")
  }

  @Test func `R86: what waits in the backup pool goes from the lock with it`() throws {
    let site = try VirtualSite(["Front": VirtualLock()])
    site.perform(try site.site.keepBackups(true, on: site.id("Front"), at: site.date))
    site.advance(by: .minutes(1))
    #expect(!site.pins(in: "Front").isEmpty)
    try site.unmanage("Front")
    site.advance(by: .minutes(1))
    #expect(site.pins(in: "Front").isEmpty && site.unmanaged(on: "Front").isEmpty)
    try site.manage("Front")
    site.advance(by: .minutes(1))
    #expect(site.pins(in: "Front").isEmpty)
  }
}
