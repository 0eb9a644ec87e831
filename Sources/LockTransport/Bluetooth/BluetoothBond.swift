public import LockCore

/// A secret of 16 octets that came of a pairing. It has no printable form.
public struct BluetoothKey: Hashable, Sendable, Codable {
  /// The key in clear, the least significant octet first. For the key store and the kernel; never for a log.
  public let bytes: [UInt8]

  /// Takes a key.
  /// - Returns: nil unless there are 16 octets.
  public init?(_ bytes: some Sequence<UInt8>) {
    self.bytes = Array(bytes)
    if self.bytes.count != 16 { return nil }
  }

  /// Reads what was encoded.
  /// - Throws: `DecodingError` unless there are 16 octets.
  public init(from decoder: any Decoder) throws {
    let container = try decoder.singleValueContainer()
    guard let key = Self(try container.decode([UInt8].self)) else {
      throw DecodingError.dataCorruptedError(in: container, debugDescription: "a key has 16 octets")
    }
    self = key
  }

  /// Writes the octets.
  public func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    try container.encode(self.bytes)
  }
}

extension BluetoothKey: CustomStringConvertible, CustomReflectable {
  /// What it is, not what is in it.
  public var description: String { "Bluetooth key" }
  /// Empty: reflection must not reach the key.
  public var customMirror: Mirror { Mirror(self, children: [:]) }
}

/// What one pairing left behind: it lets one adapter and one device encrypt their link at once. Belongs to the site's
/// secrets. Encodes as JSON or property list; keep it where only the daemon reads.
public struct BluetoothBond: Hashable, Sendable, Codable {
  /// A key for encrypting, with what the kernel wants to know of it.
  public struct LongTermKey: Hashable, Sendable, Codable {
    /// How it came about, in the kernel's numbers: 0 and 1 legacy pairing, 2 and 3 Secure Connections; odd ones were
    /// checked against a man in the middle.
    public var kind: UInt8
    /// For links that this side opens; those of Secure Connections serve both ways and say false.
    public var isInitiators: Bool
    /// Its strength in octets, 7 to 16.
    public var size: UInt8
    /// Names the key in a legacy pairing: EDIV; else 0.
    public var diversifier: UInt16
    /// Names the key in a legacy pairing: Rand; else 0.
    public var random: UInt64
    /// The key itself.
    public var key: BluetoothKey
  }

  /// The adapter it belongs to: another one would have to pair anew.
  public var adapter: BluetoothAddress
  /// The device.
  public var peer: BluetoothAddress
  /// One of Secure Connections, or one for each direction.
  public var keys: [LongTermKey]
  /// Resolves the device's changing addresses, where it has such.
  public var identityKey: BluetoothKey?

  /// Takes in a key that the kernel told; replaces the one for the same use.
  mutating func take(_ key: LongTermKey) {
    self.keys.removeAll { $0.kind > 1 || key.kind > 1 || $0.isInitiators == key.isInitiators }
    self.keys.append(key)
  }
}
