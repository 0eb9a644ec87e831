internal import Foundation

/// An entry of the audit log in its place: one link of the chain.
///
/// Its hash is SHA-256 of the hash before it as 64 lower-case hexadecimal digits, a line feed, and the entry as JSON in
/// UTF-8 without spaces, members in alphabetical order. Before the first one stand 64 zeros.
public struct AuditRecord: Hashable, Sendable {
  /// What stands for the hash before the first entry.
  public static let origin = String(repeating: "0", count: 64)

  /// Its place, counting up from 1.
  public var sequence: Int64
  /// The entry as JSON.
  public var text: String
  /// Its hash in hexadecimal.
  public var hash: String

  /// Takes what is stored.
  init(sequence: Int64, text: String, hash: String) {
    (self.sequence, self.text, self.hash) = (sequence, text, hash)
  }

  /// Takes a line of an export: the entry with a member `hash`.
  /// - Returns: nil for what is no such line.
  public init?(line: String) {
    guard let json = try? Store.json(line), var members = json.object, let hash = members["hash"]?.string,
      case .int(let sequence)? = members["sequence"]
    else { return nil }
    members["hash"] = nil
    guard let text = try? Store.text(.object(members)) else { return nil }
    self.init(sequence: sequence, text: text, hash: hash)
  }

  /// The hash that `text` has behind another one.
  static func hash(of text: String, after previous: String) -> String {
    Digest(of: Array("\(previous)\n\(text)".utf8)).hex
  }

  /// The entry; null when it is no JSON.
  var entry: JSONValue { (try? Store.json(self.text)) ?? .null }

  /// The entry with its hash, as the API and exports show it.
  public var json: JSONValue {
    .object((self.entry.object ?? [:]).merging(["hash": .string(self.hash)]) { _, hash in hash })
  }

  /// The line of an export, without the line feed.
  public var line: String { (try? Store.text(self.json)) ?? "" }
}
