/// A rule of a lock about the PINs it takes. Raw values are the API's `constraint_type` (contract 5.3).
public enum CodeConstraint: String, Hashable, Sendable, Codable, CaseIterable {
  /// No digit is 0.
  case noZeros = "no_zeros"
  /// Does not begin with 12.
  case cannotStartWith12 = "cannot_start_with_12"
  /// No run of three or more digits that are equal or count up or down by one.
  case noTripleConsecutiveInts = "no_triple_consecutive_ints"
  /// The whole PIN is not one run counting up or down by one.
  case noAscendingOrDescendingSequence = "no_ascending_or_descending_sequence"
  /// Three or more different digits.
  case atLeastThreeUniqueDigits = "at_least_three_unique_digits"
  /// Not one digit repeated.
  case noAllSameDigits = "no_all_same_digits"
  /// The first four digits all differ from each other.
  case uniqueFirstFourDigits = "unique_first_four_digits"
  /// None of 0, 8, 9.
  case cannotContain089 = "cannot_contain_089"
  /// None of 0, 7, 8, 9.
  case cannotContain0789 = "cannot_contain_0789"

  /// True when `pin` keeps the rule.
  public func allows(_ pin: PINCode) -> Bool {
    let digits = pin.digits.utf8.map { Int($0) - 48 }
    switch self {
    case .noZeros: return !digits.contains(0)
    case .cannotStartWith12: return !digits.starts(with: [1, 2])
    case .noTripleConsecutiveInts:
      return [-1, 0, 1].allSatisfy { Self.longestRun(in: digits, step: $0) < 3 }
    case .noAscendingOrDescendingSequence:
      return digits.count < 2
        || [-1, 1].allSatisfy { Self.longestRun(in: digits, step: $0) < digits.count }
    case .atLeastThreeUniqueDigits: return Set(digits).count >= 3
    case .noAllSameDigits: return digits.count < 2 || Set(digits).count > 1
    case .uniqueFirstFourDigits: return Set(digits.prefix(4)).count == min(4, digits.count)
    case .cannotContain089: return Set(digits).isDisjoint(with: [0, 8, 9])
    case .cannotContain0789: return Set(digits).isDisjoint(with: [0, 7, 8, 9])
    }
  }

  /// The rule as a sentence for whoever sent the PIN.
  public var explanation: String {
    switch self {
    case .noZeros: "the code must not contain 0"
    case .cannotStartWith12: "the code must not start with 12"
    case .noTripleConsecutiveInts:
      "the code must not contain three digits in a row that are equal or consecutive"
    case .noAscendingOrDescendingSequence:
      "the code must not be one ascending or descending sequence"
    case .atLeastThreeUniqueDigits: "the code must contain at least three different digits"
    case .noAllSameDigits: "the code must not repeat a single digit"
    case .uniqueFirstFourDigits: "the first four digits of the code must all differ"
    case .cannotContain089: "the code must not contain 0, 8 or 9"
    case .cannotContain0789: "the code must not contain 0, 7, 8 or 9"
    }
  }

  private static func longestRun(in digits: [Int], step: Int) -> Int {
    var (longest, current) = (digits.isEmpty ? 0 : 1, 1)
    for (previous, next) in zip(digits, digits.dropFirst()) {
      current = next - previous == step ? current + 1 : 1
      longest = max(longest, current)
    }
    return longest
  }
}
