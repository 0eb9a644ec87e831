internal import Foundation
public import LockCore

/// What clients of the API play at simulated locks. All of it happens at the lock's side; the gateway has to notice.
extension SyncEngine {
  /// How long is waited for the gateway to notice what was done to a connection: a silent line takes a while.
  private static let noticing = Duration.seconds(20)

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

  /// Changes the connection to a simulated lock, and returns once the gateway has noticed, or after 20 s.
  /// - Throws: ``RequestFault``; nothing was done.
  public func simulate(_ change: LockSimulation.ConnectionChange, at id: LockID) async throws(RequestFault) {
    guard let changeConnection = try self.site.anyDoor(id).definition.simulation?.changeConnection else {
      throw .deviceTypeNotSupported("Only simulated devices can be disconnected and connected from here")
    }
    let connection = await changeConnection(change)
    let deadline = ContinuousClock.now + Self.noticing
    while let door = self.site.doors[id], ContinuousClock.now < deadline,
      door.carrier != connection.carrier || door.ledger.isReachable != connection.isUp
    {
      await self.wait(for: Self.connection(of: id), patience: deadline - ContinuousClock.now)
      if Task.isCancelled { return }
    }
  }

  /// What waits for a change of a lock's connection waits for this.
  static func connection(of lock: LockID) -> String { "connection of \(lock.rawValue)" }

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
