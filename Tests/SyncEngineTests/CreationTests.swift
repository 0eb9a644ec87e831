import LockCore
import LockSimulator
import Testing

@testable import SyncEngine

/// Rules R1-R11, R20, R30-R35 and states L1-L8 of the access-code contract.
@Suite struct CreationTests {
  private let start = VirtualSite.start

  @Test func `L1 L7: an ongoing code is set at once, told created and set once, its attempt succeeds`() throws {
    let site = try VirtualSite(["Front": VirtualLock()])
    let code = try site.create(on: "Front", pin: "0042", name: "Guest")
    #expect(site.view(code)?.status == .setting)
    #expect(site.view(code)?.pendingMutations.map(\.code) == ["creating"])
    #expect(site.attempts("CREATE_ACCESS_CODE").map(\.status.word) == ["pending"])
    site.advance(by: .seconds(5))

    let view = try #require(site.view(code))
    #expect(view.status == .set)
    #expect(view.pendingMutations.isEmpty)
    #expect(view.errors.isEmpty)
    #expect(view.nameOnLock == "Guest")
    #expect(site.pins(in: "Front") == [1: "0042"])
    #expect(site.attempts("CREATE_ACCESS_CODE").map(\.status.word) == ["success"])
    site.advance(by: .hours(24 * 30))
    #expect(site.story(of: code) == ["created", "set_on_device"])
    #expect(site.events(of: code).last?["code"]?.string == "0042")
    #expect(site.writes == ["Front": 1])
  }

  @Test func `L2 L3 L4 R30 R34: on a lock that keeps times a code waits until 72 h before, then is stored ahead`()
    throws
  {
    let site = try VirtualSite(["Front": VirtualLock()], heartbeat: .hours(1))
    let (begin, end) = (self.start + .hours(100), self.start + .hours(124))
    let code = try site.create(on: "Front", pin: "4711", from: begin, to: end)
    site.advance(by: .minutes(1))
    var view = try #require(site.view(code))
    #expect(view.status == .unset)
    #expect(view.isScheduledOnDevice == false)
    #expect(view.pendingMutations.map(\.code) == ["deferring_creation"])
    #expect(view.pendingMutations.first?.members["scheduled_at"]?.string == (begin - .hours(72)).iso8601)
    #expect(site.attempts("CREATE_ACCESS_CODE").map(\.status.word) == ["success"])

    site.advance(to: begin - .hours(72) - .seconds(1))
    #expect(site.pins(in: "Front") == [:])
    site.advance(to: begin - .hours(72) + .seconds(10))
    view = try #require(site.view(code))
    #expect(site.pins(in: "Front") == [1: "4711"])
    #expect(view.status == .unset)
    #expect(view.isScheduledOnDevice)
    #expect(view.pendingMutations.isEmpty)

    site.advance(to: begin - .milliseconds(1))
    #expect(site.status(code) == .unset)
    site.advance(to: begin)
    #expect(site.status(code) == .set)
    #expect(site.view(code)?.isScheduledOnDevice == false)
    site.advance(to: end + .minutes(1))
    #expect(site.pins(in: "Front") == [:])
    #expect(site.story(of: code) == ["created", "scheduled_on_device", "set_on_device", "removed_from_device"])
    #expect(site.writes == ["Front": 2])
  }

  @Test func `R32 R63: elsewhere it is programmed 60 min before, removed at its end and kept as unset`() throws {
    let site = try VirtualSite(["Studio": VirtualLock(temperament: .justInTime)], heartbeat: .hours(1))
    let (begin, end) = (self.start + .hours(10), self.start + .hours(20))
    let code = try site.create(on: "Studio", pin: "4711", from: begin, to: end)
    site.advance(to: begin - .minutes(60) - .seconds(1))
    #expect(site.pins(in: "Studio") == [:])
    #expect(site.status(code) == .unset)
    site.advance(to: begin - .minutes(60) + .seconds(5))
    #expect(site.pins(in: "Studio") == [1: "4711"])
    #expect(site.status(code) == .set)
    site.advance(to: end - .seconds(1))
    #expect(site.pins(in: "Studio") == [1: "4711"])
    site.advance(to: end + .seconds(5))
    #expect(site.pins(in: "Studio") == [:])
    site.advance(by: .hours(24))
    #expect(site.status(code) == .unset)
    #expect(site.view(code)?.errors.isEmpty == true)
    #expect(site.story(of: code) == ["created", "set_on_device", "removed_from_device"])
  }

  @Test func `R31: prefer_native_scheduling false programs just in time and without times`() throws {
    let site = try VirtualSite(["Front": VirtualLock()], heartbeat: .hours(1))
    let (begin, end) = (self.start + .hours(10), self.start + .hours(20))
    let code = try site.create(on: "Front", pin: "4711", from: begin, to: end) { $0.prefersNativeScheduling = false }
    site.advance(to: begin - .minutes(61))
    #expect(site.pins(in: "Front") == [:])
    site.advance(to: begin - .minutes(59))
    #expect(site.lock("Front").memory.codes[1]?.window == nil)
    #expect(site.status(code) == .set)
    site.advance(to: end + .minutes(1))
    #expect(site.pins(in: "Front") == [:])
  }

  @Test func `R35: a code made inside its window is programmed at once`() throws {
    let site = try VirtualSite(["Studio": VirtualLock(temperament: .justInTime)])
    let code = try site.create(on: "Studio", pin: "4711", from: self.start - .hours(1), to: self.start + .hours(1))
    #expect(site.status(code) == .setting)
    site.advance(by: .seconds(5))
    #expect(site.status(code) == .set)
  }

  @Test(
    arguments: [
      // pin, from and to in seconds from now, what the refusal says
      ("12", nil, "the code must have 4 or 5 or 6 or 7 or 8 digits"),
      ("4711", -10.0 ... -1.0, "ends_at must be in the future"),
      ("4711", 10.0...10.0, "ends_at must be after starts_at"),
    ] as [(String, ClosedRange<Double>?, String)])
  func `R3 R4: a request that breaks a rule is refused with the reason, and nothing is kept`(
    pin: String, window: ClosedRange<Double>?, reason: String
  ) throws {
    let site = try VirtualSite(["Front": VirtualLock()])
    let error = #expect(throws: RequestFault.self) {
      try site.create(
        on: "Front", pin: pin, from: window.map { self.start + .seconds($0.lowerBound) },
        to: window.map { self.start + .seconds($0.upperBound) })
    }
    guard case .invalid(let sentence) = error else {
      Issue.record("refused for another reason")
      return
    }
    #expect(sentence == reason)
    #expect(site.story().isEmpty || site.story() == ["device.connected"])
    #expect(site.attempts("CREATE_ACCESS_CODE").isEmpty)
  }

  @Test(arguments: CodeConstraint.allCases)
  func `R4 R5: a drawn PIN keeps every rule of its lock`(constraint: CodeConstraint) throws {
    var model = VirtualLockModel()
    model.pins = PINPolicy(lengths: [6, 4], constraints: [constraint])
    let site = try VirtualSite(["Front": VirtualLock(model: model)])
    for _ in 0..<10 {
      let code = try site.create(on: "Front")
      let pin = try #require(site.view(code)?.pin)
      #expect(constraint.allows(pin))
      #expect(pin.count == 4)
    }
    let longer = try site.create(on: "Front") { $0.preferredLength = 6 }
    #expect(site.view(longer)?.pin?.count == 6)
  }

  @Test func `R7: a PIN in use on the lock is refused, also for another window; on another lock it is fine`() throws {
    let site = try VirtualSite(["Back": VirtualLock(), "Front": VirtualLock()])
    let first = try site.create(on: "Front", pin: "4711", from: self.start + .hours(1), to: self.start + .hours(2))
    let error = #expect(throws: RequestFault.self) {
      try site.create(on: "Front", pin: "4711", from: self.start + .hours(50), to: self.start + .hours(60))
    }
    guard case .duplicateAccessCode(existing: first) = error else {
      Issue.record("refused for another reason")
      return
    }
    let other = try site.create(on: "Back", pin: "4711")
    site.advance(by: .seconds(10))
    #expect(site.status(other) == .set)
  }

  @Test func `R7 R63: the PIN of an expired code may be used again once the lock has let go of it`() throws {
    let site = try VirtualSite(["Studio": VirtualLock(temperament: .justInTime)])
    let old = try site.create(on: "Studio", pin: "4711", from: self.start, to: self.start + .hours(1))
    site.advance(by: .minutes(30))
    site.cut("Studio")
    site.advance(by: .hours(1))
    #expect(throws: RequestFault.self) { try site.create(on: "Studio", pin: "4711") }
    site.restore("Studio")
    site.advance(by: .minutes(1))
    let new = try site.create(on: "Studio", pin: "4711")
    site.advance(by: .seconds(10))
    #expect(site.status(new) == .set)
    #expect(site.status(old) == .unset)
  }

  @Test func `R7 R62: the PIN of a code that is being deleted may be used again, and both come right`() throws {
    let site = try VirtualSite(["Front": VirtualLock()])
    let old = try site.create(on: "Front", pin: "4711")
    site.advance(by: .seconds(10))
    try site.delete(old)
    let new = try site.create(on: "Front", pin: "4711")
    site.advance(by: .seconds(30))
    #expect(site.view(old) == nil)
    #expect(site.status(new) == .set)
    #expect(Array(site.pins(in: "Front").values) == ["4711"])
    #expect(site.story(of: new) == ["created", "set_on_device"])
  }

  @Test func `R7: the same while the lock is out of reach`() throws {
    let site = try VirtualSite(["Front": VirtualLock()])
    let old = try site.create(on: "Front", pin: "4711")
    site.advance(by: .seconds(10))
    site.cut("Front")
    try site.delete(old)
    let new = try site.create(on: "Front", pin: "4711")
    site.advance(by: .hours(2))
    #expect(site.status(old) == .removing)
    #expect(site.status(new) == .setting)
    site.restore("Front")
    site.advance(by: .minutes(1))
    #expect(site.view(old) == nil)
    #expect(site.status(new) == .set)
    #expect(Array(site.pins(in: "Front").values) == ["4711"])
  }

  @Test func `R10: an offline lock takes the order and gets it when it is back; unless the request says not to`() throws
  {
    let site = try VirtualSite(["Front": VirtualLock()])
    site.advance(by: .seconds(1))
    site.cut("Front")
    let error = #expect(throws: RequestFault.self) {
      try site.create(on: "Front", pin: "4711") { $0.attemptsForOfflineDevice = false }
    }
    guard case .deviceOffline = error else {
      Issue.record("refused for another reason")
      return
    }
    let code = try site.create(on: "Front", pin: "4711")
    site.advance(by: .minutes(9))
    #expect(site.status(code) == .setting)
    #expect(site.view(code)?.warnings.isEmpty == true)
    site.advance(by: .minutes(2))
    #expect(site.view(code)?.warnings.map(\.code) == ["delay_in_setting_on_device"])
    site.advance(by: .hours(5))
    site.restore("Front")
    site.advance(by: .seconds(5))
    #expect(site.status(code) == .set)
    #expect(site.view(code)?.warnings.isEmpty == true)
    #expect(site.story(of: code) == ["created", "delay_in_setting_on_device", "set_on_device"])
  }

  @Test func `R20: a long name stays whole here and is cut on the lock at a whole character`() throws {
    let site = try VirtualSite(["Front": VirtualLock()])
    let name = "Familie Müller-Lüdenscheidt 🏡"
    let code = try site.create(on: "Front", pin: "4711", name: name)
    site.advance(by: .seconds(5))
    #expect(site.view(code)?.name == name)
    #expect(site.view(code)?.nameOnLock == "Familie Müller-Lüdensc")
    #expect(site.status(code) == .set)
  }
}
