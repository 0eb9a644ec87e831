internal import CSystemd

/// The service manager that started this process, and what it is told. Says nothing where there is none, for example
/// when a person started the daemon. Safe from any task.
public enum ServiceManager {
  /// Something that the service manager is told.
  public enum Notice: Equatable, Sendable {
    /// The daemon does its work; once, after the start, and again after each reload.
    case ready
    /// One sentence for people, shown by `systemctl status`.
    case status(String)
    /// The configuration is being read again, since this uptime in microseconds; ``ready`` follows.
    case reloading(since: UInt64)
    /// The start goes on and may take so long from now on.
    case extendTimeout(Duration)
    /// The daemon is about to end.
    case stopping
    /// All is well: the watchdog starts to count anew.
    case alive

    /// The lines of the protocol (sd_notify(3)).
    var lines: String {
      switch self {
      case .ready: "READY=1"
      // A line's end would begin another assignment.
      case .status(let sentence): "STATUS=\(String(sentence.map { $0.isNewline || $0 == "\0" ? " " : $0 }))"
      case .reloading(let since): "RELOADING=1\nMONOTONIC_USEC=\(since)"
      case .extendTimeout(let time): "EXTEND_TIMEOUT_USEC=\(time.components.seconds * 1_000_000)"
      case .stopping: "STOPPING=1"
      case .alive: "WATCHDOG=1"
      }
    }
  }

  /// Tells the service manager something, in one message.
  /// - Returns: false when there is no service manager or it cannot be reached.
  @discardableResult
  public static func tell(_ notices: Notice...) -> Bool {
    unsafe csystemd_notify(notices.map(\.lines).joined(separator: "\n")) == 1
  }

  /// Tells that the configuration is being read again from now on.
  public static func tellReloading() { self.tell(.reloading(since: csystemd_monotonic_usec())) }

  /// The longest time between two ``Notice/alive`` before the process is killed; nil when nobody watches.
  public static var watchdogInterval: Duration? {
    var microseconds: UInt64 = 0
    guard unsafe csystemd_watchdog(&microseconds) == 1, microseconds > 0 else { return nil }
    return .microseconds(Int64(clamping: microseconds))
  }
}
