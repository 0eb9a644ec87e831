/// Numbers that look random and come out the same for the same seed (SplitMix64): for simulated locks and for tests,
/// never for keys or PINs.
public struct SeededRandom: RandomNumberGenerator, Sendable {
  private var state: UInt64

  /// Makes a generator.
  /// - Parameter seed: another seed gives other numbers.
  public init(seed: UInt64) { self.state = seed }

  /// The next number.
  public mutating func next() -> UInt64 {
    self.state &+= 0x9E37_79B9_7F4A_7C15
    var mixed = self.state
    mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
    mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
    return mixed ^ (mixed >> 31)
  }

  /// True once in `times`, 1 or more.
  public mutating func once(in times: Int) -> Bool { Int.random(in: 0..<times, using: &self) == 0 }

  /// True `percent` times out of 100; nothing is drawn for 0.
  public mutating func happens(percent: Int) -> Bool {
    percent > 0 && Int.random(in: 0..<100, using: &self) < percent
  }
}
