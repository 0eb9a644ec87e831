import LockCore
import LockSimulator
import Testing

@testable import SyncEngine

/// How changes made at a lock are told: rules R100-R102, states L13 and L14, contract 3.1 and 3.2.
@Suite struct ExternalChangeFormTests {
  private static let window = TimeWindow(
    start: VirtualSite.start - .hours(1) + .milliseconds(123), end: VirtualSite.start + .hours(9) + .milliseconds(456))

  /// A site with one code in slot 1, whose changes at the lock stay or, for a slow lock, stay for a while.
  private func site(
    allowsChange: Bool, window: TimeWindow? = window, temperament: VirtualLockTemperament = .native
  ) throws -> (VirtualSite, AccessCodeID) {
    let site = try VirtualSite(["Front": VirtualLock(temperament: temperament)])
    let code = try site.create(on: "Front", pin: "4711", from: window?.start, to: window?.end) {
      $0.allowsExternalModification = allowsChange
    }
    site.advance(by: .seconds(5))
    #expect(site.status(code) == .set)
    if !allowsChange { site.temper("Front", .slow) }
    return (site, code)
  }

  private func change(_ site: VirtualSite, to digits: String, _ window: TimeWindow?) throws {
    let pin = try #require(PINCode(digits))
    site.at("Front") { lock, now in (try? lock.changeCode(slot: 1, to: pin, window: window, at: now)) ?? [] }
    site.advance(by: .seconds(2))
  }

  private func members(_ site: VirtualSite, _ code: AccessCodeID, allowsChange: Bool) throws -> [String: JSONValue] {
    let view = try #require(site.view(code))
    let issue = allowsChange ? view.warnings.first : view.errors.first
    #expect(issue?.code == (allowsChange ? "external_modification_in_effect" : "conflicting_external_modification"))
    #expect((allowsChange ? view.errors : view.warnings).isEmpty)
    return issue?.members ?? [:]
  }

  @Test(arguments: [false, true])
  func `R100 R101 L13 L14: each changed field is told, from what was to be to what is there`(
    allowsChange: Bool
  ) throws {
    let (site, code) = try self.site(allowsChange: allowsChange)
    let applied = try #require(site.lock("Front").memory.codes[1]?.window)
    let later = TimeWindow(start: applied.start, end: applied.end + .hours(1))
    try self.change(site, to: "9999", later)
    let members = try self.members(site, code, allowsChange: allowsChange)
    #expect(members["change_type"] == "modified")
    #expect(
      members["modified_fields"] == [
        ["field": "code", "from": "4711", "to": "9999"],
        [
          "field": "ends_at", "from": .string(Self.window.end.iso8601), "to": .string(later.end.iso8601),
        ],
      ])
    // What is somebody's PIN goes into no event.
    #expect(site.events(of: code).allSatisfy { !"\($0)".contains("9999") })
  }

  @Test func `R101: times that were taken away are told as none`() throws {
    let (site, code) = try self.site(allowsChange: true)
    try self.change(site, to: "4711", nil)
    let fields = try self.members(site, code, allowsChange: true)["modified_fields"]?.array ?? []
    #expect(fields.map { $0["field"] } == ["starts_at", "ends_at"] && fields.allSatisfy { $0["to"] == .null })
  }

  @Test func `R101: where the lock hides what is there no field is named`() throws {
    let (site, code) = try self.site(allowsChange: true, window: nil, temperament: .masked)
    try self.change(site, to: "9999", nil)
    let members = try self.members(site, code, allowsChange: true)
    #expect(members["change_type"] == "modified" && members["modified_fields"] == [])
  }

  @Test func `R101 L14: a further change to what was changed is told anew, the same once`() throws {
    let (site, code) = try self.site(allowsChange: true)
    for (digits, count) in [("9999", 1), ("8888", 2), ("8888", 3)] {
      try self.change(site, to: digits, nil)
      site.advance(by: .hours(1))
      try site.restart()
      site.advance(by: .hours(1))
      #expect(site.story(of: code).filter { $0 == "modified_external_to_seam" }.count == count)
    }
    site.at("Front") { $0.removeCode(slot: 1, at: $1) }
    site.advance(by: .minutes(1))
    #expect(try self.members(site, code, allowsChange: true) == ["change_type": "removed"])
    #expect(site.story(of: code).last == "deleted_external_to_seam" && site.status(code) == .set)
  }

  @Test func `R100 L13: a change that cannot be healed is an error until the end of the code, and then no more`() throws
  {
    let (site, code) = try self.site(allowsChange: false)
    site.temper("Front", .full)
    site.at("Front") { $0.removeCode(slot: 1, at: $1) }
    site.advance(by: .hours(1))
    #expect(site.status(code) == .setting)
    #expect(site.view(code)?.errors.map(\.code).contains("conflicting_external_modification") == true)
    #expect(site.story(of: code).filter { $0 == "deleted_external_to_seam" }.count == 1)
    site.advance(to: Self.window.end + .minutes(1))
    #expect(site.view(code)?.errors.map(\.code).contains("conflicting_external_modification") == false)
  }

  @Test func `R8: a change that makes two codes equal is healed and holds nothing else up`() throws {
    let site = try VirtualSite(["Front": VirtualLock(temperament: .careless)])
    let one = try site.create(on: "Front", pin: "1111")
    site.advance(by: .seconds(10))
    let two = try site.create(on: "Front", pin: "2222")
    site.advance(by: .seconds(10))
    try self.change(site, to: "2222", nil)
    let three = try site.create(on: "Front", pin: "3333")
    site.advance(by: .minutes(1))
    #expect([one, two, three].map { site.status($0) } == [.set, .set, .set])
    #expect(site.pins(in: "Front") == [1: "1111", 2: "2222", 3: "3333"])
  }

  @Test func `R102: another name at the lock is no change`() throws {
    let (site, code) = try self.site(allowsChange: false, window: nil)
    site.at("Front") { lock, now in
      PINCode("4711").flatMap { try? lock.changeCode(slot: 1, to: $0, name: "Bob", at: now) } ?? []
    }
    site.advance(by: .hours(1))
    #expect(site.story(of: code) == ["created", "set_on_device"] && site.view(code)?.errors.isEmpty == true)
  }
}
