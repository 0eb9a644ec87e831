import LockCore
import LockSimulator
import Testing

@testable import SyncEngine

/// Codes that change hands at a Nuki door, whatever breaks off meanwhile: rules R57, R65 and R82.
@Suite struct NukiStrangerTests {
  private struct Cut {
    var deeds: Int?
    var packets: Int?

    /// Power or link are lost after so many deeds or packets.
    func befall(_ site: VirtualNukiSite) { (site.crashIn, site.linkLostIn) = (self.deeds, self.packets) }
  }

  private static let cuts = [Cut()] + (0..<30).map { Cut(deeds: 3 * $0) } + (0..<30).map { Cut(packets: $0) }

  private func site() throws -> (VirtualNukiSite, AccessCodeID) {
    let site = try VirtualNukiSite()
    for (digits, name) in [("555555", "Cleaner"), ("666666", "Owner")] {
      let pin = try #require(PINCode(digits))
      site.atLock { $0.addForeignCode(pin, name: name, at: $1).effects }
    }
    site.advance(by: .minutes(1))
    let found = site.site.doors[site.id]?.ledger.strangers.values.first { $0.pin?.digits == "555555" }
    return (site, try #require(found).id)
  }

  @Test(arguments: cuts.indices)
  func `R82 what was taken over is changed and deleted at the lock, and others stay`(index: Int) throws {
    let (site, id) = try self.site()
    let writes = site.writes
    Self.cuts[index].befall(site)
    try site.ask { site, now in ((), try site.convert(id, allowsExternalModification: false, at: now)) }
    site.advance(by: .minutes(20))
    #expect(site.writes == writes && site.pins.values.sorted() == ["555555", "666666"])
    #expect(self.status(id, site) == .set)
    #expect(self.events("access_code.unmanaged.converted_to_managed", site) == 1)
    Self.cuts[index].befall(site)
    try site.ask { site, now in
      var change = AccessCodeChange(id: id)
      change.pin = PINCode("777777")
      return ((), try site.update(change, at: now).1)
    }
    site.advance(by: .minutes(20))
    #expect(site.pins.values.sorted() == ["666666", "777777"] && self.status(id, site) == .set)
    Self.cuts[index].befall(site)
    try site.ask { site, now in ((), try site.delete(id, device: nil, at: now).1) }
    site.advance(by: .minutes(20))
    #expect(Array(site.pins.values) == ["666666"] && self.status(id, site) == nil)
    #expect(self.events("access_code.modified_external_to_seam", site) == 0)
    #expect(self.events("access_code.deleted_external_to_seam", site) == 0)
  }

  @Test(arguments: cuts.indices)
  func `R65 a code of others is removed from the lock, and no other`(index: Int) throws {
    let (site, id) = try self.site()
    Self.cuts[index].befall(site)
    let attempt = try site.ask { site, now in try site.evict(id, at: now) }
    site.advance(by: .minutes(20))
    #expect(Array(site.pins.values) == ["666666"])
    #expect(try site.store.attempts(ids: [attempt.id], lock: nil).first?.attempt.status.word == "success")
    #expect(self.events("access_code.unmanaged.removed", site) == 1)
    #expect(site.site.doors[site.id]?.ledger.strangers.count == 1)
  }

  @Test func `R84 R81 a code that the lock limits to weekdays, or has disabled, is not taken over`() throws {
    let site = try VirtualNukiSite()
    let pin = try #require(PINCode("555555"))
    let schedule = NukiSchedule(from: nil, until: nil, weekdays: 0x40)
    site.atLock { $0.addForeignCode(pin, name: "Cleaner", schedule: schedule, at: $1).effects }
    site.advance(by: .minutes(1))
    let door = try #require(site.site.doors[site.id])
    let stranger = try #require(door.ledger.strangers.values.first)
    let view = site.site.view(of: stranger, door: door, at: site.now.date)
    #expect(!view.canBeManaged && view.status == .set && view.window == nil)
    #expect(throws: RequestFault.self) {
      try site.ask { site, now in ((), try site.convert(stranger.id, allowsExternalModification: false, at: now)) }
    }
  }

  @Test func `R57 R65 a code that was handed back stays, and may be deleted as one of others`() throws {
    let (site, _) = try self.site()
    let id = try site.ask { site, now in
      var request = NewAccessCode(device: site.lockIDs[VirtualNukiSite.key] ?? LockID(rawValue: ""))
      (request.pin, request.name) = (PINCode("888888"), "Ada")
      let (id, _, effects) = try site.create(request, at: now)
      return (id, effects)
    }
    site.advance(by: .minutes(1))
    try site.ask { site, now in ((), try site.handBack(id, device: nil, at: now).1) }
    let writes = site.writes
    try site.restart()
    site.advance(by: .hours(2))
    #expect(site.pins.values.sorted() == ["555555", "666666", "888888"] && site.writes == writes)
    #expect(site.site.doors[site.id]?.ledger.stranger(id)?.name == "Ada")
    _ = try site.ask { site, now in try site.evict(id, at: now) }
    site.advance(by: .minutes(1))
    #expect(site.pins.values.sorted() == ["555555", "666666"])
  }

  private func status(_ id: AccessCodeID, _ site: VirtualNukiSite) -> AccessCodeStatus? {
    guard let (door, code) = try? site.site.find(id) else { return nil }
    return site.site.view(of: code, door: door, at: site.now.date).status
  }

  private func events(_ type: String, _ site: VirtualNukiSite) -> Int {
    var filter = EventFilter()
    filter.types = [type]
    return ((try? site.store.events(filter)) ?? []).count
  }
}
