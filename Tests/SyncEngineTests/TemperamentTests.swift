import LockCore
import LockSimulator
import Testing

@testable import SyncEngine

/// How a code fares on locks that misbehave (P02, P05, P06, P10, P11, P12).
@Suite struct TemperamentTests {
  private let start = VirtualSite.start

  @Test(arguments: [
    "native", "just-in-time", "masked", "slow", "late", "flaky", "noisy", "stuttering", "discreet", "careless",
    "loses-acknowledgements", "half-clearer", "taciturn", "drifting", "faint",
  ]) func `P11: on a lock that works at all a code is set, changed and deleted`(temperament: String) throws {
    let lock = VirtualLock(temperament: try #require(VirtualLockTemperament.named[temperament]), seed: 7)
    let site = try VirtualSite(["Front": lock])
    let code = try site.create(on: "Front", pin: "4711")
    let patience = temperament == "faint" ? Duration.hours(24) : .hours(2)
    site.advance(by: patience)
    #expect(site.status(code) == .set)
    #expect(Array(site.pins(in: "Front").values) == ["4711"])
    try site.update(code) { $0.pin = PINCode("0815") }
    site.advance(by: patience)
    #expect(site.status(code) == .set)
    #expect(Array(site.pins(in: "Front").values) == ["0815"])
    try site.delete(code)
    site.advance(by: patience)
    #expect(site.view(code) == nil)
    #expect(site.pins(in: "Front").isEmpty)
    let story = site.story(of: code).filter { !$0.hasPrefix("failed") && !$0.hasPrefix("delay") }
    #expect(
      story == [
        "created", "set_on_device", "mutations_requested", "code_changed", "changed", "set_on_device",
        "removed_from_device", "deleted",
      ])
  }

  @Test(arguments: ["liar", "masked-liar", "loses-read-backs", "busy", "silent", "full", "duplicate-refuser"])
  func `L8 P02: what the lock did not prove is never set`(temperament: String) throws {
    let lock = VirtualLock(temperament: try #require(VirtualLockTemperament.named[temperament]))
    let site = try VirtualSite(
      ["Front": lock], heartbeat: .minutes(5), capabilities: ["Front": VirtualLock().capabilities])
    let code = try site.create(on: "Front", pin: "4711")
    site.advance(by: .hours(6))
    #expect(site.status(code) == .setting)
    #expect(!site.story(of: code).contains("set_on_device"))
    #expect(site.view(code).map { !$0.errors.isEmpty || !$0.warnings.isEmpty } == true)
  }

  @Test func `R131 P10: a refusal that will not change is not tried again; the attempt tells it`() throws {
    let site = try VirtualSite(["Front": VirtualLock(temperament: .duplicateRefuser)])
    let code = try site.create(on: "Front", pin: "4711")
    site.advance(by: .hours(48))
    #expect(site.allWrites == 1)
    #expect(site.view(code)?.errors.map(\.code) == ["duplicate_code_on_device"])
    #expect(site.attempts("CREATE_ACCESS_CODE").map(\.status.word) == ["duplicate_code_on_device"])
    #expect(site.story(of: code) == ["created", "failed_to_set_on_device", "delay_in_setting_on_device"])
  }

  @Test func `P12: a lock that masks PINs is written as often as codes change, in 30 days`() throws {
    let site = try VirtualSite(["Gate": VirtualLock(temperament: .masked)], heartbeat: .hours(1))
    let code = try site.create(on: "Gate", pin: "4711")
    for day in 0..<30 {
      site.advance(by: .hours(24))
      if day % 10 == 9 { try site.restart() }
    }
    #expect(site.status(code) == .set)
    #expect(site.writes == ["Gate": 1])
    #expect(site.story(of: code) == ["created", "set_on_device"])
  }

  @Test func `R25 P06: a full lock is an error that clears when a slot is free`() throws {
    var model = VirtualLockModel()
    model.slotCount = 2
    let site = try VirtualSite(["Front": VirtualLock(holding: [1: "1111"], model: model)])
    let first = try site.create(on: "Front", pin: "4711")
    site.advance(by: .seconds(10))
    let second = try site.create(on: "Front", pin: "0815")
    site.advance(by: .minutes(1))
    #expect(site.status(first) == .set)
    #expect(site.status(second) == .setting)
    #expect(site.view(second)?.errors.map(\.code) == ["no_space_for_access_code_on_device"])
    #expect(site.device("Front")?.warnings.map(\.code).contains("max_access_codes_reached") == true)
    try site.delete(first)
    site.advance(by: .minutes(1))
    #expect(site.status(second) == .set)
    #expect(site.view(second)?.errors.isEmpty == true)
    #expect(Set(site.pins(in: "Front").values) == ["1111", "0815"])
    #expect(site.story(of: second) == ["created", "failed_to_set_on_device", "set_on_device"])
  }

  @Test func `P06: a lock that takes slot after slot and gives them back has all of them again`() throws {
    var model = VirtualLockModel()
    model.slotCount = 5
    let site = try VirtualSite(["Front": VirtualLock(model: model, temperament: .halfClearer)])
    for round in 0..<20 {
      let codes = try (0..<5).map { try site.create(on: "Front", pin: String(1000 + round * 5 + $0)) }
      site.advance(by: .minutes(2))
      #expect(codes.allSatisfy { site.status($0) == .set })
      for code in codes { try site.delete(code) }
      site.advance(by: .minutes(30))
      #expect(codes.allSatisfy { site.view($0) == nil })
      #expect(site.lock("Front").memory.codes.isEmpty)
    }
  }

  @Test func `P04: what goes over one lock's wire does not depend on a sick neighbour`() throws {
    func trace(with neighbour: VirtualLockTemperament?) throws -> [String] {
      var locks = ["Front": VirtualLock()]
      if let neighbour { locks["Sick"] = VirtualLock(temperament: neighbour) }
      let site = try VirtualSite(locks)
      if neighbour != nil { for pin in 1000..<1010 { try site.create(on: "Sick", pin: String(pin)) } }
      let code = try site.create(on: "Front", pin: "4711")
      site.advance(by: .hours(1))
      try site.update(code) { $0.pin = PINCode("0815") }
      site.advance(by: .hours(1))
      try site.delete(code)
      site.advance(by: .hours(1))
      return site.events(of: code).compactMap { event in
        event["event_type"]?.string.map { "\($0) \(event["occurred_at"]?.string ?? "")" }
      }
    }
    let alone = try trace(with: nil)
    for neighbour in [VirtualLockTemperament.silent, .busy, .liar, .flaky, .faint] {
      #expect(try trace(with: neighbour) == alone)
    }
  }
}
