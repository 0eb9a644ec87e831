/// Where one access code stands; derived from the ledger at an instant, never stored.
public struct CodeState: Hashable, Sendable {
  /// What the API calls `status`; `unknown` included.
  public enum Status: String, Hashable, Sendable {
    /// Not active on the lock: waiting, stored ahead of its time, or expired.
    case unset
    /// Being programmed, or overdue.
    case setting
    /// Active, with proof.
    case set
    /// Being erased.
    case removing
    /// The adapter is gone: the truth cannot be known.
    case unknown
  }

  /// What is still to be done on the lock.
  public enum Mutation: Hashable, Sendable {
    /// Being programmed.
    case creating
    /// To be programmed at that time.
    case deferringCreation(until: Timestamp)
    /// Being removed.
    case deleting
    /// The PIN is being changed; from what was last proven.
    case updatingCode(from: PINCode)
    /// The name is being changed.
    case updatingName(from: String?)
    /// The times are being changed.
    case updatingTimeFrame(from: TimeWindow?)
  }

  /// What the API calls `status`.
  public var status: Status
  /// Stored with its times, which have not begun.
  public var isScheduled = false
  /// The lock was seen to hold just what is wanted.
  public var isProven = false
  /// Later than it should be.
  public var isLate = false
  /// Somebody's change at the lock.
  public var drift: CodeRecord.Drift.Kind?
  /// What is wrong.
  public var problem: CodeRecord.Problem?
  /// What is still to be done.
  public var mutations: [Mutation] = []
}

extension LockLedger {
  /// Where a code stands at `now`. Total.
  public func state(of code: CodeRecord, at now: Timestamp) -> CodeState {
    self.state(of: code, in: self.slot(of: code.id), at: now)
  }

  func state(of code: CodeRecord, in slot: SlotRecord?, at now: Timestamp) -> CodeState {
    let presence = self.presence(of: code, at: now)
    // The gateway itself stops to take a code the moment it is over; there is nothing to be erased.
    let slot = self.capabilities.codeStore == .gateway && presence != .due ? nil : slot
    var state = CodeState(status: .unset)
    state.isProven = slot.map { self.isProven(code, in: $0) } ?? false
    switch presence {
    case .later(let from):
      state.status = slot == nil ? .unset : .removing
      state.mutations = [.deferringCreation(until: from)]
    case .over:
      state.status = slot == nil && !code.isDeleting ? .unset : .removing
      if code.isDeleting { state.mutations = [.deleting] }
    case .due:
      let isAhead = self.isScheduledNatively(code) && now < (code.terms.window?.start ?? .distantPast)
      if !state.isProven { state.drift = slot?.drift ?? code.announced.drift?.kind }
      if state.isProven || slot.map({ self.isLeftAlone(code, in: $0) }) ?? false {
        state.status = isAhead ? .unset : .set
        state.isScheduled = isAhead
      } else {
        state.status = isAhead ? .unset : .setting
        state.mutations = self.mutationsUnderWay(for: code)
        state.isLate = now >= self.lateAt(code)
      }
    }
    state.problem = self.problem(of: code, in: slot, at: now)
    if self.isAdapterGone, !code.isDeleting { state.status = .unknown }
    return state
  }

  /// True when the slot was seen to hold just what is wanted.
  func isProven(_ code: CodeRecord, in slot: SlotRecord) -> Bool {
    slot.proof == .agrees && slot.written?.entry == self.entry(for: code)
  }

  /// True when somebody's change at the lock stays: it is allowed, and the wish is still the one it was made to.
  func isLeftAlone(_ code: CodeRecord, in slot: SlotRecord) -> Bool {
    guard code.allowsExternalModification, slot.drift != nil, let confirmed = code.announced.confirmed
    else { return false }
    var earlier = code
    earlier.terms = confirmed
    return self.entry(for: earlier) == self.entry(for: code)
  }

  private func mutationsUnderWay(for code: CodeRecord) -> [CodeState.Mutation] {
    guard let confirmed = code.announced.confirmed, confirmed != code.terms else { return [.creating] }
    var mutations: [CodeState.Mutation] = []
    if confirmed.pin != code.terms.pin { mutations.append(.updatingCode(from: confirmed.pin)) }
    if confirmed.name != code.terms.name { mutations.append(.updatingName(from: confirmed.name)) }
    if confirmed.window != code.terms.window { mutations.append(.updatingTimeFrame(from: confirmed.window)) }
    return mutations
  }

  private func problem(of code: CodeRecord, in slot: SlotRecord?, at now: Timestamp) -> CodeRecord.Problem? {
    let presence = self.presence(of: code, at: now)
    let toSet = presence == .due
    func lasting(_ errorCode: String, _ message: String) -> CodeRecord.Problem {
      let told = code.announced.problem.flatMap { $0.code == errorCode ? $0.since : nil }
      return CodeRecord.Problem(code: errorCode, message: message, since: told ?? now)
    }
    let attempt = code.attempt.flatMap { $0.revision == code.revision && $0.toSet == toSet ? $0 : nil }
    // What stands in the way now, before what stood in the way at the last attempt.
    if toSet, slot == nil, attempt?.notBefore != .distantFuture, self.isFull {
      return lasting(
        ErrorCode.noSpace, "The lock has no free slot. Delete a code that is no longer needed.")
    }
    if let problem = attempt?.problem { return problem }
    if let due = self.removalDue(of: code, presence), slot != nil, now >= due + self.policy.overdueAfter {
      return lasting(
        ErrorCode.failedToRemove,
        "The lock has not confirmed the removal. It may still open with this PIN; it is tried again until it is gone.")
    }
    return nil
  }
}
