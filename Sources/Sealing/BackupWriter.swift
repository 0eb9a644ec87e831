internal import FoundationEssentials

/// Makes the bytes of a backup.
public struct BackupWriter: Sendable {
  /// The beginning: everything before the first piece.
  public let head: [UInt8]
  private var pieces: BackupContainer.Pieces

  /// Begins a backup.
  /// - Parameters:
  ///   - key: what it is encrypted with; for one backup only.
  ///   - madeAt: when, ISO 8601.
  ///   - madeBy: the program and its version.
  public init(key: BackupKey, madeAt: String, madeBy: String) throws(SealFault) {
    let nonce = Draw.bytes(16)
    let head = BackupContainer.Head(
      madeAt: madeAt, madeBy: madeBy, nonce: Hexadecimal.text(nonce), passphrase: key.derivation,
      recipient: key.recipient)
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    guard let json = try? encoder.encode(head) else { throw .library }
    self.head = BackupContainer.magic + BackupContainer.bigEndian(UInt32(json.count)) + Array(json)
    self.pieces = BackupContainer.Pieces(
      key: key.bytes, nonce: nonce, headDigest: try BackupContainer.digest(of: self.head))
  }

  /// Seals the next piece of what is inside: of ``BackupContainer/pieceLength`` bytes, the last of any length up to it.
  public mutating func piece(_ bytes: [UInt8], isLast: Bool) throws(SealFault) -> [UInt8] {
    let sealed = try self.pieces.seal(bytes, isLast: isLast)
    return BackupContainer.bigEndian(UInt32(sealed.count)) + sealed
  }
}
