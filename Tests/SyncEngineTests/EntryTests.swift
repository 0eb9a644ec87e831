import LockCore
import LockSimulator
import Seeded
import Testing

@testable import SyncEngine

/// Openings, from here and at the keypad: rules R120-R124, P22.
@Suite struct EntryTests {
  private let start = VirtualSite.start

  private func entries(_ site: VirtualSite) -> [JSONValue] {
    site.events().filter { $0["event_type"]?.string?.hasPrefix("lock.") == true }
  }

  @Test func `R120: an opening from here succeeds, is told once with its attempt, and shows in the device`() throws {
    let site = try VirtualSite(["Front": VirtualLock()])
    site.advance(by: .seconds(5))
    #expect(site.device("Front")?.state.isLocked == true)
    let attempt = try site.act(.unlock, on: "Front")
    site.advance(by: .minutes(5))
    guard case .success(let result) = site.attempt(attempt.id) else {
      Issue.record("no success")
      return
    }
    #expect(result == ["was_confirmed_by_device": true])
    #expect(site.device("Front")?.state.isLocked == false)
    let told = self.entries(site)
    #expect(told.count == 1)
    #expect(told.first?["event_type"] == "lock.unlocked")
    #expect(told.first?["method"] == "remote")
    #expect(told.first?["action_attempt_id"]?.string == attempt.id)
    #expect(site.story().contains("action_attempt.unlock_door.succeeded"))
    #expect(site.finishedAttempts == [attempt.id])
  }

  @Test func `R120 P22: the same when the gateway starts anew before it has read the lock's log`() throws {
    let site = try VirtualSite(["Front": VirtualLock(temperament: .taciturn)], heartbeat: .minutes(10))
    site.advance(by: .seconds(5))
    let attempt = try site.act(.unlock, on: "Front")
    site.advance(by: .milliseconds(20))
    #expect(site.attempt(attempt.id)?.word == "success")
    try site.restart()
    site.advance(by: .hours(1))
    #expect(self.entries(site).count == 1)
  }

  @Test func `R120: a lock that is out of reach ends the attempt with an error, and nothing was opened`() throws {
    let site = try VirtualSite(["Front": VirtualLock()])
    site.advance(by: .seconds(5))
    site.cut("Front")
    let attempt = try site.act(.unlock, on: "Front")
    #expect(site.attempt(attempt.id)?.word == "device_disconnected")
    #expect(site.story().last == "action_attempt.unlock_door.failed")
    site.restore("Front")
    site.advance(by: .minutes(5))
    #expect(self.entries(site).isEmpty)
  }

  @Test func `R120: an attempt that a restart cut off is an error`() throws {
    let site = try VirtualSite(["Front": VirtualLock(temperament: .slow)])
    site.advance(by: .seconds(20))
    let attempt = try site.act(.unlock, on: "Front")
    #expect(site.attempt(attempt.id)?.word == "pending")
    try site.restart()
    #expect(site.attempt(attempt.id)?.word == "action_attempt_expired")
    site.advance(by: .minutes(1))
    #expect(site.attempt(attempt.id)?.word == "action_attempt_expired")
  }

  @Test func `R123: a PIN at the keypad is told with its code, a wrong one as denied`() throws {
    let site = try VirtualSite(["Front": VirtualLock()])
    let code = try site.create(on: "Front", pin: "4711")
    site.advance(by: .seconds(5))
    site.at("Front") { $0.typed("4711", at: $1) }
    site.at("Front") { $0.typed("1234", at: $1) }
    site.at("Front") { $0.lockedByHand(at: $1) }
    site.advance(by: .seconds(5))
    let told = self.entries(site)
    #expect(told.compactMap { $0["event_type"]?.string } == ["lock.unlocked", "lock.access_denied", "lock.locked"])
    #expect(told.first?["access_code_id"]?.string == code.rawValue)
    #expect(told.first?["access_code_is_managed"] == true)
    #expect(told.first?["method"] == "keycode")
    #expect(told.first?["code"] == "4711")
    #expect(told.dropFirst().first?["reason"]?["reason_code"] == "unknown_code")
    #expect(told.last?["method"] == "manual")
  }

  @Test func `R124: a code after and before its time is denied by its own reason`() throws {
    let site = try VirtualSite(["Front": VirtualLock()])
    let early = try site.create(on: "Front", pin: "4711", from: self.start + .hours(1), to: self.start + .hours(2))
    site.advance(by: .minutes(1))
    site.at("Front") { $0.typed("4711", at: $1) }
    site.advance(by: .seconds(5))
    let told = try #require(self.entries(site).first)
    #expect(told["event_type"] == "lock.access_denied")
    #expect(told["access_code_id"]?.string == early.rawValue)
    #expect(told["reason"]?["reason_code"] == "credential_error")
  }

  @Test func `P22: a use is credited to who held the slot then, also when another holds it when it is read`() throws {
    var model = VirtualLockModel()
    model.slotCount = 1
    let site = try VirtualSite(
      ["Front": VirtualLock(model: model, temperament: .taciturn)], heartbeat: .hours(1))
    let first = try site.create(on: "Front", pin: "1111")
    site.advance(by: .minutes(1))
    site.at("Front") { $0.typed("1111", at: $1) }
    site.advance(by: .minutes(1))
    try site.delete(first)
    site.advance(by: .seconds(10))
    let second = try site.create(on: "Front", pin: "2222")
    site.advance(by: .minutes(1))
    site.at("Front") { $0.typed("2222", at: $1) }
    site.advance(by: .hours(2))
    #expect(self.entries(site).map { $0["access_code_id"]?.string } == [first.rawValue, second.rawValue])
    #expect(self.entries(site).allSatisfy { $0["access_code_is_managed"] == true })
  }

  @Test func `P22: every record is told once, whatever is cut and restarted while the log is read`() throws {
    var random = SeededRandom(seed: 22)
    let site = try VirtualSite(["Front": VirtualLock(temperament: .flaky, seed: 3)])
    let code = try site.create(on: "Front", pin: "4711")
    site.advance(by: .minutes(30))
    var uses = 0
    for _ in 0..<60 {
      for _ in 0..<Int.random(in: 0...3, using: &random) {
        site.at("Front") { $0.typed("4711", at: $1) }
        uses += 1
      }
      switch Int.random(in: 0..<4, using: &random) {
      case 0: try site.restart()
      case 1: site.crash(after: Int.random(in: 0..<400, using: &random))
      case 2:
        site.cut("Front")
        site.advance(by: .minutes(3))
        site.restore("Front")
      default: break
      }
      site.advance(by: .minutes(7))
    }
    site.temper("Front", .native)
    site.advance(by: .hours(1))
    let told = self.entries(site)
    #expect(told.count == uses)
    #expect(told.allSatisfy { $0["access_code_id"]?.string == code.rawValue })
  }

  @Test func `P22: records that the ring has lost are told as a gap, once`() throws {
    var model = VirtualLockModel()
    model.logCapacity = 10
    let site = try VirtualSite(["Front": VirtualLock(model: model)])
    try site.create(on: "Front", pin: "4711")
    site.advance(by: .seconds(5))
    site.cut("Front")
    for _ in 0..<25 {
      site.at("Front") { $0.typed("4711", at: $1) }
      site.advance(by: .minutes(1))
    }
    site.restore("Front")
    site.advance(by: .minutes(1))
    try site.restart()
    site.advance(by: .minutes(1))
    let told = self.entries(site)
    #expect(told.filter { $0["event_type"] == "lock.unlocked" }.count == 10)
    let gaps = told.filter { $0["event_type"] == "lock.entries_lost" }
    #expect(gaps.count == 1)
    #expect(gaps.first?["first_index"] == 1)
    #expect(gaps.first?["last_index"] == 15)
  }

  @Test func `P22: after a reset the lock's log counts from the start, and that is read too`() throws {
    let site = try VirtualSite(["Front": VirtualLock()])
    try site.create(on: "Front", pin: "4711")
    site.advance(by: .seconds(5))
    for _ in 0..<5 { site.at("Front") { $0.typed("4711", at: $1) } }
    site.advance(by: .seconds(5))
    site.cut("Front")
    site.at("Front") { $0.factoryReset(at: $1) }
    site.at("Front") { $0.unlockedByHand(at: $1) }
    site.at("Front") { $0.lockedByHand(at: $1) }
    site.restore("Front")
    site.advance(by: .minutes(1))
    #expect(
      self.entries(site).dropFirst(5).compactMap { $0["event_type"]?.string } == ["lock.unlocked", "lock.locked"])
  }

  @Test func `what happened at a lock before it was ours is not told`() throws {
    var lock = VirtualLock(holding: [1: "1111"])
    let then = Moment(uptime: .zero, date: self.start - .hours(1))
    for _ in 0..<5 { _ = lock.typed("1111", at: then) }
    let site = try VirtualSite(["Front": lock])
    site.advance(by: .hours(1))
    #expect(self.entries(site).isEmpty)
  }

  @Test func `a record from a lock whose clock is wild is told with a date that is no later than now`() throws {
    let site = try VirtualSite(["Front": VirtualLock(temperament: .taciturn)], heartbeat: .minutes(1))
    site.advance(by: .seconds(5))
    site.at("Front") { $0.setClock(to: self.start + .hours(100_000), at: $1) }
    site.at("Front") { $0.unlockedByHand(at: $1) }
    site.advance(by: .minutes(3))
    let told = try #require(self.entries(site).first)
    let occurred = try #require(told["occurred_at"]?.string.flatMap { Timestamp(iso8601: $0) })
    #expect(occurred <= site.date)
  }
}
