import LockCore
import LockSimulator
import Testing

@testable import LockDrivers

/// A driver and a simulated lock at the two ends of the air, in virtual time: links are opened on demand, packets
/// arrive at once, deadlines pass when due.
struct NukiAir {
  enum Direction { case toLock, toDriver }

  /// What becomes of a packet.
  enum Fate { case arrives, getsLost, isDamaged, dropsTheLink, restartsTheDriver }

  enum Event: Equatable {
    case finished(CommandID, Result<LockReply, LockFault>)
    case reported(LockReport)
    case wanted(VisitReason)
    case opened
    case closed
    case remembered
    /// The daemon was killed and has started again.
    case restarted
  }

  var driver: NukiLockDriver
  var lock: NukiLock
  private(set) var now: Moment
  private(set) var events: [(at: Duration, event: Event)] = []
  private(set) var packets = 0
  private(set) var sentByDriver = 0
  /// Before when links were wanted.
  private(set) var wishes: [Duration] = []
  private(set) var memory: [UInt8]?
  /// The lock's packets since ``forget()``.
  private(set) var told: [[UInt8]] = []
  /// How the next links are refused; the last one stays.
  var refusals: [LinkRefusal?] = [nil]
  var fate: (Int, Direction) -> Fate = { _, _ in .arrives }
  /// True when what the lock says on the air is heard.
  var isHeard = true

  /// False while the disk is full.
  var canRemember = true

  let authorization: NukiAuthorization
  let policy: NukiPolicy
  private var link: NukiLock.LinkID?
  private var lastLink: UInt64 = 0
  private var opensAt: Duration?
  private var driverDeadline: Duration?
  private var lockDeadline: Duration?
  private var underway: [(direction: Direction, bytes: [UInt8])] = []
  private(set) var air: [UInt8] = []
  private var lastID: UInt64 = 0

  static let start = Moment(uptime: .seconds(100), date: Timestamp(milliseconds: 1_780_000_000_000))
  static let lockID = LockID(rawValue: "11111111-2222-4333-8444-555555555555")
  static let connecting: Duration = .milliseconds(200)

  /// Pairs with a fresh lock; then both wait.
  init(
    model: NukiLockModel = NukiLockModel(), temperament: NukiLockTemperament = NukiLockTemperament(),
    type: NukiIDType = .app, policy: NukiPolicy = NukiPolicy(), clockOffset: Duration = .zero
  ) throws {
    let digits = model.generation == .five ? "482915" : "4321"
    let pin = try #require(NukiSecurityPIN(digits))
    var lock = NukiLock(model: model, securityPIN: pin, random: .seeded(7))
    _ = lock.started(at: Self.start)
    _ = lock.pressedButton(at: Self.start)
    var bench = try NukiPairingBench(lock: lock, pin: pin, type: type, now: Self.start)
    let authorization = try bench.run().get()
    lock = bench.lock
    lock.temperament = temperament
    _ = lock.setClock(to: Self.start.date + clockOffset, at: Self.start)
    self.authorization = authorization
    self.policy = policy
    self.lock = lock
    self.now = bench.now + .seconds(60)
    self.driver = NukiLockDriver(
      lock: Self.lockID, authorization: authorization, policy: policy, random: .seeded(11))
    self.perform(self.lock.deadlinePassed(at: self.now))
  }

  var reports: [LockReport] {
    self.events.compactMap { if case .reported(let report) = $0.event { report } else { nil } }
  }

  var visits: [VisitReason] {
    self.reports.compactMap { if case .visited(let reason) = $0 { reason } else { nil } }
  }

  func result(of id: CommandID) -> Result<LockReply, LockFault>? {
    let all = self.events.compactMap {
      if case .finished(id, let result) = $0.event { result } else { nil }
    }
    if all.count > 1 { Issue.record("a command was finished twice") }
    return all.first
  }

  var isOpen: Bool { self.link != nil }

  mutating func forget() { (self.events, self.packets, self.sentByDriver, self.told) = ([], 0, 0, []) }

  /// The daemon starts, or starts again with what was kept.
  mutating func startDriver(withMemory: Bool = true, written: [Int: SlotEntry] = [:]) {
    self.hangUp()
    self.events.append((self.now.uptime, .restarted))
    self.driver = NukiLockDriver(
      lock: Self.lockID, authorization: self.authorization, memory: withMemory ? self.memory : nil,
      written: written, policy: self.policy, random: .seeded(self.lastID &+ UInt64(self.packets) &+ 1000))
    (self.driverDeadline, self.opensAt) = (nil, nil)
    self.perform(self.driver.deadlinePassed(at: self.now))
    self.deliver()
  }

  @discardableResult
  mutating func submit(_ command: LockCommand) -> CommandID {
    self.lastID += 1
    let id = CommandID(rawValue: self.lastID)
    self.perform(self.driver.submit(command, to: Self.lockID, id: id, at: self.now))
    self.deliver()
    return id
  }

  /// Submits and lets time pass until there is an answer; nil after ten minutes without one.
  mutating func run(_ command: LockCommand) -> Result<LockReply, LockFault>? {
    let id = self.submit(command)
    let patience = self.now.uptime + .minutes(10)
    while self.result(of: id) == nil, self.now.uptime < patience { self.step(until: patience) }
    return self.result(of: id)
  }

  /// Somebody does something at the lock.
  mutating func atLock(_ deed: (inout NukiLock, Moment) -> [NukiLock.Effect]) {
    self.perform(deed(&self.lock, self.now))
    self.deliver()
  }

  mutating func advance(by duration: Duration) {
    let end = self.now.uptime + duration
    while self.now.uptime < end { self.step(until: end) }
  }

  /// The lock's advertisement is heard.
  mutating func hear() {
    guard let address = BluetoothAddress("54:D2:72:2B:3C:4D", kind: .public) else { return }
    self.perform(self.driver.heard(Advertisement(address: address, data: self.air), at: self.now))
    self.deliver()
  }

  /// Our own clock is off, and nobody keeps it.
  mutating func loseDate(by offset: Duration) {
    (self.now.date, self.now.isDateTrusted) = (self.now.date + offset, false)
  }

  mutating func dropLink() {
    guard let link = self.link else { return }
    self.hangUp()
    self.perform(self.lock.linkClosed(link, at: self.now))
    self.perform(self.driver.linkClosed(at: self.now))
  }

  private mutating func hangUp() {
    guard let link = self.link else { return }
    self.link = nil
    self.underway.removeAll()
    self.events.append((self.now.uptime, .closed))
    self.perform(self.lock.linkClosed(link, at: self.now))
  }

  private mutating func open() {
    self.opensAt = nil
    let refusal = self.refusals.count > 1 ? self.refusals.removeFirst() : self.refusals.first ?? nil
    if let refusal { return self.perform(self.driver.linkRefused(refusal, at: self.now)) }
    self.lastLink += 1
    let link = NukiLock.LinkID(rawValue: self.lastLink)
    self.link = link
    self.events.append((self.now.uptime, .opened))
    self.perform(self.lock.linkOpened(link, at: self.now))
    if self.link != nil { self.perform(self.driver.linkOpened(at: self.now)) }
  }

  private mutating func step(until end: Duration) {
    let due = [self.driverDeadline, self.lockDeadline, self.opensAt].compactMap { $0 }.min() ?? end
    let next = max(self.now.uptime, min(due, end))
    self.now = self.now + (next - self.now.uptime)
    if let deadline = self.lockDeadline, deadline <= next {
      self.lockDeadline = nil
      self.perform(self.lock.deadlinePassed(at: self.now))
    }
    if let deadline = self.driverDeadline, deadline <= next {
      self.driverDeadline = nil
      self.perform(self.driver.deadlinePassed(at: self.now))
    }
    if let opensAt = self.opensAt, opensAt <= next { self.open() }
    self.deliver()
  }

  private mutating func deliver() {
    while !self.underway.isEmpty {
      var (direction, bytes) = self.underway.removeFirst()
      guard let link = self.link else { continue }
      self.packets += 1
      switch self.fate(self.packets, direction) {
      case .getsLost: continue
      case .isDamaged:
        guard !bytes.isEmpty else { continue }
        bytes[self.packets * 31 % bytes.count] ^= 1 << UInt8(self.packets % 8)
      case .dropsTheLink:
        self.dropLink()
        continue
      case .restartsTheDriver:
        self.startDriver()
        continue
      case .arrives: break
      }
      switch direction {
      case .toLock: self.perform(self.lock.received(bytes, on: link, at: self.now))
      case .toDriver:
        self.told.append(bytes)
        self.perform(self.driver.received(bytes, at: self.now))
      }
    }
  }

  private mutating func perform(_ effects: [NukiLock.Effect]) {
    for effect in effects {
      switch effect {
      case .write(let link, let bytes): if link == self.link { self.underway.append((.toDriver, bytes)) }
      case .closeLink(let link):
        guard link == self.link else { continue }
        self.link = nil
        self.underway.removeAll()
        self.events.append((self.now.uptime, .closed))
        self.perform(self.lock.linkClosed(link, at: self.now))
        self.perform(self.driver.linkClosed(at: self.now))
      case .setDeadline(let deadline): self.lockDeadline = deadline
      case .advertise(let data):
        self.air = data
        if self.isHeard { self.hear() }
      case .remember: break
      }
    }
  }

  private mutating func perform(_ effects: [DriverEffect]) {
    // The driver is told that the link is closed once all that it asked for is done.
    var isToBeClosed = false
    var isForgetful = false
    for effect in effects {
      switch effect {
      case .write(let bytes):
        guard self.link != nil, !isForgetful else { continue }
        self.sentByDriver += 1
        self.underway.append((.toLock, bytes))
      case .setDeadline(let deadline): self.driverDeadline = deadline
      case .finish(let id, let result): self.events.append((self.now.uptime, .finished(id, result)))
      case .report(_, let report): self.events.append((self.now.uptime, .reported(report)))
      case .closeLink: isToBeClosed = true
      case .openLink(let before, let reason):
        if before <= self.now.uptime { Issue.record("a link is wanted that is of no use any more") }
        self.wishes.append(before)
        self.events.append((self.now.uptime, .wanted(reason)))
        if self.opensAt == nil { self.opensAt = self.now.uptime + Self.connecting }
      case .remember(_, let bytes):
        guard self.canRemember else {
          // What follows is not written: a closed link takes nothing.
          isToBeClosed = self.link != nil
          self.underway.removeAll { $0.direction == .toLock }
          isForgetful = true
          continue
        }
        self.memory = bytes
        self.events.append((self.now.uptime, .remembered))
      }
    }
    if isToBeClosed { self.dropLink() }
  }
}

extension NukiAir {
  /// A driver that has made its first visit.
  static func settled(
    model: NukiLockModel = NukiLockModel(), _ temperament: String = "plain", type: NukiIDType = .app,
    policy: NukiPolicy = NukiPolicy(), clockOffset: Duration = .zero
  ) throws -> NukiAir {
    let behaviour = try #require(NukiLockTemperament.named[temperament])
    var air = try NukiAir(
      model: model, temperament: behaviour, type: type, policy: policy, clockOffset: clockOffset)
    air.startDriver()
    air.advance(by: .seconds(30))
    return air
  }

  /// One of each kind.
  static let models: [NukiLockModel] = [
    NukiLockModel(.one), NukiLockModel(.two), NukiLockModel(.three), NukiLockModel(.five),
  ]
}

/// Pairs with a simulated lock in virtual time.
struct NukiPairingBench {
  var lock: NukiLock
  var pairing: NukiPairing
  private(set) var now: Moment
  private(set) var steps: [NukiPairing.Step] = []
  private(set) var results: [Result<NukiAuthorization, NukiPairingFault>] = []
  private(set) var packets = 0
  /// True for a packet that arrives; the link drops at one that does not when `dropsLink` is set.
  var arrives: (Int) -> Bool = { _ in true }
  var dropsLink = false
  private var isOpen = false
  private var underway: [(toLock: Bool, bytes: [UInt8])] = []
  private var deadlines: (pairing: Duration?, lock: Duration?) = (nil, nil)

  static let link = NukiLock.LinkID(rawValue: 0)

  init(lock: NukiLock, pin: NukiSecurityPIN, type: NukiIDType = .app, now: Moment) throws {
    self.lock = lock
    self.now = now
    let address = try #require(BluetoothAddress(octets: lock.model.addressOctets, kind: .public))
    self.pairing = NukiPairing(
      name: "Bitting", appID: 0x1122_3344, type: type, pin: pin, address: address, random: .seeded(3))
  }

  mutating func run() -> Result<NukiAuthorization, NukiPairingFault> {
    self.isOpen = true
    self.perform(self.lock.linkOpened(Self.link, at: self.now))
    self.perform(self.pairing.linkOpened(at: self.now.uptime))
    let end = self.now.uptime + .minutes(5)
    while self.now.uptime < end {
      while !self.underway.isEmpty, self.isOpen {
        let (toLock, bytes) = self.underway.removeFirst()
        self.packets += 1
        guard self.arrives(self.packets) else {
          if self.dropsLink { self.close() }
          continue
        }
        if toLock {
          self.perform(self.lock.received(bytes, on: Self.link, at: self.now))
        } else {
          self.perform(self.pairing.received(bytes, at: self.now.uptime))
        }
      }
      guard self.isOpen, let due = [self.deadlines.pairing, self.deadlines.lock].compactMap({ $0 }).min() else { break }
      self.now = self.now + (max(due, self.now.uptime) - self.now.uptime)
      if let deadline = self.deadlines.lock, deadline <= self.now.uptime {
        self.deadlines.lock = nil
        self.perform(self.lock.deadlinePassed(at: self.now))
      }
      if let deadline = self.deadlines.pairing, deadline <= self.now.uptime {
        self.deadlines.pairing = nil
        self.perform(self.pairing.deadlinePassed(at: self.now.uptime))
      }
    }
    #expect(self.results.count == 1)
    return self.results.first ?? .failure(.notALock)
  }

  private mutating func close() {
    guard self.isOpen else { return }
    self.isOpen = false
    self.underway.removeAll()
    self.perform(self.lock.linkClosed(Self.link, at: self.now))
    self.perform(self.pairing.linkClosed(at: self.now.uptime))
  }

  private mutating func perform(_ effects: [NukiLock.Effect]) {
    for effect in effects {
      switch effect {
      case .write(_, let bytes): self.underway.append((false, bytes))
      case .closeLink: self.close()
      case .setDeadline(let deadline): self.deadlines.lock = deadline
      case .advertise, .remember: break
      }
    }
  }

  private mutating func perform(_ effects: [NukiPairing.Effect]) {
    for effect in effects {
      switch effect {
      case .write(let bytes): self.underway.append((true, bytes))
      case .setDeadline(let deadline): self.deadlines.pairing = deadline
      case .closeLink: self.close()
      case .progress(let step): self.steps.append(step)
      case .finished(let result): self.results.append(result)
      }
    }
  }
}
