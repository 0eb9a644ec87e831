/// Who a device says it is on the wire. A label: it tells devices apart that nobody forged.
public struct WireIdentity: Hashable, Sendable, Codable {
  /// The maker's number; nil where only the serial number is known.
  public var maker: UInt32?
  /// Serial number.
  public var serial: UInt32

  /// Makes an identity.
  /// - Parameters:
  ///   - maker: the maker's number.
  ///   - serial: serial number.
  public init(maker: UInt32?, serial: UInt32) {
    self.maker = maker
    self.serial = serial
  }

  /// False for the serial numbers of devices that were never given one: nothing can be told from those.
  public var tells: Bool { self.serial != 0 && self.serial != .max }

  /// True unless a part that both know differs.
  public func matches(_ other: WireIdentity) -> Bool {
    self.serial == other.serial && (self.maker == nil || other.maker == nil || self.maker == other.maker)
  }
}

extension WireIdentity: CustomStringConvertible {
  /// As on the label: serial number and maker, in hex digits.
  public var description: String {
    "serial number \(Self.hexadecimal(self.serial, digits: 8))"
      + (self.maker.map { " of maker \(Self.hexadecimal($0, digits: 6))" } ?? "")
  }

  /// The serial number alone, 8 hex digits.
  public var serialDigits: String { Self.hexadecimal(self.serial, digits: 8) }

  private static func hexadecimal(_ number: UInt32, digits: Int) -> String {
    let text = String(number, radix: 16, uppercase: true)
    return String(repeating: "0", count: max(0, digits - text.count)) + text
  }
}
