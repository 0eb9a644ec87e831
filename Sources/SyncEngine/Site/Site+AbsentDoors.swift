internal import GRDB
internal import LockCore

/// Doors that are configured no longer.
extension Site {
  /// Tells of the locks that the configuration names no longer, and ends what was asked of them. Their codes stay in
  /// the store, for the case that they come back.
  mutating func forgetAbsentDoors(at now: Timestamp) -> [Effect] {
    do {
      var effects: [Effect] = []
      for (lock, told) in try self.store.listedLocks(except: Set(self.doors.keys)).sorted(by: { $0.key < $1.key }) {
        effects += try self.forget(lock, told, at: now)
        effects.append(.note("\(lock): configured no longer; its codes are not looked after any more"))
      }
      return effects
    } catch {
      return [.note(Note("store: what is configured no longer cannot be told: \(Store.reason(of: error))", .warning))]
    }
  }

  private mutating func forget(_ lock: LockID, _ told: Door.Told, at now: Timestamp) throws -> [Effect] {
    var told = told
    let event = told.account.map {
      EventDraft(type: .deviceRemoved, lock: lock, account: $0, occurredAt: now)
    }
    (told.isListed, told.isConnected, told.disconnectedAt) = (false, nil, nil)
    let pending = try self.store.attempts(ids: nil, lock: lock, onlyPending: true)
    let createdAt = max(now, self.newestEvent + .milliseconds(1))
    try self.store.database.write { [workspaceID, store, told] database in
      try store.write(told, of: lock, in: database)
      try store.append([event].compactMap(\.self), workspace: workspaceID, at: createdAt, in: database)
      for (attempt, code) in pending {
        var ended = attempt
        ended.status = .error(
          type: "device_removed", message: "The lock was taken out of the configuration before it was done.")
        try store.write(ended, code: code, in: database)
      }
    }
    self.newestEvent = createdAt
    return pending.map { .attemptFinished($0.attempt.id) }
  }
}
