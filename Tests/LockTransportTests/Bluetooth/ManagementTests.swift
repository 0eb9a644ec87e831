import LockCore
import Seeded
import Testing

@testable import LockTransport

/// The packets of the kernel's Bluetooth management channel.
@Suite struct ManagementTests {
  private struct Example: Sendable {
    var event: ManagementEvent
    var code: UInt8
    var parameters: [UInt8]

    var packet: [UInt8] {
      [self.code, 0, 3, 0, UInt8(self.parameters.count & 0xFF), UInt8(self.parameters.count >> 8)]
        + self.parameters
    }
  }

  private static let wirePeer: [UInt8] = [0x55, 0x44, 0x33, 0x22, 0x11, 0xC0, 0x02]

  /// Each event as the kernel sends it.
  private static func examples() throws -> [Example] {
    let peer = try #require(BluetoothAddress("C0:11:22:33:44:55", kind: .random))
    let adapter = try #require(BluetoothAddress("00:AA:01:00:00:42", kind: .public))
    let key = try #require(BluetoothKey(0..<16))
    let name = Array("gateway".utf8)
    let longTermKey = BluetoothBond.LongTermKey(
      kind: 0, isInitiators: true, size: 16, diversifier: 0x0201, random: 0x0807_0605_0403_0201, key: key)
    return [
      Example(
        event: .answered(opcode: 3, .success, .indexList([0, 2])), code: 1,
        parameters: [3, 0, 0, 2, 0, 0, 0, 2, 0]),
      Example(
        event: .answered(
          opcode: 4, .success,
          .controller(
            ManagementController(
              address: adapter, supported: [.powered, .lowEnergy, .simplePairing], current: [.lowEnergy],
              name: "gateway"))), code: 1,
        parameters: [4, 0, 0, 0x42, 0, 0, 1, 0xAA, 0, 9, 0x3F, 6, 0x41, 2, 0, 0, 0, 2, 0, 0, 0, 0, 0] + name
          + [UInt8](repeating: 0, count: 260 - name.count)),
      Example(
        event: .answered(opcode: 5, .success, .settings([.powered, .lowEnergy])), code: 1,
        parameters: [5, 0, 0, 1, 2, 0, 0]),
      Example(event: .answered(opcode: 0x23, .busy, .nothing), code: 2, parameters: [0x23, 0, 0x0A]),
      Example(event: .answered(opcode: 5, .permissionDenied, .nothing), code: 2, parameters: [5, 0, 0x14]),
      Example(event: .controllerError(7), code: 3, parameters: [7]),
      Example(event: .indexAdded, code: 4, parameters: []),
      Example(event: .indexRemoved, code: 5, parameters: []),
      Example(event: .newSettings([.lowEnergy]), code: 6, parameters: [0, 2, 0, 0]),
      Example(
        event: .newLongTermKey(peer: peer, longTermKey, isLasting: true), code: 0x0A,
        parameters: [1] + self.wirePeer + [0, 1, 16, 1, 2, 1, 2, 3, 4, 5, 6, 7, 8] + key.bytes),
      Example(
        event: .newIdentityKey(peer: peer, key, isLasting: false), code: 0x18,
        parameters: [0] + [1, 2, 3, 4, 5, 0x46] + self.wirePeer + key.bytes),
      Example(
        event: .deviceDisconnected(peer, reason: 1), code: 0x0C, parameters: self.wirePeer + [1]),
      Example(
        event: .confirmationRequested(peer, isJustWorks: true), code: 0x0F,
        parameters: self.wirePeer + [1, 0, 0, 0, 0]),
      Example(
        event: .authenticationFailed(peer, .failed), code: 0x11, parameters: self.wirePeer + [3]),
      Example(
        event: .deviceFound(Advertisement(address: peer, data: [2, 1, 6], rssi: -60)), code: 0x12,
        parameters: self.wirePeer + [0xC4, 0, 0, 0, 0, 3, 0, 2, 1, 6]),
      Example(
        event: .deviceFound(Advertisement(address: peer, data: [], rssi: nil)), code: 0x12,
        parameters: self.wirePeer + [127, 0, 0, 0, 0, 0, 0]),
      Example(event: .discovering(true), code: 0x13, parameters: [6, 1]),
      Example(event: .discovering(false), code: 0x13, parameters: [6, 0]),
    ]
  }

  @Test func `a command is laid out as the kernel reads it`() throws {
    let peer = try #require(BluetoothAddress("C0:11:22:33:44:55", kind: .random))
    let adapter = try #require(BluetoothAddress("00:AA:01:00:00:42", kind: .public))
    let key = try #require(BluetoothKey(0..<16))
    let bond = BluetoothBond(
      adapter: adapter, peer: peer,
      keys: [.init(kind: 2, isInitiators: false, size: 16, diversifier: 0x0201, random: 3, key: key)],
      identityKey: key)
    let table: [(ManagementCommand, UInt16, [UInt8])] = [
      (.readIndexList, ManagementCommand.noIndex, [0x03, 0, 0xFF, 0xFF, 0, 0]),
      (.readControllerInfo, 1, [0x04, 0, 1, 0, 0, 0]),
      (.setPowered(true), 0, [0x05, 0, 0, 0, 1, 0, 1]),
      (.setPowered(false), 0, [0x05, 0, 0, 0, 1, 0, 0]),
      (.setBondable, 0, [0x09, 0, 0, 0, 1, 0, 1]),
      (.setSimplePairing, 0, [0x0B, 0, 0, 0, 1, 0, 1]),
      (.setLowEnergy, 0, [0x0D, 0, 0, 0, 1, 0, 1]),
      (.setNoInputNoOutput, 0, [0x18, 0, 0, 0, 1, 0, 3]),
      (.startDiscovery, 0, [0x23, 0, 0, 0, 1, 0, 6]),
      (.stopDiscovery, 0x0102, [0x24, 0, 2, 1, 1, 0, 6]),
      (.setSecureConnections, 0, [0x2D, 0, 0, 0, 1, 0, 1]),
      (.confirm(peer), 0, [0x1C, 0, 0, 0, 7, 0] + Self.wirePeer),
      (.refuse(peer), 0, [0x1D, 0, 0, 0, 7, 0] + Self.wirePeer),
      (.loadLongTermKeys([]), 0, [0x13, 0, 0, 0, 2, 0, 0, 0]),
      (
        .loadLongTermKeys([bond]), 0,
        [0x13, 0, 0, 0, 38, 0, 1, 0] + Self.wirePeer + [2, 0, 16, 1, 2, 3, 0, 0, 0, 0, 0, 0, 0] + key.bytes
      ),
      (.loadIdentityKeys([bond]), 0, [0x30, 0, 0, 0, 25, 0, 1, 0] + Self.wirePeer + key.bytes),
    ]
    for (command, index, packet) in table { #expect(command.packet(to: index) == packet) }
  }

  @Test func `an event is read as the kernel lays it out`() throws {
    for example in try Self.examples() {
      #expect(ManagementPacket(example.packet) == ManagementPacket(index: 3, example.event))
    }
  }

  @Test func `a truncated event is none, or one without its answer`() throws {
    for example in try Self.examples() {
      for count in 0..<example.packet.count {
        #expect(ManagementPacket(Array(example.packet.prefix(count))) == nil)
      }
      // The same with a length that agrees.
      for count in 0..<example.parameters.count {
        var short = example
        short.parameters = Array(example.parameters.prefix(count))
        switch ManagementPacket(short.packet)?.event {
        case nil: break
        case .answered(_, _, .nothing): break
        case .confirmationRequested: #expect(count >= 8)
        default: Issue.record("\(example.event) was read from \(count) bytes")
        }
      }
    }
  }

  @Test(arguments: [1, 2] as [UInt64])
  func `half a million damaged events do no harm, and another half`(seed: UInt64) throws {
    var random = SeededRandom(seed: seed)
    let packets = try Self.examples().map(\.packet)
    var read = 0
    for round in 0..<500_000 {
      var packet = packets[round % packets.count]
      let changes = random.next()
      for change in 0..<Int(changes & 3) + 1 {
        let bits = changes >> (8 * UInt64(change) + 8)
        let place = Int(truncatingIfNeeded: random.next() % UInt64(packet.count))
        packet[place] = UInt8(truncatingIfNeeded: bits)
      }
      if changes & 0xF0 == 0 { packet.removeLast(Int(changes >> 56) % packet.count) }
      if let packet = ManagementPacket(packet) {
        read += 1
        if case .deviceFound(let advertisement) = packet.event {
          #expect(advertisement.data.count <= 10)
        }
      }
    }
    #expect(read > 0)
  }

  @Test func `a device of classic Bluetooth, and a key of another length, are of no concern`() throws {
    let key = [UInt8](repeating: 1, count: 16)
    let classic: [UInt8] = [1, 2, 3, 4, 5, 6, 0]
    #expect(ManagementEvent(code: 0x12, (classic + [0, 0, 0, 0, 0, 0, 0])[...]) == nil)
    for size in [0, 6, 17, 255] as [UInt8] {
      let parameters = [1] + Self.wirePeer + [2, 0, size, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0] + key
      #expect(ManagementEvent(code: 0x0A, parameters[...]) == nil)
    }
    // Debug keys are known to everybody.
    let debug = [1] + Self.wirePeer + [4, 0, 16, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0] + key
    #expect(ManagementEvent(code: 0x0A, debug[...]) == nil)
  }

  @Test func `a key of a bond cannot be printed`() throws {
    let key = try #require(BluetoothKey([UInt8](repeating: 0xA7, count: 16)))
    for text in ["\(key)", String(reflecting: key)] { #expect(!text.contains("167")) }
    var dumped = ""
    dump(key, to: &dumped)
    #expect(!dumped.contains("167"))
  }

  @Test(arguments: [
    ("6.1.0-56-amd64", true), ("6.1.192", true), ("6.1", true), ("6.1-rc3", true), ("6.12.117", false),
    ("6.10.1", false), ("5.10.0-33-amd64", false), ("16.1.0", false), ("", false), ("6", false),
  ])
  func `the kernels with the known crash are warned of`(release: String, isWarned: Bool) {
    #expect((KernelRelease(release).warning != nil) == isWarned)
  }
}
