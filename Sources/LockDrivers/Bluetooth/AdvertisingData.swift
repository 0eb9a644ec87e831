/// What a device says of itself in its advertisements and scan responses: AD structures, `length u8, type u8, value`
/// each, the length counting type and value (Core specification, volume 3 part C, section 11; types from the
/// Assigned Numbers). Reads anything: structures of other types are passed over, and one that is cut short ends it.
public struct AdvertisingData: Hashable, Sendable {
  /// Longer data cannot be advertised, in octets; what follows is not read.
  public static let longest = 1650

  /// Data that a service or a manufacturer gives its own meaning.
  public struct Entry<Key: Hashable & Sendable>: Hashable, Sendable {
    /// Whose data it is.
    public var key: Key
    /// The data, without the key.
    public var data: [UInt8]
  }

  /// Type 0x01: bit 0 limited discoverable, bit 1 general discoverable, bit 2 LE only; nil when not said.
  public private(set) var flags: UInt8?
  /// Types 0x09, 0x08: the name, the complete one where both are said. Anything may be in it.
  public private(set) var localName: String?
  /// Type 0x0A: the power it is sent with, in dBm; nil when not said.
  public private(set) var txPower: Int8?
  /// Types 0x02...0x07: services that it has, maybe not all; each once.
  public private(set) var services: [BluetoothUUID] = []
  /// Types 0x16, 0x20, 0x21: data of services. `UUID, data`.
  public private(set) var serviceData: [Entry<BluetoothUUID>] = []
  /// Type 0xFF: data of manufacturers, by the company's assigned number. `company u16, data`.
  public private(set) var manufacturerData: [Entry<UInt16>] = []

  private var hasCompleteName = false

  /// Reads AD structures, one after the other.
  public init(_ data: [UInt8]) {
    var rest = data.prefix(Self.longest)
    // A length of 0 ends the data early; zeros follow.
    while let length = rest.popFirst(), length > 0, Int(length) <= rest.count {
      let structure = rest.prefix(Int(length))
      rest = rest.dropFirst(Int(length))
      if let type = structure.first { self.read(type, structure.dropFirst()) }
    }
  }

  /// The data of a service; the first when there is more than one.
  public func data(of service: BluetoothUUID) -> [UInt8]? { self.serviceData.first { $0.key == service }?.data }

  private mutating func read(_ type: UInt8, _ value: ArraySlice<UInt8>) {
    switch type {
    case 0x01: self.flags = value.first ?? self.flags
    case 0x02, 0x03: self.readServices(value, width: 2)
    case 0x04, 0x05: self.readServices(value, width: 4)
    case 0x06, 0x07: self.readServices(value, width: 16)
    case 0x08 where !self.hasCompleteName, 0x09:
      self.localName = String(decoding: value, as: UTF8.self)
      self.hasCompleteName = type == 0x09
    case 0x0A where value.count == 1: self.txPower = value.first.map { Int8(bitPattern: $0) }
    case 0x16: self.readServiceData(value, width: 2)
    case 0x20: self.readServiceData(value, width: 4)
    case 0x21: self.readServiceData(value, width: 16)
    case 0xFF:
      guard value.count >= 2 else { return }
      let company = UInt16(value[value.startIndex]) | UInt16(value[value.startIndex + 1]) << 8
      self.manufacturerData.append(Entry(key: company, data: Array(value.dropFirst(2))))
    default: break
    }
  }

  private mutating func readServices(_ value: ArraySlice<UInt8>, width: Int) {
    var rest = value
    while rest.count >= width {
      if let uuid = BluetoothUUID(wire: rest.prefix(width)), !self.services.contains(uuid) {
        self.services.append(uuid)
      }
      rest = rest.dropFirst(width)
    }
  }

  private mutating func readServiceData(_ value: ArraySlice<UInt8>, width: Int) {
    guard value.count >= width, let uuid = BluetoothUUID(wire: value.prefix(width)) else { return }
    self.serviceData.append(Entry(key: uuid, data: Array(value.dropFirst(width))))
  }
}
