extension LockLedger {
  /// The plan's job is handed to the driver. What is about to be written is put down first, so that a crash in the
  /// middle is found as "written, not seen" and looked at before anything is written again.
  public mutating func started(_ job: Job, at now: Timestamp) {
    self.running = job
    switch job {
    case .program(let code, let slot, let entry):
      self.write(entry, into: slot, for: code, at: now)
    case .clear(let code, let slot):
      self.write(nil, into: slot, for: code, at: now)
    case .readSlots, .readSlot, .readLog:
      self.beforeWrite = nil
    }
  }

  private mutating func write(
    _ entry: SlotEntry?, into number: Int, for code: AccessCodeID, at now: Timestamp
  ) {
    var slot = self.slots[number] ?? SlotRecord(number: number)
    self.beforeWrite = slot
    if slot.holder != code { (slot.holder, slot.heldSince) = (code, now) }
    self.order += 1
    let wasEmpty = slot.isProvenEmpty
    slot.written = SlotRecord.Written(
      entry: entry, order: self.order,
      before: wasEmpty ? .empty : .occupied(stamp: slot.observed?.reading.stamp))
    self.slots[number] = slot
  }

  /// The driver has finished the job.
  /// - Returns: log records to journal, oldest first, when the job was to read them.
  public mutating func finished(
    _ job: Job, _ result: Result<LockReply, LockFault>, at now: Timestamp
  )
    -> [LockRecord]
  {
    self.running = nil
    switch result {
    case .success(.slots(let readings, let changes)):
      self.sawAll(readings, changes: changes, at: now)
    case .success(.slot(let reading, let changes)):
      self.saw(reading, changes: changes, after: job, at: now)
    case .success(.log(let records, let newest)):
      self.lookRetry = (.distantPast, 0)
      // A log that was reset counts from the start again: then its newest index is behind our cursor.
      self.logCursor = records.compactMap(\.index).last ?? newest
      return records
    case .success(.done): break
    case .failure(let fault): self.failed(job, fault, at: now)
    }
    return []
  }

  private mutating func sawAll(_ readings: [SlotReading], changes: UInt32?, at now: Timestamp) {
    self.lookRetry = (.distantPast, 0)
    self.isInventoried = true
    self.knownChanges = changes
    self.reportedChanges = self.latest(changes)
    self.order += 1
    var seen = Dictionary(readings.map { ($0.slot, $0) }) { _, last in last }
    if case .slots(let store) = self.capabilities.codeStore {
      for number in store.numbers where seen[number] == nil {
        seen[number] = SlotReading(slot: number, contents: .empty)
      }
    }
    for number in self.slots.keys where seen[number] == nil {
      seen[number] = SlotReading(slot: number, contents: .empty)
    }
    for (number, reading) in seen {
      var slot = self.slots[number] ?? SlotRecord(number: number)
      slot.observed = SlotRecord.Observed(reading: reading, order: self.order, date: now)
      self.slots[number] = slot
    }
    // What was refused because of other slots' contents may be taken now.
    for (id, code) in self.codes {
      if let problem = code.attempt?.problem?.code, problem == ErrorCode.duplicate {
        self.codes[id]?.attempt = nil
      }
    }
  }

  private mutating func saw(
    _ reading: SlotReading, changes: UInt32?, after job: Job, at now: Timestamp
  ) {
    var slot = self.slots[reading.slot] ?? SlotRecord(number: reading.slot)
    self.order += 1
    slot.observed = SlotRecord.Observed(reading: reading, order: self.order, date: now)
    let wrote: Bool
    switch job {
    case .program, .clear: wrote = true
    default: wrote = false
    }
    self.slots[reading.slot] = slot
    if let changes {
      let expected = wrote ? (self.knownChanges.map { $0 &+ 1 } ?? changes) : self.knownChanges
      if changes == expected {
        self.knownChanges = changes
        self.reportedChanges = self.latest(changes)
      } else {
        // Another count than our own write explains: somebody else wrote too.
        self.knownChanges = expected
        self.reportedChanges = changes
      }
    }
    guard let code = slot.holder, let record = self.codes[code] else { return }
    switch slot.proof {
    case .agrees, .drifted: self.codes[code]?.attempt = nil
    case .missing: break
    case .writeFailed:
      let toSet = slot.written?.entry != nil
      let sentence =
        toSet
        ? "The lock took the code but does not hold it. It is written again later; if this stays, look at the lock."
        : "The lock confirmed the removal but still holds the code. It is removed again later; if this stays, look at the lock."
      let attempt = self.attempt(
        after: record, toSet: toSet, at: now,
        problem: (toSet ? ErrorCode.failedToSet : ErrorCode.failedToRemove, sentence))
      self.codes[code]?.attempt = attempt
    }
  }

  private mutating func failed(_ job: Job, _ fault: LockFault, at now: Timestamp) {
    switch job {
    case .readSlots, .readLog:
      let count = self.lookRetry.count + 1
      self.lookRetry = (now + self.policy.gap(after: count), count)
    case .readSlot(let number):
      guard let code = self.slots[number]?.holder, let record = self.codes[code] else { return }
      let toSet = self.presence(of: record, at: now) == .due
      let attempt = self.attempt(after: record, toSet: toSet, at: now, problem: nil)
      self.codes[code]?.attempt = attempt
    case .program(let code, let number, _), .clear(let code, let number):
      // Only a lock that fell silent may have heard the write; every other answer means it did not happen.
      if fault.disposition != .readFirst, let before = self.beforeWrite { self.slots[number] = before }
      guard let record = self.codes[code] else { return }
      var toSet = false
      if case .program = job { toSet = true }
      var attempt = self.attempt(
        after: record, toSet: toSet, at: now, problem: Self.problem(of: fault, toSet: toSet))
      switch fault.disposition {
      case .fixRequest, .neverRetry, .stopLock: attempt.notBefore = .distantFuture
      case .retry, .readFirst: break
      }
      self.codes[code]?.attempt = attempt
    }
    self.beforeWrite = nil
  }

  private func attempt(
    after record: CodeRecord, toSet: Bool, at now: Timestamp, problem: (code: String, message: String)?
  ) -> CodeRecord.Attempt {
    var before: CodeRecord.Attempt?
    if let last = record.attempt, last.revision == record.revision, last.toSet == toSet { before = last }
    let count = (before?.count ?? 0) + 1
    let shown = problem.map { problem in
      CodeRecord.Problem(
        code: problem.code, message: problem.message,
        since: before?.problem?.code == problem.code ? before?.problem?.since ?? now : now)
    }
    // A retry that merely found the lock busy does not take back what the lock said before.
    return CodeRecord.Attempt(
      revision: record.revision, toSet: toSet, count: count,
      notBefore: now + self.policy.gap(after: count), problem: shown ?? before?.problem)
  }

  /// The lock answers; counts that it told, where it has them.
  public mutating func becameReachable(slotChanges: UInt32?, newestRecord: UInt32?) {
    self.isReachable = true
    self.lookRetry = (.distantPast, 0)
    if let slotChanges { self.reportedChanges = slotChanges }
    if let newestRecord {
      self.newestRecord = newestRecord
      // What happened before the lock was ours is not ours to tell.
      if self.logCursor == nil { self.logCursor = newestRecord }
    }
    // Gaps between attempts were meant for a lock that did not answer.
    for (id, code) in self.codes where (code.attempt?.notBefore ?? .distantFuture) < .distantFuture {
      self.codes[id]?.attempt?.notBefore = .distantPast
    }
  }

  /// The lock no longer answers.
  public mutating func becameUnreachable() { self.isReachable = false }

  /// The lock told that its slots were changed; its new count, where it has one.
  public mutating func slotsChanged(_ changes: UInt32?) {
    if let changes { self.reportedChanges = changes } else { self.isInventoried = false }
  }

  /// The lock told that its log grew.
  public mutating func logGrew(newest: UInt32) { self.newestRecord = newest }

  private func latest(_ changes: UInt32?) -> UInt32? {
    guard let changes, let reported = self.reportedChanges else { return changes }
    // Counts wrap: the later of two is the one that is ahead by less than half of all.
    return Int32(bitPattern: reported &- changes) > 0 ? reported : changes
  }
}

/// The API's error codes that the ledger itself gives (contract 3.1).
public enum ErrorCode {
  /// Programming failed; tried again.
  public static let failedToSet = "failed_to_set_on_device"
  /// Removing failed; tried again.
  public static let failedToRemove = "failed_to_remove_from_device"
  /// The lock holds the PIN already.
  public static let duplicate = "duplicate_code_on_device"
  /// No slot is free.
  public static let noSpace = "no_space_for_access_code_on_device"
  /// The PIN breaks the lock's rules.
  public static let constraintsViolated = "code_constraints_violated"
  /// The lock cannot, or will not; read the message.
  public static let providerIssue = "provider_issue"
}

extension LockLedger {
  private static func problem(of fault: LockFault, toSet: Bool) -> (code: String, message: String)? {
    switch fault {
    case .unreachable, .busy, .unconfirmed: nil
    case .failed(let detail):
      (
        toSet ? ErrorCode.failedToSet : ErrorCode.failedToRemove,
        "The lock refused (\(detail)). It is tried again later."
      )
    case .duplicateCode(let slot):
      (
        ErrorCode.duplicate,
        "The lock already holds this PIN\(slot.map { " in slot \($0)" } ?? ""). Remove the other code or change the PIN."
      )
    case .codeRejected(let detail):
      (ErrorCode.constraintsViolated, "The lock does not take this PIN (\(detail)). Change the PIN.")
    case .noSpace:
      (ErrorCode.noSpace, "The lock has no free slot. Delete a code that is no longer needed.")
    case .unsupported(let detail):
      (ErrorCode.providerIssue, "The lock cannot do this (\(detail)). It is not tried again.")
    case .notAuthorized:
      (ErrorCode.providerIssue, "The lock does not accept the gateway's key. Pair it again.")
    }
  }
}
