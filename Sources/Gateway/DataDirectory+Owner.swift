import Foundation
import Glibc

extension DataDirectory {
  /// Where the daemon of this box remembers: systemd's `$STATE_DIRECTORY`, else `/var/lib/bitting` where Bitting is
  /// installed, else `bitting-data` in the working directory.
  package static var usual: String {
    if let state = ProcessInfo.processInfo.environment["STATE_DIRECTORY"], !state.isEmpty { return state }
    let installed = "/var/lib/bitting"
    return FileManager.default.fileExists(atPath: installed) ? installed : "bitting-data"
  }

  /// Refuses a directory that is there and that this user may not work in: what it holds cannot be told then.
  /// - Parameter path: the data directory.
  package static func checkAccess(to path: String) throws(StartFault) {
    guard unsafe access(path, R_OK | W_OK | X_OK) != 0, errno == EACCES else { return }
    throw StartFault(.refused, "this user may not look into \(path), which is the daemon's; call this with sudo")
  }

  /// The store in a data directory.
  /// - Parameter path: the data directory.
  /// - Throws: when there is none, or this user may not look.
  package static func store(in path: String) throws(StartFault) -> String {
    try Self.checkAccess(to: path)
    let store = URL(fileURLWithPath: path, isDirectory: true).appendingPathComponent("bitting.sqlite").path
    guard FileManager.default.fileExists(atPath: store) else {
      throw StartFault(.unavailable, "there is no store in \(path); give the daemon's directory with --data-dir")
    }
    return store
  }

  /// Gives up being root, for good, in favour of the user who owns the directory: what a command writes there is then
  /// the daemon's to read. Does nothing for other users, and in a directory that is root's or not there.
  /// - Parameter path: the data directory.
  package static func actAsOwner(of path: String) throws(StartFault) {
    var about = stat()
    guard geteuid() == 0, unsafe stat(path, &about) == 0, about.st_uid != 0 else { return }
    var isDone = false
    if let entry = unsafe getpwuid(about.st_uid) {
      isDone = unsafe initgroups(entry.pointee.pw_name, about.st_gid) == 0
    } else {
      isDone = setgroups(0, nil) == 0
    }
    guard isDone, setgid(about.st_gid) == 0, setuid(about.st_uid) == 0, geteuid() == about.st_uid else {
      throw StartFault(
        .refused, "cannot act as the owner of \(path) (user \(about.st_uid)); run this as that user")
    }
  }
}
