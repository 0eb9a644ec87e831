import LockCore
import LockDrivers
import LockSimulator
import Testing

@testable import SyncEngine

/// Codes that are not managed, and how they become so and cease to be: rules R57, R65, R80-R85.
@Suite struct UnmanagedCodeTests {
  private func site(
    holding pins: [Int: String] = [3: "2222"], temperament: VirtualLockTemperament = .native
  ) throws -> (VirtualSite, AccessCodeView) {
    let site = try VirtualSite(["Front": VirtualLock(holding: pins, named: "Cleaner", temperament: temperament)])
    site.advance(by: .seconds(5))
    return (site, try #require(site.unmanaged(on: "Front").first))
  }

  @Test(arguments: [false, true])
  func `R82 R123: a code of others is taken over as it is, and told once`(crashes: Bool) throws {
    let (site, stranger) = try self.site()
    if crashes { site.crash(after: 1) }
    try site.convert(stranger.id)
    site.advance(by: .seconds(30))
    if crashes { try site.restart() }
    site.advance(by: .hours(1))
    let code = try #require(site.view(stranger.id))
    #expect(code.isManaged && code.status == .set && code.pin == PINCode("2222") && code.name == "Cleaner")
    #expect(code.errors.isEmpty && code.pendingMutations.isEmpty)
    #expect(site.unmanaged(on: "Front").isEmpty && site.pins(in: "Front") == [3: "2222"] && site.allWrites == 0)
    #expect(site.story(of: stranger.id) == ["unmanaged.created", "unmanaged.converted_to_managed"])

    site.at("Front") { $0.typed("2222", at: $1) }
    site.advance(by: .seconds(5))
    let entry = site.events(of: stranger.id).last
    #expect(entry?["event_type"] == "lock.unlocked" && entry?["access_code_is_managed"] == true)
  }

  @Test func `R82: what was taken over is kept like any other: changed, healed, deleted`() throws {
    let (site, stranger) = try self.site()
    try site.convert(stranger.id)
    site.advance(by: .seconds(5))
    try site.update(stranger.id) { $0.pin = PINCode("3333") }
    site.advance(by: .seconds(5))
    #expect(site.pins(in: "Front") == [3: "3333"])
    site.at("Front") { $0.removeCode(slot: 3, at: $1) }
    site.advance(by: .seconds(10))
    #expect(site.pins(in: "Front") == [3: "3333"])
    try site.delete(stranger.id)
    site.advance(by: .seconds(10))
    #expect(site.pins(in: "Front").isEmpty && site.view(stranger.id) == nil)
    #expect(site.story(of: stranger.id).last == "deleted")
  }

  @Test func `R84: a code whose PIN the lock does not tell cannot be managed, and the refusal says so`() throws {
    let (site, stranger) = try self.site(temperament: .masked)
    #expect(stranger.pin == nil && !stranger.canBeManaged)
    #expect(throws: RequestFault.self) { try site.convert(stranger.id) }
    #expect(site.story(of: stranger.id) == ["unmanaged.created"])
  }

  @Test func `R82: a PIN that is managed already fails with an event, and each names the other`() throws {
    let (site, stranger) = try self.site()
    let twin = try site.create(on: "Front", pin: "2222")
    site.advance(by: .seconds(10))
    try site.convert(stranger.id)
    #expect(site.story(of: stranger.id).last == "unmanaged.failed_to_convert_to_managed")
    let told = site.events(of: stranger.id).last?["access_code_errors"]?.array ?? []
    #expect(told.first?["error_code"] == "duplicate_code_on_device")
    let error = site.unmanaged(on: "Front").first?.errors.first
    #expect(error?.members["managed_access_code_id"]?.string == twin.rawValue)
    #expect(site.view(twin)?.errors.first?.members["unmanaged_access_code_id"]?.string == stranger.id.rawValue)
  }

  @Test func `R65 R8: a code of others is deleted with proof, and what it stood in the way of is set`() throws {
    let (site, stranger) = try self.site()
    let twin = try site.create(on: "Front", pin: "2222")
    site.advance(by: .seconds(10))
    let attempt = try site.evict(stranger.id)
    #expect(attempt.kind == "DELETE_ACCESS_CODE")
    #expect(try site.evict(stranger.id).id == attempt.id)
    site.advance(by: .seconds(10))
    #expect(site.attempt(attempt.id)?.word == "success")
    #expect(site.unmanaged(on: "Front").isEmpty)
    #expect(site.story(of: stranger.id) == ["unmanaged.created", "unmanaged.removed"])
    #expect(site.status(twin) == .set && site.view(twin)?.errors.isEmpty == true)
    #expect(site.pins(in: "Front").values.map(\.self) == ["2222"])
  }

  @Test(arguments: 0..<12)
  func `R65: a deletion of a code of others survives a power cut at any moment`(deeds: Int) throws {
    let (site, stranger) = try self.site()
    site.crash(after: deeds)
    let attempt = try site.evict(stranger.id)
    site.advance(by: .minutes(2))
    #expect(site.pins(in: "Front").isEmpty && site.attempt(attempt.id)?.word == "success")
    #expect(site.story(of: stranger.id) == ["unmanaged.created", "unmanaged.removed"])
    #expect(site.allWrites <= 2)
  }

  @Test func `R65: what the lock does not let go of is said so, then and ever after`() throws {
    let (site, stranger) = try self.site(holding: [1: "2222"], temperament: .masterful)
    let attempt = try site.evict(stranger.id)
    site.advance(by: .seconds(10))
    #expect(site.attempt(attempt.id)?.word == "cannot_delete_unmanaged_access_code")
    let after = try #require(site.unmanaged(on: "Front").first)
    #expect(!after.canBeDeleted && after.status == .set && after.warnings.isEmpty)
    try site.restart()
    #expect(site.unmanaged(on: "Front").first?.canBeDeleted == false)
    #expect(throws: RequestFault.self) { try site.evict(stranger.id) }
  }

  @Test func `R57: a code is handed back with its id, and nothing is done about it any more`() throws {
    let site = try VirtualSite(["Front": VirtualLock()])
    let code = try site.create(on: "Front", pin: "4711", name: "Ada")
    #expect(throws: RequestFault.self) { try site.handBack(code) }
    site.advance(by: .seconds(5))
    let attempt = try site.handBack(code)
    #expect(attempt.status.word == "success" && attempt.kind == "UPDATE_ACCESS_CODE")
    let stranger = try #require(site.unmanaged(on: "Front").first)
    #expect(stranger.id == code && stranger.pin == PINCode("4711") && site.view(code) == nil)
    let writes = site.allWrites
    try site.restart()
    site.advance(by: .hours(1))
    #expect(site.unmanaged(on: "Front").map(\.id) == [code])
    site.at("Front") { lock, now in PINCode("9999").flatMap { try? lock.changeCode(slot: 1, to: $0, at: now) } ?? [] }
    site.advance(by: .hours(1))
    #expect(site.pins(in: "Front") == [1: "9999"] && site.allWrites == writes)
    #expect(site.story(of: code) == ["created", "set_on_device", "unmanaged.created", "unmanaged.removed"])
  }

  @Test func `R57: codes that the gateway itself keeps are not handed back`() throws {
    let site = try VirtualSite(doors: ["Gate": .init(reader: .init(address: 1), strike: .init(address: 1))])
    let code = try site.create(on: "Gate", pin: "4711")
    site.advance(by: .seconds(5))
    #expect(throws: RequestFault.self) { try site.handBack(code) }
    #expect(throws: RequestFault.self) { try site.unmanage("Gate") }
    #expect(site.status(code) == .set)
  }

  @Test func `R80 R81: an unmanaged code is set while it opens, and unset before and after`() throws {
    var memory = VirtualLock.Memory()
    let window = TimeWindow(start: VirtualSite.start + .hours(1), end: VirtualSite.start + .hours(2))
    memory.codes[2] = .init(pin: PINCode("2222"), window: window, name: "Guest")
    let site = try VirtualSite(["Front": VirtualLock(memory: memory)])
    for (hours, status) in [(0, AccessCodeStatus.unset), (1, .set), (3, .unset)] {
      site.advance(to: VirtualSite.start + .hours(hours) + .minutes(1))
      #expect(site.unmanaged(on: "Front").map(\.status) == [status])
      #expect(site.unmanaged(on: "Front").map(\.canBeManaged) == [hours < 2])
    }
  }
}
