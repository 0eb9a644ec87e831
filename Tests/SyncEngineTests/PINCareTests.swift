import LockCore
import LockSimulator
import Testing

@testable import SyncEngine

/// Which PINs are drawn (R5, R7, R27), with care for the whole site.
@Suite struct PINCareTests {
  private func lock(_ lengths: [Int]) -> VirtualLock {
    VirtualLock(model: VirtualLockModel(slotCount: 2000, pins: PINPolicy(lengths: lengths)))
  }

  private func distance(_ left: PINCode, _ right: PINCode) -> Int {
    zip(left.digits, right.digits).filter { $0 != $1 }.count
  }

  @Test func `R5: drawn PINs differ from each other in two digits or more on the whole site`() throws {
    let site = try VirtualSite(["A": self.lock([4]), "B": self.lock([4, 6])])
    site.advance(by: .seconds(5))
    let owners = try #require(PINCode("2580"))
    site.at("A") { (try? $0.addCode(owners, name: "Owner", at: $1).effects) ?? [] }
    site.advance(by: .minutes(1))
    var pins = [owners]
    for index in 0..<80 {
      let code = try site.create(on: index % 2 == 0 ? "A" : "B")
      pins.append(try #require(site.view(code)?.pin))
    }
    for (index, pin) in pins.enumerated() {
      for other in pins[..<index] { #expect(self.distance(pin, other) >= 2) }
    }
  }

  @Test func `where the space is too small for two digits, one has to do; then the lock's own PINs alone count`() throws
  {
    let site = try VirtualSite(["A": self.lock([2]), "B": self.lock([2])])
    var onA: Set<String> = []
    // Ten PINs are all that differ in both digits.
    for _ in 0..<60 { onA.insert(try #require(site.view(try site.create(on: "A"))?.pin).digits) }
    #expect(onA.count == 60)
    let onB = try (0..<40).map { _ in try #require(site.view(try site.create(on: "B"))?.pin).digits }
    #expect(onA.isDisjoint(with: onB))
    let shared = try #require(site.view(try site.create(on: "B"))?.pin)
    #expect(onA.contains(shared.digits))
  }

  @Test func `a PIN rests for 30 days after its code is gone, and when none is left the refusal says so`() throws {
    let site = try VirtualSite(["A": self.lock([1])], heartbeat: .hours(1))
    let codes = try (0..<10).map { _ in try site.create(on: "A") }
    site.advance(by: .minutes(1))
    for code in codes.prefix(4) { try site.delete(code) }
    site.advance(by: .minutes(1))
    try site.restart()
    site.advance(by: .hours(24 * 29))
    #expect {
      try site.create(on: "A")
    } throws: { fault in
      guard case .invalid(let sentence)? = fault as? RequestFault else { return false }
      return sentence.contains("preferred_code_length") && sentence.contains("30 days")
    }
    // Somebody who chooses it knows what they do.
    #expect(throws: Never.self) { try site.create(on: "A", pin: self.gone(codes[0], of: site)) }
    site.advance(by: .hours(25))
    let again = try site.create(on: "A")
    #expect(site.view(again)?.pin != nil)
  }

  private func gone(_ code: AccessCodeID, of site: VirtualSite) throws -> String {
    let deleted = site.events(of: code).first { $0["event_type"] == "access_code.deleted" }
    return try #require(deleted?["code"]?.string)
  }
}
