public import LockCore

/// Speaks to one Nuki lock over links that are opened on demand: each a short visit, for which there is a reason.
///
/// A visit asks for the states, sets the clock when it is off, does what is queued, looks for new log entries where
/// that is due, waits a moment for what comes of them, and closes the link. A lock that does not answer in time is
/// not asked twice on the same link: the link is closed, and what the lock may have done is looked up on the next one.
public struct NukiLockDriver: LockDriver {
  /// The lock of this driver.
  public let lock: LockID
  /// Visits of this day, by what they were for.
  public var visitsToday: [VisitReason: Int] { self.visits.count }

  var authorization: NukiAuthorization
  let policy: NukiPolicy
  var random: NukiRandom
  var memory: NukiMemory
  var remembered: NukiMemory
  var visits: NukiVisits
  var link = NukiLink(.keyturner)
  var phase = Phase.closed
  var visit = Visit(reason: .start)
  var exchange: (NukiExchange, errand: Errand, deadline: Duration)?
  /// What the lock had no time for, and when it is asked again.
  var again: (NukiExchange, errand: Errand, at: Duration)?
  var busyCount = 0
  var job: NukiJob?
  var queue: [(id: CommandID, command: LockCommand, expires: Duration)] = []
  var facts = NukiFacts()
  /// The wish that was told last.
  var wish: NukiVisits.Wish?
  var announcedDeadline: Duration?
  /// True once the lock has refused our authorization: nothing is tried any more.
  var isBarred = false

  enum Phase: Hashable, Sendable { case closed, opening, ready, closing }

  /// What a question is asked for.
  enum Errand: Hashable, Sendable { case states, clock, config, newest, job }

  /// What belongs to one link.
  struct Visit: Hashable, Sendable {
    var reason: VisitReason
    var hasStates = false
    var isClockDue = false
    var isConfigDue = false
    var isLogDue = false
    var isListDue = false
    /// Index of the newest log entry, once asked for.
    var newest: UInt32?
    var lingersUntil: Duration?
  }

  private static let longestQueue = 64

  /// Makes a driver without a link. It asks for its first one when it is told that a deadline has passed.
  /// - Parameters:
  ///   - lock: the lock.
  ///   - authorization: what pairing came to.
  ///   - memory: what was kept last with ``DriverEffect/remember(_:)``; nil for a lock that was just paired.
  ///   - policy: how often the lock is visited, and how long things may take.
  ///   - random: where nonces come from.
  public init(
    lock: LockID, authorization: NukiAuthorization, memory: [UInt8]? = nil, policy: NukiPolicy = NukiPolicy(),
    random: NukiRandom = .system
  ) {
    self.lock = lock
    self.authorization = authorization
    self.policy = policy
    self.random = random
    self.memory = memory.flatMap { NukiMemory(bytes: $0) } ?? NukiMemory()
    self.remembered = self.memory
    // Locks from generation 5 on have no bridges, for which the signal is made.
    self.visits = NukiVisits(policy: policy, signalsNews: authorization.generation != .five)
  }

  /// The one lock.
  public var locks: [LockID] { [self.lock] }

  // MARK: what happens

  /// Begins a visit.
  public mutating func linkOpened(at now: Moment) -> [DriverEffect] {
    var effects: [DriverEffect] = []
    let wasAskedFor = !self.queue.isEmpty
    let wish = self.wish ?? self.queue.first.map { self.wish(for: $0) } ?? self.visits.due(at: now.uptime)
    self.visit = Visit(reason: wish?.reason ?? .check)
    self.wish = nil
    self.phase = .opening
    self.visits.opened(for: self.visit.reason, wasAskedFor: wasAskedFor, at: now.uptime)
    effects.append(.report(self.lock, .visited(self.visit.reason)))
    self.take(self.link.linkOpened(at: now.uptime), at: now, into: &effects)
    return self.settled(effects, at: now)
  }

  /// Takes one packet.
  public mutating func received(_ bytes: [UInt8], at now: Moment) -> [DriverEffect] {
    guard self.phase == .opening || self.phase == .ready else { return [] }
    var effects: [DriverEffect] = []
    self.take(self.link.received(bytes, at: now.uptime), at: now, into: &effects)
    return self.settled(effects, at: now)
  }

  /// Gives up, asks again, or ends the visit; without a link, asks for one when a visit is due.
  public mutating func deadlinePassed(at now: Moment) -> [DriverEffect] {
    var effects: [DriverEffect] = []
    self.announcedDeadline = nil
    self.expireQueue(at: now, into: &effects)
    switch self.phase {
    case .closed, .closing: break
    case .opening, .ready:
      if let deadline = self.link.deadline, deadline <= now.uptime {
        self.take(self.link.deadlinePassed(at: now.uptime), at: now, into: &effects)
      }
      if let exchange = self.exchange, exchange.deadline <= now.uptime {
        self.unanswered(exchange.0, exchange.errand, at: now, into: &effects)
      }
      if let again = self.again, again.at <= now.uptime {
        self.again = nil
        var exchange = again.0
        self.ask(exchange.again(), exchange, for: again.errand, at: now, into: &effects)
      }
      self.advance(at: now, into: &effects)
    }
    return self.settled(effects, at: now)
  }

  /// Ends what was under way: unconfirmed where the lock may have been changed, else unreachable. What waits, waits
  /// for the next link.
  public mutating func linkClosed(at now: Moment) -> [DriverEffect] {
    var effects: [DriverEffect] = []
    let wasInTheMiddle = self.phase == .opening || self.exchange != nil || self.again != nil
    self.finishJob(.failure(self.job?.faultOfSilence ?? .unreachable), into: &effects)
    self.link.linkClosed()
    (self.exchange, self.again, self.busyCount) = (nil, nil, 0)
    let wasOpen = self.phase == .opening || self.phase == .ready
    self.phase = .closed
    if wasOpen, wasInTheMiddle { self.foundNobody(at: now, into: &effects) }
    return self.settled(effects, at: now)
  }

  /// Queues a command and asks for a link where there is none; at most 64 wait, one more is refused as busy.
  public mutating func submit(
    _ command: LockCommand, to lock: LockID, id: CommandID, at now: Moment
  ) -> [DriverEffect] {
    if let fault = self.refusal(of: command, to: lock) { return [.finish(id, .failure(fault))] }
    if self.facts.isKeypadMissing, let result = command.resultWithoutKeypad { return [.finish(id, result)] }
    var effects: [DriverEffect] = []
    self.queue.append((id, command, now.uptime + self.policy.queueWait))
    if self.phase == .ready { self.advance(at: now, into: &effects) }
    return self.settled(effects, at: now)
  }

  /// Takes notice of the lock's signal of news, and that it is there.
  public mutating func heard(_ advertisement: Advertisement, at now: Moment) -> [DriverEffect] {
    let said = NukiAdvertisement(advertisement)
    guard said.map({ $0.nukiID == self.authorization.nukiID }) ?? (advertisement.address == self.authorization.address)
    else { return [] }
    var hasNews: Bool?
    if case .ready(let news)? = said?.mode { hasNews = news }
    self.visits.heard(hasNews: hasNews, at: now.uptime)
    return self.settled([], at: now)
  }

  /// Ends what waited for the link.
  public mutating func linkRefused(_ refusal: LinkRefusal, at now: Moment) -> [DriverEffect] {
    var effects: [DriverEffect] = []
    self.wish = nil
    let fault: LockFault = refusal == .busy ? .busy : .unreachable
    self.finishQueue(fault, into: &effects)
    switch refusal {
    case .absent: self.foundNobody(at: now, into: &effects)
    case .bondRefused: self.foundNobody(because: .notAuthorized, at: now, into: &effects)
    case .busy, .noRadio: self.visits.wasPutOff(at: now.uptime)
    }
    return self.settled(effects, at: now)
  }

  private func refusal(of command: LockCommand, to lock: LockID) -> LockFault? {
    guard lock == self.lock else { return .unsupported(detail: "the lock is not on this link") }
    if case .hold = command { return .unsupported(detail: "the lock holds its codes itself") }
    if self.isBarred || (self.facts.isPINRefused && command.needsSecurityPIN) { return .notAuthorized }
    return self.queue.count < Self.longestQueue ? nil : .busy
  }

  mutating func finishQueue(_ fault: LockFault, into effects: inout [DriverEffect]) {
    for waiting in self.queue { effects.append(.finish(waiting.id, .failure(fault))) }
    self.queue.removeAll()
  }

  /// One link that comes to nothing is soon had again, for what waits; two are an answer.
  mutating func foundNobody(because fault: LockFault = .unreachable, at now: Moment, into effects: inout [DriverEffect])
  {
    let isNews = self.visits.foundNobody(at: now.uptime)
    if self.visits.absences > 1 { self.finishQueue(.unreachable, into: &effects) }
    guard isNews else { return }
    self.facts.becameUnreachable()
    effects.append(.report(self.lock, .unreachable(fault)))
  }

  // MARK: wishes and deadlines

  private func wish(
    for waiting: (id: CommandID, command: LockCommand, expires: Duration)
  ) -> NukiVisits.Wish {
    let reason: VisitReason =
      switch waiting.command {
      case .lock, .unlock: .command
      case .readLog: .log
      default: .code
      }
    return NukiVisits.Wish(before: waiting.expires, reason: reason)
  }

  private mutating func expireQueue(at now: Moment, into effects: inout [DriverEffect]) {
    while let oldest = self.queue.first, oldest.expires <= now.uptime {
      effects.append(.finish(oldest.id, .failure(.busy)))
      self.queue.removeFirst()
    }
  }

  /// Adds what follows from all that happened: what must be kept, a link that is wanted, the next deadline.
  private mutating func settled(_ effects: [DriverEffect], at now: Moment) -> [DriverEffect] {
    var effects = effects
    self.keep(&effects)
    if self.phase == .closed, !self.isBarred {
      if let waiting = self.queue.first {
        let wish = self.wish(for: waiting)
        if self.wish.map({ wish.before < $0.before }) ?? true { self.want(wish, into: &effects) }
      } else if self.wish == nil, let wish = self.visits.due(at: now.uptime) {
        self.want(wish, into: &effects)
      }
    }
    let deadline = self.nextDeadline
    guard deadline != self.announcedDeadline else { return effects }
    self.announcedDeadline = deadline
    return effects + [.setDeadline(deadline)]
  }

  private mutating func want(_ wish: NukiVisits.Wish, into effects: inout [DriverEffect]) {
    self.wish = wish
    effects.append(.openLink(before: wish.before, for: wish.reason))
  }

  private var nextDeadline: Duration? {
    var deadlines = [self.queue.first?.expires]
    switch self.phase {
    case .closed:
      if self.wish == nil, !self.isBarred { deadlines.append(self.visits.nextDue) }
    case .opening, .ready:
      deadlines += [self.link.deadline, self.exchange?.deadline, self.again?.at]
      if self.isIdle { deadlines.append(self.visit.lingersUntil) }
    case .closing: break
    }
    return deadlines.compactMap { $0 }.min()
  }

  /// True when nothing is asked and nothing waits to be asked again.
  var isIdle: Bool { self.exchange == nil && self.again == nil }
}

extension LockCommand {
  /// What comes of commands for codes at a lock without a keypad, which is not visited for them; nil for others.
  fileprivate var resultWithoutKeypad: Result<LockReply, LockFault>? {
    switch self {
    case .readSlots: .success(.slots([], changes: nil))
    case .readSlot(let slot), .clear(let slot):
      .success(.slot(SlotReading(slot: slot, contents: .empty), changes: nil))
    case .program: .failure(.failed(detail: "it has no keypad"))
    case .readLog, .lock, .unlock, .hold: nil
    }
  }

  /// True for what the lock does not tell or do without its security PIN.
  var needsSecurityPIN: Bool {
    switch self {
    case .lock, .unlock, .hold: false
    case .readSlots, .readSlot, .program, .clear, .readLog: true
    }
  }
}
