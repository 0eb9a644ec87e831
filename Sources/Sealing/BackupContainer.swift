internal import CCrypto
internal import FoundationEssentials

/// The outside of a backup, as docs/backup.md lays it out: a head that anybody can read, then what is inside, in pieces
/// of 64 KiB, each sealed for its place, the last marked as such.
public enum BackupContainer {
  /// How much of the inside is in one piece, the last excepted; in bytes.
  public static let pieceLength = 1 << 16
  /// What a sealed piece has more.
  static let overhead = 16
  static let magic = Array("BITTING BACKUP 1\n".utf8)
  static let longestHead = 4096

  /// What can be read of a backup without any key.
  public struct Head: Sendable, Codable {
    /// When it was made, ISO 8601.
    public var madeAt: String
    /// The program that made it, and its version.
    public var madeBy: String
    /// The first 16 bytes of every nonce, hexadecimal.
    var nonce: String
    /// How the key is had from a passphrase; nil for a backup for a recipient.
    public var passphrase: BackupKey.Derivation?
    var recipient: BackupKey.Recipient?

    private enum CodingKeys: String, CodingKey {
      case madeAt = "made_at"
      case madeBy = "made_by"
      case nonce
      case passphrase
      case recipient
    }

    /// True when whoever had the public key could have made it: it proves nothing of where it comes from.
    public var isForRecipient: Bool { self.recipient != nil }

    /// The key that seals what is inside.
    /// - Throws: ``SealFault/broken`` for a secret of the other kind, or another secret key.
    func key(_ secret: BackupSecret) throws(SealFault) -> [UInt8] {
      switch (secret, self.passphrase, self.recipient) {
      case (.passphrase(let words), let derivation?, _): return try derivation.key(of: words)
      case (.secretKey(let secret), _, let recipient?):
        var key = [UInt8](repeating: 0, count: 32)
        guard secret.count == 32, let box = Hexadecimal.bytes(recipient.sealedKey), box.count == 80,
          unsafe csealing_box_open(secret, box, &key) == 0
        else { throw .broken }
        return key
      default: throw .broken
      }
    }
  }

  /// Seals and opens pieces, one after the other.
  struct Pieces: Sendable {
    let key: [UInt8]
    let nonce: [UInt8]
    let headDigest: [UInt8]
    var number: UInt64 = 0

    mutating func seal(_ bytes: [UInt8], isLast: Bool) throws(SealFault) -> [UInt8] {
      let (nonce, context) = self.place(isLast)
      var sealed = [UInt8](repeating: 0, count: bytes.count + BackupContainer.overhead)
      guard unsafe csealing_seal(self.key, nonce, context, context.count, bytes, bytes.count, &sealed) == 0 else {
        throw .library
      }
      self.number += 1
      return sealed
    }

    mutating func open(_ sealed: [UInt8], isLast: Bool) throws(SealFault) -> [UInt8] {
      guard sealed.count >= BackupContainer.overhead else { throw .broken }
      let (nonce, context) = self.place(isLast)
      var bytes = [UInt8](repeating: 0, count: sealed.count - BackupContainer.overhead)
      guard unsafe csealing_open(self.key, nonce, context, context.count, sealed, sealed.count, &bytes) == 0 else {
        throw .broken
      }
      self.number += 1
      return bytes
    }

    private func place(_ isLast: Bool) -> (nonce: [UInt8], context: [UInt8]) {
      (self.nonce + BackupContainer.bigEndian(self.number), self.headDigest + [isLast ? 1 : 0])
    }
  }

  static func bigEndian(_ number: some FixedWidthInteger) -> [UInt8] {
    stride(from: number.bitWidth - 8, through: 0, by: -8).map { UInt8(truncatingIfNeeded: number >> $0) }
  }

  static func digest(of bytes: [UInt8]) throws(SealFault) -> [UInt8] {
    var digest = [UInt8](repeating: 0, count: 32)
    guard unsafe ccrypto_sha256(bytes, bytes.count, &digest) == 0 else { throw .library }
    return digest
  }
}
