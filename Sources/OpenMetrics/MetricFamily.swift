/// One thing that is measured, with the values it has now, one for each set of labels.
public struct MetricFamily: Equatable, Sendable {
  /// How values are to be read.
  public enum Kind: String, Sendable {
    /// Only grows, until the daemon is started again.
    case counter
    /// Goes up and down.
    case gauge
    /// How many values fell below each of some bounds.
    case histogram
    /// Facts as labels; the value is 1.
    case info
  }

  /// One value.
  public struct Sample: Equatable, Sendable {
    /// What the sample's name has behind that of its family, for example `_total`.
    var suffix: String
    var labels: [(name: String, value: String)]
    var value: Double

    /// Equal names, labels and values.
    public static func == (left: Sample, right: Sample) -> Bool {
      left.suffix == right.suffix && left.value == right.value && left.labels.elementsEqual(right.labels) { $0 == $1 }
    }
  }

  /// Its name, without what sample names have behind it.
  public let name: String
  /// How its values are to be read.
  public let kind: Kind
  /// The unit, plural and without prefix, which ends the name; nil for mere numbers.
  public let unit: String?
  /// One sentence for people.
  public let help: String
  /// The values.
  public private(set) var samples: [Sample] = []

  /// Makes a family without values.
  /// - Parameters:
  ///   - name: letters, digits and '_'; a unit is put behind it.
  ///   - kind: how its values are to be read.
  ///   - unit: for example `seconds`, `bytes`.
  ///   - help: one sentence.
  public init(_ name: String, _ kind: Kind, unit: String? = nil, _ help: String) {
    self.name = unit.map { "\(name)_\($0)" } ?? name
    (self.kind, self.unit, self.help) = (kind, unit, help)
  }

  /// Adds a value; of a histogram, use ``add(_:labels:)-(Histogram,_)``.
  /// - Parameters:
  ///   - value: the value.
  ///   - labels: names and values, in the order in which they are shown.
  public mutating func add(_ value: Double, labels: KeyValuePairs<String, String> = [:]) {
    let suffix =
      switch self.kind {
      case .counter: "_total"
      case .info: "_info"
      case .gauge, .histogram: ""
      }
    self.samples.append(Sample(suffix: suffix, labels: labels.map { ($0.key, $0.value) }, value: value))
  }

  /// Adds a whole number.
  public mutating func add(_ value: Int, labels: KeyValuePairs<String, String> = [:]) {
    self.add(Double(value), labels: labels)
  }

  /// Adds 1 for true, 0 for false.
  public mutating func add(_ value: Bool, labels: KeyValuePairs<String, String> = [:]) {
    self.add(value ? 1.0 : 0.0, labels: labels)
  }

  /// Adds the counts of a histogram.
  public mutating func add(_ histogram: Histogram, labels: KeyValuePairs<String, String> = [:]) {
    let labels = labels.map { ($0.key, $0.value) }
    var below = 0
    for (bound, count) in zip(histogram.bounds.map { "\($0)" } + ["+Inf"], histogram.counts) {
      below += count
      self.samples.append(Sample(suffix: "_bucket", labels: labels + [("le", bound)], value: Double(below)))
    }
    self.samples.append(Sample(suffix: "_count", labels: labels, value: Double(below)))
    self.samples.append(Sample(suffix: "_sum", labels: labels, value: histogram.sum))
  }
}
