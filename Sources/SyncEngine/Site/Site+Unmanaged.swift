internal import LockCore

/// Codes and locks change hands.
extension Site {
  /// The code of others with this id.
  func findStranger(_ id: AccessCodeID) throws(RequestFault) -> (door: Door, stranger: StrangerRecord) {
    for door in self.doors.values {
      if let stranger = door.ledger.stranger(id) { return (door, stranger) }
    }
    throw .accessCodeNotFound
  }

  /// Makes a code of others ours as it is; what cannot be known before it is tried is told as an event (contract R82).
  mutating func convert(
    _ id: AccessCodeID, allowsExternalModification: Bool, at now: Timestamp
  ) throws(RequestFault) -> [Effect] {
    let (found, stranger) = try self.findStranger(id)
    let door = try self.door(found.id)
    guard door.ledger.canAdopt(stranger, at: now) else {
      throw .invalid(
        "The access code cannot be managed: the lock does not tell its PIN, or its times are over or other than a start and an end, or it is being deleted. Create a managed code instead."
      )
    }
    if door.ledger.codes.values.contains(where: { $0.terms.pin == stranger.pin && !$0.isInPool }) {
      let failure = self.draft(.accessCodeUnmanagedFailedToConvertToManaged, of: id, door: door, at: now)
      return try self.commitRequest(door.id, at: now) { _, draft in draft.add(failure) }
    }
    return try self.commitRequest(door.id, at: now) { door, draft in
      if let pin = stranger.pin { Self.yieldPool(to: pin, on: &door, at: now) }
      guard
        door.ledger.adopt(id, allowsExternalModification: allowsExternalModification, at: now) != nil
      else { return }
      draft.add(door.event(.accessCodeUnmanagedConvertedToManaged, of: id, at: now))
    }
  }

  /// Removes a code of others from its lock; a repeat returns the attempt that is under way (contract R65).
  mutating func evict(
    _ id: AccessCodeID, at now: Timestamp
  ) throws(RequestFault) -> (
    ActionAttempt, [Effect]
  ) {
    let (found, stranger) = try self.findStranger(id)
    let door = try self.door(found.id)
    guard !stranger.isIrremovable else {
      throw .invalid(
        "The access code cannot be deleted from here: the lock refuses to remove it. Remove it at the lock.")
    }
    if let running = door.waiting.first(where: { $0.code == id && $0.attempt.kind == "DELETE_ACCESS_CODE" }) {
      return (running.attempt, [])
    }
    let attempt = Self.attempt("DELETE_ACCESS_CODE", on: door.id, at: now)
    let effects = try self.commitRequest(door.id, at: now) { door, draft in
      door.ledger.evict(id, at: now)
      draft.add(attempt, for: id)
    }
    return (attempt, effects)
  }

  /// Lets go of a code of ours: it stays on the lock as a code of others (contract R57).
  mutating func handBack(
    _ id: AccessCodeID, device: LockID?, at now: Timestamp
  ) throws(RequestFault) -> (
    ActionAttempt, [Effect]
  ) {
    let (door, code) = try self.find(id)
    if let device, device != door.id { throw .accessCodeNotFound }
    guard !code.isDeleting else { throw .invalid("The access code is being deleted; it can no longer be changed.") }
    guard door.ledger.capabilities.codeStore != .gateway else {
      throw .invalid("The gateway itself keeps the codes of this device: they are managed or deleted.")
    }
    guard door.ledger.canRelease(id) else {
      throw .invalid(
        "The lock does not hold the access code now, so there is nothing to hand back. Wait until it is set, or delete it."
      )
    }
    let attempt = Self.attempt(
      "UPDATE_ACCESS_CODE", on: door.id, at: now, .success(["access_code": ["access_code_id": .string(id.rawValue)]]))
    let effects = try self.commitRequest(door.id, at: now) { door, draft in
      door.ledger.release(id)
      draft.add(attempt, for: id)
      draft.add(door.event(.accessCodeUnmanagedCreated, of: id, at: now))
    }
    return (attempt, effects)
  }

  /// Lets go of a lock with all its codes (contract R86).
  mutating func unmanage(_ lock: LockID, at now: Timestamp) throws(RequestFault) -> [Effect] {
    let door = try self.door(lock)
    guard door.ledger.capabilities.codeStore != .gateway || door.ledger.codes.values.allSatisfy(\.isInPool) else {
      throw .invalid(
        "The gateway itself keeps the codes of this device, and they would open it no more. Delete them first.")
    }
    return try self.commitRequest(lock, at: now) { door, draft in
      // What waits in the pool is nobody's yet: it goes from the lock.
      door.backupPool.isEnabled = false
      for code in door.ledger.codes.values where code.isInPool { Self.remove(code.id, from: &door, at: now) }
      let before = door.ledger.codes
      let lost = door.ledger.becameUnmanaged()
      for id in before.keys.sorted() where door.ledger.stranger(id) != nil {
        draft.add(door.event(.accessCodeUnmanagedCreated, of: id, at: now))
      }
      for code in lost {
        draft.add(door.event(.accessCodeDeleted, of: code.id, at: now, ["code": .string(code.terms.pin.digits)]))
      }
      draft.add(door.event(.deviceConvertedToUnmanaged, at: now))
    }
  }

  /// Takes a lock back; its codes stay those of others (contract R86).
  mutating func manage(_ lock: LockID, at now: Timestamp) throws(RequestFault) -> [Effect] {
    guard try !self.anyDoor(lock).ledger.isManaged else { throw .deviceManaged }
    return try self.commitRequest(lock, at: now) { door, draft in
      door.ledger.becameManaged()
      draft.add(door.event(.deviceUnmanagedConvertedToManaged, at: now))
    }
  }

  /// How an attempt to do something with what is now a code of others has ended; nil while it has not.
  static func outcome(of kind: String, for stranger: StrangerRecord) -> ActionAttempt.Status? {
    if kind == "DELETE_ACCESS_CODE", stranger.removal != nil { return nil }
    if kind == "DELETE_ACCESS_CODE", stranger.isIrremovable {
      return .error(
        type: "cannot_delete_unmanaged_access_code", message: "The lock refuses to remove it. Remove it at the lock.")
    }
    return .error(type: "access_code_unmanaged", message: "The access code or its device was made unmanaged meanwhile.")
  }
}
