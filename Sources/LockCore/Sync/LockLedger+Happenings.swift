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
    case .evict(let slot, _): self.write(nil, into: slot, for: nil, at: now)
    case .readSlots:
      // Whatever is told from here on is news, however the counts compare.
      (self.beforeWrite, self.reportedChanges, self.changedDuringLook) = (nil, nil, false)
    case .readSlot, .claim, .readLog:
      self.beforeWrite = nil
    }
  }

  private mutating func write(
    _ entry: SlotEntry?, into number: Int, for code: AccessCodeID?, at now: Timestamp
  ) {
    var slot = self.slots[number] ?? SlotRecord(number: number)
    self.beforeWrite = slot
    if slot.holder != code { (slot.holder, slot.heldSince) = (code, code == nil ? nil : now) }
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
    defer { self.beforeWrite = nil }
    switch (job, result) {
    case (.readSlots, .success(.slots(let readings, let changes))):
      self.sawAll(readings, changes: changes, at: now)
    case (.readSlot(let number), .success(.slot(let reading, let changes))) where reading.slot == number:
      self.count(changes, writes: 0)
      self.saw(reading, at: now)
    case (.claim(_, let number, _), .success(.slot(let reading, let changes))) where reading.slot == number:
      self.count(changes, writes: 0)
      self.saw(reading, at: now)
      self.slots[number]?.written?.isUnclaimed = false
    case (.program(_, let number, _), .success(.slot(let reading, let changes))) where reading.slot == number,
      (.clear(_, let number), .success(.slot(let reading, let changes))) where reading.slot == number,
      (.evict(let number, _), .success(.slot(let reading, let changes))) where reading.slot == number:
      self.count(changes, writes: 1)
      self.saw(reading, answering: job, at: now)
    case (.readLog(let index), .success(.log(let records, let newest))):
      self.logReads = Retry()
      self.newestRecord = newest
      guard newest >= index else {
        // A log that was reset counts from the start again: it is read from there. One that only seemed to be empty
        // tells again what was journalled before.
        self.logCursor = 0
        return []
      }
      let fresh = records.filter { $0.index.map { $0 > index } ?? true }
      self.logCursor = fresh.compactMap(\.index).last ?? newest
      let before = self.journalled
      if let last = fresh.last(where: { $0.index != nil }), let index = last.index, before?.covers(last) != true {
        self.journalled = JournalledRecord(index: index, date: last.date)
      }
      return fresh.filter { before?.covers($0) != true }
    case (_, .failure(let fault)):
      self.failed(job, fault, at: now)
    case (_, .success):
      // An answer to something else says nothing about what was asked.
      self.failed(job, .unconfirmed, at: now)
    }
    return []
  }

  private mutating func sawAll(_ readings: [SlotReading], changes: UInt32?, at now: Timestamp) {
    self.looks = Retry()
    self.isInventoried = !self.changedDuringLook
    self.knownChanges = changes
    self.reportedChanges = self.reportedChanges ?? changes
    var seen = Dictionary(readings.map { ($0.slot, $0) }) { _, last in last }
    if case .slots(let store) = self.capabilities.codeStore {
      for number in store.numbers where seen[number] == nil {
        seen[number] = SlotReading(slot: number, contents: .empty)
      }
    }
    for number in self.slots.keys where seen[number] == nil {
      seen[number] = SlotReading(slot: number, contents: .empty)
    }
    for (_, reading) in seen.sorted(by: { $0.key < $1.key }) { self.saw(reading, at: now) }
    self.doubtDuplicates(at: now)
  }

  /// What the lock refused as a duplicate, and no slot is seen to hold, may have been gone before it was looked for:
  /// it is tried again.
  private mutating func doubtDuplicates(at now: Timestamp) {
    for (id, code) in self.codes {
      guard let attempt = code.attempt, let problem = attempt.problem, problem.code == ErrorCode.duplicate,
        attempt.notBefore == .distantFuture
      else { continue }
      let isExplained = self.slots.contains { number, slot in
        guard slot.holder != id, let contents = slot.observed?.reading.contents else { return false }
        switch contents {
        case .empty: return false
        case .code(let pin): return pin == code.terms.pin
        case .unreadable: return problem.slot == nil || problem.slot == number
        }
      }
      if isExplained { continue }
      self.codes[id]?.attempt?.notBefore = now + self.policy.gap(after: attempt.count, isRefused: true)
    }
  }

  private mutating func saw(
    _ reading: SlotReading, answering write: Job? = nil, at now: Timestamp
  ) {
    var slot = self.slots[reading.slot] ?? SlotRecord(number: reading.slot)
    let before = slot.observed?.reading
    self.order += 1
    slot.look(reading, order: self.order, date: now, answersWrite: write != nil)
    self.slots[reading.slot] = slot
    if let before, before.contents != reading.contents || before.stamp != reading.stamp {
      self.becameVacant(of: before.contents, leaving: reading.contents)
    }
    if let holder = slot.holder, let code = self.codes[holder] {
      let isDone = self.presence(of: code, at: now) == .due ? self.isProven(code, in: slot) : slot.isProvenEmpty
      if isDone { self.codes[holder]?.attempt = nil }
    }
    guard let write, slot.proof == .writeFailed else { return }
    if slot.written?.entry != nil {
      self.recordAttempt(
        at: write, now: now,
        problem: (
          ErrorCode.failedToSet,
          "The lock took the code but does not hold it. It is written again later; if this stays, look at the lock."
        ))
    } else {
      self.recordAttempt(
        at: write, now: now,
        problem: (
          ErrorCode.failedToRemove,
          "The lock confirmed the removal but still holds the code. It is removed again later; if this stays, look at the lock."
        ))
    }
  }

  /// What was refused because another slot held the same PIN may be taken once that slot holds something else, and
  /// what was refused for want of room once there is some.
  private mutating func becameVacant(of contents: SlotContents, leaving now: SlotContents) {
    if now == .empty, contents != .empty {
      for (id, code) in self.codes where code.attempt?.problem?.code == ErrorCode.noSpace {
        self.codes[id]?.attempt = nil
      }
    }
    for (id, code) in self.codes where code.attempt?.problem?.code == ErrorCode.duplicate {
      switch contents {
      case .empty: continue
      case .code(let pin) where pin != code.terms.pin: continue
      case .code, .unreadable: self.codes[id]?.attempt = nil
      }
    }
  }

  /// Compares the lock's count of slot changes with what our own writes explain.
  private mutating func count(_ changes: UInt32?, writes: UInt32) {
    guard let changes else { return }
    let expected = self.knownChanges.map { $0 &+ writes } ?? changes
    self.knownChanges = expected
    // Another count than our own write explains: somebody else wrote too.
    self.reportedChanges = changes == expected ? self.latest(changes) : changes
  }

  private mutating func failed(_ job: Job, _ fault: LockFault, at now: Timestamp) {
    switch job {
    case .readSlots:
      self.looks.failed(at: now, self.policy)
      self.isInventoried = false
    case .readLog: self.logReads.failed(at: now, self.policy)
    case .readSlot, .claim:
      self.recordAttempt(at: job, now: now, problem: nil)
    case .program(_, let number, _), .clear(_, let number), .evict(let number, _):
      // Only a lock that fell silent may have heard the write; every other answer means it did not happen.
      if fault.disposition != .readFirst, let before = self.beforeWrite { self.slots[number] = before }
      self.recordAttempt(
        at: job, now: now, problem: Self.problem(of: fault, toSet: job.isProgram), isLast: Self.isLast(fault, for: job))
      if case .duplicateCode(let slot) = fault, let id = job.code {
        self.codes[id]?.attempt?.problem?.slot = slot
      }
    }
  }

  /// True when the same must not be tried again. An erasure has no PIN that could be refused.
  private static func isLast(_ fault: LockFault, for job: Job) -> Bool {
    switch fault.disposition {
    case .fixRequest: job.isProgram
    case .neverRetry: true
    // That a lock bars us is a fact of the lock and ends with it: what waits is done once it lets us in again.
    case .stopLock, .retry, .readFirst: false
    }
  }

  /// Puts down a fruitless attempt, if what it was for is still asked for.
  private mutating func recordAttempt(
    at job: Job, now: Timestamp, problem: (code: String, message: String)?, isLast: Bool = false
  ) {
    guard let id = job.code ?? job.slot.flatMap({ self.slots[$0]?.holder }), let code = self.codes[id] else {
      if let number = job.slot { self.recordEviction(of: number, now: now, problem: problem, isLast: isLast) }
      return
    }
    let toSet = self.presence(of: code, at: now) == .due
    // A refusal of an older wish must not stop a newer one.
    if case .program(_, _, let entry) = job, !toSet || entry != self.entry(for: code) { return }
    var before: CodeRecord.Attempt?
    if let last = code.attempt, last.revision == code.revision, last.toSet == toSet { before = last }
    let count = (before?.count ?? 0) + 1
    let shown = problem.map { problem in
      CodeRecord.Problem(
        code: problem.code, message: problem.message,
        since: before?.problem?.code == problem.code ? before?.problem?.since ?? now : now)
    }
    // A retry that merely found the lock busy does not take back what the lock said before.
    self.codes[id]?.attempt = CodeRecord.Attempt(
      revision: code.revision, toSet: toSet, count: count,
      notBefore: isLast ? .distantFuture : now + self.policy.gap(after: count, isRefused: problem != nil && toSet),
      problem: shown ?? before?.problem)
  }

  /// The lock answers; counts that it told, where it has them.
  public mutating func becameReachable(slotChanges: UInt32?, newestRecord: UInt32?) {
    self.isReachable = true
    (self.looks.notBefore, self.logReads.notBefore) = (.distantPast, .distantPast)
    if let slotChanges { self.reportedChanges = slotChanges }
    if let newestRecord {
      self.newestRecord = newestRecord
      // What happened before the lock was ours is not ours to tell.
      if self.logCursor == nil { self.logCursor = newestRecord }
    }
    // Gaps after silence were meant for a lock that did not answer; those after a refusal stay.
    for (id, code) in self.codes {
      guard let attempt = code.attempt, attempt.problem == nil, attempt.notBefore < .distantFuture else { continue }
      self.codes[id]?.attempt?.notBefore = .distantPast
    }
  }

  /// The lock no longer answers.
  public mutating func becameUnreachable() {
    self.isReachable = false
    (self.looks.fruitless, self.looks.fruitlessSince) = (0, nil)
    (self.logReads.fruitless, self.logReads.fruitlessSince) = (0, nil)
  }

  /// The lock told that its slots were changed; its new count, where it has one.
  public mutating func slotsChanged(_ changes: UInt32?) {
    if let changes {
      self.reportedChanges = changes
    } else {
      (self.isInventoried, self.changedDuringLook) = (false, true)
    }
  }

  /// The lock told that its log grew.
  public mutating func logGrew(newest: UInt32) {
    self.newestRecord = newest
    if self.logCursor == nil { self.logCursor = newest == 0 ? 0 : newest - 1 }
  }

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
    case .unreachable, .busy, .unconfirmed, .otherDevice: nil
    case .unsupported(let detail):
      (ErrorCode.providerIssue, "The lock cannot do this (\(detail)). It is not tried again.")
    case .notAuthorized:
      (ErrorCode.providerIssue, "The lock does not accept the gateway's key. Pair it again.")
    case .failed(let detail) where toSet:
      (ErrorCode.failedToSet, "The lock refused (\(detail)). It is tried again later.")
    case .failed(let detail),
      .codeRejected(let detail) where !toSet:
      (ErrorCode.failedToRemove, "The lock refused (\(detail)). It is tried again later.")
    case .duplicateCode where !toSet, .noSpace where !toSet:
      (ErrorCode.failedToRemove, "The lock refused. It is tried again later.")
    case .duplicateCode(let slot):
      (
        ErrorCode.duplicate,
        "The lock already holds this PIN\(slot.map { " in slot \($0)" } ?? ""). Remove the other code or change the PIN."
      )
    case .codeRejected(let detail):
      (ErrorCode.constraintsViolated, "The lock does not take this PIN (\(detail)). Change the PIN.")
    case .noSpace:
      (ErrorCode.noSpace, "The lock has no free slot. Delete a code that is no longer needed.")
    }
  }
}
