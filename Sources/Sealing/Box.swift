internal import CCrypto

/// How a sealed value is laid out: one byte 1 for this layout; the generation of the key, four bytes, the highest first;
/// a nonce of 24 bytes, drawn for each; XChaCha20-Poly1305's ciphertext; its tag of 16 bytes.
enum Box {
  static let layout: UInt8 = 1
  private static let nonceAt = 5
  private static let cipherAt = 29
  /// How much longer a sealed value is.
  static let overhead = 45

  static func seal(
    _ bytes: [UInt8], under key: [UInt8], generation: UInt32, context: String
  ) throws(SealFault) -> [UInt8] {
    let nonce = Draw.bytes(24)
    let context = Array(context.utf8)
    var cipher = [UInt8](repeating: 0, count: bytes.count + 16)
    guard unsafe csealing_seal(key, nonce, context, context.count, bytes, bytes.count, &cipher) == 0 else {
      throw .library
    }
    let number = [24, 16, 8, 0].map { UInt8(truncatingIfNeeded: generation >> $0) }
    return [Self.layout] + number + nonce + cipher
  }

  static func open(
    _ box: [UInt8], under key: (UInt32) -> [UInt8]?, context: String
  ) throws(SealFault) -> [UInt8] {
    guard box.count >= Self.overhead, box[0] == Self.layout else { throw .broken }
    let generation = box[1..<Self.nonceAt].reduce(UInt32(0)) { $0 << 8 | UInt32($1) }
    guard let key = key(generation) else { throw .noSuchKey(generation: generation) }
    let (nonce, cipher, context) = (
      Array(box[Self.nonceAt..<Self.cipherAt]), Array(box[Self.cipherAt...]), Array(context.utf8)
    )
    var bytes = [UInt8](repeating: 0, count: cipher.count - 16)
    guard unsafe csealing_open(key, nonce, context, context.count, cipher, cipher.count, &bytes) == 0 else {
      throw .broken
    }
    return bytes
  }
}
