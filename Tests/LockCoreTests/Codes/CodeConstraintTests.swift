import LockCore
import Testing

/// The rules of contract 5.3, each with PINs on either side of it.
@Suite struct CodeConstraintTests {
  struct Case: CustomTestStringConvertible {
    var rule: CodeConstraint
    var allowed: [String]
    var refused: [String]
    var testDescription: String { self.rule.rawValue }
  }

  @Test(arguments: [
    Case(rule: .noZeros, allowed: ["1234", "9999"], refused: ["0123", "1230", "1023"]),
    Case(rule: .cannotStartWith12, allowed: ["1345", "2112", "0123", "1"], refused: ["1234", "12", "1299"]),
    Case(
      rule: .noTripleConsecutiveInts, allowed: ["1124", "1298", "1357", "8910", "9013", "12"],
      refused: ["1123", "3210", "1117", "7111", "5678", "8765", "0009"]),
    Case(
      rule: .noAscendingOrDescendingSequence, allowed: ["1235", "1243", "1111", "8901", "1", "12341"],
      refused: ["1234", "9876", "0123", "3210", "12345"]),
    Case(
      rule: .atLeastThreeUniqueDigits, allowed: ["1123", "123", "1213"], refused: ["1122", "1111", "1212", "12"]),
    Case(rule: .noAllSameDigits, allowed: ["1112", "1211", "5"], refused: ["1111", "00", "999999"]),
    Case(
      rule: .uniqueFirstFourDigits, allowed: ["1234", "12341", "123", "0987"], refused: ["1233", "1123", "12314", "11"]),
    Case(rule: .cannotContain089, allowed: ["1234", "7777"], refused: ["1230", "8123", "1293"]),
    Case(rule: .cannotContain0789, allowed: ["1234", "6666"], refused: ["1230", "7123", "8123", "1293"]),
  ]) func `R4 a constraint takes and refuses`(_ row: Case) throws {
    for digits in row.allowed { #expect(row.rule.allows(try #require(PINCode(digits))), "\(digits)") }
    for digits in row.refused { #expect(!row.rule.allows(try #require(PINCode(digits))), "\(digits)") }
  }

  @Test func `R4 constraints carry the names of the contract and say what is wrong`() {
    #expect(
      CodeConstraint.allCases.map(\.rawValue) == [
        "no_zeros", "cannot_start_with_12", "no_triple_consecutive_ints", "no_ascending_or_descending_sequence",
        "at_least_three_unique_digits", "no_all_same_digits", "unique_first_four_digits", "cannot_contain_089",
        "cannot_contain_0789",
      ])
    #expect(Set(CodeConstraint.allCases.map(\.explanation)).count == CodeConstraint.allCases.count)
  }
}
