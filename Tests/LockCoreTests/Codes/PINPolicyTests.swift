import LockCore
import Seeded
import Testing

@Suite struct PINPolicyTests {
  @Test(arguments: [
    ("1234", PINPolicy.Violation?.none), ("123456", nil), ("12345", .length(supported: [4, 6])),
    ("1230", .constraint(.noZeros)), ("1111", .constraint(.noAllSameDigits)),
  ]) func `R4 and R25 the first broken rule is named`(digits: String, violation: PINPolicy.Violation?) throws {
    let policy = PINPolicy(lengths: [6, 4], constraints: [.noZeros, .noAllSameDigits])
    #expect(policy.violation(of: try #require(PINCode(digits))) == violation)
  }

  @Test func `a reason reads as a sentence without the PIN`() {
    #expect(PINPolicy.Violation.length(supported: [4, 6]).explanation == "the code must have 4 or 6 digits")
    #expect(PINPolicy.Violation.constraint(.noZeros).explanation == "the code must not contain 0")
  }

  @Test(arguments: [(Int?.none, 4), (5, 5), (6, 6), (7, 4), (0, 4)])
  func `R5 the preferred length is used when the lock takes it, else the shortest`(preferred: Int?, length: Int) throws
  {
    var random = SeededRandom(seed: 1)
    let policy = PINPolicy(lengths: [6, 4, 5])
    #expect(policy.draw(preferredLength: preferred, using: &random, unless: { _ in false })?.count == length)
  }

  @Test func `R5 what is drawn keeps every rule and is never taken`() throws {
    var random = SeededRandom(seed: 2)
    let policy = PINPolicy(lengths: [4], constraints: [.cannotContain0789, .noTripleConsecutiveInts])
    var taken: Set<PINCode> = []
    for _ in 0..<300 {
      let pin = try #require(policy.draw(using: &random, unless: taken.contains))
      #expect(policy.violation(of: pin) == nil)
      #expect(taken.insert(pin).inserted)
    }
  }

  @Test func `R5 the last free PIN is found, and none when there is none`() throws {
    var random = SeededRandom(seed: 3)
    for last in ["000", "007", "999"] {
      let free = try #require(PINCode(last))
      #expect(PINPolicy(lengths: [3]).draw(using: &random, unless: { $0 != free }) == free)
    }
    #expect(PINPolicy(lengths: [3]).draw(using: &random, unless: { _ in true }) == nil)
    #expect(
      PINPolicy(lengths: [2], constraints: [.atLeastThreeUniqueDigits]).draw(using: &random, unless: { _ in false })
        == nil)
  }

  @Test func `R5 every PIN of a short length is drawn before there is none`() throws {
    var random = SeededRandom(seed: 4)
    var taken: Set<PINCode> = []
    while let pin = PINPolicy(lengths: [2]).draw(using: &random, unless: taken.contains) { taken.insert(pin) }
    #expect(taken.count == 100)
  }
}
