import LockCore
import LockDrivers
import LockSimulator
import Seeded
import Testing

@testable import SyncEngine

/// A Nuki door from the request to the lock and from the keypad to the journal, in virtual time.
@Suite struct NukiSiteTests {
  @Test(arguments: [NukiLockModel(.one), NukiLockModel(.two), NukiLockModel(.three), NukiLockModel(.five)])
  func `L1 L7 R123: a code gets onto the lock, opens it, is told with its id, and is taken off again`(
    model: NukiLockModel
  ) throws {
    let site = try VirtualNukiSite(model: model)
    site.advance(by: .seconds(30))
    let code = try site.create("974216", name: "Jane Doe")
    site.advance(by: .seconds(30))
    #expect(site.status(code) == .set)
    #expect(site.pins.values.sorted() == ["974216"])

    site.atLock { $0.typed("974216", at: $1) }
    site.advance(by: .hours(2))
    let entries = site.events("lock.unlocked")
    #expect(entries.count == 1)
    #expect(entries.first?["access_code_id"]?.string == code.rawValue)
    #expect(entries.first?["method"]?.string == "keycode")

    try site.delete(code)
    site.advance(by: .seconds(30))
    #expect(site.pins.isEmpty)
    #expect(site.status(code) == nil)
  }

  @Test func `a code that is used within the second in which it was stored is credited, also once it is gone`() throws {
    for milliseconds in [0, 250, 600, 999] {
      let site = try VirtualNukiSite()
      site.advance(by: .seconds(30))
      site.advance(by: .milliseconds(milliseconds))
      let code = try site.create("974216", name: "Ada")
      while site.pins.isEmpty { site.advance(by: .milliseconds(50)) }
      site.atLock { $0.typed("974216", at: $1) }
      try site.delete(code)
      site.advance(by: .minutes(5))
      #expect(site.pins.isEmpty)
      #expect(site.events("lock.unlocked").first?["access_code_id"]?.string == code.rawValue)
    }
  }

  @Test func `L3 L4 R30 R36: a code with times is stored with them three days ahead and kept by the lock alone`() throws
  {
    let site = try VirtualNukiSite()
    site.advance(by: .seconds(30))
    let start = site.now.date + .hours(24 * 5)
    let window = TimeWindow(start: start, end: start + .hours(48))
    let code = try site.create("974216", window: window)
    site.advance(by: .hours(24), hearing: .minutes(1))
    #expect(site.pins.isEmpty)
    site.advance(by: .hours(25), hearing: .minutes(1))
    let schedule = try #require(site.lock.memory.codes.values.first?.schedule)
    #expect((schedule.from, schedule.until) == (window.start, window.end))
    #expect(site.status(code) == .unset)
    site.advance(by: .hours(24 * 3), hearing: .minutes(1))
    #expect(site.status(code) == .set)
  }

  @Test func `a restart with nothing to do writes nothing, and an idle lock is visited within its budget`() throws {
    let site = try VirtualNukiSite(type: .app)
    site.advance(by: .seconds(30))
    for (pin, name) in [("974216", "Ada"), ("858585", "Bob"), ("373737", "Eve")] { try site.create(pin, name: name) }
    site.advance(by: .minutes(5))
    let writes = site.writes
    #expect(writes == 3)
    for _ in 0..<3 {
      try site.restart()
      site.advance(by: .hours(1), hearing: .seconds(30))
    }
    let visits = site.visits
    site.advance(by: .hours(24 * 7), hearing: .minutes(1))
    #expect(site.writes == writes)
    #expect(site.visits - visits <= 7 * 24)
  }

  @Test func `L12: an adapter that is gone and back leaves the lock as it was`() throws {
    let site = try VirtualNukiSite()
    site.advance(by: .seconds(30))
    let code = try site.create("974216", name: "Ada")
    site.advance(by: .seconds(30))
    site.ask { ((), $0.adapterChanged("radio", fault: "unplugged", at: $1)) }
    #expect(site.status(code) == .unknown)
    site.ask { ((), $0.adapterChanged("radio", fault: nil, at: $1)) }
    #expect(site.status(code) == .set)
    try site.delete(code)
    site.advance(by: .seconds(30))
    #expect(site.pins.isEmpty)
  }

  @Test func `a radio that is gone for a moment loses nothing; one that stays away is told once, with its locks`()
    throws
  {
    let site = try VirtualNukiSite()
    site.advance(by: .seconds(30))
    let told = ["connected_account.disconnected", "connected_account.connected", "device.disconnected"]
    func counts() -> [Int] { told.map { site.events($0).count } }
    func radio(_ fault: String?, for time: Duration) {
      site.ask { ((), $0.adapterChanged("radio", fault: fault, at: $1)) }
      site.advance(by: time)
    }
    for _ in 0..<5 {
      radio("being started", for: .seconds(10))
      radio("no adapter is plugged in", for: .seconds(10))
      radio(nil, for: .minutes(1))
    }
    #expect(counts() == [0, 0, 0])
    radio("no adapter is plugged in", for: .minutes(2))
    try site.restart()
    radio("no adapter is plugged in", for: .minutes(2))
    #expect(counts() == [1, 0, 1])
    #expect(site.events("device.disconnected").first?["error_code"] == "account_disconnected")
    radio(nil, for: .minutes(2))
    #expect(counts() == [1, 1, 1])
  }

  @Test func `R80: a code of somebody else is listed, told by its entries, and never touched`() throws {
    let site = try VirtualNukiSite()
    let cleaner = try #require(PINCode("555555"))
    site.atLock { $0.addForeignCode(cleaner, name: "Cleaner", at: $1).effects }
    site.advance(by: .minutes(1))
    let strangers = site.site.doors[site.id]?.ledger.strangers.values.map(\.pin?.digits) ?? []
    #expect(strangers == ["555555"])
    let twin = try site.create("555555", name: "Twin")
    site.advance(by: .minutes(1))
    #expect(site.view(twin)?.errors.map(\.code).contains("duplicate_code_on_device") == true)
    site.atLock { $0.typed("555555", at: $1) }
    site.advance(by: .minutes(2))
    #expect(site.events("lock.unlocked").first?["access_code_is_managed"]?.bool == false)
    #expect(site.pins.values.sorted() == ["555555"])
  }

  @Test(arguments: 0..<24)
  func `whatever is asked, lost and cut off, the lock comes to hold what was promised`(seed: Int) throws {
    var random = SeededRandom(seed: UInt64(seed))
    let site = try VirtualNukiSite(model: NukiLockModel(seed % 3 == 0 ? .one : seed % 3 == 1 ? .three : .five))
    site.advance(by: .seconds(30))
    var promised: [AccessCodeID: String] = [:]
    for _ in 0..<40 {
      let pin = "9\(Int.random(in: 1...9, using: &random))7\(Int.random(in: 1...9, using: &random))16"
      switch Int.random(in: 0..<10, using: &random) {
      case 0...3: if let id = try? site.create(pin, name: "Guest") { promised[id] = pin }
      case 4:
        guard let id = promised.keys.sorted().randomElement(using: &random) else { break }
        if (try? site.change(id, pin: pin)) != nil { promised[id] = pin }
      case 5:
        guard let id = promised.keys.sorted().randomElement(using: &random) else { break }
        try site.delete(id)
        promised[id] = nil
      case 6: site.linkLostIn = Int.random(in: 0..<60, using: &random)
      case 7: site.isInReach.toggle()
      case 8: site.crashIn = Int.random(in: 0..<200, using: &random)
      default: try site.restart()
      }
      site.advance(by: .seconds(Int.random(in: 0..<40, using: &random)))
    }
    (site.isInReach, site.crashIn, site.linkLostIn) = (true, nil, nil)
    site.advance(by: .hours(2))
    #expect(site.pins.values.sorted() == promised.values.sorted())
    for id in promised.keys { #expect(site.status(id) == .set) }
    let writes = site.writes
    site.advance(by: .hours(6))
    #expect(site.writes == writes)
    for pin in Set(promised.values) {
      site.atLock { $0.typed(pin, at: $1) }
      site.advance(by: .hours(2))
      let id = site.events("lock.unlocked").last?["access_code_id"]?.string ?? ""
      #expect(promised[AccessCodeID(rawValue: id)] == pin)
    }
  }
}

extension VirtualNukiSite {
  @discardableResult
  func create(
    _ pin: String, name: String? = nil, window: TimeWindow? = nil
  ) throws -> AccessCodeID {
    try self.ask { site, now in
      var request = NewAccessCode(device: site.lockIDs[Self.key] ?? LockID(rawValue: ""))
      (request.pin, request.name, request.window) = (PINCode(pin), name, window)
      let (id, _, effects) = try site.create(request, at: now)
      return (id, effects)
    }
  }

  fileprivate func change(_ id: AccessCodeID, pin: String) throws {
    try self.ask { site, now in
      var change = AccessCodeChange(id: id)
      change.pin = PINCode(pin)
      return ((), try site.update(change, at: now).1)
    }
  }

  fileprivate func delete(_ id: AccessCodeID) throws {
    try self.ask { site, now in ((), try site.delete(id, device: nil, at: now).1) }
  }

  fileprivate func view(_ id: AccessCodeID) -> AccessCodeView? {
    guard let (door, code) = try? self.site.find(id) else { return nil }
    return self.site.view(of: code, door: door, at: self.now.date)
  }

  fileprivate func status(_ id: AccessCodeID) -> AccessCodeStatus? { self.view(id)?.status }

  fileprivate func events(_ type: String) -> [JSONValue] {
    var filter = EventFilter()
    (filter.limit, filter.types) = (100_000, [type])
    return ((try? self.store.events(filter)) ?? []).map(\.payload)
  }
}
