import LockCore
import LockDrivers
import LockSimulator
import LockTransport
import Testing

@testable import SyncEngine

/// A whole site in virtual time: the engine's value over a real store, real drivers, and virtual locks at the far end
/// of virtual wires, byte by byte. Nothing sleeps; a month passes as fast as its events can be worked through.
///
/// Gateway and locks are separate: ``restart()`` throws away everything of the gateway but its store, at any moment,
/// also between two effects of one happening (``crash(after:)``).
final class VirtualSite {
  static let start = Timestamp(milliseconds: 1_800_000_000_000)
  static let reopenDelay = Duration.seconds(5)

  let store: Store
  let definition: SiteDefinition
  let policy: SchedulingPolicy
  var site: Site
  var uptime = Duration.seconds(1000)
  /// What the wall clock says at uptime zero.
  var epoch: Timestamp
  var notes: [String] = []
  var finishedAttempts: [String] = []
  /// How often a PROGRAM and a CLEAR went over each lock's wire.
  var writes: [String: Int] = [:]
  var restarts = 0

  var wires: [Wire] = []
  let granularity: Granularity
  var agenda: [Deed] = []
  /// Bytes on the wires, by when they arrive.
  var inFlight: [(due: Duration, deed: Deed)] = []
  var crashIn: Int?

  /// How many bytes arrive at once.
  enum Granularity { case bytes, messages }

  /// What a door on a line can do: it takes offline codes as well.
  static var doorCapabilities: LockCapabilities {
    var door = LockCapabilities(codeStore: .gateway, pins: PINPolicy(lengths: [4, 5, 6, 9]), hasBattery: false)
    door.verifiesOfflineCodes = true
    return door
  }

  /// How long bytes are on the wire.
  static let latency = Duration.milliseconds(2)

  /// A lock at the end of its own wire, or a line with a door on it.
  enum FarEnd {
    case lock(VirtualLock)
    case line(VirtualLine)
    /// Taken out for a moment, so that nothing is copied.
    case working
  }

  struct Wire {
    var key: String
    var link: SiteDefinition.Link
    var farEnd: FarEnd
    var farDeadline: Duration?
    var driver: (any LockDriver)?
    var driverDeadline: Duration?
    var isOpen = false
    var isCut = false
    var reopenAt: Duration? = .zero
    /// Counts openings: what was sent on an earlier one is lost.
    var generation = 0
  }

  /// The wires are opened here, not by a session.
  static let noOpener = LinkOpener.simulated { _ throws(LinkFault) -> Link in throw .shutDown }

  /// Something that waits for its turn.
  enum Deed {
    case site(Site.Effect)
    case toLock(Int, [UInt8], generation: Int)
    case toGateway(Int, [UInt8], generation: Int)
    case finished(CommandID, Result<LockReply, LockFault>)
    case reported(LockID, LockReport)
    case close(Int, generation: Int)
  }

  /// Makes a site of virtual locks, each on its own wire, and of OSDP doors, each on its own line; starts it.
  init(
    _ locks: [String: VirtualLock] = [:], doors: [String: DoorConfiguration] = [:], store: Store? = nil,
    policy: SchedulingPolicy = .init(), heartbeat: Duration = .seconds(20), timing: VirtualLockDriver.Timing? = nil,
    capabilities: [String: LockCapabilities] = [:], granularity: Granularity = .bytes
  ) throws {
    self.store = try store ?? Store()
    self.policy = policy
    self.epoch = Self.start - .seconds(1000)
    self.granularity = granularity
    var definition = SiteDefinition(
      name: "Test", timeZone: "Europe/Berlin", accounts: [.init(key: "radio", kind: "Radio")])
    let timing = timing ?? VirtualLockDriver.Timing(heartbeat: heartbeat)
    for (key, lock) in locks.sorted(by: { $0.key < $1.key }) {
      definition.locks.append(
        .init(
          key: key, account: "radio", deviceType: "edge_lock", manufacturer: "Virtual", model: "Keypad",
          capabilities: capabilities[key] ?? lock.capabilities))
      let link = SiteDefinition.Link(account: "radio", isBus: false, opener: Self.noOpener) {
        VirtualLockDriver(lock: $0[key] ?? LockID(rawValue: key), timing: timing)
      }
      definition.links.append(link)
      self.wires.append(Wire(key: key, link: link, farEnd: .lock(lock)))
    }
    for (key, door) in doors.sorted(by: { $0.key < $1.key }) {
      let account = "line of \(key)"
      definition.accounts.append(.init(key: account, kind: "OSDP line"))
      definition.locks.append(
        .init(
          key: key, account: account, deviceType: "edge_lock", manufacturer: "Virtual", model: "OSDP door",
          capabilities: Self.doorCapabilities))
      let link = SiteDefinition.Link(
        account: account, isBus: true, opener: Self.noOpener,
        seeded: { seed in
          let id = seed.lockIDs[key] ?? LockID(rawValue: key)
          return OSDPDoorDriver(
            bus: .init(
              devices: door.addresses.map { .init(address: $0, keyMode: .plain) }, baud: 115_200,
              pollInterval: .milliseconds(500)),
            doors: [(lock: id, configuration: door)],
            offline: [id: seed.offlineVerifier(of: id)].compactMapValues { $0 },
            random: .counting(from: 1))
        })
      definition.links.append(link)
      let readers = door.addresses.map { VirtualReader(address: $0, security: .plain) }
      self.wires.append(Wire(key: key, link: link, farEnd: .line(VirtualLine(readers))))
    }
    self.definition = definition
    self.site = try Site(store: self.store, definition: definition, policy: policy, at: Self.start)
    self.boot()
  }

  var now: Moment { Moment(uptime: self.uptime, date: self.date) }
  var date: Timestamp { self.epoch + self.uptime }

  func id(_ key: String) -> LockID { self.site.lockIDs[key] ?? LockID(rawValue: key) }

  // MARK: The gateway

  func boot() {
    for index in self.wires.indices {
      let keys = self.site.doors.compactMapValues { $0.offline?.key }
      let seed = SiteDefinition.DriverSeed(
        lockIDs: self.site.lockIDs, memory: { [store] in try? store.driverMemory(of: $0) },
        offlineKey: { [keys] in keys[$0] })
      self.wires[index].driver = self.wires[index].link.driver(seed)
      self.wires[index].driverDeadline = nil
      if !self.wires[index].isCut { self.wires[index].reopenAt = self.uptime }
    }
    self.perform(self.site.started(at: self.date))
    self.settle()
  }

  /// The gateway loses its power and starts again: all but the store is gone.
  func restart() throws {
    self.restarts += 1
    self.crashIn = nil
    (self.agenda, self.inFlight) = ([], [])
    for index in self.wires.indices {
      if self.wires[index].isOpen { self.farLinkClosed(index) }
      self.wires[index].isOpen = false
      self.wires[index].generation += 1
      self.wires[index].driver = nil
      self.wires[index].reopenAt = nil
    }
    self.site = try Site(store: self.store, definition: self.definition, policy: self.policy, at: self.date)
    self.boot()
  }

  /// Lets the gateway lose its power after so many further deeds, wherever that falls, and start again at once.
  func crash(after deeds: Int) { self.crashIn = deeds }

  func perform(_ effects: [Site.Effect]) { self.agenda += effects.map(Deed.site) }

  func settle() {
    while !self.agenda.isEmpty {
      let deeds = self.agenda
      self.agenda = []
      for deed in deeds { guard self.carryOut(deed) else { return } }
    }
  }

  /// Carries a deed out, unless the gateway loses its power first.
  func carryOut(_ deed: Deed) -> Bool {
    if let left = self.crashIn {
      if left == 0 {
        do { try self.restart() } catch { Issue.record("restart failed: \(error)") }
        return false
      }
      self.crashIn = left - 1
    }
    self.perform(deed)
    return true
  }

  func perform(_ deed: Deed) {
    switch deed {
    case .site(.submit(let command, let lock, let id)):
      guard let index = self.wires.firstIndex(where: { $0.driver?.locks.contains(lock) ?? false }) else { return }
      self.drive(index) { $0.submit(command, to: lock, id: id, at: $1) }
    case .site(.attemptFinished(let id)): self.finishedAttempts.append(id)
    case .site(.note(let note)): self.notes.append(note.sentence)
    case .site: break
    case .toLock(let index, let bytes, let generation):
      guard self.wires[index].generation == generation, self.wires[index].isOpen, !self.wires[index].isCut else {
        return
      }
      self.farActs(index) { far, now in
        switch far {
        case .lock(var lock):
          far = .working
          let effects = lock.received(bytes, at: now)
          far = .lock(lock)
          return Self.parts(effects)
        case .line(var line):
          far = .working
          let effects = line.received(bytes, at: now.uptime)
          far = .line(line)
          return (Self.bytes(effects), line.deadline)
        case .working: return ([], nil)
        }
      }
    case .toGateway(let index, let bytes, let generation):
      guard self.wires[index].generation == generation, self.wires[index].isOpen else { return }
      self.drive(index) { $0.received(bytes, at: $1) }
    case .finished(let id, let result): self.perform(self.site.finished(id, result, at: self.date))
    case .reported(let lock, let report): self.perform(self.site.reported(lock, report, at: self.date))
    case .close(let index, let generation):
      if self.wires[index].generation == generation { self.linkLost(index) }
    }
  }

  func drive(_ index: Int, _ happening: (inout any LockDriver, Moment) -> [DriverEffect]) {
    guard var driver = self.wires[index].driver else { return }
    self.wires[index].driver = nil
    let effects = happening(&driver, self.now)
    self.wires[index].driver = driver
    for effect in effects {
      switch effect {
      case .write(let bytes):
        guard self.wires[index].isOpen else { continue }
        self.count(bytes, on: index)
        let generation = self.wires[index].generation
        self.send(bytes) { .toLock(index, $0, generation: generation) }
      case .setDeadline(let deadline): self.wires[index].driverDeadline = deadline
      case .finish(let id, let result): self.agenda.append(.finished(id, result))
      case .report(let lock, let report): self.agenda.append(.reported(lock, report))
      case .closeLink: self.agenda.append(.close(index, generation: self.wires[index].generation))
      case .remember(let lock, let bytes):
        do { try self.store.keep(bytes, forDriverOf: lock) } catch { Issue.record("not kept: \(error)") }
      case .openLink: Issue.record("asked for by a driver whose link is always there")
      }
    }
  }

  /// VKL: byte 3 of a frame is its kind; 4 is PROGRAM, 5 CLEAR.
  func count(_ bytes: [UInt8], on index: Int) {
    guard case .lock = self.wires[index].farEnd, bytes.count > 3, bytes[3] == 4 || bytes[3] == 5 else { return }
    self.writes[self.wires[index].key, default: 0] += 1
  }

  // MARK: Wires

  func open(_ index: Int) {
    self.wires[index].reopenAt = nil
    guard !self.wires[index].isCut else { return }
    self.wires[index].isOpen = true
    self.wires[index].generation += 1
    self.farActs(index) { far, now in
      switch far {
      case .lock(var lock):
        let effects = lock.linkOpened(at: now)
        far = .lock(lock)
        return Self.parts(effects)
      case .line(let line): return ([], line.deadline)
      case .working: return ([], nil)
      }
    }
    if self.wires[index].link.isBus {
      self.perform(self.site.adapterChanged(self.wires[index].link.account, fault: nil, at: self.date))
    }
    self.drive(index) { $0.linkOpened(at: $1) }
  }

  func linkLost(_ index: Int) {
    guard self.wires[index].isOpen else { return }
    self.farLinkClosed(index)
    self.wires[index].isOpen = false
    self.wires[index].generation += 1
    self.wires[index].reopenAt = self.uptime + Self.reopenDelay
    self.drive(index) { $0.linkClosed(at: $1) }
    if self.wires[index].link.isBus {
      self.perform(self.site.adapterChanged(self.wires[index].link.account, fault: "unplugged", at: self.date))
    } else {
      for lock in self.wires[index].driver?.locks ?? [] {
        self.perform(self.site.reported(lock, .unreachable(.unreachable), at: self.date))
      }
    }
  }

  func farLinkClosed(_ index: Int) {
    self.farActs(index) { far, now in
      guard case .lock(var lock) = far else { return ([], nil) }
      let effects = lock.linkClosed(at: now)
      far = .lock(lock)
      return Self.parts(effects)
    }
  }

  /// Cuts the wire: the link is lost and cannot be opened.
  func cut(_ key: String) {
    guard let index = self.index(key) else { return }
    self.wires[index].isCut = true
    self.linkLost(index)
    self.wires[index].reopenAt = nil
    self.settle()
  }

  /// Mends the wire; the link is opened again at once.
  func restore(_ key: String) {
    guard let index = self.index(key), self.wires[index].isCut else { return }
    self.wires[index].isCut = false
    self.wires[index].reopenAt = self.uptime
    self.advance(by: .zero)
  }

  // MARK: Time

  /// Lets time pass, from deadline to deadline.
  func advance(by duration: Duration) { self.advance(toUptime: self.uptime + duration) }

  /// Lets time pass until the wall clock says so.
  func advance(to date: Timestamp) { self.advance(by: date - self.date) }

  /// Somebody sets the wall clock; uptime does not care.
  func setWallClock(to date: Timestamp) { self.epoch = date - self.uptime }

  func advance(toUptime end: Duration) {
    self.settle()
    var (stepsHere, here) = (0, self.uptime)
    while let next = self.nextDeadline(), next <= end {
      self.uptime = max(self.uptime, next)
      if self.uptime == here { stepsHere += 1 } else { (stepsHere, here) = (0, self.uptime) }
      guard stepsHere < 10_000 else {
        Issue.record("time stands still: a deadline comes again and again")
        return
      }
      self.fire()
      self.settle()
    }
    self.uptime = max(self.uptime, end)
  }

  func nextDeadline() -> Duration? {
    let site = self.site.nextDeadline().map { self.uptime + max($0 - self.date, .zero) }
    return
      ([site] + self.wires.map { $0.isOpen ? $0.driverDeadline : nil } + self.wires.map(\.farDeadline)
      + self.wires.map(\.reopenAt) + [self.inFlight.first?.due]).compactMap(\.self).min()
  }

  func fire() {
    let arrived = self.inFlight.prefix { $0.due <= self.uptime }.map(\.deed)
    self.inFlight.removeFirst(arrived.count)
    for deed in arrived {
      guard self.carryOut(deed) else { return }
      self.settle()
    }
    for index in self.wires.indices {
      if let due = self.wires[index].farDeadline, due <= self.uptime {
        self.wires[index].farDeadline = nil
        self.farActs(index) { far, now in
          switch far {
          case .lock(var lock):
            let effects = lock.deadlinePassed(at: now)
            far = .lock(lock)
            return Self.parts(effects)
          case .line(var line):
            let effects = line.deadlinePassed(at: now.uptime)
            far = .line(line)
            return (Self.bytes(effects), line.deadline)
          case .working: return ([], nil)
          }
        }
      }
      if self.wires[index].isOpen, let due = self.wires[index].driverDeadline, due <= self.uptime {
        self.wires[index].driverDeadline = nil
        self.drive(index) { $0.deadlinePassed(at: $1) }
      }
      if let due = self.wires[index].reopenAt, due <= self.uptime { self.open(index) }
    }
    self.perform(self.site.wake(at: self.date))
  }
}
