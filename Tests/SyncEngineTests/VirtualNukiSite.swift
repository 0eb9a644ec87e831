import LockCore
import LockDrivers
import LockSimulator
import LockTransport
import Testing

@testable import SyncEngine

/// One Nuki door in virtual time: the engine's value over a real store, the real driver, and a simulated lock that is
/// reached on demand. The gateway may lose its power between any two deeds; the store and the lock stay.
final class VirtualNukiSite {
  static let key = "Front Door"

  let store: Store
  let definition: SiteDefinition
  let authorization: NukiAuthorization
  private(set) var site: Site
  private(set) var lock: NukiLock
  private var driver: NukiLockDriver?
  private(set) var now = Moment(uptime: .seconds(1000), date: Timestamp(milliseconds: 1_800_000_000_000))
  private(set) var notes: [String] = []
  /// Links that were opened.
  private(set) var visits = 0
  /// False while the lock is out of reach.
  var isInReach = true
  /// After so many further deeds the gateway loses its power and starts again.
  var crashIn: Int?
  /// After so many further packets the link is lost.
  var linkLostIn: Int?

  private var link: NukiLock.LinkID?
  private var opensAt: Duration?
  private var driverDeadline: Duration?
  private var lockDeadline: Duration?
  private var air: [UInt8] = []
  private var agenda: [Deed] = []
  private var lastSeed: UInt64 = 0

  private enum Deed {
    case site(Site.Effect)
    case driver(DriverEffect, link: NukiLock.LinkID?)
    case lock(NukiLock.Effect)
  }

  /// How long a connection takes to come about.
  private static let connecting = Duration.milliseconds(300)

  /// Pairs with a new lock, and starts the gateway.
  init(
    model: NukiLockModel = NukiLockModel(), temperament: NukiLockTemperament = NukiLockTemperament(),
    type: NukiIDType = .bridge
  ) throws {
    let pin = try #require(NukiSecurityPIN(model.generation == .five ? "482915" : "4321"))
    var lock = NukiLock(model: model, securityPIN: pin, random: .seeded(7))
    self.authorization = try Self.pair(with: &lock, pin: pin, type: type, at: self.now)
    lock.temperament = temperament
    self.lock = lock
    self.store = try Store()
    var definition = SiteDefinition(
      name: "Test", timeZone: "Europe/Berlin", accounts: [.init(key: "radio", kind: "r", states: { .finished })])
    definition.locks = [
      .init(
        key: Self.key, account: "radio", deviceType: "nuki_lock", manufacturer: "Nuki", model: "Lock",
        capabilities: .nukiKeypad, isVisited: true)
    ]
    self.definition = definition
    self.site = try Site(store: self.store, definition: definition, policy: .init(), at: self.now.date)
    self.agenda = self.lock.started(at: self.now).map(Deed.lock)
    try self.boot()
  }

  var id: LockID { self.site.lockIDs[Self.key] ?? LockID(rawValue: "") }

  /// The PINs at the lock by the numbers that it gave them.
  var pins: [UInt16: String] { self.lock.memory.codes.mapValues { $0.pin.digits } }

  /// How often a code was written or erased.
  var writes: Int { [0x41, 0x46, 0x47].reduce(0) { $0 + (self.lock.counts.commands[$1] ?? 0) } }

  // MARK: the gateway

  private func boot() throws {
    self.lastSeed += 1
    let memory = try self.store.driverMemory(of: self.id)
    self.driver = NukiLockDriver(
      lock: self.id, authorization: self.authorization, memory: memory, random: .seeded(self.lastSeed))
    self.agenda += self.site.started(at: self.now.date).map(Deed.site)
    self.drive { $0.deadlinePassed(at: $1) }
    self.settle()
  }

  /// Power is lost and comes back.
  func restart() throws {
    self.crashIn = nil
    self.agenda = self.agenda.filter { if case .lock = $0 { true } else { false } }
    (self.driver, self.driverDeadline, self.opensAt) = (nil, nil, nil)
    self.hangUp()
    self.site = try Site(store: self.store, definition: self.definition, policy: .init(), at: self.now.date)
    try self.boot()
  }

  /// Somebody asks something of the site.
  func ask<Outcome>(_ request: (inout Site, Timestamp) throws -> (Outcome, [Site.Effect])) rethrows -> Outcome {
    let (outcome, effects) = try request(&self.site, self.now.date)
    self.agenda += effects.map(Deed.site)
    self.settle()
    return outcome
  }

  /// Somebody does something at the lock.
  func atLock(_ deed: (inout NukiLock, Moment) -> [NukiLock.Effect]) {
    self.agenda += deed(&self.lock, self.now).map(Deed.lock)
    self.settle()
  }

  private func drive(_ happening: (inout NukiLockDriver, Moment) -> [DriverEffect]) {
    guard var driver = self.driver else { return }
    let effects = happening(&driver, self.now)
    self.driver = driver
    self.agenda += effects.map { .driver($0, link: self.link) }
  }

  private func settle() {
    while !self.agenda.isEmpty {
      if let left = self.crashIn {
        if left == 0 {
          do { try self.restart() } catch { Issue.record("restart failed: \(error)") }
          continue
        }
        self.crashIn = left - 1
      }
      self.carryOut(self.agenda.removeFirst())
    }
  }

  private func carryOut(_ deed: Deed) {
    switch deed {
    case .site(.submit(let command, let lock, let id)):
      self.drive { $0.submit(command, to: lock, id: id, at: $1) }
    case .site(.note(let note)): self.notes.append(note.sentence)
    case .site: break
    case .driver(let effect, let link): self.carryOut(effect, on: link)
    case .lock(.write(let id, let pdu)):
      guard id == self.link, self.passes() else { return }
      self.drive { $0.received(pdu, at: $1) }
    case .lock(.closeLink(let id)): if id == self.link { self.loseLink() }
    case .lock(.setDeadline(let deadline)): self.lockDeadline = deadline
    case .lock(.advertise(let data)):
      self.air = data
      self.hear()
    case .lock(.remember): break
    }
  }

  private func carryOut(_ effect: DriverEffect, on link: NukiLock.LinkID?) {
    switch effect {
    case .write(let pdu):
      guard let id = self.link, id == link, self.passes() else { return }
      self.agenda += self.lock.received(pdu, on: id, at: self.now).map(Deed.lock)
    case .setDeadline(let deadline): self.driverDeadline = deadline
    case .finish(let id, let result): self.agenda += self.site.finished(id, result, at: self.now.date).map(Deed.site)
    case .report(let lock, let report):
      self.agenda += self.site.reported(lock, report, at: self.now.date).map(Deed.site)
    case .closeLink: self.loseLink()
    case .openLink: if self.link == nil { self.opensAt = self.opensAt ?? self.now.uptime + Self.connecting }
    case .remember(_, let bytes):
      do { try self.store.keep(bytes, forDriverOf: self.id) } catch { Issue.record("not kept: \(error)") }
    }
  }

  // MARK: the air

  /// False when this packet is the one that the link is lost at.
  private func passes() -> Bool {
    guard let left = self.linkLostIn else { return true }
    self.linkLostIn = left > 0 ? left - 1 : nil
    if left == 0 { self.loseLink() }
    return left > 0
  }

  private func hear() {
    guard self.isInReach, let advertisement = self.advertisement else { return }
    self.drive { $0.heard(advertisement, at: $1) }
  }

  private var advertisement: Advertisement? {
    self.air.isEmpty ? nil : Advertisement(address: self.authorization.address, data: self.air, rssi: -60)
  }

  private func open() {
    self.opensAt = nil
    guard self.isInReach else { return self.drive { $0.linkRefused(.absent, at: $1) } }
    self.visits += 1
    let id = NukiLock.LinkID(rawValue: UInt64(self.visits))
    self.link = id
    self.agenda += self.lock.linkOpened(id, at: self.now).map(Deed.lock)
    self.drive { $0.linkOpened(at: $1) }
  }

  private func hangUp() {
    guard let link = self.link else { return }
    self.link = nil
    self.agenda += self.lock.linkClosed(link, at: self.now).map(Deed.lock)
  }

  /// The link is gone, whoever closed it.
  func loseLink() {
    guard self.link != nil else { return }
    self.hangUp()
    self.drive { $0.linkClosed(at: $1) }
  }

  // MARK: time

  /// Lets time pass, from deadline to deadline; the lock is heard every ten seconds.
  func advance(by duration: Duration, hearing interval: Duration = .seconds(10)) {
    let end = self.now.uptime + duration
    var heardNext = self.now.uptime + interval
    self.settle()
    while true {
      let next = [self.opensAt, self.driverDeadline, self.lockDeadline, heardNext].compactMap { $0 }.min() ?? end
      guard next <= end else { break }
      self.now = self.now + max(.zero, next - self.now.uptime)
      if let due = self.opensAt, due <= next { self.open() }
      if let due = self.driverDeadline, due <= next {
        self.driverDeadline = nil
        self.drive { $0.deadlinePassed(at: $1) }
      }
      if let due = self.lockDeadline, due <= next {
        self.lockDeadline = nil
        self.agenda += self.lock.deadlinePassed(at: self.now).map(Deed.lock)
      }
      if heardNext <= next {
        heardNext = next + interval
        self.hear()
        self.agenda += self.site.wake(at: self.now.date).map(Deed.site)
      }
      self.settle()
    }
    self.now = self.now + max(.zero, end - self.now.uptime)
  }

  // MARK: pairing

  private static func pair(
    with lock: inout NukiLock, pin: NukiSecurityPIN, type: NukiIDType, at now: Moment
  ) throws -> NukiAuthorization {
    let address = try #require(BluetoothAddress("54:D2:72:2B:3C:4D", kind: .public))
    var pairing = NukiPairing(
      name: "Bitting", appID: 7, type: lock.model.generation == .five ? .app : type, pin: pin, address: address,
      random: .seeded(3))
    let link = NukiLock.LinkID(rawValue: 0)
    _ = lock.started(at: now)
    _ = lock.pressedButton(at: now)
    _ = lock.linkOpened(link, at: now)
    var effects = pairing.linkOpened(at: now.uptime)
    var result: Result<NukiAuthorization, NukiPairingFault>?
    while !effects.isEmpty {
      switch effects.removeFirst() {
      case .write(let pdu):
        for case .write(_, let answer) in lock.received(pdu, on: link, at: now) {
          effects += pairing.received(answer, at: now.uptime)
        }
      case .finished(let outcome): result = outcome
      case .setDeadline, .closeLink, .progress: break
      }
    }
    _ = lock.linkClosed(link, at: now)
    return try #require(result).get()
  }
}

extension AsyncStream {
  /// Tells nothing.
  static var finished: Self { Self { $0.finish() } }
}
