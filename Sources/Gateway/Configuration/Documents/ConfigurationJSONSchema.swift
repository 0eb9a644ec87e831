import LockCore
package import SyncEngine

/// The JSON Schema (2020-12) of the configuration, for editors. It describes the form of a file as the parser checks
/// it; what refers to what in a file, such as a door to its devices, is beyond it.
package enum ConfigurationJSONSchema {
  /// The schema.
  package static var document: JSONValue {
    var schema = Self.schema(of: .mapping(ConfigurationFile.schema)).object ?? [:]
    schema["$schema"] = "https://json-schema.org/draft/2020-12/schema"
    schema["title"] = "bitting.yaml"
    schema["description"] = "The configuration of a Bitting gateway."
    return .object(schema)
  }

  private static func schema(of form: ConfigurationForm) -> JSONValue {
    switch form {
    case .text: ["type": "string", "minLength": 1]
    case .pattern(let pattern, _): ["type": "string", "pattern": .string("^(\(pattern))$")]
    case .timeZone: ["enum": .array(ConfigurationForm.timeZones.sorted().map { .string($0) })]
    case .integer(let range):
      ["type": "integer", "minimum": .int(Int64(range.lowerBound)), "maximum": .int(Int64(range.upperBound))]
    case .number(let range):
      ["type": "number", "minimum": .double(range.lowerBound), "maximum": .double(range.upperBound)]
    case .flag: ["type": "boolean"]
    case .choice(let words): ["enum": .array(words.flatMap(Self.values))]
    case .duration(let range): ["type": "string", "pattern": .string(Self.pattern(of: range))]
    case .list(let form, let least):
      ["type": "array", "items": Self.schema(of: form), "minItems": .int(Int64(least))]
    case .either(let one, let other): ["anyOf": [Self.schema(of: one), Self.schema(of: other)]]
    case .mapping(let section): Self.schema(of: section)
    }
  }

  /// A word, and what YAML makes of it where it stands without quotes.
  private static func values(of word: String) -> [JSONValue] {
    PlainScalar.flag(word).map { [.string(word), .bool($0)] } ?? [.string(word)]
  }

  private static func schema(of section: ConfigurationSection) -> JSONValue {
    var properties: [String: JSONValue] = [:]
    var required: [JSONValue] = []
    for entry in section.entries {
      var property = Self.schema(of: entry.form).object ?? [:]
      property["description"] = .string(MarkedText.plain(entry.meaning + "."))
      if let example = entry.example, let value = Self.value(example) { property["examples"] = [value] }
      switch entry.presence {
      case .required: required.append(.string(entry.name))
      case .standard(let text): property["default"] = Self.value(text)
      case .optional: break
      }
      properties[entry.name] = .object(property)
    }
    var schema: [String: JSONValue] = [
      "type": "object", "properties": .object(properties), "additionalProperties": false,
      "required": .array(required),
    ]
    if !section.conditions.isEmpty { schema["allOf"] = .array(section.conditions.map(Self.schema)) }
    return .object(schema)
  }

  private static func schema(of condition: ConfigurationSection.Condition) -> JSONValue {
    switch condition {
    case .goesWith(let key, let other, let value, _):
      [
        "if": ["properties": .object([other: ["const": .string(value)]])],
        "then": ["required": [.string(key)]], "else": ["properties": .object([key: false])],
      ]
    case .eitherOr(let key, let other, _):
      ["oneOf": [["required": [.string(key)]], ["required": [.string(other)]]]]
    case .needs(let key, let other, _): ["dependentRequired": .object([key: [.string(other)]])]
    }
  }

  /// What a file says, as JSON.
  private static func value(_ text: String) -> JSONValue? {
    (try? ConfigurationNode.fallback(text, path: "")).map(Self.value)
  }

  private static func value(_ node: ConfigurationNode) -> JSONValue {
    switch node.content {
    case .list(let elements): .array(elements.map(Self.value))
    case .mapping(let members):
      .object(Dictionary(members.map { ($0.key, Self.value($0.value)) }, uniquingKeysWith: { $1 }))
    case .scalar(let text, isPlain: true):
      PlainScalar.integer(text).map { .int(Int64($0)) } ?? PlainScalar.number(text).map { .double($0) }
        ?? (["true", "false"].contains(text) ? .bool(text == "true") : .string(text))
    case .scalar(let text, isPlain: false): .string(text)
    }
  }

  /// A regular expression for the durations of a range.
  static func pattern(of range: ClosedRange<Duration>) -> String {
    let parts = ConfigurationForm.units.compactMap { unit, length -> String? in
      let size = length.wholeMilliseconds
      let least = (range.lowerBound.wholeMilliseconds + size - 1) / size
      let most = range.upperBound.wholeMilliseconds / size
      return least <= most ? "(\(Self.pattern(of: Int(least)...Int(most))))\(unit)" : nil
    }
    return "^(\(parts.joined(separator: "|")))$"
  }

  /// A regular expression for the whole numbers of a range that begins at 0 or above, written without leading zeros.
  static func pattern(of range: ClosedRange<Int>) -> String {
    var alternatives: [String] = []
    var least = range.lowerBound
    while least <= range.upperBound {
      // The most digits at the end that may be anything: `[7-9]`, `[1-4][0-9]`, `5[0-5]`.
      var size = 1
      while least % (size * 10) == 0, least + size * 10 - 1 <= range.upperBound, least > 0 || size == 0 { size *= 10 }
      let digit = least / size % 10
      let steps = min(9 - digit, (range.upperBound - least + 1) / size - 1)
      let head = least / size / 10
      let prefix = head > 0 ? "\(head)" : ""
      let tail = String(repeating: "[0-9]", count: "\(size)".count - 1)
      alternatives.append("\(prefix)\(steps > 0 ? "[\(digit)-\(digit + steps)]" : "\(digit)")\(tail)")
      least += (steps + 1) * size
    }
    return alternatives.joined(separator: "|")
  }
}
