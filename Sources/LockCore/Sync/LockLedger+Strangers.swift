/// Codes change hands: those of others become ours, ours become those of others, and those of others are removed.
extension LockLedger {
  /// The code of others with this id; nil for none.
  public func stranger(_ id: AccessCodeID) -> StrangerRecord? { self.strangers.values.first { $0.id == id } }

  /// True when a code of others can be made ours as it is: the lock tells its PIN, and its times are two dates, the
  /// last of which is to come (contract R84).
  public func canAdopt(_ stranger: StrangerRecord, at now: Timestamp) -> Bool {
    guard let reading = self.slots[stranger.slot]?.observed?.reading, case .code(let pin) = reading.contents,
      pin == stranger.pin, stranger.removal == nil, !reading.isRestricted
    else { return false }
    guard let window = reading.window else { return true }
    return self.capabilities.schedulesNatively && window.start > .distantPast && window.end < .distantFuture
      && window.start < window.end && now < window.end
  }

  /// True when a code of others opens the door at `now`, as far as the lock tells.
  public func isUsable(_ stranger: StrangerRecord, at now: Timestamp) -> Bool {
    stranger.window?.contains(now) ?? true
  }

  /// Makes a code of others ours, as the lock holds it: same id, slot, PIN and times. Nothing is written, and nothing
  /// of it was news (contract R82).
  /// - Returns: the code; nil when it cannot be made ours.
  public mutating func adopt(
    _ id: AccessCodeID, allowsExternalModification: Bool, at now: Timestamp
  ) -> CodeRecord? {
    guard let stranger = self.stranger(id), self.canAdopt(stranger, at: now), let pin = stranger.pin,
      var slot = self.slots[stranger.slot], let observed = slot.observed
    else { return nil }
    let window = observed.reading.window
    var code = CodeRecord(
      id: id, terms: .init(name: stranger.name, pin: pin, window: window), createdAt: stranger.foundAt)
    code.requestedAt = now
    code.allowsExternalModification = allowsExternalModification
    code.announced.isOnLock = true
    code.announced.isScheduled = window.map { now < $0.start } ?? false
    code.announced.isSet = !code.announced.isScheduled
    code.announced.confirmed = code.terms
    slot.giveBack()
    // Who used it before did so under the same id.
    (slot.holder, slot.heldSince) = (id, stranger.foundAt)
    slot.written = SlotRecord.Written(
      entry: SlotEntry(pin: pin, window: window, name: self.entry(for: code).name), order: observed.order - 1,
      before: .occupied(stamp: observed.reading.stamp), isProven: true, stamp: observed.reading.stamp)
    slot.written?.isUnclaimed = true
    self.slots[stranger.slot] = slot
    self.strangers[stranger.slot] = nil
    self.codes[id] = code
    return code
  }

  /// True when the lock was seen to hold something of a code that could be handed back to those who are at the lock.
  public func canRelease(_ id: AccessCodeID) -> Bool {
    guard let slot = self.slot(of: id), let observed = slot.observed, self.running?.code != id else { return false }
    return observed.reading.contents != .empty && slot.proof != .missing
  }

  /// Lets go of a code of ours: what the lock holds of it stays there, as a code of others with the same id (contract
  /// R57). A code that the lock was not seen to hold is forgotten.
  /// - Returns: the code of others; nil when there is none.
  @discardableResult
  public mutating func release(_ id: AccessCodeID) -> StrangerRecord? {
    guard let code = self.codes.removeValue(forKey: id), var slot = self.slot(of: id) else { return nil }
    slot.giveBack()
    self.slots[slot.number] = slot
    guard let reading = slot.observed?.reading, reading.contents != .empty else { return nil }
    var pin: PINCode?
    if case .code(let told) = reading.contents { pin = told }
    let stranger = StrangerRecord(
      id: id, slot: slot.number, pin: pin, name: reading.name, window: reading.window, foundAt: code.createdAt)
    self.strangers[slot.number] = stranger
    return stranger
  }

  /// Asks for the removal of a code of others; asked again while it is under way it changes nothing.
  public mutating func evict(_ id: AccessCodeID, at now: Timestamp) {
    guard let slot = self.stranger(id)?.slot, self.strangers[slot]?.removal == nil else { return }
    self.strangers[slot]?.removal = StrangerRecord.Removal(requestedAt: now)
  }

  /// From now on nothing is done on the lock but what was to be removed before: every other code is let go of
  /// (contract R86).
  /// - Returns: the codes of which nothing is left.
  public mutating func becameUnmanaged() -> [CodeRecord] {
    self.isManaged = false
    return self.codes.values.filter { !$0.isDeleting }.sorted { ($0.createdAt, $0.id) < ($1.createdAt, $1.id) }
      .filter { self.release($0.id) == nil }
  }

  /// The lock is worked on again, from a fresh look at it; what its log tells of the time between is not ours to tell.
  public mutating func becameManaged() {
    self.isManaged = true
    (self.isInventoried, self.looks, self.logReads) = (false, Retry(), Retry())
    self.logCursor = self.isReachable ? self.newestRecord : nil
  }

  /// The next removal of a code of others, the longest asked for first; `lookAgain` is brought forward to the next
  /// attempt.
  func eviction(at now: Timestamp, _ lookAgain: inout Timestamp?) -> Job? {
    var next: (due: Timestamp, job: Job)?
    for stranger in self.strangers.values {
      guard let removal = stranger.removal, let slot = self.slots[stranger.slot] else { continue }
      if self.isAhead(removal.notBefore, of: now) {
        lookAgain = lookAgain.map { min($0, removal.notBefore) } ?? removal.notBefore
        continue
      }
      // A write that nobody saw succeed: look before writing again.
      let isInDoubt = slot.written != nil && slot.proof == .missing
      let job = isInDoubt ? Job.readSlot(stranger.slot) : .evict(slot: stranger.slot, stranger.pin)
      if next.map({ (removal.requestedAt, stranger.slot) < ($0.due, $0.job.slot ?? 0) }) ?? true {
        next = (removal.requestedAt, job)
      }
    }
    return next?.job
  }

  /// Puts down that the removal of the code of others in a slot came to nothing.
  mutating func recordEviction(
    of number: Int, now: Timestamp, problem: (code: String, message: String)?, isLast: Bool
  ) {
    guard var stranger = self.strangers[number], var removal = stranger.removal else { return }
    removal.count += 1
    removal.notBefore = now + self.policy.gap(after: removal.count, isRefused: problem != nil)
    if let problem {
      let since = removal.problem?.code == problem.code ? removal.problem?.since : nil
      removal.problem = CodeRecord.Problem(code: problem.code, message: problem.message, since: since ?? now)
    }
    stranger.removal = isLast ? nil : removal
    stranger.isIrremovable = isLast
    self.strangers[number] = stranger
  }

  /// Tells once that a removal fails.
  mutating func announceEvictions(into events: inout [CodeEvent]) {
    for number in self.strangers.keys.sorted() {
      guard let stranger = self.strangers[number], let removal = stranger.removal, removal.problem != nil,
        !removal.isProblemTold
      else { continue }
      self.strangers[number]?.removal?.isProblemTold = true
      events.append(.failedToEvict(stranger.id))
    }
  }
}
