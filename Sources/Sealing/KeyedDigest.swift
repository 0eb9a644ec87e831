internal import CCrypto

/// HMAC-SHA-256 with a key of 32 bytes.
enum KeyedDigest {
  static func of(_ text: String, by key: [UInt8]) throws(SealFault) -> [UInt8] {
    let bytes = Array(text.utf8)
    var digest = [UInt8](repeating: 0, count: 32)
    guard key.count == 32, unsafe csodium_hmac_sha256(key, bytes, bytes.count, &digest) == 0 else { throw .library }
    return digest
  }
}
