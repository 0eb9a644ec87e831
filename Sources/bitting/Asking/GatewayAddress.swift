import Foundation
import Gateway
import Listening

/// Where the daemon is asked, and as whom.
enum GatewayAddress: Hashable {
  /// At its unix socket, as the user of this process: no key is needed.
  case socket(path: String)
  /// Over TCP with a key; the address without a slash at the end.
  case url(String, key: String)

  /// Where the socket lies when nobody says.
  /// - Parameter environment: `RUNTIME_DIRECTORY` is where a service finds its own.
  static func usualSocket(in environment: [String: String]) -> String {
    SocketPlace.usual(runtimeDirectory: environment["RUNTIME_DIRECTORY"], otherwise: SocketPlace.runtimeDirectory)
  }

  /// What options and environment say, options first; the usual socket when they say nothing.
  /// - Throws: a fault with what is missing or cannot be.
  init(socket: String?, url: String?, keyFile: String?, environment: [String: String]) throws(StartFault) {
    if socket != nil, url != nil { throw StartFault(.usage, "give --socket or --url, not both") }
    if let socket {
      self = .socket(path: socket)
      return
    }
    guard let url = url ?? environment["BITTING_URL"].flatMap({ $0.isEmpty ? nil : $0 }) else {
      guard keyFile == nil else {
        throw StartFault(.usage, "--key-file goes with --url: at the unix socket no key is needed")
      }
      self = .socket(path: Self.usualSocket(in: environment))
      return
    }
    guard let parts = URL(string: url), ["http", "https"].contains(parts.scheme ?? ""), parts.host?.isEmpty == false,
      parts.user == nil, parts.query == nil
    else {
      throw StartFault(.usage, "the daemon's address is of the form http://HOST:PORT or https://HOST:PORT")
    }
    let key = try keyFile.map(Self.key(inFile:)) ?? environment["BITTING_API_KEY"] ?? ""
    guard !key.isEmpty else {
      throw StartFault(
        .usage,
        "over TCP the daemon wants an API key: set BITTING_API_KEY, or name a file that holds one with --key-file")
    }
    guard key.utf8.allSatisfy({ (0x21...0x7E).contains($0) }) else {
      throw StartFault(.usage, "the API key holds characters that no key has; see that nothing but the key is given")
    }
    self = .url(url.hasSuffix("/") ? String(url.dropLast()) : url, key: key)
  }

  private static func key(inFile path: String) throws(StartFault) -> String {
    guard let text = try? String(contentsOfFile: path, encoding: .utf8) else {
      throw StartFault(.noInput, "\(path) cannot be read; name a file that holds an API key with --key-file")
    }
    return text.trimmingCharacters(in: .whitespacesAndNewlines)
  }
}

extension GatewayAddress {
  /// True for the socket that is asked when nobody says where.
  var isUsual: Bool { self == .socket(path: Self.usualSocket(in: ProcessInfo.processInfo.environment)) }

  /// The machine that is asked, for people.
  var host: String {
    switch self {
    case .socket: ProcessInfo.processInfo.hostName
    case .url(let url, _): URL(string: url)?.host ?? "gateway"
    }
  }
}

extension GatewayAddress: CustomStringConvertible {
  /// The place without the key.
  var description: String {
    switch self {
    case .socket(let path): path
    case .url(let url, _): url
    }
  }
}
