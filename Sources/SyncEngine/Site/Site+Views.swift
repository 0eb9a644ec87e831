internal import LockCore

/// What readers of the API see.
extension Site {
  func view(of code: CodeRecord, door: Door, at now: Timestamp) -> AccessCodeView {
    let state = door.ledger.state(of: code, at: now)
    let slot = door.ledger.slot(of: code.id)
    var errors: [Issue] = []
    var warnings: [Issue] = []
    if let problem = state.problem {
      errors.append(
        Issue(
          code: problem.code, message: problem.message, createdAt: problem.since, scope: .accessCode,
          members: self.conflict(of: code, problem: problem, door: door)))
    }
    if state.drift != nil, let drift = code.announced.drift {
      let members = Self.members(of: drift, code: code, slot: slot)
      if code.allowsExternalModification {
        warnings.append(
          Issue(
            code: "external_modification_in_effect",
            message: "Somebody changed the code at the lock; as asked, the change is left alone.",
            createdAt: drift.since, scope: .accessCode, members: members))
      } else {
        errors.append(
          Issue(
            code: "conflicting_external_modification",
            message: "Somebody changed the code at the lock. It is set again as it should be.",
            createdAt: drift.since, scope: .accessCode, members: members))
      }
    }
    if state.isLate {
      warnings.append(
        Issue(
          code: "delay_in_setting_on_device",
          message: "Programming takes unusually long. It goes on until it succeeds; check that the lock answers.",
          createdAt: door.ledger.lateAt(code), scope: .accessCode))
    }
    if code.isDeleting {
      warnings.append(
        Issue(
          code: "being_deleted", message: "The code is being removed from the lock.", createdAt: code.requestedAt,
          scope: .accessCode))
    }
    let backup = code.pulledBackup.flatMap { door.ledger.codes[$0] }
    if let backup, !backup.isDeleting {
      warnings.append(
        Issue(
          code: "using_backup_access_code",
          message: "The backup access code \(backup.id.rawValue) was pulled in its place. Give that one to the guest.",
          createdAt: backup.requestedAt, scope: .accessCode))
    }
    let mayPull =
      door.backupPool.isEnabled && code.terms.window.map { now < $0.end } == true && !code.isBackup && backup == nil
      && !code.isDeleting
    return AccessCodeView(
      id: code.id, device: door.id, isManaged: true, name: code.terms.name, pin: code.terms.pin,
      window: code.terms.window, status: AccessCodeStatus(rawValue: state.status.rawValue) ?? .unknown,
      createdAt: code.createdAt, isScheduledOnDevice: state.isScheduled,
      isExternalModificationAllowed: code.allowsExternalModification,
      nameOnLock: slot?.observed?.reading.name ?? slot?.written?.entry?.name,
      commonCodeKey: code.commonCodeKey, isBackup: code.isBackup,
      isBackupAvailable: mayPull && !Self.readyBackups(on: door, at: now).isEmpty, pulledBackup: code.pulledBackup,
      pendingMutations: Self.mutations(of: code, state: state),
      errors: errors + self.errors(of: door), warnings: warnings)
  }

  func view(of door: Door, at now: Timestamp) -> DeviceView {
    let definition = door.definition
    let pool = self.backupPoolIssues(of: door, at: now)
    return DeviceView(
      id: door.id, isManaged: door.ledger.isManaged, account: door.account, name: definition.name,
      nickname: door.nickname,
      deviceType: definition.deviceType, manufacturer: definition.manufacturer,
      model: door.identity.model ?? definition.model, serial: door.identity.serial,
      isOnline: door.ledger.isReachable,
      simulation: definition.simulation.map { .init(hasConnection: $0.changeConnection != nil, carrier: door.carrier) },
      capabilities: door.ledger.capabilities, keepsBackups: door.backupPool.isEnabled, state: door.state,
      batteryStatus: door.told.battery, isKeypadMissing: door.told.isKeypadMissing,
      isPrivate: door.issues[.privacyMode] != nil, timeZone: self.timeZone, customMetadata: door.customMetadata,
      createdAt: door.createdAt, errors: self.errors(of: door) + pool.errors,
      warnings: self.warnings(of: door) + pool.warnings)
  }

  func view(of adapter: Adapter) -> AccountView {
    AccountView(
      id: adapter.id, name: adapter.definition.key, kind: adapter.definition.kind, createdAt: adapter.createdAt,
      errors: adapter.fault.map { [$0] } ?? [])
  }

  private static func mutations(of code: CodeRecord, state: CodeState) -> [PendingMutation] {
    state.mutations.map { mutation in
      func pending(
        _ code: CodeRecord, _ name: String, _ message: String, _ members: [String: JSONValue] = [:]
      )
        -> PendingMutation
      {
        PendingMutation(code: name, createdAt: code.requestedAt, message: message, members: members)
      }
      switch mutation {
      case .creating: return pending(code, "creating", "The code is being programmed.")
      case .deleting: return pending(code, "deleting", "The code is being removed.")
      case .deferringCreation(let until):
        return pending(
          code, "deferring_creation", "The code is programmed when its time comes.",
          ["scheduled_at": .string(until.iso8601)])
      case .updatingCode(let from):
        return pending(
          code, "updating_code", "The new PIN is being programmed.",
          ["from": ["code": .string(from.digits)], "to": ["code": .string(code.terms.pin.digits)]])
      case .updatingName(let from):
        return pending(
          code, "updating_name", "The new name is being programmed.",
          ["from": ["name": .optional(from)], "to": ["name": .optional(code.terms.name)]])
      case .updatingTimeFrame(let from):
        return pending(
          code, "updating_time_frame", "The new times are being programmed.",
          ["from": .object(Self.members(from)), "to": .object(Self.members(code.terms.window))])
      }
    }
  }
}
