internal import LockCore

/// What the world is told about codes, in the API's words.
extension Site {
  func drafts(of event: CodeEvent, door: Door, before: LockLedger, at now: Timestamp) -> [EventDraft] {
    func draft(_ type: EventType, _ code: AccessCodeID, _ members: [String: JSONValue] = [:]) -> EventDraft {
      door.event(type, of: code, at: now, members)
    }
    func pin(_ id: AccessCodeID) -> JSONValue { .optional(door.ledger.codes[id]?.terms.pin.digits) }
    func withIssues(_ type: EventType, _ id: AccessCodeID) -> EventDraft {
      self.draft(type, of: id, door: door, at: now)
    }
    // Nobody sees the codes of the pool, so nothing is told of them until one is pulled.
    if let subject = event.managedCode, (door.ledger.codes[subject] ?? before.codes[subject])?.isInPool == true {
      return []
    }
    switch event {
    case .scheduled(let id): return [draft(.accessCodeScheduledOnDevice, id, ["code": pin(id)])]
    case .set(let id): return [draft(.accessCodeSetOnDevice, id, ["code": pin(id)])]
    case .removed(let id): return [draft(.accessCodeRemovedFromDevice, id)]
    case .deleted(let code):
      return [draft(.accessCodeDeleted, code.id, ["code": .string(code.terms.pin.digits)])]
    case .late(let id): return [withIssues(.accessCodeDelayInSettingOnDevice, id)]
    case .failedToSet(let id): return [withIssues(.accessCodeFailedToSetOnDevice, id)]
    case .failedToRemove(let id): return [withIssues(.accessCodeFailedToRemoveFromDevice, id)]
    case .modifiedAtLock(let id): return [draft(.accessCodeModifiedExternalToSeam, id)]
    case .removedAtLock(let id): return [draft(.accessCodeDeletedExternalToSeam, id)]
    case .strangerFound(let stranger): return [draft(.accessCodeUnmanagedCreated, stranger.id)]
    case .strangerGone(let stranger): return [draft(.accessCodeUnmanagedRemoved, stranger.id)]
    case .failedToEvict(let id): return [withIssues(.accessCodeFailedToRemoveFromDevice, id)]
    case .changed(let id, let from):
      guard let code = door.ledger.codes[id] else { return [] }
      return Self.changes(from: from, to: code.terms).map { change in
        draft(
          change.event, id,
          ["from": .object(change.from), "to": .object(change.to), "description": .string(change.description)])
      } + [
        draft(
          .accessCodeChanged, id,
          [
            "changed_properties": .array(
              Self.changes(from: from, to: code.terms).flatMap { change in
                change.to.keys.sorted().map { key in
                  ["property": .string(key), "from": change.from[key] ?? .null, "to": change.to[key] ?? .null]
                }
              })
          ])
      ]
    }
  }

  /// An event about a code, managed or not, that carries what is wrong.
  func draft(_ type: EventType, of id: AccessCodeID, door: Door, at now: Timestamp) -> EventDraft {
    let code =
      door.ledger.codes[id].map { self.view(of: $0, door: door, at: now) }
      ?? door.ledger.stranger(id).map { self.view(of: $0, door: door, at: now) }
    let none: [String: JSONValue] = ["access_code_errors": [], "access_code_warnings": []]
    return door.event(
      type, of: id, at: now, self.issueMembers(of: door, code: code).merging(none) { known, _ in known })
  }

  /// One difference between two sets of terms, in the API's words.
  struct TermsChange {
    var mutation: String
    var event: EventType
    var from: [String: JSONValue]
    var to: [String: JSONValue]
    var description: String
  }

  static func changes(from: CodeRecord.Terms, to: CodeRecord.Terms) -> [TermsChange] {
    var changes: [TermsChange] = []
    if from.name != to.name {
      changes.append(
        TermsChange(
          mutation: "updating_name", event: .accessCodeNameChanged, from: ["name": .optional(from.name)],
          to: ["name": .optional(to.name)], description: "The name was changed."))
    }
    if from.pin != to.pin {
      changes.append(
        TermsChange(
          mutation: "updating_code", event: .accessCodeCodeChanged, from: ["code": .string(from.pin.digits)],
          to: ["code": .string(to.pin.digits)], description: "The code was changed."))
    }
    if from.window != to.window {
      changes.append(
        TermsChange(
          mutation: "updating_time_frame", event: .accessCodeTimeFrameChanged, from: Self.members(from.window),
          to: Self.members(to.window), description: "The time frame was changed."))
    }
    return changes
  }

  static func members(_ window: TimeWindow?) -> [String: JSONValue] {
    ["starts_at": .optional(window?.start.iso8601), "ends_at": .optional(window?.end.iso8601)]
  }
}
