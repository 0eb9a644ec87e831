internal import CCrypto

/// API keys, known by their hashes alone.
extension SyncEngine {
  /// SHA-256 of an API key in lower-case hexadecimal, as the store keeps it.
  public static func hash(ofAPIKey key: String) -> String { self.hash(of: Array(key.utf8)) }

  /// SHA-256 in lower-case hexadecimal of a document with its keys in order: the same for the same request.
  public static func hash(of document: JSONValue) -> String? {
    (try? Store.text(document)).map { self.hash(of: Array($0.utf8)) }
  }

  private static func hash(of bytes: [UInt8]) -> String {
    var digest = [UInt8](repeating: 0, count: 32)
    _ = unsafe ccrypto_sha256(bytes, bytes.count, &digest)
    return digest.map { byte in
      let digits = String(byte, radix: 16)
      return byte < 16 ? "0" + digits : digits
    }.joined()
  }

  /// True for a key whose hash the store holds; compares in constant time.
  public nonisolated func apiKeyIsKnown(_ key: String) -> Bool {
    let hash = Array(Self.hash(ofAPIKey: key).utf8)
    var isKnown = false
    for known in self.keyHashes where known.count == hash.count {
      var difference: UInt8 = 0
      for (left, right) in zip(known, hash) { difference |= left ^ right }
      isKnown = isKnown || difference == 0
    }
    return isKnown
  }
}
