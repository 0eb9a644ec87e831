import CTermios

/// Listens at a ``UnixSocket`` until it is closed.
public struct UnixListener: Sendable {
  /// Where it listens.
  public let socket: UnixSocket
  /// Those who connect, one after the other, for one consumer, who closes each. Ends with ``close()``, the reactor,
  /// or when the process has no descriptors left.
  public let links: AsyncStream<Link>

  private let bell: Link

  init(_ socket: UnixSocket, bell: Link, on reactor: Reactor) {
    self.socket = socket
    self.bell = bell
    self.links = AsyncStream {
      for await event in bell.events {
        guard case .bytes = event else { break }
        do {
          guard let connection = try bell.accept() else { continue }
          return try reactor.adopt(connection, as: .messages)
        } catch {
          bell.close()
          break
        }
      }
      return nil
    }
  }

  /// Stops to listen and removes the socket. Links that were taken in stay open. Harmless when called again, unless
  /// another process listens there by then.
  public func close() {
    self.bell.close()
    _ = unsafe cchannel_remove(self.socket.path)
  }
}
