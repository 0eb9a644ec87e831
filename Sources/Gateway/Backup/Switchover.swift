import Foundation
import Glibc

/// Files that take the place of others in a data directory, all or none: from when their folder has the name by which
/// it is complete, whoever takes the directory next goes on where this was cut off.
struct Switchover {
  /// How it is to be done.
  private struct Plan: Codable {
    /// The folder in the data directory to which goes what is replaced.
    var aside: String
    /// The keys of locks are replaced as well: one that the backup does not know does not open with the restored store.
    var replacesKeys: Bool
    var hasConfiguration: Bool
  }

  /// Where a configuration of a backup goes.
  static let configuration = "restored-bitting.yaml"
  /// The folder whose files are to take their place.
  private static let complete = "restored"
  private static let plan = "plan"
  /// Is there once what is replaced was put aside.
  private static let cleared = "cleared"

  private let directory: URL
  private let folder: URL
  private let how: Plan

  /// True when there was a configuration.
  var hasConfiguration: Bool { self.how.hasConfiguration }

  /// Makes a draft complete: from here on it takes its place.
  init(of directory: URL, draft: URL, aside: String, replacesKeys: Bool) throws {
    self.directory = directory
    self.folder = directory.appendingPathComponent(Self.complete, isDirectory: true)
    self.how = Plan(
      aside: aside, replacesKeys: replacesKeys,
      hasConfiguration: FileManager.default.fileExists(
        atPath: draft.appendingPathComponent(BackupContents.Name.configuration).path))
    try JSONEncoder().encode(self.how).write(to: draft.appendingPathComponent(Self.plan))
    for path in try FileManager.default.subpathsOfDirectory(atPath: draft.path) {
      try Self.sync(draft.appendingPathComponent(path).path)
    }
    try Self.sync(draft.path)
    try Self.rename(draft, to: self.folder)
    try Self.sync(directory.path)
  }

  /// One that was cut off; nil where there is none.
  private init?(leftIn directory: URL) throws {
    let folder = directory.appendingPathComponent(Self.complete, isDirectory: true)
    guard let plan = try? Data(contentsOf: folder.appendingPathComponent(Self.plan)) else { return nil }
    (self.directory, self.folder) = (directory, folder)
    self.how = try JSONDecoder().decode(Plan.self, from: plan)
  }

  /// Goes on with what was cut off, and clears away what never became complete.
  /// - Parameter directory: a data directory that is the caller's.
  static func settle(in directory: URL) throws {
    try Self(leftIn: directory)?.finish()
    // Without its plan it is done and was being deleted.
    try? FileManager.default.removeItem(at: directory.appendingPathComponent(Self.complete, isDirectory: true))
    try? FileManager.default.removeItem(at: directory.appendingPathComponent("restoring", isDirectory: true))
  }

  /// Lets file after file take its place, the store last. May be done again after it was cut off.
  func finish() throws {
    let aside = self.directory.appendingPathComponent(self.how.aside, isDirectory: true)
    let store = self.directory.appendingPathComponent(BackupContents.Name.store)
    let cleared = self.folder.appendingPathComponent(Self.cleared)
    if !FileManager.default.fileExists(atPath: cleared.path) {
      // The log of the store that is there must not be taken for the new one's.
      for suffix in ["-wal", "-shm"] { try Self.putAside(URL(fileURLWithPath: store.path + suffix), in: aside) }
      try Self.putAside(store, in: aside)
      for folder in BackupContents.Name.folders where self.how.replacesKeys {
        let place = self.directory.appendingPathComponent(folder)
        for name in (try? FileManager.default.contentsOfDirectory(atPath: place.path)) ?? []
        where name.hasSuffix(".json") {
          try Self.putAside(place.appendingPathComponent(name), in: aside.appendingPathComponent(folder))
        }
      }
      try Data().write(to: cleared)
      try Self.sync(self.folder.path)
    }
    for (from, to) in try self.moves() {
      try FileManager.default.createDirectory(
        at: to.deletingLastPathComponent(), withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
      try Self.rename(from, to: to)
      try Self.sync(to.deletingLastPathComponent().path)
    }
    try FileManager.default.removeItem(at: self.folder)
  }

  private func moves() throws -> [(from: URL, to: URL)] {
    var moves: [(from: URL, to: URL)] = []
    for folder in BackupContents.Name.folders {
      let from = self.folder.appendingPathComponent(folder)
      for name in ((try? FileManager.default.contentsOfDirectory(atPath: from.path)) ?? []).sorted() {
        moves.append(
          (
            from.appendingPathComponent(name),
            self.directory.appendingPathComponent(folder).appendingPathComponent(name)
          ))
      }
    }
    for (name, target) in [
      (BackupContents.Name.configuration, Self.configuration), (BackupContents.Name.store, BackupContents.Name.store),
    ] {
      let from = self.folder.appendingPathComponent(name)
      if FileManager.default.fileExists(atPath: from.path) {
        moves.append((from, self.directory.appendingPathComponent(target)))
      }
    }
    return moves
  }

  /// Moves a file to another folder; one that is not there, or was moved before, is none.
  private static func putAside(_ file: URL, in folder: URL) throws {
    guard FileManager.default.fileExists(atPath: file.path) else { return }
    try FileManager.default.createDirectory(
      at: folder, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
    try FileManager.default.moveItem(at: file, to: folder.appendingPathComponent(file.lastPathComponent))
    try Self.sync(folder.path)
  }

  private static func rename(_ from: URL, to: URL) throws {
    guard unsafe Glibc.rename(from.path, to.path) == 0 else {
      throw POSIXError(POSIXErrorCode(rawValue: errno) ?? .EIO)
    }
  }

  private static func sync(_ path: String) throws {
    let descriptor = unsafe open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { throw POSIXError(POSIXErrorCode(rawValue: errno) ?? .EIO) }
    defer { close(descriptor) }
    guard fsync(descriptor) == 0 else { throw POSIXError(POSIXErrorCode(rawValue: errno) ?? .EIO) }
  }
}
