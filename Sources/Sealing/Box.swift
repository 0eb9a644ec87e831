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

/// HMAC-SHA-256 with a key of 32 bytes.
enum Digest {
  static func keyed(by key: [UInt8], _ text: String) throws(SealFault) -> [UInt8] {
    let bytes = Array(text.utf8)
    var digest = [UInt8](repeating: 0, count: 32)
    guard key.count == 32, unsafe csodium_hmac_sha256(key, bytes, bytes.count, &digest) == 0 else { throw .library }
    return digest
  }
}

/// The system's generator of random numbers.
public enum Draw {
  /// As many random bytes.
  public static func bytes(_ count: Int) -> [UInt8] {
    var generator = SystemRandomNumberGenerator()
    var bytes: [UInt8] = []
    bytes.reserveCapacity(count + 8)
    while bytes.count < count {
      let word: UInt64 = generator.next()
      for shift in stride(from: UInt64(0), to: 64, by: 8) { bytes.append(UInt8(truncatingIfNeeded: word >> shift)) }
    }
    bytes.removeLast(bytes.count - count)
    return bytes
  }
}

/// Bytes as digits.
public enum Hexadecimal {
  /// Two lower-case digits a byte.
  public static func text(_ bytes: some Sequence<UInt8>) -> String {
    let digits = Array("0123456789abcdef".utf8)
    var text: [UInt8] = []
    for byte in bytes { text += [digits[Int(byte >> 4)], digits[Int(byte & 15)]] }
    return String(decoding: text, as: UTF8.self)
  }

  /// The bytes of an even number of digits, upper or lower case; nil for anything else.
  public static func bytes(_ text: String) -> [UInt8]? {
    var (bytes, high): ([UInt8], UInt8?) = ([], nil)
    for character in text {
      guard character.isASCII, let value = character.hexDigitValue else { return nil }
      if let first = high {
        bytes.append(first << 4 | UInt8(value))
        high = nil
      } else {
        high = UInt8(value)
      }
    }
    return high == nil ? bytes : nil
  }
}
