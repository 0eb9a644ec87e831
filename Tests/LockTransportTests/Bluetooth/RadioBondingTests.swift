import LockCore
import Testing

@testable import LockTransport

#if canImport(Glibc)
  import Glibc
#else
  import Musl
#endif

/// Pairings, and the bonds that they leave behind.
@Suite struct RadioBondingTests {
  private static func key() throws -> BluetoothBond.LongTermKey {
    BluetoothBond.LongTermKey(
      kind: 2, isInitiators: false, size: 16, diversifier: 0, random: 0, key: try #require(BluetoothKey(1...16)))
  }

  private static func bond() throws -> BluetoothBond {
    BluetoothBond(adapter: .adapter(0), peer: .lock(1), keys: [try self.key()])
  }

  /// Begins a pairing and stops in the middle of it.
  private static func pairing() -> RadioBench {
    var bench = RadioBench.listening()
    bench.peers[.lock(1)] = .there
    bench.wish(1, .lock(1), needsBond: true)
    bench.run(.seconds(1))
    return bench
  }

  @Test func `a pairing that is meant is agreed to, and its keys are kept`() throws {
    var bench = Self.pairing()
    #expect(bench.effects.contains(.secure(.first(1))))
    #expect(!bench.effects.contains(.give(.first(1))))
    bench.tell(.confirmationRequested(.lock(1), isJustWorks: true))
    #expect(bench.commands(to: 0).last == .confirm(.lock(1)))
    bench.tell { $0.secured(.first(1), at: $1) }
    #expect(bench.effects.contains(.give(.first(1))))
    // The kernel tells the keys when the link is encrypted already.
    let key = try Self.key()
    bench.tell(.newLongTermKey(peer: .lock(1), key, isLasting: true))
    bench.tell(.newIdentityKey(peer: .lock(1), key.key, isLasting: true))
    var bond = try Self.bond()
    #expect(bench.effects.contains(.keep(bond)))
    bond.identityKey = key.key
    #expect(bench.radio.bonds == [bond])
  }

  @Test func `a pairing that nobody meant is refused, and its keys are not kept`() throws {
    var bench = Self.pairing()
    bench.tell(.confirmationRequested(.lock(2), isJustWorks: true))
    #expect(bench.commands(to: 0).last == .refuse(.lock(2)))
    bench.tell(.confirmationRequested(.lock(1), isJustWorks: false))
    #expect(bench.commands(to: 0).last == .refuse(.lock(1)))
    bench.tell(.newLongTermKey(peer: .lock(2), try Self.key(), isLasting: true))
    bench.tell { $0.secured(.first(1), at: $1) }
    bench.run(.seconds(11))
    bench.tell(.newLongTermKey(peer: .lock(1), try Self.key(), isLasting: true))
    #expect(bench.radio.bonds.isEmpty)
  }

  @Test func `the keys of a bond are loaded before its adapter is switched on, those of others are not`() throws {
    let bond = try Self.bond()
    var other = bond
    other.adapter = .adapter(1)
    var bench = RadioBench.listening(bonds: [bond, other])
    let commands = bench.commands(to: 0)
    let load = try #require(commands.firstIndex(of: .loadLongTermKeys([bond])))
    let power = try #require(commands.firstIndex(of: .setPowered(true)))
    #expect(load < power)

    bench.peers[.lock(1)] = .secures(0)
    bench.wish(1, .lock(1), needsBond: true)
    bench.run(.seconds(3))
    #expect(bench.effects.contains(.give(.first(1))))
  }

  @Test(arguments: [ENOSYS, EACCES])
  func `a stale bond is forgotten; a new one is tried once, and not again for a while`(errno: Int32) throws {
    let bond = try Self.bond()
    var bench = RadioBench.listening(bonds: [bond])
    bench.peers[.lock(1)] = .secures(errno)
    bench.wish(1, .lock(1), needsBond: true)
    bench.run(.seconds(3))
    #expect(bench.effects.contains(.forget(adapter: .adapter(0), peer: .lock(1))))
    #expect(bench.effects.contains(.refuse(1, .absent)))
    #expect(bench.notes().contains { $0.contains("does not know its bond") })
    #expect(bench.commands(to: 0).contains(.loadLongTermKeys([])))

    var count = bench.effects.count
    bench.wish(2, .lock(1), needsBond: true)
    bench.run(.seconds(3))
    #expect(bench.asked(since: count).contains(.secure(.first(2))))
    #expect(bench.notes(since: count).contains { $0.contains("refused to pair") })
    #expect(bench.effects.contains(.refuse(2, .bondRefused)))

    count = bench.effects.count
    bench.wish(3, .lock(1), needsBond: true)
    bench.run(.seconds(3))
    #expect(bench.asked(since: count) == [.refuse(3, .bondRefused)])
    bench.run(.seconds(600))
    bench.wish(4, .lock(1), needsBond: true)
    bench.run(.seconds(3))
    #expect(bench.effects.contains(.secure(.first(4))))
  }

  @Test func `a link that is lost while it is encrypted costs no bond`() throws {
    var bench = RadioBench.listening(bonds: [try Self.bond()])
    bench.peers[.lock(1)] = .secures(ETIMEDOUT)
    bench.wish(1, .lock(1), needsBond: true)
    bench.run(.seconds(10))
    #expect(bench.effects.contains(.refuse(1, .absent)))
    #expect(bench.radio.bonds.count == 1)
  }

  @Test func `a pairing that does not end is given up after 30 seconds`() {
    var bench = Self.pairing()
    bench.run(.seconds(28))
    #expect(!bench.effects.contains(.refuse(1, .absent)))
    bench.run(.seconds(2))
    #expect(bench.effects.contains(.close(.first(1))))
    #expect(bench.effects.contains(.refuse(1, .absent)))
    #expect(bench.notes().contains { $0.contains("did not finish its pairing") })
  }

  @Test func `a pairing that the kernel calls failed is over, though the socket says nothing`() {
    var bench = Self.pairing()
    bench.tell(.authenticationFailed(.lock(1), .failed))
    #expect(bench.effects.contains(.close(.first(1))))
    #expect(bench.effects.contains(.refuse(1, .bondRefused)))
    #expect(bench.notes().contains { $0.contains("refused to pair") })
  }

  @Test func `beside bluetoothd nothing is set up and nobody is paired with`() throws {
    let bond = try Self.bond()
    var bench = RadioBench(bonds: [bond])
    bench.tell { $0.found(bluetoothd: 77, at: $1) }
    #expect(bench.notes().contains { $0.contains("systemctl disable --now bluetooth") })
    bench.adapters[0] = .init(address: .adapter(0))
    bench.tell { $0.channelOpened(at: $1) }
    bench.run(.seconds(3))
    #expect(bench.commands(to: 0) == [.readControllerInfo, .setPowered(true), .startDiscovery])
    bench.tell(.confirmationRequested(.lock(1), isJustWorks: true))
    #expect(bench.commands(to: 0).last == .startDiscovery)
    bench.wish(1, .lock(1), needsBond: true)
    #expect(bench.effects.contains(.refuse(1, .noRadio)))
    bench.wish(3, .lock(1), needsBond: true)
    #expect(bench.notes().count { $0.contains("needs a bond") } == 1)
    bench.peers[.lock(2)] = .there
    bench.wish(2, .lock(2))
    bench.run(.seconds(3))
    #expect(bench.effects.contains(.give(.first(2))))

    let count = bench.effects.count
    bench.tell { $0.found(bluetoothd: nil, at: $1) }
    bench.run(.seconds(3))
    #expect(bench.commands(to: 0, since: count).contains(.loadLongTermKeys([bond])))
  }
}
