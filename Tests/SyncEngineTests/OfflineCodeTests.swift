import LockCore
import LockDrivers
import LockSimulator
import OfflineCodes
import Testing

@testable import SyncEngine

/// Offline codes from the request to the door, at a door whose decisions the gateway makes and at a lock that decides
/// by itself, behind a wire that may be cut.
@Suite struct OfflineCodeTests {
  private static let start = VirtualSite.start

  /// Where the codes are tried.
  enum Place: CaseIterable {
    case door, lock

    var key: String { self == .door ? "Harbour" : "Front" }
  }

  private func site() throws -> VirtualSite {
    let store = try Store()
    let key = try store.offlineKey(ofLock: "Front", at: Self.start)
    let door = DoorConfiguration(reader: .init(address: 5), strike: .init(address: 5, time: .seconds(3)))
    let site = try VirtualSite(
      ["Front": VirtualLock(offlineKey: key), "Deaf": VirtualLock()], doors: ["Harbour": door], store: store)
    site.advance(by: .seconds(5))
    return site
  }

  private func create(
    _ site: VirtualSite, _ place: Place, from start: Duration, lasting hours: Int? = nil, once: Bool = false,
    rounding: OfflineSchedule.Rounding = .hour
  ) throws -> AccessCodeID {
    try site.create(on: place.key) { request in
      request.name = "Ada"
      request.offline = NewAccessCode.Offline(
        startsAt: Self.start + start, endsAt: hours.map { Self.start + start + .hours($0) }, isOneTimeUse: once,
        rounding: rounding)
    }
  }

  private func type(_ pin: String, _ site: VirtualSite, _ place: Place) {
    switch place {
    case .door: site.type("\(pin)#", at: place.key, reader: 5)
    case .lock:
      site.at(place.key) { $0.typed(pin, at: $1) }
      site.advance(by: .seconds(5))
    }
  }

  /// Lets time pass by the calendar alone: a line that is polled all the while makes a day long.
  private func pass(_ site: VirtualSite, to date: Timestamp) {
    site.setWallClock(to: date)
    site.advance(by: .seconds(2))
  }

  private func digits(_ site: VirtualSite, _ code: AccessCodeID) throws -> String {
    try #require(site.view(code)?.pin?.digits)
  }

  /// What the door said to each entry: the method, or why not.
  private func answers(_ site: VirtualSite) -> [String?] {
    site.events().filter { ["lock.unlocked", "lock.access_denied"].contains($0["event_type"]?.string) }
      .map { $0["method"]?.string ?? $0["reason"]?["reason_code"]?.string }
  }

  @Test(arguments: Place.allCases)
  func `R40 R47 A code is given out at once, becomes set with its time, opens with its id and is read after it`(
    place: Place
  ) throws {
    let site = try self.site()
    let writes = site.allWrites
    let code = try self.create(site, place, from: .hours(2), lasting: 3)
    let pin = try self.digits(site, code)
    #expect(pin.count == 9)
    #expect(site.view(code)?.isOffline == true)
    #expect(site.view(code)?.pendingMutations.map(\.code) == ["deferring_creation"])
    #expect(site.attempts("CREATE_ACCESS_CODE").map(\.status.word) == ["success"])
    #expect(site.status(code) == .unset)
    self.type(pin, site, place)
    self.pass(site, to: Self.start + .hours(2) - .minutes(5))
    #expect(site.status(code) == .setting)
    self.pass(site, to: Self.start + .hours(2))
    #expect(site.status(code) == .set)
    #expect(site.view(code)?.pendingMutations.isEmpty == true)
    self.type(pin, site, place)
    let opening = try #require(site.events(of: code).first { $0["event_type"] == "lock.unlocked" })
    #expect(opening["method"] == "keycode")
    #expect(opening["access_code_id"]?.string == code.rawValue)
    #expect(opening["code"]?.string == pin)
    self.pass(site, to: Self.start + .hours(5) + .minutes(11))
    #expect(site.status(code) == .unset)
    self.type(pin, site, place)
    #expect(self.answers(site) == ["credential_error", "keycode", "expired_code"])
    #expect(
      site.story(of: code) == [
        "created", "lock.access_denied", "set_on_device", "lock.unlocked", "removed_from_device", "lock.access_denied",
      ])
    // Nothing was written to a lock, and no slot was taken.
    #expect(site.allWrites == writes)
    #expect(site.view(code)?.pin?.digits == pin)
  }

  @Test(arguments: Place.allCases)
  func `R43 A one-time code opens once, is over with it, and stays so after a restart`(place: Place) throws {
    let site = try self.site()
    let code = try self.create(site, place, from: .zero, once: true)
    #expect(site.view(code)?.isOneTimeUse == true)
    #expect(site.view(code)?.window == TimeWindow(start: Self.start, end: Self.start + .hours(24)))
    #expect(site.status(code) == .set)
    let pin = try self.digits(site, code)
    self.type(pin, site, place)
    #expect(site.status(code) == .unset)
    self.type(pin, site, place)
    try site.restart()
    site.advance(by: .seconds(10))
    self.type(pin, site, place)
    #expect(self.answers(site) == ["keycode", "expired_code", "expired_code"])
    #expect(site.status(code) == .unset)
    #expect(site.story(of: code).filter { $0 == "removed_from_device" }.count == 1)
  }

  @Test(arguments: Place.allCases)
  func `R44 A code of more than a day warns until it is used, opens until its end then, and is dead otherwise`(
    place: Place
  ) throws {
    let site = try self.site()
    let used = try self.create(site, place, from: .zero, lasting: 72)
    let unused = try self.create(site, place, from: .zero, lasting: 72)
    let warning = "igloo_algopin_must_be_used_within_24_hours"
    for code in [used, unused] { #expect(site.view(code)?.warnings.map(\.code) == [warning]) }
    self.type(try self.digits(site, used), site, place)
    #expect(site.view(used)?.warnings.isEmpty == true)
    try site.restart()
    self.pass(site, to: Self.start + .hours(30))
    #expect(site.status(used) == .set)
    #expect(site.status(unused) == .unset)
    #expect(site.view(unused)?.warnings.map(\.code) == [warning])
    self.type(try self.digits(site, used), site, place)
    self.type(try self.digits(site, unused), site, place)
    #expect(self.answers(site) == ["keycode", "keycode", "expired_code"])
  }

  @Test func `R40 A code of a lock that is out of reach is given out and opens; its use is told when the lock is back`()
    throws
  {
    let site = try self.site()
    site.cut("Front")
    let code = try self.create(site, .lock, from: .zero, lasting: 2)
    self.type(try self.digits(site, code), site, .lock)
    #expect(site.lock("Front").memory.isLocked == false)
    #expect(self.answers(site).isEmpty)
    site.restore("Front")
    site.advance(by: .seconds(30))
    #expect(site.events(of: code).last { $0["event_type"] == "lock.unlocked" } != nil)
  }

  @Test(arguments: Place.allCases)
  func `R40 A code that somebody else made with the key opens, without an id`(place: Place) throws {
    let site = try self.site()
    let key = try #require(site.site.doors[site.id(place.key)]?.offline?.key)
    let code = try #require(
      OfflineCode(startHour: OfflineCode.hour(of: Self.start), term: .hours(2), variant: 2))
    self.type(try key.pin(of: code).digits, site, place)
    let opening = try #require(site.events().first { $0["event_type"] == "lock.unlocked" })
    #expect(opening["access_code_id"] == nil)
    #expect(opening["code"] == nil)
  }

  @Test func `R44 Codes with the same times are the variants, then the next is refused by a sentence`() throws {
    let site = try self.site()
    for (hours, variants) in [(5, 3), (96, 2), (9 * 168, 1)] {
      let codes = try (0..<variants).map { _ in try self.create(site, .door, from: .zero, lasting: hours) }
      #expect(Set(try codes.map { try self.digits(site, $0) }).count == variants)
      let fault = #expect(throws: RequestFault.self) {
        _ = try self.create(site, .door, from: .zero, lasting: hours)
      }
      guard case .invalid(let sentence) = fault else { throw fault ?? .accessCodeNotFound }
      #expect(sentence.contains("All \(variants) offline access codes"))
    }
    for _ in 0..<21 { _ = try self.create(site, .lock, from: .zero, once: true) }
    #expect(throws: RequestFault.self) { _ = try self.create(site, .lock, from: .zero, once: true) }
  }

  @Test func `R41 An offline code is neither changed nor deleted before it is over; a new key ends it`() throws {
    let store = try Store()
    let door = DoorConfiguration(reader: .init(address: 5), strike: .init(address: 5, time: .seconds(3)))
    let site = try VirtualSite(doors: ["Harbour": door], store: store)
    site.advance(by: .seconds(5))
    let code = try self.create(site, .door, from: .zero, lasting: 20)
    let pin = try self.digits(site, code)
    #expect(throws: RequestFault.self) { try site.update(code) { $0.name = "Bea" } }
    #expect(throws: RequestFault.self) { try site.delete(code) }
    #expect(throws: RequestFault.self) {
      try site.create(on: "Harbour", pin: "1234") {
        $0.offline = .init(startsAt: Self.start, endsAt: Self.start + .hours(1), isOneTimeUse: false, rounding: .hour)
      }
    }
    let renewed = try #require(try store.renewOfflineKey(ofLock: "Harbour", at: site.date))
    #expect(renewed.generation == 2)
    try site.restart()
    site.advance(by: .seconds(5))
    self.type(pin, site, .door)
    #expect(self.answers(site) == ["unknown_code"])
    #expect(site.status(code) == .unset)
    #expect(site.view(code)?.errors.map(\.code).contains("failed_to_set_on_device") == true)
    // The same times are free again, with other digits.
    let next = try self.create(site, .door, from: .zero, lasting: 20)
    #expect(try self.digits(site, next) != pin)
    _ = try site.delete(code)
    #expect(site.view(code) == nil)
    #expect(site.story(of: code) == ["created", "set_on_device", "removed_from_device", "deleted"])
  }

  @Test func `R40 A lock without an offline key refuses, and what cannot be used any more is not given out`() throws {
    let site = try self.site()
    for (key, start, end, once) in [
      ("Deaf", Duration.zero, Optional(Duration.hours(2)), false), ("Harbour", .hours(-3), .hours(-1), false),
      ("Harbour", .hours(-25), .hours(47), false), ("Harbour", .hours(-25), nil, true),
      ("Harbour", .zero, .hours(80), false), ("Harbour", .zero, nil, false),
    ] {
      let fault = #expect(throws: RequestFault.self) {
        try site.create(on: key) {
          $0.offline = .init(
            startsAt: Self.start + start, endsAt: end.map { Self.start + $0 }, isOneTimeUse: once, rounding: .hour)
        }
      }
      guard case .invalid(let sentence) = fault else { throw fault ?? .accessCodeNotFound }
      #expect(sentence.hasSuffix("."))
    }
  }

  @Test func `R3 An online code does not get the digits of an offline one`() throws {
    let site = try self.site()
    let code = try self.create(site, .door, from: .hours(1), lasting: 2)
    let pin = try self.digits(site, code)
    let fault = #expect(throws: RequestFault.self) { try site.create(on: "Harbour", pin: pin) }
    guard case .duplicateAccessCode(let existing) = fault else { throw fault ?? .accessCodeNotFound }
    #expect(existing == code)
    self.pass(site, to: Self.start + .hours(3))
    let online = try site.create(on: "Harbour", pin: pin)
    #expect(site.status(online) == .set)
  }

  @Test func `R124 Guesses at offline codes lock the keypad out`() throws {
    let site = try self.site()
    for guess in 0..<6 { self.type("12345678\(guess)", site, .door) }
    #expect(self.answers(site) == Array(repeating: "unknown_code", count: 5) + ["too_many_attempts"])
    #expect(site.device("Harbour")?.warnings.contains { $0.message.contains("locked out") } == true)
  }

  @Test func `R47 A restart with nothing to do tells nothing twice`() throws {
    let site = try self.site()
    let code = try self.create(site, .door, from: .hours(1), lasting: 2)
    for hours in 0...4 {
      self.pass(site, to: Self.start + .hours(hours))
      try site.restart()
      site.advance(by: .seconds(5))
    }
    #expect(site.story(of: code) == ["created", "set_on_device", "removed_from_device"])
  }
}
