import Foundation
import Gateway
import Glibc
import Sealing
import SyncEngine

/// What opens backups, as people keep it.
enum Passphrase {
  private static let shortest = 8

  /// A passphrase for a new backup: from a file, else asked for twice at the terminal.
  static func new(file: String?) throws(StartFault) -> String {
    let words: String
    if let file {
      words = try Self.read(file)
    } else {
      words = try Self.asked("Passphrase for the backup (it is not shown):")
      guard try Self.asked("Once more:") == words else {
        throw StartFault(.usage, "the two are not the same; try again")
      }
    }
    guard words.count >= Self.shortest else {
      throw StartFault(.usage, "the passphrase has fewer than \(Self.shortest) characters; take several words")
    }
    return words
  }

  /// The passphrase of a backup that is there.
  static func known(file: String?) throws(StartFault) -> String {
    if let file { return try Self.read(file) }
    return try Self.asked("Passphrase of the backup (it is not shown):")
  }

  /// A secret key that `bitting backup-key` has written.
  static func secretKey(in file: String) throws(StartFault) -> [UInt8] {
    guard let text = try? String(contentsOfFile: file, encoding: .utf8),
      let bytes = Hexadecimal.bytes(text.trimmingCharacters(in: .whitespacesAndNewlines)), bytes.count == 32
    else { throw StartFault(.usage, "\(file) is no secret key; name the file that bitting backup-key has written") }
    return bytes
  }

  private static func read(_ file: String) throws(StartFault) -> String {
    guard let text = try? String(contentsOfFile: file, encoding: .utf8) else {
      throw StartFault(.usage, "\(file) cannot be read; give a file that holds the passphrase with --passphrase-file")
    }
    return text.trimmingCharacters(in: .newlines)
  }

  private static func asked(_ question: String) throws(StartFault) -> String {
    guard isatty(STDIN_FILENO) == 1 else {
      throw StartFault(.usage, "the passphrase is needed: give it with --passphrase-file FILE")
    }
    FileHandle.standardError.write(Data("\(question)\n".utf8))
    return unsafe String(cString: getpass(""))
  }
}

/// What a new backup is to open with.
enum BackupLock {
  /// The secret key of whoever has this public one.
  case recipient([UInt8])
  /// A passphrase, known only by what was made of it.
  case derived([UInt8], BackupKey.Derivation)

  /// Takes the public key that an option says; else asks for a passphrase, or reads it from a file.
  init(recipient: String?, passphraseFile: String?) throws(StartFault) {
    if let recipient {
      guard let bytes = Hexadecimal.bytes(recipient), BackupKey(recipient: bytes) != nil else {
        throw StartFault(.usage, "--recipient wants the 64 digits that bitting backup-key has printed")
      }
      self = .recipient(bytes)
      return
    }
    let words = try Passphrase.new(file: passphraseFile)
    let derivation = BackupKey.Derivation.drawn()
    guard let bytes = try? derivation.key(of: words) else {
      throw StartFault(.unavailable, "there are no 64 MiB of memory for the passphrase; stop something and try again")
    }
    self = .derived(bytes, derivation)
  }

  /// The key that a backup is encrypted with here.
  var key: BackupKey? {
    switch self {
    case .recipient(let bytes): BackupKey(recipient: bytes)
    case .derived(let bytes, let derivation): BackupKey(bytes, derivation: derivation)
    }
  }

  /// The same for the daemon, which never gets a passphrase.
  var members: [String: JSONValue] {
    switch self {
    case .recipient(let bytes): ["recipient": .string(Hexadecimal.text(bytes))]
    case .derived(let bytes, let derivation):
      [
        "key": .string(Hexadecimal.text(bytes)), "salt": .string(derivation.salt),
        "passes": .int(Int64(derivation.passes)), "memory_bytes": .int(Int64(derivation.memoryBytes)),
      ]
    }
  }
}
