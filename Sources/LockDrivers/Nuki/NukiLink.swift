/// A link to one lock, up to whole messages: agrees on an MTU, finds the lock's characteristics or remembers them,
/// subscribes to all that tell something (which a lock forgets with each link), and puts pieces together.
///
/// The same for pairing and for normal operation; sealing and opening is done above.
struct NukiLink: Sendable {
  /// What comes of what happened, in order.
  enum Output: Hashable, Sendable {
    /// Send one packet.
    case write([UInt8])
    /// Messages may be sent.
    case ready
    /// A whole message in clear, or from the pairing GDIO of generation 5 a sealed one.
    case general([UInt8])
    /// A whole sealed message.
    case sealed([UInt8])
    /// The lock has taken the message sent last.
    case sent
    /// The link is of no use: to be closed.
    case failed(GATTFault)
  }

  /// What the link is for.
  enum Purpose: Hashable, Sendable {
    /// Normal operation.
    case keyturner
    /// A new authorization; then normal operation on the same link.
    case pairing
  }

  private let purpose: Purpose
  private var gatt: GATTClient
  private var general: NukiReassembly
  private var user = NukiReassembly(.sealed)
  private var generalHandle: UInt16?
  private var userHandle: UInt16?
  private var subscriptionsLeft = 0
  /// What the present subscriptions are named by.
  private var subscription = RequestID.subscription
  private var isDatabaseVoid = false
  private(set) var isReady = false
  /// When the lock must have answered a packet; nil while nothing is asked.
  private(set) var deadline: Duration?
  /// True when the lock is one of generation 5; known once ready, when pairing.
  private(set) var isGeneration5 = false

  private enum RequestID {
    static let discovery = 1
    static let message = 2
    static let subscription = 3
    /// To handles that were discovered anew.
    static let secondSubscription = 4
  }

  private static let mtu: UInt16 = 247

  init(_ purpose: Purpose) {
    self.purpose = purpose
    self.gatt = GATTClient(preferredMTU: Self.mtu)
    self.general = NukiReassembly(.plain)
  }

  private var services: [BluetoothUUID] {
    switch self.purpose {
    case .keyturner: [NukiUUID.keyturnerService]
    case .pairing: [NukiUUID.keyturnerService, NukiUUID.pairingService, NukiUUID.pairingService5]
    }
  }

  // MARK: what happens

  mutating func linkOpened(at now: Duration) -> [Output] {
    self.reset()
    if self.isDatabaseVoid { self.gatt = GATTClient(preferredMTU: Self.mtu) }
    self.isDatabaseVoid = false
    return self.take(self.gatt.linkOpened(at: now) + self.discover(at: now), at: now)
  }

  mutating func linkClosed() {
    _ = self.gatt.linkClosed()
    self.reset()
  }

  /// Forgets the lock's handles: they may have been the reason why nothing came of the link.
  mutating func forgetHandles() { self.isDatabaseVoid = true }

  mutating func received(_ packet: [UInt8], at now: Duration) -> [Output] {
    self.take(self.gatt.received(packet, at: now), at: now)
  }

  mutating func deadlinePassed(at now: Duration) -> [Output] {
    self.take(self.gatt.deadlinePassed(at: now), at: now)
  }

  private mutating func reset() {
    self.general = NukiReassembly(.plain)
    self.user.removeAll()
    (self.generalHandle, self.userHandle) = (nil, nil)
    (self.subscriptionsLeft, self.subscription) = (0, RequestID.subscription)
    (self.isReady, self.deadline) = (false, nil)
  }

  // MARK: messages

  /// Sends a whole message over the characteristic of the authorization. What was left of an earlier answer is
  /// forgotten.
  mutating func sendSealed(_ wire: [UInt8], at now: Duration) -> [Output] {
    self.user.removeAll()
    return self.send(wire, to: self.userHandle, at: now)
  }

  /// Sends a whole message over the characteristic that has no authorization yet.
  /// - Parameter answer: how what comes back looks.
  mutating func sendGeneral(_ wire: [UInt8], expecting answer: NukiReassembly.Form, at now: Duration) -> [Output] {
    self.general = NukiReassembly(answer)
    return self.send(wire, to: self.generalHandle, at: now)
  }

  private mutating func send(_ wire: [UInt8], to handle: UInt16?, at now: Duration) -> [Output] {
    guard self.isReady, let handle else { return [.failed(.notFound)] }
    return self.take(self.gatt.submit(.write(handle: handle, wire), id: RequestID.message, at: now), at: now)
  }

  // MARK: GATT

  private mutating func discover(at now: Duration) -> [GATTClient.Effect] {
    self.gatt.submit(.discover(services: self.services), id: RequestID.discovery, at: now)
  }

  private mutating func take(_ effects: [GATTClient.Effect], at now: Duration) -> [Output] {
    var outputs: [Output] = []
    var rest = effects[...]
    while let effect = rest.popFirst() {
      switch effect {
      case .write(let packet): outputs.append(.write(packet))
      case .setDeadline(let deadline): self.deadline = deadline
      case .told(let handle, let value): outputs += self.told(value, by: handle)
      case .discovered, .databaseChanged: break
      case .closeLink: outputs.append(.failed(.timedOut))
      case .finished(RequestID.discovery, let result):
        switch result {
        case .success(.discovered(let database)): rest += self.subscribe(in: database, at: now, &outputs)
        case .success: outputs.append(.failed(.malformed))
        case .failure(let fault): outputs.append(.failed(fault))
        }
      case .finished(RequestID.subscription, _) where self.subscription != RequestID.subscription:
        // With the handles of one subscription those of the other have become void, too.
        break
      case .finished(self.subscription, .success):
        self.subscriptionsLeft -= 1
        if self.subscriptionsLeft == 0 {
          self.isReady = true
          outputs.append(.ready)
        }
      case .finished(RequestID.subscription, .failure(.notFound)):
        // The lock's firmware is another than when its handles were looked up.
        self.subscription = RequestID.secondSubscription
        rest += self.discover(at: now)
      case .finished(RequestID.message, .success): outputs.append(.sent)
      case .finished(_, .failure(let fault)): outputs.append(.failed(fault))
      case .finished: break
      }
    }
    return outputs
  }

  private mutating func told(_ value: [UInt8], by handle: UInt16) -> [Output] {
    switch handle {
    case self.userHandle: self.user.received(value).map(Output.sealed)
    case self.generalHandle: self.general.received(value).map(Output.general)
    default: []
    }
  }

  private mutating func subscribe(
    in database: GATTDatabase, at now: Duration, _ outputs: inout [Output]
  ) -> [GATTClient.Effect] {
    func find(_ uuid: BluetoothUUID, in service: BluetoothUUID) -> GATTCharacteristic? {
      database.characteristic(uuid, in: service).flatMap { $0.configuration == nil ? nil : $0 }
    }
    let user = find(NukiUUID.keyturnerUSDIO, in: NukiUUID.keyturnerService)
    let general: GATTCharacteristic?
    switch self.purpose {
    case .keyturner: general = find(NukiUUID.keyturnerGDIO, in: NukiUUID.keyturnerService)
    case .pairing:
      let newer = find(NukiUUID.pairingGDIO5, in: NukiUUID.pairingService5)
      self.isGeneration5 = newer != nil
      general = newer ?? find(NukiUUID.pairingGDIO, in: NukiUUID.pairingService)
    }
    guard let user, general != nil || self.purpose == .keyturner else {
      outputs.append(.failed(.notFound))
      return []
    }
    (self.userHandle, self.generalHandle) = (user.handle, general?.handle)
    let characteristics = [user] + (general.map { [$0] } ?? [])
    self.subscriptionsLeft = characteristics.count
    return characteristics.flatMap { characteristic in
      let way: GATTClient.Subscription = characteristic.properties.contains(.indicate) ? .indications : .notifications
      return self.gatt.submit(
        .subscribe(handle: characteristic.handle, way), id: self.subscription, at: now)
    }
  }
}
