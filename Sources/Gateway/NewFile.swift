import Foundation
import Glibc

/// A file that is made anew, for its owner alone, and that is on the disk once it has ended. One that is there is left as
/// it is.
package struct NewFile: ~Copyable {
  /// Why it cannot be made.
  package enum Fault: Error {
    /// There is one of this name.
    case exists
    /// The folder is not there, or takes none.
    case cannotCreate
    /// It could not be written to its end, and is gone again.
    case cannotWrite
  }

  private let path: String
  private let descriptor: Int32

  /// Makes it.
  package init(path: String) throws(Fault) {
    let descriptor = unsafe open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
    guard descriptor >= 0 else { throw errno == EEXIST ? .exists : .cannotCreate }
    (self.path, self.descriptor) = (path, descriptor)
  }

  deinit { close(self.descriptor) }

  /// Gives it to somebody else.
  func give(to user: uid_t, _ group: gid_t) throws(Fault) {
    guard fchown(self.descriptor, user, group) == 0 else { throw self.failed() }
  }

  /// Writes what follows.
  package func append(_ bytes: [UInt8]) throws(Fault) {
    var rest = bytes[...]
    while !rest.isEmpty {
      let count = unsafe rest.withUnsafeBytes { unsafe Glibc.write(self.descriptor, $0.baseAddress, $0.count) }
      if count < 0, errno == EINTR { continue }
      guard count > 0 else { throw self.failed() }
      rest = rest.dropFirst(count)
    }
  }

  /// Waits until it is on the disk.
  package func end() throws(Fault) {
    guard fsync(self.descriptor) == 0 else { throw self.failed() }
  }

  /// Takes it away again.
  package func discard() { _ = unsafe unlink(self.path) }

  /// Makes a file of these bytes.
  package static func write(_ bytes: [UInt8], to path: String) throws(Fault) {
    let file = try NewFile(path: path)
    try file.append(bytes)
    try file.end()
  }

  private func failed() -> Fault {
    self.discard()
    return .cannotWrite
  }
}
