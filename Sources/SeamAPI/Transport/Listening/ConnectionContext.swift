import Logging

/// Who is at the other end of a connection.
enum Peer: Sendable, Hashable {
  /// Somebody who came over TCP, from this numeric address; empty when the connection has ended already.
  case network(address: String)
  /// A process of this machine that could open the unix socket, run by this user id.
  case local(uid: UInt32)

  /// The numeric address; nil for a process of this machine, and when it is not known.
  var address: String? {
    switch self {
    case .network(let address): address.isEmpty ? nil : address
    case .local: nil
    }
  }
}

/// What a request is answered with besides itself.
struct ConnectionContext: Sendable {
  /// Who asks.
  let peer: Peer
  /// True when the connection is under TLS.
  let isEncrypted: Bool
  /// Told of what happens.
  let logger: Logger
}
