public import LockCore
public import LockDrivers
import OfflineCodes

/// What people do at the lock, and what the lock does of itself.
extension VirtualLock {
  private static let wrongEntriesAllowed = 5
  private static let lockoutTime: Duration = .seconds(60)

  /// Somebody types at the keypad: the door opens or the entry is denied, and the log tells which.
  /// - Parameters:
  ///   - digits: what is typed; anything that is no PIN is a wrong one.
  ///   - now: when.
  public mutating func typed(_ digits: String, at now: Moment) -> [Effect] {
    self.acted(at: now) { lock, effects in
      guard !lock.isLockedOut else {
        return lock.record(.denied(.tooManyAttempts, nil), at: now, into: &effects)
      }
      guard lock.memory.isPrivate != true else {
        return lock.record(.denied(.privacyMode, nil), at: now, into: &effects)
      }
      switch lock.verdict(on: PINCode(digits), at: lock.clock(at: now.date)) {
      case .success(let whose):
        lock.wrongEntries = 0
        guard !lock.temperament.isJammed else {
          return lock.record(.denied(.strikeFailed, whose), at: now, into: &effects)
        }
        lock.moveBolt(home: false, by: .keycode, whose: whose, at: now, into: &effects)
      case .failure(let denial):
        lock.record(.denied(denial.reason, denial.whose), at: now, into: &effects)
        lock.wrongEntries += 1
        guard lock.wrongEntries >= Self.wrongEntriesAllowed else { return }
        lock.lockoutEnd = now.uptime + Self.lockoutTime
        lock.tellState(at: now, into: &effects)
      }
    }
  }

  /// Somebody turns the thumb turn home.
  public mutating func lockedByHand(at now: Moment) -> [Effect] {
    self.acted(at: now) { $0.moveBolt(home: true, by: .manual, whose: nil, at: now, into: &$1) }
  }

  /// Somebody opens with the thumb turn or a key.
  public mutating func unlockedByHand(at now: Moment) -> [Effect] {
    self.acted(at: now) { $0.moveBolt(home: false, by: .manual, whose: nil, at: now, into: &$1) }
  }

  /// Somebody programs a further code at the keypad, into the lowest empty slot.
  /// - Returns: the slot and the effects.
  /// - Throws: what the lock says when it does not take the code.
  public mutating func addCode(
    _ pin: PINCode, name: String? = nil, window: TimeWindow? = nil, at now: Moment
  ) throws(VirtualLockRefusal) -> (slot: Int, effects: [Effect]) {
    guard let slot = self.slotNumbers.first(where: { self.memory.codes[$0] == nil }) else { throw .full }
    return (slot, try self.changeCode(slot: slot, to: pin, name: name, window: window, at: now))
  }

  /// Somebody puts another code into a slot at the keypad.
  /// - Throws: what the lock says when it does not take the code.
  public mutating func changeCode(
    slot: Int, to pin: PINCode, name: String? = nil, window: TimeWindow? = nil, at now: Moment
  ) throws(VirtualLockRefusal) -> [Effect] {
    let entry = SlotEntry(pin: pin, window: window, name: name)
    if let refusal = self.refusal(of: entry, for: slot) { throw refusal }
    return self.acted(at: now) { lock, effects in
      lock.store(Memory.Code(pin: pin, window: window, name: name), in: slot, into: &effects)
      lock.tell(.slotsChanged(lock.memory.changes), at: now, into: &effects)
    }
  }

  /// Somebody deletes a code at the keypad; nothing happens to an empty slot.
  public mutating func removeCode(slot: Int, at now: Moment) -> [Effect] {
    self.acted(at: now) { lock, effects in
      guard lock.memory.codes[slot] != nil else { return }
      lock.store(nil, in: slot, into: &effects)
      lock.tell(.slotsChanged(lock.memory.changes), at: now, into: &effects)
    }
  }

  /// Somebody sets the lock back to how it left its box: no codes, no offline key, no log, all counts at 0.
  public mutating func factoryReset(at now: Moment) -> [Effect] {
    self.acted(at: now) { lock, effects in
      (lock.memory, lock.offline) = (Memory(), nil)
      lock.memory.clockSetAt = now.date
      (lock.wrongEntries, lock.lockoutEnd, lock.relockAt) = (0, nil, nil)
      effects.append(.remember)
      lock.tell(.slotsChanged(0), at: now, into: &effects)
      lock.tell(.logGrew(newest: 0), at: now, into: &effects)
      lock.tellState(at: now, into: &effects)
    }
  }

  /// The battery is used up or changed; a charge from 0 to 1.
  public mutating func setBattery(_ charge: Double, at now: Moment) -> [Effect] {
    self.acted(at: now) { lock, effects in
      lock.memory.battery = max(0, min(1, charge))
      effects.append(.remember)
      lock.tellState(at: now, into: &effects)
    }
  }

  /// The door is opened or closed.
  public mutating func setDoor(isOpen: Bool, at now: Moment) -> [Effect] {
    self.acted(at: now) { lock, effects in
      lock.memory.isDoorOpen = isOpen
      effects.append(.remember)
      lock.tellState(at: now, into: &effects)
    }
  }

  /// The housing is opened or closed.
  public mutating func setTampered(_ isTampered: Bool, at now: Moment) -> [Effect] {
    self.acted(at: now) { lock, effects in
      lock.memory.isTampered = isTampered
      effects.append(.remember)
      lock.tellState(at: now, into: &effects)
    }
  }

  /// Somebody inside wants to be left alone, or no longer: the keypad and the gateway do not open the door meanwhile.
  public mutating func setPrivate(_ isPrivate: Bool, at now: Moment) -> [Effect] {
    self.acted(at: now) { lock, effects in
      lock.memory.isPrivate = isPrivate
      effects.append(.remember)
      lock.tellState(at: now, into: &effects)
    }
  }

  /// The lock goes out of reach, where it hears and tells nothing, or comes back. Its keypad works on.
  public mutating func setReachable(_ isReachable: Bool, at now: Moment) -> [Effect] {
    self.acted(at: now) { lock, effects in
      lock.isReachable = isReachable
      lock.tellState(at: now, into: &effects)
    }
  }

  /// The lock's clock is set, by a person or a flat battery.
  public mutating func setClock(to date: Timestamp, at now: Moment) -> [Effect] {
    self.acted(at: now) { $0.setClock(to: date, at: now, into: &$1) }
  }

  /// What the lock's clock says when ours says `date`.
  public func clock(at date: Timestamp) -> Timestamp {
    var offset = Duration.milliseconds(self.memory.clockOffset)
    if let setAt = self.memory.clockSetAt {
      let days = (date - setAt) / Duration.hours(24)
      offset += self.temperament.clockGainPerDay * days
    }
    return date + offset
  }
}

extension VirtualLock {
  private struct Denial: Error {
    var reason: DenialReason
    var whose: EntryCredential?
  }

  private mutating func acted(
    at now: Moment, _ action: (inout VirtualLock, inout [Effect]) -> Void
  ) -> [Effect] {
    var effects = self.elapsed(at: now)
    action(&self, &effects)
    return self.withDeadline(effects)
  }

  /// Whose code opens now; else why none does. An offline code that opens is remembered where it has to be.
  private mutating func verdict(on pin: PINCode?, at date: Timestamp) -> Result<EntryCredential, Denial> {
    guard let pin else { return .failure(Denial(reason: .unknownCode)) }
    let matches = self.memory.codes.filter { $0.value.pin == pin }.sorted { $0.key < $1.key }
    if let open = matches.first(where: { $0.value.window?.contains(date) ?? true }) {
      return .success(.slot(open.key))
    }
    if let match = matches.first, let window = match.value.window {
      return .failure(Denial(reason: date < window.start ? .notYetValid : .expiredCode, whose: .slot(match.key)))
    }
    let verdict = self.offline?.entered(pin, at: date) ?? .unknown
    self.memory.offline = self.offline?.bytes
    switch verdict {
    case .opens(let code): return .success(.offline(code))
    case .used(let code), .expired(let code): return .failure(Denial(reason: .expiredCode, whose: .offline(code)))
    case .early(let code), .memoryFull(let code):
      return .failure(Denial(reason: .notYetValid, whose: .offline(code)))
    case .unknown: return .failure(Denial(reason: .unknownCode))
    }
  }

  mutating func moveBolt(
    home isLocked: Bool, by method: EntryMethod, whose: EntryCredential?, at now: Moment,
    into effects: inout [Effect]
  ) {
    self.memory.isLocked = isLocked
    self.relockAt = isLocked ? nil : self.model.relockDelay.map { now.uptime + $0 }
    self.record(isLocked ? .locked(method, whose) : .unlocked(method, whose), at: now, into: &effects)
    self.tellState(at: now, into: &effects)
  }

  private mutating func record(
    _ happening: LockRecord.Happening, at now: Moment, into effects: inout [Effect]
  ) {
    self.memory.newestRecord &+= 1
    self.memory.log.append(
      Memory.Record(
        index: self.memory.newestRecord, date: self.clock(at: now.date), happening: happening))
    if self.memory.log.count > self.model.logCapacity {
      self.memory.log.removeFirst(self.memory.log.count - self.model.logCapacity)
    }
    effects.append(.remember)
    self.tell(.logGrew(newest: self.memory.newestRecord), at: now, into: &effects)
  }

  mutating func tellState(at now: Moment, into effects: inout [Effect]) {
    self.tell(.state(self.state, isLockedOut: self.isLockedOut), at: now, into: &effects)
  }

  mutating func setClock(to date: Timestamp, at now: Moment, into effects: inout [Effect]) {
    self.memory.clockOffset = (date - now.date).wholeMilliseconds
    self.memory.clockSetAt = now.date
    effects.append(.remember)
  }
}
