import CCrypto

/// 32 bytes as they are seen on the wire: a public key, a challenge, an authenticator.
public struct NukiBlock: Sendable {
  /// The bytes, 32 of them.
  public let bytes: [UInt8]

  /// Takes exactly 32 bytes.
  /// - Returns: nil for another number of bytes.
  public init?(_ bytes: some Collection<UInt8>) {
    guard bytes.count == 32 else { return nil }
    self.bytes = Array(bytes)
  }

  /// Draws 32 bytes.
  public init(from random: inout NukiRandom) { self.bytes = random.bytes(32) }

  /// Computes 32 bytes.
  init(_ compute: (inout [UInt8]) -> Int32) throws(NukiCryptoFault) {
    var bytes = [UInt8](repeating: 0, count: 32)
    guard compute(&bytes) == 0 else { throw NukiCryptoFault() }
    self.bytes = bytes
  }
}

extension NukiBlock: Hashable {
  /// Takes the same time wherever the two differ.
  public static func == (left: Self, right: Self) -> Bool {
    unsafe csodium_equal(left.bytes, right.bytes, 32) == 1
  }
}

/// A public key that nobody may use, or a library that does not start.
public struct NukiCryptoFault: Error, Hashable, Sendable {}

/// A secret of 32 bytes: an X25519 secret key, or the session key of an authorization. It has no printable form.
public struct NukiKey: Hashable, Sendable {
  private let block: NukiBlock

  /// Takes a key.
  /// - Returns: nil unless there are 32 bytes, and for all zeros, which are no secret.
  public init?(_ bytes: some Collection<UInt8>) {
    guard let block = NukiBlock(bytes), block.bytes.contains(where: { $0 != 0 }) else { return nil }
    self.block = block
  }

  private init(_ block: NukiBlock) { self.block = block }

  /// Draws a secret key for one pairing.
  public init(from random: inout NukiRandom) { self.block = NukiBlock(from: &random) }

  /// The key in clear. For the key store alone; never for a log or an error.
  public var bytes: [UInt8] { self.block.bytes }

  /// The X25519 public key of this secret one.
  public func publicKey() throws(NukiCryptoFault) -> NukiBlock {
    try NukiBlock { unsafe csodium_x25519_public(self.bytes, &$0) }
  }

  /// The session key that this secret key and the peer's public key come to: HSalsa20 over sixteen zeros, keyed with
  /// X25519 of both (`crypto_box_beforenm`).
  /// - Throws: for a public key of small order.
  public func sessionKey(with peer: NukiBlock) throws(NukiCryptoFault) -> NukiKey {
    NukiKey(try NukiBlock { unsafe csodium_box_beforenm(self.bytes, peer.bytes, &$0) })
  }

  /// HMAC-SHA-256 with this key over the parts, one after the other.
  public func authenticator(over parts: [UInt8]...) throws(NukiCryptoFault) -> NukiBlock {
    let message = parts.flatMap { $0 }
    return try NukiBlock { unsafe csodium_hmac_sha256(self.bytes, message, message.count, &$0) }
  }

  /// XSalsa20-Poly1305: the tag of 16 bytes, then the ciphertext.
  func seal(_ plaintext: [UInt8], nonce: [UInt8]) throws(NukiCryptoFault) -> [UInt8] {
    var box = [UInt8](repeating: 0, count: plaintext.count + 16)
    guard nonce.count == 24,
      unsafe csodium_secretbox_seal(self.bytes, nonce, plaintext, plaintext.count, &box) == 0
    else { throw NukiCryptoFault() }
    return box
  }

  /// What was sealed; nil for a box that was sealed with another key or nonce, or was damaged.
  func open(_ box: [UInt8], nonce: [UInt8]) -> [UInt8]? {
    guard nonce.count == 24, box.count >= 16 else { return nil }
    var plaintext = [UInt8](repeating: 0, count: box.count - 16)
    guard unsafe csodium_secretbox_open(self.bytes, nonce, box, box.count, &plaintext) == 0 else { return nil }
    return plaintext
  }
}

extension NukiKey: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
  /// What it is, not what is in it.
  public var description: String { "Nuki key" }
  /// As ``description``.
  public var debugDescription: String { self.description }
  /// Empty: reflection must not reach the key.
  public var customMirror: Mirror { Mirror(self, children: [:]) }
}

/// Where keys and nonces are drawn from.
public enum NukiRandom: Hashable, Sendable {
  /// The system's generator. Nothing else makes a secret.
  case system
  /// The same bytes for the same number (SplitMix64). For tests and simulations: everybody can open such messages.
  case seeded(UInt64)

  /// Draws bytes.
  public mutating func bytes(_ count: Int) -> [UInt8] {
    var bytes: [UInt8] = []
    bytes.reserveCapacity(count + 7)
    while bytes.count < count {
      let word = self.next()
      for shift in stride(from: UInt64(0), to: 64, by: 8) { bytes.append(UInt8(truncatingIfNeeded: word >> shift)) }
    }
    bytes.removeLast(bytes.count - count)
    return bytes
  }

  private mutating func next() -> UInt64 {
    switch self {
    case .system:
      var generator = SystemRandomNumberGenerator()
      return generator.next()
    case .seeded(let seed):
      let state = seed &+ 0x9E37_79B9_7F4A_7C15
      self = .seeded(state)
      var mixed = state
      mixed = (mixed ^ mixed >> 30) &* 0xBF58_476D_1CE4_E5B9
      mixed = (mixed ^ mixed >> 27) &* 0x94D0_49BB_1331_11EB
      return mixed ^ mixed >> 31
    }
  }
}
