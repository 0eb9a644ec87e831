extension LockLedger {
  /// What to do next on the lock.
  public struct Plan: Hashable, Sendable {
    /// The most pressing job; nil when there is none now or the lock is busy or silent.
    public var job: Job?
    /// When the ledger must be looked at again even if nothing happens; nil for never.
    public var lookAgain: Timestamp?
    /// Whose turn it is, or why it is nobody's.
    public var turn = Turn.idle

    /// Whose turn it is on the lock.
    public enum Turn: Hashable, Sendable {
      /// Nobody's: the adapter is gone.
      case adapterGone
      /// Nobody's: the lock does not answer.
      case silence
      /// That of the job under way.
      case busy(Job)
      /// A code is taken off the lock.
      case removal(AccessCodeID)
      /// A code of others is taken off the lock.
      case eviction
      /// Nobody's: the lock is not managed, and there is nothing to be taken off it.
      case unmanaged
      /// The slots may hold something else than is known, and are looked at.
      case inventory
      /// The slots must be looked at, and not before then, since a look came to nothing.
      case inventoryPause(Timestamp)
      /// The lock's log is read.
      case log
      /// A code is put onto the lock, or changed there.
      case setting(AccessCodeID)
      /// Nobody's: there is nothing to do.
      case idle
    }
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
    // What the lock has stored with its times already may wait there.
    let isThere =
      code.announced.isScheduled && code.announced.confirmed?.window == window && self.isScheduledNatively(code)
    return now < from && !isThere ? .later(from) : .due
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
      if date > now, date < .distantFuture { plan.lookAgain = Swift.min(plan.lookAgain ?? date, date) }
    }
    let leases = self.leases
    var (removal, setting): (Candidate?, Candidate?)
    for code in self.codes.values {
      let presence = self.presence(of: code, at: now)
      let slot = leases[code.id].flatMap { self.slots[$0] }
      for date in self.turningPoints(of: code, in: slot, presence) { wake(date) }
      switch self.course(of: code, in: slot, presence, at: now) {
      case .rest, .slotless: break
      case .pause(let until): wake(until)
      case .job(let job, let due, isRemoval: true): removal = min(removal, Candidate(due: due, code: code, job: job))
      case .job(let job, let due, isRemoval: false): setting = min(setting, Candidate(due: due, code: code, job: job))
      }
    }
    let eviction = self.eviction(at: now, &plan.lookAgain)
    guard self.isReachable else {
      plan.turn = self.isAdapterGone ? .adapterGone : .silence
      return plan
    }
    if let running {
      plan.turn = .busy(running)
      return plan
    }
    let mayLook = !self.isAhead(self.looks.notBefore, of: now)
    if !mayLook { wake(self.looks.notBefore) }
    let mayReadLog = !self.isAhead(self.logReads.notBefore, of: now)
    if !mayReadLog { wake(self.logReads.notBefore) }
    if let removal {
      (plan.job, plan.turn) = (removal.job, .removal(removal.code.id))
    } else if let eviction {
      (plan.job, plan.turn) = (eviction, .eviction)
    } else if !self.isManaged {
      plan.turn = .unmanaged
    } else if self.needsInventory, mayLook {
      (plan.job, plan.turn) = (.readSlots, .inventory)
    } else if let newest = self.newestRecord, let cursor = self.logCursor, newest != cursor, mayReadLog {
      // A list that never adds up must not keep entries from being told.
      (plan.job, plan.turn) = (.readLog(after: cursor), .log)
    } else if self.needsInventory {
      plan.turn = .inventoryPause(self.looks.notBefore)
    } else if let setting {
      (plan.job, plan.turn) = (setting.job, .setting(setting.code.id))
    }
    return plan
  }

  /// A job and how pressing it is.
  private struct Candidate {
    let due: Timestamp
    let code: CodeRecord
    let job: Job
  }

  private func min(_ best: Candidate?, _ next: Candidate) -> Candidate {
    guard let best else { return next }
    return (next.due, next.code.createdAt, next.code.id) < (best.due, best.code.createdAt, best.code.id)
      ? next : best
  }

  /// When what is true of a code changes by time alone.
  private func turningPoints(of code: CodeRecord, in slot: SlotRecord?, _ presence: Presence) -> [Timestamp] {
    var dates = [self.lateAt(code)]
    if let window = code.terms.window { dates += [window.start, window.end] }
    if case .later(let from) = presence { dates.append(from) }
    if slot != nil, let due = self.removalDue(of: code, presence) { dates.append(due + self.policy.overdueAfter) }
    return dates
  }

  /// True when the slots may hold something else than is known.
  public var needsInventory: Bool {
    guard case .slots = self.capabilities.codeStore else { return false }
    return !self.isInventoried
      || (self.reportedChanges != nil && self.reportedChanges != self.knownChanges)
  }

  /// True when every slot that the gateway may use is known to be taken.
  public var isFull: Bool {
    guard case .slots(let store) = self.capabilities.codeStore else { return false }
    return store.numbers.allSatisfy { self.slots[$0].map { !$0.isFree } ?? false }
  }

  /// Since when a code should be off the lock; nil while it belongs there.
  func removalDue(of code: CodeRecord, _ presence: Presence) -> Timestamp? {
    switch presence {
    case .due: nil
    case .later: code.requestedAt
    case .over:
      switch (code.isDeleting, code.terms.window?.end) {
      case (true, let end): end.map { Swift.min($0, code.requestedAt) } ?? code.requestedAt
      case (false, let end): end ?? code.requestedAt
      }
    }
  }

  /// True when a gap that ends at `date` is still running. A gap that seems longer than any was begun before the
  /// wall clock was set back, and is over.
  func isAhead(_ date: Timestamp, of now: Timestamp) -> Bool {
    now < date && date - now <= max(self.policy.retryGaps.upperBound, self.policy.longestRefusalGap)
  }

  /// When a code that is not proven by then is late.
  public func lateAt(_ code: CodeRecord) -> Timestamp {
    var since = code.requestedAt
    if let window = code.terms.window {
      let lead = self.isScheduledNatively(code) ? self.policy.nativeLead : self.policy.justInTimeLead
      since = max(since, window.start - lead)
    }
    // What somebody undid at the lock is late from then on, not since it was first asked for.
    if let drift = code.announced.drift { since = max(since, drift.since) }
    return since + self.policy.lateAfter
  }
}

extension String {
  /// The longest beginning of whole characters that fits into so many bytes of UTF-8; nil when nothing does.
  public func cut(toBytes limit: Int) -> String? {
    var (text, used) = ("", 0)
    for character in self {
      used += character.utf8.count
      if used > limit { break }
      text.append(character)
    }
    return text.isEmpty ? nil : text
  }
}
