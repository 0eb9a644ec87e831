internal import Foundation
internal import LockCore
internal import OfflineCodes

/// Offline access codes: given out, read, told of, and deleted once they are over (contract R40 to R47).
extension Site {
  /// The door and the record of an offline code; nil for an id that is none.
  func offlineCode(_ id: AccessCodeID) -> (door: Door, record: OfflineCodeRecord)? {
    for door in self.doors.values {
      if let record = door.offline?.codes[id] { return (door, record) }
    }
    return nil
  }

  mutating func createOffline(
    _ request: NewAccessCode, _ wish: NewAccessCode.Offline, at now: Timestamp
  ) throws(RequestFault) -> (AccessCodeID, ActionAttempt, [Effect]) {
    let door = try self.door(request.device)
    guard let book = door.offline else {
      throw .invalid(
        "The device takes no offline access codes: it has no can_program_offline_access_codes. Leave is_offline_access_code out for an online code."
      )
    }
    guard request.pin == nil else {
      throw .invalid("The digits of an offline access code follow from its times and the door's key; leave code out.")
    }
    let code = try Self.offlineCode(wish, door: door, book: book, at: now)
    let pin = try Self.pin(of: code, key: book.key)
    let record = OfflineCodeRecord(
      id: Self.newCodeID(), name: request.name, pin: pin, code: code,
      generation: book.key.generation, createdAt: now)
    let attempt = Self.attempt(
      "CREATE_ACCESS_CODE", on: door.id, at: now,
      .success(["access_code": ["access_code_id": .string(record.id.rawValue)]]))
    let effects = try self.commitRequest(door.id, at: now) { door, draft in
      door.offline?.codes[record.id] = record
      draft.add(attempt, for: record.id)
      draft.add(door.event(.accessCodeCreated, of: record.id, at: now))
    }
    return (record.id, attempt, effects)
  }

  /// Deletes what is over; before that nobody can take it back.
  mutating func deleteOffline(
    _ record: OfflineCodeRecord, of door: Door, at now: Timestamp
  ) throws(RequestFault) -> (ActionAttempt, [Effect]) {
    guard let book = door.offline, book.state(of: record, at: now).isFinal else {
      throw .invalid(
        "An offline access code cannot be deleted before it is over: the door takes it without the gateway. Only a new key for the door ends it early (bitting offline-key renew)."
      )
    }
    let attempt = Self.attempt("DELETE_ACCESS_CODE", on: door.id, at: now, .success([:]))
    let effects = try self.commitRequest(door.id, at: now) { door, draft in
      door.offline?.codes[record.id] = nil
      draft.add(attempt, for: record.id)
      draft.add(
        door.event(.accessCodeDeleted, of: record.id, at: now, ["code": .string(record.terms.pin.digits)]))
    }
    return (attempt, effects)
  }

  /// The events of offline codes that are due.
  static func announceOffline(_ door: inout Door, at now: Timestamp) -> [EventDraft] {
    let told = door.offline?.announce(at: now) ?? []
    return told.map { record, event in
      let (type, members): (EventType, [String: JSONValue]) =
        switch event {
        case .set: (.accessCodeSetOnDevice, ["code": .string(record.terms.pin.digits)])
        case .removed: (.accessCodeRemovedFromDevice, [:])
        }
      return door.event(type, of: record.id, at: now, members)
    }
  }

  func view(of record: OfflineCodeRecord, door: Door, at now: Timestamp) -> AccessCodeView {
    let state = door.offline?.state(of: record, at: now) ?? .revoked
    let status: AccessCodeStatus =
      switch state {
      case .near: .setting
      case .good: .set
      case .later, .unused, .used, .over, .revoked: .unset
      }
    var (warnings, errors, mutations): ([Issue], [Issue], [PendingMutation]) = ([], [], [])
    if record.mustBeUsedSoon, !state.isFinal {
      warnings.append(
        Issue(
          code: "igloo_algopin_must_be_used_within_24_hours",
          message: state == .unused
            ? "Nobody is known to have used the code within 24 hours of its start, so the door does not take it any more. Make a new one."
            : "The code must be used once within 24 hours of its start; else the door does not take it any more.",
          createdAt: record.createdAt, scope: .accessCode))
    }
    if state == .revoked {
      errors.append(
        Issue(
          code: "failed_to_set_on_device",
          message: "The door has a new offline key, so it does not take this code. Make a new one.",
          createdAt: record.createdAt, scope: .accessCode))
    }
    if state == .later || state == .near {
      mutations.append(
        PendingMutation(
          code: state == .later ? "deferring_creation" : "creating", createdAt: record.createdAt,
          message: "The door takes the code by itself when its time comes; nothing is programmed.",
          members: state == .later ? ["scheduled_at": .string(record.code.start.iso8601)] : [:]))
    }
    return AccessCodeView(
      id: record.id, device: door.id, isManaged: true, name: record.terms.name, pin: record.terms.pin,
      window: record.terms.window, status: status, createdAt: record.createdAt, isScheduledOnDevice: false,
      isExternalModificationAllowed: false, nameOnLock: nil, pendingMutations: mutations,
      errors: errors + self.errors(of: door), warnings: warnings, isOffline: true,
      isOneTimeUse: record.code.term == .once)
  }

  // MARK: Which code

  /// The first code with the wished times that nobody has, and whose digits are nobody else's.
  private static func offlineCode(
    _ wish: NewAccessCode.Offline, door: Door, book: OfflineBook, at now: Timestamp
  ) throws(RequestFault) -> OfflineCode {
    let schedule: OfflineSchedule
    do {
      schedule = try OfflineSchedule(
        start: wish.startsAt, end: wish.endsAt, isOneTimeUse: wish.isOneTimeUse, rounding: wish.rounding)
    } catch {
      throw .invalid("\(error.explanation).")
    }
    let codes = schedule.codes
    guard let first = codes.first, first.end > now else {
      throw .invalid("ends_at must be in the future; a one-time code ends 24 hours after the hour of its starts_at.")
    }
    guard first.firstUseEnd > now else {
      throw .invalid(
        "An offline access code of more than 24 hours must be used within 24 hours of its start, and that time is over. Give a later starts_at."
      )
    }
    for code in codes where book.record(of: code) == nil {
      let pin = try Self.pin(of: code, key: book.key)
      let isTaken =
        book.blocks(pin, at: now) || door.ledger.codes.values.contains { $0.terms.pin == pin }
        || door.ledger.strangers.values.contains { $0.pin == pin }
      if !isTaken { return code }
    }
    throw .invalid(
      "All \(codes.count) offline access codes with this start and length are given out. Take another hour to start or another length, or make an online code."
    )
  }

  private static func pin(of code: OfflineCode, key: OfflineDoorKey) throws(RequestFault) -> PINCode {
    do {
      return try key.pin(of: code)
    } catch {
      throw .storeUnavailable("The cryptographic library of the gateway does not work; see that libsodium is there.")
    }
  }
}
