import Foundation
import LockCore

/// What a value of the configuration may be: the one description that values are checked against, and that the JSON
/// Schema, the manual page and the tables are made from.
package indirect enum ConfigurationForm: Sendable {
  /// A text that is not empty.
  case text
  /// A text of which the whole matches a regular expression that JSON Schema understands alike; in words for people.
  case pattern(String, words: String)
  /// A time zone that this machine knows.
  case timeZone
  /// A whole number.
  case integer(ClosedRange<Int>)
  /// A number, perhaps with a fraction.
  case number(ClosedRange<Double>)
  /// `true` or `false`
  case flag
  /// One of some words.
  case choice([String])
  /// A whole number with a unit: `500ms`, `5s`, `2m`, `1h`.
  case duration(ClosedRange<Duration>)
  /// A list; of at least so many elements.
  case list(ConfigurationForm, atLeast: Int)
  /// A mapping with the keys of a section.
  case mapping(ConfigurationSection)
  /// The one or the other.
  case either(ConfigurationForm, ConfigurationForm)

  /// What to write, for people; ends a sentence that begins with "write".
  var words: String {
    switch self {
    case .text: "a text"
    case .pattern(_, let words): words
    case .timeZone: "an IANA time zone, for example Europe/Berlin"
    case .integer(let range): "a whole number from \(range.lowerBound) to \(range.upperBound)"
    case .number(let range): "a number from \(Self.text(range.lowerBound)) to \(Self.text(range.upperBound))"
    case .flag: "true or false"
    case .choice(let words): words.count == 1 ? words[0] : "one of \(words.joined(separator: ", "))"
    case .duration(let range):
      "a whole number with a unit, such as 500ms, 5s or 2m, from \(Self.text(range.lowerBound)) to \(Self.text(range.upperBound))"
    case .list: "a list, each entry beginning with '-'"
    case .mapping(let section): "a mapping with the keys \(section.names.joined(separator: ", "))"
    case .either(let one, let other): "\(one.words), or \(other.words)"
    }
  }

  /// The type as a column of a table has it.
  var column: String {
    switch self {
    case .text: "text"
    case .pattern(_, let words): words.split(separator: ",").first.map(String.init) ?? words
    case .timeZone: "IANA time zone"
    case .integer(let range): "\(range.lowerBound) to \(range.upperBound)"
    case .number(let range): "\(Self.text(range.lowerBound)) to \(Self.text(range.upperBound))"
    case .flag: "`true`, `false`"
    case .choice(let words): words.map { "`\(Self.quoted($0))`" }.joined(separator: ", ")
    case .duration(let range): "duration, \(Self.text(range.lowerBound)) to \(Self.text(range.upperBound))"
    case .list(.mapping, _): "list of mappings"
    case .list(let form, _): "list: \(form.column)"
    case .mapping: "mapping"
    case .either(let one, let other): "\(one.column), \(other.column)"
    }
  }

  /// A word as a file must have it: some signs mean something to YAML.
  static func quoted(_ word: String) -> String { word.hasPrefix("#") ? "\"\(word)\"" : word }

  /// A duration as a file has it, in its largest whole unit.
  static func text(_ duration: Duration) -> String {
    let milliseconds = duration.wholeMilliseconds
    for (length, unit) in [(3_600_000, "h"), (60_000, "m"), (1000, "s")] where milliseconds % Int64(length) == 0 {
      if milliseconds > 0 { return "\(milliseconds / Int64(length))\(unit)" }
    }
    return "\(milliseconds)ms"
  }

  private static func text(_ number: Double) -> String {
    number == number.rounded() ? "\(Int(number))" : "\(number)"
  }
}

// MARK: - Checking

extension ConfigurationForm {
  /// The units of durations, each longer than the one before.
  static let units: KeyValuePairs<String, Duration> = [
    "ms": .milliseconds(1), "s": .seconds(1), "m": .seconds(60), "h": .seconds(3600),
  ]

  /// What is wrong with a value, and with all that is below it; nothing when it fits.
  func faults(of node: ConfigurationNode) -> [ConfigurationFault] {
    switch self {
    case .mapping(let section): return section.faults(of: node)
    case .list(let form, let least):
      guard case .list(let elements) = node.content else { return [node.misfit(self.words)] }
      if elements.count < least { return [node.fault("the list is empty; write at least one entry")] }
      return elements.flatMap { form.faults(of: $0) }
    case .either(let one, let other):
      if case .mapping = node.content { return (one.isMapping ? one : other).faults(of: node) }
      if one.faults(of: node).isEmpty || other.faults(of: node).isEmpty { return [] }
      return [node.misfit(self.words)]
    case .text, .pattern, .timeZone, .integer, .number, .flag, .choice, .duration:
      guard case .scalar(let text, let isPlain) = node.content, !text.isEmpty else { return [node.misfit(self.words)] }
      return self.fits(text, isPlain: isPlain, isTyped: node.isTyped).map { [node.misfit($0)] } ?? []
    }
  }

  private var isMapping: Bool { if case .mapping = self { true } else { false } }

  /// - Parameter isTyped: false for what comes from a variable or an option: there is no YAML in between.
  /// - Returns: what to write instead; nil when the text fits.
  private func fits(_ text: String, isPlain: Bool, isTyped: Bool) -> String? {
    let isText = !isPlain || !isTyped || PlainScalar(text) == .text
    let mayBeOther = isPlain || !isTyped
    let isFine: Bool
    switch self {
    case .text:
      if isText { return nil }
      return "a text; YAML takes this for something else, so put it into quotes: \"\(text)\""
    case .pattern(let pattern, _): isFine = isText && Self.matches(text, pattern)
    case .timeZone: isFine = isText && Self.timeZones.contains(text)
    case .integer(let range): isFine = mayBeOther && PlainScalar.integer(text).map(range.contains) ?? false
    case .number(let range): isFine = mayBeOther && PlainScalar.number(text).map(range.contains) ?? false
    case .flag: isFine = mayBeOther && PlainScalar.flag(text) != nil
    case .choice(let words): isFine = words.contains(text)
    case .duration(let range): isFine = isText && Self.duration(text).map(range.contains) ?? false
    case .list, .mapping, .either: isFine = false
    }
    return isFine ? nil : self.words
  }

  /// The zones that a site may be in.
  static let timeZones = Set(TimeZone.knownTimeZoneIdentifiers + ["UTC", "Etc/UTC"])

  static func duration(_ text: String) -> Duration? {
    for (unit, length) in Self.units where text.hasSuffix(unit) {
      if let number = PlainScalar.integer(String(text.dropLast(unit.count))), (0...1_000_000_000).contains(number) {
        return length * number
      }
    }
    return nil
  }

  private static func matches(_ text: String, _ pattern: String) -> Bool {
    (try? Regex(pattern).wholeMatch(in: text)) != nil
  }
}

extension ConfigurationNode {
  /// True when the value stands in YAML, which gives plain texts a type.
  fileprivate var isTyped: Bool {
    switch self.origin {
    case .line, .fallback: true
    case .variable, .option: false
    }
  }
}

/// What YAML takes a text without quotes for.
enum PlainScalar {
  case nothing, flag, number, date, text

  init(_ text: String) {
    if ["", "~", "null", "Null", "NULL"].contains(text) {
      self = .nothing
    } else if Self.flag(text) != nil {
      self = .flag
    } else if Self.fits(text, #"[-+]?(\d[\d_]*|0x[\da-fA-F_]+|0b[01_]+|0o[0-7_]+|\d+(:[0-5]?\d)+(\.\d*)?)"#)
      || Self.fits(text, #"[-+]?(\d[\d_]*)?\.?\d[\d_]*\.?([eE][-+]?\d+)?|[-+]?\.(inf|Inf|INF)|\.(nan|NaN|NAN)"#)
    {
      self = .number
    } else if Self.fits(text, #"\d{4}-\d\d?-\d\d?([Tt ].*)?"#) {
      self = .date
    } else {
      self = .text
    }
  }

  /// A whole number as people write it, without signs that some readers of YAML take for another number.
  static func integer(_ text: String) -> Int? {
    Self.fits(text, "0|-?[1-9][0-9]*") ? Int(text) : nil
  }

  /// A number as people write it.
  static func number(_ text: String) -> Double? {
    Self.fits(text, #"-?(0|[1-9][0-9]*)(\.[0-9]+)?"#) ? Double(text) : nil
  }

  /// The truth value, in all the ways in which YAML may have it.
  static func flag(_ text: String) -> Bool? {
    for (word, value) in [("true", true), ("yes", true), ("on", true), ("false", false), ("no", false), ("off", false)]
    {
      if [word, word.capitalized, word.uppercased()].contains(text) { return value }
    }
    return nil
  }

  private static func fits(_ text: String, _ pattern: String) -> Bool {
    (try? Regex(pattern).wholeMatch(in: text)) != nil
  }
}
