import CTermios

#if canImport(Glibc)
  import Glibc
#else
  import Musl
#endif

/// A place in the file system where one process listens and others connect. Message boundaries are kept, as on an
/// L2CAP channel: one packet a message.
public struct UnixSocket: Hashable, Sendable, Codable {
  /// Where it is; at most 107 bytes.
  public var path: String

  /// Describes a socket; opens nothing.
  /// - Parameter path: where it is; at most 107 bytes.
  public init(path: String) { self.path = path }

  /// Connects to who listens there. Safe from any task; does not wait.
  /// - Parameter reactor: serves the link.
  /// - Throws: ``LinkFault/socket(path:_:)``, ``LinkFault/shutDown``, or ``LinkFault/ioError(errno:during:)`` for
  ///   anything else.
  public func open(on reactor: Reactor) throws(LinkFault) -> Link {
    let number = unsafe cchannel_connect(self.path)
    if number < 0 { throw self.fault(-number, during: "connect") }
    return try reactor.adopt(Descriptor(owning: number), as: .messages)
  }

  /// Listens there, for this user alone. A socket that was left behind by a process that is gone is replaced.
  /// - Parameter reactor: serves the listener and its links.
  /// - Throws: ``LinkFault/socket(path:_:)``, ``LinkFault/shutDown``, or ``LinkFault/ioError(errno:during:)`` for
  ///   anything else.
  public func listen(on reactor: Reactor) throws(LinkFault) -> UnixListener {
    var number = unsafe cchannel_listen(self.path)
    if number == -EADDRINUSE {
      try self.removeLeftover()
      number = unsafe cchannel_listen(self.path)
    }
    if number < 0 { throw self.fault(-number, during: "bind") }
    return UnixListener(self, bell: try reactor.adopt(Descriptor(owning: number), as: .listener), on: reactor)
  }

  /// Only a socket that nobody answers at is one that was left behind.
  private func removeLeftover() throws(LinkFault) {
    guard unsafe cchannel_is_socket(self.path) == 1 else { throw .socket(path: self.path, .otherKind) }
    let number = unsafe cchannel_connect(self.path)
    if number >= 0 { _ = cchannel_close(number) }
    guard number == -ECONNREFUSED else { throw .socket(path: self.path, .taken) }
    let rc = unsafe cchannel_remove(self.path)
    if rc < 0, rc != -ENOENT { throw self.fault(-rc, during: "unlink") }
  }

  private func fault(_ errno: Int32, during call: String) -> LinkFault {
    switch errno {
    case ENOENT, ENOTDIR: .socket(path: self.path, .missing)
    // A file that is no socket refuses, too.
    case ECONNREFUSED:
      .socket(path: self.path, unsafe cchannel_is_socket(self.path) == 1 ? .unattended : .otherKind)
    case EACCES, EPERM, EROFS: .socket(path: self.path, .forbidden)
    case EPROTOTYPE, ENOTSOCK: .socket(path: self.path, .otherKind)
    case EADDRINUSE: .socket(path: self.path, .taken)
    case EAGAIN: .socket(path: self.path, .crowded)
    case ENAMETOOLONG: .socket(path: self.path, .pathTooLong)
    default: .ioError(errno: errno, during: call)
    }
  }
}
