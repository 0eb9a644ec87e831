public import LockCore

/// What a lock says on the air.
///
/// ```
/// ready     manufacturer data (FF), 25 bytes: 4C 00 02 15, UUID a92ee200-5501-11e4-916c-0800200c9a66 (big-endian),
///           Nuki-ID 4 (big-endian), transmit power 1, whose bit 0 signals news
/// pairing   service data (21): UUID e100 or e300 (little-endian), Nuki-ID 4 (big-endian)
/// name      complete local name (09): Nuki_1A2B3C4D
/// ```
public struct NukiAdvertisement: Hashable, Sendable {
  /// What the lock is up to.
  public enum Mode: Hashable, Sendable {
    /// It waits for its owners; `hasNews` from a change of state or a log entry until a bridge has read the states.
    case ready(hasNews: Bool)
    /// Its button was held: it takes a new authorization for some seconds.
    case pairing(isGeneration5: Bool)
    /// It tells its name alone: a scan response, or HomeKit's turn.
    case named
  }

  /// What it is up to.
  public var mode: Mode
  /// The number that is part of its name.
  public var nukiID: UInt32

  private static let beacon: [UInt8] = [0x4C, 0x00, 0x02, 0x15] + NukiUUID.keyturnerService.wire.reversed()

  /// Makes an advertisement.
  /// - Parameters:
  ///   - mode: what the lock is up to.
  ///   - nukiID: the number that is part of its name.
  public init(_ mode: Mode, nukiID: UInt32) {
    self.mode = mode
    self.nukiID = nukiID
  }

  /// Reads AD structures, those of a scan response included.
  /// - Returns: nil when they are no Nuki lock's.
  public init?(data: [UInt8]) {
    var (found, named): (NukiAdvertisement?, NukiAdvertisement?)
    var start = 0
    while start < data.count, data[start] > 0, start + Int(data[start]) < data.count {
      let value = data[(start + 2)..<(start + 1 + Int(data[start]))]
      switch data[start + 1] {
      case 0xFF: found = found ?? Self(beacon: value)
      case 0x21: found = Self(serviceData: value) ?? found
      case 0x08, 0x09: named = Self(name: value)
      default: break
      }
      start += 1 + Int(data[start])
    }
    guard let result = found ?? named else { return nil }
    self = result
  }

  /// What is in an advertisement.
  public init?(_ advertisement: Advertisement) { self.init(data: advertisement.data) }

  private init?(beacon value: ArraySlice<UInt8>) {
    guard value.count == 25, value.starts(with: Self.beacon), let power = value.last else { return nil }
    self.init(.ready(hasNews: power & 1 != 0), nukiID: Self.bigEndian(value.dropFirst(20).prefix(4)))
  }

  private init?(serviceData value: ArraySlice<UInt8>) {
    guard value.count == 20 else { return nil }
    let isGeneration5 = value.starts(with: NukiUUID.pairingService5.wire)
    guard isGeneration5 || value.starts(with: NukiUUID.pairingService.wire) else { return nil }
    self.init(.pairing(isGeneration5: isGeneration5), nukiID: Self.bigEndian(value.suffix(4)))
  }

  private init?(name value: ArraySlice<UInt8>) {
    let text = String(decoding: value, as: UTF8.self)
    guard text.hasPrefix("Nuki_"), text.utf8.count == 13, let id = UInt32(text.dropFirst(5), radix: 16) else {
      return nil
    }
    self.init(.named, nukiID: id)
  }

  private static func bigEndian(_ bytes: ArraySlice<UInt8>) -> UInt32 { bytes.reduce(0) { $0 << 8 | UInt32($1) } }

  private var idBytes: [UInt8] { [24, 16, 8, 0].map { UInt8(truncatingIfNeeded: self.nukiID >> $0) } }

  /// The AD structures on the air, flags first; those of ``Mode/named`` are a scan response.
  /// - Parameter power: transmit power of a generation: C4 up to 2, C8 from 3 on.
  public func data(power: UInt8 = 0xC8) -> [UInt8] {
    switch self.mode {
    case .ready(let hasNews):
      [0x02, 0x01, 0x06, 0x1A, 0xFF] + Self.beacon + self.idBytes + [power & 0xFE | (hasNews ? 1 : 0)]
    case .pairing(let isGeneration5):
      [0x02, 0x01, 0x06, 0x15, 0x21] + (isGeneration5 ? NukiUUID.pairingService5 : NukiUUID.pairingService).wire
        + self.idBytes
    case .named: [0x0E, 0x09] + Array(self.name.utf8)
    }
  }

  /// The lock's name on the air: `Nuki_1A2B3C4D`.
  public var name: String { NukiUUID.localName(of: self.nukiID) }
}

/// A lock's services and characteristics: `a92e0000-5501-11e4-916c-0800200c9a66` with a short number for the zeros.
public enum NukiUUID {
  /// e100: pairing, up to generation 4.
  public static let pairingService = Self.uuid(0xE100)
  /// e101: GDIO of pairing, up to generation 4.
  public static let pairingGDIO = Self.uuid(0xE101)
  /// e300: pairing, generation 5.
  public static let pairingService5 = Self.uuid(0xE300)
  /// e301: GDIO of pairing, generation 5.
  public static let pairingGDIO5 = Self.uuid(0xE301)
  /// e200: normal operation.
  public static let keyturnerService = Self.uuid(0xE200)
  /// e201: GDIO of normal operation: errors in clear.
  public static let keyturnerGDIO = Self.uuid(0xE201)
  /// e202: USDIO: all that is sealed.
  public static let keyturnerUSDIO = Self.uuid(0xE202)

  private static func uuid(_ short: UInt64) -> BluetoothUUID {
    BluetoothUUID(high: 0xA92E_0000_5501_11E4 | short << 32, low: 0x916C_0800_200C_9A66)
  }

  /// The name on the air of a lock.
  public static func localName(of nukiID: UInt32) -> String {
    let digits = String(nukiID, radix: 16, uppercase: true)
    return "Nuki_" + String(repeating: "0", count: 8 - digits.utf8.count) + digits
  }
}
