internal import Foundation
internal import GRDB
internal import LockCore

/// The whole site as one value over its store: what happened goes in with its time, what to do comes out. Every
/// happening is one transaction: the ledger's changes, the events and the attempts that follow from it are synced
/// together, before any effect is performed.
struct Site {
  /// What is to be done after a happening.
  enum Effect: Hashable {
    /// Give this command to the lock's driver.
    case submit(LockCommand, LockID, CommandID)
    /// This attempt is no longer pending.
    case attemptFinished(String)
    /// An entry at this lock's keypad is in the journal.
    case entered(LockID)
    /// Somebody should know; a sentence for the log, without PINs.
    case note(String)
  }

  /// Why a command was given.
  private enum Errand {
    case job(Job)
    case attempt(ActionAttempt)
    case hold
  }

  let store: Store
  let workspaceID: String
  let name: String
  let timeZone: String?
  private(set) var accounts: [String: Adapter] = [:]
  private(set) var doors: [LockID: Door] = [:]
  /// Ids by name in the configuration.
  private(set) var lockIDs: [String: LockID] = [:]
  private var deadlines = DeadlineQueue<LockID>()
  private var errands: [CommandID: (lock: LockID, errand: Errand)] = [:]
  private var lastCommand: UInt64 = 0
  /// The newest `created_at` given, so that a clock that was set back cannot hide new events from readers.
  private var newestEvent = Timestamp.distantPast

  /// Loads what the store knows of the locks that the configuration names.
  init(store: Store, definition: SiteDefinition, policy: SchedulingPolicy, at now: Timestamp) throws {
    self.store = store
    self.name = definition.name
    self.timeZone = definition.timeZone
    self.workspaceID = try store.value("workspace_id") { UUID().uuidString.lowercased() }
    for account in definition.accounts {
      let (id, createdAt) = try store.account(named: account.key, at: now)
      self.accounts[account.key] = Adapter(id: id, definition: account, createdAt: createdAt)
    }
    for lock in definition.locks {
      let row = try store.lock(named: lock.key, at: now)
      let ledger = try store.ledger(of: row.id, capabilities: lock.capabilities, policy: policy)
      var door = Door(
        id: row.id, definition: lock, account: self.accounts[lock.account]?.id ?? "", createdAt: row.createdAt,
        nickname: row.nickname, customMetadata: row.customMetadata, ledger: ledger)
      door.waiting = try store.attempts(ids: nil, lock: row.id, onlyPending: true)
      self.doors[row.id] = door
      self.lockIDs[lock.key] = row.id
    }
    self.newestEvent = try store.newestEventDate() ?? .distantPast
  }

  /// When ``wake(at:)`` is to be called next; nil for never.
  mutating func nextDeadline() -> Timestamp? { self.deadlines.earliest() }

  /// The daemon has started: door codes are handed out, attempts that a command served are given up.
  mutating func started(at now: Timestamp) -> [Effect] {
    var effects: [Effect] = []
    for lock in self.doors.keys.sorted() {
      effects += self.change(lock, at: now) { door, draft in
        for waiting in door.waiting where waiting.code == nil {
          draft.finish(
            waiting, .error(type: "action_attempt_expired", message: "The gateway was restarted before it was done."))
        }
      }
    }
    return effects
  }

  /// Deadlines have passed.
  mutating func wake(at now: Timestamp) -> [Effect] {
    var effects: [Effect] = []
    for lock in self.deadlines.due(at: now) { effects += self.change(lock, at: now) { _, _ in } }
    return effects
  }

  // MARK: One transaction

  /// What a happening adds beside changes of the ledger.
  struct Draft {
    typealias Attempt = (attempt: ActionAttempt, code: AccessCodeID?)

    fileprivate(set) var events: [EventDraft] = []
    fileprivate(set) var attempts: [String: Attempt] = [:]
    fileprivate(set) var effects: [Effect] = []

    mutating func add(_ event: EventDraft) { self.events.append(event) }
    mutating func note(_ sentence: String) { self.effects.append(.note(sentence)) }
    mutating func add(_ attempt: ActionAttempt, for code: AccessCodeID?) {
      self.attempts[attempt.id] = (attempt, code)
    }
    mutating func finish(_ waiting: Attempt, _ status: ActionAttempt.Status) {
      var attempt = waiting.attempt
      attempt.status = status
      self.attempts[attempt.id] = (attempt, waiting.code)
    }
    var pendingAttempts: [Attempt] { self.attempts.values.filter { $0.attempt.isPending } }
    /// False once this happening has ended the attempt.
    func isOpen(_ id: String) -> Bool { self.attempts[id]?.attempt.isPending ?? true }
  }

  /// Applies a happening to one lock, draws the conclusions, and commits all of it. When the store cannot be
  /// written, nothing has happened and the fault is thrown.
  mutating func commit<Failure: Error>(
    _ lock: LockID, at now: Timestamp, _ happening: (inout Door, inout Draft) throws(Failure) -> Void
  ) throws -> [Effect] {
    guard var door = self.doors[lock] else { return [] }
    let before = door.ledger
    var draft = Draft()
    try happening(&door, &draft)
    let told = door.ledger.announce(at: now) { AccessCodeID(rawValue: UUID().uuidString.lowercased()) }
    for event in told { draft.events += self.drafts(of: event, door: door, before: before, at: now) }
    self.settleAttempts(of: door, at: now, into: &draft)
    let plan = door.ledger.plan(at: now)
    if let job = plan.job { door.ledger.started(job, at: now) }

    let createdAt = max(now, self.newestEvent)
    if door.ledger != before || !draft.events.isEmpty || !draft.attempts.isEmpty {
      let (events, attempts, ledger) = (draft.events, draft.attempts, door.ledger)
      try self.store.database.write { database in
        try self.store.write(ledger, over: before, at: now, in: database)
        try self.store.append(events, workspace: self.workspaceID, at: createdAt, in: database)
        for (attempt, code) in attempts.values { try self.store.write(attempt, code: code, in: database) }
      }
    }
    if !draft.events.isEmpty { self.newestEvent = createdAt }
    var effects = draft.effects
    if draft.events.contains(where: \.isEntry) { effects.append(.entered(lock)) }
    for (attempt, code) in draft.attempts.values {
      door.waiting.removeAll { $0.attempt.id == attempt.id }
      if attempt.isPending {
        door.waiting.append((attempt, code))
      } else {
        effects.append(.attemptFinished(attempt.id))
      }
    }
    let credentials = door.credentials
    if credentials != door.held {
      door.held = credentials
      effects.append(self.send(.hold(credentials), to: lock, errand: .hold))
    }
    if let job = plan.job { effects.append(self.send(job.command, to: lock, errand: .job(job))) }
    self.doors[lock] = door
    self.deadlines.set(lock, to: plan.lookAgain)
    return effects
  }

  /// As ``commit(_:at:_:)`` for what nobody waits for: a store that cannot be written is noted, and the lock is
  /// looked at again shortly.
  private mutating func change(
    _ lock: LockID, at now: Timestamp, _ happening: (inout Door, inout Draft) -> Void
  ) -> [Effect] {
    do {
      return try self.commit(lock, at: now) { door, draft throws(Never) in happening(&door, &draft) }
    } catch {
      // What was written to the lock is on disk as unproven: it is read again before anything is written.
      self.doors[lock]?.ledger.running = nil
      self.deadlines.set(lock, to: now + .seconds(10))
      return [.note("store: \(Store.reason(of: error)); \(self.doors[lock]?.displayName ?? "") is tried again in 10 s")]
    }
  }

  private mutating func send(_ command: LockCommand, to lock: LockID, errand: Errand) -> Effect {
    self.lastCommand += 1
    let id = CommandID(rawValue: self.lastCommand)
    self.errands[id] = (lock, errand)
    return .submit(command, lock, id)
  }

  // MARK: What happened

  /// A driver has finished a command.
  mutating func finished(_ id: CommandID, _ result: Result<LockReply, LockFault>, at now: Timestamp) -> [Effect] {
    guard let (lock, errand) = self.errands.removeValue(forKey: id) else { return [] }
    switch errand {
    case .hold: return []
    case .job(let job):
      return self.change(lock, at: now) { [store = self.store] door, draft in
        let records = door.ledger.finished(job, result, at: now)
        for record in records { Self.journal(record, door: &door, store: store, into: &draft) }
      }
    case .attempt(let attempt):
      return self.change(lock, at: now) { door, draft in
        Self.finish(attempt, result, door: &door, at: now, into: &draft)
      }
    }
  }

  /// A lock told something unasked.
  mutating func reported(_ lock: LockID, _ report: LockReport, at now: Timestamp) -> [Effect] {
    self.change(lock, at: now) { [store = self.store] door, draft in
      Self.apply(report, to: &door, store: store, at: now, into: &draft)
    }
  }

  /// An adapter came (nil) or went (why).
  mutating func adapterChanged(_ key: String, fault: String?, at now: Timestamp) -> [Effect] {
    guard let adapter = self.accounts[key], (adapter.fault == nil) != (fault == nil) || fault != nil else { return [] }
    let since = adapter.fault?.createdAt ?? now
    self.accounts[key]?.fault = fault.map {
      Issue(code: "account_disconnected", message: $0, createdAt: since, scope: .account)
    }
    var effects: [Effect] = []
    for (lock, door) in self.doors where door.account == adapter.id {
      guard door.ledger.isAdapterGone != (fault != nil) else { continue }
      effects += self.change(lock, at: now) { door, _ in
        door.ledger.isAdapterGone = fault != nil
        if fault != nil { door.ledger.becameUnreachable() }
      }
    }
    return effects
  }

  /// Somebody asked for a door to be opened or locked.
  mutating func act(
    _ kind: String, _ command: LockCommand, on lock: LockID, at now: Timestamp
  ) throws -> (
    ActionAttempt, [Effect]
  ) {
    let attempt = ActionAttempt(
      id: UUID().uuidString.lowercased(), kind: kind, device: lock, createdAt: now, status: .pending)
    var effects = try self.commit(lock, at: now) { _, draft throws(Never) in draft.add(attempt, for: nil) }
    effects.append(self.send(command, to: lock, errand: .attempt(attempt)))
    return (attempt, effects)
  }

  /// An attempt begins that no command serves.
  mutating func begin(_ kind: String, on lock: LockID, at now: Timestamp) throws -> ActionAttempt {
    let attempt = ActionAttempt(
      id: UUID().uuidString.lowercased(), kind: kind, device: lock, createdAt: now, status: .pending)
    _ = try self.commit(lock, at: now) { _, draft throws(Never) in draft.add(attempt, for: nil) }
    return attempt
  }

  /// Such an attempt is done.
  mutating func succeeded(_ attempt: ActionAttempt, at now: Timestamp) -> [Effect] {
    self.change(attempt.device, at: now) { door, draft in
      draft.finish((attempt, nil), .success([:]))
      draft.add(
        EventDraft(
          type: "action_attempt.\(attempt.kind.lowercased()).succeeded", lock: door.id, account: door.account,
          occurredAt: now,
          members: [
            "action_attempt_id": .string(attempt.id), "action_type": .string(attempt.kind), "status": "success",
          ]))
    }
  }

  /// Writes what the API may change of a lock.
  mutating func rename(_ lock: LockID, nickname: String?, customMetadata: [String: JSONValue]) throws {
    try self.store.write(nickname: nickname, customMetadata: customMetadata, of: lock)
    self.doors[lock]?.nickname = nickname
    self.doors[lock]?.customMetadata = customMetadata
  }
}
