internal import Foundation
internal import LockCore

/// What clients ask for, checked against the lock's rules and committed.
extension Site {
  func door(_ id: LockID) throws(RequestFault) -> Door {
    guard let door = self.doors[id] else { throw .deviceNotFound }
    return door
  }

  func find(_ id: AccessCodeID) throws(RequestFault) -> (door: Door, code: CodeRecord) {
    guard let door = self.home(of: id).flatMap({ self.doors[$0] }), let code = door.ledger.codes[id] else {
      throw .accessCodeNotFound
    }
    return (door, code)
  }

  mutating func create(
    _ request: NewAccessCode, at now: Timestamp
  ) throws(RequestFault) -> (
    AccessCodeID, ActionAttempt, [Effect]
  ) {
    let door = try self.door(request.device)
    try Self.check(request.window, at: now)
    try Self.check(door, isOfflineAllowed: request.attemptsForOfflineDevice)
    let pin: PINCode
    if let wanted = request.pin {
      try Self.check(wanted, for: nil, on: door, at: now)
      pin = wanted
    } else {
      pin = try Self.draw(for: door, preferredLength: request.preferredLength, at: now)
    }
    let id = AccessCodeID(rawValue: UUID().uuidString.lowercased())
    var code = CodeRecord(
      id: id, terms: .init(name: request.name, pin: pin, window: request.window), createdAt: now)
    code.prefersNativeScheduling = request.prefersNativeScheduling
    code.allowsExternalModification = request.allowsExternalModification
    code.commonCodeKey = request.commonCodeKey
    let attempt = Self.attempt("CREATE_ACCESS_CODE", on: door, at: now)
    let effects = try self.commitRequest(door.id, at: now) { door, draft in
      door.ledger.codes[id] = code
      draft.add(attempt, for: id)
      draft.add(
        EventDraft(type: .accessCodeCreated, lock: door.id, account: door.account, code: id, occurredAt: now))
    }
    return (id, attempt, effects)
  }

  mutating func update(
    _ change: AccessCodeChange, at now: Timestamp
  ) throws(RequestFault) -> (
    ActionAttempt, [Effect]
  ) {
    let (door, before) = try self.find(change.id)
    if let device = change.device, device != door.id { throw .accessCodeNotFound }
    guard !before.isDeleting else { throw .invalid("The access code is being deleted; it can no longer be changed.") }
    if let window = before.terms.window, now >= window.end, change.endsAt == nil, change.isOngoing != true {
      throw .invalid("The access code has expired: only active or upcoming codes can be changed. Give a new ends_at.")
    }
    var code = before
    if let name = change.name { code.terms.name = name }
    if let allows = change.allowsExternalModification { code.allowsExternalModification = allows }
    code.terms.window = try Self.window(of: change, before: before.terms.window)
    if code.terms.window != before.terms.window { try Self.check(code.terms.window, at: now) }
    if let pin = change.pin, pin != before.terms.pin {
      try Self.check(pin, for: before.id, on: door, at: now)
      code.terms.pin = pin
    }
    if code.terms != before.terms { try Self.check(door, isOfflineAllowed: change.attemptsForOfflineDevice) }
    var attempt = Self.attempt("UPDATE_ACCESS_CODE", on: door, at: now)
    let changes = Self.changes(from: before.terms, to: code.terms)
    let isNothing = code == before
    if changes.isEmpty { attempt.status = .success([:]) }
    if !changes.isEmpty {
      code.revision += 1
      code.requestedAt = now
      code.attempt = nil
    }
    let (updated, made) = (code, attempt)
    let effects = try self.commitRequest(door.id, at: now) { door, draft in
      if !isNothing { door.ledger.codes[updated.id] = updated }
      draft.add(made, for: changes.isEmpty ? nil : updated.id)
      guard !changes.isEmpty else { return }
      draft.add(
        EventDraft(
          type: .accessCodeMutationsRequested, lock: door.id, account: door.account, code: updated.id,
          occurredAt: now,
          members: [
            "requested_mutations": .array(
              changes.map {
                ["mutation_code": .string($0.mutation), "from": .object($0.from), "to": .object($0.to)]
              })
          ]))
    }
    return (attempt, effects)
  }

  mutating func delete(
    _ id: AccessCodeID, device: LockID?, at now: Timestamp
  ) throws(RequestFault) -> (
    ActionAttempt, [Effect]
  ) {
    let (door, before) = try self.find(id)
    if let device, device != door.id { throw .accessCodeNotFound }
    // The SDK repeats a DELETE that it got no answer to: the repeat gets the attempt that is under way.
    if before.isDeleting,
      let running = door.waiting.first(where: { $0.code == id && $0.attempt.kind == "DELETE_ACCESS_CODE" })
    {
      return (running.attempt, [])
    }
    let attempt = Self.attempt("DELETE_ACCESS_CODE", on: door, at: now)
    let effects = try self.commitRequest(door.id, at: now) { door, draft in
      door.ledger.codes[id]?.isDeleting = true
      door.ledger.codes[id]?.revision += 1
      door.ledger.codes[id]?.requestedAt = now
      door.ledger.codes[id]?.attempt = nil
      draft.add(attempt, for: id)
    }
    return (attempt, effects)
  }

  static func draw(for door: Door, preferredLength: Int?, at now: Timestamp) throws(RequestFault) -> PINCode {
    let taken = Self.takenPINs(on: door, at: now)
    var random = SystemRandomNumberGenerator()
    guard
      let pin = door.ledger.capabilities.pins.draw(
        preferredLength: preferredLength, using: &random, unless: { taken.contains($0) })
    else {
      throw .invalid("Every PIN of this length is in use on the lock. Delete codes that are no longer needed.")
    }
    return pin
  }

  // MARK: Checks

  private static func attempt(_ kind: String, on door: Door, at now: Timestamp) -> ActionAttempt {
    ActionAttempt(
      id: UUID().uuidString.lowercased(), kind: kind, device: door.id, createdAt: now, status: .pending)
  }

  private mutating func commitRequest(
    _ lock: LockID, at now: Timestamp, _ happening: (inout Door, inout Draft) -> Void
  ) throws(RequestFault) -> [Effect] {
    do {
      return try self.commit(lock, at: now) { door, draft throws(Never) in happening(&door, &draft) }
    } catch {
      throw .storeUnavailable(
        "The gateway cannot write its store (\(Store.reason(of: error))); nothing was changed. Check the disk, then try again."
      )
    }
  }

  private static func window(of change: AccessCodeChange, before: TimeWindow?) throws(RequestFault) -> TimeWindow? {
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

  private static func check(_ window: TimeWindow?, at now: Timestamp) throws(RequestFault) {
    guard let window else { return }
    guard window.end > window.start else { throw .invalid("ends_at must be after starts_at") }
    guard window.end > now else { throw .invalid("ends_at must be in the future") }
  }

  private static func check(_ door: Door, isOfflineAllowed: Bool) throws(RequestFault) {
    if !isOfflineAllowed, !door.ledger.isReachable { throw .deviceOffline }
  }

  private static func check(
    _ pin: PINCode, for id: AccessCodeID?, on door: Door, at now: Timestamp
  )
    throws(RequestFault)
  {
    if let violation = door.ledger.capabilities.pins.violation(of: pin) { throw .invalid(violation.explanation) }
    let clash = door.ledger.codes.values.first {
      $0.id != id && $0.terms.pin == pin && Self.blocks($0, on: door, at: now)
    }
    if let clash { throw .duplicateAccessCode(existing: clash.id) }
  }

  /// True while a code keeps its PIN from being used again on the lock: until it is deleted, or over and gone.
  private static func blocks(_ code: CodeRecord, on door: Door, at now: Timestamp) -> Bool {
    if code.isDeleting { return false }
    guard let window = code.terms.window, now >= window.end else { return true }
    return door.ledger.slot(of: code.id) != nil
  }

  private static func takenPINs(on door: Door, at now: Timestamp) -> Set<PINCode> {
    var taken = Set(door.ledger.strangers.values.compactMap(\.pin))
    for code in door.ledger.codes.values where code.isDeleting || Self.blocks(code, on: door, at: now) {
      taken.insert(code.terms.pin)
    }
    return taken
  }
}
