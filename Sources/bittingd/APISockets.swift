import Foundation
import Gateway
import Listening
import Logging

/// The sockets at which the API takes requests.
struct APISockets {
  /// What `--socket` says when there is to be none.
  static let none = "none"
  /// Where the API listens when nobody says.
  static let usualAddress = "127.0.0.1:8471"

  let sockets: [ListeningSocket]
  /// How a client on this machine reaches it, for people.
  let url: String

  /// Listens.
  /// - Parameters:
  ///   - addresses: HOST:PORT, each; the usual one when there is none.
  ///   - socket: the path of the unix socket, or ``none``; nil for the usual place.
  init(addresses: [String], socket: String?, dataDirectory: String, logger: Logger) throws {
    let given = addresses.isEmpty ? [Self.usualAddress] : addresses
    do throws(ListenFault) {
      let tcp = try ListeningSocket.tcp(given.compactMap { ListenAddress($0) })
      do throws(ListenFault) {
        let unix = try Self.unix(socket, dataDirectory: dataDirectory, logger: logger)
        self.sockets = tcp + [unix].compactMap { $0 }
      } catch {
        for socket in tcp { socket.close() }
        throw error
      }
      self.url = "http://\(Self.shown(given.first, tcp.first))"
    } catch {
      let status: ExitStatus =
        switch error.kind {
        case .wrong: .usage
        case .taken: .unavailable
        case .cannotCreate: .cannotCreate
        }
      throw StartFault(status, error.message)
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
    let usual = SocketPlace.made(
      runtimeDirectory: ProcessInfo.processInfo.environment["RUNTIME_DIRECTORY"], dataDirectory: dataDirectory)
    guard usual.utf8.count <= SocketFile.longestPath else {
      logger.warning(
        "no unix socket: \(usual) has more than \(SocketFile.longestPath) bytes, and the system takes no longer path; give a shorter one with --socket"
      )
      return nil
    }
    return try ListeningSocket.unix(path: usual)
  }

  /// The host as it was given, with the port that it got.
  private static func shown(_ given: String?, _ socket: ListeningSocket?) -> String {
    guard let address = given.flatMap({ ListenAddress($0) }), case .tcp(_, let port) = socket?.place else { return "" }
    return "\(ListenAddress(host: address.host, port: UInt16(clamping: port)))"
  }
}
