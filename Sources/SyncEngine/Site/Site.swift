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
    /// This lock can be reached, or no longer, or its carrier said something new.
    case connectionChanged(LockID)
    /// A code of others was found on this lock.
    case strangerFound(LockID)
    /// Somebody should know.
    case note(Note)
  }

  /// Why a command was given.
  enum Errand {
    case job(Job)
    case attempt(ActionAttempt)
    case hold
  }

  let store: Store
  let workspaceID: String
  let policy: SchedulingPolicy
  var name: String
  var timeZone: String?
  var backupPoolSize: Int
  /// How long what is over is remembered.
  var retention: SiteDefinition.Retention
  var accounts: [String: Adapter] = [:]
  var doors: [LockID: Door] = [:]
  /// Ids by name in the configuration.
  var lockIDs: [String: LockID] = [:]
  /// Which lock each managed code is for.
  var homes: [AccessCodeID: LockID] = [:]
  /// Why the store could not be written when it was last tried; nil while it can.
  private(set) var storeFault: String?
  /// PINs that were in use lately, and until when.
  private(set) var retiredPINs: [PINCode: Timestamp] = [:]
  var deadlines = DeadlineQueue<LockID>()
  var nextPruning: Timestamp
  var errands: [CommandID: (lock: LockID, errand: Errand, since: Timestamp)] = [:]
  private var lastCommand: UInt64 = 0
  /// What was done since the daemon was started.
  private(set) var tally = SiteTally()
  /// The newest `created_at` given, so that a clock that was set back cannot hide new events from readers.
  var newestEvent = Timestamp.distantPast
  /// The newest date of a wall clock that was believed.
  var lastSeen = Timestamp.distantPast
  /// What ``lastSeen`` was when the clock jumped ahead; nil while it is not doubted.
  var clockDoubt: Timestamp?
  /// When dates that lie ahead are put right, after that could not be stored.
  var clockRetry: Timestamp?

  /// Loads what the store knows of the locks that the configuration names.
  init(store: Store, definition: SiteDefinition, policy: SchedulingPolicy, at now: Timestamp) throws {
    self.store = store
    self.policy = policy
    self.name = definition.name
    self.timeZone = definition.timeZone
    self.backupPoolSize = definition.backupPoolSize
    self.retention = definition.retention
    self.nextPruning = now + Self.pruningDelay
    self.workspaceID = try store.value("workspace_id") { UUID().uuidString.lowercased() }
    for account in definition.accounts { try self.load(account, at: now) }
    for lock in definition.locks { try self.load(lock, at: now) }
    self.newestEvent = try store.newestEventDate() ?? .distantPast
    self.clockDoubt = try store.clockDoubt()
    self.lastSeen = self.clockDoubt ?? self.newestEvent
    self.retiredPINs = try store.retiredPINs()
  }

  static let pruningDelay = Duration.minutes(10)
  /// So many codes that have ended are worth a warning, once a day.
  private static let manyCodesOver = 5000
  private static let longOutage = Duration.minutes(10)
  private static let storeRetryDelay = Duration.seconds(10)

  /// The lock that a managed code is for; nil for no such code.
  func home(of code: AccessCodeID) -> LockID? { self.homes[code] ?? self.offlineCode(code)?.door.id }

  /// When ``wake(at:)`` is to be called next.
  mutating func nextDeadline() -> Timestamp? { min(self.deadlines.earliest() ?? self.nextPruning, self.nextPruning) }

  /// The daemon has started: door codes are handed out, attempts that a command served are given up.
  mutating func started(at now: Timestamp) -> [Effect] {
    self.doors.keys.sorted().flatMap { self.change($0, .started, at: now) } + self.forgetAbsentDoors(at: now)
  }

  /// Deadlines have passed.
  mutating func wake(at now: Timestamp) -> [Effect] {
    var effects: [Effect] = []
    for lock in self.deadlines.due(at: now) { effects += self.change(lock, nil, at: now) }
    for key in self.accounts.keys.sorted() where self.accounts[key]?.fault != nil {
      effects += self.tellAdapter(key, at: now)
    }
    // A clock that was set back must not put forgetting off for years.
    if self.nextPruning <= now || self.nextPruning - now > .hours(48) { effects += self.prune(at: now) }
    return effects
  }

  private mutating func prune(at now: Timestamp) -> [Effect] {
    self.nextPruning = now + .hours(24)
    if self.clockDoubt != nil { return [] }
    do {
      // A clock that ran ahead must not make young things old: the newest event is the measure.
      let date = min(now, self.newestEvent)
      let isDone = try self.store.prune(
        eventsBefore: date - self.retention.events, attemptsBefore: date - self.retention.attempts,
        tenanciesBefore: date - self.retention.tenancies, sparing: self.locksWithUnreadLog)
      try self.store.forgetRetiredPINs(before: now - Self.pinRest)
      self.retiredPINs = self.retiredPINs.filter { $0.value >= now - Self.pinRest }
      try self.store.pruneAudit(before: date - self.retention.audit, keeping: self.retention.auditEntries, at: now)
      if !isDone { self.nextPruning = now + .minutes(1) }
      let over = self.codesOver(at: now)
      return over < Self.manyCodesOver
        ? []
        : [
          .note(
            Note(
              "\(over) access codes have ended and are kept until somebody deletes them: every start and every backup takes longer for it; have the client delete what it needs no more",
              .warning))
        ]
    } catch {
      let reason = Store.reason(of: error)
      return [.note(Note("store: what is long past cannot be forgotten: \(reason); tried again in a day", .warning))]
    }
  }

  /// Locks that may still tell of an entry from long ago: who held a slot then must be known until they have.
  private var locksWithUnreadLog: Set<LockID> {
    Set(self.doors.values.filter { !$0.ledger.hasReadLog }.map(\.id))
  }

  // MARK: One transaction

  /// What a happening adds beside changes of the ledger.
  struct Draft {
    typealias Attempt = (attempt: ActionAttempt, code: AccessCodeID?)

    fileprivate(set) var events: [EventDraft] = []
    fileprivate(set) var attempts: [String: Attempt] = [:]
    fileprivate(set) var effects: [Effect] = []
    /// What a request is answered with if it is repeated.
    var reply: Reply?

    mutating func add(_ event: EventDraft) { self.events.append(event) }
    mutating func note(
      _ sentence: String, _ urgency: Note.Urgency = .notice, _ topic: LogTopic? = nil, of door: Door? = nil
    ) { self.effects.append(.note(Note(sentence, urgency, topic, of: door))) }
    mutating func add(_ attempt: ActionAttempt, for code: AccessCodeID?) {
      self.attempts[attempt.id] = (attempt, code)
    }
    mutating func finish(_ waiting: Attempt, _ status: ActionAttempt.Status) {
      var attempt = waiting.attempt
      attempt.status = status
      self.attempts[attempt.id] = (attempt, waiting.code)
    }
    /// As ``finish(_:_:)`` for what a door was asked to do: tells how it ended.
    mutating func finish(_ waiting: Attempt, _ status: ActionAttempt.Status, at door: Door, date: Timestamp) {
      self.finish(waiting, status)
      let kind = waiting.attempt.kind
      var hasSucceeded = false
      if case .success = status { hasSucceeded = true }
      guard let type = EventType.end(ofAttempt: kind, succeeded: hasSucceeded) else { return }
      self.add(
        door.event(
          type, at: date,
          [
            "action_attempt_id": .string(waiting.attempt.id), "action_type": .string(kind),
            "status": hasSucceeded ? "success" : "error",
          ]))
    }
    var pendingAttempts: [Attempt] { self.attempts.values.filter { $0.attempt.isPending } }
    /// What a request touched, for the audit log.
    func subjects(on locks: [LockID], at now: Timestamp) -> [String: [String]] {
      let fresh = self.attempts.values.filter { $0.attempt.createdAt == now }
      let created = self.events.filter { $0.type == .accessCodeCreated }.compactMap(\.code)
      return [
        "device_id": locks.map(\.rawValue), "action_attempt_id": fresh.map(\.attempt.id).sorted(),
        "access_code_id": Set(fresh.compactMap(\.code) + created).map(\.rawValue).sorted(),
      ]
    }
    /// False once this happening has ended the attempt.
    func isOpen(_ id: String) -> Bool { self.attempts[id]?.attempt.isPending ?? true }
  }

  /// Applies what happened to one lock.
  mutating func commit<Failure: Error>(
    _ lock: LockID, for request: AuditedRequest? = nil, at now: Timestamp,
    _ happening: (inout Door, inout Draft) throws(Failure) -> Void
  ) throws -> [Effect] { try self.commit([lock], for: request, at: now, happening) }

  /// Applies what happened to some locks, what could not be stored before included, draws the conclusions, and commits
  /// all of it. When the store cannot be written, nothing has happened and the fault is thrown.
  mutating func commit<Failure: Error>(
    _ locks: [LockID], for request: AuditedRequest? = nil, at now: Timestamp,
    _ happening: (inout Door, inout Draft) throws(Failure) -> Void
  ) throws -> [Effect] {
    var draft = Draft()
    var changed: [(door: Door, before: Door, plan: LockLedger.Plan)] = []
    for lock in Set(locks).sorted() {
      guard let before = self.doors[lock] else { continue }
      var door = before
      door.storeRetry = nil
      for (happening, date) in door.takeBacklog() { self.work(happening, into: &door, &draft, at: date) }
      try happening(&door, &draft)
      self.settleConnection(of: &door, at: now, into: &draft)
      self.keepBackupPool(of: &door, at: now)
      var told = door.ledger.announce(at: now, newID: Self.newCodeID)
      // What was let go of just now makes room.
      if self.keepBackupPool(of: &door, at: now) { told += door.ledger.announce(at: now, newID: Self.newCodeID) }
      for event in told { draft.events += self.drafts(of: event, door: door, before: before.ledger, at: now) }
      draft.events += Self.announceOffline(&door, at: now)
      self.settleAttempts(of: door, at: now, into: &draft)
      if !door.ledger.isManaged {
        draft.events = draft.events.compactMap { $0.lock == door.id ? $0.ofUnmanagedDevice : $0 }
      }
      for index in draft.events.indices where draft.events[index].lock == door.id {
        draft.events[index].deviceMetadata = door.customMetadata
      }
      let plan = door.ledger.plan(at: now)
      if let job = plan.job { door.ledger.started(job, at: now) }
      changed.append((door, before, plan))
    }

    // Readers ask for what came after the last event they saw: no two happenings may share an instant.
    let createdAt = max(now, self.newestEvent + .milliseconds(1))
    let retired = changed.reduce(into: Set<PINCode>()) { $0.formUnion(Self.retiredPINs($1.before, $1.door)) }
    let isNothingNew =
      changed.allSatisfy { $0.door.isStored(as: $0.before) } && draft.events.isEmpty && draft.attempts.isEmpty
    if !isNothingNew {
      do {
        try self.store.database.write { [draft, changed] database in
          for (door, before, _) in changed { try self.store.write(door, over: before, at: now, in: database) }
          try self.store.retire(retired, at: now, in: database)
          if let reply = draft.reply { try self.store.keep(reply, at: now, in: database) }
          try self.store.append(draft.events, workspace: self.workspaceID, at: createdAt, in: database)
          for (attempt, code) in draft.attempts.values { try self.store.write(attempt, code: code, in: database) }
          try self.store.append(request, about: draft.subjects(on: locks, at: now), in: database)
        }
      } catch {
        self.storeFault = Store.reason(of: error)
        throw error
      }
      if self.storeFault != nil { draft.note("store: it is written again", .notice, .storeBack) }
      self.storeFault = nil
    }
    for pin in retired { self.retiredPINs[pin] = now }
    if !draft.events.isEmpty { self.newestEvent = createdAt }
    for event in draft.events { self.tally.told(event.type) }
    var effects = draft.effects
    for lock in locks where draft.events.contains(where: { $0.isEntry && $0.lock == lock }) {
      effects.append(.entered(lock))
    }
    for event in draft.events where event.type == .accessCodeUnmanagedCreated {
      if let lock = event.lock { effects.append(.strangerFound(lock)) }
    }
    for (attempt, _) in draft.attempts.values where !attempt.isPending { effects.append(.attemptFinished(attempt.id)) }
    for (door, before, plan) in changed { effects += self.settle(door, before: before, plan, draft, at: now) }
    return effects
  }

  static func newCodeID() -> AccessCodeID { AccessCodeID(rawValue: UUID().uuidString.lowercased()) }

  /// Takes over what was committed of one lock, and what its driver is to do now.
  private mutating func settle(
    _ committed: Door, before: Door, _ plan: LockLedger.Plan, _ draft: Draft, at now: Timestamp
  ) -> [Effect] {
    var (door, effects): (Door, [Effect]) = (committed, [])
    if door.ledger.codes != before.ledger.codes {
      for id in door.ledger.codes.keys where before.ledger.codes[id] == nil { self.homes[id] = door.id }
      for id in before.ledger.codes.keys where door.ledger.codes[id] == nil { self.homes[id] = nil }
    }
    for (attempt, code) in draft.attempts.values where attempt.device == door.id {
      door.waiting.removeAll { $0.attempt.id == attempt.id }
      if attempt.isPending { door.waiting.append((attempt, code)) }
    }
    let credentials = door.credentials
    if credentials != door.held {
      door.held = credentials
      effects.append(self.send(.hold(credentials), to: door.id, errand: .hold, at: now))
    }
    if let job = plan.job { effects.append(self.send(job.command, to: door.id, errand: .job(job), at: now)) }
    if door.ledger.isReachable != before.ledger.isReachable || door.carrier != before.carrier {
      effects.append(.connectionChanged(door.id))
    }
    self.doors[door.id] = door
    self.deadlines.set(
      door.id,
      to: [plan.lookAgain, door.offline?.nextChange(after: now), door.healthLookAgain].compactMap(\.self).min())
    return effects
  }

  /// As ``commit(_:at:_:)`` for what nobody waits for: when the store cannot be written, what happened is put down
  /// and tried again shortly. Until then nothing is asked of the lock.
  mutating func change(_ lock: LockID, _ happening: Door.Happening?, at now: Timestamp) -> [Effect] {
    if let happening { self.doors[lock]?.note(happening, at: now) }
    if let retry = self.doors[lock]?.storeRetry, now < retry, retry - now <= Self.storeRetryDelay { return [] }
    let wasFine = self.storeFault == nil
    do {
      return try self.commit(lock, at: now) { _, _ throws(Never) in }
    } catch {
      self.doors[lock]?.storeRetry = now + Self.storeRetryDelay
      self.deadlines.set(lock, to: now + Self.storeRetryDelay)
      guard wasFine else { return [] }
      return [
        .note(
          Note(
            "store: \(Store.reason(of: error)); locks are not written and requests are refused until it can be written",
            .error, .storeOut))
      ]
    }
  }

  private func work(_ happening: Door.Happening, into door: inout Door, _ draft: inout Draft, at date: Timestamp) {
    switch happening {
    case .started:
      if door.told.isListed != true { draft.add(door.event(.deviceAdded, at: date)) }
      (door.told.isListed, door.told.account) = (true, door.account)
      for waiting in door.waiting where waiting.code == nil {
        Self.expire(waiting.attempt, at: &door, date, into: &draft)
      }
    case .jobFinished(let job, let result): self.work(job, result, into: &door, &draft, at: date)
    case .attemptFinished(let attempt, let result):
      Self.finish(attempt, result, door: &door, at: date, into: &draft)
    case .simulated(let attempt): draft.finish((attempt, nil), .success([:]), at: door, date: date)
    case .reported(let report): self.apply(report, to: &door, at: date, into: &draft)
    case .adapterChanged(let isGone):
      door.ledger.isAdapterGone = isGone
      door.adapterLossDue = self.accounts[door.definition.account]?.lossDue
      // The driver of a lock that is visited never heard of it, and may not look for hours: what it told last holds,
      // but after a long outage not without a look.
      if !isGone, door.definition.isVisited, let since = door.told.disconnectedAt, date - since >= Self.longOutage {
        door.ledger.slotsChanged(nil)
      }
    case .carrierChanged(let carrier): door.carrier = carrier
    }
  }

  private mutating func send(
    _ command: LockCommand, to lock: LockID, errand: Errand, at now: Timestamp
  ) -> Effect {
    self.lastCommand += 1
    let id = CommandID(rawValue: self.lastCommand)
    self.errands[id] = (lock, errand, now)
    return .submit(command, lock, id)
  }

  // MARK: What happened

  /// A driver has finished a command.
  mutating func finished(_ id: CommandID, _ result: Result<LockReply, LockFault>, at now: Timestamp) -> [Effect] {
    guard let (lock, errand, since) = self.errands.removeValue(forKey: id) else { return [] }
    let outcome = SiteTally.Outcome(result)
    switch errand {
    case .hold: return []
    case .job(let job):
      self.tally.finished(SiteTally.Kind(job), outcome, after: now - since)
      return self.change(lock, .jobFinished(job, result), at: now)
    case .attempt(let attempt):
      self.tally.finished(attempt.kind == "UNLOCK_DOOR" ? .unlock : .lock, outcome, after: now - since)
      return self.change(lock, .attemptFinished(attempt, result), at: now)
    }
  }

  /// A lock told something unasked.
  mutating func reported(_ lock: LockID, _ report: LockReport, at now: Timestamp) -> [Effect] {
    self.change(lock, .reported(report), at: now)
  }

  /// An adapter came (nil) or went (why).
  mutating func adapterChanged(_ key: String, fault: String?, at now: Timestamp) -> [Effect] {
    guard let adapter = self.accounts[key] else { return [] }
    let since = adapter.fault?.createdAt ?? now
    self.accounts[key]?.fault = fault.map {
      Issue(code: "account_disconnected", message: $0, createdAt: since, scope: .account)
    }
    var effects = self.tellAdapter(key, at: now)
    if adapter.fault == nil, fault == nil { return effects }
    if (adapter.fault == nil) != (fault == nil) {
      effects.append(
        .note(
          fault.map { Note("\(key): gone (\($0)); it is opened again", .error, .linkGone, link: key) }
            ?? Note("\(key): there again", .notice, .linkBack, link: key)))
    }
    for lock in self.doors.keys.sorted() where self.doors[lock]?.account == adapter.id {
      effects += self.change(lock, .adapterChanged(isGone: fault != nil), at: now)
    }
    return effects
  }

  /// Somebody asked for a door to be opened or locked.
  mutating func act(
    _ kind: String, _ command: LockCommand, on lock: LockID, at now: Timestamp
  ) throws -> (
    ActionAttempt, [Effect]
  ) {
    let attempt = Self.attempt(kind, on: lock, at: now)
    var effects = try self.commit(lock, for: .current, at: now) { _, draft throws(Never) in
      draft.add(attempt, for: nil)
    }
    effects.append(self.send(command, to: lock, errand: .attempt(attempt), at: now))
    return (attempt, effects)
  }

  /// An attempt begins that no command serves.
  mutating func begin(_ kind: String, on lock: LockID, at now: Timestamp) throws -> ActionAttempt {
    let attempt = Self.attempt(kind, on: lock, at: now)
    _ = try self.commit(lock, for: .current, at: now) { _, draft throws(Never) in draft.add(attempt, for: nil) }
    return attempt
  }

  /// Such an attempt is done.
  mutating func succeeded(_ attempt: ActionAttempt, at now: Timestamp) -> [Effect] {
    self.change(attempt.device, .simulated(attempt), at: now)
  }

  /// Writes what the API may change of a lock.
  mutating func rename(
    _ lock: LockID, nickname: String?, customMetadata: [String: JSONValue], at now: Timestamp
  ) throws -> [Effect] {
    try self.commit(lock, for: .current, at: now) { door, draft throws(Never) in
      let before = door.displayName
      (door.nickname, door.customMetadata) = (nickname, customMetadata)
      guard door.displayName != before else { return }
      draft.add(door.event(.deviceNameChanged, at: now, ["device_name": .string(door.displayName)]))
    }
  }
}
