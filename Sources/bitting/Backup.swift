import ArgumentParser
import Foundation
import Gateway
import Sealing
import SyncEngine

/// `bitting backup`: everything that another box needs to serve the same locks, in one encrypted file.
struct Backup: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Write codes, keys and history into one encrypted file, while bittingd runs or not.",
    discussion: """
      Asks the daemon, at its unix socket or with --url on another box: it puts its configuration in, and the audit log \
      says who had the backup. Over TCP the key must have the scopes admin and reveal. Where no daemon runs, or with \
      --data-dir, the data directory itself is read; that needs root or the daemon's user.

      The file opens with the passphrase, or with the secret key that `bitting backup-key` made, and with nothing else: \
      keep those elsewhere. Whoever has both can open every door. The passphrase does not leave this machine.
      """)

  @Argument(help: ArgumentHelp("The file to write; named after machine and day when left out.", valueName: "file"))
  var file: String?

  @Option(help: ArgumentHelp("A file with the passphrase; asked for when left out.", valueName: "file"))
  var passphraseFile: String?

  @Option(help: ArgumentHelp("The public key of whoever may open it, instead of a passphrase.", valueName: "key"))
  var recipient: String?

  @OptionGroup(title: "Which daemon, and how it is shown") var gateway: GatewayOptions

  @OptionGroup(title: "Which data directory") var data: DataOptions

  @Option(help: ArgumentHelp("A configuration to put in; a daemon puts its own in.", valueName: "file"))
  var config: String?

  /// True when somebody said that the data directory is to be read here.
  private var isOwn: Bool { self.data.directory.given != nil || self.data.sealKeyFile != nil || self.config != nil }

  func validate() throws {
    guard self.passphraseFile == nil || self.recipient == nil else {
      throw ValidationError("Give --passphrase-file or --recipient, not both.")
    }
    guard !self.isOwn || (self.gateway.socket == nil && self.gateway.url == nil) else {
      throw ValidationError(
        "--data-dir, --seal-key-file and --config are for reading the data directory here, --socket and --url for asking a daemon: give one or the other."
      )
    }
  }

  func run() async throws {
    do {
      if self.isOwn { return try await self.writeOwn() }
      try await self.gateway.withClient { try await self.ask($0) }
    } catch let fault as GatewayFault {
      throw fault.fault.reported(by: "bitting")
    } catch let fault as StartFault {
      throw fault.reported(by: "bitting")
    } catch let fault as Store.Fault {
      throw StartFault(fault.status, "\(fault)").reported(by: "bitting")
    } catch let fault as CocoaError {
      throw StartFault(.cannotCreate, "\(fault.localizedDescription); is the disk full?").reported(by: "bitting")
    }
  }

  // MARK: From the daemon

  private func ask(_ client: GatewayClient) async throws {
    do throws(GatewayFault) {
      // Before anybody is asked for a passphrase.
      _ = try await client.ask("/health")
    } catch {
      guard error.isNobodyThere, client.address.isUsual else {
        if error.refusal == nil { throw error }
        return try await self.fetch(from: client)
      }
      return try await self.writeOwn(besides: "no bittingd answers at \(client.address), and ")
    }
    try await self.fetch(from: client)
  }

  private func fetch(from client: GatewayClient) async throws {
    let lock = try BackupLock(recipient: self.recipient, passphraseFile: self.passphraseFile)
    let path = self.file ?? BackupContents.fileName(at: Date(), host: client.address.host)
    try await self.write(path) { file in
      let headers = try await client.download("/bitting/backup", lock.members) { try file.append($0) }
      return (
        headers["bitting-locks"].flatMap { Int($0) } ?? 0, headers["bitting-access-codes"].flatMap { Int($0) } ?? 0
      )
    }
  }

  // MARK: From the data directory

  private func writeOwn(besides reason: String = "") async throws {
    let store: String
    do throws(StartFault) {
      store = try self.data.store()
    } catch {
      throw StartFault(error.status, reason + error.message)
    }
    let seal = try Store.seal(ofStoreAt: store, under: try self.data.sealKey())
    if let config = self.config, !FileManager.default.isReadableFile(atPath: config) {
      throw StartFault(.unavailable, "\(config) cannot be read; name the configuration with --config")
    }
    let lock = try BackupLock(recipient: self.recipient, passphraseFile: self.passphraseFile)
    guard let key = lock.key else { throw StartFault(.software, "the cryptographic library does not work") }
    let path = self.file ?? BackupContents.fileName(at: Date())
    try await self.write(path) { [data, config] file in
      let contents = try BackupContents(
        of: data.url, seal: seal, configuration: config.map { URL(fileURLWithPath: $0) }, key: key)
      for try await piece in try contents.bytes() { try file.append(piece) }
      return (contents.summary.locks, contents.summary.codes)
    }
  }

  // MARK: The file

  /// Writes a new file; half of one is worth nothing and is removed.
  /// - Parameter body: writes it, and tells how many locks and access codes are in it.
  private func write(
    _ path: String, _ body: (borrowing NewFile) async throws -> (locks: Int, codes: Int)
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
      let counts = try await body(file)
      try file.end()
      try self.tell(path, locks: counts.locks, codes: counts.codes)
    } catch is NewFile.Fault {
      throw StartFault(.cannotCreate, "\(path) cannot be written; is the disk full?")
    } catch {
      file.discard()
      throw error
    }
  }

  private func tell(_ path: String, locks: Int, codes: Int) throws {
    let output = Output(isJSON: self.gateway.json)
    if output.isJSON {
      return try output.json([
        "file": .string(path), "locks": .int(Int64(locks)), "access_codes": .int(Int64(codes)),
      ])
    }
    try output.line("\(path): \(locks) locks, \(codes) access codes, and the keys of the locks")
    try output.line("Keep what opens it elsewhere, and try it out: bitting restore \(path) --data-dir DIRECTORY")
  }
}
