import FoundationEssentials
import LockCore
import SyncEngine

/// Names the first item of the next page, and the request that it belongs to. On the wire: base64 of
/// `["<fingerprint>", {"created_at": "…", "id": "…"}]`.
struct PageCursor: Hashable {
  /// Of the path and all parameters but the cursor; see ``fingerprint(of:path:)``.
  var fingerprint: String
  /// When the item was made.
  var createdAt: Timestamp
  /// The item's id.
  var id: String

  /// The text that goes out.
  var text: String {
    let json: JSONValue = [
      .string(self.fingerprint), ["created_at": .string(self.createdAt.iso8601), "id": .string(self.id)],
    ]
    return Data(json.bytes).base64EncodedString()
  }

  init(fingerprint: String, createdAt: Timestamp, id: String) {
    (self.fingerprint, self.createdAt, self.id) = (fingerprint, createdAt, id)
  }

  /// Reads what ``text`` wrote.
  /// - Returns: nil for anything else.
  init?(_ text: String) {
    guard let data = Data(base64Encoded: text), let json = try? JSONReader.read(Array(data)),
      let parts = json.array, parts.count == 2, let fingerprint = parts[0].string,
      let createdAt = parts[1]["created_at"]?.string.flatMap({ Timestamp(iso8601: $0) }),
      let id = parts[1]["id"]?.string
    else { return nil }
    (self.fingerprint, self.createdAt, self.id) = (fingerprint, createdAt, id)
  }

  /// Tells requests apart (FNV-1a, 64 bit): it finds mistakes and is no protection.
  static func fingerprint(of input: Input, path: String) -> String {
    let document: JSONValue = [
      .string(path), .object(input.values.filter { $0.key != "page_cursor" }),
    ]
    let hash = document.bytes.reduce(0xcbf2_9ce4_8422_2325 as UInt64) { ($0 ^ UInt64($1)) &* 0x100_0000_01b3 }
    return String(hash, radix: 16)
  }
}
