import CTermios

/// A way to open a link, again and again.
public enum LinkOpener: Sendable {
  /// A serial line at a path.
  case serial(SerialPort)
  /// A serial line at whatever device the selector means when it is opened; the port's own path is not looked at.
  case selected(PortSelector, SerialPort)
  /// A device, such as a simulated one, in another process.
  case unix(UnixSocket)
  /// A simulated device in this process: called for each opening, keeps the far end of ``Link/pair(on:)`` and gives
  /// the near one.
  case simulated(@Sendable (Reactor) throws(LinkFault) -> Link)

  /// Opens a link. Safe from any task; may take some milliseconds.
  /// - Parameter reactor: serves the link.
  /// - Throws: why it could not be opened, and what to do; worth a retry in any case but ``LinkFault/shutDown``.
  public func open(on reactor: Reactor) throws(LinkFault) -> Link {
    switch self {
    case .serial(let port): return try port.open(on: reactor)
    case .selected(let selector, var port):
      port.path = try PortDirectory.present().path(of: selector)
      return try port.open(on: reactor)
    case .unix(let socket): return try socket.open(on: reactor)
    case .simulated(let open): return try open(reactor)
    }
  }

  /// What is there now of what would be opened, to be looked at before an opening: whatever comes after it ends
  /// ``waitToReopen(atMost:after:since:on:)``. nil where there is nothing to look at. Safe from any task.
  public var mark: DeviceMark? {
    switch self {
    case .serial(let port): DeviceMark(of: port.path)
    case .selected(let selector, _): selector.mark
    case .unix(let socket): DeviceMark(of: socket.path)
    case .simulated: nil
    }
  }

  /// Waits until another opening is worth it: for the delay, or until something happens at the path of the serial
  /// device or the socket, such as the adapter being plugged in. Returns at once when the task is cancelled.
  /// - Parameters:
  ///   - delay: the longest wait, as ``Backoff`` gives it.
  ///   - fault: why the link is gone or was not opened.
  ///   - mark: what was there before the opening; nil where nobody looked.
  ///   - reactor: serves the wait.
  public func waitToReopen(
    atMost delay: Duration, after fault: LinkFault, since mark: DeviceMark? = nil, on reactor: Reactor
  ) async {
    switch self {
    case .serial(let port):
      await DeviceWatch(path: port.path).wait(
        until: Reactor.uptime + delay, after: fault, since: mark, on: reactor)
    case .selected(let selector, _):
      await PortWatch(selector: selector).wait(
        until: Reactor.uptime + delay, after: fault, since: mark, on: reactor)
    case .unix(let socket):
      // The watch looks first whether what was missing has come.
      let fault = fault == .socket(path: socket.path, .missing) ? LinkFault.missing(path: socket.path) : fault
      await DeviceWatch(path: socket.path).wait(
        until: Reactor.uptime + delay, after: fault, since: mark, on: reactor)
    case .simulated:
      // Asking costs a simulated device nothing, and who plays with it does not want to wait.
      try? await Task.sleep(for: min(delay, .seconds(2)))
    }
  }
}
