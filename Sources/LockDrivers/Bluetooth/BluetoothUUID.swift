/// Names a service, a characteristic or a descriptor: 128 bits, of which numbers assigned by the Bluetooth SIG need
/// only 16 (Core specification, volume 3 part B, section 2.5.1).
public struct BluetoothUUID: Hashable, Sendable, Codable, CustomStringConvertible {
  /// The first 64 bits of the text form.
  public let high: UInt64
  /// The last 64 bits of the text form.
  public let low: UInt64

  /// `0000xxxx-0000-1000-8000-00805f9b34fb` holds the assigned numbers.
  private static let baseHigh: UInt64 = 0x0000_0000_0000_1000
  private static let baseLow: UInt64 = 0x8000_0080_5F9B_34FB

  /// Takes the two halves of the text form, the first half first.
  /// - Parameters:
  ///   - high: `a92ee202-5501-11e4` is `0xA92E_E202_5501_11E4`.
  ///   - low: `916c-0800200c9a66` is `0x916C_0800_200C_9A66`.
  public init(high: UInt64, low: UInt64) {
    self.high = high
    self.low = low
  }

  /// Takes an assigned number.
  public init(_ number: UInt16) { self.init(high: UInt64(number) << 32 | Self.baseHigh, low: Self.baseLow) }

  /// Takes the octets of a packet, the least significant first.
  /// - Returns: nil unless there are 2, 4 or 16; four come only in advertisements.
  public init?(wire: some BidirectionalCollection<UInt8>) {
    let octets = wire.reversed()
    func number(_ octets: some Sequence<UInt8>) -> UInt64 { octets.reduce(0) { $0 << 8 | UInt64($1) } }
    switch octets.count {
    case 2, 4: self.init(high: number(octets) << 32 | Self.baseHigh, low: Self.baseLow)
    case 16: self.init(high: number(octets.prefix(8)), low: number(octets.dropFirst(8)))
    default: return nil
    }
  }

  /// Reads `a92ee202-5501-11e4-916c-0800200c9a66`, in upper or lower case.
  /// - Returns: nil for anything else.
  public init?(_ text: String) {
    let parts = text.utf8.split(separator: UInt8(ascii: "-"), omittingEmptySubsequences: false)
    guard parts.map(\.count) == [8, 4, 4, 4, 12] else { return nil }
    var halves: (high: UInt64, low: UInt64) = (0, 0)
    for digit in parts.joined() {
      guard let value = Self.value(ofDigit: digit) else { return nil }
      halves = (halves.high << 4 | halves.low >> 60, halves.low << 4 | value)
    }
    self.init(high: halves.high, low: halves.low)
  }

  private static func value(ofDigit digit: UInt8) -> UInt64? {
    switch digit {
    case UInt8(ascii: "0")...UInt8(ascii: "9"): UInt64(digit - UInt8(ascii: "0"))
    case UInt8(ascii: "a")...UInt8(ascii: "f"): UInt64(digit - UInt8(ascii: "a")) + 10
    case UInt8(ascii: "A")...UInt8(ascii: "F"): UInt64(digit - UInt8(ascii: "A")) + 10
    default: nil
    }
  }

  /// The assigned number; nil for a UUID that needs all its bits.
  public var number: UInt16? {
    guard self.low == Self.baseLow, self.high & 0xFFFF_0000_FFFF_FFFF == Self.baseHigh else { return nil }
    return UInt16(truncatingIfNeeded: self.high >> 32)
  }

  /// The octets of a packet, the least significant first: 2 of an assigned number, else 16.
  public var wire: [UInt8] {
    if let number = self.number { return [UInt8(truncatingIfNeeded: number), UInt8(number >> 8)] }
    return [self.low, self.high].flatMap { half in
      stride(from: 0, to: 64, by: 8).map { UInt8(truncatingIfNeeded: half >> $0) }
    }
  }

  /// The text form, in lower case: `a92ee202-5501-11e4-916c-0800200c9a66`.
  public var description: String {
    func digits(_ half: UInt64, _ shift: UInt64, _ count: Int) -> String {
      let text = String(half >> shift & (UInt64(1) << UInt64(4 * count) - 1), radix: 16)
      return String(repeating: "0", count: count - text.count) + text
    }
    return [
      digits(self.high, 32, 8), digits(self.high, 16, 4), digits(self.high, 0, 4),
      digits(self.low, 48, 4), digits(self.low, 0, 12),
    ].joined(separator: "-")
  }

  /// Reads the text form.
  /// - Throws: `DecodingError` for anything else.
  public init(from decoder: any Decoder) throws {
    let container = try decoder.singleValueContainer()
    guard let uuid = Self(try container.decode(String.self)) else {
      throw DecodingError.dataCorruptedError(in: container, debugDescription: "not a UUID")
    }
    self = uuid
  }

  /// Writes the text form.
  public func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    try container.encode(self.description)
  }
}

extension BluetoothUUID {
  /// Declares a primary service.
  static let primaryService = BluetoothUUID(0x2800)
  /// Declares a characteristic.
  static let characteristic = BluetoothUUID(0x2803)
  /// Client Characteristic Configuration: two octets, bit 0 notifications, bit 1 indications.
  static let clientConfiguration = BluetoothUUID(0x2902)
  /// The service in which a server tells of its own database.
  static let genericAttribute = BluetoothUUID(0x1801)
  /// Indicates that handles have changed.
  static let serviceChanged = BluetoothUUID(0x2A05)
  /// Sixteen octets that differ once handles have changed.
  static let databaseHash = BluetoothUUID(0x2B2A)
}
