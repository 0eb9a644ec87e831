import LockCore

/// One visit: questions, answers, and what comes next.
extension NukiLockDriver {
  mutating func take(_ outputs: [NukiLink.Output], at now: Moment, into effects: inout [DriverEffect]) {
    for output in outputs where self.phase == .opening || self.phase == .ready {
      switch output {
      case .write(let packet): effects.append(.write(packet))
      case .sent: break
      case .ready:
        self.phase = .ready
        self.advance(at: now, into: &effects)
      case .general(let wire):
        // In clear: what the lock could not open, or does not know whose it is.
        guard let frame = try? NukiPlainFrame(wire: wire), let answer = NukiAnswer(frame.command, frame.payload),
          case .error(let report) = answer
        else { continue }
        if report.error == .notAuthorized, !self.visits.isDoubtful, !self.visits.isBarred {
          self.doubt(at: now, into: &effects)
        } else {
          self.told(answer, at: now, into: &effects)
        }
      case .sealed(let wire):
        guard let frame = try? NukiSealedFrame(wire: wire, openedWith: self.authorization.sessionKey),
          frame.authorization == self.authorization.id, let answer = NukiAnswer(frame.command, frame.payload)
        else { continue }
        self.told(answer, at: now, into: &effects)
      case .failed: self.breakOff(at: now, into: &effects)
      }
    }
  }

  private mutating func told(_ answer: NukiAnswer, at now: Moment, into effects: inout [DriverEffect]) {
    if case .states(let states) = answer { self.learned(states, at: now, into: &effects) }
    guard var exchange = self.exchange else { return }
    let step = exchange.0.answered(answer)
    switch step {
    case .ignored: return
    case .send(let request): self.ask(request, exchange.0, for: exchange.errand, at: now, into: &effects)
    case .wait:
      let patience = exchange.0.isMoving ? self.policy.actionTime : self.policy.answerTime
      exchange.deadline = min(now.uptime + patience, exchange.limit)
      self.exchange = exchange
    case .done(let outcome):
      self.exchange = nil
      self.busyCount = 0
      if case .guarded = exchange.0.question { self.pinWasTaken(into: &effects) }
      self.done(outcome, exchange.errand, at: now, into: &effects)
    case .refused(let report):
      self.exchange = nil
      self.refused(report, exchange.0, exchange.errand, at: now, into: &effects)
    }
    self.advance(at: now, into: &effects)
  }

  /// Starts what is due next when nothing is asked: states first, then the door, the clock, what else is queued, the
  /// log; then a moment for what comes of it, and the end.
  mutating func advance(at now: Moment, into effects: inout [DriverEffect]) {
    while self.phase == .ready, self.isIdle {
      if !self.visit.hasStates {
        self.ask(.states, for: .states, at: now, into: &effects)
      } else if self.queue.hasAction, self.isYoung(at: now.uptime), let next = self.queue.takeFirst() {
        self.begin(next, at: now, into: &effects)
      } else if let parked = self.parked {
        self.parked = nil
        self.job = parked.job
        self.ask(parked.question, for: .job, at: now, into: &effects)
      } else if self.visit.isClockDue {
        self.visit.isClockDue = false
        self.memory.eras.clockWillBeSet(offBy: self.facts.clockOffset)
        self.ask(.guarded(.updateTime(now.date)), for: .clock, at: now, into: &effects)
      } else if self.visit.isConfigDue {
        self.visit.isConfigDue = false
        self.ask(.config, for: .config, at: now, into: &effects)
      } else if !self.isYoung(at: now.uptime) {
        self.becameReachable(into: &effects)
        self.end(at: now, into: &effects)
      } else if let next = self.queue.takeFirst() {
        self.begin(next, at: now, into: &effects)
      } else if self.visit.isLogDue {
        self.visit.isLogDue = false
        self.ask(
          .guarded(.requestLog(start: 0, count: 1, isDescending: true, wantsTotal: true)), for: .newest, at: now,
          into: &effects)
      } else {
        self.linger(at: now, into: &effects)
        return
      }
    }
  }

  /// True while a visit may still begin something.
  private func isYoung(at now: Duration) -> Bool { now < self.visit.began + self.policy.visitLimit }

  private mutating func begin(_ next: NukiQueue.Waiting, at now: Moment, into effects: inout [DriverEffect]) {
    self.visit.lingersUntil = nil
    if let fault = self.knownFault(of: next.command, at: now) {
      return effects.append(.finish(next.id, .failure(fault)))
    }
    var job = NukiJob(id: next.id, command: next.command)
    let step = job.begin(
      memory: &self.memory, policy: self.policy, appID: self.authorization.appID, newest: self.visit.newest,
      lockDate: now.date + self.facts.clockOffset)
    self.job = job
    self.take(step, at: now, into: &effects)
  }

  private mutating func linger(at now: Moment, into effects: inout [DriverEffect]) {
    self.becameReachable(into: &effects)
    guard let until = self.visit.lingersUntil else {
      self.visit.lingersUntil = now.uptime + self.policy.linger
      return
    }
    if until <= now.uptime { self.end(at: now, into: &effects) }
  }

  /// All is done that there was to do.
  private mutating func end(at now: Moment, into effects: inout [DriverEffect]) {
    self.visits.endedWell(self.visit.reason, at: now.uptime)
    self.close(into: &effects)
  }

  // MARK: questions

  private mutating func ask(
    _ question: NukiExchange.Question, for errand: Errand, at now: Moment, into effects: inout [DriverEffect]
  ) {
    var exchange = NukiExchange(question, pin: self.authorization.pin)
    self.busyCount = 0
    self.ask(exchange.begin(), exchange, for: errand, at: now, into: &effects)
  }

  mutating func ask(
    _ request: NukiRequest, _ exchange: NukiExchange, for errand: Errand, at now: Moment,
    into effects: inout [DriverEffect]
  ) {
    self.visit.lingersUntil = nil
    self.exchange = (
      exchange, errand, deadline: now.uptime + self.policy.answerTime, limit: now.uptime + self.policy.questionLimit
    )
    self.keep(&effects)
    guard
      let wire = try? NukiSealedFrame(self.authorization.id, request.command, request.payload).wire(
        sealedWith: self.authorization.sessionKey, nonce: self.random.bytes(NukiSealedFrame.nonceLength))
    else { return self.breakOff(at: now, into: &effects) }
    self.take(self.link.sendSealed(wire, at: now.uptime), at: now, into: &effects)
  }

  /// What must not be lost goes before whatever is written from here on.
  mutating func keep(_ effects: inout [DriverEffect]) {
    guard self.memory != self.remembered else { return }
    self.remembered = self.memory
    self.hasKept = true
    effects.append(.remember(self.lock, self.memory.bytes))
  }

  // MARK: answers

  private mutating func done(
    _ outcome: NukiExchange.Outcome, _ errand: Errand, at now: Moment, into effects: inout [DriverEffect]
  ) {
    switch (errand, outcome) {
    case (.job, _):
      guard var job = self.job else { return }
      let step = job.answered(outcome, memory: &self.memory, at: now.date)
      self.job = job
      self.take(step, at: now, into: &effects)
    case (.states, .states(let states)): self.arrived(states, at: now, into: &effects)
    case (.clock, .complete):
      self.facts.clockWasSet()
      self.memory.eras.clockWasSet(newest: self.visit.newest)
    case (.config, .config(let config)): self.learned(config, into: &effects)
    case (.newest, .log(let entries, let count)):
      let newest = entries.first?.index ?? (count?.isEmpty == true ? 0 : nil)
      self.learned(newest: newest, count, at: now, into: &effects)
    default: break
    }
  }

  private mutating func refused(
    _ report: NukiErrorReport, _ exchange: NukiExchange, _ errand: Errand, at now: Moment,
    into effects: inout [DriverEffect]
  ) {
    if report.error.isPassing, self.busyCount < self.policy.busyGaps.count {
      self.again = (exchange, errand, now.uptime + self.policy.busyGaps[self.busyCount])
      self.busyCount += 1
      return
    }
    self.busyCount = 0
    let isAboutACode = report.command == .updateKeypadCode || report.command == .removeKeypadCode
    switch report.error {
    case .notAuthorized,
      .invalidAuthorizationID where !isAboutACode:
      return self.bar(at: now, into: &effects)
    case .badPIN: return self.pinWasRefused(.none, at: now, into: &effects)
    case .tooManyPINAttempts:
      return self.pinWasRefused(.rests(until: now.uptime + self.policy.pinRest), at: now, into: &effects)
    default: break
    }
    if errand == .states { return self.breakOff(at: now, into: &effects) }
    if errand == .newest { self.visits.lookedAtLog(at: now.uptime) }
    guard errand == .job, var job = self.job else { return }
    if report.command == .requestKeypadCodes { self.facts.listWasRefused() }
    if report.error == .tooManyEntries { self.facts.wasFull(holding: self.memory.total, at: now.uptime) }
    if report.error.isJam { self.facts.raise(.jammed, true, of: self.lock, into: &effects) }
    let step = job.refused(report, memory: &self.memory)
    self.job = job
    self.take(step, at: now, into: &effects)
  }

  private mutating func take(_ step: NukiJob.Step, at now: Moment, into effects: inout [DriverEffect]) {
    switch step {
    case .ask(let question):
      if let job = self.job, self.queue.hasAction, !job.command.isAction {
        self.parked = (job, question)
        self.job = nil
      } else {
        self.ask(question, for: .job, at: now, into: &effects)
      }
    case .finished(let reply): self.finishJob(.success(reply), into: &effects)
    case .failed(let fault): self.finishJob(.failure(fault), into: &effects)
    case .log(let entries, let newest):
      let records = entries.map { self.facts.record(of: $0, memory: self.memory, at: now.date) }
      self.finishJob(.success(.log(records, newest: newest)), into: &effects)
      self.visits.lookedAtLog(at: now.uptime)
      self.learned(fromLog: entries, into: &effects)
      if let known = self.visit.newest, known > newest {
        effects.append(.report(self.lock, .logGrew(newest: known)))
      } else {
        self.facts.toldNewest = newest
      }
    }
  }

  mutating func finishJob(_ result: Result<LockReply, LockFault>, into effects: inout [DriverEffect]) {
    guard let job = self.job else { return }
    self.job = nil
    if job.hasSeenMore { self.visit.isListDue = true }
    self.keep(&effects)
    effects.append(.finish(job.id, result))
  }

  // MARK: ends

  /// The link is of no use for what is under way: unconfirmed only where the lock may have acted on it.
  mutating func abandonJobs(into effects: inout [DriverEffect]) {
    let mayHaveActed = self.exchange.map { $0.errand == .job && $0.0.mayHaveChangedTheLock } ?? false
    self.abandonJob(mayHaveActed: mayHaveActed, into: &effects)
    self.job = self.parked?.job
    self.parked = nil
    self.abandonJob(mayHaveActed: false, into: &effects)
  }

  private mutating func abandonJob(mayHaveActed: Bool, into effects: inout [DriverEffect]) {
    guard var job = self.job else { return }
    let fault = job.fellSilent(mayHaveActed: mayHaveActed, memory: &self.memory)
    self.finishJob(.failure(fault), into: &effects)
  }

  /// Silence: nothing more is asked on this link. Of a log that broke off, what came is used.
  mutating func unanswered(
    _ exchange: NukiExchange, _ errand: Errand, at now: Moment, into effects: inout [DriverEffect]
  ) {
    if let outcome = exchange.partialOutcome {
      self.exchange = nil
      return self.done(outcome, errand, at: now, into: &effects)
    }
    self.breakOff(at: now, into: &effects)
  }

  /// The link is of no use any more.
  mutating func breakOff(at now: Moment, into effects: inout [DriverEffect]) {
    if !self.visit.hasStates { self.link.forgetHandles() }
    self.abandonJobs(into: &effects)
    self.close(into: &effects)
    self.foundNobody(at: now, into: &effects)
  }

  /// What is refused in clear was not done, but anybody could have said so: all of it is asked once more, on a new link.
  private mutating func doubt(at now: Moment, into effects: inout [DriverEffect]) {
    guard self.exchange != nil else { return }
    self.visits.doubted(at: now.uptime)
    for job in [self.parked?.job, self.job].compactMap({ $0 }) {
      self.queue.putBack(
        .init(id: job.id, command: job.command, since: now.uptime, expires: now.uptime + self.policy.queueWait))
    }
    (self.parked, self.job) = (nil, nil)
    self.close(into: &effects)
  }

  private mutating func close(into effects: inout [DriverEffect]) {
    (self.exchange, self.again) = (nil, nil)
    self.phase = .closing
    effects.append(.closeLink)
  }

  /// The lock does not know us any more: until it is paired anew nothing is tried but to ask again in some hours.
  private mutating func bar(at now: Moment, into effects: inout [DriverEffect]) {
    let isKnown = self.visits.isBarred
    self.visits.barred(at: now.uptime)
    self.facts.raise(.keyRefused, true, of: self.lock, into: &effects)
    self.facts.becameUnreachable()
    if !isKnown { effects.append(.report(self.lock, .unreachable(.notAuthorized))) }
    self.finishJob(.failure(.notAuthorized), into: &effects)
    self.abandonJobs(into: &effects)
    self.finishQueue(.notAuthorized, into: &effects)
    self.close(into: &effects)
  }

  private mutating func pinWasRefused(_ trust: PINTrust, at now: Moment, into effects: inout [DriverEffect]) {
    self.pinTrust = trust
    self.facts.raise(.securityPINRefused, true, of: self.lock, into: &effects)
    let fault = trust.fault(at: now.uptime) ?? .notAuthorized
    self.finishJob(.failure(fault), into: &effects)
    self.finishQueue(fault, where: \.command.needsSecurityPIN, into: &effects)
    (self.visit.isClockDue, self.visit.isLogDue) = (false, false)
    self.leaveLogAlone(at: now.uptime)
  }

  private mutating func pinWasTaken(into effects: inout [DriverEffect]) {
    self.pinTrust = .whole
    self.facts.raise(.securityPINRefused, false, of: self.lock, into: &effects)
  }

  /// The log is not told without the security PIN.
  mutating func leaveLogAlone(at now: Duration) {
    var end = now + self.policy.checkInterval
    if case .rests(let until) = self.pinTrust { end = until }
    self.visits.mayNotLookAtLog(before: end, at: now)
  }
}
