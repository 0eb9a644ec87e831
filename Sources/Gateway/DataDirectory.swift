package import Foundation
import Glibc

/// The directory in which one daemon remembers; owned by it as long as it runs.
package struct DataDirectory {
  /// The directory.
  package let url: URL
  // Holds the lock on the directory until the process ends, however it ends.
  private let lock: Int32

  /// Makes the directory where there is none, readable by its owner alone, and takes it.
  package init(path: String) throws(StartFault) {
    self.url = URL(fileURLWithPath: path, isDirectory: true)
    do {
      try FileManager.default.createDirectory(
        at: self.url, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
    } catch {
      throw StartFault(
        .cannotCreate,
        "the data directory \(path) cannot be made (a file in its place, or no permission); give another with --data-dir"
      )
    }
    let file = self.url.appendingPathComponent("bittingd.lock").path
    let descriptor = unsafe open(file, O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
    guard descriptor >= 0 else {
      throw StartFault(
        .cannotCreate,
        "the data directory \(path) cannot be written: \(Self.reason); make it writable, or give another with --data-dir"
      )
    }
    guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else {
      let owner = (try? String(contentsOfFile: file, encoding: .utf8))?.trimmingCharacters(in: .whitespacesAndNewlines)
      close(descriptor)
      throw StartFault(
        .temporaryFailure,
        "the data directory \(path) belongs to another running bittingd\(owner.map { " (pid \($0))" } ?? ""); stop that one, or give another with --data-dir"
      )
    }
    self.lock = descriptor
    let pid = Array("\(getpid())\n".utf8)
    // For people alone, so a full disk is no reason not to start.
    guard ftruncate(descriptor, 0) == 0, unsafe write(descriptor, pid, pid.count) == pid.count || errno == ENOSPC else {
      throw StartFault(.cannotCreate, "the data directory \(path) cannot be written: \(Self.reason)")
    }
    do {
      try Switchover.settle(in: self.url)
    } catch {
      throw StartFault(
        .cannotCreate,
        "a restore was cut off and cannot be brought to its end: \(error); make room or make \(path) writable, and try again"
      )
    }
  }

  /// Where a file of the daemon lies.
  package func path(_ name: String) -> String { self.url.appendingPathComponent(name).path }

  private static var reason: String {
    let code = errno
    guard let words = unsafe strerror(code) else { return "error \(code)" }
    return unsafe String(cString: words)
  }
}
