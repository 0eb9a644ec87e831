public import LockCore
public import OfflineCodes

/// One door put together from parts of a line, as a value: it looks PINs up, frees the strike and watches the door.
///
/// It knows no frames. What its devices tell goes in, signals and strike commands come out; whoever sends them
/// answers each strike command once.
public struct Door: Sendable {
  /// Names the door.
  public let lock: LockID
  /// What it is put together from.
  public let configuration: DoorConfiguration
  /// What is known of it.
  public private(set) var state = LockState()
  /// True while every device of the door answers.
  public var isReachable: Bool { self.devices.isComplete }

  /// How long a decision may wait for the strike: later, nobody stands there any more.
  public static let strikePatience = Duration.seconds(2)

  /// A reader that came back may take so long to tell what it kept.
  private static let catchUpPatience = Duration.seconds(2)

  private var credentials: [Credential] = []
  private var offline: OfflineVerifier?
  private var collector: PINCollector
  private var lockout: DoorLockout
  private var contact: DoorContact
  private var devices: DoorDevices
  private var errands: [UInt32: Errand] = [:]
  private var lastErrand: UInt32 = 0
  private var strikeEnd: Duration?
  private var outputCheck: Duration?
  private var hasToldLockout = false
  /// Until then keys may have been typed while nobody listened, and do not count.
  private var staleUntil: Duration?

  /// Makes a door whose devices are all still away.
  /// - Parameters:
  ///   - lock: names the door.
  ///   - configuration: what it is put together from.
  ///   - offline: verifies codes that the door was not told of; nil to take none.
  public init(lock: LockID, configuration: DoorConfiguration, offline: OfflineVerifier? = nil) {
    self.lock = lock
    self.configuration = configuration
    self.offline = offline
    self.collector = PINCollector(
      terminator: configuration.reader.terminator, timeout: configuration.reader.interKeyTimeout)
    self.lockout = DoorLockout(configuration.lockout)
    self.contact = DoorContact(configuration)
    self.devices = DoorDevices(configuration)
  }

  /// When ``deadlinePassed(at:)`` is due, in uptime.
  public var deadline: Duration? {
    ([self.collector.deadline, self.lockout.end, self.contact.deadline, self.strikeEnd, self.outputCheck]
      + self.errands.values.map(\.deadline)).compactMap(\.self).min()
  }

  /// From now on these codes open the door.
  public mutating func hold(_ credentials: [Credential]) { self.credentials = credentials }
}

// MARK: - The keypad

extension Door {
  /// Keys were pressed at the keypad. Those that it kept while it was away are dropped: whoever typed them has left,
  /// and the door must not open for whoever stands there now.
  public mutating func keysPressed(_ keys: some Sequence<UInt8>, at now: Moment) -> [DoorEffect] {
    guard self.devices.answers(self.configuration.reader.address) else { return [] }
    if let end = self.staleUntil {
      guard end <= now.uptime else { return [] }
      self.staleUntil = nil
    }
    var effects: [DoorEffect] = []
    for outcome in self.collector.received(keys, at: now.uptime) {
      switch outcome {
      case .cleared: effects.append(self.signal(.cleared, at: now))
      case .overflowed: effects += self.entered(nil, at: now)
      case .entered(let pin): effects += self.entered(pin, at: now)
      }
    }
    return effects
  }

  /// The reader has told everything that it kept while it was away.
  public mutating func readerCaughtUp() { self.staleUntil = nil }

  /// What was typed so far is worthless: the session with the reader was lost.
  public mutating func entryInterrupted() { self.collector.drop() }

  private mutating func entered(_ pin: PINCode?, at now: Moment) -> [DoorEffect] {
    if let end = self.lockout.end, now.uptime < end {
      // Told once a lock-out: the keys of a vandal must not fill the journal.
      defer { self.hasToldLockout = true }
      let told = self.hasToldLockout ? [] : [self.record(.denied(.tooManyAttempts, nil), at: now)]
      return [self.signal(.lockedOut(end - now.uptime), at: now)] + told
    }
    if self.configuration.refusesPINsWhileTampered, self.state.isTampered == true {
      return [self.signal(.denied, at: now)]
    }
    let remembered = self.offline?.memory
    switch pin.map({ self.judgement(on: $0, at: now.date) }) ?? .unknown {
    case .opens(let whose):
      self.lockout.rightEntered()
      let release = self.release(for: .code(whose), at: now)
      guard let offline = self.offline, offline.memory != remembered else { return release }
      return [.remember(offline.bytes)] + release
    case .expired(let whose): return self.refuse(.expiredCode, whose, at: now)
    case .early(let whose): return self.refuse(.notYetValid, whose, at: now)
    case .unknown: return self.refuse(.unknownCode, nil, at: now)
    }
  }

  private mutating func refuse(
    _ reason: DenialReason, _ credential: EntryCredential?, at now: Moment
  ) -> [DoorEffect] {
    let record = self.record(.denied(reason, credential), at: now)
    guard self.lockout.wrongEntered(at: now.uptime), let end = self.lockout.end else {
      return [self.signal(.denied, at: now), record]
    }
    self.hasToldLockout = false
    return [
      self.signal(.denied, at: now), self.signal(.lockedOut(end - now.uptime), at: now), record,
      .report(.alarm(.lockedOut(true))),
    ]
  }

  private enum Judgement {
    case opens(EntryCredential), expired(EntryCredential), early(EntryCredential), unknown
  }

  /// Looks at every code the door holds, whether or not one has matched already: how long it takes tells nothing.
  /// What is not among them may still be an offline code.
  private mutating func judgement(on pin: PINCode, at date: Timestamp) -> Judgement {
    let typed = Array(pin.digits.utf8)
    let matches = self.credentials.filter { $0.pin.matchesInConstantTime(typed) }
    if let open = matches.first(where: { $0.window?.contains(date) ?? true }) { return .opens(.code(open.id)) }
    if let early = matches.first(where: { $0.window.map { date < $0.start } ?? false }) {
      return .early(.code(early.id))
    }
    if let expired = matches.first { return .expired(.code(expired.id)) }
    switch self.offline?.entered(pin, at: date) ?? .unknown {
    case .opens(let code): return .opens(.offline(code))
    case .used(let code), .expired(let code): return .expired(.offline(code))
    case .early(let code), .memoryFull(let code): return .early(.offline(code))
    case .unknown: return .unknown
    }
  }
}

// MARK: - The strike

extension Door {
  /// Why the strike was switched.
  private enum Cause {
    case code(EntryCredential)
    case remote(CommandID)
    case exitButton
    case opening
  }

  /// A strike command that is not answered yet.
  private struct Errand {
    var cause: Cause
    var action: StrikeAction
    /// When the person at the door is told that it failed; nil when told already, or when nobody waits.
    var deadline: Duration?
  }

  /// Free the door for its strike time, for a command from here.
  public mutating func unlock(_ command: CommandID, at now: Moment) -> [DoorEffect] {
    self.release(for: .remote(command), at: now)
  }

  /// Lock the door now, for a command from here.
  public mutating func relock(_ command: CommandID, at now: Moment) -> [DoorEffect] {
    [self.strike(.relock, for: .remote(command), at: now)]
  }

  /// A strike command is done: the device acknowledged it, or why not. An errand not known is ignored.
  public mutating func strikeAnswered(
    _ errand: UInt32, _ result: Result<Void, OSDPFault>, at now: Moment
  ) -> [DoorEffect] {
    guard let errand = self.errands.removeValue(forKey: errand) else { return [] }
    switch result {
    case .success: return self.strikeMoved(errand, at: now)
    case .failure(let fault):
      switch errand.cause {
      case .remote(let command): return [.finish(command, .failure(LockFault(fault)))]
      case .code(let code): return errand.deadline == nil ? [] : self.strikeFailed(code, at: now)
      case .exitButton, .opening: return []
      }
    }
  }

  /// A device told its outputs.
  public mutating func outputsReported(_ outputs: [Bool], by address: UInt8, at now: Moment) -> [DoorEffect] {
    guard address == self.configuration.strike.address, Int(self.configuration.strike.output) < outputs.count
    else { return [] }
    let isOn = outputs[Int(self.configuration.strike.output)]
    if !isOn { self.strikeEnd = nil }
    // On, but not by a timer that we know of: nobody promises to tell its end.
    self.outputCheck = isOn && self.strikeEnd == nil ? now.uptime + self.configuration.strike.time : nil
    return self.become { $0.isLocked = !isOn }
  }

  private mutating func release(for cause: Cause, at now: Moment) -> [DoorEffect] {
    // The door may be open before the acknowledgement is here, or after one that got lost.
    self.contact.granted(until: now.uptime + Self.strikePatience + self.configuration.strike.time)
    return [self.strike(.release, for: cause, at: now)]
  }

  private mutating func strike(_ action: StrikeAction, for cause: Cause, at now: Moment) -> DoorEffect {
    self.lastErrand = self.lastErrand == .max ? 1 : self.lastErrand + 1
    let expires = now.uptime + Self.strikePatience
    var errand = Errand(cause: cause, action: action)
    if case .code = cause { errand.deadline = expires }
    self.errands[self.lastErrand] = errand
    return .strike(action, errand: self.lastErrand, expires: expires)
  }

  private mutating func strikeMoved(_ errand: Errand, at now: Moment) -> [DoorEffect] {
    var effects: [DoorEffect] = []
    switch errand.action {
    case .release:
      let end = now.uptime + self.configuration.strike.time
      self.strikeEnd = end
      self.contact.granted(until: end)
      effects.append(self.signal(.granted(self.configuration.strike.time), at: now))
    case .relock: self.strikeEnd = nil
    }
    self.outputCheck = nil
    switch errand.cause {
    case .code(let whose): effects.append(self.record(.unlocked(.keycode, whose), at: now))
    case .remote(let command): effects.append(.finish(command, .success(.done(confirmed: true))))
    case .exitButton:
      if self.configuration.contact == nil { effects.append(self.record(.unlocked(.manual, nil), at: now)) }
    case .opening: break
    }
    return effects + self.become { $0.isLocked = errand.action == .relock }
  }

  private func strikeFailed(_ whose: EntryCredential, at now: Moment) -> [DoorEffect] {
    [self.signal(.denied, at: now), self.record(.denied(.strikeFailed, whose), at: now)]
  }
}

// MARK: - The devices

extension Door {
  /// A device answers now, and has proved what it has to; told again whenever it was asked anew.
  public mutating func deviceConnected(
    _ address: UInt8, as identity: LockIdentity, at now: Moment
  ) -> [DoorEffect] {
    guard self.devices.contains(address) else { return [] }
    var effects: [DoorEffect] = []
    if address == self.configuration.reader.address {
      if !self.devices.answers(address) { self.staleUntil = now.uptime + Self.catchUpPatience }
      effects.append(.signal(.idle, expires: nil))
      if let end = self.lockout.end { effects.append(self.signal(.lockedOut(end - now.uptime), at: now)) }
    }
    let reports = self.devices.connected(address, as: identity)
    return effects + (reports + (reports.isEmpty ? [] : [.state(self.state)])).map(DoorEffect.report)
  }

  /// A device no longer answers.
  public mutating func deviceDisconnected(_ address: UInt8) -> [DoorEffect] {
    self.lose(address)
    return self.devices.disconnected(address).map(DoorEffect.report)
  }

  /// A device refuses our key, or takes it again.
  public mutating func keyRefused(_ isRefused: Bool, by address: UInt8) -> [DoorEffect] {
    if isRefused { self.lose(address) }
    return self.devices.keyRefused(isRefused, by: address).map(DoorEffect.report)
  }

  /// Another device than before answers at an address, or the known one again.
  public mutating func deviceSwapped(_ isSwapped: Bool, at address: UInt8) -> [DoorEffect] {
    self.devices.swapped(isSwapped, at: address).map(DoorEffect.report)
  }

  /// Another device than the known one answers at an address, and counts as gone.
  public mutating func strangerAnswered(
    _ found: WireIdentity, insteadOf expected: WireIdentity, at address: UInt8
  ) -> [DoorEffect] {
    guard self.devices.contains(address) else { return [] }
    self.lose(address)
    return self.devices.strangerAnswered(found, insteadOf: expected, at: address).map(DoorEffect.report)
  }

  /// A device told of its housing and its power supply.
  public mutating func localStatusReported(
    isTampered: Bool, hasLostPower: Bool, by address: UInt8
  ) -> [DoorEffect] {
    let reports = self.devices.localStatusReported(
      isTampered: isTampered, hasLostPower: hasLostPower, by: address)
    return reports.map(DoorEffect.report) + self.tamperReported()
  }

  /// A device told the state of its readers: 0 normal, 1 not connected, 2 tamper.
  public mutating func readersReported(_ readers: [UInt8], by address: UInt8) -> [DoorEffect] {
    self.devices.readersReported(readers, by: address)
    return self.tamperReported()
  }

  private mutating func lose(_ address: UInt8) {
    if address == self.configuration.reader.address { self.collector.drop() }
    self.contact.disconnected(address)
  }

  private mutating func tamperReported() -> [DoorEffect] {
    let isTampered = self.devices.isTampered
    if isTampered == true { self.collector.drop() }
    return self.become { $0.isTampered = isTampered }
  }
}

// MARK: - Inputs and time

extension Door {
  /// A device told its inputs.
  public mutating func inputsReported(_ inputs: [Bool], by address: UInt8, at now: Moment) -> [DoorEffect] {
    self.contact.inputsReported(inputs, by: address, at: now.uptime).flatMap { self.changed($0, at: now) }
  }

  /// The deadline has passed. Harmless when called early or twice.
  public mutating func deadlinePassed(at now: Moment) -> [DoorEffect] {
    var effects: [DoorEffect] = []
    self.collector.deadlinePassed(at: now.uptime)
    for (number, errand) in self.errands.sorted(by: { $0.key < $1.key }) {
      guard let deadline = errand.deadline, deadline <= now.uptime, case .code(let code) = errand.cause
      else { continue }
      // Kept: should the strike answer all the same, then the door did open, and that is told too.
      self.errands[number]?.deadline = nil
      effects += self.strikeFailed(code, at: now)
    }
    if let end = self.strikeEnd, end <= now.uptime {
      self.strikeEnd = nil
      effects += self.become { $0.isLocked = true }
    }
    if let check = self.outputCheck, check <= now.uptime {
      self.outputCheck = nil
      effects.append(.readOutputs(expires: now.uptime + Self.strikePatience))
    }
    if self.lockout.deadlinePassed(at: now.uptime) { effects.append(.report(.alarm(.lockedOut(false)))) }
    return effects + self.contact.deadlinePassed(at: now.uptime).flatMap { self.changed($0, at: now) }
  }

  private mutating func changed(_ change: DoorContact.Change, at now: Moment) -> [DoorEffect] {
    switch change {
    case .moved(let isOpen, let byExit):
      let effects =
        self.become { $0.isDoorOpen = isOpen } + (byExit ? [self.record(.unlocked(.manual, nil), at: now)] : [])
      guard isOpen, self.configuration.strike.endsOnOpening, self.strikeEnd != nil else { return effects }
      return effects + [self.strike(.relock, for: .opening, at: now)]
    case .exitPressed:
      return self.configuration.exitButton?.unlocks == true ? self.release(for: .exitButton, at: now) : []
    case .forced(let begins): return [.report(.alarm(.doorForced(begins)))]
    case .held(let begins):
      return (begins ? [] : [.signal(.silence, expires: nil)]) + [.report(.alarm(.doorHeld(begins)))]
    case .heldReminder: return [self.signal(.heldOpen, at: now)]
    }
  }

  /// Changes what is known and tells what has become different.
  private mutating func become(_ change: (inout LockState) -> Void) -> [DoorEffect] {
    let before = self.state
    change(&self.state)
    guard self.state != before else { return [] }
    return [
      .report(
        .state(
          LockState(
            isLocked: self.state.isLocked == before.isLocked ? nil : self.state.isLocked,
            isDoorOpen: self.state.isDoorOpen == before.isDoorOpen ? nil : self.state.isDoorOpen,
            isTampered: self.state.isTampered == before.isTampered ? nil : self.state.isTampered)))
    ]
  }

  private func signal(_ signal: DoorSignal, at now: Moment) -> DoorEffect {
    .signal(signal, expires: now.uptime + Self.strikePatience)
  }

  private func record(_ happening: LockRecord.Happening, at now: Moment) -> DoorEffect {
    .report(.happened(LockRecord(date: now.date, happening: happening)))
  }
}

extension LockFault {
  /// What an unswitched strike means to whoever asked for it.
  init(_ fault: OSDPFault) {
    self =
      switch fault {
      case .offline: .unreachable
      case .expired, .busy, .tooMuch: .busy
      case .unanswered: .unconfirmed
      case .refused(let reason): .failed(detail: "NAK \(reason.rawValue)")
      case .unsupported: .unsupported(detail: "the device does not know this output")
      }
  }
}
