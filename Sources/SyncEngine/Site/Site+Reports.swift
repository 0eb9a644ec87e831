internal import LockCore

/// What locks tell, put into facts, events and attempts.
extension Site {
  func apply(_ report: LockReport, to door: inout Door, at now: Timestamp, into draft: inout Draft) {
    switch report {
    case .reachable(let identity, let slotChanges, let newestRecord):
      (door.answers, door.loss) = (true, nil)
      door.identity = identity
      door.ledger.becameReachable(slotChanges: slotChanges, newestRecord: newestRecord)
      self.answered(&door, at: now, into: &draft)
    case .unreachable(let fault): (door.answers, door.loss) = (false, fault)
    case .slotsChanged(let changes): door.ledger.slotsChanged(changes)
    case .logGrew(let newest): door.ledger.logGrew(newest: newest)
    case .happened(let record): self.journal(record, door: &door, into: &draft)
    case .state(let state): self.learned(state, of: &door, at: now, into: &draft)
    case .alarm(let alarm): self.raised(alarm, at: &door, now: now, into: &draft)
    case .keyInstalled(let address):
      let device = "\(door.definition.account)/\(address)"
      do {
        try self.store.markDeviceKeyInstalled(device)
        draft.note("\(device): the key is in the device now; install mode is over for it")
      } catch {
        draft.note(
          "\(device): the key is in the device now, but that could not be kept: \(Store.reason(of: error))", .error,
          of: door)
      }
    case .deviceProven, .deviceSilent, .strangerAnswered: break
    case .visited(let reason):
      if let sentence = door.visits.count(reason, at: now) {
        draft.note("\(door.displayName): \(sentence)", .info, of: door)
      }
    }
  }

  // MARK: Entries

  /// Works in what the lock came to with a job of the ledger; what its log told goes into the journal.
  func work(
    _ job: Job, _ result: Result<LockReply, LockFault>, into door: inout Door, _ draft: inout Draft, at now: Timestamp
  ) {
    let records = door.ledger.finished(job, result, at: now)
    guard case .readLog(let cursor) = job else { return }
    var last = cursor
    for record in records {
      if let index = record.index {
        if index > last, index - last > 1 {
          draft.add(
            door.event(
              .lockEntriesLost, at: now,
              ["first_index": .int(Int64(last) + 1), "last_index": .int(Int64(index) - 1)]))
          draft.note(
            "\(door.displayName): its log has lost \(index - last - 1) entries before they were read", .warning,
            .entriesLost, of: door)
        }
        last = index
      }
      self.journal(record, door: &door, into: &draft)
    }
  }

  /// Turns one record of a lock or a door into its event.
  func journal(_ record: LockRecord, door: inout Door, into draft: inout Draft) {
    var attempt: String?
    if let index = door.told.remoteActs.firstIndex(where: { $0.isTold(by: record) }) {
      attempt = door.told.remoteActs.remove(at: index).unconfirmed
      if attempt == nil { return }
    }
    let (type, credential, members): (EventType, EntryCredential?, [String: JSONValue])
    switch record.happening {
    case .unlocked(let method, let whose):
      (type, credential, members) = (.lockUnlocked, whose, ["method": .string(method.rawValue)])
    case .locked(let method, let whose):
      (type, credential, members) = (.lockLocked, whose, ["method": .string(method.rawValue)])
    case .denied(let reason, let whose):
      (type, credential, members) = (.lockAccessDenied, whose, ["reason": Self.members(of: reason)])
    case .other: return
    }
    var event = door.event(type, at: record.date, members)
    if let attempt { event.members["action_attempt_id"] = .string(attempt) }
    switch credential {
    case nil: break
    case .code(let id): event.code = id
    case .offline(let code):
      event.code = door.offline?.record(of: code)?.id
      if case .unlocked = record.happening, let id = event.code { door.offline?.used(id, at: record.date) }
    case .slot(let number):
      // Who held the slot when the door was opened, not who holds it now.
      if let slot = door.ledger.slots[number], let holder = slot.holder,
        slot.heldSince.map({ $0 <= record.date + Store.logPrecision }) ?? true
      {
        event.code = holder
      } else if let tenant = try? self.store.tenant(of: number, lock: door.id, at: record.date) {
        event.code = tenant
        event.members["access_code_is_managed"] = true
      } else if let stranger = door.ledger.strangers[number], stranger.foundAt <= record.date {
        event.code = stranger.id
        event.members["access_code_is_managed"] = false
        if let pin = stranger.pin { event.members["code"] = .string(pin.digits) }
      }
    }
    if let id = event.code, let code = door.ledger.codes[id] {
      event.members["access_code_is_managed"] = true
      event.members["code"] = .string(code.terms.pin.digits)
    }
    if let id = event.code, let code = door.offline?.codes[id] {
      event.members["access_code_is_managed"] = true
      event.members["code"] = .string(code.terms.pin.digits)
    }
    if type == .lockAccessDenied {
      event.members["code"] = nil
      event.members["access_code_is_managed"] = nil
    }
    draft.add(event)
  }

  private static func members(of reason: DenialReason) -> JSONValue {
    let (code, message): (String, String) =
      switch reason {
      case .unknownCode: ("unknown_code", "No code has these digits.")
      case .expiredCode: ("expired_code", "The code has expired.")
      case .notYetValid: ("credential_error", "The code is not valid yet.")
      case .privacyMode: ("blocked_by_privacy_mode", "Somebody inside has switched privacy mode on.")
      case .tooManyAttempts: ("too_many_attempts", "The keypad is locked out after too many wrong codes.")
      case .strikeFailed: ("credential_error", "The code is right, but the strike did not answer.")
      }
    return ["reason_code": .string(code), "message": .string(message)]
  }

  // MARK: Attempts

  /// Ends an attempt to open or lock.
  static func finish(
    _ attempt: ActionAttempt, _ result: Result<LockReply, LockFault>, door: inout Door, at now: Timestamp,
    into draft: inout Draft
  ) {
    let isUnlock = attempt.kind == "UNLOCK_DOOR"
    switch result {
    case .success(let reply):
      var isConfirmed = true
      if case .done(let confirmed) = reply { isConfirmed = confirmed }
      door.state.isLocked = !isUnlock
      draft.add(
        door.event(
          isUnlock ? .lockUnlocked : .lockLocked, at: now,
          ["method": "remote", "action_attempt_id": .string(attempt.id)]))
      door.expectRecord(of: attempt, isUnconfirmed: false, at: now)
      draft.finish((attempt, nil), .success(["was_confirmed_by_device": .bool(isConfirmed)]), at: door, date: now)
    case .failure(let fault):
      if fault == .unconfirmed { door.expectRecord(of: attempt, isUnconfirmed: true, at: now) }
      let (type, message) = Self.reason(of: fault)
      draft.finish((attempt, nil), .error(type: type, message: message), at: door, date: now)
    }
  }

  /// Ends an attempt that the gateway lost sight of when it was restarted; the lock may have done it.
  static func expire(_ attempt: ActionAttempt, at door: inout Door, _ now: Timestamp, into draft: inout Draft) {
    if attempt.movesBolt { door.expectRecord(of: attempt, isUnconfirmed: true, at: attempt.createdAt) }
    draft.finish(
      (attempt, nil),
      .error(type: "action_attempt_expired", message: "The gateway was restarted before it was done."), at: door,
      date: now)
  }

  private static func reason(of fault: LockFault) -> (type: String, message: String) {
    switch fault {
    case .unreachable:
      ("device_disconnected", "The lock does not answer. Check its power and its line, then try again.")
    case .busy: ("device_busy", "The lock or its line has no time. Try again.")
    case .unconfirmed:
      ("action_unconfirmed", "The lock stopped answering; it may or may not have acted. Look before trying again.")
    case .failed(let detail): ("uncategorized_error", "The lock refused: \(detail).")
    case .unsupported(let detail): ("action_not_supported", "The lock cannot do this: \(detail).")
    case .notAuthorized: ("missing_device_credentials", "The lock does not accept the gateway's key.")
    case .otherDevice:
      (
        "device_disconnected",
        "Another device answers in the lock's place, and was sent nothing. See the device's errors."
      )
    case .duplicateCode, .codeRejected, .noSpace: ("uncategorized_error", "The lock refused.")
    }
  }

  /// Ends the attempts to create, update and delete codes whose outcome is known now.
  func settleAttempts(of door: Door, at now: Timestamp, into draft: inout Draft) {
    for waiting in door.waiting + draft.pendingAttempts {
      guard let id = waiting.code, waiting.attempt.device == door.id, draft.isOpen(waiting.attempt.id) else { continue }
      if let stranger = door.ledger.stranger(id) {
        if let status = Self.outcome(of: waiting.attempt.kind, for: stranger) { draft.finish(waiting, status) }
      } else if let status = self.outcome(of: waiting.attempt.kind, for: door.ledger.codes[id], door: door, at: now) {
        draft.finish(waiting, status)
      }
    }
  }

  private func outcome(
    of kind: String, for code: CodeRecord?, door: Door, at now: Timestamp
  )
    -> ActionAttempt.Status?
  {
    if kind == "DELETE_ACCESS_CODE" { return code == nil ? .success([:]) : nil }
    guard let code, !code.isDeleting else {
      return .error(type: "access_code_deleted", message: "The access code was deleted meanwhile.")
    }
    if door.ledger.presence(of: code, at: now) == .over {
      if door.ledger.slot(of: code.id) != nil { return nil }
      return kind == "CREATE_ACCESS_CODE"
        ? .error(type: "access_code_expired", message: "Its time was over before the lock had it.")
        : .success(["access_code": ["access_code_id": .string(code.id.rawValue)]])
    }
    let state = door.ledger.state(of: code, at: now)
    if code.attempt?.notBefore == .distantFuture, code.attempt?.revision == code.revision,
      let problem = state.problem
    {
      return .error(type: problem.code, message: problem.message)
    }
    var isDone = state.status == .set || state.isScheduled || state.mutations.isEmpty
    if case .deferringCreation = state.mutations.first { isDone = true }
    return isDone ? .success(["access_code": ["access_code_id": .string(code.id.rawValue)]]) : nil
  }
}
