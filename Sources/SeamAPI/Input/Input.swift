import LockCore
import SyncEngine

/// The checked input of a request.
struct Input: Sendable {
  /// The parameters that were sent and are known, by name.
  var values: [String: JSONValue]

  /// True when the parameter was sent, be it null.
  func has(_ name: String) -> Bool { self.values[name] != nil }
  /// A text.
  func text(_ name: String) -> String? { self.values[name]?.string }
  /// A truth value.
  func flag(_ name: String) -> Bool? { self.values[name]?.bool }
  /// A whole number.
  func integer(_ name: String) -> Int? { self.values[name]?.integer }
  /// A date and time.
  func timestamp(_ name: String) -> Timestamp? { self.text(name).flatMap { Timestamp(iso8601: $0) } }
  /// A list of texts.
  func texts(_ name: String) -> [String]? { self.values[name]?.array?.compactMap(\.string) }
  /// The digits of an access code; nil also when there are too many.
  func pin(_ name: String) -> PINCode? { self.text(name).flatMap { PINCode($0) } }

  /// A lock's id.
  func lock(_ name: String = "device_id") -> LockID? { self.text(name).map { LockID(rawValue: $0.lowercased()) } }
  /// An access code's id.
  func accessCode(_ name: String = "access_code_id") -> AccessCodeID? {
    self.text(name).map { AccessCodeID(rawValue: $0.lowercased()) }
  }

  /// A parameter whose absence the schema has refused already.
  func required<Value>(_ name: String, _ read: (Input) -> (String) -> Value?) throws(APIFault) -> Value {
    guard let value = read(self)(name) else {
      throw .invalidInput([InputProblem(path: [name], message: "Required")])
    }
    return value
  }

  /// The texts that both a single and a plural parameter leave; nil when neither was sent.
  func texts(_ single: String, _ plural: String) -> [String]? {
    guard let one = self.text(single) else { return self.texts(plural) }
    return self.texts(plural)?.contains(one) ?? true ? [one] : []
  }

  /// As ``texts(_:_:)`` for ids, in lower case as they are made here.
  func ids(_ single: String, _ plural: String) -> [String]? {
    self.texts(single, plural)?.map { $0.lowercased() }
  }
}
