/// How many values fell into each of some ranges, and their sum: as much as is needed to tell how long things take.
public struct Histogram: Equatable, Sendable {
  /// The upper bounds of all ranges but the last, rising.
  public let bounds: [Double]
  /// How many values fell into each range.
  public private(set) var counts: [Int]
  /// The sum of all values.
  public private(set) var sum = 0.0

  /// Makes a histogram without values.
  /// - Parameter bounds: the upper bounds, rising; what is above the last has a range of its own.
  public init(bounds: [Double]) {
    self.bounds = bounds
    self.counts = Array(repeating: 0, count: bounds.count + 1)
  }

  /// Takes in a value; less than nothing, after a clock was set back, counts as nothing.
  public mutating func add(_ value: Double) {
    let value = max(0, value)
    self.counts[self.bounds.firstIndex { value <= $0 } ?? self.bounds.count] += 1
    self.sum += value
  }

  /// Takes in a time, in seconds.
  public mutating func add(_ duration: Duration) {
    let (seconds, attoseconds) = duration.components
    self.add(Double(seconds) + Double(attoseconds) / 1e18)
  }
}
