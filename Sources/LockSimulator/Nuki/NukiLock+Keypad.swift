public import LockCore
import LockDrivers

/// The keypad's codes: programmed over the air, and typed.
extension NukiLock {
  /// Code 4 | name 20 | limits 20.
  mutating func addCode(_ body: ArraySlice<UInt8>, _ request: Request) throws(Refusal) {
    let (pin, name, schedule) = try self.entry(body.prefix(24), limits: body.dropFirst(24))
    let code = try self.add(pin, name: name, schedule: schedule)
    self.say(.keypadCodeID, wire(code.id) + code.created.nukiTime, on: request.link)
    if self.temperament.saysStatusAfterAdding { self.complete(request) }
  }

  /// Id 2 | code 4 | name 20 | enabled 1 | limits 20. Overwrites everything.
  mutating func updateCode(_ body: ArraySlice<UInt8>, _ request: Request) throws(Refusal) {
    let id = UInt16(truncatingIfNeeded: number(body.prefix(2)))
    guard var code = self.memory.codes[id] else { throw Refusal(.badParameter) }
    let enabled = body[body.startIndex + 26]
    guard enabled <= 1 else { throw Refusal(.badParameter) }
    let (pin, name, schedule) = try self.entry(body.dropFirst(2).prefix(24), limits: body.dropFirst(27))
    if self.holder(of: pin, except: id) != nil { throw Refusal(.codeAlreadyExists) }
    (code.stored, code.name, code.schedule, code.isEnabled) = (StoredPIN(pin), name, schedule, enabled == 1)
    self.memory.codes[id] = code
    self.codesChanged()
    self.complete(request)
  }

  /// Id 2.
  mutating func removeCode(_ body: ArraySlice<UInt8>, _ request: Request) throws(Refusal) {
    let id = UInt16(truncatingIfNeeded: number(body))
    guard self.memory.codes.removeValue(forKey: id) != nil else { throw Refusal(.badParameter) }
    self.codesChanged()
    self.complete(request)
  }

  /// Offset 2 | count 2 -> count 2, then entries of 44 or 63 bytes.
  mutating func listCodes(_ body: ArraySlice<UInt8>, _ request: Request) {
    let (offset, count) = (Int(number(body.prefix(2))), Int(number(body.dropFirst(2))))
    let all = self.memory.codes.values.sorted { $0.id < $1.id }
    self.sayStrayStatus(on: request.link)
    self.say(.keypadCodeCount, wire(UInt16(clamping: all.count)), on: request.link)
    self.sayStrayStatus(on: request.link)
    for code in all.dropFirst(offset).prefix(count) {
      self.say(.keypadCode, self.wireEntry(of: code), on: request.link)
    }
    if self.temperament.endsListsWithStatus { self.complete(request) }
  }

  private func wireEntry(of code: Memory.Code) -> [UInt8] {
    let never = [UInt8](repeating: 0, count: 7)
    // Id 2 | code 4 | name 20 | enabled 1 | created 7 | last active 7 | uses 2 | limited 1
    let name = wire(code.id) + wire(UInt32(code.pin.digits) ?? 0) + padded(code.name, 20)
    let dates = [code.isEnabled ? 1 : 0] + code.created.nukiTime + (code.lastActive?.nukiTime ?? never)
    let head = name + dates + wire(code.uses) + [code.schedule == nil ? 0 : 1]
    if let schedule = code.schedule { return head + schedule.wire }
    return head + (self.temperament.tellsWholeEntries ? [UInt8](repeating: 0, count: 19) : [])
  }

  private func entry(
    _ body: ArraySlice<UInt8>, limits: ArraySlice<UInt8>
  ) throws(Refusal) -> (PINCode, String, NukiSchedule?) {
    guard self.model.hasKeypad else { throw Refusal(.badParameter) }
    guard let pin = PINCode(String(number(body.prefix(4)))), Self.isAllowed(pin) else { throw Refusal(.codeInvalid) }
    guard let name = text(body.dropFirst(4)), let schedule = NukiSchedule.read(limits) else {
      throw Refusal(.badParameter)
    }
    return (pin, name, schedule)
  }

  /// Six digits 1 to 9, the first two not 12.
  static func isAllowed(_ pin: PINCode) -> Bool {
    pin.count == 6 && !pin.digits.contains("0") && !pin.digits.hasPrefix("12")
  }

  private func holder(of pin: PINCode, except id: UInt16? = nil) -> Memory.Code? {
    self.memory.codes.values.first { $0.pin == pin && $0.id != id }
  }

  private mutating func add(
    _ pin: PINCode, name: String, schedule: NukiSchedule?
  ) throws(Refusal) -> Memory.Code {
    if self.holder(of: pin) != nil { throw Refusal(.codeAlreadyExists) }
    guard self.memory.codes.count < self.model.codeCapacity, !self.temperament.isKeypadFull else {
      throw Refusal(.tooManyEntries)
    }
    repeat {
      self.memory.lastCodeID &+= 1
    } while self.memory.lastCodeID == 0
      || self.memory.codes[self.memory.lastCodeID] != nil
    let code = Memory.Code(
      id: self.memory.lastCodeID, stored: StoredPIN(pin), name: name, created: self.clock, schedule: schedule)
    self.memory.codes[code.id] = code
    self.codesChanged()
    return code
  }

  private mutating func codesChanged() {
    self.remember()
    if self.temperament.countsCodeChanges { self.countConfigChange() }
  }

  // MARK: People at the keypad

  /// Somebody types at the keypad: the door opens, or the log tells of a wrong code. While the keypad is blocked
  /// nothing happens.
  /// - Parameters:
  ///   - digits: what is typed; anything that is no code is a wrong one.
  ///   - now: when.
  public mutating func typed(_ digits: String, at now: Moment) -> [Effect] {
    self.acted(at: now) { lock in
      guard lock.model.hasKeypad, !lock.isKeypadBlocked else { return }
      let pin = PINCode(digits)
      let code = lock.memory.codes.values.first { $0.pin == pin }
      guard let code, lock.opensNow(code) else {
        lock.logKeypad(.unlock, source: 1, .invalidCode, code: nil)
        lock.wrongEntries += 1
        guard lock.wrongEntries >= NukiLockModel.wrongEntriesAllowed else { return }
        lock.wrongEntries = 0
        lock.keypadBlockedUntil = now.uptime + NukiLockModel.keypadBlockTime
        return
      }
      lock.wrongEntries = 0
      lock.opened(by: code, source: 1)
    }
  }

  /// Somebody puts a finger on the keypad that belongs to this code; nil for a stranger's finger.
  public mutating func touched(codeOfFinger id: UInt16?, at now: Moment) -> [Effect] {
    self.acted(at: now) { lock in
      guard lock.model.hasKeypad, !lock.isKeypadBlocked else { return }
      guard let code = id.flatMap({ lock.memory.codes[$0] }), lock.opensNow(code) else {
        return lock.logKeypad(.unlock, source: 2, .invalidFingerprint, code: nil)
      }
      lock.opened(by: code, source: 2)
    }
  }

  /// Somebody presses the keypad's arrow key: the lock locks.
  public mutating func pressedArrowKey(at now: Moment) -> [Effect] {
    self.acted(at: now) { lock in
      guard lock.model.hasKeypad else { return }
      lock.startMotion(.lock, trigger: .system, origin: .keypad(source: 0, code: nil))
    }
  }

  /// Somebody adds a code with the app, as a gateway does not know it.
  /// - Returns: the code's number, nil when the lock does not take it; and the effects.
  public mutating func addForeignCode(
    _ pin: PINCode, name: String, schedule: NukiSchedule? = nil, at now: Moment
  ) -> (id: UInt16?, effects: [Effect]) {
    var id: UInt16?
    let effects = self.acted(at: now) { lock in
      guard Self.isAllowed(pin), (1...20).contains(name.utf8.count) else { return }
      id = try? lock.add(pin, name: name, schedule: schedule).id
    }
    return (id, effects)
  }

  /// Somebody removes a code with the app.
  public mutating func removeForeignCode(_ id: UInt16, at now: Moment) -> [Effect] {
    self.acted(at: now) { lock in
      if lock.memory.codes.removeValue(forKey: id) != nil { lock.codesChanged() }
    }
  }

  private func opensNow(_ code: Memory.Code) -> Bool {
    let zone = NukiZone(offset: self.model.zoneOffset, hasDaylightSaving: self.model.hasDaylightSaving)
    return code.isEnabled && (code.schedule?.allows(self.clock, in: zone) ?? true)
  }

  private mutating func opened(by code: Memory.Code, source: UInt8) {
    var code = code
    code.uses &+= 1
    code.lastActive = self.clock
    self.memory.codes[code.id] = code
    self.remember()
    self.startMotion(.unlock, trigger: .system, origin: .keypad(source: source, code: code.id))
  }
}
