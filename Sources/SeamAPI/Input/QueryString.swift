import SyncEngine

/// A query string as the client libraries write it: repeated names for arrays, `name=` for null and for the empty
/// array, dotted names for maps.
///
/// With `_strict=true` that is all there is. Without, `name[]=a`, `name=a,b`, `yes`, `no`, `1`, `0` and spaces
/// around numbers are understood too.
struct QueryString {
  private var values: [String: [String]] = [:]

  /// True when the client promised to write as described.
  var isStrict: Bool { self.values["_strict"] == ["true"] }

  /// Takes the part of the URL after `?`, still percent-encoded.
  init(_ text: some StringProtocol) {
    for pair in text.split(separator: "&") {
      let parts = pair.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
      self.values[Self.decoded(parts[0]), default: []].append(parts.count > 1 ? Self.decoded(parts[1]) : "")
    }
  }

  /// The values of `parameters`; what cannot be read as the type that is wanted stays a text for validation to refuse.
  func members(for parameters: [Parameter]) throws(APIFault) -> [String: JSONValue] {
    var members: [String: JSONValue] = [:]
    for parameter in parameters { members[parameter.name] = try self.value(of: parameter) }
    return members
  }

  private func value(of parameter: Parameter) throws(APIFault) -> JSONValue? {
    let name = parameter.name
    switch parameter.type {
    case .list(let element, _): return try self.list(name, of: element)
    case .map, .metadata, .object: return try self.map(name)
    default:
      guard let values = self.values[name] else { return nil }
      guard values.count == 1 else { throw .invalidQuery("\(name) is given more than once") }
      return values[0].isEmpty ? .null : self.scalar(values[0], as: parameter.type)
    }
  }

  private func list(_ name: String, of element: ParameterType) throws(APIFault) -> JSONValue? {
    let bracketed = self.isStrict ? nil : self.values[name + "[]"]
    let plain = self.values[name]
    guard plain == nil || bracketed == nil else { throw .invalidQuery("\(name) and \(name)[] are both given") }
    guard var values = plain ?? bracketed else { return nil }
    if values == [""] { return .array([]) }
    if !self.isStrict, bracketed == nil, values.contains(where: { $0.contains(",") }) {
      guard values.count == 1 else { throw .invalidQuery("\(name) is both repeated and separated by commas") }
      values = values[0].split(separator: ",", omittingEmptySubsequences: false).map(String.init)
    }
    guard !values.contains("") else { throw .invalidQuery("\(name) has an empty element") }
    return .array(values.map { self.scalar($0, as: element) })
  }

  private func map(_ name: String) throws(APIFault) -> JSONValue? {
    let members = self.values.filter { $0.key.hasPrefix(name + ".") }
    guard let bare = self.values[name] else {
      if members.isEmpty { return nil }
      var object: [String: JSONValue] = [:]
      for (key, values) in members {
        guard values.count == 1 else { throw .invalidQuery("\(key) is given more than once") }
        object[String(key.dropFirst(name.count + 1))] = values[0].isEmpty ? .null : .string(values[0])
      }
      return .object(object)
    }
    guard members.isEmpty else { throw .invalidQuery("\(name) and \(name).… are both given") }
    return bare == [""] ? .null : .string(bare[0])
  }

  private func scalar(_ text: String, as type: ParameterType) -> JSONValue {
    switch type {
    case .flag:
      switch text {
      case "true": return true
      case "false": return false
      case "yes" where !self.isStrict, "1" where !self.isStrict: return true
      case "no" where !self.isStrict, "0" where !self.isStrict: return false
      default: return .string(text)
      }
    case .integer, .number:
      let digits = self.isStrict ? text[...] : text.trimmingSpaces
      if let value = Int64(digits) { return .int(value) }
      if let value = Double(digits), value.isFinite { return .double(value) }
      return .string(text)
    default: return .string(text)
    }
  }

  /// `+` is a space; a `%` without two hexadecimal digits stands for itself; what is not UTF-8 becomes U+FFFD.
  private static func decoded(_ text: some StringProtocol) -> String {
    var bytes: [UInt8] = []
    var rest = Array(text.utf8)[...]
    while let byte = rest.popFirst() {
      if byte == UInt8(ascii: "+") {
        bytes.append(0x20)
      } else if byte == UInt8(ascii: "%"), let value = hexadecimal(rest.prefix(2)) {
        bytes.append(value)
        rest = rest.dropFirst(2)
      } else {
        bytes.append(byte)
      }
    }
    return String(decoding: bytes, as: UTF8.self)
  }

  private static func hexadecimal(_ digits: ArraySlice<UInt8>) -> UInt8? {
    guard digits.count == 2, digits.allSatisfy({ Character(Unicode.Scalar($0)).isHexDigit }) else { return nil }
    return UInt8(String(decoding: digits, as: UTF8.self), radix: 16)
  }
}

extension QueryString {
  /// `members` as a client would write them, sorted by name, without `?`.
  static func encoded(_ members: [String: JSONValue]) -> String {
    members.sorted { $0.key < $1.key }.flatMap { name, value in self.pairs(name, value) }
      .map { "\(self.percentEncoded($0))=\(self.percentEncoded($1))" }.joined(separator: "&")
  }

  private static func pairs(_ name: String, _ value: JSONValue) -> [(String, String)] {
    switch value {
    case .array(let elements): elements.isEmpty ? [(name, "")] : elements.flatMap { self.pairs(name, $0) }
    case .object(let members):
      members.sorted { $0.key < $1.key }.flatMap { self.pairs("\(name).\($0.key)", $0.value) }
    case .string(let text): [(name, text)]
    case .null: [(name, "")]
    default: [(name, String(decoding: value.bytes, as: UTF8.self))]
    }
  }

  private static func percentEncoded(_ text: String) -> String {
    let digits = Array("0123456789ABCDEF".utf8)
    var bytes: [UInt8] = []
    for byte in text.utf8 {
      switch byte {
      case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"):
        bytes.append(byte)
      default: bytes += [UInt8(ascii: "%"), digits[Int(byte >> 4)], digits[Int(byte & 15)]]
      }
    }
    return String(decoding: bytes, as: UTF8.self)
  }
}

extension String {
  fileprivate var trimmingSpaces: Substring {
    let start = self.drop { $0.isWhitespace }
    return start[..<(start.lastIndex { !$0.isWhitespace }.map { start.index(after: $0) } ?? start.startIndex)]
  }
}
