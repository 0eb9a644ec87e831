import LockCore
import LockDrivers
import LockSimulator
import Testing

@testable import SyncEngine

/// What a day on which nothing happens costs the disk: flash memory wears out, and the box stands there for years. With
/// every commit go some pages of 4 KiB, once into the log and once into the database: 100 commits are less than 5 MiB.
@Suite struct IdleDayTests {
  @Test func `locks that hold their codes cost a handful of commits a day`() throws {
    let site = try VirtualSite(
      ["Front": VirtualLock(temperament: .native), "Studio": VirtualLock(temperament: .justInTime)],
      heartbeat: .seconds(60), granularity: .messages)
    _ = try site.create(on: "Front", pin: "4711")
    _ = try site.create(on: "Studio", pin: "4712")
    site.advance(by: .hours(1))
    let before = site.store.commits.value
    site.advance(by: .hours(24))
    #expect(site.store.commits.value - before <= 5)
  }

  @Test func `a door that is polled costs nothing`() throws {
    let site = try VirtualSite(
      doors: ["Harbour": DoorConfiguration(reader: .init(address: 0), strike: .init(address: 0))],
      granularity: .messages)
    _ = try site.create(on: "Harbour", pin: "4713")
    // What is long past is looked for once a day.
    site.advance(by: .minutes(30))
    let before = site.store.commits.value
    site.advance(by: .minutes(30))
    #expect(site.store.commits.value == before)
  }

  @Test func `a lock that is visited every hour costs 50 commits a day`() throws {
    let site = try VirtualNukiSite()
    site.advance(by: .seconds(30))
    _ = try site.create("974216", name: "Ada")
    site.advance(by: .hours(1))
    let before = site.store.commits.value
    site.advance(by: .hours(24), hearing: .seconds(60))
    #expect(site.store.commits.value - before <= 50)
  }
}
