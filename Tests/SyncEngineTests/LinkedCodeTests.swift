import LockCore
import LockSimulator
import Testing

@testable import SyncEngine

/// Rules R55, R58, R70-R74: codes on several locks that share a PIN.
@Suite struct LinkedCodeTests {
  private func lock(_ lengths: [Int], _ constraints: [CodeConstraint] = []) -> VirtualLock {
    VirtualLock(model: VirtualLockModel(pins: PINPolicy(lengths: lengths, constraints: constraints)))
  }

  private func request(
    _ site: VirtualSite, _ keys: [String], pin: String? = nil, length: Int? = nil, mayDiffer: Bool = false,
    replayKey: String? = nil
  ) -> NewLinkedAccessCodes {
    var template = NewAccessCode(device: site.id(keys[0]))
    template.pin = pin.flatMap { PINCode($0) }
    template.preferredLength = length
    var request = NewLinkedAccessCodes(devices: keys.map(site.id), template: template)
    (request.mayDiffer, request.replayKey) = (mayDiffer, replayKey)
    return request
  }

  private func create(_ site: VirtualSite, _ request: NewLinkedAccessCodes) throws -> [AccessCodeView] {
    let (ids, effects) = try site.site.createLinked(request, at: site.date)
    site.perform(effects)
    site.settle()
    return ids.compactMap { site.view($0) }
  }

  @Test func `R71 R74: one PIN that all locks take, one key, in the order of the request`() throws {
    let site = try VirtualSite([
      "A": self.lock([4, 6]), "B": self.lock([6, 8], [.noZeros]), "C": self.lock([6], [.cannotStartWith12]),
    ])
    let codes = try self.create(site, self.request(site, ["C", "A", "B"]))
    #expect(codes.map(\.device) == ["C", "A", "B"].map(site.id))
    let pins = Set(codes.compactMap(\.pin))
    let pin = try #require(pins.first)
    #expect(pins.count == 1 && pin.count == 6 && !pin.digits.contains("0") && !pin.digits.hasPrefix("12"))
    let keys = Set(codes.compactMap(\.commonCodeKey))
    #expect(keys.count == 1 && keys.first?.hasPrefix("auto_set_by_create_multiple_") == true)
    site.advance(by: .seconds(30))
    for key in ["A", "B", "C"] { #expect(site.pins(in: key) == [1: pin.digits]) }
    #expect(codes.allSatisfy { site.status($0.id) == .set })
  }

  @Test func `R71: a PIN that the client chose is shared without a key`() throws {
    let site = try VirtualSite(["A": self.lock([4]), "B": self.lock([4])])
    let codes = try self.create(site, self.request(site, ["A", "B"], pin: "2580"))
    #expect(codes.map(\.pin?.digits) == ["2580", "2580"] && codes.allSatisfy { $0.commonCodeKey == nil })
    try site.update(codes[0].id) { $0.pin = PINCode("1379") }
    #expect(site.view(codes[0].id)?.pin?.digits == "1379" && site.view(codes[1].id)?.pin?.digits == "2580")
  }

  @Test(arguments: [(6, 6), (8, 4), (nil, 4)] as [(Int?, Int)])
  func `R73: the preferred length where all take it, else the shortest in common`(preferred: Int?, length: Int) throws {
    let site = try VirtualSite(["A": self.lock([4, 6, 8]), "B": self.lock([4, 5, 6])])
    let codes = try self.create(site, self.request(site, ["A", "B"], length: preferred))
    #expect(codes.allSatisfy { $0.pin?.count == length })
  }

  @Test func `R72: a lock that cannot share refuses all of them, or gets a PIN of its own without the key`() throws {
    let site = try VirtualSite(["A": self.lock([4]), "B": self.lock([4]), "C": self.lock([7])])
    #expect(throws: RequestFault.self) { try self.create(site, self.request(site, ["A", "B", "C"])) }
    #expect(throws: RequestFault.self) { try self.create(site, self.request(site, ["A", "C"], pin: "2580")) }
    site.advance(by: .seconds(30))
    #expect(site.events().allSatisfy { $0["event_type"] != "access_code.created" } && site.allWrites == 0)
    let codes = try self.create(site, self.request(site, ["A", "B", "C"], mayDiffer: true))
    #expect(codes[0].pin == codes[1].pin && codes[2].pin?.count == 7)
    #expect(codes[0].commonCodeKey != nil && codes[2].commonCodeKey == nil)
    let chosen = try self.create(site, self.request(site, ["A", "C"], pin: "2580", mayDiffer: true))
    #expect(chosen[0].pin?.digits == "2580" && chosen[1].pin?.count == 7)
  }

  @Test func `a request that is repeated because its answer was lost makes nothing twice, for a while`() throws {
    let site = try VirtualSite(["A": self.lock([4]), "B": self.lock([4])])
    let request = self.request(site, ["A", "B"], replayKey: "hash")
    let first = try self.create(site, request)
    try site.restart()
    site.advance(by: .seconds(60))
    #expect(try self.create(site, request).map(\.id) == first.map(\.id))
    site.advance(by: .minutes(2))
    #expect(try self.create(site, request).map(\.id) != first.map(\.id))
  }

  @Test func `R70: a code that joins a group by its key gets the PIN of the group`() throws {
    let site = try VirtualSite(["A": self.lock([4]), "B": self.lock([4]), "C": self.lock([6])])
    let first = try site.create(on: "A") { $0.commonCodeKey = "booking 7" }
    let second = try site.create(on: "B") { $0.commonCodeKey = "booking 7" }
    #expect(site.view(first)?.pin == site.view(second)?.pin && site.view(second)?.commonCodeKey == "booking 7")
    #expect(throws: RequestFault.self) { try site.create(on: "C") { $0.commonCodeKey = "booking 7" } }
    #expect(throws: RequestFault.self) { try site.create(on: "A") { $0.commonCodeKey = "booking 7" } }
    #expect(throws: RequestFault.self) { try site.create(on: "B", pin: "0000") { $0.commonCodeKey = "booking 7" } }
  }

  @Test func `R55: the PIN of one of several linked codes cannot be changed alone`() throws {
    let site = try VirtualSite(["A": self.lock([4]), "B": self.lock([4])])
    let codes = try self.create(site, self.request(site, ["A", "B"]))
    #expect(throws: RequestFault.self) { try site.update(codes[0].id) { $0.pin = PINCode("2580") } }
    try site.delete(codes[1].id)
    try site.update(codes[0].id) { $0.pin = PINCode("2580") }
    #expect(site.view(codes[0].id)?.pin?.digits == "2580")
  }

  @Test func `R51 R58: an update of linked codes concerns those that are not over, and each lock once`() throws {
    let site = try VirtualSite(["A": self.lock([4])])
    let over = try site.create(on: "A", from: site.date, to: site.date + .hours(1)) { $0.commonCodeKey = "booking 7" }
    site.advance(by: .hours(2))
    let next = try site.create(on: "A", from: site.date, to: site.date + .hours(1)) { $0.commonCodeKey = "booking 7" }
    var change = LinkedAccessCodesChange(key: "booking 7")
    change.endsAt = site.date + .hours(3)
    site.perform(try site.site.updateLinked(change, at: site.date))
    site.advance(by: .minutes(1))
    #expect(site.view(next)?.window?.end == change.endsAt && site.view(next)?.status == .set)
    #expect(site.view(over)?.status == .unset)
    #expect(site.attempts("UPDATE_ACCESS_CODE").count == 1)
  }

  @Test func `R58: names and times of all linked codes are changed in one go, or none of them`() throws {
    let site = try VirtualSite(["A": self.lock([4]), "B": self.lock([4])])
    let codes = try self.create(site, self.request(site, ["A", "B"]))
    var change = LinkedAccessCodesChange(key: try #require(codes[0].commonCodeKey))
    (change.name, change.startsAt, change.endsAt) = ("Guest", site.date, site.date + .hours(5))
    site.perform(try site.site.updateLinked(change, at: site.date))
    site.advance(by: .minutes(1))
    for code in codes {
      let view = try #require(site.view(code.id))
      #expect(view.name == "Guest" && view.window?.end == change.endsAt && view.status == .set)
      #expect(view.pin == codes[0].pin)
    }
    change.endsAt = site.date - .hours(1)
    #expect(throws: RequestFault.self) { try site.site.updateLinked(change, at: site.date) }
    change.endsAt = site.date + .hours(6)
    // Codes that are over stay as they are (R51).
    site.advance(by: .hours(5))
    #expect(throws: RequestFault.self) { try site.site.updateLinked(change, at: site.date) }
    change.key = "no such key"
    #expect(throws: RequestFault.self) { try site.site.updateLinked(change, at: site.date) }
  }
}
