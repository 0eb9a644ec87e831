import CListen

/// The file of a unix socket that was made here.
public struct SocketFile: Sendable {
  /// The longest path, in bytes.
  public static let longestPath = 107

  /// Where it lies.
  public let path: String
  private let device: UInt64
  private let inode: UInt64

  /// - Returns: nil when there is no such file.
  init?(path: String) {
    guard let identity = Self.identity(path) else { return nil }
    (self.path, self.device, self.inode) = (path, identity.device, identity.inode)
  }

  /// Removes the file unless another has taken its place.
  public func remove() {
    guard let now = Self.identity(self.path), now == (self.device, self.inode) else { return }
    _ = unsafe clisten_remove(self.path)
  }

  private static func identity(_ path: String) -> (device: UInt64, inode: UInt64)? {
    var (device, inode): (UInt64, UInt64) = (0, 0)
    let rc = unsafe clisten_identify(path, &device, &inode)
    return rc == 0 ? (device, inode) : nil
  }
}
