package import Foundation
import Glibc

/// Room that is held for the day on which the disk is full: a store cannot be opened without writing a little beside it,
/// and doors need an open store.
package struct Ballast {
  private static let size: off_t = 4 << 20
  /// With less room than this the disk is full.
  private static let full = 1 << 20

  private let path: String

  /// The ballast of a data directory.
  package init(of directory: URL) { self.path = directory.appendingPathComponent("ballast").path }

  /// Holds the room, where there is plenty.
  package func take() {
    guard unsafe access(self.path, F_OK) != 0, self.room.map({ $0 > DiskSpace.scarce }) ?? false else { return }
    let descriptor = unsafe open(self.path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
    guard descriptor >= 0 else { return }
    let isTaken = posix_fallocate(descriptor, 0, Self.size) == 0
    close(descriptor)
    if !isTaken { _ = unsafe unlink(self.path) }
  }

  /// Does what needs a little room; when it cannot be done and the disk is full, lets go of the ballast and tries once
  /// more.
  /// - Parameter tell: told that the ballast was let go of.
  package func lift<Result, Failure: Error>(
    _ tell: () -> Void, _ work: () throws(Failure) -> Result
  ) throws(Failure) -> Result {
    do throws(Failure) {
      return try work()
    } catch {
      guard let room = self.room, room < Self.full, unsafe unlink(self.path) == 0 else { throw error }
      tell()
      return try work()
    }
  }

  private var room: Int? { DiskSpace(at: URL(fileURLWithPath: self.path).deletingLastPathComponent().path)?.free }
}
