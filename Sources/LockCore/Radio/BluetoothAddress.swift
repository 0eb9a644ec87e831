/// Names a Bluetooth LE device: 48 bits, and whether they are registered or chosen by the device.
public struct BluetoothAddress: Hashable, Sendable, Codable, CustomStringConvertible {
  /// Where the 48 bits come from. Raw values are those of the kernel's socket addresses (`BDADDR_LE_…`).
  public enum Kind: UInt8, Hashable, Sendable, Codable {
    /// Registered with the IEEE.
    case `public` = 1
    /// Chosen by the device.
    case random = 2
  }

  /// The six octets, the most significant first, as people write them.
  public let octets: [UInt8]
  /// Where they come from. A device does not answer under the wrong kind.
  public let kind: Kind

  /// Takes six octets, the most significant first.
  /// - Returns: nil unless there are six.
  public init?(octets: some Sequence<UInt8>, kind: Kind) {
    self.octets = Array(octets)
    self.kind = kind
    if self.octets.count != 6 { return nil }
  }

  /// Reads `54:D2:72:AB:CD:EF`, in upper or lower case.
  /// - Returns: nil for anything else.
  public init?(_ text: String, kind: Kind) {
    let parts = text.split(separator: ":", omittingEmptySubsequences: false)
    let octets = parts.compactMap { $0.utf8.count == 2 ? UInt8($0, radix: 16) : nil }
    guard parts.count == 6, octets.count == 6 else { return nil }
    self.octets = octets
    self.kind = kind
  }

  /// The octets as people write them: `54:D2:72:AB:CD:EF`.
  public var description: String {
    self.octets.map { ($0 < 16 ? "0" : "") + String($0, radix: 16, uppercase: true) }.joined(separator: ":")
  }
}
