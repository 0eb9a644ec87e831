import LockCore
import LockDrivers
import LockSimulator
import Testing

@testable import SyncEngine

/// A door whose codes the gateway holds, on an OSDP line, and what becomes of it when the line goes.
@Suite struct DoorTests {
  private let start = VirtualSite.start

  private func harbour(store: Store? = nil) throws -> VirtualSite {
    let door = DoorConfiguration(reader: .init(address: 5), strike: .init(address: 5, time: .seconds(3)))
    let site = try VirtualSite(doors: ["Harbour": door], store: store)
    site.advance(by: .seconds(5))
    return site
  }

  private func entries(_ site: VirtualSite) -> [JSONValue] {
    site.events().filter { $0["event_type"]?.string?.hasPrefix("lock.") == true }
  }

  @Test func `L1 R123: a code is set as soon as it is asked for and opens with its id`() throws {
    let site = try self.harbour()
    let code = try site.create(on: "Harbour", pin: "4711")
    #expect(site.status(code) == .set)
    #expect(site.attempts("CREATE_ACCESS_CODE").map(\.status.word) == ["success"])
    site.type("4711#", at: "Harbour", reader: 5)
    let told = try #require(self.entries(site).first)
    #expect(told["event_type"] == "lock.unlocked")
    #expect(told["method"] == "keycode")
    #expect(told["access_code_id"]?.string == code.rawValue)
    #expect(told["code"] == "4711")
  }

  @Test func `R124: wrong, early and expired codes are denied, each by its reason`() throws {
    let site = try self.harbour()
    let code = try site.create(on: "Harbour", pin: "4711", from: self.start + .hours(1), to: self.start + .hours(2))
    #expect(site.status(code) == .unset)
    site.type("9999#", at: "Harbour", reader: 5)
    site.type("4711#", at: "Harbour", reader: 5)
    site.advance(to: self.start + .hours(1) + .seconds(1))
    #expect(site.status(code) == .set)
    site.type("4711#", at: "Harbour", reader: 5)
    site.advance(to: self.start + .hours(2))
    #expect(site.status(code) == .unset)
    site.type("4711#", at: "Harbour", reader: 5)
    let told = self.entries(site)
    #expect(
      told.map { $0["reason"]?["reason_code"]?.string ?? $0["method"]?.string } == [
        "unknown_code", "credential_error", "keycode", "expired_code",
      ])
    #expect(told.dropFirst().allSatisfy { $0["access_code_id"]?.string == code.rawValue })
  }

  @Test func `R62: a deleted code opens no longer, a changed one only with its new PIN`() throws {
    let site = try self.harbour()
    let gone = try site.create(on: "Harbour", pin: "1111")
    let changed = try site.create(on: "Harbour", pin: "2222")
    try site.delete(gone)
    try site.update(changed) { $0.pin = PINCode("3333") }
    #expect(site.view(gone) == nil)
    #expect(site.story(of: gone) == ["created", "set_on_device", "removed_from_device", "deleted"])
    for pin in ["1111#", "2222#", "3333#"] { site.type(pin, at: "Harbour", reader: 5) }
    #expect(
      self.entries(site).compactMap { $0["event_type"]?.string } == [
        "lock.access_denied", "lock.access_denied", "lock.unlocked",
      ])
  }

  @Test func `L12: while the adapter is gone the status is unknown, then as before, told once each`() throws {
    let site = try self.harbour()
    let code = try site.create(on: "Harbour", pin: "4711")
    let before = site.story().count
    site.cut("Harbour")
    site.advance(by: .hours(1))
    #expect(site.status(code) == .unknown)
    #expect(site.view(code)?.errors.map(\.code).contains("account_disconnected") == true)
    #expect(site.device("Harbour")?.isOnline == false)
    let late = try site.create(on: "Harbour", pin: "0815")
    #expect(site.status(late) == .unknown)
    site.restore("Harbour")
    site.advance(by: .seconds(5))
    #expect(site.status(code) == .set)
    #expect(site.status(late) == .set)
    #expect(site.view(code)?.errors.isEmpty == true)
    #expect(
      Array(site.story().dropFirst(before)) == [
        "connected_account.disconnected", "device.disconnected", "created", "connected_account.connected",
        "set_on_device", "device.connected",
      ])
    site.type("0815#", at: "Harbour", reader: 5)
    #expect(self.entries(site).last?["access_code_id"]?.string == late.rawValue)
  }

  @Test func `R120: the strike is switched from here and told once`() throws {
    let site = try self.harbour()
    let attempt = try site.act(.unlock, on: "Harbour")
    site.advance(by: .seconds(10))
    #expect(site.attempt(attempt.id)?.word == "success")
    #expect(self.entries(site).count == 1)
    #expect(self.entries(site).first?["action_attempt_id"]?.string == attempt.id)
    #expect(site.device("Harbour")?.state.isLocked == true)
  }

  @Test func `after a restart the door knows its codes without anybody asking`() throws {
    let site = try self.harbour()
    try site.create(on: "Harbour", pin: "4711")
    try site.restart()
    site.advance(by: .seconds(5))
    site.type("4711#", at: "Harbour", reader: 5)
    #expect(self.entries(site).last?["event_type"] == "lock.unlocked")
  }
}
