internal import LockCore

/// What locks tell, put into facts, events and attempts.
extension Site {
  static func apply(
    _ report: LockReport, to door: inout Door, store: Store, at now: Timestamp, into draft: inout Draft
  ) {
    switch report {
    case .reachable(let identity, let slotChanges, let newestRecord):
      door.errors["device_disconnected"] = nil
      if door.told.isConnected != true {
        (door.told.isConnected, door.told.disconnectedAt) = (true, nil)
        draft.add(EventDraft(type: .deviceConnected, lock: door.id, account: door.account, occurredAt: now))
        draft.note("\(door.displayName): it answers")
      }
      door.identity = identity
      door.ledger.becameReachable(slotChanges: slotChanges, newestRecord: newestRecord)
    case .unreachable(let fault):
      door.ledger.becameUnreachable()
      // What the lock told is old news now; the bolt may stand anywhere.
      (door.state.isLocked, door.state.isDoorOpen) = (nil, nil)
      let issue = Self.disconnection(of: door.definition, fault, since: door.told.disconnectedAt ?? now)
      door.errors["device_disconnected"] = issue
      guard door.told.isConnected != false else { return }
      (door.told.isConnected, door.told.disconnectedAt) = (false, now)
      draft.note("\(door.displayName): \(issue.message)")
      draft.add(
        EventDraft(
          type: .deviceDisconnected, lock: door.id, account: door.account, occurredAt: now,
          members: Self.issues(of: door, adapter: nil, code: nil).merging(["error_code": "device_disconnected"]) {
            $1
          }))
    case .slotsChanged(let changes): door.ledger.slotsChanged(changes)
    case .logGrew(let newest): door.ledger.logGrew(newest: newest)
    case .happened(let record): self.journal(record, door: &door, store: store, into: &draft)
    case .state(let state):
      if let value = state.isLocked { door.state.isLocked = value }
      if let value = state.isDoorOpen { door.state.isDoorOpen = value }
      if let value = state.battery { door.state.battery = value }
      if let value = state.isTampered {
        if value, !door.told.isTampered {
          draft.add(EventDraft(type: .deviceTampered, lock: door.id, account: door.account, occurredAt: now))
        }
        door.told.isTampered = value
        door.state.isTampered = value
      }
    case .alarm(let alarm): self.raise(alarm, at: &door, now: now, into: &draft)
    case .keyInstalled(let address):
      let device = "\(door.definition.account)/\(address)"
      do {
        try store.markDeviceKeyInstalled(device)
        draft.note("\(device): the key is in the device now; install mode is over for it")
      } catch {
        draft.note("\(device): the key is in the device now, but that could not be kept: \(Store.reason(of: error))")
      }
    case .visited(let reason):
      if let sentence = door.visits.count(reason, at: now) { draft.note("\(door.displayName): \(sentence)") }
    }
  }

  static func disconnection(of lock: SiteDefinition.Lock, _ fault: LockFault, since date: Timestamp) -> Issue {
    let message =
      switch fault {
      case .notAuthorized where lock.isVisited:
        "The lock no longer knows the gateway: it was reset, or its authorization was removed. Stop bittingd and pair it again."
      case _ where lock.isVisited:
        "The lock does not answer. Codes are programmed as soon as it does. Check its battery, that it is in reach of the radio, and that no phone keeps it busy."
      case .notAuthorized:
        "The device does not accept the gateway's key, or demands a secure channel that is not configured. Check secure_channel and the key; a new device takes a key with 'install' at an address that had none."
      default:
        "The lock does not answer. Codes are programmed as soon as it does. Check its power and, on a line, wires A and B, its address and its speed."
      }
    return Issue(code: "device_disconnected", message: message, createdAt: date, scope: .device)
  }

  private static func raise(_ alarm: LockAlarm, at door: inout Door, now: Timestamp, into draft: inout Draft) {
    let (code, isOn, message, isError): (String, Bool, String, Bool) =
      switch alarm {
      case .keyRefused(let isOn) where door.definition.isVisited:
        (
          "missing_device_credentials", isOn,
          Self.disconnection(of: door.definition, .notAuthorized, since: now).message, true
        )
      case .keyRefused(let isOn):
        (
          "missing_device_credentials", isOn,
          "The device and the gateway do not agree on a key: wrong key, another device, or a device that demands a secure channel where secure_channel is plain. No PIN is taken. Put the right key into the configuration; a new device takes one with 'install' at an address that had none.",
          true
        )
      case .deviceSwapped(let isOn):
        ("device_replaced", isOn, "Another device than before answers at this address. Check that it is yours.", false)
      case .doorForced(let isOn): ("door_forced_open", isOn, "The door was opened without a grant.", false)
      case .doorHeld(let isOn): ("door_held_open", isOn, "The door stands open longer than allowed.", false)
      case .powerLost(let isOn): ("device_power_lost", isOn, "The device reports that its power supply failed.", false)
      case .lockedOut(let isOn):
        ("keypad_locked_out", isOn, "The keypad is locked out for a while after too many wrong codes.", false)
      case .jammed(let isOn):
        (
          "lock_jammed", isOn,
          "The bolt did not move to its end: the door may stand open or be misaligned. Look at the door, then lock or unlock again.",
          false
        )
      case .securityPINRefused(let isOn):
        (
          "missing_device_credentials", isOn,
          "The lock refuses its security PIN, so codes, log and clock wait; it is not guessed at, since the lock bars who guesses. If this stays for more than an hour, stop bittingd, pair the lock anew with the right PIN, and start it again.",
          true
        )
      case .batteryLow(let isOn):
        ("low_battery", isOn, "The lock's battery is nearly empty. Change it soon.", false)
      case .keypadBatteryLow(let isOn):
        ("accessory_keypad_low_battery", isOn, "The keypad's battery is nearly empty. Change it soon.", false)
      case .keypadMissing(let isOn):
        (
          "accessory_keypad_setup_required", isOn,
          "The lock has no keypad, so codes cannot be stored. Add the keypad with the maker's app.", false
        )
      case .logOff(let isOn):
        (
          "lock_log_off", isOn,
          "The lock keeps no log, so who opens the door cannot be told. Switch the activity log on with the maker's app.",
          false
        )
      }
    let issue = isOn ? Issue(code: code, message: message, createdAt: now, scope: .device) : nil
    if isError { door.errors[code] = issue } else { door.warnings[code] = issue }
    draft.note("\(door.displayName): \(isOn ? message : "\(code) is over")")
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
            EventDraft(
              type: .lockEntriesLost, lock: door.id, account: door.account, occurredAt: now,
              members: ["first_index": .int(Int64(last) + 1), "last_index": .int(Int64(index) - 1)]))
          draft.note("\(door.displayName): its log has lost \(index - last - 1) entries before they were read")
        }
        last = index
      }
      Self.journal(record, door: &door, store: self.store, into: &draft)
    }
  }

  /// Turns one record of a lock or a door into its event.
  static func journal(_ record: LockRecord, door: inout Door, store: Store, into draft: inout Draft) {
    if let index = door.told.remoteActs.firstIndex(where: { $0.isTold(by: record) }) {
      door.told.remoteActs.remove(at: index)
      return
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
    var event = EventDraft(
      type: type, lock: door.id, account: door.account, occurredAt: record.date, members: members)
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
      } else if let tenant = try? store.tenant(of: number, lock: door.id, at: record.date) {
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
      draft.finish((attempt, nil), .success(["was_confirmed_by_device": .bool(isConfirmed)]), at: door, date: now)
      door.state.isLocked = !isUnlock
      draft.add(
        EventDraft(
          type: isUnlock ? .lockUnlocked : .lockLocked, lock: door.id, account: door.account, occurredAt: now,
          members: ["action_attempt_id": .string(attempt.id), "method": "remote"]))
      if door.ledger.logCursor != nil {
        door.told.remoteActs.append(Door.RemoteAct(isUnlocking: isUnlock, date: now))
        if door.told.remoteActs.count > 8 { door.told.remoteActs.removeFirst() }
      }
    case .failure(let fault):
      let (type, message) = Self.reason(of: fault)
      draft.finish((attempt, nil), .error(type: type, message: message), at: door, date: now)
    }
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
    case .duplicateCode, .codeRejected, .noSpace: ("uncategorized_error", "The lock refused.")
    }
  }

  /// Ends the attempts to create, update and delete codes whose outcome is known now.
  func settleAttempts(of door: Door, at now: Timestamp, into draft: inout Draft) {
    for waiting in door.waiting + draft.pendingAttempts {
      guard let id = waiting.code, waiting.attempt.device == door.id, draft.isOpen(waiting.attempt.id) else { continue }
      if let status = self.outcome(of: waiting.attempt.kind, for: door.ledger.codes[id], door: door, at: now) {
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
