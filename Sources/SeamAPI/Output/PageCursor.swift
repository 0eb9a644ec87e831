import FoundationEssentials
import LockCore
import SyncEngine

/// Names the first item of the next page, and the request that it belongs to. On the wire: base64 of
/// `["<fingerprint>", {"created_at": "…", "id": "…"}, "<tag>"]`; the tag proves that this gateway wrote the rest.
struct PageCursor: Hashable {
  /// Of the path and all parameters but the cursor; see ``fingerprint(of:path:)``.
  var fingerprint: String
  /// When the item was made.
  var createdAt: Timestamp
  /// The item's id.
  var id: String

  init(fingerprint: String, createdAt: Timestamp, id: String) {
    (self.fingerprint, self.createdAt, self.id) = (fingerprint, createdAt, id)
  }

  /// The text that goes out.
  func text(sealedBy seal: CursorSeal) -> String {
    let tag = Data(seal.tag(of: JSONValue.array(self.members).bytes)).base64EncodedString()
    return Data(JSONValue.array(self.members + [.string(tag)]).bytes).base64EncodedString()
  }

  /// Reads what ``text(sealedBy:)`` wrote.
  /// - Returns: nil for anything else, be a single bit of it another one.
  init?(_ text: String, sealedBy seal: CursorSeal) {
    guard let data = Data(base64Encoded: text), let json = try? JSONReader.read(Array(data)),
      let parts = json.array, parts.count == 3, let fingerprint = parts[0].string,
      let createdAt = parts[1]["created_at"]?.string.flatMap({ Timestamp(iso8601: $0) }),
      let id = parts[1]["id"]?.string, let tag = parts[2].string.flatMap({ Data(base64Encoded: $0) })
    else { return nil }
    (self.fingerprint, self.createdAt, self.id) = (fingerprint, createdAt, id)
    // Only what is written in exactly this way counts: base64 and JSON have several spellings of one value.
    guard seal.isTag(Array(tag), of: JSONValue.array(self.members).bytes), self.text(sealedBy: seal) == text else {
      return nil
    }
  }

  private var members: [JSONValue] {
    [.string(self.fingerprint), ["created_at": .string(self.createdAt.iso8601), "id": .string(self.id)]]
  }

  /// Tells requests apart (FNV-1a, 64 bit): it finds mistakes; against forgery there is the tag.
  static func fingerprint(of input: Input, path: String) -> String {
    let document: JSONValue = [
      .string(path), .object(input.values.filter { $0.key != "page_cursor" }),
    ]
    let hash = document.bytes.reduce(0xcbf2_9ce4_8422_2325 as UInt64) { ($0 ^ UInt64($1)) &* 0x100_0000_01b3 }
    return String(hash, radix: 16)
  }
}
