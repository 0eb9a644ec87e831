internal import LockCore

/// What readers see of what others did at a lock.
extension Site {
  func view(of stranger: StrangerRecord, door: Door, at now: Timestamp) -> AccessCodeView {
    let window = stranger.window.flatMap { window in
      window.start > .distantPast || (window.end < .distantFuture && window.end > .distantPast) ? window : nil
    }
    var (errors, warnings): ([Issue], [Issue]) = ([], [])
    if let problem = stranger.removal?.problem {
      errors.append(
        Issue(code: problem.code, message: problem.message, createdAt: problem.since, scope: .accessCode))
    }
    if stranger.window?.end == .distantPast {
      errors.append(
        Issue(
          code: "access_code_inactive", message: "The code is on the lock, but disabled there: it does not open.",
          createdAt: stranger.foundAt, scope: .accessCode))
    }
    if let pin = stranger.pin, let twin = door.ledger.codes.values.first(where: { $0.terms.pin == pin }) {
      errors.append(
        Issue(
          code: ErrorCode.duplicate,
          message: "A managed access code of this device has the same PIN. Delete one of them or change its PIN.",
          createdAt: max(stranger.foundAt, twin.requestedAt), scope: .accessCode,
          members: ["managed_access_code_id": .string(twin.id.rawValue)]))
    }
    if let removal = stranger.removal {
      warnings.append(
        Issue(
          code: "being_deleted", message: "The code is being removed from the lock.", createdAt: removal.requestedAt,
          scope: .accessCode))
    }
    var view = AccessCodeView(
      id: stranger.id, device: door.id, isManaged: false, name: stranger.name, pin: stranger.pin,
      window: window, status: door.ledger.isUsable(stranger, at: now) ? .set : .unset, createdAt: stranger.foundAt,
      isScheduledOnDevice: false, isExternalModificationAllowed: false, nameOnLock: stranger.name,
      pendingMutations: [], errors: errors + self.errors(of: door), warnings: warnings)
    view.canBeManaged = stranger.removal != nil || door.ledger.canAdopt(stranger, at: now)
    view.canBeDeleted = !stranger.isIrremovable
    return view
  }

  /// Names the other code of a duplicate.
  func conflict(of code: CodeRecord, problem: CodeRecord.Problem, door: Door) -> [String: JSONValue] {
    guard problem.code == ErrorCode.duplicate else { return [:] }
    let holder = problem.slot.flatMap { door.ledger.slots[$0]?.holder }
    let strangers = door.ledger.strangers
    if let stranger = strangers.values.first(where: { $0.pin == code.terms.pin })
      ?? problem.slot.flatMap({ strangers[$0] })
    {
      return ["unmanaged_access_code_id": .string(stranger.id.rawValue)]
    }
    let twin = door.ledger.codes.values.first { $0.id != code.id && $0.terms.pin == code.terms.pin }?.id
    return (twin ?? holder).map { ["managed_access_code_id": .string($0.rawValue)] } ?? [:]
  }

  /// What somebody changed at the lock: from what was to be, to what is there, as far as the lock tells (contract 3.1).
  static func members(of drift: CodeRecord.Drift, code: CodeRecord, slot: SlotRecord?) -> [String: JSONValue] {
    guard case .modified(let pin, let window) = drift.kind else { return ["change_type": "removed"] }
    let terms = code.announced.confirmed ?? code.terms
    let reading = slot?.observed?.reading
    var fields: [JSONValue] = []
    func add(_ field: String, from: String?, to: String?) {
      fields.append(["field": .string(field), "from": .optional(from), "to": .optional(to)])
    }
    if pin {
      var told: PINCode?
      if case .code(let there)? = reading?.contents { told = there }
      add("code", from: terms.pin.digits, to: told?.digits)
    }
    if window {
      let (applied, there) = (slot?.written?.entry?.window, reading?.window)
      // A code that was made useless without another date differs in both.
      let isSame = applied == there
      if applied?.start != there?.start || isSame {
        add("starts_at", from: terms.window?.start.iso8601, to: there?.start.finite?.iso8601)
      }
      if applied?.end != there?.end || isSame {
        add("ends_at", from: terms.window?.end.iso8601, to: there?.end.finite?.iso8601)
      }
    }
    return ["change_type": "modified", "modified_fields": .array(fields)]
  }
}

extension Timestamp {
  /// Nil for an end that stands for "always" or "for ever".
  fileprivate var finite: Timestamp? { self > .distantPast && self < .distantFuture ? self : nil }
}
