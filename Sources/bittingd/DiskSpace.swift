import Glibc

/// How much room a disk has, in bytes.
struct DiskSpace {
  /// What this user may still fill.
  var free: Int
  var size: Int

  /// Looks at the disk that a directory is on; nil when that cannot be told.
  init?(at path: String) {
    var about = statvfs()
    guard unsafe statvfs(path, &about) == 0 else { return nil }
    self.free = Int(about.f_bavail) * Int(about.f_frsize)
    self.size = Int(about.f_blocks) * Int(about.f_frsize)
  }

  /// Below this a store can soon not be written.
  static let scarce = 64 << 20
}
