import Foundation
import Gateway
import Listening
import Logging
import Systemd

/// Where the API takes requests: the sockets that it has at once, and the addresses that it tries to have.
struct APISockets {
  /// Where they are to be.
  struct Places {
    /// HOST:PORT, each; the usual one when there is none.
    var addresses: [String]
    /// The path of the unix socket, or ``APISockets/none``; nil for the usual place.
    var socket: String?
    /// What systemd handed over: takes the place of our own.
    var handedOver: [HandedOverSocket]
    /// True when requests come under TLS.
    var isEncrypted: Bool
    /// True when they may come without TLS from other machines.
    var allowsPlain: Bool
  }

  /// What `--socket` says when there is to be none.
  static let none = "none"
  /// Where the API listens when nobody says.
  static let usualAddress = "127.0.0.1:8471"

  /// Unix sockets, which are there whatever becomes of the network.
  let local: [ListeningSocket]
  /// What systemd listens at for TCP.
  let network: [ListeningSocket]
  /// Where it is to be listened for TCP beside that.
  let attempts: ListenAttempts
  /// How URLs of the API begin.
  let scheme: String

  /// Listens at the unix socket.
  /// - Throws: for what is wrong as it was written, and for a unix socket that cannot be had.
  init(_ places: Places, dataDirectory: String, logger: Logger) throws(StartFault) {
    var made: [ListeningSocket] = []
    do throws(ListenFault) {
      let isLoopbackOnly = !places.isEncrypted && !places.allowsPlain
      for socket in places.handedOver {
        made.append(
          try ListeningSocket.handedOver(socket.descriptor, name: socket.name, isLoopbackOnly: isLoopbackOnly))
      }
      let addresses = places.addresses.isEmpty ? [Self.usualAddress] : places.addresses
      self.attempts = try ListenAttempts(
        made.contains(where: { !$0.isFile }) ? [] : addresses.compactMap { ListenAddress($0) },
        isLoopbackOnly: isLoopbackOnly)
      if !made.contains(where: \.isFile) {
        made += [try Self.unix(places.socket, dataDirectory: dataDirectory, logger: logger)].compactMap { $0 }
      }
    } catch {
      for socket in made { socket.close() }
      let status: ExitStatus =
        switch error.kind {
        case .wrong: .usage
        case .taken: .unavailable
        case .cannotCreate: .cannotCreate
        case .exposed: .configuration
        }
      throw StartFault(status, error.message)
    }
    (self.local, self.network) = (made.filter(\.isFile), made.filter { !$0.isFile })
    self.scheme = places.isEncrypted ? "https" : "http"
  }

  /// Removes what nobody listens at any more.
  func remove() {
    for socket in self.local { socket.file?.remove() }
  }

  private static func unix(
    _ path: String?, dataDirectory: String, logger: Logger
  ) throws(ListenFault) -> ListeningSocket? {
    if path == Self.none { return nil }
    if let path { return try ListeningSocket.unix(path: path) }
    let usual = SocketPlace.usual(
      runtimeDirectory: ProcessInfo.processInfo.environment["RUNTIME_DIRECTORY"], otherwise: dataDirectory)
    guard usual.utf8.count <= SocketFile.longestPath else {
      logger.warning(
        "no unix socket: \(usual) has more than \(SocketFile.longestPath) bytes, and the system takes no longer path; give a shorter one with --socket"
      )
      return nil
    }
    return try ListeningSocket.unix(path: usual)
  }
}

extension ListeningSocket {
  /// True for a unix socket.
  fileprivate var isFile: Bool {
    switch self.place {
    case .unix: true
    case .tcp: false
    }
  }
}
