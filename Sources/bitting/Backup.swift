import ArgumentParser
import Foundation
import Gateway
import Glibc
import Sealing
import SyncEngine

/// `bitting backup`: everything that another box needs to serve the same locks, in one encrypted file.
struct Backup: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Write codes, keys and history into one encrypted file, while bittingd runs or not.",
    discussion: """
      The file opens with the passphrase, or with the secret key that `bitting backup-key` made, and with nothing else: \
      keep those elsewhere. Whoever has both can open every door.
      """)

  @Argument(help: ArgumentHelp("The file to write; named after machine and day when left out.", valueName: "file"))
  var file: String?

  @OptionGroup(title: "Which data directory") var data: DataOptions

  @Option(help: ArgumentHelp("A file with the passphrase; asked for when left out.", valueName: "file"))
  var passphraseFile: String?

  @Option(help: ArgumentHelp("The public key of whoever may open it, instead of a passphrase.", valueName: "key"))
  var recipient: String?

  @Option(help: ArgumentHelp("A configuration to put in.", valueName: "file"))
  var config: String?

  func validate() throws {
    guard self.passphraseFile == nil || self.recipient == nil else {
      throw ValidationError("Give --passphrase-file or --recipient, not both.")
    }
  }

  func run() async throws {
    do {
      let seal = try Store.seal(ofStoreAt: try self.data.store(), under: try self.data.sealKey())
      if let config = self.config, !FileManager.default.isReadableFile(atPath: config) {
        throw StartFault(.unavailable, "\(config) cannot be read; name the configuration with --config")
      }
      let contents = try BackupContents(
        of: self.data.url, seal: seal, configuration: self.config.map { URL(fileURLWithPath: $0) }, key: try self.key())
      let path = self.file ?? Self.name(at: Date())
      try await Self.write(try contents.bytes(), to: path)
      let summary = contents.summary
      print("\(path): \(summary.locks) locks, \(summary.codes) access codes, and the keys of the locks")
      print("Keep what opens it elsewhere, and try it out: bitting restore \(path) --data-dir DIRECTORY")
    } catch let fault as StartFault {
      throw fault.reported(by: "bitting")
    } catch let fault as Store.Fault {
      throw StartFault(fault.status, "\(fault)").reported(by: "bitting")
    } catch let fault as CocoaError {
      throw StartFault(.cannotCreate, "\(fault.localizedDescription); is the disk full?").reported(by: "bitting")
    }
  }

  private func key() throws(StartFault) -> BackupKey {
    if let recipient = self.recipient {
      guard let bytes = Hexadecimal.bytes(recipient), let key = BackupKey(recipient: bytes) else {
        throw StartFault(.usage, "--recipient wants the 64 digits that bitting backup-key has printed")
      }
      return key
    }
    let words = try Passphrase.new(file: self.passphraseFile)
    let derivation = BackupKey.Derivation.drawn()
    guard let bytes = try? derivation.key(of: words), let key = BackupKey(bytes, derivation: derivation) else {
      throw StartFault(.unavailable, "there are no 64 MiB of memory for the passphrase; stop something and try again")
    }
    return key
  }

  private static func name(at now: Date) -> String {
    let day = now.formatted(.iso8601.year().month().day())
    return "bitting-\(ProcessInfo.processInfo.hostName)-\(day).backup"
  }

  /// Writes a new file, synced; one that is there is left as it is.
  private static func write(
    _ bytes: AsyncThrowingStream<[UInt8], any Error>, to path: String
  ) async throws {
    let file: NewFile
    do { file = try NewFile(path: path) } catch {
      throw StartFault(
        .cannotCreate,
        error == .exists
          ? "\(path) is there already and is left as it is; name another file, or delete that one"
          : "\(path) cannot be written; name another file")
    }
    do {
      for try await piece in bytes { try file.append(piece) }
      try file.end()
    } catch is NewFile.Fault {
      throw StartFault(.cannotCreate, "\(path) cannot be written; is the disk full?")
    } catch {
      file.discard()
      throw error
    }
  }
}

/// `bitting backup-key`: makes the key with which backups are opened, so that the box that makes them never has it.
struct BackupKeyCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "backup-key",
    abstract: "Make a key for backups: the secret half into a file, the public half to be printed.",
    discussion: """
      Run it where the secret half is to stay, not on the gateway. The gateway makes backups with \
      `bitting backup --recipient PUBLIC` and cannot open them.
      """)

  @Argument(help: ArgumentHelp("The file for the secret half.", valueName: "file"))
  var file: String

  func run() async throws {
    do {
      if FileManager.default.fileExists(atPath: self.file) {
        throw StartFault(.cannotCreate, "\(self.file) is there already and is left as it is; name another file")
      }
      try SealKey.draw(into: self.file)
      print(Hexadecimal.text(try BackupKey.publicKey(of: Passphrase.secretKey(in: self.file))))
    } catch let fault as StartFault {
      throw fault.reported(by: "bitting")
    }
  }
}

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
