import LockCore
import LockSimulator
import Testing

@testable import SyncEngine

/// A wall clock that ran ahead while nobody kept it (house rule 8).
@Suite struct ClockJumpTests {
  private static let years = Duration.hours(24 * 365 * 70)

  private static func site() throws -> VirtualSite {
    let site = try VirtualSite(["Front": VirtualLock()])
    _ = site.site.clockWasRead(site.date, isTrusted: false)
    try site.create(on: "Front", pin: "4711")
    site.advance(by: .seconds(5))
    _ = site.site.clockWasRead(site.date, isTrusted: false)
    return site
  }

  private static func dates(_ site: VirtualSite) throws -> [String] {
    try site.store.events(EventFilter()).compactMap { $0.payload.object?["created_at"]?.string }
  }

  @Test func `while it is ahead nothing is forgotten, and somebody is told once`() throws {
    let site = try Self.site()
    let before = try Self.dates(site)
    site.epoch = site.epoch + Self.years
    let effects = site.site.clockWasRead(site.date, isTrusted: false)
    #expect(effects.count == 1 && site.site.clockWasRead(site.date, isTrusted: false).isEmpty)
    try site.create(on: "Front", pin: "0815")
    site.advance(by: .hours(72))
    let after = try Self.dates(site)
    #expect(after.starts(with: before) && after.count > before.count)
  }

  @Test(arguments: [true, false])
  func `once it is right again what was dated ahead is dated now, in its order`(isTrusted: Bool) throws {
    let site = try Self.site()
    let (before, epoch) = (try Self.dates(site), site.epoch)
    site.epoch = epoch + Self.years
    _ = site.site.clockWasRead(site.date, isTrusted: false)
    try site.create(on: "Front", pin: "0815")
    site.advance(by: .minutes(1))
    let story = site.story()
    try site.restart()
    #expect(site.site.clockDoubt == site.site.lastSeen)
    site.epoch = epoch
    site.advance(by: .minutes(1))
    let effects = site.site.clockWasRead(site.date, isTrusted: isTrusted)
    #expect(effects.count == 1 && site.site.clockDoubt == nil && site.site.newestEvent <= site.date)
    let after = try Self.dates(site)
    #expect(after.starts(with: before) && after == after.sorted() && Set(after).count > before.count)
    #expect(try #require(after.last) <= site.date.iso8601)
    #expect(Array(site.story().prefix(story.count)) == story)
    #expect(try site.store.clockDoubt() == nil)
  }

  @Test func `a clock that a time daemon keeps is believed however far it goes`() throws {
    let site = try Self.site()
    site.epoch = site.epoch + .hours(24 * 90)
    #expect(site.site.clockWasRead(site.date, isTrusted: true).isEmpty)
    #expect(site.site.clockDoubt == nil && site.site.lastSeen == site.date)
  }

  @Test func `a start after a jump goes by the date before it`() throws {
    let site = try Self.site()
    let seen = site.site.lastSeen
    site.epoch = site.epoch + Self.years
    _ = site.site.clockWasRead(site.date, isTrusted: false)
    try site.create(on: "Front", pin: "0815")
    #expect(try site.store.clockDoubt() == seen)
    #expect(try #require(try site.store.newestEventDate()) > seen + .hours(24 * 365))
  }
}
