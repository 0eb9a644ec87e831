import LockCore
import LockSimulator
import Testing

@testable import SyncEngine

/// What people do at the lock itself: rules R80, R81, R100-R104, states L13 and L14.
@Suite struct ExternalChangeTests {
  private let start = VirtualSite.start

  private func siteWithCode(
    allowsChange: Bool = false, temperament: VirtualLockTemperament = .native
  ) throws -> (VirtualSite, AccessCodeID) {
    let site = try VirtualSite(["Front": VirtualLock(temperament: temperament)])
    let code = try site.create(on: "Front", pin: "4711") { $0.allowsExternalModification = allowsChange }
    site.advance(by: .seconds(5))
    return (site, code)
  }

  private static func changed(_ site: VirtualSite, to pin: String, slot: Int = 1) throws {
    let pin = try #require(PINCode(pin))
    site.at("Front") { lock, now in (try? lock.changeCode(slot: slot, to: pin, at: now)) ?? [] }
  }

  @Test(arguments: [true, false])
  func `R100 L13: a code changed at the lock is told, an error meanwhile, and set again`(
    sendsNotices: Bool
  ) throws {
    let (site, code) = try self.siteWithCode(temperament: sendsNotices ? .native : .taciturn)
    try Self.changed(site, to: "9999")
    site.advance(by: .seconds(sendsNotices ? 5 : 30))
    #expect(site.pins(in: "Front") == [1: "4711"])
    #expect(site.status(code) == .set)
    #expect(site.view(code)?.errors.isEmpty == true)
    #expect(
      site.story(of: code) == ["created", "set_on_device", "modified_external_to_seam", "set_on_device"])
  }

  @Test func `R100: while it cannot be healed the error names what was changed`() throws {
    let (site, code) = try self.siteWithCode()
    site.temper("Front", .slow)
    try Self.changed(site, to: "9999")
    site.advance(by: .seconds(2))
    let error = try #require(site.view(code)?.errors.first)
    #expect(error.code == "conflicting_external_modification")
    #expect(error.members["change_type"] == "modified")
    #expect(error.members["modified_fields"]?.array?.first?["field"] == "code")
    #expect(site.status(code) == .setting)
    site.advance(by: .seconds(20))
    #expect(site.status(code) == .set)
  }

  @Test func `R100: a code removed at the lock is told and set again, each time anew`() throws {
    let (site, code) = try self.siteWithCode()
    for _ in 0..<3 {
      site.at("Front") { $0.removeCode(slot: 1, at: $1) }
      site.advance(by: .seconds(10))
      #expect(site.status(code) == .set)
    }
    #expect(site.pins(in: "Front") == [1: "4711"])
    #expect(site.story(of: code).filter { $0 == "deleted_external_to_seam" }.count == 3)
    #expect(site.story(of: code).filter { $0 == "set_on_device" }.count == 4)
  }

  @Test func `R101 L14: where changes are allowed they are honoured, with a warning`() throws {
    let (site, code) = try self.siteWithCode(allowsChange: true)
    let writes = site.allWrites
    try Self.changed(site, to: "9999")
    site.advance(by: .hours(2))
    #expect(site.pins(in: "Front") == [1: "9999"])
    #expect(site.allWrites == writes)
    #expect(site.status(code) == .set)
    #expect(site.view(code)?.warnings.map(\.code) == ["external_modification_in_effect"])
    #expect(site.story(of: code) == ["created", "set_on_device", "modified_external_to_seam"])

    site.at("Front") { $0.removeCode(slot: 1, at: $1) }
    site.advance(by: .hours(2))
    #expect(site.allWrites == writes)
    #expect(site.pins(in: "Front") == [:])
  }

  @Test func `R100: a change is healed until the code's end, not after`() throws {
    let site = try VirtualSite(["Front": VirtualLock(temperament: .justInTime)])
    let code = try site.create(on: "Front", pin: "4711", from: self.start, to: self.start + .hours(1))
    site.advance(by: .seconds(5))
    site.advance(to: self.start + .hours(2))
    let writes = site.allWrites
    try Self.changed(site, to: "9999")
    site.advance(by: .hours(1))
    #expect(site.pins(in: "Front") == [1: "9999"])
    #expect(site.allWrites == writes)
    #expect(site.status(code) == .unset)
  }

  @Test func `R103: an outage is no external change`() throws {
    let (site, code) = try self.siteWithCode()
    for _ in 0..<5 {
      site.cut("Front")
      site.advance(by: .hours(3))
      #expect(site.status(code) == .set)
      site.restore("Front")
      site.advance(by: .hours(1))
    }
    #expect(site.story(of: code) == ["created", "set_on_device"])
    #expect(site.writes == ["Front": 1])
  }

  @Test func `R80 R81: codes of others are listed once, with what the lock tells, and never touched`() throws {
    let site = try VirtualSite(["Front": VirtualLock(holding: [3: "2222"], named: "Cleaner")])
    site.advance(by: .seconds(5))
    let stranger = try #require(site.unmanaged(on: "Front").first)
    #expect(stranger.pin == PINCode("2222"))
    #expect(stranger.name == "Cleaner")
    #expect(stranger.isManaged == false)
    try site.restart()
    site.advance(by: .hours(1))
    #expect(site.unmanaged(on: "Front").map(\.id) == [stranger.id])
    #expect(site.story(of: stranger.id) == ["unmanaged.created"])
    #expect(site.allWrites == 0)

    site.at("Front") { $0.removeCode(slot: 3, at: $1) }
    site.advance(by: .seconds(5))
    #expect(site.unmanaged(on: "Front").isEmpty)
    #expect(site.story(of: stranger.id) == ["unmanaged.created", "unmanaged.removed"])
    #expect(site.allWrites == 0)
  }

  @Test func `R8: a PIN that a code of others holds is an error that names it, and set once that is gone`() throws {
    let site = try VirtualSite(["Front": VirtualLock(holding: [3: "2222"])])
    site.advance(by: .seconds(5))
    let stranger = try #require(site.unmanaged(on: "Front").first)
    let code = try site.create(on: "Front", pin: "2222")
    site.advance(by: .seconds(10))
    let error = try #require(site.view(code)?.errors.first)
    #expect(error.code == "duplicate_code_on_device")
    #expect(error.members["unmanaged_access_code_id"]?.string == stranger.id.rawValue)
    #expect(site.attempts("CREATE_ACCESS_CODE").map(\.status.word) == ["duplicate_code_on_device"])
    let writes = site.allWrites
    site.advance(by: .hours(24))
    #expect(site.allWrites == writes)

    site.at("Front") { $0.removeCode(slot: 3, at: $1) }
    site.advance(by: .seconds(10))
    #expect(site.status(code) == .set)
    #expect(site.view(code)?.errors.isEmpty == true)
    #expect(
      site.story(of: code).filter { $0 != "delay_in_setting_on_device" } == [
        "created", "failed_to_set_on_device", "set_on_device",
      ])
  }

  @Test func `R104: a slot that others filled while ours was on its way is theirs`() throws {
    let site = try VirtualSite(["Front": VirtualLock()])
    site.advance(by: .seconds(5))
    site.cut("Front")
    let code = try site.create(on: "Front", pin: "4711")
    try Self.changed(site, to: "2222")
    site.restore("Front")
    site.advance(by: .seconds(20))
    #expect(site.pins(in: "Front") == [1: "2222", 2: "4711"])
    #expect(site.status(code) == .set)
    #expect(site.unmanaged(on: "Front").compactMap(\.pin) == [PINCode("2222")])
  }

  @Test func `a factory reset at the lock is healed: every code comes back`() throws {
    let (site, code) = try self.siteWithCode()
    let other = try site.create(on: "Front", pin: "0815")
    site.advance(by: .seconds(10))
    site.at("Front") { $0.factoryReset(at: $1) }
    site.advance(by: .minutes(1))
    #expect(site.status(code) == .set)
    #expect(site.status(other) == .set)
    #expect(site.pins(in: "Front") == [1: "4711", 2: "0815"])
  }
}
