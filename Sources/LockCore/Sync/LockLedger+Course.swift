extension LockLedger {
  /// What there is to do for one code, whatever else the lock has to do.
  public enum Course: Hashable, Sendable {
    /// Nothing.
    case rest(Rest)
    /// Nothing before then, since an attempt came to nothing; the distant future for not until the wish changes.
    case pause(until: Timestamp)
    /// It has no slot, and none is known to be free.
    case slotless
    /// This job; for a removal since `due`, for a code to be set with its start or its making as `due`.
    case job(Job, due: Timestamp, isRemoval: Bool)
  }

  /// Why there is nothing to do for a code.
  public enum Rest: Hashable, Sendable {
    /// The lock was seen to hold just what is wanted.
    case proven
    /// Somebody changed it at the lock, and that is allowed.
    case leftAlone
    /// It does not belong on the lock before then, and is not there.
    case notYet(Timestamp)
    /// It does not belong on the lock any more, and is not there.
    case gone
    /// It does not belong on the lock any more, and somebody has put a PIN of their own in its place.
    case displaced
    /// The gateway itself decides at this door, and takes it.
    case heldByGateway
  }

  /// What there is to do for one code now: what ``plan(at:)`` chooses from, and what is told of it, are this.
  /// - Parameters:
  ///   - code: the code.
  ///   - slot: the slot that it is leased; nil for none.
  ///   - presence: whether it belongs on the lock now.
  ///   - now: the present.
  func course(of code: CodeRecord, in slot: SlotRecord?, _ presence: Presence, at now: Timestamp) -> Course {
    if self.capabilities.codeStore == .gateway {
      switch presence {
      case .due: return .rest(.heldByGateway)
      case .later(let from): return .rest(.notYet(from))
      case .over: return .rest(.gone)
      }
    }
    let job: Job
    let removalDue = self.removalDue(of: code, presence)
    switch removalDue == nil ? self.job(toSet: code, in: slot) : self.job(toRemove: code, from: slot, presence) {
    case .success(let wanted): job = wanted
    case .failure(let idleness): return idleness.course
    }
    let next = self.nextAttempt(of: code, toSet: removalDue == nil, at: now)
    guard next <= now else { return .pause(until: next) }
    return .job(job, due: removalDue ?? code.terms.window?.start ?? code.createdAt, isRemoval: removalDue != nil)
  }

  /// There is no job.
  private struct Idleness: Error {
    let course: Course
    static func rest(_ rest: Rest) -> Result<Job, Self> { .failure(Self(course: .rest(rest))) }
  }

  private func job(toSet code: CodeRecord, in slot: SlotRecord?) -> Result<Job, Idleness> {
    let wanted = self.entry(for: code)
    guard let slot else {
      return self.firstFreeSlot.map { .success(.program(code.id, slot: $0, wanted)) }
        ?? .failure(Idleness(course: .slotless))
    }
    if slot.proof == .missing { return .success(.readSlot(slot.number)) }
    if let pin = slot.unclaimedPIN { return .success(.claim(code.id, slot: slot.number, pin)) }
    if self.isProven(code, in: slot) { return Idleness.rest(.proven) }
    if self.isLeftAlone(code, in: slot) { return Idleness.rest(.leftAlone) }
    // Where a look tells nothing but "taken", a new PIN over an old one could not be proven.
    return .success(
      slot.isOpaque ? .clear(code.id, slot: slot.number) : .program(code.id, slot: slot.number, wanted))
  }

  private func job(
    toRemove code: CodeRecord, from slot: SlotRecord?, _ presence: Presence
  ) -> Result<Job, Idleness> {
    guard let slot, !slot.isProvenEmpty else {
      if case .later(let from) = presence { return Idleness.rest(.notYet(from)) }
      return Idleness.rest(.gone)
    }
    if slot.isTakenByAnotherPIN { return Idleness.rest(.displaced) }
    if let pin = slot.unclaimedPIN { return .success(.claim(code.id, slot: slot.number, pin)) }
    // A write that nobody saw succeed: look before writing again.
    return .success(slot.proof == .missing ? .readSlot(slot.number) : .clear(code.id, slot: slot.number))
  }

  private var firstFreeSlot: Int? {
    guard case .slots(let store) = self.capabilities.codeStore else { return nil }
    return store.numbers.first { self.slots[$0]?.isFree ?? false }
  }

  /// When the next attempt may come; the distant past when nothing stands in its way.
  private func nextAttempt(of code: CodeRecord, toSet: Bool, at now: Timestamp) -> Timestamp {
    guard let attempt = code.attempt, attempt.revision == code.revision, attempt.toSet == toSet
    else { return .distantPast }
    if attempt.notBefore == .distantFuture { return .distantFuture }
    return self.isAhead(attempt.notBefore, of: now) ? attempt.notBefore : .distantPast
  }
}
