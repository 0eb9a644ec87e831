import LockCore
import LockSimulator
import Testing

@testable import SyncEngine

/// Rules R22, R91, R110-R115: codes that are kept ready on a lock.
@Suite struct BackupPoolTests {
  private let end = VirtualSite.start + .hours(48)

  private func guestCode(_ site: VirtualSite, usesPool: Bool = true) throws -> AccessCodeID {
    try site.create(on: "Front", from: site.date, to: self.end) { $0.usesBackupPool = usesPool }
  }

  private func pull(_ site: VirtualSite, for id: AccessCodeID) throws -> AccessCodeID {
    let (backup, effects) = try site.site.pullBackup(for: id, at: site.date)
    site.perform(effects)
    site.settle()
    return backup
  }

  private func keep(_ isEnabled: Bool, _ site: VirtualSite) throws {
    site.perform(try site.site.keepBackups(isEnabled, on: site.id("Front"), at: site.date))
    site.settle()
  }

  private func problems(_ site: VirtualSite) -> [String] {
    guard let device = site.device("Front") else { return [] }
    return (device.errors + device.warnings).map(\.code)
  }

  @Test func `R110 R111 R115: a code with times switches the pool on, which is filled at once`() throws {
    let site = try VirtualSite(["Front": VirtualLock()])
    let code = try self.guestCode(site)
    #expect(self.problems(site).contains("empty_backup_access_code_pool"))
    #expect(site.view(code)?.isBackupAvailable == false)
    site.advance(by: .minutes(1))
    #expect(site.pins(in: "Front").count == 4 && self.problems(site) == [])
    #expect(site.device("Front")?.keepsBackups == true && site.view(code)?.isBackupAvailable == true)
    #expect(site.story().filter { $0 == "created" }.count == 1, "nobody is told of codes that nobody sees")
    #expect(throws: RequestFault.self) { try site.create(on: "Front") { $0.usesBackupPool = true } }
    try site.restart()
    site.advance(by: .hours(1))
    #expect(site.allWrites == 4, "a pool that is full is left alone")
  }

  @Test func `R22: the lock and readers know a backup by its id`() throws {
    let site = try VirtualSite(["Front": VirtualLock(model: VirtualLockModel(nameBytes: 64))])
    let code = try self.guestCode(site)
    site.advance(by: .minutes(1))
    let backup = try self.pull(site, for: code)
    let name = "Backup \(backup.rawValue) (Seam)"
    #expect(site.view(backup)?.name == name && site.view(backup)?.nameOnLock == name)
  }

  @Test func `R112: pulling twice gives one backup, which opens at once, ends with the code, and is replaced`() throws {
    let site = try VirtualSite(["Front": VirtualLock()])
    let code = try self.guestCode(site)
    site.advance(by: .minutes(1))
    let backup = try self.pull(site, for: code)
    #expect(try self.pull(site, for: code) == backup)
    let view = try #require(site.view(backup))
    #expect(view.isBackup && view.window?.end == self.end && view.pin != site.view(code)?.pin)
    let pin = try #require(view.pin)
    site.at("Front") { $0.typed(pin.digits, at: $1) }
    site.advance(by: .minutes(1))
    #expect(site.events(of: backup).contains { $0["event_type"] == "lock.unlocked" })
    let original = try #require(site.view(code))
    #expect(original.pulledBackup == backup && original.warnings.map(\.code) == ["using_backup_access_code"])
    #expect(site.story(of: code).filter { $0 == "backup_access_code_pulled" }.count == 1)
    #expect(site.events(of: code).last?["backup_access_code_id"]?.string == backup.rawValue)
    #expect(site.story(of: backup).prefix(2) == ["created", "set_on_device"])
    #expect(site.pins(in: "Front").count == 5 && self.problems(site) == [])
    site.advance(to: self.end + .minutes(1))
    #expect(!site.pins(in: "Front").values.contains(pin.digits))
  }

  @Test func `R112: only codes with times have backups, and only while they last`() throws {
    let site = try VirtualSite(["Front": VirtualLock()])
    let (code, ongoing) = (try self.guestCode(site), try site.create(on: "Front"))
    #expect(throws: RequestFault.self) { try self.pull(site, for: code) }
    site.advance(by: .minutes(1))
    #expect(throws: RequestFault.self) { try self.pull(site, for: ongoing) }
    let backup = try self.pull(site, for: code)
    #expect(throws: RequestFault.self) { try self.pull(site, for: backup) }
    #expect(throws: RequestFault.self) { try self.pull(site, for: AccessCodeID(rawValue: "none")) }
    site.advance(to: self.end + .minutes(1))
    try site.delete(backup)
    #expect(throws: RequestFault.self) { try self.pull(site, for: code) }
  }

  @Test func `R112: a backup ends when its code does, also after the end was moved`() throws {
    let site = try VirtualSite(["Front": VirtualLock()])
    let code = try self.guestCode(site)
    site.advance(by: .minutes(1))
    let backup = try self.pull(site, for: code)
    try site.update(code) { $0.endsAt = self.end + .hours(10) }
    #expect(site.view(backup)?.window?.end == self.end + .hours(10))
  }

  @Test func `R114: a pool that is switched off takes its codes off the lock, not those that were pulled`() throws {
    let site = try VirtualSite(["Front": VirtualLock()])
    let code = try self.guestCode(site)
    site.advance(by: .minutes(1))
    let backup = try self.pull(site, for: code)
    site.advance(by: .minutes(1))
    try self.keep(false, site)
    site.advance(by: .minutes(1))
    #expect(site.pins(in: "Front").count == 2 && site.device("Front")?.keepsBackups == false)
    #expect(site.view(backup)?.status == .set && self.problems(site) == [])
    #expect(site.story().filter { $0 == "deleted" }.isEmpty)
    try self.keep(true, site)
    site.advance(by: .minutes(1))
    #expect(site.pins(in: "Front").count == 5)
  }

  @Test func `R115: a lock without room has a pool that is short, and a code that somebody asks for goes first`() throws
  {
    let site = try VirtualSite(["Front": VirtualLock(model: VirtualLockModel(slotCount: 4))])
    let code = try self.guestCode(site)
    let other = try site.create(on: "Front")
    site.advance(by: .minutes(1))
    #expect(self.problems(site).contains("partial_backup_access_code_pool"))
    let third = try site.create(on: "Front")
    site.advance(by: .minutes(1))
    let fourth = try site.create(on: "Front")
    site.advance(by: .minutes(2))
    for code in [code, other, third, fourth] { #expect(site.status(code) == .set) }
    #expect(self.problems(site).contains("empty_backup_access_code_pool"))
    try site.delete(third)
    site.advance(by: .minutes(2))
    #expect(self.problems(site).contains("partial_backup_access_code_pool"))
  }

  @Test func `R115: several backups in use tell that something is wrong with the lock`() throws {
    let site = try VirtualSite(["Front": VirtualLock()])
    let codes = [try self.guestCode(site), try self.guestCode(site, usesPool: false)]
    site.advance(by: .minutes(1))
    for code in codes { _ = try self.pull(site, for: code) }
    site.advance(by: .minutes(1))
    #expect(self.problems(site) == ["many_active_backup_codes"])
  }

  @Test func `a PIN that somebody chooses is given up by the pool`() throws {
    let site = try VirtualSite(["Front": VirtualLock()])
    _ = try self.guestCode(site)
    site.advance(by: .minutes(1))
    let door = try #require(site.site.doors[site.id("Front")])
    let pooled = try #require(Site.readyBackups(on: door, at: site.date).first)
    let chosen = try site.create(on: "Front", pin: pooled.terms.pin.digits)
    site.advance(by: .minutes(1))
    #expect(site.status(chosen) == .set && site.pins(in: "Front").count == 5)
  }
}
