import LockCore

/// One adapter under the number that it has at the moment. A value: what is known of it, and what is under way.
struct RadioAdapter: Hashable, Sendable {
  /// A connection that is being made.
  struct Attempt: Hashable, Sendable {
    /// How far it is.
    enum Stage: Hashable, Sendable {
      /// Discovery is to end first.
      case waiting
      /// The peer has not answered yet.
      case connecting(until: Duration)
      /// The link is being encrypted, after a pairing where `isPairing`.
      case securing(until: Duration, isPairing: Bool)
    }

    var wish: RadioWish
    var stage = Stage.waiting

    var id: RadioAttemptID { RadioAttemptID(wish: self.wish.id, number: self.wish.attempts) }
  }

  /// What was heard of a peer last.
  struct Sign: Hashable, Sendable {
    var at: Duration
    var rssi: Int8?
    var data: [UInt8]
  }

  /// A command that was not answered yet.
  struct Outstanding: Hashable, Sendable {
    var command: ManagementCommand
    var until: Duration
  }

  /// So many peers are remembered; those heard longest ago go first.
  static let mostPeers = 512
  /// A peer heard within this time is there. Controllers tell a peer once in a discovery, which takes some 10 s.
  static let freshness = Duration.seconds(12)

  let index: UInt16
  var controller: ManagementController?
  /// What is still to be sent before it is switched on.
  var setup: [ManagementCommand] = []
  var outstanding: Outstanding?
  var isDiscovering = false
  /// This daemon has started the discovery that is on.
  var isOurs = false
  var attempt: Attempt?
  /// Until then only peers that are known to be there are tried: an absent one has held the others up.
  var listensUntil: Duration = .zero
  /// No command is sent before this uptime: the last one was refused.
  var restsUntil: Duration = .zero
  /// Discovery is not started before this uptime.
  var scanRestsUntil: Duration = .zero
  /// How often discovery was refused as busy, one after the other.
  var busyCount = 0
  var isSoftBlocked = false
  var isHardBlocked = false
  /// The process may not set it up.
  var isForbidden = false
  /// Switch it off; on again comes by itself.
  var isToBeCycled = false
  /// How often commands went unanswered, one after the other.
  var silentCommands = 0
  /// How often peers that are there did not answer, one after the other.
  var failedConnects = 0
  /// Nothing was heard since then.
  var quietSince: Duration = .zero
  var signs: [BluetoothAddress: Sign] = [:]

  init(index: UInt16) { self.index = index }

  var address: BluetoothAddress? { self.controller?.address }
  var isPowered: Bool { self.controller?.current.contains(.powered) ?? false }
  var isBlocked: Bool { self.isSoftBlocked || self.isHardBlocked }
  /// It is on and answers.
  var isReady: Bool {
    self.isPowered && !self.isForbidden && !self.isToBeCycled && self.silentCommands == 0
  }

  /// How strong a peer is heard, in dBm; nil when it was not heard lately.
  func strength(of peer: BluetoothAddress, at now: Duration) -> Int? {
    guard let sign = self.signs[peer], now - sign.at < Self.freshness else { return nil }
    return sign.rssi.map(Int.init) ?? -128
  }

  /// Remembers that a peer was heard.
  /// - Returns: false when it said the same within the last second.
  mutating func heard(_ advertisement: Advertisement, at now: Duration) -> Bool {
    self.quietSince = now
    let before = self.signs[advertisement.address]
    if let before, before.data == advertisement.data, now - before.at < .seconds(1) { return false }
    if before == nil, self.signs.count >= Self.mostPeers,
      let oldest = self.signs.min(by: { $0.value.at < $1.value.at })
    {
      self.signs[oldest.key] = nil
    }
    self.signs[advertisement.address] = Sign(
      at: now, rssi: advertisement.rssi, data: advertisement.data)
    return true
  }

  /// Why it cannot be used, and what to do; nil when it can.
  var problem: String? {
    guard let controller = self.controller else {
      return self.silentCommands == 0
        ? "a Bluetooth adapter is being started"
        : "the Bluetooth adapter hci\(self.index) does not answer: unplug it and plug it in again"
    }
    guard let address = controller.address else {
      return "a Bluetooth adapter has no address of its own: use another one"
    }
    if !controller.supported.contains(.lowEnergy) {
      return "the Bluetooth adapter \(address) is too old for Low Energy: use another one"
    }
    if self.isForbidden {
      return
        "the daemon may not use the Bluetooth adapter \(address): run 'sudo systemctl enable --now bitting-bluetooth.socket' and restart it"
    }
    if self.isHardBlocked {
      return "the Bluetooth adapter \(address) is switched off by a switch or key of the box: switch it on"
    }
    if self.isSoftBlocked {
      return "the Bluetooth adapter \(address) is blocked: run 'rfkill unblock bluetooth'"
    }
    if self.silentCommands > 0 {
      return "the Bluetooth adapter \(address) does not answer: unplug it and plug it in again, or restart the box"
    }
    return self.isReady ? nil : "the Bluetooth adapter \(address) is being switched on"
  }
}
