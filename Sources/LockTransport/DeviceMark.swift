import CTermios

/// What was at a path: unlike later, something else is there. Read and write leave it the same, and so does another
/// pseudoterminal of the same number within one tick of the kernel's clock.
struct DeviceMark: Hashable, Sendable {
  /// Device, inode and time of the last change.
  private let parts: [UInt64]

  /// Looks what is at a path now, links followed; nil where nothing is.
  init?(of path: String) {
    var mark = cchannel_mark()
    guard unsafe cchannel_mark_path(path, &mark) == 0 else { return nil }
    self.parts = [mark.device, mark.inode, UInt64(bitPattern: mark.changed)]
  }
}
