package import Foundation
import Glibc
package import SyncEngine

/// Good states of the store that the daemon puts by, to go back to when the store is damaged: verified copies in the
/// folder `snapshots` of the data directory, sealed like the store itself.
///
/// They are counted, and their order is that of their numbers: the date in a name is what the wall clock said then, for
/// people, and decides nothing.
package struct StoreSnapshots: Sendable {
  /// There is too little room for another one.
  package struct NoRoom: Error, CustomStringConvertible {
    let wanted: Int
    let free: Int

    /// How much there is, and how much there should be.
    package var description: String {
      "\(self.free >> 20) MiB are free and \(self.wanted >> 20) MiB are wanted; make room"
    }
  }

  /// How many are kept when nobody says.
  package static let usual = 3

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
    return names.filter { $0.hasPrefix("bitting-") && $0.hasSuffix(".sqlite") }
      .sorted { (Self.number(of: $0), $0) > (Self.number(of: $1), $1) }
      .map(self.folder.appendingPathComponent)
  }

  /// True when one was begun and never came to its end.
  package var wasCutOff: Bool { FileManager.default.fileExists(atPath: self.draft.path) }

  /// When one was made as far as the wall clock knew, ISO 8601; nil for a file that is named otherwise.
  static func date(of snapshot: URL) -> String? {
    let parts = snapshot.deletingPathExtension().lastPathComponent.split(separator: "-")
    guard parts.count > 1, let last = parts.last else { return nil }
    return String(last)
  }

  /// How old the newest one seems; nil when there is none.
  package func age(at now: Date) -> Duration? {
    guard let text = self.all.first.flatMap(Self.date), let date = try? Self.style.parse(text) else { return nil }
    return .seconds(Int64(now.timeIntervalSince(date)))
  }

  /// Puts the present state by, and lets go of the oldest. Takes as long as the disk does.
  /// - Returns: what the copy holds.
  @discardableResult
  package func take(of store: Store, at now: Date) throws -> Store.Summary {
    try FileManager.default.createDirectory(
      at: self.folder, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
    try? FileManager.default.removeItem(at: self.draft)
    try self.checkRoom(for: store.size())
    let summary = try store.copy(to: self.draft.path)
    let descriptor = unsafe open(self.draft.path, O_RDONLY | O_CLOEXEC)
    if descriptor >= 0 {
      _ = fsync(descriptor)
      close(descriptor)
    }
    let number = 1 + (self.all.first.map { Self.number(of: $0.lastPathComponent) } ?? 0)
    let digits = String(number)
    let padded = String(repeating: "0", count: max(0, 6 - digits.count)) + digits
    let target = self.folder.appendingPathComponent("bitting-\(padded)-\(Self.style.format(now)).sqlite")
    guard unsafe rename(self.draft.path, target.path) == 0 else {
      throw POSIXError(POSIXErrorCode(rawValue: errno) ?? .EIO)
    }
    for old in self.all.dropFirst(self.most) { try? FileManager.default.removeItem(at: old) }
    return summary
  }

  private var draft: URL { self.folder.appendingPathComponent("draft") }

  private func checkRoom(for size: Int) throws {
    guard let free = DiskSpace(at: self.folder.path)?.free else { return }
    let wanted = 2 * size + DiskSpace.scarce
    if free < wanted { throw NoRoom(wanted: wanted, free: free) }
  }

  /// The number in a name, from 1; 0 for one without.
  private static func number(of name: String) -> Int {
    let parts = name.split(separator: "-")
    return parts.count > 2 ? Int(parts[1]) ?? 0 : 0
  }

  /// How names tell when: 20261125T203000Z.
  static let style = Date.ISO8601FormatStyle(
    dateSeparator: .omitted, dateTimeSeparator: .standard, timeSeparator: .omitted)
}

/// When the next snapshot is to be taken: a value that goes by the time since the box was started, which never steps.
package struct SnapshotSchedule: Sendable {
  private static let day = Duration.seconds(86_400)
  /// How long after a start one is taken, when the wall clock cannot tell how old the newest is.
  private static let pauseInDoubt = Duration.seconds(3600)
  /// How much is written in a day for them on average, in bytes; a large store is copied less often.
  private static let dailyBudget = 2 << 20

  private var due: Duration

  /// The daemon has started.
  /// - Parameters:
  ///   - age: how old the newest one seems by the wall clock; nil when there is none.
  ///   - size: how large the store is, in bytes.
  ///   - wasCutOff: one was begun before and never came to its end: what ended it may end the next one too.
  ///   - now: an uptime.
  package init(age: Duration?, size: Int, wasCutOff: Bool, at now: Duration) {
    if wasCutOff {
      self.due = now + Self.day
    } else if let age {
      self.due = now + (age < .zero ? Self.pauseInDoubt : max(.zero, Self.interval(size: size) - age))
    } else {
      self.due = now
    }
  }

  /// True when it is time.
  package func isDue(at now: Duration) -> Bool { now >= self.due }

  /// One was taken.
  package mutating func taken(size: Int, at now: Duration) { self.due = now + Self.interval(size: size) }

  /// One could not be taken: a full disk is not filled anew all the time.
  package mutating func failed(at now: Duration) { self.due = now + Self.day }

  private static func interval(size: Int) -> Duration {
    .seconds(Int64(max(1, Double(size) / Double(Self.dailyBudget)) * 86_400))
  }
}
