/// Why a text is no JSON document, and where. Tells nothing of the text itself.
package struct JSONFault: Error, Hashable {
  /// What is wrong, as part of a sentence.
  package var reason: String
  /// Counted from 1.
  package var line: Int
  /// Counted from 1, in bytes.
  package var column: Int

  /// The same as a sentence.
  package var explanation: String { "\(self.reason) at line \(self.line), column \(self.column)" }
}

/// Reads one JSON document (RFC 8259). Of a repeated member the last value stays.
///
/// Nesting is bounded, so that a hostile text cannot use up the stack.
package struct JSONReader {
  /// Arrays and objects within each other, at most.
  package static let maximumDepth = 64

  private let bytes: [UInt8]
  private var position = 0
  private var depth = 0

  private init(_ bytes: [UInt8]) { self.bytes = bytes }

  /// The document that `bytes` are.
  package static func read(_ bytes: [UInt8]) throws(JSONFault) -> JSONValue {
    var reader = JSONReader(bytes)
    let value = try reader.value()
    reader.skipWhitespace()
    guard reader.position == bytes.count else { throw reader.fault("unexpected text after the document") }
    return value
  }

  private var next: UInt8? { self.position < self.bytes.count ? self.bytes[self.position] : nil }

  private func fault(_ reason: String) -> JSONFault {
    guard self.position < self.bytes.count else { return self.fault("the text ends too early", at: self.bytes.count) }
    return self.fault(reason, at: self.position)
  }

  private func fault(_ reason: String, at position: Int) -> JSONFault {
    let before = self.bytes.prefix(position)
    let lineStart = before.lastIndex(of: UInt8(ascii: "\n")).map { $0 + 1 } ?? 0
    let line = before.count { $0 == UInt8(ascii: "\n") } + 1
    return JSONFault(reason: reason, line: line, column: position - lineStart + 1)
  }

  private mutating func skipWhitespace() {
    while let byte = self.next, byte == 0x20 || byte == 0x0A || byte == 0x0D || byte == 0x09 { self.position += 1 }
  }

  private mutating func take(_ character: Unicode.Scalar) -> Bool {
    guard self.next == UInt8(ascii: character) else { return false }
    self.position += 1
    return true
  }

  private mutating func value() throws(JSONFault) -> JSONValue {
    self.skipWhitespace()
    guard let next = self.next else { throw self.fault("expected a value") }
    switch next {
    case UInt8(ascii: "{"): return try self.nested { (reader) throws(JSONFault) in try reader.object() }
    case UInt8(ascii: "["): return try self.nested { (reader) throws(JSONFault) in try reader.array() }
    case UInt8(ascii: "\""): return .string(try self.string())
    case UInt8(ascii: "t"): return try self.word("true", is: true)
    case UInt8(ascii: "f"): return try self.word("false", is: false)
    case UInt8(ascii: "n"): return try self.word("null", is: .null)
    case UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"): return try self.number()
    default: throw self.fault("expected a value")
    }
  }

  private mutating func nested(
    _ read: (inout JSONReader) throws(JSONFault) -> JSONValue
  ) throws(JSONFault) -> JSONValue {
    guard self.depth < Self.maximumDepth else {
      throw self.fault("arrays and objects are nested more than \(Self.maximumDepth) deep")
    }
    self.position += 1
    self.depth += 1
    let value = try read(&self)
    self.depth -= 1
    return value
  }

  private mutating func object() throws(JSONFault) -> JSONValue {
    var members: [String: JSONValue] = [:]
    self.skipWhitespace()
    if self.take("}") { return .object(members) }
    while true {
      self.skipWhitespace()
      guard self.next == UInt8(ascii: "\"") else { throw self.fault("expected a member name in quotes") }
      let name = try self.string()
      self.skipWhitespace()
      guard self.take(":") else { throw self.fault("expected ':'") }
      members[name] = try self.value()
      self.skipWhitespace()
      if self.take("}") { return .object(members) }
      guard self.take(",") else { throw self.fault("expected ',' or '}'") }
    }
  }

  private mutating func array() throws(JSONFault) -> JSONValue {
    var elements: [JSONValue] = []
    self.skipWhitespace()
    if self.take("]") { return .array(elements) }
    while true {
      elements.append(try self.value())
      self.skipWhitespace()
      if self.take("]") { return .array(elements) }
      guard self.take(",") else { throw self.fault("expected ',' or ']'") }
    }
  }

  private mutating func word(_ word: String, is value: JSONValue) throws(JSONFault) -> JSONValue {
    guard self.bytes[self.position...].starts(with: word.utf8) else { throw self.fault("expected a value") }
    self.position += word.utf8.count
    return value
  }

  private mutating func digits() throws(JSONFault) {
    let start = self.position
    while let byte = self.next, (0x30...0x39).contains(byte) { self.position += 1 }
    guard self.position > start else { throw self.fault("expected a digit") }
  }

  private mutating func number() throws(JSONFault) -> JSONValue {
    let start = self.position
    var isWhole = true
    _ = self.take("-")
    let beginsWithZero = self.next == UInt8(ascii: "0")
    let firstDigit = self.position
    try self.digits()
    guard !beginsWithZero || self.position == firstDigit + 1 else {
      throw self.fault("a number must not begin with 0", at: firstDigit)
    }
    if self.take(".") {
      isWhole = false
      try self.digits()
    }
    if self.take("e") || self.take("E") {
      isWhole = false
      if !self.take("+") { _ = self.take("-") }
      try self.digits()
    }
    let text = String(decoding: self.bytes[start..<self.position], as: UTF8.self)
    if isWhole, let value = Int64(text) { return .int(value) }
    guard let value = Double(text), value.isFinite else { throw self.fault("the number is too large", at: start) }
    return .double(value)
  }

  private mutating func string() throws(JSONFault) -> String {
    let start = self.position
    self.position += 1
    var content: [UInt8] = []
    while true {
      guard let byte = self.next else { throw self.fault("expected '\"'") }
      switch byte {
      case UInt8(ascii: "\""):
        self.position += 1
        guard let text = String(validating: content, as: UTF8.self) else {
          throw self.fault("the string is not UTF-8", at: start)
        }
        return text
      case UInt8(ascii: "\\"):
        content.append(contentsOf: String(try self.escape()).utf8)
      case 0..<0x20:
        throw self.fault("a control character must be escaped")
      default:
        content.append(byte)
        self.position += 1
      }
    }
  }

  private mutating func escape() throws(JSONFault) -> Unicode.Scalar {
    let start = self.position
    self.position += 1
    guard let byte = self.next else { throw self.fault("expected an escape") }
    self.position += 1
    switch byte {
    case UInt8(ascii: "\""): return "\""
    case UInt8(ascii: "\\"): return "\\"
    case UInt8(ascii: "/"): return "/"
    case UInt8(ascii: "b"): return "\u{8}"
    case UInt8(ascii: "f"): return "\u{C}"
    case UInt8(ascii: "n"): return "\n"
    case UInt8(ascii: "r"): return "\r"
    case UInt8(ascii: "t"): return "\t"
    case UInt8(ascii: "u"):
      let unit = try self.codeUnit()
      if let scalar = Unicode.Scalar(UInt32(unit)) { return scalar }
      if unit < 0xDC00, self.take("\\"), self.take("u") {
        let low = try self.codeUnit()
        let offset = (UInt32(unit) - 0xD800) << 10
        if (0xDC00...0xDFFF).contains(low), let scalar = Unicode.Scalar(0x10000 + offset + UInt32(low) - 0xDC00) {
          return scalar
        }
      }
      throw self.fault("half of a surrogate pair", at: start)
    default: throw self.fault("unknown escape", at: start)
    }
  }

  private mutating func codeUnit() throws(JSONFault) -> UInt16 {
    let end = self.position + 4
    guard end <= self.bytes.count else { throw self.fault("the text ends too early", at: self.bytes.count) }
    var unit: UInt16 = 0
    for byte in self.bytes[self.position..<end] {
      guard let digit = Character(Unicode.Scalar(byte)).hexDigitValue else {
        throw self.fault("expected four hexadecimal digits")
      }
      unit = unit << 4 | UInt16(digit)
    }
    self.position = end
    return unit
  }
}
