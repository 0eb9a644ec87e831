#if canImport(Glibc)
  import Glibc
#else
  import Musl
#endif

/// Why a link could not be opened, or is gone. Its description says what to do.
public enum LinkFault: Error, Hashable, Sendable {
  /// Nothing is at this path: not plugged in, or the path is wrong.
  case missing(path: String)
  /// The selector of a port means more than one device, so none is opened; `advice` tells how to name each.
  case ambiguous(port: String, nodes: [String], advice: String)
  /// The daemon's user may not open the device.
  case noPermission(path: String)
  /// The service manager keeps the daemon from opening the device.
  case notAllowed(path: String)
  /// Somebody else has the device open; `by` where that can be seen.
  case held(path: String, by: Holder?)
  /// This path leads to something that is no serial device.
  case notATerminal(path: String)
  /// The device cannot run at this speed; `nearest` is what it offers instead, where it tells.
  case speedUnsupported(path: String, baud: Int, nearest: Int?)
  /// The unix-domain socket at this path cannot be used.
  case socket(path: String, SocketFault)
  /// The far end is gone: unplugged, or closed on its side.
  case hungUp
  /// The far end, a device on the air, is not heard any more.
  case outOfReach
  /// The far end takes no more bytes, and too many wait already.
  case stalled
  /// The reactor was shut down.
  case shutDown
  /// A system call failed otherwise; `errno` as in errno(3).
  case ioError(errno: Int32, during: String)

  /// Why a unix-domain socket cannot be used.
  public enum SocketFault: Hashable, Sendable {
    /// Nothing is at the path.
    case missing
    /// The program that listened there is gone.
    case unattended
    /// Only another user may open it.
    case forbidden
    /// Something else is at the path: a file, or a socket of another type than SEQPACKET.
    case otherKind
    /// Another program listens there.
    case taken
    /// Too many connections wait to be taken in.
    case crowded
    /// A path of more than 107 bytes.
    case pathTooLong
  }

  /// A process that has a device open.
  public struct Holder: Hashable, Sendable {
    /// Its process id.
    public var pid: Int32
    /// The name of its program, as `ps` shows it.
    public var name: String

    /// Names a process.
    /// - Parameters:
    ///   - pid: process id.
    ///   - name: name of the program.
    public init(pid: Int32, name: String) {
      self.pid = pid
      self.name = name
    }
  }
}

extension LinkFault: CustomStringConvertible {
  /// What is wrong, and what to do about it.
  public var description: String {
    switch self {
    case .missing(let path):
      "nothing at \(path): plug the adapter in, or name another port; 'bitting ports' shows those that are there"
    case .ambiguous(let port, let nodes, let advice):
      "\(port) means \(nodes.joined(separator: " and ")), and none of them is opened; say which in bitting.yaml: \(advice)"
    case .noPermission(let path):
      "no permission to open \(path): 'sudo bitting doctor' names its group and prints the rule that gives it to the daemon"
    case .notAllowed(let path):
      "the service manager does not let the daemon open \(path): add DeviceAllow=\(path) rw below [Service] with 'sudo systemctl edit bitting', then restart it"
    case .held(let path, let holder?):
      "\(path) is held by \(holder.name) (pid \(holder.pid)): stop that program, or keep it off this device"
    case .held(let path, nil):
      "\(path) is held by another process: find it with 'sudo fuser -v \(path)' and stop it"
    case .notATerminal(let path):
      "\(path) is not a serial device: take a path from /dev/serial/by-id"
    case .speedUnsupported(let path, let baud, let nearest?):
      "\(path) cannot run at \(baud) baud, its nearest speed is \(nearest): choose another"
    case .speedUnsupported(let path, let baud, nil):
      "\(path) cannot run at \(baud) baud: choose another speed"
    case .socket(let path, let fault):
      fault.description(at: path)
    case .hungUp:
      "the far end is gone: check that the adapter is plugged in and powered"
    case .outOfReach:
      "the device is not heard any more: bring the adapter nearer, or look after the device's battery"
    case .stalled:
      "the far end takes no bytes: check the adapter and the wiring"
    case .shutDown:
      "the daemon is shutting down"
    case .ioError(let errno, let call):
      "\(call) failed: \(Self.words(for: errno)) (errno \(errno)); see the kernel's log"
    }
  }

  private static func words(for errno: Int32) -> String {
    guard let words = unsafe strerror(errno) else { return "error" }
    return unsafe String(cString: words)
  }
}

extension LinkFault.SocketFault {
  fileprivate func description(at path: String) -> String {
    switch self {
    case .missing: "no socket at \(path): start the program that listens there, or correct the path"
    case .unattended: "nobody listens at \(path): start the program that does"
    case .forbidden: "no permission to use \(path): run both programs as the same user"
    case .otherKind: "\(path) is no SEQPACKET socket: take another path"
    case .taken: "another program listens at \(path): stop it, or take another path"
    case .crowded: "too many connections wait at \(path): see why the program there does not take them in"
    case .pathTooLong: "\(path) is longer than the 107 bytes that a socket's path may have: take a shorter one"
    }
  }
}
