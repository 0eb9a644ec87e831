public import LockCore
public import LockDrivers

/// A Nuki smart lock with its keypad that exists only as a value, seen from the lock's side of the air.
///
/// Packets, time and people go in; packets, advertisements, deadlines and word of a changed ``memory`` come out. It is
/// strict: what a client does wrong gets the error that a real lock would give, and a fault is only what its
/// ``temperament`` says. Several links may be open at once.
public struct NukiLock: Sendable {
  /// Names an open link to the lock.
  public struct LinkID: Hashable, Comparable, Sendable {
    /// A number that whoever runs the lock gives, never twice.
    public var rawValue: UInt64

    /// Takes a number.
    public init(rawValue: UInt64) { self.rawValue = rawValue }

    /// Orders by number.
    public static func < (lhs: LinkID, rhs: LinkID) -> Bool { lhs.rawValue < rhs.rawValue }
  }

  /// What a lock asks of whoever runs it.
  public enum Effect: Hashable, Sendable {
    /// Send this ATT PDU as one packet.
    case write(LinkID, [UInt8])
    /// Close the link.
    case closeLink(LinkID)
    /// Call ``NukiLock/deadlinePassed(at:)`` once `uptime` has reached this; replaces the earlier deadline, nil takes
    /// it away.
    case setDeadline(Duration?)
    /// Say this on the air from now on: the AD structures of the advertisement, 30 or 25 bytes, and the local name
    /// of the scan response, 15 bytes, behind them.
    case advertise([UInt8])
    /// ``NukiLock/memory`` is another than before: keep it, and begin with it after a restart. Comes before the
    /// write that acknowledges the change.
    case remember
  }

  /// What was asked of the lock since it was made.
  public struct Counts: Hashable, Sendable {
    /// Links that were opened.
    public var links = 0
    /// Links that the lock dropped.
    public var droppedLinks = 0
    /// Packets received.
    public var packets = 0
    /// Commands received and understood, by their numbers.
    public var commands: [UInt16: Int] = [:]
    /// Error reports given, by their codes.
    public var errors: [UInt8: Int] = [:]
  }

  /// What belongs to one link.
  struct LinkState: Sendable {
    var server: AttributeServer
    var lastHeard: Duration
    var packets = 0
    var pairing = Pairing.idle
    /// Challenges that were asked for and not used yet, by authorization.
    var challenges: [UInt32: [UInt8]] = [:]
    /// Who spoke here last.
    var authorization: UInt32?
    var outbox: [(due: Duration, handle: UInt16, message: [UInt8])] = []
    /// What happens to the answers to the command that came last.
    var fault: NukiLockTemperament.CommandFault?
    var repliesSaid = 0
    /// Nothing more is said, and the link is dropped once what was said has arrived.
    var isEnding = false
  }

  /// Its make.
  public let model: NukiLockModel
  /// How it behaves from now on.
  public var temperament: NukiLockTemperament
  /// What it keeps through a loss of power.
  public internal(set) var memory: Memory
  /// What was asked of it.
  public internal(set) var counts = Counts()

  let table: AttributeTable
  let handles: (pairing: UInt16, plain: UInt16, sealed: UInt16)
  var random: NukiRandom
  var links: [LinkID: LinkState] = [:]
  var pairingEnd: Duration?
  var motion: Motion?
  var relockAt: (due: Duration, trigger: NukiTrigger)?
  var wrongEntries = 0
  var keypadBlockedUntil: Duration?
  var pinLockedUntil: Duration?
  /// The moment of what is being worked on.
  var now = Moment(uptime: .zero, date: Timestamp(milliseconds: 0))
  /// What has come out of it so far.
  var effects: [Effect] = []
  private var announcedDeadline: Duration?
  private var announcedAir: [UInt8]?

  static let longestOutbox = 4096

  /// Makes a lock.
  /// - Parameters:
  ///   - model: its make.
  ///   - securityPIN: guards its settings; nil for zeros, or for the one in its memory.
  ///   - temperament: how it behaves.
  ///   - memory: what it held before its last loss of power.
  ///   - random: where its keys, challenges and nonces are drawn from.
  public init(
    model: NukiLockModel = NukiLockModel(), securityPIN: NukiSecurityPIN? = nil,
    temperament: NukiLockTemperament = NukiLockTemperament(), memory: Memory = Memory(),
    random: NukiRandom = .seeded(1)
  ) {
    self.model = model
    self.temperament = temperament
    self.memory = memory
    self.random = random
    self.table = model.attributes
    self.handles = (
      self.table.handle(of: NukiLockModel.uuid(model.pairingNumbers.characteristic)) ?? 0,
      self.table.handle(of: NukiLockModel.uuid(0xE201)) ?? 0,
      self.table.handle(of: NukiLockModel.uuid(0xE202)) ?? 0
    )
    let wanted =
      securityPIN ?? memory.securityPIN?.pin
      ?? NukiSecurityPIN(String(repeating: "0", count: model.pinLength == 4 ? 6 : 4))
    self.memory.securityPIN = wanted.map(StoredSecurityPIN.init)
    if self.memory.lockKey == nil { self.memory.lockKey = StoredKey(NukiKey(from: &self.random)) }
    if self.memory.uuid.count != 16 { self.memory.uuid = self.random.bytes(16) }
  }

  /// True while it can be paired with.
  public var isPairing: Bool { self.pairingEnd != nil }
  /// Where the bolt is or goes.
  public var boltState: NukiBoltState { NukiBoltState(rawValue: self.memory.boltState) }
  /// True while the keypad takes nothing after five wrong entries.
  public var isKeypadBlocked: Bool { self.keypadBlockedUntil != nil }
  /// The links that are open, oldest first.
  public var openLinks: [LinkID] { self.links.keys.sorted() }

  // MARK: What happens

  /// The lock has power: it says itself on the air. To be called once, before anything else.
  public mutating func started(at now: Moment) -> [Effect] {
    self.acted(at: now) { lock in
      if lock.memory.clockSetAt == nil { lock.memory.clockSetAt = now.date }
    }
  }

  /// A central has connected.
  /// - Parameters:
  ///   - id: the link's name from now on.
  ///   - now: when.
  public mutating func linkOpened(_ id: LinkID, at now: Moment) -> [Effect] {
    self.acted(at: now) { lock in
      guard !lock.temperament.acceptsNoLink, lock.links.count < NukiLockModel.linkCapacity else {
        return lock.effects.append(.closeLink(id))
      }
      lock.counts.links += 1
      lock.links[id] = LinkState(
        server: AttributeServer(table: lock.table, mtuLimit: lock.model.mtu), lastHeard: now.uptime)
    }
  }

  /// One packet has come in.
  public mutating func received(_ pdu: [UInt8], on id: LinkID, at now: Moment) -> [Effect] {
    self.acted(at: now) { lock in
      guard lock.links[id] != nil else { return }
      lock.links[id]?.lastHeard = now.uptime
      lock.links[id]?.packets += 1
      lock.counts.packets += 1
      if let last = lock.temperament.dropsLinkAtPacket, lock.links[id]?.packets == last, lock.takeFault() {
        return lock.drop(id)
      }
      if let effects = lock.links[id]?.server.received(pdu, at: now.uptime) { lock.perform(effects, on: id) }
      lock.dropIfOver(id)
    }
  }

  /// The central is gone: half a pairing, challenges and all that waits to be said go with it.
  public mutating func linkClosed(_ id: LinkID, at now: Moment) -> [Effect] {
    self.acted(at: now) { $0.links[id] = nil }
  }

  /// Does what is due.
  public mutating func deadlinePassed(at now: Moment) -> [Effect] {
    self.announcedDeadline = nil
    return self.acted(at: now) { _ in }
  }

  /// Does what time has brought about, then what happens now, and says what came of both.
  mutating func acted(at now: Moment, _ deed: (inout NukiLock) -> Void) -> [Effect] {
    self.now = now
    self.elapsed()
    deed(&self)
    let air = self.air
    if air != self.announcedAir {
      self.announcedAir = air
      self.effects.append(.advertise(air))
    }
    let deadline = self.nextDeadline
    if deadline != self.announcedDeadline {
      self.announcedDeadline = deadline
      self.effects.append(.setDeadline(deadline))
    }
    defer { self.effects = [] }
    return self.effects
  }

  // MARK: Time

  private mutating func elapsed() {
    let uptime = self.now.uptime
    if let end = self.pairingEnd, end <= uptime { self.pairingEnd = nil }
    if let end = self.keypadBlockedUntil, end <= uptime { self.keypadBlockedUntil = nil }
    if let end = self.pinLockedUntil, end <= uptime {
      self.pinLockedUntil = nil
      self.memory.wrongPINs = 0
      self.remember()
    }
    while let due = self.motion?.due, due <= uptime { self.moveOn() }
    if let relock = self.relockAt, relock.due <= uptime {
      self.relockAt = nil
      self.startMotion(.lock, trigger: relock.trigger, origin: .lock)
    }
    for id in self.openLinks {
      while let first = self.links[id]?.outbox.first, first.due <= uptime {
        self.links[id]?.outbox.removeFirst()
        self.indicate(first.message, from: first.handle, on: id)
      }
      self.dropIfOver(id)
      if let effects = self.links[id]?.server.deadlinePassed(at: uptime) { self.perform(effects, on: id) }
      if let link = self.links[id], self.idleEnd(of: link) <= uptime { self.drop(id) }
    }
  }

  private func idleEnd(of link: LinkState) -> Duration { link.lastHeard + NukiLockModel.idleTime }

  private var nextDeadline: Duration? {
    var all = [self.pairingEnd, self.keypadBlockedUntil, self.pinLockedUntil, self.motion?.due, self.relockAt?.due]
    for link in self.links.values {
      all += [link.server.deadline, link.outbox.first?.due, self.idleEnd(of: link)]
    }
    return all.compactMap { $0 }.min()
  }

  /// What its clock says now.
  var clock: Timestamp { self.clock(at: self.now.date) }

  /// What its clock says when ours says `date`.
  public func clock(at date: Timestamp) -> Timestamp {
    var offset = Duration.milliseconds(self.memory.clockOffset)
    if let setAt = self.memory.clockSetAt {
      offset += self.temperament.clockGainPerDay * ((date - setAt) / Duration.hours(24))
    }
    return date + offset
  }

  mutating func setClock(to date: Timestamp) {
    self.memory.clockOffset = (date - self.now.date).wholeMilliseconds
    self.memory.clockSetAt = self.now.date
    self.remember()
  }

  // MARK: Small things that all parts need

  mutating func remember() {
    if self.effects.last != .remember { self.effects.append(.remember) }
  }

  /// Something happened that a bridge should come for.
  mutating func tellNews() {
    self.memory.hasNews = true
    self.remember()
  }

  /// True when a fault happens now; counts it.
  mutating func takeFault() -> Bool {
    guard let left = self.temperament.faultsLeft else { return true }
    guard left > 0 else { return false }
    self.temperament.faultsLeft = left - 1
    return true
  }

  /// What is on the air now.
  private var air: [UInt8] {
    let id = (0..<4).map { UInt8(truncatingIfNeeded: self.model.nukiID >> UInt32(24 - 8 * $0)) }
    let flags: [UInt8] = [0x02, 0x01, 0x06]
    let name = Array(self.model.localName.utf8)
    let scanResponse = [UInt8(name.count + 1), 0x09] + name
    if self.isPairing {
      // Service data of the pairing service, the number most significant byte first.
      return flags + [0x15, 0x21] + NukiLockModel.uuid(self.model.pairingNumbers.service).bytes + id + scanResponse
    }
    // Apple's beacon: 4C00 02 15, the service most significant byte first, the number, the power whose bit 0 is news.
    return flags + [0x1A, 0xFF, 0x4C, 0x00, 0x02, 0x15] + NukiLockModel.uuid(0xE200).bytes.reversed() + id
      + [self.model.generation.power | (self.memory.hasNews ? 1 : 0)] + scanResponse
  }
}
