import Glibc

/// The permission bits of a file.
struct FileMode: CustomStringConvertible {
  private let bits: mode_t

  /// Looks a file up, through symbolic links.
  /// - Returns: nil when there is none.
  init?(of path: String) {
    var status = stat()
    guard unsafe stat(path, &status) == 0 else { return nil }
    self.bits = status.st_mode & 0o7777
  }

  private init(bits: mode_t) { self.bits = bits }

  /// True when users can read it who are neither its owner nor of its group.
  var isOpenToOthers: Bool { self.bits & 0o004 != 0 }
  /// True when users can change it who are neither its owner nor of its group.
  var isWritableByOthers: Bool { self.bits & 0o002 != 0 }
  /// The same without anything for others.
  var withoutOthers: FileMode { FileMode(bits: self.bits & ~0o007) }

  var description: String {
    let digits = String(self.bits, radix: 8)
    return String(repeating: "0", count: max(0, 4 - digits.count)) + digits
  }
}
