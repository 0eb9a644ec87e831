import LockCore
import SyncEngine

/// What a request parameter may be.
indirect enum ParameterType: Sendable {
  /// A text of so many characters, counted as UTF-16 counts them.
  case string(length: ClosedRange<Int>)
  /// A text of so many digits.
  case digits(count: ClosedRange<Int>)
  /// A whole number in a range; `6.0` counts as whole.
  case integer(ClosedRange<Int>)
  /// A number in a range.
  case number(ClosedRange<Double>)
  /// `true` or `false`.
  case flag
  /// An ISO 8601 date and time with any offset.
  case timestamp
  /// One of these texts.
  case choice([String])
  /// So many elements of one type.
  case list(ParameterType, count: ClosedRange<Int>)
  /// Free names with a text, a truth value or null each.
  case map
  /// As ``map``, to be stored: names of 1 to 40 characters without a dot, texts of at most 500 characters.
  case metadata
  /// Named members.
  case object([Parameter])

  /// Any text that a person may write.
  static let text = ParameterType.string(length: 0...1000)
  /// A name, a key or a word to search for.
  static let someText = ParameterType.string(length: 1...500)
  /// An id. The form is not checked: an id that is none is not found.
  static let id = ParameterType.string(length: 0...200)
  /// Any number of ids.
  static let ids = ParameterType.list(.id, count: 0...50_000)
  /// How many to return. The largest default of the API is 300000.
  static let limit = ParameterType.integer(1...300_000)
  /// What a listing gave to go on with.
  static let cursor = ParameterType.string(length: 0...2000)
}

/// One parameter of a request.
struct Parameter: Sendable {
  /// Its name.
  var name: String
  /// What it may be.
  var type: ParameterType
  /// True when the request makes no sense without it.
  var isRequired = false
  /// True when `null` means something.
  var isNullable = false

  /// A parameter that must be there.
  static func required(_ name: String, _ type: ParameterType) -> Parameter {
    Parameter(name: name, type: type, isRequired: true)
  }

  /// A parameter that may be left out.
  static func optional(_ name: String, _ type: ParameterType) -> Parameter { Parameter(name: name, type: type) }

  /// A parameter that may be left out or be null.
  static func nullable(_ name: String, _ type: ParameterType) -> Parameter {
    Parameter(name: name, type: type, isNullable: true)
  }
}

extension ParameterType {
  /// What is wrong with `value`, each with the path to it. Quotes nothing of the value.
  func problems(of value: JSONValue, at path: [String]) -> [InputProblem] {
    func problem(_ message: String) -> [InputProblem] { [InputProblem(path: path, message: message)] }
    func mismatch(_ expected: String) -> [InputProblem] { problem("Expected \(expected), received \(value.typeName)") }
    switch self {
    case .string(let length):
      guard let text = value.string else { return mismatch("string") }
      guard !text.utf8.contains(0) else { return problem("String must not contain the character U+0000") }
      return length.contains(text.utf16.count)
        ? [] : problem(Self.lengthMessage("String", "character(s)", length, text.utf16.count))
    case .digits(let count):
      guard let text = value.string else { return mismatch("string") }
      guard text.utf8.allSatisfy({ (0x30...0x39).contains($0) }) else { return problem("Must contain only digits") }
      return count.contains(text.count) ? [] : problem(Self.lengthMessage("String", "digit(s)", count, text.count))
    case .integer(let range):
      guard value.number != nil else { return mismatch("number") }
      guard let number = value.integer else { return problem("Expected integer, received float") }
      if number < range.lowerBound { return problem("Number must be greater than or equal to \(range.lowerBound)") }
      return number > range.upperBound ? problem("Number must be less than or equal to \(range.upperBound)") : []
    case .number(let range):
      guard let number = value.number else { return mismatch("number") }
      if number < range.lowerBound {
        return problem("Number must be greater than or equal to \(Int(range.lowerBound))")
      }
      return number > range.upperBound
        ? problem("Number must be less than or equal to \(Int(range.upperBound))") : []
    case .flag: return value.bool == nil ? mismatch("boolean") : []
    case .timestamp:
      guard let text = value.string else { return mismatch("string") }
      return Timestamp(iso8601: text) == nil ? problem("Invalid ISO 8601 date and time") : []
    case .choice(let choices):
      guard let text = value.string else { return mismatch("string") }
      let expected = choices.map { "'\($0)'" }.joined(separator: " | ")
      return choices.contains(text) ? [] : problem("Invalid enum value. Expected \(expected)")
    case .list(let type, let count):
      guard let elements = value.array else { return mismatch("array") }
      guard count.contains(elements.count) else {
        return problem(Self.lengthMessage("Array", "element(s)", count, elements.count))
      }
      return elements.enumerated().flatMap { type.problems(of: $1, at: path + [String($0)]) }
    case .map, .metadata:
      guard let members = value.object else { return mismatch("object") }
      var isStored = false
      if case .metadata = self { isStored = true }
      return members.sorted { $0.key < $1.key }.flatMap { name, value in
        // What is told of a name that is too long does not repeat it.
        isStored && !(1...40).contains(name.utf16.count)
          ? problem("Keys must have 1 to 40 characters")
          : Self.problems(ofMember: name, value, isStored: isStored, at: path + [name])
      }
    case .object(let parameters):
      guard let members = value.object else { return mismatch("object") }
      return parameters.problems(of: members, at: path)
    }
  }

  private static func problems(
    ofMember name: String, _ value: JSONValue, isStored: Bool, at path: [String]
  ) -> [InputProblem] {
    if isStored, name.contains(".") { return [InputProblem(path: path, message: "Keys must not contain a dot")] }
    switch value {
    case .string: return ParameterType.string(length: 0...500).problems(of: value, at: path)
    case .bool, .null: return []
    default:
      return [InputProblem(path: path, message: "Expected string, boolean or null, received \(value.typeName)")]
    }
  }

  private static func lengthMessage(_ what: String, _ unit: String, _ range: ClosedRange<Int>, _ count: Int) -> String {
    if range.lowerBound == range.upperBound { return "\(what) must contain exactly \(range.lowerBound) \(unit)" }
    return count < range.lowerBound
      ? "\(what) must contain at least \(range.lowerBound) \(unit)"
      : "\(what) must contain at most \(range.upperBound) \(unit)"
  }
}

extension [Parameter] {
  /// What is wrong with `members`, in the order of the parameters. Members of other names are ignored.
  func problems(of members: [String: JSONValue], at path: [String] = []) -> [InputProblem] {
    self.flatMap { parameter -> [InputProblem] in
      let path = path + [parameter.name]
      switch members[parameter.name] {
      case nil: return parameter.isRequired ? [InputProblem(path: path, message: "Required")] : []
      case .null? where parameter.isNullable: return []
      case let value?: return parameter.type.problems(of: value, at: path)
      }
    }
  }
}

extension JSONValue {
  /// What kind of value it is.
  var typeName: String {
    switch self {
    case .null: "null"
    case .bool: "boolean"
    case .int, .double: "number"
    case .string: "string"
    case .array: "array"
    case .object: "object"
    }
  }

  /// The number, if it is a whole one.
  var integer: Int? {
    switch self {
    case .int(let value): Int(exactly: value)
    case .double(let value): Int(exactly: value)
    default: nil
    }
  }

  /// The number, if it is one.
  var number: Double? {
    switch self {
    case .int(let value): Double(value)
    case .double(let value): value
    default: nil
    }
  }
}
