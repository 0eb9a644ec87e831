internal import Foundation
internal import GRDB
internal import LockCore

extension Store {
  /// Reads one lock's ledger.
  func ledger(of lock: LockID, capabilities: LockCapabilities, policy: SchedulingPolicy) throws -> LockLedger {
    try self.database.read { database in
      var ledger = LockLedger(lock: lock, capabilities: capabilities, policy: policy)
      if let row = try Row.fetchOne(database, sql: "SELECT * FROM lock WHERE id = ?", arguments: [lock.rawValue]) {
        ledger.order = row["ledger_order"]
        ledger.isInventoried = row["is_inventoried"]
        ledger.isManaged = row["is_managed"]
        ledger.knownChanges = (row["known_changes"] as Int64?).map { UInt32(truncatingIfNeeded: $0) }
        ledger.logCursor = (row["log_cursor"] as Int64?).map { UInt32(truncatingIfNeeded: $0) }
        if let index: Int64 = row["journalled_index"], let date: Int64 = row["journalled_at"] {
          ledger.journalled = JournalledRecord(
            index: UInt32(truncatingIfNeeded: index), date: Timestamp(milliseconds: date))
        }
      }
      for row in try Row.fetchAll(
        database, sql: "SELECT * FROM access_code WHERE lock_id = ?", arguments: [lock.rawValue])
      {
        let code = try CodeRecord(row, self.seal)
        ledger.codes[code.id] = code
      }
      for row in try Row.fetchAll(database, sql: "SELECT * FROM slot WHERE lock_id = ?", arguments: [lock.rawValue]) {
        let slot = try SlotRecord(row, self.seal)
        ledger.slots[slot.number] = slot
      }
      for row in try Row.fetchAll(
        database, sql: "SELECT * FROM stranger WHERE lock_id = ?", arguments: [lock.rawValue])
      {
        let stranger = try StrangerRecord(row, self.seal)
        ledger.strangers[stranger.slot] = stranger
      }
      return ledger
    }
  }

  /// Writes what differs between two states of a lock, and nothing else. Within the caller's transaction.
  func write(_ door: Door, over before: Door, at now: Timestamp, in database: Database) throws {
    if !door.ledger.isStored(as: before.ledger) {
      try self.write(door.ledger, over: before.ledger, at: now, in: database)
    }
    func write(_ value: some Encodable, to column: String) throws {
      try database.execute(
        sql: "UPDATE lock SET \(column) = ? WHERE id = ?",
        arguments: [String(decoding: try JSONEncoder().encode(value), as: UTF8.self), door.id.rawValue])
    }
    if door.told != before.told { try self.write(door.told, of: door.id, in: database) }
    try self.write(door.offline, over: before.offline, of: door.id, in: database)
    if door.backupPool != before.backupPool { try write(door.backupPool, to: "backup_pool") }
    if door.nickname != before.nickname || door.customMetadata != before.customMetadata {
      try self.write(nickname: door.nickname, customMetadata: door.customMetadata, of: door.id, in: database)
    }
  }

  /// Writes what differs between two states of a ledger, and nothing else. Within the caller's transaction.
  func write(_ ledger: LockLedger, over before: LockLedger, at now: Timestamp, in database: Database) throws {
    let lock = ledger.lock.rawValue
    if (ledger.order, ledger.isInventoried) != (before.order, before.isInventoried)
      || (ledger.knownChanges, ledger.logCursor) != (before.knownChanges, before.logCursor)
      || ledger.journalled != before.journalled || ledger.isManaged != before.isManaged
    {
      try database.execute(
        sql: """
          UPDATE lock SET ledger_order = ?, is_inventoried = ?, known_changes = ?, log_cursor = ?,
            journalled_index = ?, journalled_at = ?, is_managed = ?
          WHERE id = ?
          """,
        arguments: [
          ledger.order, ledger.isInventoried, ledger.knownChanges.map { Int64($0) }, ledger.logCursor.map { Int64($0) },
          ledger.journalled.map { Int64($0.index) }, ledger.journalled?.date.milliseconds, ledger.isManaged, lock,
        ])
    }
    for (id, code) in ledger.codes where before.codes[id] != code {
      try code.write(lock: lock, in: database, with: self.seal)
    }
    for id in before.codes.keys where ledger.codes[id] == nil {
      try database.execute(sql: "DELETE FROM access_code WHERE id = ?", arguments: [id.rawValue])
    }
    for (number, slot) in ledger.slots where before.slots[number] != slot {
      try slot.write(lock: lock, in: database, with: self.seal)
      try self.recordTenancy(slot, over: before.slots[number], lock: lock, at: now, in: database)
    }
    for (number, slot) in before.slots where ledger.slots[number] == nil {
      try database.execute(sql: "DELETE FROM slot WHERE lock_id = ? AND number = ?", arguments: [lock, number])
      try self.recordTenancy(SlotRecord(number: number), over: slot, lock: lock, at: now, in: database)
    }
    for (slot, stranger) in ledger.strangers where before.strangers[slot] != stranger {
      try stranger.write(lock: lock, in: database, with: self.seal)
    }
    let kept = Set(ledger.strangers.values.map(\.id))
    for stranger in before.strangers.values where !kept.contains(stranger.id) {
      try database.execute(sql: "DELETE FROM stranger WHERE id = ?", arguments: [stranger.id.rawValue])
    }
  }

  private func recordTenancy(
    _ slot: SlotRecord, over before: SlotRecord?, lock: String, at now: Timestamp, in database: Database
  ) throws {
    guard slot.holder != before?.holder else { return }
    try database.execute(
      sql: "UPDATE tenancy SET ended_at = ? WHERE lock_id = ? AND slot = ? AND ended_at IS NULL",
      arguments: [now.milliseconds, lock, slot.number])
    if let holder = slot.holder {
      try database.execute(
        sql: "INSERT INTO tenancy (lock_id, slot, access_code_id, began_at) VALUES (?, ?, ?, ?)",
        arguments: [lock, slot.number, holder.rawValue, now.milliseconds])
    }
  }

  /// Forgets events, finished attempts and ended tenancies from before a date each; so many at a time, that nobody waits
  /// for it. An event that a webhook is still tried with stays.
  /// - Parameters:
  ///   - spared: locks whose tenancies all stay.
  ///   - limit: how many of each at most.
  /// - Returns: true when nothing is left to forget.
  func prune(
    eventsBefore eventDate: Timestamp, attemptsBefore attemptDate: Timestamp,
    tenanciesBefore tenancyDate: Timestamp, sparing spared: Set<LockID> = [], atMost limit: Int = 5000
  ) throws -> Bool {
    let spared = try Self.text(.array(spared.sorted().map { .string($0.rawValue) }))
    let past: [(table: String, condition: String, arguments: [any DatabaseValueConvertible])] = [
      (
        "event", "created_at < ? AND sequence NOT IN (SELECT sequence FROM webhook_trial)",
        [eventDate.milliseconds]
      ),
      ("action_attempt", "created_at < ? AND status <> 'pending'", [attemptDate.milliseconds]),
      (
        "tenancy", "ended_at < ? AND lock_id NOT IN (SELECT value FROM json_each(?))",
        [tenancyDate.milliseconds, spared]
      ),
    ]
    return try self.database.write { database in
      var isDone = true
      for (table, condition, arguments) in past {
        try database.execute(
          sql: "DELETE FROM \(table) WHERE rowid IN (SELECT rowid FROM \(table) WHERE \(condition) LIMIT ?)",
          arguments: StatementArguments(arguments + [limit]))
        if database.changesCount == limit { isDone = false }
      }
      return isDone
    }
  }

  /// A lock's log and its clock tell whole seconds: a code may seem to be used so long before it was there.
  static let logPrecision = Duration.seconds(2)
  /// An entry may be dated by its end: a motor takes some seconds, in which the code may have been deleted.
  private static let longestEntry = Duration.seconds(10)

  /// Who held a slot at an instant; nil when nobody of ours did.
  func tenant(of slot: Int, lock: LockID, at date: Timestamp) throws -> AccessCodeID? {
    try self.database.read { database in
      try String.fetchOne(
        database,
        sql: """
          SELECT access_code_id FROM tenancy
          WHERE lock_id = ? AND slot = ? AND began_at <= ? AND (ended_at IS NULL OR ended_at > ?)
          ORDER BY began_at DESC LIMIT 1
          """,
        arguments: [
          lock.rawValue, slot, (date + Self.logPrecision).milliseconds,
          (date - Self.longestEntry).milliseconds,
        ]
      ).map(AccessCodeID.init(rawValue:))
    }
  }
}

extension LockLedger {
  /// True when everything that is stored of a ledger is the same in both.
  func isStored(as other: LockLedger) -> Bool {
    (self.order, self.isInventoried, self.isManaged) == (other.order, other.isInventoried, other.isManaged)
      && (self.knownChanges, self.logCursor, self.journalled)
        == (other.knownChanges, other.logCursor, other.journalled)
      && self.codes == other.codes && self.slots == other.slots && self.strangers == other.strangers
  }
}
