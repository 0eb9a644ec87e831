internal import FoundationEssentials

/// Takes the bytes of a backup apart.
public struct BackupReader: Sendable {
  /// Why it is not read.
  public enum Fault: Error, Hashable, Sendable {
    /// It is no backup, or of a later format.
    case notABackup
    /// The passphrase or the key is another, or it was changed, cut short, or lengthened.
    case doesNotOpen
    /// The library does not work, or there is not as much memory as the passphrase wants.
    case library
  }

  /// What can be read without any key.
  public let head: BackupContainer.Head
  /// Where the first piece begins.
  public let headLength: Int
  private let headDigest: [UInt8]

  /// Reads the head.
  /// - Parameter beginning: the first 8 KiB, or all where there is less.
  public init(beginning: [UInt8]) throws(Fault) {
    let magic = BackupContainer.magic.count
    guard beginning.starts(with: BackupContainer.magic), beginning.count >= magic + 4 else { throw .notABackup }
    let length = beginning[magic..<(magic + 4)].reduce(0) { $0 << 8 | Int($1) }
    let end = magic + 4 + length
    guard length <= BackupContainer.longestHead, beginning.count >= end,
      let head = try? JSONDecoder().decode(
        BackupContainer.Head.self, from: Data(beginning[(magic + 4)..<end])),
      Hexadecimal.bytes(head.nonce)?.count == 16, head.passphrase?.isReasonable ?? true,
      (head.passphrase == nil) != (head.recipient == nil),
      let digest = try? BackupContainer.digest(of: Array(beginning[..<end]))
    else { throw .notABackup }
    (self.head, self.headLength, self.headDigest) = (head, end, digest)
  }

  /// Begins to open what is inside.
  /// - Parameter secret: the passphrase or the recipient's secret key.
  public func contents(_ secret: BackupSecret) throws(Fault) -> Contents {
    do {
      let key = try self.head.key(secret)
      return Contents(
        pieces: BackupContainer.Pieces(
          key: key, nonce: Hexadecimal.bytes(self.head.nonce) ?? [], headDigest: self.headDigest))
    } catch {
      throw error == .library ? .library : .doesNotOpen
    }
  }

  /// Opens pieces, one after the other. Nothing of them may be trusted before the last one has opened.
  public struct Contents: Sendable {
    /// How many bytes stand before each piece and tell its length.
    public static let prefixLength = 4
    fileprivate var pieces: BackupContainer.Pieces

    /// The length of the next piece, from the bytes before it.
    public static func length(_ prefix: [UInt8]) throws(Fault) -> Int {
      let length = prefix.reduce(0) { $0 << 8 | Int($1) }
      let range = BackupContainer.overhead...(BackupContainer.pieceLength + BackupContainer.overhead)
      guard prefix.count == Self.prefixLength, range.contains(length) else { throw .doesNotOpen }
      return length
    }

    /// Opens the next piece.
    /// - Parameter isLast: nothing follows it in the file.
    public mutating func open(_ piece: [UInt8], isLast: Bool) throws(Fault) -> [UInt8] {
      do { return try self.pieces.open(piece, isLast: isLast) } catch {
        throw error == .library ? .library : .doesNotOpen
      }
    }
  }
}
