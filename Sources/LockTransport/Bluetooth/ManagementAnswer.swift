import LockCore

/// What an adapter can do, or is set to do; the bits of the kernel's `include/net/bluetooth/mgmt.h`.
struct ManagementSettings: OptionSet, Hashable, Sendable {
  let rawValue: UInt32

  /// Switched on.
  static let powered = Self(rawValue: 1 << 0)
  /// Simple pairing of classic Bluetooth.
  static let simplePairing = Self(rawValue: 1 << 6)
  /// Low Energy.
  static let lowEnergy = Self(rawValue: 1 << 9)
}

/// What came with the answer to a command.
enum ManagementAnswer: Hashable, Sendable {
  /// Nothing that matters, or nothing that could be read.
  case nothing
  /// The numbers of the adapters that are there.
  case indexList([UInt16])
  /// An adapter.
  case controller(ManagementController)
  /// How the adapter is set up now.
  case settings(ManagementSettings)

  init(to opcode: UInt16, _ bytes: ArraySlice<UInt8>) {
    var fields = ManagementFields(bytes)
    let answer: Self? =
      switch opcode {
      case 0x0003: Self.indexList(&fields)
      case 0x0004: ManagementController(&fields).map { .controller($0) }
      case 0x0005, 0x0009, 0x000B, 0x000D, 0x002D:
        fields.uint32().map { .settings(ManagementSettings(rawValue: $0)) }
      default: nil
      }
    self = answer ?? .nothing
  }

  /// 2 LE count, then 2 LE each.
  private static func indexList(_ fields: inout ManagementFields) -> Self? {
    guard let count = fields.uint16() else { return nil }
    var numbers: [UInt16] = []
    while numbers.count < count, let number = fields.uint16() { numbers.append(number) }
    return numbers.count == count ? .indexList(numbers) : nil
  }
}

/// An adapter as the kernel knows it.
///
///      0  6 LE  address, all zeros where it has none of its own
///      6  1     version of the Core specification, 6 for 4.0
///      7  2 LE  manufacturer
///      9  4 LE  what it can do
///     13  4 LE  what it is set to do
///     17  3     class
///     20  249   name, ended by a zero
///    269  11    short name
struct ManagementController: Hashable, Sendable {
  /// Its own address; nil where it has none.
  var address: BluetoothAddress?
  /// What it can do.
  var supported: ManagementSettings
  /// What it is set to do.
  var current: ManagementSettings
  /// Its name, as others see it.
  var name: String

  init?(_ fields: inout ManagementFields) {
    guard let address = fields.bytes(6), fields.bytes(3) != nil, let supported = fields.uint32(),
      let current = fields.uint32(), fields.bytes(3) != nil, let name = fields.bytes(249),
      fields.bytes(11) != nil
    else { return nil }
    self.address =
      address.allSatisfy { $0 == 0 } ? nil : BluetoothAddress(octets: address.reversed(), kind: .public)
    self.supported = ManagementSettings(rawValue: supported)
    self.current = ManagementSettings(rawValue: current)
    self.name = String(decoding: name.prefix { $0 != 0 }, as: UTF8.self)
  }

  init(
    address: BluetoothAddress?, supported: ManagementSettings = [.powered, .lowEnergy],
    current: ManagementSettings = [.lowEnergy], name: String = ""
  ) {
    self.address = address
    self.supported = supported
    self.current = current
    self.name = name
  }
}

/// Takes fields off the front of bytes from outside: each is nil, and takes nothing, once there are too few.
struct ManagementFields {
  private(set) var rest: ArraySlice<UInt8>

  init(_ bytes: ArraySlice<UInt8>) { self.rest = bytes }

  mutating func bytes(_ count: Int) -> ArraySlice<UInt8>? {
    guard self.rest.count >= count else { return nil }
    defer { self.rest = self.rest.dropFirst(count) }
    return self.rest.prefix(count)
  }

  mutating func byte() -> UInt8? { self.rest.popFirst() }
  mutating func uint16() -> UInt16? { self.number() }
  mutating func uint32() -> UInt32? { self.number() }
  mutating func uint64() -> UInt64? { self.number() }
  /// Six octets and the kind; nil for a device of classic Bluetooth.
  mutating func address() -> BluetoothAddress? {
    self.bytes(7).flatMap { BluetoothAddress(wire: $0) }
  }
  mutating func key() -> BluetoothKey? { self.bytes(16).flatMap { BluetoothKey($0) } }

  /// Little-endian.
  private mutating func number<Number: FixedWidthInteger>() -> Number? {
    self.bytes(Number.bitWidth / 8)?.reversed().reduce(0) { $0 << 8 | Number($1) }
  }
}
