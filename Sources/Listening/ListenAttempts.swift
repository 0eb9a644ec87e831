/// Listening for TCP at some addresses, each of which may have to be waited for: one that a DHCP server has not given
/// yet, a name that nobody resolves yet, a port that another program still has.
public struct ListenAttempts: Sendable {
  /// Where it is to listen, in the order given, each once.
  public let addresses: [ListenAddress]
  private let isLoopbackOnly: Bool
  /// What listens, by the address as it was given.
  private var sockets: [ListenAddress: [ListeningSocket]] = [:]
  /// Why nothing, or not all, listens there; none for an address that was not tried yet.
  private var faults: [ListenAddress: ListenFault] = [:]
  private var complete: Set<ListenAddress> = []

  /// Nothing listens yet.
  /// - Parameters:
  ///   - addresses: the addresses.
  ///   - isLoopbackOnly: true to refuse an address that other machines reach.
  /// - Throws: for digits that are no address, and for a numeric address that is refused. What a name stands for may
  ///   change, so it is merely not listened at while it stands for such an address.
  public init(_ addresses: [ListenAddress], isLoopbackOnly: Bool = false) throws(ListenFault) {
    self.addresses = addresses.reduce(into: []) { if !$0.contains($1) { $0.append($1) } }
    self.isLoopbackOnly = isLoopbackOnly
    if let wrong = addresses.first(where: \.isMalformed) {
      throw ListenFault(.wrong, "cannot listen at \(wrong): \(wrong.host) is no address; give one like 127.0.0.1:8471")
    }
    if isLoopbackOnly,
      let far = addresses.first(where: { $0.isNumeric && !ListenAddress.isLoopback(numeric: $0.host) })
    {
      throw .offLoopback("\(far)")
    }
  }

  /// True once everything listens that was to.
  public var isComplete: Bool { self.complete.count == self.addresses.count }

  /// Why it does not listen everywhere, a sentence each, in the order of the addresses.
  public var reasons: [String] { self.addresses.compactMap { self.faults[$0]?.message } }

  /// True when everything listens that an address stands for.
  public func isComplete(_ address: ListenAddress) -> Bool { self.complete.contains(address) }

  /// The port that was got at an address: of interest where any free one was to be taken; nil while nothing listens.
  public func port(at address: ListenAddress) -> Int? {
    guard case .tcp(_, let port) = self.sockets[address]?.first?.place else { return nil }
    return port
  }

  /// Tries once more what is missing. May take as long as the system's resolver does.
  /// - Returns: what listens from now on.
  public mutating func attempt() -> [ListeningSocket] {
    var opened: [ListeningSocket] = []
    for address in self.addresses where !self.complete.contains(address) {
      let (new, fault) = self.attempt(address)
      opened += new
      self.sockets[address, default: []] += new
      self.faults[address] = fault
      if fault == nil { self.complete.insert(address) }
    }
    return opened
  }

  private func attempt(_ address: ListenAddress) -> (opened: [ListeningSocket], fault: ListenFault?) {
    let numerics: [String]
    do throws(ListenFault) {
      numerics = try ListeningSocket.resolve(address)
    } catch {
      return ([], error)
    }
    if self.isLoopbackOnly, !numerics.allSatisfy(ListenAddress.isLoopback(numeric:)) {
      return ([], .offLoopback("\(address)"))
    }
    // `[::]` beside `0.0.0.0` would want the same port twice.
    let isIPv6Only = self.addresses.contains { $0.port == address.port && !$0.host.contains(":") }
    var opened: [ListeningSocket] = []
    var fault: ListenFault?
    for numeric in numerics where !self.has(numeric, port: address.port) {
      do throws(ListenFault) {
        opened.append(
          try ListeningSocket.tcp(numeric, port: address.port, isIPv6Only: isIPv6Only, given: address))
      } catch {
        fault = fault ?? error
      }
    }
    return (opened, fault)
  }

  private func has(_ numeric: String, port: UInt16) -> Bool {
    self.sockets.contains { given, sockets in
      given.port == port
        && sockets.contains {
          if case .tcp(let address, _) = $0.place { address == numeric } else { false }
        }
    }
  }
}
