internal import Foundation
public import LockCore

/// What clients of the API ask for.
extension SyncEngine {
  /// Makes an access code; it is synced when this returns, and programmed after.
  /// - Throws: ``RequestFault``; nothing was changed.
  public func create(_ request: NewAccessCode) throws(RequestFault) -> (AccessCodeView, ActionAttempt) {
    let (id, attempt, effects) = try self.site.create(request, at: self.now())
    let view = try self.accessCode(id, isManaged: true)
    self.perform(effects)
    return (view, attempt)
  }

  /// Changes an access code.
  /// - Throws: ``RequestFault``; nothing was changed.
  public func update(_ change: AccessCodeChange) throws(RequestFault) -> ActionAttempt {
    let (attempt, effects) = try self.site.update(change, at: self.now())
    self.perform(effects)
    return attempt
  }

  /// Deletes an access code; a repeat returns the attempt that is under way.
  /// - Throws: ``RequestFault``; nothing was changed.
  public func delete(_ id: AccessCodeID, device: LockID?) throws(RequestFault) -> ActionAttempt {
    let (attempt, effects) = try self.site.delete(id, device: device, at: self.now())
    self.perform(effects)
    return attempt
  }

  /// A PIN that the lock takes and that is free on it; nothing is reserved.
  /// - Throws: ``RequestFault``.
  public func generateCode(for device: LockID) throws(RequestFault) -> PINCode {
    try Site.draw(for: self.site.door(device), preferredLength: nil, at: self.now())
  }

  /// Keeps the code lengths that a client reports of a lock, each 4 to 20; they count where the lock cannot tell its
  /// own (contract R26).
  /// - Throws: ``RequestFault``; nothing was changed.
  public func reportCodeLengths(_ lengths: [Int], of lock: LockID) throws(RequestFault) {
    self.perform(try self.site.reportCodeLengths(lengths, of: lock, at: self.now()))
  }

  /// Begins to lock a door.
  /// - Throws: ``RequestFault``; nothing was done.
  public func lockDoor(_ id: LockID) throws(RequestFault) -> ActionAttempt {
    guard try self.site.door(id).definition.capabilities.canLockRemotely else {
      throw .invalid("This device cannot be locked remotely")
    }
    return try self.act("LOCK_DOOR", .lock, on: id)
  }

  /// Begins to open a door.
  /// - Throws: ``RequestFault``; nothing was done.
  public func unlockDoor(_ id: LockID) throws(RequestFault) -> ActionAttempt {
    guard try self.site.door(id).definition.capabilities.canUnlockRemotely else {
      throw .invalid("This device cannot be unlocked remotely")
    }
    return try self.act("UNLOCK_DOOR", .unlock, on: id)
  }

  private func act(_ kind: String, _ command: LockCommand, on lock: LockID) throws(RequestFault) -> ActionAttempt {
    do {
      let (attempt, effects) = try self.site.act(kind, command, on: lock, at: self.now())
      self.perform(effects)
      return attempt
    } catch {
      throw .storeUnavailable("The gateway cannot write its store (\(Store.reason(of: error))).")
    }
  }

  /// Types digits at a simulated door.
  /// - Throws: ``RequestFault``; nothing was typed.
  public func simulateKeypadEntry(_ id: LockID, digits: PINCode) throws(RequestFault) -> ActionAttempt {
    guard let simulation = try self.site.door(id).definition.simulation else {
      throw .deviceTypeNotSupported("Only simulated devices can be typed at from here")
    }
    return try self.simulate("SIMULATE_KEYPAD_CODE_ENTRY", on: id) {
      // Done when the journal has what came of it, so that whoever waits for the attempt can read the event.
      async let entry: Void = self.wait(for: id.rawValue, patience: .seconds(5))
      await simulation.type(digits)
      await entry
    }
  }

  /// Locks a simulated door by hand.
  /// - Throws: ``RequestFault``; nothing was done.
  public func simulateManualLock(_ id: LockID) throws(RequestFault) -> ActionAttempt {
    guard let lockByHand = try self.site.door(id).definition.simulation?.lockByHand else {
      throw .deviceTypeNotSupported("Only simulated devices with a lock button can be locked by hand from here")
    }
    return try self.simulate("SIMULATE_MANUAL_LOCK_VIA_KEYPAD", on: id, lockByHand)
  }

  private func simulate(
    _ kind: String, on lock: LockID, _ act: @escaping @Sendable () async -> Void
  )
    throws(RequestFault) -> ActionAttempt
  {
    let attempt: ActionAttempt
    do {
      attempt = try self.site.begin(kind, on: lock, at: self.now())
    } catch {
      throw .storeUnavailable("The gateway cannot write its store (\(Store.reason(of: error))).")
    }
    Task {
      await act()
      self.perform(self.site.succeeded(attempt, at: self.now()))
    }
    return attempt
  }
}
