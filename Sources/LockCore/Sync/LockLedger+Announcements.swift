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
    for id in self.codes.keys.sorted(by: { self.age(of: $0) < self.age(of: $1) }) {
      self.announce(id, at: now, into: &events)
    }
    return events
  }

  private func age(of id: AccessCodeID) -> (Timestamp, AccessCodeID) {
    (self.codes[id]?.createdAt ?? .distantFuture, id)
  }

  private mutating func markProofs() {
    for (number, slot) in self.slots where slot.written?.isProven == false && slot.proof == .agrees {
      self.slots[number]?.written?.isProven = true
      self.slots[number]?.written?.stamp = slot.observed?.reading.stamp
    }
  }

  /// Where the gateway itself checks the digits, what it keeps is the door's contents and its own proof.
  private mutating func holdInGateway(at now: Timestamp) {
    for code in self.codes.values.sorted(by: { self.age(of: $0.id) < self.age(of: $1.id) }) {
      let slot = self.slot(of: code.id)
      if self.presence(of: code, at: now) == .due {
        let entry = self.entry(for: code)
        if slot?.written?.entry == entry { continue }
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
      guard let holder = slot.holder, self.running == nil else { continue }
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
      if var stranger = known, stranger.pin == pin || stranger.pin == nil {
        (stranger.pin, stranger.name, stranger.window) = (pin, reading.name, reading.window)
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

  private mutating func announce(_ id: AccessCodeID, at now: Timestamp, into events: inout [CodeEvent]) {
    guard let code = self.codes[id] else { return }
    let state = self.state(of: code, at: now)
    var announced = code.announced
    let hasSlot = self.slot(of: id) != nil
    if state.status != .unknown {
      if state.isProven {
        if let before = announced.confirmed, before != code.terms {
          events.append(.changed(id, from: before))
        }
        announced.confirmed = code.terms
        announced.drift = nil
      }
      if let kind = state.drift, announced.drift == nil, !code.isDeleting {
        announced.drift = CodeRecord.Drift(kind: kind, since: now)
        events.append(kind == .removed ? .removedAtLock(id) : .modifiedAtLock(id))
      }
      if state.isScheduled, !announced.isScheduled { events.append(.scheduled(id)) }
      if state.status == .set, !announced.isSet { events.append(.set(id)) }
      announced.isScheduled = state.isScheduled
      announced.isSet = state.status == .set
      announced.isOnLock = announced.isOnLock || state.isScheduled || announced.isSet
      if announced.isOnLock, !hasSlot {
        announced.isOnLock = false
        announced.confirmed = nil
        announced.drift = nil
        events.append(.removed(id))
      }
      if state.isLate, !announced.isLate { events.append(.late(id)) }
      announced.isLate = state.isLate
    }
    if let problem = state.problem, problem.code != announced.problem?.code {
      events.append(self.presence(of: code, at: now) == .due ? .failedToSet(id) : .failedToRemove(id))
    }
    announced.problem = state.problem
    self.codes[id]?.announced = announced
    if code.isDeleting, !hasSlot, !self.isRunning(for: id) {
      events.append(.deleted(code))
      self.codes[id] = nil
    }
  }

  private func isRunning(for id: AccessCodeID) -> Bool {
    switch self.running {
    case .program(let code, _, _), .clear(let code, _): code == id
    default: false
    }
  }
}
