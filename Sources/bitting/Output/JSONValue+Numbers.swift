import LockCore
import SyncEngine

extension JSONValue {
  /// The instant that an ISO 8601 text is; nil for anything else.
  var timestamp: Timestamp? { self.string.flatMap { Timestamp(iso8601: $0) } }
  /// The number; nil for anything else.
  var number: Double? {
    switch self {
    case .int(let value): Double(value)
    case .double(let value): value
    default: nil
    }
  }
  /// The whole number; nil for anything else.
  var whole: Int? { self.number.flatMap { Int(exactly: $0) } }
}
