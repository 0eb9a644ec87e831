import LockCore
import Seeded
import Testing

@testable import LockTransport

#if canImport(Glibc)
  import Glibc
#else
  import Musl
#endif

/// Adapters that do not do their work, and what is done about it.
@Suite struct RadioRecoveryTests {
  @Test func `a silent adapter is scanned anew, cycled, reset, and then left alone for a while`() {
    var bench = RadioBench.listening()
    bench.run(.seconds(300))
    // Nobody was ever heard: perhaps there is nobody.
    #expect(bench.notes().count == 1)
    bench.hear(.lock(1))
    bench.hear(.lock(2))
    let count = bench.effects.count
    bench.run(.seconds(300))
    let remedies = bench.asked(since: count).filter { effect in
      switch effect {
      case .send(.stopDiscovery, _), .send(.setPowered(false), _), .reset: true
      default: false
      }
    }
    #expect(remedies == [.send(.stopDiscovery, to: 0), .send(.setPowered(false), to: 0), .reset(0)])
    let later = bench.effects.count
    bench.run(.seconds(1200))
    #expect(bench.asked(since: later).count { $0 == .reset(0) } <= 2)
    #expect(bench.state == nil)
  }

  /// How often the harshest remedy was asked for since the count of effects was this.
  private func resets(_ bench: RadioBench, since count: Int = 0) -> Int {
    bench.effects[count...].count { $0 == .reset(0) }
  }

  @Test func `the silence of the only lock that was ever heard has its adapter left alone, but for a try now and then`()
  {
    var bench = RadioBench.listening()
    for _ in 0..<100 {
      bench.hear(.lock(1))
      bench.run(.seconds(10))
    }
    let count = bench.effects.count
    bench.run(.seconds(800))
    #expect(self.resets(bench, since: count) == 0)
    bench.run(.seconds(86400))
    #expect(1...9 ~= self.resets(bench, since: count))
    #expect(bench.notes(since: count).count == 3)
    let later = bench.effects.count
    bench.run(.seconds(86400))
    #expect(self.resets(bench, since: later) <= 5)
    #expect(bench.notes(since: later).isEmpty)
  }

  @Test func `remedies that do not help come at ever longer gaps, and soon again once all was well`() {
    var bench = RadioBench.listening()
    bench.hear(.lock(1))
    bench.hear(.lock(2))
    bench.run(.seconds(86400))
    #expect(3...9 ~= self.resets(bench))
    for _ in 0..<200 {
      bench.hear(.lock(1))
      bench.hear(.lock(2))
      bench.run(.seconds(10))
    }
    let count = bench.effects.count
    bench.run(.seconds(240))
    #expect(self.resets(bench, since: count) == 1)
    #expect(bench.notes(since: count).count == 3)
  }

  @Test func `an adapter that cannot be switched on is told of once`() {
    var bench = RadioBench()
    bench.adapters[0] = .init(address: .adapter(0), powerStatus: .failed)
    bench.tell { $0.channelOpened(at: $1) }
    bench.run(.seconds(7200))
    #expect(bench.notes().count { $0.contains("cannot be switched on") } == 1)
    #expect(bench.notes().count { $0.contains("resetting") } == 1)
  }

  @Test func `links that live spare the adapter the harsh remedies`() {
    var bench = RadioBench.listening()
    bench.peers[.lock(1)] = .there
    bench.hear(.lock(1))
    bench.wish(1, .lock(1))
    bench.run(.seconds(600))
    #expect(!bench.commands(to: 0).contains(.setPowered(false)))
    #expect(!bench.effects.contains(.reset(0)))
  }

  @Test func `commands that go unanswered lead to a power cycle, then a reset`() {
    var bench = RadioBench.listening()
    bench.adapters[0]?.isSilent = true
    bench.tell(.discovering(false))
    bench.run(.seconds(70))
    #expect(bench.commands(to: 0).contains(.setPowered(false)))
    #expect(bench.effects.contains(.reset(0)))
    #expect(bench.state?.contains("does not answer") == true)
    bench.adapters[0]?.isSilent = false
    bench.run(.seconds(60))
    #expect(bench.state == nil)
  }

  @Test func `peers that are there and do not answer make the adapter suspicious`() {
    var bench = RadioBench.listening()
    for id in 1...3 as ClosedRange<RadioWishID> {
      bench.hear(.lock(1))
      bench.wish(id, .lock(1))
      bench.run(.seconds(9))
    }
    #expect(bench.notes().contains { $0.contains("listening anew") })
  }

  @Test func `a busy discovery is taken over once, then waited for longer and longer`() {
    var bench = RadioBench.listening()
    bench.adapters[0]?.isBusy = true
    let count = bench.effects.count
    bench.tell(.discovering(false))
    bench.run(.seconds(12))
    #expect(bench.commands(to: 0, since: count).count { $0 == .startDiscovery } == 4)
    #expect(bench.commands(to: 0, since: count).count { $0 == .stopDiscovery } == 1)
    #expect(bench.state == nil)
    bench.adapters[0]?.isBusy = false
    bench.run(.seconds(60))
    #expect(bench.adapters[0]?.isDiscovering == true)
  }

  @Test func `a blocked adapter is unblocked once, and the state says what to do`() {
    var bench = RadioBench.listening()
    bench.adapters[0]?.isPowered = false
    bench.adapters[0]?.powerStatus = .blocked
    bench.tell { $0.blocked(0, soft: true, hard: false, at: $1) }
    bench.tell(.newSettings([.lowEnergy]))
    bench.run(.seconds(300))
    #expect(bench.effects.count { $0 == .reset(0) } == 1)
    #expect(bench.state?.contains("rfkill unblock bluetooth") == true)
    bench.tell { $0.blocked(0, soft: false, hard: true, at: $1) }
    #expect(bench.state?.contains("switch or key of the box") == true)
    bench.adapters[0]?.powerStatus = .success
    bench.tell { $0.blocked(0, soft: false, hard: false, at: $1) }
    bench.run(.seconds(3))
    #expect(bench.state == nil)
  }

  @Test func `an adapter that was blocked before it was known says so`() {
    var bench = RadioBench()
    bench.adapters[0] = .init(address: .adapter(0))
    bench.tell { $0.blocked(0, soft: false, hard: true, at: $1) }
    bench.tell { $0.channelOpened(at: $1) }
    bench.run(.seconds(3))
    #expect(bench.state?.contains("switch or key of the box") == true)
  }

  @Test func `without the capability the state says which one, and it is asked again`() {
    var bench = RadioBench()
    bench.adapters[0] = .init(address: .adapter(0), isForbidden: true)
    bench.tell { $0.channelOpened(at: $1) }
    bench.run(.seconds(200))
    #expect(bench.state?.contains("bitting-bluetooth.socket") == true)
    #expect(bench.notes().count { $0.contains("bitting-bluetooth.socket") } == 1)
    bench.adapters[0]?.isForbidden = false
    bench.run(.seconds(200))
    #expect(bench.state == nil)
  }

  @Test func `a kernel without Bluetooth is told as it is, and wishes are refused`() {
    var bench = RadioBench()
    bench.tell { $0.channelClosed("this kernel has no Bluetooth", at: $1) }
    bench.wish(1, .lock(1))
    bench.run(.seconds(6))
    #expect(bench.state == "this kernel has no Bluetooth")
    #expect(bench.effects.contains(.refuse(1, .noRadio)))
    #expect(bench.notes() == ["this kernel has no Bluetooth"])
  }

  /// Whatever happens, in whatever order: each wish ends once, nothing grows, and the rules of sharing hold.
  @Test(arguments: 1...40 as ClosedRange<UInt64>)
  func `no order of events breaks the sharing`(seed: UInt64) throws {
    var random = SeededRandom(seed: seed)
    var bench = RadioBench.listening(.init(maximumLinks: 2))
    var open: Set<RadioWishID> = []
    var next: RadioWishID = 0
    var seen = 0
    for _ in 0..<600 {
      let lock = BluetoothAddress.lock(UInt8(random.next() % 6))
      let index = UInt16(random.next() % 2)
      switch random.next() % 16 {
      case 0, 1, 2:
        next += 1
        open.insert(next)
        bench.wish(
          next, lock, before: .seconds(Int(random.next() % 20)), needsBond: random.next() % 3 == 0)
      case 3: bench.peers[lock] = .there
      case 4: bench.peers[lock] = .secures(Int32(random.next() % 2) * EACCES)
      case 5: bench.peers[lock] = .fails([ECONNRESET, EBUSY, EHOSTUNREACH, ECONNREFUSED][Int(random.next() % 4)])
      case 6: bench.peers[lock] = nil
      case 7: bench.hear(lock, on: index)
      case 8: bench.tell(.discovering(random.next() % 2 == 0), to: index)
      case 9: if bench.adapters[index] == nil { bench.plug(index, .adapter(UInt8(index))) } else { bench.unplug(index) }
      case 10: bench.tell(.confirmationRequested(lock, isJustWorks: true), to: index)
      case 11: bench.adapters[index]?.isSilent = random.next() % 4 == 0
      case 12:
        if let id = bench.radio.held.keys.min(by: { $0.wish < $1.wish }) { bench.tell { $0.linkClosed(id, at: $1) } }
      case 13:
        if let id = open.min(), random.next() % 4 == 0 {
          bench.tell { $0.withdrawn(id, at: $1) }
          open.remove(id)
        }
      case 14: bench.tell { $0.blocked(index, soft: false, hard: random.next() % 4 == 0, at: $1) }
      default: bench.tell { $0.found(bluetoothd: random.next() % 8 == 0 ? 9 : nil, at: $1) }
      }
      bench.run(.milliseconds(Int64(random.next() % 3000)))
      for effect in bench.effects[seen...] {
        switch effect {
        case .give(let id): #expect(open.remove(id.wish) != nil)
        case .refuse(let id, _): #expect(open.remove(id) != nil)
        default: break
        }
      }
      seen = bench.effects.count
      for adapter in bench.radio.adapters.values {
        #expect(bench.radio.held.values.count { $0.adapter == adapter.address } <= 2)
      }
    }
    // With nobody to reach and no more links given back, all that is left ends.
    bench.peers = [:]
    bench.run(.seconds(900))
    for effect in bench.effects[seen...] {
      switch effect {
      case .give(let id): #expect(open.remove(id.wish) != nil)
      case .refuse(let id, _): #expect(open.remove(id) != nil)
      default: break
      }
    }
    #expect(open.isEmpty)
    #expect(bench.radio.waiting.isEmpty)
  }
}
