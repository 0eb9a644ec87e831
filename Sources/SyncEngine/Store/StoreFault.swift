internal import Foundation
internal import GRDB

extension Store {
  /// Why the store cannot be used. It is as it was.
  public enum Fault: Error, CustomStringConvertible {
    /// The file cannot be opened or made.
    case cannotOpen(path: String, reason: String)
    /// The file fails SQLite's own check, or what is sealed in it does not open.
    case damaged(path: String, reason: String)
    /// It is gone, though it was there.
    case vanished(path: String)
    /// It was sealed under another key than the one that was given; both by their ids.
    case otherSealKey(path: String, wanted: String, given: String)
    /// A later version of the program has written it; how many steps its schema has.
    case newer(path: String, steps: Int)
    /// It is of an earlier version and could not be brought up to this one's.
    case notUpgraded(path: String, reason: String)

    /// What is wrong and what to do.
    public var description: String {
      switch self {
      case .cannotOpen(let path, let reason):
        "The store \(path) cannot be opened: \(reason)."
      case .damaged(let path, let reason):
        "The store \(path) is damaged (\(reason)). It was left as it is: move it aside together with \(path)-wal and \(path)-shm, and put the last good copy in its place."
      case .vanished(let path):
        "The store \(path) is gone, though there is what belongs to it: nothing was made in its place. Put it back, or go back to the last good state with: bitting restore --snapshot; to begin anew, move the data directory aside."
      case .otherSealKey(let path, let wanted, let given):
        "The store \(path) is sealed with the seal key \(wanted), and \(given) was given. It was left as it is: give the key that it was made with (the credential bitting.seal-key, --seal-key-file FILE, or the file seal-key beside it), or restore a backup with: bitting restore."
      case .newer(let path, let steps):
        "The store \(path) was written by a later version of Bitting (schema \(steps)). It was left as it is: install that version again, or restore a backup of this version."
      case .notUpgraded(let path, let reason):
        "The store \(path) is of an earlier version and could not be brought up to this one: \(reason). It was left as it is, with all that was in it; make room on the disk if it is full, and start again, or install the earlier version."
      }
    }
  }
}

extension Store.Fault {
  init(_ error: any Error, path: String) {
    switch error {
    case let fault as Store.Fault: self = fault
    case let error as DatabaseError
    where error.resultCode == .SQLITE_NOTADB || error.resultCode == .SQLITE_CORRUPT:
      self = .damaged(path: path, reason: error.message ?? "unreadable")
    case is MalformedRow: self = .damaged(path: path, reason: Store.reason(of: error))
    default: self = .cannotOpen(path: path, reason: Store.reason(of: error))
    }
  }
}
