package import LockDrivers
package import LockTransport

extension NukiPairing {
  /// Pairs over an open link, which is closed in the end.
  /// - Parameters:
  ///   - link: the link.
  ///   - tell: is told how far it is.
  package mutating func run(
    over link: Link, tell: (Step) -> Void
  ) async -> Result<NukiAuthorization, NukiPairingFault> {
    var result: Result<NukiAuthorization, NukiPairingFault>?
    func perform(_ effects: [Effect]) {
      for effect in effects {
        switch effect {
        case .write(let packet): link.write(packet)
        case .setDeadline(let deadline): link.setDeadline(deadline)
        case .closeLink: link.close()
        case .progress(let step): tell(step)
        case .finished(let outcome): result = outcome
        }
      }
    }
    perform(self.linkOpened(at: Reactor.uptime))
    for await event in link.events {
      switch event {
      case .bytes(let packet): perform(self.received(packet, at: Reactor.uptime))
      case .deadlinePassed: perform(self.deadlinePassed(at: Reactor.uptime))
      case .closed: break
      }
    }
    perform(self.linkClosed(at: Reactor.uptime))
    link.close()
    return result ?? .failure(.linkLost(at: self.step))
  }
}
