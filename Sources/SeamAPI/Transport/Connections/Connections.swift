import NIOCore
import Synchronization

/// All connections over the network, or all over the unix socket; ends one when there are too many. Safe from any thread.
final class Connections: Sendable {
  /// The most connections at once. The server has descriptors for some more, which are about to end.
  static let most = 512
  /// The most of one address.
  static let mostOfPeer = 256
  /// The most over the unix socket.
  static let mostLocal = 64

  private struct State {
    var table: ConnectionTable<ObjectIdentifier>
    var channels: [ObjectIdentifier: any Channel] = [:]
  }

  private let state: Mutex<State>

  /// - Parameters:
  ///   - most: connections at once.
  ///   - mostOfPeer: connections of one address at once.
  init(most: Int, mostOfPeer: Int) {
    self.state = Mutex(State(table: ConnectionTable(most: most, mostOfPeer: mostOfPeer)))
  }

  func opened(_ channel: any Channel) {
    let id = ObjectIdentifier(channel)
    let peer = channel.remoteAddress?.ipAddress ?? ""
    let surplus = self.state.withLock { state -> (any Channel)? in
      state.channels[id] = channel
      return state.table.opened(id, by: peer).flatMap { state.channels[$0] }
    }
    surplus?.close(promise: nil)
  }

  func closed(_ channel: any Channel) {
    let id = ObjectIdentifier(channel)
    self.state.withLock { state in
      state.table.closed(id)
      state.channels[id] = nil
    }
  }

  func began(_ channel: any Channel) { self.state.withLock { $0.table.began(ObjectIdentifier(channel)) } }

  func rests(_ channel: any Channel) { self.state.withLock { $0.table.rests(ObjectIdentifier(channel)) } }
}
