import LockCore
import Testing

@testable import LockTransport

#if canImport(Glibc)
  import Glibc
#else
  import Musl
#endif

/// Who gets the radio, and when.
@Suite struct RadioQueueTests {
  @Test func `an adapter is set up and switched on, then it listens`() {
    let bench = RadioBench.listening()
    #expect(
      bench.commands(to: 0) == [
        .readControllerInfo, .setSecureConnections, .setBondable, .setNoInputNoOutput, .loadLongTermKeys([]),
        .loadIdentityKeys([]), .setPowered(true), .startDiscovery,
      ])
    #expect(bench.state == nil)
  }

  @Test func `discovery is stopped before a connection and started after it`() {
    var bench = RadioBench.listening()
    let count = bench.effects.count
    bench.peers[.lock(1)] = .there
    bench.wish(1, .lock(1))
    bench.run(.seconds(1))
    #expect(
      bench.asked(since: count) == [
        .send(.stopDiscovery, to: 0), .connect(.first(1), to: .lock(1), through: .adapter(0)), .give(.first(1)),
        .send(.startDiscovery, to: 0),
      ])
  }

  @Test func `discovery that the kernel has ended is started again`() {
    var bench = RadioBench.listening()
    let count = bench.effects.count
    bench.adapters[0]?.isDiscovering = false
    bench.tell(.discovering(false))
    bench.run(.seconds(1))
    #expect(bench.asked(since: count) == [.send(.startDiscovery, to: 0)])
  }

  @Test func `the earliest deadline goes first, and of equals the one that is there`() {
    var bench = RadioBench.listening()
    for lock in 1...4 as ClosedRange<UInt8> { bench.peers[.lock(lock)] = .there }
    bench.hear(.lock(4))
    bench.wish(9, .lock(9), before: .seconds(-10))
    bench.run(.milliseconds(50))
    bench.wish(1, .lock(1), before: .seconds(20))
    bench.wish(2, .lock(2), before: .seconds(10))
    bench.wish(3, .lock(3), before: .seconds(15))
    bench.wish(4, .lock(4), before: .seconds(15))
    bench.run(.seconds(12))
    let given = bench.effects.compactMap { if case .give(let id) = $0 { id.wish } else { nil } }
    #expect(given.sorted() == [1, 2, 3, 4])
    #expect(Array(given.filter { $0 != 4 }) == [2, 3, 1])
    #expect(given.firstIndex(of: 4) ?? 9 < given.firstIndex(of: 3) ?? 0)
  }

  @Test func `an absent peer is given up after a while, earlier when others wait`() {
    var bench = RadioBench.listening()
    bench.wish(1, .lock(1))
    bench.run(.seconds(7))
    #expect(!bench.effects.contains(.refuse(1, .absent)))
    bench.run(.seconds(2))
    #expect(bench.asked(since: 0).suffix(3).contains(.refuse(1, .absent)))
    #expect(bench.effects.contains(.close(.first(1))))

    bench.run(.seconds(5))
    let began = bench.now
    bench.peers[.lock(3)] = .there
    bench.wish(2, .lock(2), before: .seconds(1))
    bench.run(.milliseconds(50))
    bench.wish(3, .lock(3), before: .seconds(2))
    bench.wish(4, .lock(2), before: .seconds(2))
    bench.run(.seconds(20))
    // The first found nobody waiting, the third one did not either.
    #expect(bench.time(of: .refuse(2, .absent)).map { $0 - began <= .milliseconds(8100) } == true)
    #expect(bench.effects.contains(.give(.first(3))))
  }

  @Test func `an adapter holds only so many links`() {
    var bench = RadioBench.listening(.init(maximumLinks: 2))
    for lock in 1...3 as ClosedRange<UInt8> {
      bench.peers[.lock(lock)] = .there
      bench.wish(RadioWishID(lock), .lock(lock))
    }
    bench.run(.seconds(5))
    #expect(bench.effects.contains(.give(.first(2))))
    #expect(!bench.effects.contains(.connect(.first(3), to: .lock(3), through: .adapter(0))))
    bench.tell { $0.linkClosed(.first(1), at: $1) }
    bench.run(.seconds(1))
    #expect(bench.effects.contains(.give(.first(3))))
  }

  @Test func `a wish that never got its turn is refused as busy, one without a radio as that`() {
    var bench = RadioBench.listening(.init(maximumLinks: 1))
    bench.peers[.lock(1)] = .there
    bench.wish(1, .lock(1))
    bench.run(.seconds(1))
    bench.wish(2, .lock(2), before: .seconds(40))
    bench.wish(3, .lock(3))
    bench.run(.seconds(31))
    #expect(bench.effects.contains(.refuse(3, .busy)))
    #expect(!bench.effects.contains(.refuse(2, .busy)))
    bench.unplug(0)
    bench.run(.seconds(10))
    #expect(bench.effects.contains(.refuse(2, .noRadio)))
    #expect(bench.state == "no Bluetooth adapter is plugged in")
  }

  @Test func `a wish that is withdrawn leaves nothing behind`() {
    var bench = RadioBench.listening()
    bench.wish(1, .lock(1))
    bench.run(.seconds(1))
    bench.tell { $0.withdrawn(1, at: $1) }
    #expect(bench.effects.contains(.close(.first(1))))
    bench.run(.seconds(10))
    #expect(!bench.effects.contains(.refuse(1, .absent)))
    #expect(bench.commands(to: 0).last == .startDiscovery)
  }

  @Test func `a connection that fails at once is tried again, three times in all`() {
    var bench = RadioBench.listening()
    bench.peers[.lock(1)] = .fails(ECONNRESET)
    bench.wish(1, .lock(1))
    bench.run(.seconds(5))
    #expect(bench.effects.count { if case .connect = $0 { true } else { false } } == 3)
    #expect(bench.effects.contains(.refuse(1, .absent)))
  }

  @Test func `a peer that another program holds is refused as busy`() {
    var bench = RadioBench.listening()
    bench.peers[.lock(1)] = .fails(EBUSY)
    bench.wish(1, .lock(1))
    bench.run(.seconds(1))
    #expect(bench.effects.contains(.refuse(1, .busy)))
    #expect(bench.notes().contains { $0.contains("another program has a link") })
  }

  @Test func `a second wish for the same peer waits until its link is closed`() {
    var bench = RadioBench.listening()
    bench.peers[.lock(1)] = .there
    bench.wish(1, .lock(1))
    bench.wish(2, .lock(1))
    bench.run(.seconds(2))
    #expect(bench.effects.contains(.give(.first(1))))
    #expect(!bench.effects.contains(.give(.first(2))))
    bench.tell { $0.linkClosed(.first(1), at: $1) }
    bench.run(.seconds(2))
    #expect(bench.effects.contains(.give(.first(2))))
  }

  @Test func `the adapter that hears a peer best connects to it, another one when that is full`() {
    var bench = RadioBench.listening(.init(maximumLinks: 1))
    bench.plug(1, .adapter(1))
    bench.run(.seconds(3))
    for lock in 1...3 as ClosedRange<UInt8> { bench.peers[.lock(lock)] = .there }
    bench.hear(.lock(1), rssi: -80, on: 0)
    bench.hear(.lock(1), rssi: -50, on: 1)
    bench.hear(.lock(2), rssi: -50, on: 1)
    bench.hear(.lock(2), rssi: -80, on: 0)
    bench.wish(1, .lock(1))
    bench.wish(2, .lock(2))
    bench.run(.seconds(2))
    #expect(bench.effects.contains(.connect(.first(1), to: .lock(1), through: .adapter(1))))
    #expect(bench.effects.contains(.connect(.first(2), to: .lock(2), through: .adapter(0))))
  }

  @Test func `what a peer says again within a second is told once`() {
    var bench = RadioBench.listening()
    bench.hear(.lock(1), data: [1])
    bench.hear(.lock(1), data: [1])
    bench.hear(.lock(1), data: [2])
    bench.run(.milliseconds(1100))
    bench.hear(.lock(1), data: [2])
    let heard = bench.effects.compactMap { if case .heard(let advertisement) = $0 { advertisement.data } else { nil } }
    #expect(heard == [[1], [2], [2]])
  }

  @Test func `an adapter that comes back under another number goes on where it was`() {
    var bench = RadioBench.listening(.init(adapters: [.adapter(0)]))
    bench.wish(1, .lock(1), before: .seconds(20))
    bench.run(.seconds(1))
    #expect(bench.effects.contains(.connect(.first(1), to: .lock(1), through: .adapter(0))))
    bench.unplug(0)
    #expect(bench.state == "the Bluetooth adapter C0:00:00:00:00:00 is not plugged in")
    bench.plug(0, .adapter(7))
    bench.run(.seconds(2))
    #expect(bench.commands(to: 0).last == .readControllerInfo)
    let count = bench.effects.count
    bench.peers[.lock(1)] = .there
    bench.plug(3, .adapter(0))
    bench.run(.seconds(5))
    #expect(bench.state == nil)
    #expect(bench.asked(since: count).contains(.give(.init(wish: 1, number: 2))))
  }

  @Test func `without an adapter a wish is refused after five seconds, however long it could wait`() {
    var bench = RadioBench()
    bench.tell { $0.channelOpened(at: $1) }
    bench.run(.seconds(3))
    bench.wish(1, .lock(1), before: .seconds(600))
    bench.run(.milliseconds(4900))
    #expect(bench.asked(since: 0).contains(.refuse(1, .noRadio)) == false)
    bench.run(.milliseconds(100))
    #expect(bench.effects.contains(.refuse(1, .noRadio)))
  }

  @Test func `an adapter that is gone for a moment costs no wish, one that stays away costs it soon`() {
    var bench = RadioBench.listening(.init(maximumLinks: 1))
    bench.peers[.lock(1)] = .there
    bench.wish(1, .lock(1))
    bench.run(.seconds(1))
    bench.wish(2, .lock(2), before: .seconds(60))
    bench.run(.seconds(20))
    bench.unplug(0)
    bench.run(.seconds(3))
    #expect(!bench.effects.contains(.refuse(2, .noRadio)))
    bench.plug(3, .adapter(0))
    bench.run(.seconds(1))
    #expect(bench.state == nil)
    bench.unplug(3)
    let gone = bench.now
    bench.run(.seconds(30))
    #expect(bench.time(of: .refuse(2, .noRadio)) == gone + .seconds(5))
  }

  /// An adapter 0 that answers nothing any more, while no remedy is due, and what it was about to do.
  private static func wedged(besides: Bool) -> RadioBench {
    var bench = RadioBench.listening()
    bench.adapters[0]?.isSilent = true
    bench.tell(.discovering(false))
    bench.run(.seconds(70))
    bench.adapters[0]?.isSilent = false
    bench.run(.seconds(60))
    #expect(bench.effects.contains(.reset(0)))
    if besides { bench.plug(1, .adapter(1)) }
    bench.run(.seconds(5))
    #expect(bench.state == nil)
    bench.hear(.lock(1), on: 0)
    bench.peers[.lock(1)] = .there
    bench.adapters[0]?.isSilent = true
    return bench
  }

  @Test func `an adapter that falls silent gives its wish to another at once`() {
    var bench = Self.wedged(besides: true)
    bench.wish(1, .lock(1), before: .seconds(60))
    bench.run(.seconds(15))
    #expect(bench.effects.contains(.give(.init(wish: 1, number: 2))))
  }

  @Test func `an adapter that falls silent and is the only one keeps no wish`() {
    var bench = Self.wedged(besides: false)
    bench.wish(1, .lock(1), before: .seconds(60))
    bench.run(.seconds(20))
    #expect(bench.effects.contains(.refuse(1, .noRadio)))
  }

  @Test func `an adapter that may not be used any more keeps no wish`() {
    var bench = RadioBench.listening()
    bench.adapters[0]?.isForbidden = true
    bench.wish(1, .lock(1))
    bench.run(.seconds(10))
    #expect(bench.effects.contains(.refuse(1, .noRadio)))
  }

  @Test func `a link that another program holds is told once, until it was had`() {
    var bench = RadioBench.listening()
    bench.peers[.lock(1)] = .fails(EBUSY)
    for id in 1...3 as ClosedRange<RadioWishID> {
      bench.wish(id, .lock(1))
      bench.run(.seconds(30))
    }
    #expect(bench.notes().count { $0.contains("another program has a link") } == 1)
    bench.peers[.lock(1)] = .there
    bench.wish(4, .lock(1))
    bench.run(.seconds(5))
    #expect(bench.effects.contains(.give(.first(4))))
    bench.tell { $0.linkClosed(.first(4), at: $1) }
    bench.peers[.lock(1)] = .fails(EBUSY)
    bench.wish(5, .lock(1))
    bench.run(.seconds(5))
    #expect(bench.notes().count { $0.contains("another program has a link") } == 2)
  }

  @Test func `what becomes of a try that was given up does not hit the next one`() {
    var bench = RadioBench.listening()
    bench.plug(1, .adapter(1))
    bench.run(.seconds(3))
    bench.wish(1, .lock(1), before: .seconds(60))
    bench.run(.seconds(1))
    #expect(bench.effects.contains(.connect(.first(1), to: .lock(1), through: .adapter(0))))
    bench.unplug(0)
    bench.run(.seconds(1))
    let second = RadioAttemptID(wish: 1, number: 2)
    #expect(bench.effects.contains(.connect(second, to: .lock(1), through: .adapter(1))))
    bench.tell { $0.failed(.first(1), errno: ECANCELED, at: $1) }
    bench.run(.milliseconds(100))
    bench.tell { $0.connected(second, at: $1) }
    #expect(bench.effects.contains(.give(second)))
    bench.tell { $0.linkClosed(.first(1), at: $1) }
    #expect(bench.radio.held.keys.first == second)
  }
}
