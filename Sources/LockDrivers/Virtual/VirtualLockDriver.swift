public import LockCore

/// Speaks VKL to one virtual lock over one link.
///
/// One request is outstanding at a time; commands wait in a queue. A request that is not answered is sent once
/// more, the same bytes; if that is not answered either its command fails, and a HELLO asks whether the lock is
/// still there. Silence there too closes the link. An idle lock is asked the same every `heartbeat`, which also
/// finds whatever a lost notice would have told.
public struct VirtualLockDriver: LockDriver {
  /// How long things may take.
  public struct Timing: Hashable, Sendable {
    /// From a request to its reply.
    public var reply: Duration
    /// How often a request is sent at most.
    public var tries: Int
    /// From one sign of life to the next HELLO.
    public var heartbeat: Duration
    /// From a command's submission to its first request; beyond it the command ends as busy.
    public var queueWait: Duration
    /// From a command's first request to its last.
    public var command: Duration

    /// Sets the times.
    /// - Parameters:
    ///   - reply: from a request to its reply.
    ///   - tries: how often a request is sent at most, 1 or more.
    ///   - heartbeat: from one sign of life to the next HELLO.
    ///   - queueWait: from submission to the first request.
    ///   - command: from the first request to the last.
    public init(
      reply: Duration = .seconds(2), tries: Int = 2, heartbeat: Duration = .seconds(20),
      queueWait: Duration = .seconds(30), command: Duration = .seconds(30)
    ) {
      self.reply = reply
      self.tries = tries
      self.heartbeat = heartbeat
      self.queueWait = queueWait
      self.command = command
    }
  }

  /// The lock of this link.
  public let lock: LockID
  /// What the lock said of itself when it last answered HELLO; nil before.
  public private(set) var facts: VirtualLockFacts?

  private let timing: Timing
  private var phase = Phase.closed
  private var deframer = VirtualLockDeframer()
  private var outstanding: Outstanding?
  private var job: VirtualLockJob?
  private var queue: [(id: CommandID, command: LockCommand, expires: Duration)] = []
  private var sequence: UInt8 = 0
  private var nextHeartbeat: Duration = .zero
  private var mustProbe = false
  private var clockError: Duration = .zero
  private var announcedDeadline: Duration?

  private enum Phase { case closed, greeting, ready, closing }

  /// A request on its way.
  private struct Outstanding {
    enum Purpose { case greeting, probe, clock, job }
    var purpose: Purpose
    var request: VirtualLockRequest
    var sequence: UInt8
    var triesLeft: Int
    var deadline: Duration
  }

  private static let longestQueue = 64
  /// A clock that is off by more is set.
  private static let toleratedClockError: Duration = .seconds(30)

  /// Makes a driver without a link.
  /// - Parameters:
  ///   - lock: the lock at the other end.
  ///   - timing: how long things may take.
  public init(lock: LockID, timing: Timing = Timing()) {
    self.lock = lock
    self.timing = timing
  }

  /// The one lock.
  public var locks: [LockID] { [self.lock] }

  /// Greets the lock.
  public mutating func linkOpened(at now: Moment) -> [DriverEffect] {
    var effects: [DriverEffect] = []
    self.phase = .greeting
    self.deframer = VirtualLockDeframer()
    self.send(.hello, for: .greeting, at: now, into: &effects)
    return self.withDeadline(effects)
  }

  /// Takes replies and notices, in whatever pieces they come.
  public mutating func received(_ bytes: [UInt8], at now: Moment) -> [DriverEffect] {
    guard self.phase == .greeting || self.phase == .ready else { return [] }
    var effects: [DriverEffect] = []
    for finding in self.deframer.received(bytes, at: now.uptime) {
      guard case .frame(let frame) = finding else { continue }
      switch frame.body {
      case .request: break
      case .notice(let notice): self.noticed(notice, into: &effects)
      case .reply(let reply):
        guard let outstanding = self.outstanding, outstanding.sequence == frame.sequence else { continue }
        self.answered(outstanding, with: reply, at: now, into: &effects)
      }
    }
    return self.withDeadline(effects)
  }

  /// Sends again, gives up, or asks whether the lock is still there.
  public mutating func deadlinePassed(at now: Moment) -> [DriverEffect] {
    var effects: [DriverEffect] = []
    self.announcedDeadline = nil
    self.expireQueue(at: now, into: &effects)
    if let outstanding = self.outstanding {
      if outstanding.deadline <= now.uptime { self.unanswered(outstanding, at: now, into: &effects) }
    } else if self.phase == .ready {
      self.advance(at: now, into: &effects)
    }
    return self.withDeadline(effects)
  }

  /// Ends every command: unconfirmed where the lock may have been changed, else unreachable.
  public mutating func linkClosed(at now: Moment) -> [DriverEffect] {
    var effects: [DriverEffect] = []
    self.finishEverything(into: &effects)
    self.phase = .closed
    return self.withDeadline(effects)
  }

  /// Queues a command; at most 64 wait, one more is refused as busy.
  public mutating func submit(
    _ command: LockCommand, to lock: LockID, id: CommandID, at now: Moment
  ) -> [DriverEffect] {
    if let fault = self.refusal(of: command, to: lock) { return [.finish(id, .failure(fault))] }
    var effects: [DriverEffect] = []
    self.queue.append((id, command, now.uptime + self.timing.queueWait))
    if self.phase == .ready, self.outstanding == nil { self.advance(at: now, into: &effects) }
    return self.withDeadline(effects)
  }

  private func refusal(of command: LockCommand, to lock: LockID) -> LockFault? {
    guard lock == self.lock else { return .unsupported(detail: "the lock is not on this link") }
    if case .hold = command { return .unsupported(detail: "the lock holds its codes itself") }
    guard self.phase == .greeting || self.phase == .ready else { return .unreachable }
    return self.queue.count < Self.longestQueue ? nil : .busy
  }
}

// MARK: - Requests and replies

extension VirtualLockDriver {
  private mutating func send(
    _ request: VirtualLockRequest, for purpose: Outstanding.Purpose, at now: Moment,
    into effects: inout [DriverEffect]
  ) {
    self.sequence &+= 1
    self.outstanding = Outstanding(
      purpose: purpose, request: request, sequence: self.sequence, triesLeft: max(1, self.timing.tries),
      deadline: now.uptime)
    self.transmit(at: now, into: &effects)
  }

  private mutating func transmit(at now: Moment, into effects: inout [DriverEffect]) {
    guard var outstanding = self.outstanding else { return }
    outstanding.triesLeft -= 1
    outstanding.deadline = now.uptime + self.timing.reply
    self.outstanding = outstanding
    effects.append(
      .write(VirtualLockFrame(sequence: outstanding.sequence, body: .request(outstanding.request)).bytes))
  }

  private mutating func unanswered(
    _ outstanding: Outstanding, at now: Moment, into effects: inout [DriverEffect]
  ) {
    guard outstanding.triesLeft == 0 else { return self.transmit(at: now, into: &effects) }
    self.outstanding = nil
    switch outstanding.purpose {
    case .greeting, .probe:
      effects.append(.report(self.lock, .unreachable(.unreachable)))
      self.finishEverything(into: &effects)
      effects.append(.closeLink)
      self.phase = .closing
    case .clock, .job:
      self.finishJob(.failure(self.job?.faultOfSilence ?? .unreachable), into: &effects)
      self.mustProbe = true
      self.advance(at: now, into: &effects)
    }
  }

  private mutating func answered(
    _ outstanding: Outstanding, with reply: VirtualLockReply, at now: Moment, into effects: inout [DriverEffect]
  ) {
    switch (outstanding.purpose, reply) {
    case (.greeting, .facts(let facts)), (.probe, .facts(let facts)):
      self.outstanding = nil
      self.phase = .ready
      self.learned(facts, isGreeting: outstanding.purpose == .greeting, into: &effects)
      self.clockError = facts.clock - now.date
      let isWrong = max(self.clockError, .zero - self.clockError) > Self.toleratedClockError
      if isWrong, now.isDateTrusted {
        self.send(.setTime(now.date), for: .clock, at: now, into: &effects)
      }
    case (.clock, .timeSet):
      self.outstanding = nil
      self.clockError = .zero
    case (.clock, .refused): self.outstanding = nil
    case (.job, _):
      guard var job = self.job, let step = job.answered(with: reply) else { return }
      self.outstanding = nil
      if case .bolt(let state, let isLockedOut) = reply {
        self.saw(state, isLockedOut: isLockedOut, into: &effects)
      }
      self.job = job
      self.take(step, of: job, at: now, into: &effects)
    // A reply of another kind than asked for is no answer: the time-out decides.
    default: return
    }
    self.nextHeartbeat = now.uptime + self.timing.heartbeat
    self.advance(at: now, into: &effects)
  }

  private mutating func take(
    _ step: VirtualLockJob.Step, of job: VirtualLockJob, at now: Moment, into effects: inout [DriverEffect]
  ) {
    switch step {
    case .request(let request) where now.uptime < job.expires:
      self.send(request, for: .job, at: now, into: &effects)
    case .request: self.finishJob(.failure(job.faultOfDelay), into: &effects)
    case .failed(let fault): self.finishJob(.failure(fault), into: &effects)
    case .finished(.log(let records, let newest)):
      self.facts?.newestRecord = newest
      self.finishJob(.success(.log(records.map(self.corrected), newest: newest)), into: &effects)
    case .finished(let reply):
      if let changes = job.changes { self.counted(changes, own: job.ownChanges, reply: reply, into: &effects) }
      self.finishJob(.success(reply), into: &effects)
    }
  }

  /// Starts what is due next, a HELLO or the oldest command, when nothing is outstanding.
  private mutating func advance(at now: Moment, into effects: inout [DriverEffect]) {
    guard self.phase == .ready else { return }
    while self.outstanding == nil {
      if self.mustProbe || (self.queue.isEmpty && self.nextHeartbeat <= now.uptime) {
        self.mustProbe = false
        return self.send(.hello, for: .probe, at: now, into: &effects)
      }
      guard !self.queue.isEmpty else { return }
      let next = self.queue.removeFirst()
      var job = VirtualLockJob(
        id: next.id, command: next.command, slotCount: self.facts?.slotCount ?? 0,
        nameBytes: self.facts?.nameBytes ?? 0, expires: now.uptime + self.timing.command)
      let step = job.begin()
      self.job = job
      self.take(step, of: job, at: now, into: &effects)
    }
  }

  private mutating func expireQueue(at now: Moment, into effects: inout [DriverEffect]) {
    while let oldest = self.queue.first, oldest.expires <= now.uptime {
      effects.append(.finish(oldest.id, .failure(.busy)))
      self.queue.removeFirst()
    }
  }

  private mutating func finishJob(
    _ result: Result<LockReply, LockFault>, into effects: inout [DriverEffect]
  ) {
    guard let job = self.job else { return }
    self.job = nil
    effects.append(.finish(job.id, result))
  }

  private mutating func finishEverything(into effects: inout [DriverEffect]) {
    self.finishJob(.failure(self.job?.faultOfSilence ?? .unreachable), into: &effects)
    for waiting in self.queue { effects.append(.finish(waiting.id, .failure(.unreachable))) }
    self.queue.removeAll()
    self.outstanding = nil
    self.mustProbe = false
  }

  /// Adds the next deadline when it is another than the one announced last.
  private mutating func withDeadline(_ effects: [DriverEffect]) -> [DriverEffect] {
    var deadline = self.outstanding?.deadline
    if self.phase == .ready, deadline == nil { deadline = self.nextHeartbeat }
    if let known = deadline, let oldest = self.queue.first { deadline = min(known, oldest.expires) }
    guard deadline != self.announcedDeadline else { return effects }
    self.announcedDeadline = deadline
    return effects + [.setDeadline(deadline)]
  }
}

// MARK: - What the lock tells

extension VirtualLockDriver {
  private mutating func learned(
    _ facts: VirtualLockFacts, isGreeting: Bool, into effects: inout [DriverEffect]
  ) {
    let known = self.facts
    self.facts = facts
    if isGreeting || facts.identity != known?.identity {
      effects.append(
        .report(
          self.lock,
          .reachable(facts.identity, slotChanges: facts.changes, newestRecord: facts.newestRecord)))
    } else {
      if facts.changes != known?.changes { effects.append(.report(self.lock, .slotsChanged(facts.changes))) }
      if facts.newestRecord != known?.newestRecord {
        effects.append(.report(self.lock, .logGrew(newest: facts.newestRecord)))
      }
    }
    if isGreeting || facts.state != known?.state { effects.append(.report(self.lock, .state(facts.state))) }
    if facts.isLockedOut != known?.isLockedOut ?? false {
      effects.append(.report(self.lock, .alarm(.lockedOut(facts.isLockedOut))))
    }
  }

  /// HELLO has not been answered before the first notices: its reply will tell all that they do.
  private mutating func noticed(_ notice: VirtualLockNotice, into effects: inout [DriverEffect]) {
    guard self.phase == .ready else { return }
    switch notice {
    case .slotsChanged(let changes):
      self.facts?.changes = changes
      effects.append(.report(self.lock, .slotsChanged(changes)))
    case .logGrew(let newest):
      self.facts?.newestRecord = newest
      effects.append(.report(self.lock, .logGrew(newest: newest)))
    case .state(let state, let isLockedOut): self.saw(state, isLockedOut: isLockedOut, into: &effects)
    }
  }

  private mutating func saw(_ state: LockState, isLockedOut: Bool, into effects: inout [DriverEffect]) {
    guard let known = self.facts else { return }
    self.facts?.state = state
    self.facts?.isLockedOut = isLockedOut
    if state != known.state { effects.append(.report(self.lock, .state(state))) }
    if isLockedOut != known.isLockedOut {
      effects.append(.report(self.lock, .alarm(.lockedOut(isLockedOut))))
    }
  }

  /// Takes the count of changes out of a reply; more of them than our own means that somebody else was there.
  private mutating func counted(
    _ changes: UInt32, own: UInt32, reply: LockReply, into effects: inout [DriverEffect]
  ) {
    guard let known = self.facts?.changes else { return }
    self.facts?.changes = changes
    // A reply that shows every slot already tells what the others did.
    if case .slots = reply { return }
    if changes != known, changes != known &+ own {
      effects.append(.report(self.lock, .slotsChanged(changes)))
    }
  }

  private func corrected(_ record: LockRecord) -> LockRecord {
    var record = record
    record.date = record.date - self.clockError
    return record
  }
}
