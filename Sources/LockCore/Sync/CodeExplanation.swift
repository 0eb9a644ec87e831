/// Why a code is in its state, and what happens next: the planner's own view.
public struct CodeExplanation: Hashable, Sendable {
  /// What happens next.
  public enum Next: Hashable, Sendable {
    /// Nothing, as long as nothing happens and no time passes.
    case nothing(LockLedger.Rest)
    /// This job is given to the lock now.
    case now(Job)
    /// The lock is busy with this job for it.
    case underWay(Job)
    /// There is something to do, once this is out of the way.
    case waits(Obstacle)
  }

  /// What stands in the way.
  public enum Obstacle: Hashable, Sendable {
    /// The bus or adapter is gone.
    case adapter
    /// The lock does not answer.
    case silence
    /// The lock is busy with a job for something else.
    case busy(Job)
    /// An attempt came to nothing; the next one is not before.
    case pause(until: Timestamp)
    /// The lock refuses it for good: it is not tried again as it is.
    case request
    /// Every slot is taken.
    case freeSlot
    /// The slots must be looked at first; after a look that failed not before a time.
    case look(notBefore: Timestamp?)
    /// The lock's log is read first.
    case log
    /// Another code's turn is first: of a removal, or of a code that is to open sooner.
    case code(AccessCodeID, isRemoval: Bool)
    /// A code of others is removed first.
    case stranger
    /// The lock is not managed, so nothing is put onto it.
    case unmanaged
  }

  /// Where it stands.
  public var state: CodeState
  /// Whether it belongs on the lock now.
  public var presence: LockLedger.Presence
  /// Since when it should be off the lock; nil while it belongs there.
  public var removalDue: Timestamp?
  /// What a slot must hold for it.
  public var entry: SlotEntry
  /// The slot that it is leased, with what was written and seen last; nil for none.
  public var slot: SlotRecord?
  /// The last fruitless attempt at what is wanted now; nil for none.
  public var attempt: CodeRecord.Attempt?
  /// What happens next.
  public var next: Next
}

extension LockLedger {
  /// Why a code is in its state, and what happens next, by the same decision that ``plan(at:)`` makes.
  public func explanation(of code: CodeRecord, at now: Timestamp) -> CodeExplanation {
    let slot = self.slot(of: code.id)
    let presence = self.presence(of: code, at: now)
    let toSet = presence == .due
    return CodeExplanation(
      state: self.state(of: code, in: slot, at: now), presence: presence,
      removalDue: self.removalDue(of: code, presence), entry: self.entry(for: code), slot: slot,
      attempt: code.attempt.flatMap { $0.revision == code.revision && $0.toSet == toSet ? $0 : nil },
      next: self.next(for: code, in: slot, presence, at: now))
  }

  private func next(
    for code: CodeRecord, in slot: SlotRecord?, _ presence: Presence, at now: Timestamp
  ) -> CodeExplanation.Next {
    if let running, running.code == code.id || (running.slot != nil && running.slot == slot?.number) {
      return .underWay(running)
    }
    let plan = self.plan(at: now)
    switch self.course(of: code, in: slot, presence, at: now) {
    case .rest(let rest): return .nothing(rest)
    case .pause(.distantFuture): return .waits(.request)
    case .pause(let until): return .waits(.pause(until: until))
    case .slotless:
      guard self.needsInventory, let obstacle = Self.obstacle(plan.turn) else { return .waits(.freeSlot) }
      return .waits(obstacle)
    case .job(let job, _, _):
      guard plan.job != job, let obstacle = Self.obstacle(plan.turn) else { return .now(job) }
      return .waits(obstacle)
    }
  }

  private static func obstacle(_ turn: Plan.Turn) -> CodeExplanation.Obstacle? {
    switch turn {
    case .adapterGone: .adapter
    case .silence: .silence
    case .busy(let job): .busy(job)
    case .removal(let id): .code(id, isRemoval: true)
    case .eviction: .stranger
    case .unmanaged: .unmanaged
    case .inventory: .look(notBefore: nil)
    case .inventoryPause(let date): .look(notBefore: date)
    case .log: .log
    case .setting(let id): .code(id, isRemoval: false)
    case .idle: nil
    }
  }
}
