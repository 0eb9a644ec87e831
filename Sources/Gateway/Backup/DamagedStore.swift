package import Foundation
import Glibc
import Sealing
package import SyncEngine

/// A store that fails its check, looked at without a change to anything beside it.
package struct DamagedStore {
  /// The file.
  package let path: String
  private let directory: URL

  /// The most that is read, in bytes.
  private static let mostBytes = 2 << 30

  /// Takes a file, and the data directory whose seal key it may have.
  package init(_ path: String, of directory: URL) { (self.path, self.directory) = (path, directory) }

  /// Reads what can be read.
  /// - Parameter keyFile: the seal key; looked for where the daemon looks when left out.
  package func rescued(keyFile: String?) throws -> RescuedStore {
    guard let file = FileManager.default.contents(atPath: self.path) else {
      throw StartFault(
        .noInput, "\(self.path) is not there or cannot be read; name the store, or call this with sudo")
    }
    guard file.count <= Self.mostBytes else { throw StartFault(.dataError, "\(self.path) is larger than any store") }
    let log = FileManager.default.contents(atPath: "\(self.path)-wal") ?? Data()
    return try RescuedStore(
      file: [UInt8](file), log: [UInt8](log), keys: try SealKey.candidates(for: self.directory, file: keyFile))
  }

  /// True while a daemon runs in the directory that the file lies in. Takes nothing and writes nothing.
  package var isInUse: Bool {
    let lock = URL(fileURLWithPath: self.path).deletingLastPathComponent().appendingPathComponent("bittingd.lock").path
    let descriptor = unsafe open(lock, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { return false }
    defer { close(descriptor) }
    return flock(descriptor, LOCK_SH | LOCK_NB) != 0
  }
}
