/// Something about an access code that the world is told, once.
public enum CodeEvent: Hashable, Sendable {
  /// Stored on the lock ahead of its time.
  case scheduled(AccessCodeID)
  /// Active on the lock.
  case set(AccessCodeID)
  /// Proven on the lock with other terms than before.
  case changed(AccessCodeID, from: CodeRecord.Terms)
  /// Gone from the lock.
  case removed(AccessCodeID)
  /// Gone for good; the last that is heard of it.
  case deleted(CodeRecord)
  /// Later than it should be.
  case late(AccessCodeID)
  /// Programming failed.
  case failedToSet(AccessCodeID)
  /// Removing failed.
  case failedToRemove(AccessCodeID)
  /// Somebody changed it at the lock.
  case modifiedAtLock(AccessCodeID)
  /// Somebody removed it at the lock.
  case removedAtLock(AccessCodeID)
  /// A code of somebody else was found on the lock.
  case strangerFound(StrangerRecord)
  /// A code of somebody else is gone from the lock.
  case strangerGone(StrangerRecord)
  /// Removing a code of somebody else failed.
  case failedToEvict(AccessCodeID)

  /// The code asked for over the API that it is about; nil for codes of others.
  public var managedCode: AccessCodeID? {
    switch self {
    case .scheduled(let id), .set(let id), .changed(let id, _), .removed(let id), .late(let id), .failedToSet(let id),
      .failedToRemove(let id), .modifiedAtLock(let id), .removedAtLock(let id):
      id
    case .deleted(let code): code.id
    case .strangerFound, .strangerGone, .failedToEvict: nil
    }
  }
}

extension LockLedger {
  /// Draws the conclusions of what happened: gives back slots that are proven empty, lists strangers, lets go of
  /// deleted codes; and returns what has become true since the last call and was not announced. To be called after
  /// every happening and when the plan says to look again; calling it twice announces nothing twice.
  ///
  /// - Parameter newID: makes ids for strangers.
  public mutating func announce(at now: Timestamp, newID: () -> AccessCodeID) -> [CodeEvent] {
    self.markProofs()
    if case .gateway = self.capabilities.codeStore { self.holdInGateway(at: now) }
    self.giveBackSlots(at: now)
    var events = self.listStrangers(at: now, newID: newID)
    self.announceEvictions(into: &events)
    let leases = self.leases
    for code in self.codes.values.sorted(by: { ($0.createdAt, $0.id) < ($1.createdAt, $1.id) }) {
      self.announce(code, in: leases[code.id].flatMap { self.slots[$0] }, at: now, into: &events)
    }
    return events
  }

  private mutating func markProofs() {
    for (number, slot) in self.slots where slot.written?.isProven == false && slot.proof == .agrees {
      self.slots[number]?.written?.isProven = true
      self.slots[number]?.written?.stamp = slot.observed?.reading.stamp
    }
  }

  /// Where the gateway itself checks the digits, what it keeps is the door's contents and its own proof.
  private mutating func holdInGateway(at now: Timestamp) {
    for code in self.codes.values.sorted(by: { ($0.createdAt, $0.id) < ($1.createdAt, $1.id) }) {
      let slot = self.slot(of: code.id)
      if self.presence(of: code, at: now) == .due {
        let entry = self.entry(for: code)
        if slot?.written?.entry == entry, slot?.observed != nil { continue }
        let number = slot?.number ?? (1...).first { self.slots[$0] == nil } ?? 1
        var record = slot ?? SlotRecord(number: number)
        if record.holder == nil { (record.holder, record.heldSince) = (code.id, now) }
        record.written = SlotRecord.Written(entry: entry, order: self.order + 1, before: .empty, isProven: true)
        record.observed = SlotRecord.Observed(
          reading: SlotReading(slot: number, contents: .code(entry.pin), window: entry.window, name: entry.name),
          order: self.order + 2, date: now)
        self.order += 2
        self.slots[number] = record
      } else if let slot {
        self.slots[slot.number] = nil
      }
    }
  }

  private mutating func giveBackSlots(at now: Timestamp) {
    for (number, slot) in self.slots {
      guard let holder = slot.holder else {
        // An eviction is over with its proof.
        if slot.written != nil, slot.isProvenEmpty { self.slots[number]?.giveBack() }
        continue
      }
      if let code = self.codes[holder], self.presence(of: code, at: now) == .due { continue }
      guard slot.isProvenEmpty || slot.isTakenByAnotherPIN else { continue }
      self.slots[number]?.giveBack()
    }
  }

  private mutating func listStrangers(at now: Timestamp, newID: () -> AccessCodeID) -> [CodeEvent] {
    guard case .slots = self.capabilities.codeStore else { return [] }
    var events: [CodeEvent] = []
    for number in Set(self.slots.keys).union(self.strangers.keys).sorted() {
      let slot = self.slots[number]
      let known = self.strangers[number]
      guard let reading = slot?.observed?.reading, slot?.holder == nil, reading.contents != .empty else {
        if let known {
          self.strangers[number] = nil
          events.append(.strangerGone(known))
        }
        continue
      }
      var pin: PINCode?
      if case .code(let told) = reading.contents { pin = told }
      if var stranger = known, stranger.pin == pin || stranger.pin == nil || pin == nil {
        (stranger.pin, stranger.name, stranger.window) = (pin ?? stranger.pin, reading.name, reading.window)
        self.strangers[number] = stranger
        continue
      }
      if let known { events.append(.strangerGone(known)) }
      let stranger = StrangerRecord(
        id: newID(), slot: number, pin: pin, name: reading.name, window: reading.window, foundAt: now)
      self.strangers[number] = stranger
      events.append(.strangerFound(stranger))
    }
    return events
  }

  private mutating func announce(
    _ record: CodeRecord, in slot: SlotRecord?, at now: Timestamp, into events: inout [CodeEvent]
  ) {
    var code = record
    let id = code.id
    let isDue = self.presence(of: code, at: now) == .due
    let drift = isDue && !self.isAdapterGone ? slot?.drift : nil
    let look = slot?.observed?.shownSince
    let isNewDrift = drift != nil && (drift != code.announced.drift?.kind || look != code.announced.drift?.look ?? look)
    if let drift, isNewDrift { code.announced.drift = CodeRecord.Drift(kind: drift, since: now, look: look) }
    let state = self.state(of: code, in: slot, at: now)
    if state.status != .unknown {
      let isSettled = state.isProven || (isDue && state.mutations.isEmpty)
      if isSettled {
        if let before = code.announced.confirmed, before != code.terms { events.append(.changed(id, from: before)) }
        code.announced.confirmed = code.terms
      }
      if state.isProven { code.announced.drift = nil }
      if let drift, isNewDrift { events.append(drift == .removed ? .removedAtLock(id) : .modifiedAtLock(id)) }
      if state.isScheduled, !code.announced.isScheduled { events.append(.scheduled(id)) }
      if state.status == .set, !code.announced.isSet { events.append(.set(id)) }
      code.announced.isScheduled = state.isScheduled
      code.announced.isSet = state.status == .set
      code.announced.isOnLock = code.announced.isOnLock || state.isScheduled || code.announced.isSet
      if slot == nil {
        (code.announced.confirmed, code.announced.drift) = (nil, nil)
        if code.announced.isOnLock { events.append(.removed(id)) }
        code.announced.isOnLock = false
      }
      if state.isLate, !code.announced.isLate { events.append(.late(id)) }
      code.announced.isLate = state.isLate
    }
    if let problem = state.problem, problem.code != code.announced.problem?.code {
      events.append(isDue ? .failedToSet(id) : .failedToRemove(id))
    }
    code.announced.problem = state.problem
    if code.isDeleting, slot == nil {
      events.append(.deleted(code))
      self.codes[id] = nil
    } else if code != record {
      self.codes[id] = code
    }
  }
}
