internal import LockCore

/// How a lock does, and what is told of it: each change once, also across restarts.
extension Site {
  /// Takes in facts that the lock told.
  func learned(_ state: LockState, of door: inout Door, at now: Timestamp, into draft: inout Draft) {
    if let value = state.isLocked { door.state.isLocked = value }
    if let value = state.isDoorOpen { door.state.isDoorOpen = value }
    if let value = state.isPrivate { door.raise(.privacyMode, value, at: now) }
    if let value = state.battery {
      door.state.battery = value
      self.measuredBattery(of: &door, at: now, into: &draft)
    }
    if let value = state.isTampered {
      if value, !door.told.isTampered { draft.add(door.event(.deviceTampered, at: now)) }
      door.told.isTampered = value
      door.state.isTampered = value
      door.raise(.tampered, value, at: now)
    }
  }

  /// Takes in what a person should look at.
  func raised(_ alarm: LockAlarm, at door: inout Door, now: Timestamp, into draft: inout Draft) {
    let (issue, isOn) = Self.issue(of: alarm, at: door.definition)
    door.raise(issue, isOn, at: now)
    if isOn {
      draft.note("\(door.displayName): \(issue.message)", issue.urgency, .lockAlarm, of: door)
    } else {
      draft.note("\(door.displayName): over: \(issue.message)", .notice, .lockAlarmOver, of: door)
    }
    switch alarm {
    case .batteryLow: self.measuredBattery(of: &door, at: now, into: &draft)
    case .keypadBatteryLow(let isOn):
      if isOn, !door.told.isKeypadBatteryLow {
        // Such a keypad tells no level, only that it is critical: the highest level that would be.
        draft.add(
          door.event(
            .deviceLowBattery, at: now,
            [
              "battery_level": .double(BatteryStatus.critical.upperBound), "battery_source": "accessory_keypad",
            ]))
      }
      door.told.isKeypadBatteryLow = isOn
    case .keypadMissing(let isOn): self.keypadChanged(isMissing: isOn, at: &door, now: now, into: &draft)
    default: break
    }
  }

  /// Once a lock answers, all that goes with it has been told: alarms of earlier days that were not raised are over.
  func answered(_ door: inout Door, at now: Timestamp, into draft: inout Draft) {
    if door.issues[.keypadMissing] == nil {
      self.keypadChanged(isMissing: false, at: &door, now: now, into: &draft)
    }
    if door.issues[.keypadBatteryLow] == nil { door.told.isKeypadBatteryLow = false }
  }

  private func keypadChanged(isMissing: Bool, at door: inout Door, now: Timestamp, into draft: inout Draft) {
    guard door.told.isKeypadMissing != isMissing else { return }
    door.told.isKeypadMissing = isMissing
    draft.add(
      isMissing
        ? door.event(.deviceAccessoryKeypadDisconnected, at: now, self.issueMembers(of: door))
        : door.event(.deviceAccessoryKeypadConnected, at: now))
  }

  private func measuredBattery(of door: inout Door, at now: Timestamp, into draft: inout Draft) {
    guard let level = door.state.battery else { return }
    let last = door.told.battery
    let status = BatteryStatus(level: level, isCritical: door.issues[.batteryLow] != nil, after: last)
    door.told.battery = status
    guard status != last else { return }
    if last != nil {
      draft.add(
        door.event(
          .deviceBatteryStatusChanged, at: now,
          ["battery_status": .string(status.rawValue), "battery_level": .double(level)]))
    }
    if status.isLow, last?.isLow != true {
      draft.add(
        door.event(.deviceLowBattery, at: now, ["battery_level": .double(level), "battery_source": "lock"]))
    }
  }

  private static func issue(
    of alarm: LockAlarm, at lock: SiteDefinition.Lock
  ) -> (DeviceIssue, isOn: Bool) {
    switch alarm {
    case .keyRefused(let isOn): (lock.isVisited ? .unpaired : .keyRefused, isOn)
    case .securityPINRefused(let isOn): (.securityPINRefused, isOn)
    case .deviceSwapped(let isOn): (.swapped, isOn)
    case .doorForced(let isOn): (.doorForced, isOn)
    case .doorHeld(let isOn): (.doorHeld, isOn)
    case .powerLost(let isOn): (.powerLost, isOn)
    case .lockedOut(let isOn): (.lockedOut, isOn)
    case .jammed(let isOn): (.jammed, isOn)
    case .batteryLow(let isOn): (.batteryLow, isOn)
    case .keypadBatteryLow(let isOn): (.keypadBatteryLow, isOn)
    case .keypadMissing(let isOn): (.keypadMissing, isOn)
    case .logOff(let isOn): (.logOff, isOn)
    }
  }

  // MARK: What readers see

  /// What is wrong with the lock, that of its adapter included: also shown by each of its codes.
  func errors(of door: Door) -> [Issue] {
    let adapter = self.accounts.values.first { $0.id == door.account }
    var errors = door.issues.compactMap { issue, date in issue.isError ? Issue(issue, since: date) : nil }
    if let silence = door.silence { errors.append(silence) }
    if let date = door.told.unpaidSince { errors.append(Issue(.unpaid, since: date)) }
    return (errors + Array(door.errors.values)).sorted { ($0.code, $0.message) < ($1.code, $1.message) }
      + (adapter?.fault.map { [$0] } ?? [])
  }

  /// What should be known of the lock.
  func warnings(of door: Door) -> [Issue] {
    var warnings = door.issues.compactMap { issue, date in issue.isError ? nil : Issue(issue, since: date) }
    if let date = door.told.steadiness.flakySince { warnings.append(Issue(.flaky, since: date)) }
    if door.ledger.isReachable, let date = door.ledger.fruitlessSince {
      warnings.append(Issue(.degraded, since: date))
    }
    if door.ledger.isFull, let most = door.definition.capabilities.maximumCodes {
      var full = Issue(.full, since: door.told.fullSince ?? door.loadedAt)
      full.members = [
        "active_access_code_count": .int(Int64(most)), "max_active_access_code_count": .int(Int64(most)),
      ]
      warnings.append(full)
    }
    if self.timeZone == nil { warnings.append(Issue(.timeZoneUnknown, since: door.createdAt)) }
    return (warnings + Array(door.warnings.values)).sorted { ($0.code, $0.message) < ($1.code, $1.message) }
  }
}

extension Door {
  /// Puts down that something is wrong, or no longer.
  mutating func raise(_ issue: DeviceIssue, _ isOn: Bool, at now: Timestamp) {
    self.issues[issue] = isOn ? self.issues[issue] ?? now : nil
  }
}

extension Issue {
  init(_ issue: DeviceIssue, since date: Timestamp) {
    self.init(code: issue.code, message: issue.message, createdAt: date, scope: .device)
  }
}
