/// The PIN that guards a lock's settings, its codes and its log; not one that opens the door. It has no printable form.
///
/// Four digits travel as u16, generation 5's six as u32, both as their decimal value: 4321 is `E1 10`.
public struct NukiSecurityPIN: Hashable, Sendable {
  /// The value on the wire.
  private let value: UInt32
  /// True for six digits, 4 bytes on the wire; false for four digits, 2 bytes.
  public let isLong: Bool

  /// Takes the digits that the owner chose: four up to generation 4, six from generation 5 on.
  /// - Returns: nil for another number of digits and for anything that is no digit.
  public init?(_ digits: some StringProtocol) {
    guard digits.utf8.count == 4 || digits.utf8.count == 6,
      digits.utf8.allSatisfy({ (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }),
      let value = UInt32(digits)
    else { return nil }
    self.value = value
    self.isLong = digits.utf8.count == 6
  }

  /// Takes what came over the wire, 2 or 4 bytes of any value.
  /// - Returns: nil for another number of bytes.
  public init?(wire: some Collection<UInt8>) {
    guard wire.count == 2 || wire.count == 4 else { return nil }
    self.value = wire.reversed().reduce(0) { $0 << 8 | UInt32($1) }
    self.isLong = wire.count == 4
  }

  /// The PIN on the wire, 2 or 4 bytes. For a sealed message alone.
  public var wire: [UInt8] {
    (0..<(self.isLong ? 4 : 2)).map { UInt8(truncatingIfNeeded: self.value >> (8 * UInt32($0))) }
  }

  /// The digits in clear. For the key store alone; never for a log or an error.
  public var digits: String {
    let text = String(self.value)
    return String(repeating: "0", count: max(0, (self.isLong ? 6 : 4) - text.utf8.count)) + text
  }
}

extension NukiSecurityPIN: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
  /// How many digits there are, and nothing else.
  public var description: String { "security PIN of \(self.isLong ? 6 : 4) digits" }
  /// As ``description``.
  public var debugDescription: String { self.description }
  /// Empty: reflection must not reach the digits.
  public var customMirror: Mirror { Mirror(self, children: [:]) }
}
