internal import Foundation
internal import LockCore

/// Codes that are kept ready on a lock, to take the place of one that cannot be programmed in time (contract 5.12).
extension Site {
  /// So many backups in use at once are a sign that something is wrong with the lock.
  private static let mostActiveBackups = 2

  /// Keeps as many codes in the pool as it should hold: part of every happening, so that it is refilled at once, after
  /// any restart, and emptied when it is switched off. Never takes the last room from a code that somebody asked for.
  /// - Returns: true when codes were added or are to go.
  @discardableResult
  func keepBackupPool(of door: inout Door, at now: Timestamp) -> Bool {
    var hasChanged = false
    let waiting = door.ledger.codes.values.filter { $0.isInPool && !$0.isDeleting }
      .sorted { ($0.createdAt, $0.id) < ($1.createdAt, $1.id) }
    guard door.backupPool.isEnabled else {
      for code in waiting { Self.remove(code.id, from: &door, at: now) }
      door.backupPool.shortSince = nil
      return !waiting.isEmpty
    }
    if let youngest = waiting.last, Self.isWaitingForRoom(door, at: now) {
      Self.remove(youngest.id, from: &door, at: now)
      hasChanged = true
    } else {
      for _ in 0..<max(0, min(self.backupPoolSize - waiting.count, Self.room(on: door, at: now))) {
        guard let pin = try? self.draw(for: [door], preferredLength: nil, at: now) else { break }
        let id = Self.newCodeID()
        var code = CodeRecord(
          id: id, terms: .init(name: "Backup \(id.rawValue) (Seam)", pin: pin, window: nil), createdAt: now)
        code.isBackup = true
        door.ledger.codes[id] = code
        hasChanged = true
      }
    }
    let isFull = Self.readyBackups(on: door, at: now).count >= self.backupPoolSize
    door.backupPool.shortSince = isFull ? nil : door.backupPool.shortSince ?? now
    return hasChanged
  }

  /// The codes of the pool that the lock was seen to hold, oldest first.
  static func readyBackups(on door: Door, at now: Timestamp) -> [CodeRecord] {
    door.ledger.codes.values.filter {
      $0.isInPool && !$0.isDeleting && door.ledger.state(of: $0, at: now).isProven
    }.sorted { ($0.createdAt, $0.id) < ($1.createdAt, $1.id) }
  }

  /// Makes way for a PIN that somebody chose: a code in the pool may have any other.
  static func yieldPool(to pin: PINCode, on door: inout Door, at now: Timestamp) {
    for code in door.ledger.codes.values where code.isInPool && !code.isDeleting && code.terms.pin == pin {
      Self.remove(code.id, from: &door, at: now)
    }
  }

  /// How many more codes fit on a lock beside all that are asked for, preloaded ones included.
  private static func room(on door: Door, at now: Timestamp) -> Int {
    guard let most = door.ledger.capabilities.maximumCodes else { return .max }
    let asked = door.ledger.codes.values.filter { $0.isDeleting || door.ledger.presence(of: $0, at: now) != .over }
    return max(0, most - asked.count - door.ledger.strangers.count)
  }

  /// True when a code that somebody asked for finds no slot.
  private static func isWaitingForRoom(_ door: Door, at now: Timestamp) -> Bool {
    guard door.ledger.isFull, !door.ledger.codes.values.contains(where: { $0.isInPool && $0.isDeleting }) else {
      return false
    }
    return door.ledger.codes.values.contains {
      !$0.isInPool && door.ledger.presence(of: $0, at: now) == .due && door.ledger.slot(of: $0.id) == nil
    }
  }

  // MARK: Requests

  /// Takes a code out of the pool in place of another, with the other's end; a repeat finds the same one.
  /// - Returns: the id of the backup.
  mutating func pullBackup(
    for id: AccessCodeID, at now: Timestamp
  ) throws(RequestFault) -> (AccessCodeID, [Effect]) {
    let (door, original) = try self.find(id)
    guard let window = original.terms.window else { throw .accessCodeNotTimeBound }
    if original.isBackup { throw .invalid("A backup access code has no backup itself. Pull one for the original.") }
    if let pulled = original.pulledBackup, let backup = door.ledger.codes[pulled], !backup.isDeleting {
      return (pulled, [])
    }
    if original.isDeleting || now >= window.end {
      throw .invalid("The access code is over or being deleted, so nothing can take its place. Create a new one.")
    }
    guard door.backupPool.isEnabled else {
      throw .backupNotFound(
        "The device keeps no backup access codes. Create a code with use_backup_access_code_pool, or update the device with backup_access_code_pool_enabled."
      )
    }
    guard let backup = Self.readyBackups(on: door, at: now).first else {
      throw .backupNotFound(
        "No backup access code is on the lock yet; the pool is being filled. Try again when is_backup_access_code_available is true."
      )
    }
    let effects = try self.commitRequest(door.id, at: now) { door, draft in
      door.ledger.codes[id]?.pulledBackup = backup.id
      var pulled = backup
      pulled.pulledFor = id
      pulled.terms.window = TimeWindow(start: min(now, window.start), end: window.end)
      Self.renew(&pulled, at: now)
      // The lock holds it without an end until it has taken the new one, and it opens all the while.
      door.ledger.codes[backup.id] = pulled
      // It is seen from now on: what happened to it so far is told first.
      draft.add(door.event(.accessCodeCreated, of: backup.id, at: now))
      draft.add(door.event(.accessCodeSetOnDevice, of: backup.id, at: now, ["code": .string(backup.terms.pin.digits)]))
      draft.add(
        door.event(
          .accessCodeBackupAccessCodePulled, of: id, at: now, ["backup_access_code_id": .string(backup.id.rawValue)]))
    }
    return (backup.id, effects)
  }

  /// A backup ends when the code ends in whose place it was pulled.
  static func alignBackup(of code: CodeRecord, to end: Timestamp, on door: inout Door, at now: Timestamp) {
    guard let id = code.pulledBackup, var backup = door.ledger.codes[id], !backup.isDeleting,
      let window = backup.terms.window, window.end != end, window.start < end
    else { return }
    backup.terms.window = TimeWindow(start: window.start, end: end)
    Self.renew(&backup, at: now)
    door.ledger.codes[id] = backup
  }

  /// Switches the pool of a lock on or off.
  mutating func keepBackups(_ isEnabled: Bool, on lock: LockID, at now: Timestamp) throws(RequestFault) -> [Effect] {
    let door = try self.door(lock)
    guard door.backupPool.isEnabled != isEnabled else { return [] }
    return try self.commitRequest(lock, at: now) { door, _ in door.backupPool.isEnabled = isEnabled }
  }

  // MARK: What readers see

  /// What is wrong with the pool of a lock.
  func backupPoolIssues(of door: Door, at now: Timestamp) -> (errors: [Issue], warnings: [Issue]) {
    var (errors, warnings): ([Issue], [Issue]) = ([], [])
    let ready = Self.readyBackups(on: door, at: now).count
    if door.backupPool.isEnabled, let since = door.backupPool.shortSince {
      if ready == 0 {
        errors.append(
          Issue(
            code: "empty_backup_access_code_pool",
            message:
              "No backup access code is ready: the pool was just switched on or used up, or the lock has no room for it. It is filled as soon as the lock answers and has room.",
            createdAt: since, scope: .device))
      } else {
        warnings.append(
          Issue(
            code: "partial_backup_access_code_pool",
            message:
              "\(ready) of \(self.backupPoolSize) backup access codes are ready. The rest follows as soon as the lock answers and has room.",
            createdAt: since, scope: .device))
      }
    }
    let active = door.ledger.codes.values.filter {
      $0.pulledFor != nil && !$0.isDeleting && door.ledger.presence(of: $0, at: now) == .due
    }
    if active.count >= Self.mostActiveBackups, let newest = active.map(\.requestedAt).max() {
      warnings.append(
        Issue(
          code: "many_active_backup_codes",
          message:
            "\(active.count) backup access codes are in use: programming this lock goes wrong too often. Check its battery and its link.",
          createdAt: newest, scope: .device))
    }
    return (errors, warnings)
  }
}
