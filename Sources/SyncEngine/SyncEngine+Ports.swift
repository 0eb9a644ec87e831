internal import LockCore
internal import LockTransport
internal import Logging

/// Lines follow their devices to whatever port those answer on.
extension SyncEngine {
  /// Takes in who answered on a line.
  /// - Returns: false for a report that is not about that.
  func takeIn(_ report: LockReport, from lock: LockID) async -> Bool {
    guard let line = self.site.doors[lock]?.definition.account else { return false }
    switch report {
    case .deviceProven(let address, let identity):
      if self.ports.deviceProven(identity, at: address, on: line) { self.keep(identity, of: "\(line)/\(address)") }
      if !identity.tells {
        self.logger.info(
          "\(line)/\(address): the device has no serial number, so that another one in its place is not found out")
      }
    case .strangerAnswered(let address, let identity):
      if let verdict = self.ports.strangerAnswered(identity, at: address, on: line) {
        await self.act(on: .init(line: line, address: address, identity: identity, verdict: verdict))
      }
    case .deviceSilent(let address):
      self.ports.deviceSilent(address, on: line)
      await self.reconsiderStrangers()
    default: return false
    }
    return true
  }

  /// Something has changed that may have kept a line from going to its devices.
  func reconsiderStrangers() async {
    for news in self.ports.reconsidered() { await self.act(on: news) }
  }

  private func act(on news: PortMatching.News) async {
    let (line, identity) = (news.line, news.identity)
    let device = "\(line)/\(news.address)"
    switch news.verdict {
    case .swapped(let one, let other):
      self.logger.notice(
        "the devices of line \(other) answer on the port of line \(one): the two lines change ports; put the plugs or the ports in bitting.yaml right before the next restart"
      )
      await self.changePlugs(of: [one, other])
    case .duplicate(let owner):
      self.logger.error(
        "\(device): \(identity) answers, which line \(owner) has too, or had until a moment ago; nothing is sent to it. Find the device and take it off the line"
      )
    case .misplaced(let owner):
      self.logger.error(
        "\(device): \(identity) answers, which belongs to line \(owner); nothing is sent to it. Put it back on its line"
      )
    case .unknown where identity.tells:
      self.logger.error(
        "\(device): \(identity) answers, which is not the device known there; nothing is sent to it. If it took the old one's place, write serial: \"\(identity.serialDigits)\" at that device in bitting.yaml"
      )
    case .unknown:
      self.logger.error(
        "\(device): a device answers that has no serial number, unlike the one known there; nothing is sent to it. If it took the old one's place, write serial: \"\(identity.serialDigits)\" at that device in bitting.yaml"
      )
    }
  }

  /// Names devices that cannot be told apart.
  func tellTwins() {
    for twins in self.ports.twins {
      self.logger.warning(
        "\(twins.joined(separator: " and ")) call themselves the same: that their ports are swapped is not found out")
    }
  }

  private func keep(_ identity: WireIdentity, of device: String) {
    do {
      try self.store.keep(identity, of: device, at: self.now())
      self.logger.info("\(device): \(identity) is the device known there from now on")
    } catch {
      self.logger.error("\(device): who answers there cannot be kept: \(Store.reason(of: error))")
    }
  }

  /// Has lines spoken through the plugs that the matching says: first all of them let go of what they have, so that
  /// none finds its port taken.
  private func changePlugs(of lines: [String]) async {
    let links = lines.compactMap { name in self.links.values.first { $0.definition.account == name } }
    for link in links { await link.session.leave() }
    for link in links {
      if let plug = self.ports.plug(of: link.definition.account) { await link.session.use(plug) }
    }
  }
}

extension SiteDefinition {
  /// The configured port of each line.
  var ports: [String: PortSelector] {
    var ports: [String: PortSelector] = [:]
    for link in self.links {
      if case .kept(.selected(let port, _)) = link.way, link.isBus { ports[link.account] = port }
    }
    return ports
  }
}
