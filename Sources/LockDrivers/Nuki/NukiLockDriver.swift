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
  /// True when something was to be kept since the lock last told its states: a link that is closed may mean that it
  /// was not.
  var hasKept = false
  var visits: NukiVisits
  var link = NukiLink(.keyturner)
  var phase = Phase.closed
  var visit = Visit(reason: .start)
  var exchange: (NukiExchange, errand: Errand, deadline: Duration, limit: Duration)?
  /// What the lock had no time for, and when it is asked again.
  var again: (NukiExchange, errand: Errand, at: Duration)?
  var busyCount = 0
  var job: NukiJob?
  /// What stands back while the door is moved, and its next question.
  var parked: (job: NukiJob, question: NukiExchange.Question)?
  var queue = NukiQueue()
  var facts = NukiFacts()
  var pinTrust = PINTrust.whole
  /// The wish that was told last.
  var wish: NukiVisits.Wish?
  /// When that was.
  var wishedAt: Duration = .zero
  /// What waits asks for no link before.
  var restsUntil: Duration = .zero
  var announcedDeadline: Duration?

  enum Phase: Hashable, Sendable { case closed, opening, ready, closing }

  /// What a question is asked for.
  enum Errand: Hashable, Sendable { case states, clock, config, newest, job }

  /// What the lock thinks of the security PIN.
  enum PINTrust: Hashable, Sendable {
    case whole
    /// Somebody has guessed too often; ours is told again after this.
    case rests(until: Duration)
    /// It is wrong: it is not told any more.
    case none

    /// What comes of a command that would tell the PIN; nil when it may be told.
    func fault(at now: Duration) -> LockFault? {
      switch self {
      case .whole: nil
      case .rests(let end): now < end ? .busy : nil
      case .none: .notAuthorized
      }
    }
  }

  /// What belongs to one link.
  struct Visit: Hashable, Sendable {
    var reason: VisitReason
    var began: Duration = .zero
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
  ///   - written: what the ledger last wrote to the slots; by it codes are known again where nothing was kept.
  ///   - policy: how often the lock is visited, and how long things may take.
  ///   - random: where nonces come from.
  public init(
    lock: LockID, authorization: NukiAuthorization, memory: [UInt8]? = nil, written: [Int: SlotEntry] = [:],
    policy: NukiPolicy = NukiPolicy(), random: NukiRandom = .system
  ) {
    self.lock = lock
    self.authorization = authorization
    self.policy = policy
    self.random = random
    self.memory = memory.flatMap { NukiMemory(bytes: $0) } ?? NukiMemory(written: written)
    self.remembered = self.memory
    // Locks from generation 5 on have no bridges, for which the signal is made.
    self.visits = NukiVisits(
      policy: policy, signalsNews: authorization.generation != .five, clearsNews: authorization.type == .bridge)
  }

  /// The one lock.
  public var locks: [LockID] { [self.lock] }

  // MARK: what happens

  /// Begins a visit.
  public mutating func linkOpened(at now: Moment) -> [DriverEffect] {
    var effects: [DriverEffect] = []
    if self.hasKept {
      self.remembered = self.memory
      effects.append(.remember(self.lock, self.memory.bytes))
    }
    let wasAskedFor = !self.queue.isEmpty
    let wish =
      self.wish ?? self.queue.first.map { self.wish(for: $0, at: now.uptime) } ?? self.visits.due(at: now.uptime)
    self.visit = Visit(reason: wish?.reason ?? .check, began: now.uptime)
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
    self.finishQueue(.busy, where: { $0.expires <= now.uptime }, into: &effects)
    switch self.phase {
    case .closed, .closing: break
    case _ where self.visitEnd <= now.uptime: self.breakOff(at: now, into: &effects)
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
    self.abandonJobs(into: &effects)
    self.link.linkClosed()
    (self.exchange, self.again, self.busyCount) = (nil, nil, 0)
    let wasOpen = self.phase == .opening || self.phase == .ready
    self.phase = .closed
    self.visits.linkEnded()
    if wasOpen {
      if wasInTheMiddle {
        self.foundNobody(at: now, into: &effects)
      } else {
        self.visits.endedWell(self.visit.reason, at: now.uptime)
      }
    }
    return self.settled(effects, at: now)
  }

  /// Queues a command and asks for a link where there is none; at most 64 wait, one more is refused as busy.
  public mutating func submit(
    _ command: LockCommand, to lock: LockID, id: CommandID, at now: Moment
  ) -> [DriverEffect] {
    if let fault = self.refusal(of: command, to: lock, at: now) { return [.finish(id, .failure(fault))] }
    var effects: [DriverEffect] = []
    self.queue.add(
      .init(id: id, command: command, since: now.uptime, expires: now.uptime + self.policy.queueWait))
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

  /// Ends what waited for this attempt, when that says that the lock cannot be reached. What came later, or met a
  /// radio without time, asks for another link.
  public mutating func linkRefused(_ refusal: LinkRefusal, at now: Moment) -> [DriverEffect] {
    var effects: [DriverEffect] = []
    self.wish = nil
    let wishedAt = self.wishedAt
    switch refusal {
    case .absent, .bondRefused:
      self.finishQueue(.unreachable, where: { $0.since <= wishedAt }, into: &effects)
      self.countAbsence(because: refusal == .absent ? .unreachable : .notAuthorized, at: now, into: &effects)
    case .noRadio:
      self.finishQueue(.unreachable, where: { $0.since <= wishedAt }, into: &effects)
      self.visits.wasPutOff(at: now.uptime)
    case .busy:
      self.finishQueue(.busy, where: { $0.expires <= now.uptime }, into: &effects)
      self.restsUntil = now.uptime + self.policy.busyRadioGap
      self.visits.wasPutOff(at: now.uptime)
    }
    return self.settled(effects, at: now)
  }

  private func refusal(of command: LockCommand, to lock: LockID, at now: Moment) -> LockFault? {
    guard lock == self.lock else { return .unsupported(detail: "the lock is not on this link") }
    if case .hold = command { return .unsupported(detail: "the lock holds its codes itself") }
    if self.visits.isBarred { return .notAuthorized }
    if command.needsSecurityPIN, let fault = self.pinTrust.fault(at: now.uptime) { return fault }
    return self.knownFault(of: command, at: now) ?? (self.queue.count < Self.longestQueue ? nil : .busy)
  }

  /// Why a command for codes is known to come to nothing without asking the lock.
  ///
  /// What a lock without a keypad holds it must tell itself: codes that are kept open the door again once the keypad
  /// is back. One that does not tell is not asked again meanwhile.
  func knownFault(of command: LockCommand, at now: Moment) -> LockFault? {
    switch command {
    case .program where self.facts.isKeypadMissing: return .failed(detail: "it has no keypad")
    case .program(let slot, _):
      let isNew = self.memory.codes[slot] == nil && !self.memory.isPending(slot)
      return isNew && self.facts.isFull(holding: self.memory.total, at: now.uptime) ? .noSpace : nil
    case .readSlots, .readSlot, .clear, .claim, .evict:
      return self.facts.isListRefused ? .failed(detail: "it has no keypad and does not tell its codes") : nil
    case .readLog, .lock, .unlock, .hold: return nil
    }
  }

  mutating func finishQueue(
    _ fault: LockFault, where isOver: (NukiQueue.Waiting) -> Bool = { _ in true }, into effects: inout [DriverEffect]
  ) {
    effects += self.queue.take(where: isOver).map { .finish($0, .failure(fault)) }
  }

  /// One link that comes to nothing is soon had again, for what waits; two are an answer.
  mutating func foundNobody(at now: Moment, into effects: inout [DriverEffect]) {
    self.finishQueue(.unreachable, where: \.isMissed, into: &effects)
    self.queue.wereMissed()
    self.countAbsence(because: .unreachable, at: now, into: &effects)
  }

  private mutating func countAbsence(
    because fault: LockFault, at now: Moment, into effects: inout [DriverEffect]
  ) {
    guard self.visits.foundNobody(at: now.uptime) else { return }
    self.facts.becameUnreachable()
    effects.append(.report(self.lock, .unreachable(fault)))
  }

  // MARK: wishes and deadlines

  private func wish(for waiting: NukiQueue.Waiting, at now: Duration) -> NukiVisits.Wish {
    switch waiting.command {
    case .lock, .unlock: NukiVisits.Wish(before: now + self.policy.actionHaste, reason: .command)
    case .readLog: NukiVisits.Wish(before: waiting.expires, reason: .log)
    default: NukiVisits.Wish(before: waiting.expires, reason: .code)
    }
  }

  /// Adds what follows from all that happened: what must be kept, a link that is wanted, the next deadline.
  private mutating func settled(_ effects: [DriverEffect], at now: Moment) -> [DriverEffect] {
    var effects = effects
    self.keep(&effects)
    if self.phase == .closed {
      if let waiting = self.queue.first {
        let wish = self.wish(for: waiting, at: now.uptime)
        let isSooner = self.wish.map { wish.before < $0.before } ?? (self.restsUntil <= now.uptime)
        if isSooner { self.want(wish, at: now.uptime, into: &effects) }
      } else if self.wish == nil, let wish = self.visits.due(at: now.uptime) {
        self.want(wish, at: now.uptime, into: &effects)
      }
    }
    let deadline = self.nextDeadline
    guard deadline != self.announcedDeadline else { return effects }
    self.announcedDeadline = deadline
    return effects + [.setDeadline(deadline)]
  }

  private mutating func want(_ wish: NukiVisits.Wish, at now: Duration, into effects: inout [DriverEffect]) {
    (self.wish, self.wishedAt) = (wish, now)
    effects.append(.openLink(before: wish.before, for: wish.reason))
  }

  private var nextDeadline: Duration? {
    var deadlines = [self.queue.nextExpiry]
    switch self.phase {
    case .closed:
      if self.wish == nil { deadlines.append(self.queue.isEmpty ? self.visits.nextDue : self.restsUntil) }
    case .opening, .ready:
      deadlines += [self.visitEnd, self.link.deadline, self.exchange?.deadline, self.again?.at]
      if self.isIdle { deadlines.append(self.visit.lingersUntil) }
    case .closing: break
    }
    return deadlines.compactMap { $0 }.min()
  }

  /// When a visit is given up, whatever is under way.
  private var visitEnd: Duration { self.visit.began + self.policy.visitLimit * 2 }

  /// True when nothing is asked and nothing waits to be asked again.
  var isIdle: Bool { self.exchange == nil && self.again == nil }
}
