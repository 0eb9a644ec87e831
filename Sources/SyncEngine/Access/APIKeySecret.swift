internal import CCrypto

/// What is sent as `Authorization: Bearer`. It has no printable form; ``text`` alone shows it.
public struct APIKeySecret: Hashable, Sendable {
  /// The key in clear. For the one answer that tells it; never for a log or an error.
  public let text: String

  /// Draws one with the system's generator: 31 characters of 57, of which 24 are never shown again (140 bits).
  public init() {
    var random = SystemRandomNumberGenerator()
    let alphabet = Array("123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz")
    func draw(_ count: Int) -> String {
      String((0..<count).compactMap { _ in alphabet.randomElement(using: &random) })
    }
    // The clients refuse keys that begin like other kinds of token: seam_at, seam_cst, seam_pk.
    self.text = "seam_e\(draw(7))_\(draw(24))"
  }

  /// Takes a key that somebody else made.
  /// - Returns: nil for one that would not work with the official clients; see ``fault(of:)``.
  public init?(_ text: String) {
    guard Self.fault(of: text) == nil else { return nil }
    self.text = text
  }

  /// Why a key would not work with the official clients; nil when it does.
  public static func fault(of key: String) -> String? {
    guard key.hasPrefix("seam_") else { return "must begin with seam_, as the official clients demand" }
    for prefix in ["seam_at", "seam_cst", "seam_pk"] where key.hasPrefix(prefix) {
      return "must not begin with \(prefix): the official clients take it for another kind of token"
    }
    guard key.utf8.count >= 25, key.utf8.count <= 200, key.utf8.allSatisfy({ $0 > 32 && $0 < 127 }) else {
      return
        "must have 20 to 195 further characters after seam_, without spaces; make one with: echo seam_$(openssl rand -hex 16)"
    }
    return nil
  }

  /// The first characters, to recognise the key by: 8 of one that somebody else made, whose other characters may be few.
  public var prefix: String {
    let isDrawn = self.text.hasPrefix("seam_e") && self.text.utf8.count == 38
    return String(self.text.prefix(isDrawn ? 13 : 8))
  }

  /// Its SHA-256.
  public var digest: Digest { Digest(of: Array(self.text.utf8)) }
}

extension APIKeySecret: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
  /// Says that it is one, and nothing else.
  public var description: String { "API key" }
  /// As ``description``.
  public var debugDescription: String { self.description }
  /// Empty: reflection must not reach the characters.
  public var customMirror: Mirror { Mirror(self, children: [:]) }
}
