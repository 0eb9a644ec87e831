internal import Foundation
internal import LockCore

/// What clients ask for, checked against the lock's rules and committed.
extension Site {
  /// A lock that is managed.
  func door(_ id: LockID) throws(RequestFault) -> Door {
    let door = try self.anyDoor(id)
    guard door.ledger.isManaged else { throw .deviceUnmanaged }
    return door
  }

  /// A lock, managed or not.
  func anyDoor(_ id: LockID) throws(RequestFault) -> Door {
    guard let door = self.doors[id] else { throw .deviceNotFound }
    return door
  }

  /// A code that readers see, with its door.
  func find(_ id: AccessCodeID) throws(RequestFault) -> (door: Door, code: CodeRecord) {
    guard let door = self.home(of: id).flatMap({ self.doors[$0] }), let code = door.ledger.codes[id], !code.isInPool
    else {
      throw .accessCodeNotFound
    }
    return (door, code)
  }

  mutating func create(
    _ request: NewAccessCode, at now: Timestamp
  ) throws(RequestFault) -> (
    AccessCodeID, ActionAttempt, [Effect]
  ) {
    if let wish = request.offline { return try self.createOffline(request, wish, at: now) }
    let door = try self.door(request.device)
    try Self.check(request.window, at: now)
    try Self.check(door, isOfflineAllowed: request.attemptsForOfflineDevice)
    try Self.checkKeypad(of: door)
    if request.usesBackupPool, request.window == nil { throw .accessCodeNotTimeBound }
    let pin: PINCode
    if let shared = try self.pin(sharedBy: request.commonCodeKey, asked: request.pin) {
      try Self.check(shared, for: nil, on: door, at: now)
      pin = shared
    } else {
      pin = try self.draw(for: [door], preferredLength: request.preferredLength, at: now)
    }
    let code = Self.record(of: request, pin: pin, at: now)
    let attempt = Self.attempt("CREATE_ACCESS_CODE", on: door.id, at: now)
    let effects = try self.commitRequest(door.id, at: now) { door, draft in
      Self.add(code, usesBackupPool: request.usesBackupPool, to: &door, at: now, into: &draft)
      draft.add(attempt, for: code.id)
    }
    return (code.id, attempt, effects)
  }

  static func record(of request: NewAccessCode, pin: PINCode, at now: Timestamp) -> CodeRecord {
    var code = CodeRecord(
      id: Self.newCodeID(),
      terms: .init(name: request.name, pin: pin, window: request.window), createdAt: now)
    code.prefersNativeScheduling = request.prefersNativeScheduling
    code.allowsExternalModification = request.allowsExternalModification
    code.commonCodeKey = request.commonCodeKey
    return code
  }

  static func add(
    _ code: CodeRecord, usesBackupPool: Bool, to door: inout Door, at now: Timestamp, into draft: inout Draft
  ) {
    Self.yieldPool(to: code.terms.pin, on: &door, at: now)
    door.ledger.codes[code.id] = code
    if usesBackupPool { door.backupPool.isEnabled = true }
    draft.add(door.event(.accessCodeCreated, of: code.id, at: now))
  }

  mutating func update(
    _ change: AccessCodeChange, at now: Timestamp
  ) throws(RequestFault) -> (
    ActionAttempt, [Effect]
  ) {
    if let (door, _) = self.offlineCode(change.id) {
      if let device = change.device, device != door.id { throw .accessCodeNotFound }
      throw .invalid("An offline access code cannot be changed: its digits are its times. Make another one.")
    }
    let (door, before) = try self.find(change.id)
    if let device = change.device, device != door.id { throw .accessCodeNotFound }
    var code = try Self.changed(before, by: change, at: now)
    if let pin = change.pin, pin != before.terms.pin {
      guard self.members(of: before.commonCodeKey).count < 2 else {
        throw .invalid(
          "The access code shares its PIN with others (common_code_key), so its PIN alone cannot be changed. Delete the linked codes and create them anew with another PIN."
        )
      }
      code.terms.pin = pin
    }
    // Of a code that was over, the PIN may be somebody else's by now.
    if code.terms.pin != before.terms.pin || !Self.blocks(before, on: door, at: now) {
      try Self.check(code.terms.pin, for: before.id, on: door, at: now)
    }
    if code.terms != before.terms { try Self.check(door, isOfflineAllowed: change.attemptsForOfflineDevice) }
    var attempt = Self.attempt("UPDATE_ACCESS_CODE", on: door.id, at: now)
    let changes = Self.changes(from: before.terms, to: code.terms)
    let isNothing = code == before
    if changes.isEmpty { attempt.status = .success([:]) } else { Self.renew(&code, at: now) }
    let (updated, made) = (code, attempt)
    let effects = try self.commitRequest(door.id, at: now) { door, draft in
      if !isNothing { Self.put(updated, over: before, changes, on: &door, at: now, into: &draft) }
      draft.add(made, for: changes.isEmpty ? nil : updated.id)
    }
    return (attempt, effects)
  }

  /// A code as it is wanted from now on, apart from its PIN.
  static func changed(
    _ before: CodeRecord, by change: AccessCodeChange, at now: Timestamp
  ) throws(RequestFault) -> CodeRecord {
    guard !before.isDeleting else { throw .invalid("The access code is being deleted; it can no longer be changed.") }
    if let window = before.terms.window, now >= window.end, change.endsAt == nil, change.isOngoing != true {
      throw .invalid("The access code has expired: only active or upcoming codes can be changed. Give a new ends_at.")
    }
    var code = before
    if let name = change.name { code.terms.name = name }
    if let allows = change.allowsExternalModification { code.allowsExternalModification = allows }
    code.terms.window = try Self.window(of: change, before: before.terms.window)
    if code.terms.window != before.terms.window { try Self.check(code.terms.window, at: now) }
    return code
  }

  /// What is wanted of a code has changed.
  static func renew(_ code: inout CodeRecord, at now: Timestamp) {
    code.revision += 1
    code.requestedAt = now
    code.attempt = nil
  }

  /// Takes in what is wanted of a code now.
  static func put(
    _ code: CodeRecord, over before: CodeRecord, _ changes: [TermsChange], on door: inout Door, at now: Timestamp,
    into draft: inout Draft
  ) {
    if code.terms.pin != before.terms.pin { Self.yieldPool(to: code.terms.pin, on: &door, at: now) }
    door.ledger.codes[code.id] = code
    if let end = code.terms.window?.end, end != before.terms.window?.end {
      Self.alignBackup(of: code, to: end, on: &door, at: now)
    }
    guard !changes.isEmpty else { return }
    draft.add(
      door.event(
        .accessCodeMutationsRequested, of: code.id, at: now,
        [
          "requested_mutations": .array(
            changes.map { ["mutation_code": .string($0.mutation), "from": .object($0.from), "to": .object($0.to)] })
        ]))
  }

  mutating func delete(
    _ id: AccessCodeID, device: LockID?, at now: Timestamp
  ) throws(RequestFault) -> (
    ActionAttempt, [Effect]
  ) {
    if let (door, record) = self.offlineCode(id) {
      if let device, device != door.id { throw .accessCodeNotFound }
      return try self.deleteOffline(record, of: door, at: now)
    }
    let (door, before) = try self.find(id)
    if let device, device != door.id { throw .accessCodeNotFound }
    // The SDK repeats a DELETE that it got no answer to: the repeat gets the attempt that is under way.
    if before.isDeleting,
      let running = door.waiting.first(where: { $0.code == id && $0.attempt.kind == "DELETE_ACCESS_CODE" })
    {
      return (running.attempt, [])
    }
    let attempt = Self.attempt("DELETE_ACCESS_CODE", on: door.id, at: now)
    let effects = try self.commitRequest(door.id, at: now) { door, draft in
      Self.remove(id, from: &door, at: now)
      draft.add(attempt, for: id)
    }
    return (attempt, effects)
  }

  /// A code is to go from a lock.
  static func remove(_ id: AccessCodeID, from door: inout Door, at now: Timestamp) {
    guard var code = door.ledger.codes[id] else { return }
    code.isDeleting = true
    Self.renew(&code, at: now)
    door.ledger.codes[id] = code
  }

  // MARK: Checks

  static func attempt(
    _ kind: String, on lock: LockID, at now: Timestamp, _ status: ActionAttempt.Status = .pending
  ) -> ActionAttempt {
    ActionAttempt(id: UUID().uuidString.lowercased(), kind: kind, device: lock, createdAt: now, status: status)
  }

  mutating func commitRequest(
    _ locks: LockID..., at now: Timestamp, _ happening: (inout Door, inout Draft) -> Void
  ) throws(RequestFault) -> [Effect] { try self.commitRequest(locks, at: now, happening) }

  mutating func commitRequest(
    _ locks: [LockID], at now: Timestamp, _ happening: (inout Door, inout Draft) -> Void
  ) throws(RequestFault) -> [Effect] {
    do {
      return try self.commit(locks, for: .current, at: now) { door, draft throws(Never) in happening(&door, &draft) }
    } catch {
      throw .storeUnavailable(
        "The gateway cannot write its store (\(Store.reason(of: error))); nothing was changed. Check the disk, then try again."
      )
    }
  }

  static func window(of change: AccessCodeChange, before: TimeWindow?) throws(RequestFault) -> TimeWindow? {
    let (start, end) = (change.startsAt, change.endsAt)
    if change.isOngoing == true {
      guard start == nil, end == nil else {
        throw .invalid("type \"ongoing\" goes without starts_at and ends_at. Leave the times or the type out.")
      }
      return nil
    }
    if start == nil, end == nil {
      guard change.isOngoing == nil || before != nil else {
        throw .invalid("type \"time_bound\" needs both starts_at and ends_at.")
      }
      return before
    }
    guard let start = start ?? before?.start, let end = end ?? before?.end else {
      throw .invalid("A code with times needs both starts_at and ends_at.")
    }
    return TimeWindow(start: start, end: end)
  }

  static func check(_ window: TimeWindow?, at now: Timestamp) throws(RequestFault) {
    guard let window else { return }
    guard window.end > window.start else { throw .invalid("ends_at must be after starts_at") }
    guard window.end > now else { throw .invalid("ends_at must be in the future") }
  }

  static func check(_ door: Door, isOfflineAllowed: Bool) throws(RequestFault) {
    if !isOfflineAllowed, !door.ledger.isReachable { throw .deviceOffline }
  }

  /// A lock that has lost its keypad takes no new codes (contract R11).
  static func checkKeypad(of door: Door) throws(RequestFault) {
    guard door.issues[.keypadMissing] != nil else { return }
    throw .invalid(
      "\(door.displayName) has no keypad, so nobody could type the code. Add its keypad, then ask again; can_program_online_access_codes tells when it is there."
    )
  }

  static func check(
    _ pin: PINCode, for id: AccessCodeID?, on door: Door, at now: Timestamp
  )
    throws(RequestFault)
  {
    if let violation = door.ledger.capabilities.pins.violation(of: pin) { throw .invalid(violation.explanation) }
    let clash = door.ledger.codes.values.first {
      $0.id != id && !$0.isInPool && $0.terms.pin == pin && Self.blocks($0, on: door, at: now)
    }
    if let clash = clash?.id ?? door.offline?.holder(of: pin, at: now) { throw .duplicateAccessCode(existing: clash) }
  }
}
