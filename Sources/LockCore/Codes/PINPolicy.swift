/// What a lock takes as a PIN: its lengths and its rules.
public struct PINPolicy: Hashable, Sendable, Codable {
  /// Lengths the lock takes, ascending, each 1 to 20; never empty.
  public var lengths: [Int]
  /// Its further rules.
  public var constraints: [CodeConstraint]

  /// Makes a policy.
  /// - Parameters:
  ///   - lengths: lengths the lock takes; sorted here.
  ///   - constraints: further rules.
  public init(lengths: [Int], constraints: [CodeConstraint] = []) {
    self.lengths = lengths.sorted()
    self.constraints = constraints
  }

  /// Why a PIN is refused.
  public enum Violation: Error, Hashable, Sendable {
    /// The lock takes other lengths.
    case length(supported: [Int])
    /// The PIN breaks this rule.
    case constraint(CodeConstraint)

    /// The reason as a sentence for whoever sent the PIN.
    public var explanation: String {
      switch self {
      case .length(let supported):
        "the code must have \(supported.map(String.init).joined(separator: " or ")) digits"
      case .constraint(let constraint): constraint.explanation
      }
    }
  }

  /// The first reason to refuse `pin`, or nil when the lock takes it.
  public func violation(of pin: PINCode) -> Violation? {
    guard self.lengths.contains(pin.count) else { return .length(supported: self.lengths) }
    return self.constraints.first { !$0.allows(pin) }.map(Violation.constraint)
  }

  /// What all of some locks take; nil when they have no length in common.
  public static func common(of policies: [PINPolicy]) -> PINPolicy? {
    guard var common = policies.first else { return nil }
    for policy in policies.dropFirst() {
      common.lengths.removeAll { !policy.lengths.contains($0) }
      common.constraints += policy.constraints.filter { !common.constraints.contains($0) }
    }
    return common.lengths.isEmpty ? nil : common
  }

  /// Draws a PIN that the lock takes and that `isTaken` does not know.
  ///
  /// Where the space is large it draws at random; where most of it is taken it looks through what is left, so
  /// that it finds the last free PIN and never runs for long.
  ///
  /// - Parameters:
  ///   - preferredLength: used when the lock takes it, else the shortest length.
  ///   - longestSearch: PINs of up to so many digits are looked through, 6 at most.
  ///   - random: the source; a CSPRNG outside tests.
  ///   - isTaken: true for a PIN that must not be drawn.
  /// - Returns: nil when every PIN of that length is taken or forbidden.
  public func draw(
    preferredLength: Int? = nil, longestSearch: Int = 6, using random: inout some RandomNumberGenerator,
    unless isTaken: (PINCode) -> Bool
  ) -> PINCode? {
    guard let shortest = self.lengths.first else { return nil }
    let length = preferredLength.flatMap { self.lengths.contains($0) ? $0 : nil } ?? shortest
    func good(_ pin: PINCode) -> Bool { self.violation(of: pin) == nil && !isTaken(pin) }
    for _ in 0..<2000 {
      let digits = String((0..<length).map { _ in "0123456789".randomElement(using: &random) ?? "0" })
      if let pin = PINCode(digits), good(pin) { return pin }
    }
    // 10^6 candidates take about a second; beyond that 2000 misses in a row do not happen by chance.
    guard length <= min(longestSearch, 6) else { return nil }
    var space = 1
    for _ in 0..<length { space *= 10 }
    let offset = Int.random(in: 0..<space, using: &random)
    for step in 0..<space {
      let number = String((offset + step) % space)
      let digits = String(repeating: "0", count: length - number.utf8.count) + number
      if let pin = PINCode(digits), good(pin) { return pin }
    }
    return nil
  }
}
