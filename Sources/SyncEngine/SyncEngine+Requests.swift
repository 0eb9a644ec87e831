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

  /// Makes one access code on each of some locks, all or none, in their order.
  /// - Throws: ``RequestFault``; nothing was changed.
  public func createLinked(_ request: NewLinkedAccessCodes) throws(RequestFault) -> [AccessCodeView] {
    let (ids, effects) = try self.site.createLinked(request, at: self.now())
    let views = try ids.map { id throws(RequestFault) in try self.accessCode(id, isManaged: true) }
    self.perform(effects)
    return views
  }

  /// Changes all access codes that share a key, all or none.
  /// - Throws: ``RequestFault``; nothing was changed.
  public func updateLinked(_ change: LinkedAccessCodesChange) throws(RequestFault) {
    self.perform(try self.site.updateLinked(change, at: self.now()))
  }

  /// Takes a code out of the backup pool in place of another; a repeat finds the same one.
  /// - Throws: ``RequestFault``; nothing was changed.
  public func pullBackup(
    for id: AccessCodeID
  ) throws(RequestFault) -> (original: AccessCodeView, backup: AccessCodeView) {
    let (backup, effects) = try self.site.pullBackup(for: id, at: self.now())
    self.perform(effects)
    return (try self.accessCode(id, isManaged: true), try self.accessCode(backup, isManaged: true))
  }

  /// Switches the backup pool of a lock on or off; off removes the codes that wait in it.
  /// - Throws: ``RequestFault``; nothing was changed.
  public func keepBackups(_ isEnabled: Bool, on device: LockID) throws(RequestFault) {
    self.perform(try self.site.keepBackups(isEnabled, on: device, at: self.now()))
  }

  /// A PIN that the lock takes and that is free on it; nothing is reserved.
  /// - Throws: ``RequestFault``.
  public func generateCode(for device: LockID) throws(RequestFault) -> PINCode {
    try self.site.draw(for: [self.site.door(device)], preferredLength: nil, at: self.now())
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
}
