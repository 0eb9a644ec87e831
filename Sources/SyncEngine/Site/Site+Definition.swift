internal import LockCore

/// What the configuration says is there, at the start and whenever it is read again.
extension Site {
  /// Loads what the store knows of an adapter.
  mutating func load(_ account: SiteDefinition.Account, at now: Timestamp) throws {
    let (id, createdAt) = try self.store.account(named: account.key, at: now)
    self.accounts[account.key] = Adapter(
      id: id, definition: account, createdAt: createdAt, isToldGone: try self.store.isToldGone(account: id))
  }

  /// Loads what the store knows of a lock.
  mutating func load(_ lock: SiteDefinition.Lock, at now: Timestamp) throws {
    let row = try self.store.lock(named: lock.key, at: now)
    let ledger = try self.store.ledger(
      of: row.id, capabilities: lock.capabilities(reportedCodeLengths: row.reportedCodeLengths), policy: self.policy)
    var door = Door(
      id: row.id, definition: lock, account: self.accounts[lock.account]?.id ?? "", createdAt: row.createdAt,
      nickname: row.nickname, customMetadata: row.customMetadata, ledger: ledger, loadedAt: now)
    (door.told, door.backupPool) = (row.told, row.backupPool)
    if lock.capabilities.verifiesOfflineCodes { door.offline = try self.store.offlineBook(of: row.id, at: now) }
    if row.told.isConnected == false { door.loss = .unreachable }
    if lock.carrier != nil {
      // Until it says so itself, what was told of it holds.
      (door.carrier.isEnrolled, door.carrier.isSubscribed) = (!row.told.isRemoved, row.told.unpaidSince == nil)
    }
    for id in ledger.codes.keys { self.homes[id] = row.id }
    door.waiting = try self.store.attempts(ids: nil, lock: row.id, onlyPending: true)
    self.doors[row.id] = door
    self.lockIDs[lock.key] = row.id
  }

  /// Forgets what is held in memory of a lock; what the store keeps of it stays.
  private mutating func unload(_ lock: LockID) {
    guard let door = self.doors.removeValue(forKey: lock) else { return }
    self.lockIDs[door.definition.key] = nil
    self.homes = self.homes.filter { $0.value != lock }
    self.errands = self.errands.filter { $0.value.lock != lock }
    self.deadlines.set(lock, to: nil)
  }

  /// The configuration says something else. Locks whose link goes on keep all that is known of them; the others, whose
  /// link was closed before this, begin again as after a restart. A lock that is named no longer keeps its codes in
  /// the store, for the case that it comes back.
  /// - Parameters:
  ///   - definition: what is there now.
  ///   - closed: the locks whose link was closed.
  /// - Throws: what the store says; nothing was changed then.
  mutating func definitionChanged(
    to definition: SiteDefinition, closed: Set<LockID>, at now: Timestamp
  ) throws -> [Effect] {
    var next = self
    (next.name, next.timeZone) = (definition.name, definition.timeZone)
    (next.backupPoolSize, next.retention) = (definition.backupPoolSize, definition.retention)
    if next.retention != self.retention {
      next.nextPruning = min(next.nextPruning, now + Self.pruningDelay)
    }
    let accounts = Set(definition.accounts.map(\.key))
    next.accounts = next.accounts.filter { accounts.contains($0.key) }
    for account in definition.accounts {
      if next.accounts[account.key]?.definition == nil {
        try next.load(account, at: now)
      } else {
        next.accounts[account.key]?.definition = account
      }
    }
    let locks = Dictionary(definition.locks.map { ($0.key, $0) }, uniquingKeysWith: { $1 })
    for (key, id) in self.lockIDs {
      if let lock = locks[key], !closed.contains(id) {
        next.doors[id]?.definition = lock
      } else {
        next.unload(id)
      }
    }
    var begun: [LockID] = []
    for lock in definition.locks where next.lockIDs[lock.key] == nil {
      try next.load(lock, at: now)
      if let id = next.lockIDs[lock.key] { begun.append(id) }
    }
    self = next
    return self.begin(begun, at: now)
  }

  private mutating func begin(_ locks: [LockID], at now: Timestamp) -> [Effect] {
    var effects: [Effect] = []
    for lock in locks.sorted() {
      effects += self.change(lock, .started, at: now)
      // Who is told only of changes would never hear that the adapter is gone already.
      if let door = self.doors[lock], self.accounts[door.definition.account]?.fault != nil {
        effects += self.change(lock, .adapterChanged(isGone: true), at: now)
      }
    }
    effects += self.forgetAbsentDoors(at: now)
    // More or fewer codes may be wanted in their pools, and a name may be another.
    for lock in self.doors.keys.sorted() where !locks.contains(lock) { effects += self.change(lock, nil, at: now) }
    return effects
  }
}
