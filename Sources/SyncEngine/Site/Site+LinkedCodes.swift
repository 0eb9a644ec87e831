internal import Foundation
internal import LockCore

/// Access codes on several locks that share one PIN (contract 5.8).
extension Site {
  /// What a request was answered with, should the client repeat it because the answer was lost.
  struct Reply {
    /// Hash of the request.
    var request: String
    /// The codes that were made.
    var codes: [AccessCodeID]
  }

  /// An SDK repeats a PUT whose answer was lost at most so much later: its time-out, twice.
  private static let replayTime = Duration.seconds(90)

  /// The codes that share a key, with their doors; none for nil.
  func members(of key: String?) -> [(door: Door, code: CodeRecord)] {
    guard let key else { return [] }
    return self.doors.values.flatMap { door in
      door.ledger.codes.values.filter { $0.commonCodeKey == key && !$0.isDeleting && !$0.isInPool }
        .map { (door, $0) }
    }.sorted { ($0.code.createdAt, $0.code.id) < ($1.code.createdAt, $1.code.id) }
  }

  /// The PIN that a new code must have: that of the group it joins, else the one that was asked for.
  func pin(sharedBy key: String?, asked: PINCode?) throws(RequestFault) -> PINCode? {
    guard let shared = self.members(of: key).first?.code.terms.pin else { return asked }
    guard asked == nil || asked == shared else {
      throw .invalid("Codes with this common_code_key have another PIN. Leave the code out, or use another key.")
    }
    return shared
  }

  /// Makes one code on each of some locks, all or none of them, in the order of the locks.
  mutating func createLinked(
    _ request: NewLinkedAccessCodes, at now: Timestamp
  ) throws(RequestFault) -> ([AccessCodeID], [Effect]) {
    if let repeated = request.replayKey, let codes = self.reply(to: repeated, at: now) { return (codes, []) }
    let doors = try request.devices.map { id throws(RequestFault) in try self.door(id) }
    try Self.check(request.template.window, at: now)
    if request.template.usesBackupPool, request.template.window == nil { throw .accessCodeNotTimeBound }
    for door in doors {
      try Self.check(door, isOfflineAllowed: request.template.attemptsForOfflineDevice)
      try Self.checkKeypad(of: door)
    }
    let pins = try self.pins(for: request, on: doors, at: now)
    let key = "auto_set_by_create_multiple_\(UUID().uuidString.lowercased())"
    var codes: [LockID: CodeRecord] = [:]
    for door in doors {
      guard let (pin, isShared) = pins[door.id] else { continue }
      var code = Self.record(of: request.template, pin: pin, at: now)
      // A PIN that the client chose is known to it: such codes are changed one by one.
      code.commonCodeKey = isShared && request.template.pin == nil ? key : nil
      codes[door.id] = code
    }
    let ids = request.devices.compactMap { codes[$0]?.id }
    let effects = try self.commitRequest(request.devices, at: now) { door, draft in
      guard let code = codes[door.id] else { return }
      Self.add(code, usesBackupPool: request.template.usesBackupPool, to: &door, at: now, into: &draft)
      draft.add(Self.attempt("CREATE_ACCESS_CODE", on: door.id, at: now), for: code.id)
      draft.reply = request.replayKey.map { Reply(request: $0, codes: ids) }
    }
    return (ids, effects)
  }

  func reply(to request: String, at now: Timestamp) -> [AccessCodeID]? {
    guard let codes = try? self.store.reply(to: request, since: now - Self.replayTime),
      codes.allSatisfy({ self.home(of: $0) != nil })
    else { return nil }
    return codes
  }

  /// Which PIN each lock gets, and whether it is the one they share.
  private func pins(
    for request: NewLinkedAccessCodes, on doors: [Door], at now: Timestamp
  ) throws(RequestFault) -> [LockID: (pin: PINCode, isShared: Bool)] {
    var sharing = doors
    if request.mayDiffer {
      sharing = Self.largestGroup(of: doors, preferredLength: request.template.preferredLength)
      if let wanted = request.template.pin {
        sharing = doors.filter { door in (try? Self.check(wanted, for: nil, on: door, at: now)) != nil }
      }
    } else if let wanted = request.template.pin {
      for door in doors { try Self.check(wanted, for: nil, on: door, at: now) }
    }
    var pins: [LockID: (PINCode, Bool)] = [:]
    var shared = request.template.pin
    if shared == nil, !sharing.isEmpty {
      do {
        shared = try self.draw(for: sharing, preferredLength: request.template.preferredLength, at: now)
      } catch {
        guard request.mayDiffer else { throw error }
      }
    }
    if let shared { for door in sharing { pins[door.id] = (shared, true) } }
    for door in doors where pins[door.id] == nil {
      let pin = try self.draw(for: [door], preferredLength: request.template.preferredLength, at: now)
      pins[door.id] = (pin, false)
    }
    return pins
  }

  /// The doors that take PINs of the length which most of them take; of equal ones the preferred, then the shortest.
  private static func largestGroup(of doors: [Door], preferredLength: Int?) -> [Door] {
    let lengths = Set(doors.flatMap(\.ledger.capabilities.pins.lengths)).sorted()
    let groups = lengths.map { length in
      (length: length, doors: doors.filter { $0.ledger.capabilities.pins.lengths.contains(length) })
    }
    let most = groups.map(\.doors.count).max() ?? 0
    let largest = groups.filter { $0.doors.count == most }
    return (largest.first { $0.length == preferredLength } ?? largest.first)?.doors ?? doors
  }

  /// Changes the names and the times of all codes that share a key and are not over, all or none of them.
  mutating func updateLinked(_ change: LinkedAccessCodesChange, at now: Timestamp) throws(RequestFault) -> [Effect] {
    let all = self.members(of: change.key)
    guard !all.isEmpty else { throw .accessCodeNotFound }
    let members = all.filter { $0.door.ledger.presence(of: $0.code, at: now) != .over }
    guard !members.isEmpty else {
      throw .invalid("The access codes have expired: only active or upcoming codes can be changed together.")
    }
    var updated: [AccessCodeID: (code: CodeRecord, before: CodeRecord, changes: [TermsChange])] = [:]
    for (_, before) in members {
      var one = AccessCodeChange(id: before.id)
      (one.name, one.startsAt, one.endsAt) = (change.name, change.startsAt, change.endsAt)
      var code = try Self.changed(before, by: one, at: now)
      let changes = Self.changes(from: before.terms, to: code.terms)
      guard !changes.isEmpty else { continue }
      Self.renew(&code, at: now)
      updated[before.id] = (code, before, changes)
    }
    guard !updated.isEmpty else { return [] }
    return try self.commitRequest(members.map(\.door.id), at: now) { door, draft in
      for (code, before, changes) in updated.values where door.ledger.codes[code.id] != nil {
        Self.put(code, over: before, changes, on: &door, at: now, into: &draft)
        draft.add(Self.attempt("UPDATE_ACCESS_CODE", on: door.id, at: now), for: code.id)
      }
    }
  }
}
