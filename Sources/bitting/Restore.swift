import ArgumentParser
import Foundation
import Gateway
import Glibc
import Sealing
import SyncEngine

/// `bitting restore`: puts a backup, or an earlier state that the daemon has put by, into a data directory.
struct Restore: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Put a backup, or an earlier state of the store, into a data directory.",
    discussion: """
      bittingd must be stopped. Everything is opened and checked before anything takes the place of what is there; what \
      is there is put aside, never deleted. No lock has to be paired again.
      """)

  @Argument(help: ArgumentHelp("The backup.", valueName: "file"))
  var file: String?

  @Flag(help: "Take the last good state that the daemon has put by, instead of a backup.")
  var snapshot = false

  @OptionGroup(title: "Which data directory") var data: DataOptions

  @Option(help: ArgumentHelp("A file with the passphrase; asked for when left out.", valueName: "file"))
  var passphraseFile: String?

  @Option(help: ArgumentHelp("The secret key that the backup was made for.", valueName: "file"))
  var keyFile: String?

  @Flag(help: "Put aside what the directory holds.")
  var replace = false

  func validate() throws {
    guard (self.file != nil) != self.snapshot else {
      throw ValidationError("Give the backup to restore, or --snapshot for the last good state of this box.")
    }
  }

  func run() async throws {
    do {
      // As whoever calls: both may be theirs alone.
      let input = try self.file.map { path throws(StartFault) in
        guard let input = FileHandle(forReadingAtPath: path) else {
          throw StartFault(.unavailable, "\(path) cannot be read; name a file that bitting backup has written")
        }
        try Restoring.checkHead(of: input, named: path)
        return input
      }
      let secretKey = try self.keyFile.map { file throws(StartFault) in try Passphrase.secretKey(in: file) }
      let passphrase = try self.passphraseFile.map { file throws(StartFault) in try Passphrase.known(file: file) }
      let user = getuid()
      let key = try self.data.sealKey { Self.say($0) }
      let directory = try self.data.take()
      if let input, let file = self.file {
        let restoring = try Restoring(into: directory, key: key, replaces: self.replace, user: user)
        let outcome = try restoring.restore(input, named: file) { head throws(StartFault) in
          if let secretKey { return .secretKey(secretKey) }
          guard head.passphrase != nil else {
            throw StartFault(.usage, "\(file) was made for a key: give the secret one with --key-file FILE")
          }
          if let passphrase { return .passphrase(passphrase) }
          return .passphrase(try Passphrase.known(file: nil))
        }
        Self.tell(outcome, directory: self.data.path)
      } else {
        let restoring = try Restoring(into: directory, key: key, replaces: true, user: user)
        Self.tell(try Self.lastGood(restoring, in: directory.url), directory: self.data.path)
      }
    } catch {
      throw error.reported(by: "bitting")
    }
  }

  /// Takes the newest state that is sound.
  private static func lastGood(_ restoring: Restoring, in directory: URL) throws(StartFault) -> Restoring.Outcome {
    var last = StartFault(
      .unavailable, "bittingd has put no state by in \(directory.path); restore a backup with: bitting restore FILE")
    for snapshot in StoreSnapshots(of: directory).all {
      do {
        return try restoring.restore(snapshot: snapshot)
      } catch  where error.status == .ioError {
        Self.say("\(snapshot.lastPathComponent) is not sound, an earlier one is tried: \(error.message)")
        last = error
      }
    }
    throw last
  }

  private static func tell(_ outcome: Restoring.Outcome, directory: String) {
    print(
      "Restored the state of \(outcome.madeAt), made on \(outcome.host): \(outcome.summary.locks) locks, \(outcome.summary.codes) access codes."
    )
    print(
      "Each lock is looked at before anything is written to it. Access codes that were deleted since then are back,")
    print("and those that were made since then are unknown: look through them once bittingd runs.")
    print("No other gateway may serve these locks any more: two gateways undo each other's codes.")
    if outcome.isUnproven {
      print(
        "This backup was made for a key: that it comes from your gateway is not proven. Know where you had it from.")
    }
    if let configuration = outcome.configuration {
      print("Its configuration lies in \(configuration); compare it with yours.")
    }
    if let keyFiles = outcome.keyFiles {
      print("The key files that it names lie in \(keyFiles), in clear; move each to where the configuration has it.")
    }
    if let replaced = outcome.replaced { print("What was there lies in \(replaced).") }
  }

  private static func say(_ sentence: String) { FileHandle.standardError.write(Data("\(sentence)\n".utf8)) }
}
