import Foundation
import LockCore
import LockDrivers
import LockSimulator
import Testing

@testable import SyncEngine

/// How a lock does, and what is told of it: rules L12, R103, R120 to R124, R150.
@Suite struct DeviceHealthTests {
  private func front(_ temperament: VirtualLockTemperament = .native) throws -> VirtualSite {
    let site = try VirtualSite(["Front": VirtualLock(temperament: temperament)])
    site.advance(by: .seconds(10))
    return site
  }

  private func events(_ site: VirtualSite, _ type: EventType) -> [JSONValue] {
    site.events().filter { $0["event_type"]?.string == type.rawValue }
  }

  @Test func `docs/devices.md says what the table of issues says`() throws {
    let page = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .deletingLastPathComponent().appendingPathComponent("docs/devices.md")
    if ProcessInfo.processInfo.environment["BITTING_WRITE_DOCS"] == "1" {
      try DeviceDocument.text.write(to: page, atomically: true, encoding: .utf8)
    }
    #expect(try String(contentsOf: page, encoding: .utf8) == DeviceDocument.text, "run `make docs`")
  }

  // MARK: Connection

  @Test func `a lock that is lost four times within an hour is flaky until an hour has passed, told once each`() throws
  {
    let site = try self.front()
    for _ in 0..<6 {
      site.cut("Front")
      site.advance(by: .minutes(1))
      site.restore("Front")
      site.advance(by: .minutes(1))
      try site.restart()
      site.advance(by: .seconds(10))
    }
    #expect(site.device("Front")?.warnings.map(\.code) == ["device_has_flaky_connection"])
    #expect(self.events(site, .deviceConnectionBecameFlaky).count == 1)
    #expect(self.events(site, .deviceDisconnected).count == 6)
    site.advance(by: .hours(1))
    #expect(site.device("Front")?.warnings.isEmpty == true)
    #expect(self.events(site, .deviceConnectionStabilized).count == 1)
    try site.restart()
    site.advance(by: .hours(2))
    #expect(self.events(site, .deviceConnectionStabilized).count == 1)
  }

  @Test(arguments: [VirtualLockTemperament.losesReadBacks, .busy])
  func `R103: a lock that answers and never tells its codes is degraded, and has lost nothing`(
    temperament: VirtualLockTemperament
  ) throws {
    let site = try self.front()
    let code = try site.create(on: "Front", pin: "4711")
    site.advance(by: .seconds(10))
    #expect(site.status(code) == .set)
    site.temper("Front", temperament)
    let stranger = try #require(PINCode("9753"))
    site.at("Front") { lock, now in (try? lock.addCode(stranger, at: now).effects) ?? [] }
    site.advance(by: .minutes(10))
    #expect(site.device("Front")?.isOnline == true)
    #expect(site.device("Front")?.warnings.map(\.code) == ["device_communication_degraded"])
    #expect(site.status(code) == .set)
    #expect(self.events(site, .accessCodeDeletedExternalToSeam).isEmpty)
    site.temper("Front", .native)
    site.advance(by: .minutes(30))
    #expect(site.device("Front")?.warnings.isEmpty == true)
    #expect(site.unmanaged(on: "Front").count == 1)
  }

  @Test func `L12: when the adapter is gone that is the reason, and every code has it`() throws {
    let door = DoorConfiguration(reader: .init(address: 5), strike: .init(address: 5, time: .seconds(3)))
    let site = try VirtualSite(doors: ["Harbour": door])
    site.advance(by: .seconds(5))
    let code = try site.create(on: "Harbour", pin: "4711")
    site.cut("Harbour")
    site.advance(by: .minutes(1))
    #expect(site.device("Harbour")?.errors.map(\.code) == ["account_disconnected"])
    #expect(site.view(code)?.errors.map(\.code) == ["account_disconnected"])
    #expect(site.status(code) == .unknown)
    let told = try #require(self.events(site, .deviceDisconnected).first)
    #expect(told["error_code"] == "account_disconnected")
    #expect(told["connected_account_errors"]?.array?.count == 1)
    try site.restart()
    site.advance(by: .minutes(1))
    #expect(self.events(site, .deviceDisconnected).count == 1)
    #expect(self.events(site, .connectedAccountDisconnected).count == 1)
    site.restore("Harbour")
    site.advance(by: .seconds(10))
    #expect(site.status(code) == .set)
    #expect(site.view(code)?.errors.isEmpty == true)
    #expect(self.events(site, .connectedAccountConnected).count == 1)
  }

  @Test func `R150: hub, account and subscription are told by what carries the lock, whatever the lock says`() throws {
    let site = try self.front()
    let code = try site.create(on: "Front", pin: "4711")
    site.advance(by: .seconds(10))
    func carry(_ change: (inout LockCarrier) -> Void) {
      var carrier = LockCarrier()
      change(&carrier)
      site.perform(site.site.carrierChanged(site.id("Front"), to: carrier, at: site.date))
      site.settle()
    }
    let cases: [((inout LockCarrier) -> Void, errors: [String], event: EventType)] = [
      ({ $0.isHubConnected = false }, ["hub_disconnected"], .deviceDisconnected),
      ({ $0.isEnrolled = false }, ["device_removed"], .deviceRemoved),
      ({ $0.isSubscribed = false }, ["device_disconnected", "subscription_required"], .deviceSubscriptionRequired),
    ]
    for (change, errors, event) in cases {
      let before = site.story().count
      carry(change)
      #expect(site.device("Front")?.isOnline == false)
      #expect(site.device("Front")?.errors.map(\.code) == errors)
      #expect(site.view(code)?.errors.map(\.code) == errors)
      #expect(site.story().dropFirst(before).contains(event.rawValue))
      carry(change)
      carry { _ in }
      #expect(site.device("Front")?.errors.isEmpty == true)
      #expect(site.story().last == "device.connected" || event == .deviceSubscriptionRequired)
      #expect(site.status(code) == .set)
    }
    #expect(self.events(site, .deviceRemoved).count == 1)
    #expect(self.events(site, .deviceSubscriptionRequiredResolved).count == 1)
    #expect(
      self.events(site, .deviceDisconnected).map { $0["error_code"] } == ["hub_disconnected", "device_disconnected"])
  }

  // MARK: Facts

  @Test func `a battery's status is told once a change, also over restarts`() throws {
    let site = try self.front()
    for level in [0.9, 0.24, 0.26, 0.24, 0.05, 1.0] {
      site.at("Front") { $0.setBattery(level, at: $1) }
      site.advance(by: .seconds(1))
      try site.restart()
      site.advance(by: .seconds(10))
    }
    #expect(
      self.events(site, .deviceBatteryStatusChanged).map { $0["battery_status"]?.string } == [
        "good", "low", "critical", "full",
      ])
    let low = self.events(site, .deviceLowBattery)
    #expect(low.map { $0["battery_level"] } == [.double(0.24)])
    #expect(low.first?["battery_source"] == "lock")
    #expect(site.device("Front")?.batteryStatus == .full)
  }

  @Test func `a keypad that goes and comes is told once each, also over a restart`() throws {
    let site = try self.front()
    let lock = site.id("Front")
    func report(_ report: LockReport) {
      site.perform(site.site.reported(lock, report, at: site.date))
      site.settle()
    }
    report(.alarm(.keypadMissing(true)))
    #expect(site.device("Front")?.isKeypadMissing == true)
    #expect(site.device("Front")?.warnings.map(\.code) == ["accessory_keypad_setup_required"])
    report(.alarm(.keypadMissing(true)))
    #expect(self.events(site, .deviceAccessoryKeypadDisconnected).count == 1)
    // The keypad comes back while the gateway is off: all that a new driver says is that the lock answers.
    try site.restart()
    site.advance(by: .seconds(10))
    #expect(self.events(site, .deviceAccessoryKeypadConnected).count == 1)
    #expect(site.device("Front")?.isKeypadMissing == false)
    report(.alarm(.keypadBatteryLow(true)))
    report(.alarm(.keypadBatteryLow(true)))
    #expect(self.events(site, .deviceLowBattery).map { $0["battery_source"] } == ["accessory_keypad"])
  }

  @Test func `R11: without its keypad a lock takes no new codes and keeps those it has`() throws {
    let site = try self.front()
    let kept = try site.create(on: "Front", pin: "4711")
    site.advance(by: .seconds(10))
    func keypad(isMissing: Bool) {
      site.perform(site.site.reported(site.id("Front"), .alarm(.keypadMissing(isMissing)), at: site.date))
      site.settle()
    }
    keypad(isMissing: true)
    #expect(throws: RequestFault.self) { try site.create(on: "Front", pin: "0815") }
    #expect(site.status(kept) == .set)
    keypad(isMissing: false)
    let code = try site.create(on: "Front", pin: "0815")
    site.advance(by: .seconds(10))
    #expect(site.status(code) == .set)
  }

  @Test func `R124: privacy mode keeps codes and the gateway out, and is told as such`() throws {
    let site = try self.front()
    try site.create(on: "Front", pin: "4711")
    site.advance(by: .seconds(10))
    site.at("Front") { $0.setPrivate(true, at: $1) }
    site.at("Front") { $0.typed("4711", at: $1) }
    site.advance(by: .seconds(5))
    #expect(site.device("Front")?.warnings.map(\.code) == ["privacy_mode"])
    #expect(self.events(site, .lockAccessDenied).first?["reason"]?["reason_code"] == "blocked_by_privacy_mode")
    let attempt = try site.act(.unlock, on: "Front")
    site.advance(by: .seconds(5))
    #expect(site.attempt(attempt.id)?.word == "uncategorized_error")
    site.at("Front") { $0.setPrivate(false, at: $1) }
    site.advance(by: .seconds(5))
    #expect(site.device("Front")?.warnings.isEmpty == true)
  }

  @Test func `all slots taken is a warning with both counts, since when it is so`() throws {
    var model = VirtualLockModel()
    model.slotCount = 2
    let site = try VirtualSite(["Front": VirtualLock(holding: [1: "1234"], model: model)])
    site.advance(by: .seconds(10))
    #expect(site.device("Front")?.warnings.isEmpty == true)
    let code = try site.create(on: "Front")
    site.advance(by: .seconds(10))
    let since = site.date
    site.advance(by: .minutes(5))
    try site.restart()
    site.advance(by: .seconds(10))
    let warning = try #require(site.device("Front")?.warnings.first)
    #expect(warning.code == "max_access_codes_reached")
    #expect(warning.createdAt <= since)
    #expect(warning.members == ["active_access_code_count": 2, "max_active_access_code_count": 2])
    try site.delete(code)
    site.advance(by: .seconds(10))
    #expect(site.device("Front")?.warnings.isEmpty == true)
  }

  // MARK: Coming and going

  @Test func `a door is told once to be added, once to be removed, and again when it comes back`() throws {
    let store = try Store()
    let locks = ["Front": VirtualLock(), "Back": VirtualLock()]
    func stay(_ keys: String...) throws -> VirtualSite {
      let site = try VirtualSite(locks.filter { keys.contains($0.key) }, store: store)
      site.advance(by: .seconds(10))
      return site
    }
    let back = try stay("Front", "Back").id("Back")
    var site = try stay("Front", "Back")
    #expect(self.events(site, .deviceAdded).count == 2)
    for _ in 0..<2 { site = try stay("Front") }
    let removed = self.events(site, .deviceRemoved)
    #expect(removed.map { $0["device_id"]?.string } == [back.rawValue])
    #expect(removed.first?["connected_account_id"]?.string != nil)
    for _ in 0..<2 { site = try stay("Front", "Back") }
    #expect(site.id("Back") == back)
    #expect(self.events(site, .deviceAdded).count == 3)
    #expect(self.events(site, .deviceRemoved).count == 1)
  }

  @Test func `what was asked of a door that is configured no longer is ended`() throws {
    let store = try Store()
    let site = try VirtualSite(["Front": VirtualLock(temperament: .silent)], store: store)
    try site.create(on: "Front")
    let other = try VirtualSite(["Back": VirtualLock()], store: store)
    #expect(other.attempts("CREATE_ACCESS_CODE").map(\.status.word) == ["device_removed"])
  }

  @Test func `a door is told to be renamed when what is shown is another`() throws {
    let site = try self.front()
    for nickname in ["Main", "Main", nil] {
      site.perform(
        try site.site.rename(site.id("Front"), nickname: nickname, customMetadata: ["floor": "1"], at: site.date))
    }
    #expect(self.events(site, .deviceNameChanged).map { $0["device_name"]?.string } == ["Main", "Front"])
    try site.restart()
    #expect(site.site.doors[site.id("Front")]?.customMetadata == ["floor": "1"])
  }

  // MARK: Attempts

  @Test func `R120: what a restart cut off is an error, and the lock's log tells what became of it, with its id`()
    throws
  {
    let site = try VirtualSite(["Front": VirtualLock(temperament: .slow)])
    site.advance(by: .seconds(20))
    let attempt = try site.act(.unlock, on: "Front")
    site.advance(by: .milliseconds(500))
    try site.restart()
    #expect(site.attempt(attempt.id)?.word == "action_attempt_expired")
    site.advance(by: .minutes(2))
    try site.restart()
    site.advance(by: .minutes(2))
    let failed = self.events(site, .unlockDoorFailed)
    #expect(failed.map { $0["action_attempt_id"]?.string } == [attempt.id])
    let told = self.events(site, .lockUnlocked)
    #expect(told.map { $0["method"]?.string } == ["remote"])
    #expect(told.first?["action_attempt_id"]?.string == attempt.id)
  }

  @Test func `R120: an act whose answer was lost is told by the lock's log, once, with its id`() throws {
    var temperament = VirtualLockTemperament.native
    temperament.losesRepliesTo = [0x08]
    let site = try self.front(temperament)
    let attempt = try site.act(.unlock, on: "Front")
    site.advance(by: .minutes(5))
    #expect(site.attempt(attempt.id)?.word == "action_unconfirmed")
    let told = self.events(site, .lockUnlocked)
    #expect(told.map { $0["action_attempt_id"]?.string } == [attempt.id])
    try site.restart()
    site.advance(by: .minutes(5))
    #expect(self.events(site, .lockUnlocked).count == 1)
    #expect(self.events(site, .unlockDoorFailed).count == 1)
  }

  @Test func `R121: a lock that cannot confirm succeeds all the same, and says so`() throws {
    let site = try self.front()
    var effects: [Site.Effect] = []
    let attempt: ActionAttempt
    (attempt, effects) = try site.site.act("LOCK_DOOR", .lock, on: site.id("Front"), at: site.date)
    for case .submit(_, _, let id) in effects {
      site.perform(site.site.finished(id, .success(.done(confirmed: false)), at: site.date))
    }
    guard case .success(let result) = site.attempt(attempt.id) else {
      Issue.record("it has not succeeded")
      return
    }
    #expect(result == ["was_confirmed_by_device": false])
    #expect(self.events(site, .lockLocked).first?["method"] == "remote")
    #expect(self.events(site, .lockDoorSucceeded).count == 1)
    #expect(site.device("Front")?.state.isLocked == true)
  }
}
