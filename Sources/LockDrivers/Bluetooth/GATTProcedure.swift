/// What one request to a server comes down to: packets to send, one after the other, each after the answer to the
/// one before. A value; knows no time.
enum GATTProcedure: Sendable {
  /// What comes next.
  enum Step: Sendable {
    /// Ask this, then wait for its answer.
    case send(ATTPDU.FromClient)
    case done(GATTClient.Response)
    case failed(GATTFault)
  }

  case discovery(GATTDiscovery)
  case check(GATTCheck)
  case read(GATTRead)
  case write(GATTWrite)

  /// The first packet.
  /// - Parameter mtu: the longest packet of this link, in octets.
  mutating func begin(mtu: Int) -> ATTPDU.FromClient {
    switch self {
    case .discovery(let discovery): return discovery.begin()
    case .check(let check): return check.begin()
    case .read(let read): return read.begin()
    case .write(var write):
      defer { self = .write(write) }
      return write.begin(mtu: mtu)
    }
  }

  /// Handles have changed while they were listed: discovers from the beginning.
  /// - Returns: the first packet; nil of anything but a discovery.
  mutating func restart() -> ATTPDU.FromClient? {
    guard case .discovery(var discovery) = self else { return nil }
    defer { self = .discovery(discovery) }
    return discovery.restart()
  }

  /// The answer that belongs to the last packet; its kind was not checked any further.
  mutating func answered(_ answer: ATTPDU.FromServer, mtu: Int) -> Step {
    switch self {
    case .discovery(var discovery):
      defer { self = .discovery(discovery) }
      return discovery.answered(answer)
    case .check(var check):
      defer { self = .check(check) }
      return check.answered(answer)
    case .read(var read):
      defer { self = .read(read) }
      return read.answered(answer, mtu: mtu)
    case .write(var write):
      defer { self = .write(write) }
      return write.answered(answer, mtu: mtu)
    }
  }
}
