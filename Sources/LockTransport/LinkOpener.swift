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

  /// Starts to watch for what makes another opening worth it; made before an opening, it misses nothing that comes
  /// meanwhile. Safe from any task; whoever asks closes it.
  /// - Parameter reactor: serves the watch.
  public func watch(on reactor: Reactor) -> PortWatch {
    switch self {
    case .serial(let port): PortWatch(.path(port.path), on: reactor)
    case .selected(let selector, _): PortWatch(.selected(selector), on: reactor)
    case .unix(let socket): PortWatch(.path(socket.path), on: reactor)
    case .simulated: PortWatch(.nothing, on: reactor)
    }
  }
}
