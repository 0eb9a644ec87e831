import LockCore

/// What can be asked of the kernel on its Bluetooth management channel. Layouts: BlueZ, `doc/mgmt-api.txt`.
///
/// Each is one packet:
///
///     0  2 LE  opcode
///     2  2 LE  index of the adapter, N of hciN; FFFF none
///     4  2 LE  length of what follows
///     6  …     parameters
enum ManagementCommand: Hashable, Sendable {
  /// Which adapters are there? Needs no capability.
  case readIndexList
  /// Address, name and settings of an adapter. Needs no capability.
  case readControllerInfo
  /// Switches the adapter on or off; off cuts all its links.
  case setPowered(Bool)
  /// Pairings leave keys behind.
  case setBondable
  /// Simple pairing, without which an adapter of both kinds refuses Secure Connections.
  case setSimplePairing
  /// Makes an adapter of both kinds do Low Energy.
  case setLowEnergy
  /// These are the keys of bonded devices; replaces those loaded before.
  case loadLongTermKeys([BluetoothBond])
  /// The box can show and ask nothing in a pairing (NoInputNoOutput), which makes each of them Just Works.
  case setNoInputNoOutput
  /// Agrees to a pairing.
  case confirm(BluetoothAddress)
  /// Refuses a pairing.
  case refuse(BluetoothAddress)
  /// Asks all around to say who they are, for some 10 seconds: each is a ``ManagementEvent/deviceFound(_:)``.
  case startDiscovery
  /// Ends that.
  case stopDiscovery
  /// Pairing by elliptic curves.
  case setSecureConnections
  /// These are the keys by which bonded devices with changing addresses are known; replaces those loaded before.
  case loadIdentityKeys([BluetoothBond])

  /// Stands for "no adapter".
  static let noIndex: UInt16 = 0xFFFF
  /// LE devices with public and with random addresses.
  private static let lowEnergyTypes: UInt8 = 1 << 1 | 1 << 2

  /// Names the command on the wire and in its answer.
  var opcode: UInt16 {
    switch self {
    case .readIndexList: 0x0003
    case .readControllerInfo: 0x0004
    case .setPowered: 0x0005
    case .setBondable: 0x0009
    case .setSimplePairing: 0x000B
    case .setLowEnergy: 0x000D
    case .loadLongTermKeys: 0x0013
    case .setNoInputNoOutput: 0x0018
    case .confirm: 0x001C
    case .refuse: 0x001D
    case .startDiscovery: 0x0023
    case .stopDiscovery: 0x0024
    case .setSecureConnections: 0x002D
    case .loadIdentityKeys: 0x0030
    }
  }

  /// The packet for one adapter, or for ``noIndex``.
  func packet(to index: UInt16) -> [UInt8] {
    var packet: [UInt8] = []
    let parameters = self.parameters
    packet.append(littleEndian: self.opcode)
    packet.append(littleEndian: index)
    packet.append(littleEndian: UInt16(truncatingIfNeeded: parameters.count))
    return packet + parameters
  }

  private var parameters: [UInt8] {
    switch self {
    case .readIndexList, .readControllerInfo: []
    case .setPowered(let isOn): [isOn ? 1 : 0]
    case .setBondable, .setSimplePairing, .setLowEnergy, .setSecureConnections: [1]
    case .setNoInputNoOutput: [3]
    case .startDiscovery, .stopDiscovery: [Self.lowEnergyTypes]
    case .confirm(let peer), .refuse(let peer): peer.wire
    case .loadLongTermKeys(let bonds): Self.longTermKeys(of: bonds)
    case .loadIdentityKeys(let bonds): Self.identityKeys(of: bonds)
    }
  }

  /// So many entries fit into a packet, whose length is a 16-bit number.
  private static func entries(_ entries: [[UInt8]]) -> [UInt8] {
    let fitting = entries.prefix(1000)
    var bytes: [UInt8] = []
    bytes.append(littleEndian: UInt16(fitting.count))
    return fitting.reduce(into: bytes) { $0 += $1 }
  }

  /// 2 LE count, then for each key
  ///
  ///      0  6 LE  address
  ///      6  1     1 public, 2 random
  ///      7  1     kind
  ///      8  1     1 for links that this side opens
  ///      9  1     strength in octets
  ///     10  2 LE  EDIV
  ///     12  8 LE  Rand
  ///     20  16    key
  private static func longTermKeys(of bonds: [BluetoothBond]) -> [UInt8] {
    self.entries(
      bonds.flatMap { bond in
        bond.keys.map { key in
          var entry = bond.peer.wire + [key.kind, key.isInitiators ? 1 : 0, key.size]
          entry.append(littleEndian: key.diversifier)
          entry.append(littleEndian: key.random)
          return entry + key.key.bytes
        }
      })
  }

  /// 2 LE count, then for each key
  ///
  ///     0  6 LE  address
  ///     6  1     1 public, 2 random
  ///     7  16    key
  private static func identityKeys(of bonds: [BluetoothBond]) -> [UInt8] {
    self.entries(bonds.compactMap { bond in bond.identityKey.map { bond.peer.wire + $0.bytes } })
  }
}

extension BluetoothAddress {
  /// As the kernel has it: 6 octets, the least significant first, then the kind.
  var wire: [UInt8] { self.octets.reversed() + [self.kind.rawValue] }

  /// Reads 6 octets, the least significant first, and the kind.
  /// - Returns: nil for too few octets, and for a device of classic Bluetooth.
  init?(wire: some Collection<UInt8>) {
    guard let kind = wire.dropFirst(6).first.flatMap(Kind.init(rawValue:)) else { return nil }
    self.init(octets: wire.prefix(6).reversed(), kind: kind)
  }
}

extension [UInt8] {
  fileprivate mutating func append(littleEndian number: some FixedWidthInteger) {
    unsafe Swift.withUnsafeBytes(of: number.littleEndian) { unsafe self.append(contentsOf: $0) }
  }
}
