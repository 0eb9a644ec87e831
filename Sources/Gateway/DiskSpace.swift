import Glibc

/// How much room a file system has.
package struct DiskSpace: Hashable {
  /// Bytes that programs without privilege may still fill.
  package var free: Int
  /// Bytes of the whole.
  package var size: Int
  /// Files that can still be made; nil where there is no bound.
  package var freeFiles: Int?
  /// It takes no writes.
  package var isReadOnly: Bool

  /// Below this a store can soon not be written, in bytes.
  package static let scarce = 64 << 20

  /// Puts figures down.
  package init(free: Int, size: Int, freeFiles: Int? = nil, isReadOnly: Bool = false) {
    (self.free, self.size, self.freeFiles, self.isReadOnly) = (free, size, freeFiles, isReadOnly)
  }

  /// Looks at the file system that a directory is on; nil when that cannot be told.
  package init?(at path: String) {
    var about = statvfs()
    guard unsafe statvfs(path, &about) == 0 else { return nil }
    self.init(
      free: Int(about.f_bavail) * Int(about.f_frsize), size: Int(about.f_blocks) * Int(about.f_frsize),
      freeFiles: about.f_files == 0 ? nil : Int(about.f_favail), isReadOnly: about.f_flag & UInt(ST_RDONLY) != 0)
  }
}
