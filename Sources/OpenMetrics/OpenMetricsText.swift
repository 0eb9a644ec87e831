/// Metrics in the text form of OpenMetrics 1.0.
public enum OpenMetricsText {
  /// The media type of the form.
  public static let contentType = "application/openmetrics-text; version=1.0.0; charset=utf-8"

  /// The text of all families that have values, in the order of their names.
  public static func text(of families: [MetricFamily]) -> String {
    var text = ""
    for family in families.sorted(by: { $0.name < $1.name }) where !family.samples.isEmpty {
      text += "# TYPE \(family.name) \(family.kind.rawValue)\n"
      if let unit = family.unit { text += "# UNIT \(family.name) \(unit)\n" }
      text += "# HELP \(family.name) \(self.escaped(family.help))\n"
      for sample in family.samples {
        let labels = sample.labels.map { "\($0.name)=\"\(self.escaped($0.value))\"" }.joined(separator: ",")
        text += "\(family.name)\(sample.suffix)\(labels.isEmpty ? "" : "{\(labels)}") \(self.number(sample.value))\n"
      }
    }
    return text + "# EOF\n"
  }

  private static func number(_ value: Double) -> String {
    if value.isNaN { return "NaN" }
    if value.isInfinite { return value < 0 ? "-Inf" : "+Inf" }
    return Int(exactly: value).map(String.init) ?? "\(value)"
  }

  private static func escaped(_ text: String) -> String {
    var result = ""
    for character in text.unicodeScalars {
      switch character {
      case "\\": result += "\\\\"
      case "\"": result += "\\\""
      case "\n": result += "\\n"
      default: result.unicodeScalars.append(character)
      }
    }
    return result
  }
}
