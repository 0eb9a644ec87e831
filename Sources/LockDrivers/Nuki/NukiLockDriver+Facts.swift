import LockCore

/// What the lock tells, put into reports.
extension NukiLockDriver {
  private var identity: LockIdentity {
    let digits = String(self.authorization.nukiID, radix: 16, uppercase: true)
    return LockIdentity(
      model: self.authorization.model, serial: String(repeating: "0", count: 8 - digits.utf8.count) + digits,
      firmware: self.authorization.firmware.isEmpty ? nil : self.authorization.firmware)
  }

  /// The states that a visit begins with: from them follows what else it is for.
  mutating func arrived(_ states: NukiStates, at now: Moment, into effects: inout [DriverEffect]) {
    self.visit.hasStates = true
    self.hasKept = false
    self.visits.toldStates()
    self.facts.raise(.keyRefused, false, of: self.lock, into: &effects)
    let mayTellPIN = self.pinTrust.fault(at: now.uptime) == nil
    if let clock = states.clock {
      self.facts.measured(clock: clock, at: now)
      let offset = self.facts.clockOffset
      let isWrong = max(offset, .zero - offset) > self.policy.clockTolerance
      self.visit.isClockDue = isWrong && now.isDateTrusted && mayTellPIN
    }
    self.visit.isConfigDue = self.memory.counted(configUpdates: states.configUpdates)
    if self.visit.isConfigDue || self.isListDue(at: now.date) { self.visit.isListDue = true }
    self.visit.isLogDue = self.visit.isClockDue || self.visits.wantsLog(on: self.visit.reason, at: now.uptime)
    if !mayTellPIN {
      self.visit.isLogDue = false
      self.leaveLogAlone(at: now.uptime)
    }
  }

  private func isListDue(at date: Timestamp) -> Bool {
    guard let listedAt = self.memory.listedAt else { return true }
    let age = date - listedAt
    // A list that seems to come from the future was read before the clock was set back.
    return age >= self.policy.listInterval || age < .zero - self.policy.listInterval
  }

  /// States, asked for or not.
  mutating func learned(_ states: NukiStates, at now: Moment, into effects: inout [DriverEffect]) {
    let state = LockState(
      isLocked: states.bolt.isLocked, isDoorOpen: states.door?.isOpen, battery: states.charge)
    if state != self.facts.state {
      self.facts.state = state
      effects.append(.report(self.lock, .state(state)))
    }
    self.facts.tellsLastAction = states.last != nil
    if let completion = states.last?.completion {
      let isJammed = states.bolt == .motorBlocked || completion == .motorBlocked
      self.facts.raise(.jammed, isJammed, of: self.lock, into: &effects)
    } else if states.bolt == .motorBlocked || states.bolt.isLocked != nil {
      self.facts.raise(.jammed, states.bolt == .motorBlocked, of: self.lock, into: &effects)
    }
    self.facts.raise(.batteryLow, states.isBatteryCritical, of: self.lock, into: &effects)
    if let accessories = states.accessories {
      self.facts.raise(.keypadBatteryLow, accessories.isKeypadBatteryCritical, of: self.lock, into: &effects)
    }
    let hasKeypad = self.authorization.hasKeypad || states.accessories?.hasKeypad == true
    if hasKeypad, self.facts.isKeypadMissing { self.visit.isListDue = true }
    self.facts.raise(.keypadMissing, !hasKeypad, of: self.lock, into: &effects)
  }

  /// Old firmware tells in its log alone how the last movement ended.
  mutating func learned(fromLog entries: [NukiLogEntry], into effects: inout [DriverEffect]) {
    guard !self.facts.tellsLastAction else { return }
    let endings = entries.compactMap { entry in
      if case .lockAction(_, _, _, let completion) = entry.event { completion } else { nil }
    }
    guard let last = endings.last else { return }
    self.facts.raise(.jammed, last == .motorBlocked, of: self.lock, into: &effects)
  }

  mutating func learned(_ config: NukiConfig, into effects: inout [DriverEffect]) {
    let before = self.identity
    self.authorization.learn(config)
    self.facts.raise(.keypadMissing, !config.canTakeCodes, of: self.lock, into: &effects)
    if self.facts.isReachable, self.identity != before {
      effects.append(
        .report(self.lock, .reachable(self.identity, slotChanges: nil, newestRecord: self.facts.toldNewest)))
    }
  }

  /// The newest log entry, as asked for on a visit; nil when the lock did not tell.
  mutating func learned(
    newest: UInt32?, _ count: NukiLogCount?, at now: Moment, into effects: inout [DriverEffect]
  ) {
    self.visits.lookedAtLog(at: now.uptime)
    if let count { self.facts.raise(.logOff, !count.isLogging, of: self.lock, into: &effects) }
    guard let newest else { return }
    if newest != self.facts.toldNewest { self.visits.foundNews() }
    self.visit.newest = newest
    self.memory.eras.saw(newest: newest)
    if self.facts.isReachable {
      guard newest != self.facts.toldNewest else { return }
      self.facts.toldNewest = newest
      effects.append(.report(self.lock, .logGrew(newest: newest)))
    } else {
      self.becameReachable(into: &effects)
    }
  }

  /// Tells that the lock answers, once all that goes with it is known, and that its codes are worth a look.
  mutating func becameReachable(into effects: inout [DriverEffect]) {
    if !self.facts.isReachable {
      self.facts.isReachable = true
      self.visits.toldReachable()
      self.facts.toldNewest = self.visit.newest ?? self.facts.toldNewest
      effects.append(
        .report(self.lock, .reachable(self.identity, slotChanges: nil, newestRecord: self.visit.newest)))
    }
    if self.visit.isListDue {
      self.visit.isListDue = false
      effects.append(.report(self.lock, .slotsChanged(nil)))
    }
  }
}
