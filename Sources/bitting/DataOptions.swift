import ArgumentParser
import Foundation
import Gateway
import Sealing

/// Which data directory is meant; the same option on every command that looks at one.
struct DataDirectoryOption: ParsableArguments {
  @Option(
    name: .customLong("data-dir"),
    help: ArgumentHelp(
      "Where the daemon remembers; /var/lib/bitting on an installed box when left out.", valueName: "dir"))
  var given: String?

  /// Where it lies.
  var path: String { self.given ?? DataDirectory.usual }
}

/// Which data directory is worked on, and with which key; the same options on every command that does.
struct DataOptions: ParsableArguments {
  @OptionGroup var directory: DataDirectoryOption

  @Option(
    help: ArgumentHelp("The seal key of this box, when it is neither there nor a credential.", valueName: "file"))
  var sealKeyFile: String?

  /// The directory, as it was given.
  var path: String { self.directory.path }
  /// The directory.
  var url: URL { URL(fileURLWithPath: self.path, isDirectory: true) }

  /// Refuses a directory that this user may not look into.
  func checkAccess() throws(StartFault) { try DataDirectory.checkAccess(to: self.path) }

  /// The store of the directory.
  /// - Throws: when there is none, or this user may not look.
  func store() throws(StartFault) -> String { try DataDirectory.store(in: self.path) }

  /// The seal key of the directory; drawn where there is neither one nor a store.
  /// - Parameter warn: is told what a person should know of where the key lies.
  /// - Throws: when it cannot be had, or this user may not look.
  func sealKey(warn: (String) -> Void = { _ in }) throws(StartFault) -> SealKey {
    try self.checkAccess()
    return try SealKey.found(for: self.url, file: self.sealKeyFile, warn: warn)
  }

  /// Takes the directory, as its owner, for as long as this process lives.
  func take() throws(StartFault) -> DataDirectory {
    try DataDirectory.actAsOwner(of: self.path)
    return try DataDirectory(path: self.path)
  }
}
