internal import Foundation
public import LockCore

/// What clients ask for of codes and locks that are not managed.
extension SyncEngine {
  /// Makes an unmanaged code managed: same id, PIN, times and place on the lock (contract R82).
  /// - Throws: ``RequestFault``; nothing was changed.
  public func convertToManaged(_ id: AccessCodeID, allowsExternalModification: Bool) throws(RequestFault) {
    self.perform(
      try self.site.convert(id, allowsExternalModification: allowsExternalModification, at: self.now()))
  }

  /// Removes an unmanaged code from its lock; a repeat returns the attempt that is under way (contract R65).
  /// - Throws: ``RequestFault``; nothing was changed.
  public func deleteUnmanaged(_ id: AccessCodeID) throws(RequestFault) -> ActionAttempt {
    let (attempt, effects) = try self.site.evict(id, at: self.now())
    self.perform(effects)
    return attempt
  }

  /// Makes a managed code unmanaged; it stays on the lock (contract R57).
  /// - Throws: ``RequestFault``; nothing was changed.
  public func convertToUnmanaged(_ id: AccessCodeID, device: LockID?) throws(RequestFault) -> ActionAttempt {
    let (attempt, effects) = try self.site.handBack(id, device: device, at: self.now())
    self.perform(effects)
    return attempt
  }

  /// Makes a lock unmanaged or managed, with what follows for its codes (contract R86).
  /// - Throws: ``RequestFault``, for example ``RequestFault/deviceManaged``; nothing was changed.
  public func setManaged(_ isManaged: Bool, device: LockID) throws(RequestFault) {
    let now = self.now()
    self.perform(try isManaged ? self.site.manage(device, at: now) : self.site.unmanage(device, at: now))
  }

  static func newCode(on lock: LockID) -> String { "code on \(lock.rawValue)" }

  /// Puts a code into a simulated lock at its own side, and waits until the gateway has found it there (contract R151).
  /// - Throws: ``RequestFault``.
  public func simulateUnmanagedCode(
    on id: LockID, pin: PINCode, name: String
  ) async throws(RequestFault) -> AccessCodeView {
    let door = try self.site.door(id)
    guard let addCode = door.definition.simulation?.addCode else {
      throw .deviceTypeNotSupported("Only simulated devices that keep codes themselves can be given one from here")
    }
    guard door.ledger.isReachable else {
      throw .invalid("The device is offline: nobody would hear of the code. Try again once it is online.")
    }
    let known = Set(door.ledger.strangers.values.map(\.id))
    switch await addCode(pin, name) {
    case .stored: break
    case .refused(let reason): throw .invalid("The device does not take the code: \(reason)")
    case .duplicate:
      let (codes, strangers) = (door.ledger.codes.values, door.ledger.strangers.values)
      let twin = codes.first { $0.terms.pin == pin }?.id ?? strangers.first { $0.pin == pin }?.id
      guard let twin else { throw .invalid("The device does not take the code: it has the PIN already") }
      throw .duplicateAccessCode(existing: twin)
    }
    let deadline = ContinuousClock.now + .seconds(25)
    while !Task.isCancelled {
      let new = try self.site.anyDoor(id).ledger.strangers.values.filter { !known.contains($0.id) }
      if let found = new.first(where: { $0.pin == pin }) ?? new.first(where: { $0.pin == nil && $0.name == name }) {
        return try self.accessCode(found.id, isManaged: false)
      }
      guard ContinuousClock.now < deadline else { break }
      await self.wait(for: Self.newCode(on: id), patience: .milliseconds(500))
    }
    throw .invalid(
      "The device has the code now, but the gateway has not heard of it yet: it will be in /access_codes/unmanaged/list."
    )
  }
}
