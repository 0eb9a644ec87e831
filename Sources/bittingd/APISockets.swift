import Foundation
import Gateway
import Listening
import Logging
import Systemd

/// The sockets at which the API takes requests.
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

  let sockets: [ListeningSocket]
  /// How a client on this machine reaches it, for people.
  let url: String

  /// Listens.
  init(_ places: Places, dataDirectory: String, logger: Logger) throws(StartFault) {
    var made: [ListeningSocket] = []
    do throws(ListenFault) {
      let isLoopbackOnly = !places.isEncrypted && !places.allowsPlain
      for socket in places.handedOver {
        made.append(
          try ListeningSocket.handedOver(socket.descriptor, name: socket.name, isLoopbackOnly: isLoopbackOnly))
      }
      let addresses = places.addresses.isEmpty ? [Self.usualAddress] : places.addresses
      let given = addresses.compactMap { ListenAddress($0) }
      if !made.contains(where: { !$0.isFile }) {
        made += try ListeningSocket.tcp(given, isLoopbackOnly: isLoopbackOnly)
      }
      if !made.contains(where: \.isFile) {
        made += [try Self.unix(places.socket, dataDirectory: dataDirectory, logger: logger)].compactMap { $0 }
      }
      self.url = "\(places.isEncrypted ? "https" : "http")://\(Self.shown(given.first, made))"
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
    self.sockets = made
    if !places.isEncrypted, let far = made.first(where: { !$0.isLocal }), case .tcp(let address, let port) = far.place {
      logger.warning(
        "the API is offered without TLS at \(address), port \(port), as allowed: others on that network can read keys and PINs"
      )
    }
  }

  /// Removes what nobody listens at any more.
  func remove() {
    for socket in self.sockets { socket.file?.remove() }
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

  /// The host as it was given, with the port that it got.
  private static func shown(_ given: ListenAddress?, _ sockets: [ListeningSocket]) -> String {
    for socket in sockets {
      guard case .tcp(let address, let port) = socket.place else { continue }
      let isGiven = given.map { $0.port == 0 || Int($0.port) == port } ?? false
      return "\(ListenAddress(host: isGiven ? given?.host ?? address : address, port: UInt16(clamping: port)))"
    }
    return "localhost"
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
