import LockCore
import LockSimulator
import Testing

@testable import SyncEngine

/// Rules R50-R56 and R60-R63, states L9-L11 and L15 of the access-code contract.
@Suite struct ChangeTests {
  private let start = VirtualSite.start

  private func siteWithCode(_ temperament: VirtualLockTemperament = .native) throws -> (VirtualSite, AccessCodeID) {
    let site = try VirtualSite(["Front": VirtualLock(temperament: temperament)])
    let code = try site.create(on: "Front", pin: "4711", name: "Guest")
    site.advance(by: .seconds(5))
    return (site, code)
  }

  @Test func `R7 R51: a code that is over is not brought back while another has its PIN`() throws {
    let site = try VirtualSite(["Front": VirtualLock()])
    let over = try site.create(on: "Front", pin: "4711", from: site.date, to: site.date + .hours(1))
    site.advance(by: .hours(2))
    let successor = try site.create(on: "Front", pin: "4711")
    #expect {
      try site.update(over) { $0.endsAt = site.date + .hours(3) }
    } throws: { fault in
      guard case .duplicateAccessCode(let existing)? = fault as? RequestFault else { return false }
      return existing == successor
    }
    try site.update(over) { ($0.pin, $0.endsAt) = (PINCode("4712"), site.date + .hours(3)) }
    site.advance(by: .minutes(1))
    #expect(site.status(over) == .set && site.status(successor) == .set)
  }

  @Test func `R56 L15: a new PIN is pending until the lock has it, then told once`() throws {
    let (site, code) = try self.siteWithCode()
    let attempt = try site.update(code) { $0.pin = PINCode("0815") }
    #expect(site.status(code) == .setting)
    let pending = try #require(site.view(code)?.pendingMutations.first)
    #expect(pending.code == "updating_code")
    #expect(pending.members == ["from": ["code": "4711"], "to": ["code": "0815"]])
    #expect(site.story(of: code).last == "mutations_requested")
    site.advance(by: .seconds(5))
    #expect(site.pins(in: "Front") == [1: "0815"])
    #expect(site.attempt(attempt.id)?.word == "success")
    #expect(
      site.story(of: code) == [
        "created", "set_on_device", "mutations_requested", "code_changed", "changed", "set_on_device",
      ])
    let changed = site.events(of: code)[3]
    #expect(changed["from"] == ["code": "4711"])
    #expect(changed["to"] == ["code": "0815"])
  }

  @Test func `R50: name and times change together, each with its own event`() throws {
    let (site, code) = try self.siteWithCode()
    let (begin, end) = (self.start, self.start + .hours(5))
    try site.update(code) { ($0.name, $0.startsAt, $0.endsAt) = ("Other", begin, end) }
    #expect(site.view(code)?.pendingMutations.map(\.code) == ["updating_name", "updating_time_frame"])
    site.advance(by: .seconds(5))
    #expect(
      site.story(of: code).suffix(5) == [
        "mutations_requested", "name_changed", "time_frame_changed", "changed", "set_on_device",
      ])
    #expect(site.lock("Front").memory.codes[1]?.window == TimeWindow(start: begin, end: end))
    #expect(site.lock("Front").memory.codes[1]?.name == "Other")
  }

  @Test func `R52: times make a code time-bound, type ongoing takes them away`() throws {
    let (site, code) = try self.siteWithCode()
    try site.update(code) { ($0.startsAt, $0.endsAt) = (self.start, self.start + .hours(5)) }
    site.advance(by: .seconds(5))
    #expect(site.view(code)?.window != nil)
    try site.update(code) { $0.isOngoing = true }
    site.advance(by: .hours(6))
    #expect(site.view(code)?.window == nil)
    #expect(site.status(code) == .set)
    #expect(throws: RequestFault.self) { try site.update(code) { $0.isOngoing = false } }
    #expect(throws: RequestFault.self) { try site.update(code) { $0.startsAt = self.start } }
  }

  @Test func `R54: an update that changes nothing succeeds at once, tells nothing and writes nothing`() throws {
    let (site, code) = try self.siteWithCode()
    let (story, writes) = (site.story(), site.allWrites)
    let attempt = try site.update(code) { ($0.name, $0.pin) = ("Guest", PINCode("4711")) }
    site.advance(by: .minutes(5))
    guard case .success(let result) = site.attempt(attempt.id) else {
      Issue.record("no success")
      return
    }
    #expect(result == [:])
    #expect(site.story() == story)
    #expect(site.allWrites == writes)
  }

  @Test func `R55: a new PIN obeys the lock's rules and may not be in use there`() throws {
    let (site, code) = try self.siteWithCode()
    let other = try site.create(on: "Front", pin: "0815")
    #expect(throws: RequestFault.self) { try site.update(code) { $0.pin = PINCode("0815") } }
    #expect(throws: RequestFault.self) { try site.update(code) { $0.pin = PINCode("1") } }
    site.advance(by: .seconds(5))
    #expect(site.status(code) == .set)
    #expect(site.status(other) == .set)
  }

  @Test func `R7 R55: the PIN that an update gives up may be taken by a new code at once`() throws {
    let (site, code) = try self.siteWithCode()
    site.cut("Front")
    try site.update(code) { $0.pin = PINCode("0815") }
    let new = try site.create(on: "Front", pin: "4711")
    site.restore("Front")
    site.advance(by: .minutes(30))
    #expect(site.status(code) == .set)
    #expect(site.status(new) == .set)
    #expect(Set(site.pins(in: "Front").values) == ["0815", "4711"])
  }

  @Test func `P09: of many edits while one is under way only the last is written after it`() throws {
    let (site, code) = try self.siteWithCode()
    site.temper("Front", .slow)
    for number in 1000..<1100 { try site.update(code) { $0.pin = PINCode(String(number)) } }
    site.advance(by: .minutes(2))
    #expect(site.pins(in: "Front") == [1: "1099"])
    #expect(site.status(code) == .set)
    #expect(site.allWrites <= 3)
    #expect(!site.story(of: code).contains("modified_external_to_seam"))
  }

  @Test func `R50: a window moved far ahead takes the code off the lock until its time`() throws {
    let (site, code) = try self.siteWithCode(.justInTime)
    try site.update(code) { ($0.startsAt, $0.endsAt) = (self.start + .hours(50), self.start + .hours(60)) }
    site.advance(by: .minutes(1))
    #expect(site.pins(in: "Front") == [:])
    #expect(site.status(code) == .unset)
    site.advance(to: self.start + .hours(50))
    #expect(site.status(code) == .set)
    #expect(
      site.story(of: code) == [
        "created", "set_on_device", "mutations_requested", "time_frame_changed", "changed", "removed_from_device",
        "set_on_device",
      ])
  }

  @Test func `R60 R61 R62: a set code is removing until the lock confirms, then removed, deleted and gone`() throws {
    let (site, code) = try self.siteWithCode()
    let attempt = try site.delete(code)
    let view = try #require(site.view(code))
    #expect(view.status == .removing)
    #expect(view.warnings.map(\.code) == ["being_deleted"])
    #expect(view.pendingMutations.map(\.code) == ["deleting"])
    #expect(try site.delete(code).id == attempt.id)
    #expect(throws: RequestFault.self) { try site.update(code) { $0.name = "Late" } }
    site.advance(by: .seconds(5))
    #expect(site.view(code) == nil)
    #expect(site.pins(in: "Front") == [:])
    #expect(site.attempt(attempt.id)?.word == "success")
    #expect(site.story(of: code) == ["created", "set_on_device", "removed_from_device", "deleted"])
    #expect(site.events(of: code).last?["code"]?.string == "4711")
    #expect(throws: RequestFault.self) { try site.delete(code) }
  }

  @Test func `R62: a code that was never programmed is only deleted; its creation has failed`() throws {
    let site = try VirtualSite(["Front": VirtualLock()])
    site.advance(by: .seconds(1))
    site.cut("Front")
    let code = try site.create(on: "Front", pin: "4711")
    let attempt = try site.delete(code)
    #expect(site.view(code) == nil)
    #expect(site.story(of: code) == ["created", "deleted"])
    #expect(site.attempt(attempt.id)?.word == "success")
    #expect(site.attempts("CREATE_ACCESS_CODE").map(\.status.word) == ["access_code_deleted"])
    site.restore("Front")
    site.advance(by: .minutes(5))
    #expect(site.writes == [:])
  }

  @Test func `L11 R130: a removal that the lock cannot be told of is an error after a while and done in the end`()
    throws
  {
    let (site, code) = try self.siteWithCode()
    site.cut("Front")
    try site.delete(code)
    site.advance(by: .minutes(4))
    #expect(site.view(code)?.errors.map(\.code) == ["device_disconnected"])
    site.advance(by: .minutes(2))
    #expect(site.view(code)?.errors.map(\.code).contains("failed_to_remove_from_device") == true)
    #expect(site.status(code) == .removing)
    site.advance(by: .hours(48))
    site.restore("Front")
    site.advance(by: .seconds(5))
    #expect(site.view(code) == nil)
    #expect(
      site.story(of: code) == [
        "created", "set_on_device", "failed_to_remove_from_device", "removed_from_device", "deleted",
      ])
  }

  @Test func `R130: a code whose time passed before its lock came back is never programmed; its creation has failed`()
    throws
  {
    let site = try VirtualSite(["Studio": VirtualLock(temperament: .justInTime)])
    site.advance(by: .seconds(1))
    site.cut("Studio")
    let code = try site.create(on: "Studio", pin: "4711", from: self.start, to: self.start + .hours(1))
    site.advance(by: .hours(2))
    site.restore("Studio")
    site.advance(by: .minutes(5))
    #expect(site.writes == [:])
    #expect(site.status(code) == .unset)
    #expect(site.attempts("CREATE_ACCESS_CODE").map(\.status.word) == ["access_code_expired"])
    #expect(site.story(of: code) == ["created", "delay_in_setting_on_device"])
  }
}
