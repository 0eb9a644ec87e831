public import LockCore
public import LockTransport

/// Runs one simulated Nuki lock in this process: gives links to it and what it says on the air, and performs its
/// effects.
public actor NukiLockRunner {
  /// How often the air is told again while nothing changes and somebody listens.
  public static let beaconInterval: Duration = .seconds(2)

  /// The lock's address on the air.
  nonisolated public let address: BluetoothAddress?

  private var lock: NukiLock
  private var links: [NukiLock.LinkID: Link] = [:]
  private var lastLink: UInt64 = 0
  private var listeners: [UInt64: AsyncStream<[UInt8]>.Continuation] = [:]
  private var lastListener: UInt64 = 0
  private var air: [UInt8] = []
  private var isReachable = true
  private var lockDeadline: Duration?
  private var beaconDue: Duration?
  /// One end of a link to nobody, for its deadline: the lock has some while no link is open, too.
  private let alarm: Link
  private let remember: @Sendable (NukiLock.Memory) -> Void

  /// Starts a lock.
  /// - Parameters:
  ///   - lock: the lock.
  ///   - reactor: serves its deadlines; the lock works until it is shut down.
  ///   - remember: keeps its memory through a restart; called after each change.
  /// - Throws: as ``Link/pair(on:)``.
  public init(
    _ lock: NukiLock, on reactor: Reactor, remember: @escaping @Sendable (NukiLock.Memory) -> Void = { _ in }
  ) throws(LinkFault) {
    let (alarm, _) = try Link.pair(on: reactor)
    self.alarm = alarm
    self.lock = lock
    self.remember = remember
    self.address = BluetoothAddress(octets: lock.model.addressOctets, kind: .public)
    Task {
      await self.act { lock, now in lock.started(at: now) }
      for await event in alarm.events where event == .deadlinePassed { await self.deadlinePassed() }
    }
  }

  /// How a gateway in this process gets at the lock.
  nonisolated public var way: OnDemandLink {
    OnDemandLink(
      open: { _, reactor in await self.open(on: reactor) },
      advertisements: {
        AsyncStream(bufferingPolicy: .bufferingNewest(8)) { continuation in
          let task = Task {
            for await data in await self.broadcasts() {
              if let address = self.address {
                continuation.yield(Advertisement(address: address, data: data, rssi: -60))
              }
            }
            continuation.finish()
          }
          continuation.onTermination = { _ in task.cancel() }
        }
      })
  }

  /// The lock as it is now.
  public var state: NukiLock { self.lock }

  /// Somebody does something at the lock.
  /// - Returns: what came of it.
  @discardableResult
  public func act<Outcome: Sendable>(
    _ deed: @Sendable (inout NukiLock, Moment) -> (Outcome, [NukiLock.Effect])
  ) -> Outcome {
    let (outcome, effects) = deed(&self.lock, Reactor.now)
    self.perform(effects)
    return outcome
  }

  /// Somebody does something at the lock.
  public func act(_ deed: @Sendable (inout NukiLock, Moment) -> [NukiLock.Effect]) {
    self.perform(deed(&self.lock, Reactor.now))
  }

  /// The lock goes out of reach: its links break, and it is not heard any more. Or it comes back.
  public func setReachable(_ isReachable: Bool) {
    self.isReachable = isReachable
    if isReachable {
      self.broadcast()
    } else {
      for link in self.links.values { link.close() }
    }
  }

  /// Somebody adds a code with the app.
  /// - Returns: false when the lock does not take it.
  public func addCode(_ pin: PINCode, name: String) -> Bool {
    self.act { lock, now in
      let (id, effects) = lock.addForeignCode(pin, name: name.cut(toBytes: 20) ?? "Code", at: now)
      return (id != nil, effects)
    }
  }

  /// What the lock says on the air: what it says now, every change, and the same again every
  /// ``beaconInterval``. See ``NukiLock/Effect/advertise(_:)`` for the bytes.
  public func broadcasts() -> AsyncStream<[UInt8]> {
    let (stream, continuation) = AsyncStream<[UInt8]>.makeStream(bufferingPolicy: .bufferingNewest(8))
    self.lastListener += 1
    let listener = self.lastListener
    self.listeners[listener] = continuation
    continuation.onTermination = { _ in Task { await self.stopsListening(listener) } }
    if !self.air.isEmpty, self.isReachable { continuation.yield(self.air) }
    if self.beaconDue == nil { self.beaconDue = Reactor.uptime + Self.beaconInterval }
    self.setAlarm()
    return stream
  }

  /// Lets a link speak with the lock until either side closes it.
  public func serve(_ link: Link) async {
    self.lastLink += 1
    let id = NukiLock.LinkID(rawValue: self.lastLink)
    self.links[id] = link
    self.perform(self.lock.linkOpened(id, at: Reactor.now))
    for await event in link.events {
      if case .bytes(let pdu) = event { self.perform(self.lock.received(pdu, on: id, at: Reactor.now)) }
    }
    link.close()
    self.links[id] = nil
    self.perform(self.lock.linkClosed(id, at: Reactor.now))
  }

  // MARK: Effects

  private func open(on reactor: Reactor) -> Result<Link, LinkRefusal> {
    // A lock that takes no link is not there for a central: it only sees that nobody answers.
    guard self.isReachable, !self.lock.temperament.acceptsNoLink else { return .failure(.absent) }
    guard self.lock.openLinks.count < NukiLockModel.linkCapacity else { return .failure(.absent) }
    guard let (near, far) = try? Link.pair(on: reactor) else { return .failure(.noRadio) }
    Task { await self.serve(far) }
    return .success(near)
  }

  private func deadlinePassed() {
    if let due = self.beaconDue, due <= Reactor.uptime {
      self.beaconDue = self.listeners.isEmpty ? nil : Reactor.uptime + Self.beaconInterval
      self.broadcast()
    }
    if let due = self.lockDeadline, due <= Reactor.uptime {
      self.lockDeadline = nil
      self.perform(self.lock.deadlinePassed(at: Reactor.now))
    }
    self.setAlarm()
  }

  private func perform(_ effects: [NukiLock.Effect]) {
    for effect in effects {
      switch effect {
      case .write(let id, let pdu): self.links[id]?.write(pdu)
      case .closeLink(let id): self.links.removeValue(forKey: id)?.close()
      case .setDeadline(let uptime):
        self.lockDeadline = uptime
        self.setAlarm()
      case .advertise(let data):
        self.air = data
        self.broadcast()
      case .remember: self.remember(self.lock.memory)
      }
    }
  }

  private func broadcast() {
    guard self.isReachable else { return }
    for listener in self.listeners.values { listener.yield(self.air) }
  }

  private func stopsListening(_ listener: UInt64) { self.listeners[listener] = nil }

  private func setAlarm() {
    self.alarm.setDeadline([self.lockDeadline, self.beaconDue].compactMap { $0 }.min())
  }
}
