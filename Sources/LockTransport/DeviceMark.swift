import CTermios

/// What was at a path: unlike later, something came, went or changed in between. Read and write leave it the same.
public struct DeviceMark: Hashable, Sendable {
  private let path: String
  /// Device, inode and time of the last change; nil where nothing was.
  private let parts: [UInt64]?

  /// Looks what is at a path now, links followed.
  init(of path: String) {
    self.path = path
    var mark = cchannel_mark()
    let isThere = unsafe cchannel_mark_path(path, &mark) == 0
    self.parts = isThere ? [mark.device, mark.inode, UInt64(bitPattern: mark.changed)] : nil
  }

  /// True when something else is there by now.
  var isOld: Bool { DeviceMark(of: self.path) != self }
}
