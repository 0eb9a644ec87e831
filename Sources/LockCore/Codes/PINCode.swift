/// The digits that a person types at a keypad: 1 to 20 of `0`-`9`, leading zeros kept.
///
/// It has no printable form: interpolation, `dump` and reflection show only how many digits there are.
/// The digits themselves are had by ``digits`` alone, so that every showing can be found in the code.
public struct PINCode: Hashable, Sendable {
  /// The digits in clear. For the wire to a lock, the store and API replies; never for a log or an error.
  public let digits: String

  /// Takes digits.
  /// - Returns: nil unless there are 1 to 20 characters, all of `0`-`9`.
  public init?(_ digits: some StringProtocol) {
    guard (1...20).contains(digits.utf8.count),
      digits.utf8.allSatisfy({ (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) })
    else { return nil }
    self.digits = String(digits)
  }

  /// How many digits there are.
  public var count: Int { self.digits.utf8.count }

  /// The PINs of the same length that differ in one digit: what somebody types who mistypes once.
  public var neighbours: [PINCode] {
    let digits = Array(self.digits.utf8)
    return digits.indices.flatMap { index in
      (UInt8(ascii: "0")...UInt8(ascii: "9")).filter { $0 != digits[index] }.compactMap { digit in
        var other = digits
        other[index] = digit
        return PINCode(String(decoding: other, as: UTF8.self))
      }
    }
  }

  /// Compares in a time that does not depend on where the first difference is.
  public func matchesInConstantTime(_ typed: [UInt8]) -> Bool {
    let mine = Array(self.digits.utf8)
    var difference = UInt8(mine.count == typed.count ? 0 : 1)
    for index in 0..<20 {
      let left = index < mine.count ? mine[index] : 0
      let right = index < typed.count ? typed[index] : 0
      difference |= left ^ right
    }
    return difference == 0
  }
}

extension PINCode: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
  /// How many digits there are, and nothing else.
  public var description: String { "PIN of \(self.count) digits" }
  /// As ``description``.
  public var debugDescription: String { self.description }
  /// Empty: reflection must not reach the digits.
  public var customMirror: Mirror { Mirror(self, children: [:]) }
}
