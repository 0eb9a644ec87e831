import CListen
import Glibc

/// A socket that listens, before anybody accepts from it.
public struct ListeningSocket: Sendable {
  /// Where it listens.
  public enum Place: Hashable, Sendable {
    /// A numeric address and the port it got.
    case tcp(address: String, port: Int)
    /// A file; an empty path for one without a name.
    case unix(path: String)
  }

  /// The descriptor; whoever accepts from it closes it.
  public let descriptor: Int32
  /// Where it listens.
  public let place: Place
  /// The file that goes when nobody listens any more; nil for TCP and for what a parent handed over.
  public let file: SocketFile?

  init(descriptor: Int32, place: Place, file: SocketFile? = nil) {
    (self.descriptor, self.place, self.file) = (descriptor, place, file)
  }

  /// True when only this machine reaches it.
  public var isLocal: Bool {
    switch self.place {
    case .tcp(let address, _): ListenAddress.isLoopback(numeric: address)
    case .unix: true
    }
  }

  // MARK: TCP

  /// The numeric addresses that a name stands for: `localhost` is often two.
  static func resolve(_ address: ListenAddress) throws(ListenFault) -> [String] {
    let (count, text) = unsafe withText { unsafe clisten_resolve(address.host, $0, $1) }
    guard count > 0 else {
      let reason = unsafe String(cString: clisten_resolve_error(count))
      throw ListenFault(
        .taken,
        "cannot listen at \(address): '\(address.host)' is no address of this machine (\(reason)); give a numeric one, for example 127.0.0.1:8471"
      )
    }
    return text.split(separator: " ").map(String.init)
  }

  /// Listens for TCP at a numeric address.
  /// - Throws: with the address as it was given.
  static func tcp(
    _ numeric: String, port: UInt16, isIPv6Only: Bool, given: ListenAddress
  ) throws(ListenFault) -> ListeningSocket {
    let descriptor = unsafe clisten_tcp(numeric, port, isIPv6Only ? 1 : 0)
    guard descriptor >= 0 else {
      let named = given.host == numeric ? "\(given)" : "\(given) (\(numeric))"
      switch -descriptor {
      case EADDRINUSE:
        throw ListenFault(
          .taken,
          "cannot listen at \(named): another program listens there already; stop it ('ss -ltnp' names it), or give another port"
        )
      case EADDRNOTAVAIL:
        throw ListenFault(
          .taken, "cannot listen at \(named): this machine has no such address; 'ip address' lists those it has")
      case EACCES:
        throw ListenFault(
          .taken,
          "cannot listen at \(named): ports below 1024 are for privileged programs; give a higher one, or a socket unit of systemd"
        )
      case let code:
        throw ListenFault(.taken, "cannot listen at \(named): \(reason(code)); give a free address of this machine")
      }
    }
    let (_, bound, _) = describe(descriptor)
    return ListeningSocket(descriptor: descriptor, place: .tcp(address: numeric, port: bound))
  }

  // MARK: Files

  /// Listens at a file that only its owner may open. What a dead process left there is taken away.
  /// - Throws: when somebody listens there, something else is there, or the file cannot be made.
  public static func unix(path: String) throws(ListenFault) -> ListeningSocket {
    guard path.utf8.count <= SocketFile.longestPath else {
      throw ListenFault(
        .wrong,
        "the path of the unix socket has \(path.utf8.count) bytes and the system takes \(SocketFile.longestPath): \(path); give a shorter one with --socket"
      )
    }
    switch unsafe clisten_is_answered(path) {
    case 1:
      throw ListenFault(
        .taken,
        "cannot listen at \(path): another program listens there; is bittingd running already? Stop that one, or give another path with --socket"
      )
    case 0:
      let rc = unsafe clisten_remove(path)
      guard rc == 0 || rc == -ENOENT else { throw Self.cannotMake(path, -rc) }
    case -ENOENT: break
    case -ENOTSOCK:
      throw ListenFault(
        .cannotCreate, "\(path) is there and is no socket; it is left alone: give another path with --socket")
    case let code: throw Self.cannotMake(path, -code)
    }
    let descriptor = unsafe clisten_unix(path)
    guard descriptor >= 0 else { throw Self.cannotMake(path, -descriptor) }
    return ListeningSocket(descriptor: descriptor, place: .unix(path: path), file: SocketFile(path: path))
  }

  private static func cannotMake(_ path: String, _ code: Int32) -> ListenFault {
    let cure =
      code == ENOENT || code == ENOTDIR
      ? "make its directory first" : "make its directory writable for this user, or give another path with --socket"
    return ListenFault(.cannotCreate, "the unix socket \(path) cannot be made: \(reason(code)); \(cure)")
  }

  // MARK: Ends

  /// Gives up a socket that nobody has accepted from.
  public func close() {
    _ = Glibc.close(self.descriptor)
    self.file?.remove()
  }
}
