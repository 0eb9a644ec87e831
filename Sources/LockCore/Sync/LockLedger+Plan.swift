extension LockLedger {
  /// What to do next on the lock.
  public struct Plan: Hashable, Sendable {
    /// The most pressing job; nil when there is none now or the lock is busy or silent.
    public var job: Job?
    /// When the ledger must be looked at again even if nothing happens; nil for never.
    public var lookAgain: Timestamp?
  }

  /// Whether a code belongs on the lock now.
  public enum Presence: Hashable, Sendable {
    /// Not yet: from then on.
    case later(Timestamp)
    /// It does.
    case due
    /// No longer.
    case over
  }

  /// Whether a code belongs on the lock at `now`.
  public func presence(of code: CodeRecord, at now: Timestamp) -> Presence {
    if code.isDeleting { return .over }
    guard let window = code.terms.window else { return .due }
    if now >= window.end { return .over }
    let lead =
      self.isScheduledNatively(code) ? self.policy.nativeLead : self.policy.justInTimeLead
    let from = window.start - lead
    return now < from ? .later(from) : .due
  }

  /// True when the code's times are stored with it and kept by the lock itself.
  public func isScheduledNatively(_ code: CodeRecord) -> Bool {
    code.terms.window != nil && code.prefersNativeScheduling
      && self.capabilities.schedulesNatively
  }

  /// What a slot must hold for a code.
  public func entry(for code: CodeRecord) -> SlotEntry {
    switch self.capabilities.codeStore {
    case .gateway:
      SlotEntry(pin: code.terms.pin, window: code.terms.window, name: code.terms.name)
    case .slots(let store):
      SlotEntry(
        pin: code.terms.pin,
        window: self.isScheduledNatively(code)
          ? code.terms.window?.widened(to: store.scheduleGrain ?? .zero) : nil,
        name: code.terms.name?.cut(toBytes: store.nameBytes))
    }
  }

  /// The most pressing job now, and when to look again. Total: every ledger has exactly one plan.
  ///
  /// Order: removals, oldest first; a look at all slots when they may have changed; the log; codes that should
  /// open now, the longest waiting first; codes to come, the soonest first.
  public func plan(at now: Timestamp) -> Plan {
    var plan = Plan()
    func wake(_ date: Timestamp) {
      if date > now, date < .distantFuture { plan.lookAgain = min(plan.lookAgain ?? date, date) }
    }
    var removals: [(due: Timestamp, job: Job)] = []
    var settings: [(isActive: Bool, due: Timestamp, job: Job)] = []
    var free = self.freeSlots()[...]
    let byAge = self.codes.values.sorted { ($0.createdAt, $0.id) < ($1.createdAt, $1.id) }
    for code in byAge.sorted(by: { Self.isMorePressing($0, $1, at: now) }) {
      let slot = self.slot(of: code.id)
      let presence = self.presence(of: code, at: now)
      if let window = code.terms.window {
        wake(window.start)
        wake(window.end)
        wake(window.end + self.policy.overdueAfter)
      }
      wake(self.lateAt(code))
      if case .later(let from) = presence { wake(from) }
      if case .gateway = self.capabilities.codeStore { continue }
      let toSet = presence == .due
      let mayTry: Bool
      if let next = self.nextAttempt(of: code, toSet: toSet, at: now) {
        wake(next)
        mayTry = next <= now
      } else {
        mayTry = true
      }
      guard mayTry else {
        if toSet, slot == nil { free = free.dropFirst() }
        continue
      }
      if toSet {
        let due = code.terms.window?.start ?? code.createdAt
        let isActive = due <= now
        if let slot {
          guard let job = self.job(toSet: code, in: slot) else { continue }
          settings.append((isActive, due, job))
        } else if self.isInventoried, let number = free.popFirst() {
          settings.append((isActive, due, .program(code.id, slot: number, self.entry(for: code))))
        }
      } else if let slot, let job = self.job(toRemove: code, from: slot) {
        removals.append((min(code.requestedAt, code.terms.window?.end ?? code.requestedAt), job))
      }
    }
    guard self.isReachable, self.running == nil else { return plan }
    let mayLook = self.lookRetry.notBefore <= now || self.lookRetry.notBefore - now > .hours(1)
    if !mayLook { wake(self.lookRetry.notBefore) }
    if let removal = removals.min(by: { $0.due < $1.due }) {
      plan.job = removal.job
    } else if self.needsInventory {
      if mayLook { plan.job = .readSlots }
    } else if let newest = self.newestRecord, let cursor = self.logCursor, newest != cursor, mayLook {
      plan.job = .readLog(after: cursor)
    } else if let active = settings.filter(\.isActive).min(by: { $0.due < $1.due }) {
      plan.job = active.job
    } else {
      plan.job = settings.min { $0.due < $1.due }?.job
    }
    return plan
  }

  /// True when the slots may hold something else than is known.
  public var needsInventory: Bool {
    guard case .slots = self.capabilities.codeStore else { return false }
    return !self.isInventoried
      || (self.reportedChanges != nil && self.reportedChanges != self.knownChanges)
  }

  /// True when every slot that the gateway may use is taken.
  public var isFull: Bool { self.isInventoried && self.freeSlots().isEmpty }

  private func freeSlots() -> [Int] {
    guard case .slots(let store) = self.capabilities.codeStore else { return [] }
    return store.numbers.filter { number in
      guard let slot = self.slots[number] else { return self.isInventoried }
      return slot.holder == nil && slot.isProvenEmpty
    }
  }

  private func job(toSet code: CodeRecord, in slot: SlotRecord) -> Job? {
    let wanted = self.entry(for: code)
    let program = Job.program(code.id, slot: slot.number, wanted)
    guard slot.written?.entry == wanted else {
      // Somebody's change that is to be left alone stays, until the wish itself changes.
      if case .drifted = slot.proof, code.allowsExternalModification,
        code.announced.confirmed == code.terms
      {
        return nil
      }
      return program
    }
    switch slot.proof {
    case .agrees: return nil
    case .missing: return .readSlot(slot.number)
    case .writeFailed: return program
    case .drifted: return code.allowsExternalModification ? nil : program
    }
  }

  private func job(toRemove code: CodeRecord, from slot: SlotRecord) -> Job? {
    if slot.isProvenEmpty { return nil }
    // An erasure that nobody saw succeed: look before erasing again.
    if let written = slot.written, written.entry == nil, slot.proof == .missing {
      return .readSlot(slot.number)
    }
    return .clear(code.id, slot: slot.number)
  }

  /// When the next attempt may come; nil when nothing stands in its way.
  private func nextAttempt(of code: CodeRecord, toSet: Bool, at now: Timestamp) -> Timestamp? {
    guard let attempt = code.attempt, attempt.revision == code.revision, attempt.toSet == toSet
    else { return nil }
    // A wall clock that was set back must not stretch a gap of minutes to years.
    if attempt.notBefore < .distantFuture, attempt.notBefore - now > .hours(1) { return nil }
    return attempt.notBefore
  }

  /// When a code that is not proven by then is late.
  func lateAt(_ code: CodeRecord) -> Timestamp {
    guard let window = code.terms.window else { return code.requestedAt + self.policy.lateAfter }
    let lead =
      self.isScheduledNatively(code) ? self.policy.nativeLead : self.policy.justInTimeLead
    return max(code.requestedAt, window.start - lead) + self.policy.lateAfter
  }

  private static func isMorePressing(_ lhs: CodeRecord, _ rhs: CodeRecord, at now: Timestamp) -> Bool {
    (lhs.terms.window?.start ?? lhs.createdAt, lhs.createdAt, lhs.id)
      < (rhs.terms.window?.start ?? rhs.createdAt, rhs.createdAt, rhs.id)
  }
}

extension String {
  /// The longest beginning of whole characters that fits; nil when nothing does.
  func cut(toBytes limit: Int) -> String? {
    var (text, used) = ("", 0)
    for character in self {
      used += character.utf8.count
      if used > limit { break }
      text.append(character)
    }
    return text.isEmpty ? nil : text
  }
}
