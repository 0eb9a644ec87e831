internal import CCrypto

/// What a backup is encrypted with, and how whoever opens it comes to the same. It has no printable form.
public struct BackupKey: Sendable {
  /// How the key is had from a passphrase: Argon2id 1.3 with one lane, 32 bytes.
  public struct Derivation: Hashable, Sendable, Codable {
    /// 16 bytes as hexadecimal digits, drawn for each backup.
    public var salt: String
    /// How often the memory is gone over, 1 to 20.
    public var passes: UInt64
    /// How much memory it takes, in bytes, 8 KiB to 1 GiB.
    public var memoryBytes: Int

    private enum CodingKeys: String, CodingKey {
      case salt
      case passes
      case memoryBytes = "memory_bytes"
    }

    /// Puts a derivation down.
    public init(salt: String, passes: UInt64, memoryBytes: Int) {
      (self.salt, self.passes, self.memoryBytes) = (salt, passes, memoryBytes)
    }

    /// What costs a guess about half a second on a small box: 64 MiB, three passes; a fresh salt.
    public static func drawn() -> Derivation {
      Derivation(salt: Hexadecimal.text(Draw.bytes(16)), passes: 3, memoryBytes: 64 << 20)
    }

    /// True for a cost that this program is willing to pay.
    public var isReasonable: Bool {
      Hexadecimal.bytes(self.salt)?.count == 16 && (1...20).contains(self.passes)
        && ((8 << 10)...(1 << 30)).contains(self.memoryBytes)
    }

    /// The key that follows from a passphrase.
    /// - Throws: ``SealFault/library`` also for a cost that is not reasonable, or that there is no memory for.
    public func key(of passphrase: String) throws(SealFault) -> [UInt8] {
      guard self.isReasonable, let salt = Hexadecimal.bytes(self.salt) else { throw .library }
      let bytes = Array(passphrase.utf8)
      var key = [UInt8](repeating: 0, count: 32)
      guard unsafe csealing_argon2id(bytes, bytes.count, salt, self.passes, self.memoryBytes, &key) == 0 else {
        throw .library
      }
      return key
    }
  }

  /// How the key is had with a secret key: a key of 32 bytes, drawn for each backup, in a sealed box.
  struct Recipient: Hashable, Codable {
    /// Whose secret key opens it, X25519, hexadecimal.
    var publicKey: String
    /// crypto_box_seal of the key: 80 bytes, hexadecimal.
    var sealedKey: String

    private enum CodingKeys: String, CodingKey {
      case publicKey = "public_key"
      case sealedKey = "sealed_key"
    }
  }

  let bytes: [UInt8]
  let derivation: Derivation?
  let recipient: Recipient?

  /// Takes a key that was had from a passphrase.
  /// - Returns: nil unless there are 32 bytes, and for a derivation that nobody would repeat.
  public init?(_ bytes: [UInt8], derivation: Derivation) {
    guard bytes.count == 32, derivation.isReasonable else { return nil }
    (self.bytes, self.derivation, self.recipient) = (bytes, derivation, nil)
  }

  /// Draws a key that nobody but the owner of a public key can have.
  /// - Returns: nil for what is no public key.
  public init?(recipient publicKey: [UInt8]) {
    guard publicKey.count == 32 else { return nil }
    let key = Draw.bytes(32)
    var box = [UInt8](repeating: 0, count: 80)
    guard unsafe csealing_box_seal(publicKey, key, &box) == 0 else { return nil }
    (self.bytes, self.derivation) = (key, nil)
    self.recipient = Recipient(publicKey: Hexadecimal.text(publicKey), sealedKey: Hexadecimal.text(box))
  }

  /// The public key of a secret one.
  public static func publicKey(of secret: [UInt8]) throws(SealFault) -> [UInt8] {
    var key = [UInt8](repeating: 0, count: 32)
    guard secret.count == 32, unsafe csodium_x25519_public(secret, &key) == 0 else { throw .library }
    return key
  }
}

extension BackupKey: CustomStringConvertible, CustomReflectable {
  /// That it is one, and nothing else.
  public var description: String { "a backup key" }
  /// Empty: reflection must not reach the key.
  public var customMirror: Mirror { Mirror(self, children: [:]) }
}

/// What whoever opens a backup has.
public enum BackupSecret: Sendable {
  /// The passphrase.
  case passphrase(String)
  /// The secret key of the recipient, 32 bytes.
  case secretKey([UInt8])
}
