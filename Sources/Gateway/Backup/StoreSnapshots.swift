package import Foundation
import Glibc
package import SyncEngine

/// Good states of the store that the daemon puts by, to go back to when the store is damaged: verified copies in the
/// folder `snapshots` of the data directory, sealed like the store itself.
package struct StoreSnapshots: Sendable {
  /// How many are kept when nobody says.
  package static let usual = 3
  /// How much is written in a day for them on average, in bytes; a large store is copied less often.
  static let dailyBudget = 2 << 20

  private let folder: URL
  private let most: Int

  /// The snapshots of a data directory.
  /// - Parameter most: how many are kept.
  package init(of directory: URL, keeping most: Int = usual) {
    (self.folder, self.most) = (directory.appendingPathComponent("snapshots", isDirectory: true), most)
  }

  /// Every snapshot, the newest first.
  package var all: [URL] {
    let names = (try? FileManager.default.contentsOfDirectory(atPath: self.folder.path)) ?? []
    return names.filter { $0.hasPrefix("bitting-") && $0.hasSuffix(".sqlite") }.sorted(by: >)
      .map(self.folder.appendingPathComponent)
  }

  /// When one was made, ISO 8601; nil for a file that is named otherwise.
  static func date(of snapshot: URL) -> String? {
    let name = snapshot.deletingPathExtension().lastPathComponent
    guard name.hasPrefix("bitting-") else { return nil }
    return String(name.dropFirst("bitting-".count))
  }

  /// True when it is time for the next one.
  /// - Parameters:
  ///   - now: the time.
  ///   - size: how large the store is, in bytes.
  package func isDue(at now: Date, size: Int) -> Bool {
    guard let newest = self.all.first, let text = Self.date(of: newest), let date = try? Self.style.parse(text) else {
      return true
    }
    let days = max(1, Double(size) / Double(Self.dailyBudget))
    let age = now.timeIntervalSince(date)
    // A clock that was set back must not put it off for ever.
    return age >= days * 86_400 || age < 0
  }

  /// Puts the present state by, and lets go of the oldest.
  package func take(of store: Store, at now: Date) throws {
    try FileManager.default.createDirectory(
      at: self.folder, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
    let draft = self.folder.appendingPathComponent("draft")
    try? FileManager.default.removeItem(at: draft)
    _ = try store.copy(to: draft.path)
    let descriptor = unsafe open(draft.path, O_RDONLY | O_CLOEXEC)
    if descriptor >= 0 {
      _ = fsync(descriptor)
      close(descriptor)
    }
    let target = self.folder.appendingPathComponent("bitting-\(Self.style.format(now)).sqlite")
    guard unsafe rename(draft.path, target.path) == 0 else { throw POSIXError(POSIXErrorCode(rawValue: errno) ?? .EIO) }
    for old in self.all.dropFirst(self.most) { try? FileManager.default.removeItem(at: old) }
  }

  /// How names tell when: 20261125T203000Z.
  static let style = Date.ISO8601FormatStyle(
    dateSeparator: .omitted, dateTimeSeparator: .standard, timeSeparator: .omitted)
}
