import Glibc

/// Where the API is to listen for TCP, as an operator writes it: `127.0.0.1:8471`, `[::1]:8471`, `localhost:0`.
public struct ListenAddress: Hashable, Sendable, CustomStringConvertible {
  /// A name or a numeric address, without brackets.
  public var host: String
  /// The port; 0 for any free one.
  public var port: UInt16

  /// Makes an address.
  /// - Parameters:
  ///   - host: a name or a numeric address, without brackets.
  ///   - port: the port; 0 for any free one.
  public init(host: String, port: UInt16) { (self.host, self.port) = (host, port) }

  /// Reads HOST:PORT, with an IPv6 address in brackets or without.
  /// - Returns: nil for anything else.
  public init?(_ text: String) {
    guard let colon = text.lastIndex(of: ":"), let port = UInt16(text[text.index(after: colon)...]) else { return nil }
    var host = text[..<colon]
    if host.hasPrefix("[") {
      guard host.hasSuffix("]") else { return nil }
      host = host.dropFirst().dropLast()
    }
    guard !host.isEmpty, host != ":", host.utf8.allSatisfy({ $0 > 32 && $0 < 127 && $0 != 0x5B && $0 != 0x5D }) else {
      return nil
    }
    self.init(host: String(host), port: port)
  }

  /// As ``init(_:)`` reads it.
  public var description: String { Self.text(host: self.host, port: Int(self.port)) }

  /// True when the host is an address in digits, which stands for itself whatever the resolver says.
  var isNumeric: Bool { self.host.contains(":") || self.hasDigitsAlone }

  /// True for digits and dots that are no address of IPv4.
  var isMalformed: Bool {
    var address = in_addr()
    guard self.hasDigitsAlone else { return false }
    return unsafe inet_aton(self.host, &address) == 0
  }

  private var hasDigitsAlone: Bool { self.host.utf8.allSatisfy { $0 == 0x2E || (0x30...0x39).contains($0) } }

  static func text(host: String, port: Int) -> String {
    host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)"
  }

  /// True for a numeric address that only this machine reaches; the wildcard addresses are not among them.
  public static func isLoopback(numeric address: String) -> Bool {
    let lower = address.lowercased()
    let plain = lower.hasPrefix("::ffff:") ? lower.dropFirst(7) : lower[...]
    return plain == "::1" || plain.hasPrefix("127.") && !plain.contains(":")
  }
}
