public import LockCore
import LockDrivers

/// What people do at the lock itself, and what befalls it.
extension NukiLock {
  /// Somebody holds the lock's button for five seconds: pairing mode.
  public mutating func pressedButton(at now: Moment) -> [Effect] {
    self.acted(at: now) { $0.pairingEnd = now.uptime + $0.model.pairingTime }
  }

  /// Somebody presses the lock's button shortly: it locks or unlocks.
  public mutating func tappedButton(at now: Moment) -> [Effect] {
    self.acted(at: now) { lock in
      let action: NukiAction = lock.boltState == .locked ? .unlock : .lock
      lock.startMotion(action, trigger: .button, origin: .button)
    }
  }

  /// Somebody turns the bolt by hand or with a key.
  public mutating func turnedByHand(toLocked isLocked: Bool, at now: Moment) -> [Effect] {
    self.acted(at: now) { lock in
      lock.motion = nil
      lock.relockAt = nil
      lock.memory.boltState = (isLocked ? NukiBoltState.locked : .unlocked).rawValue
      let action: NukiAction = isLocked ? .lock : .unlock
      lock.memory.lastAction = action.rawValue
      lock.memory.lastTrigger = NukiTrigger.manual.rawValue
      lock.memory.lastCompletion = NukiCompletion.success.rawValue
      lock.record(type: 2, [action.rawValue, NukiTrigger.manual.rawValue, 0, 0])
      lock.tellNews()
      lock.tellStates()
      if !isLocked, let time = lock.model.autoLockTime { lock.relockAt = (now.uptime + time, .autoLock) }
    }
  }

  /// The door is opened or closed; nobody hears of it without a sensor.
  public mutating func setDoor(isOpen: Bool, at now: Moment) -> [Effect] {
    self.acted(at: now) { lock in
      guard lock.model.hasDoorSensor, lock.memory.isDoorOpen != isOpen else { return }
      lock.memory.isDoorOpen = isOpen
      lock.record(type: 6, [isOpen ? 0 : 1])
      lock.tellNews()
      lock.tellStates()
    }
  }

  /// The batteries are used up or changed.
  /// - Parameters:
  ///   - percent: charge of the lock's battery; nil to leave it.
  ///   - isKeypadCritical: the keypad's battery is nearly empty; nil to leave it.
  ///   - now: when.
  public mutating func setBattery(percent: Int?, isKeypadCritical: Bool? = nil, at now: Moment) -> [Effect] {
    self.acted(at: now) { lock in
      if let percent { lock.memory.battery = max(0, min(100, percent)) }
      if let isKeypadCritical { lock.memory.isKeypadBatteryCritical = isKeypadCritical }
      lock.tellNews()
      lock.tellStates()
    }
  }

  /// The lock's clock is set by somebody else, or a flat battery.
  public mutating func setClock(to date: Timestamp, at now: Moment) -> [Effect] {
    self.acted(at: now) { $0.setClock(to: date) }
  }

  /// The lock drops every link.
  public mutating func dropLinks(at now: Moment) -> [Effect] {
    self.acted(at: now) { lock in
      for id in lock.openLinks { lock.drop(id) }
    }
  }

  /// Somebody takes every authorization away with the app.
  public mutating func removeAuthorizations(at now: Moment) -> [Effect] {
    self.acted(at: now) { lock in
      lock.memory.authorizations = [:]
      lock.remember()
    }
  }

  /// Somebody presses the button once more: pairing mode ends.
  public mutating func endedPairing(at now: Moment) -> [Effect] {
    self.acted(at: now) { $0.pairingEnd = nil }
  }

  /// The oldest records vanish from the log.
  public mutating func forgotLog(oldest count: Int, at now: Moment) -> [Effect] {
    self.acted(at: now) { lock in
      lock.memory.log.removeFirst(max(0, min(count, lock.memory.log.count)))
      lock.remember()
    }
  }

  /// The lock tells its states unasked, so many times, on every link on which somebody has spoken.
  public mutating func flooded(count: Int, at now: Moment) -> [Effect] {
    self.acted(at: now) { lock in
      for id in lock.openLinks {
        for _ in 0..<max(0, min(count, Self.longestOutbox)) { lock.say(.keyturnerStates, lock.states, on: id) }
      }
    }
  }

  /// Somebody sets the lock back to how it left its box: no codes, authorizations or log, another key and another
  /// unique number. The security PIN and the clock stay.
  public mutating func factoryReset(at now: Moment) -> [Effect] {
    self.acted(at: now) { lock in
      for id in lock.openLinks { lock.drop(id) }
      let before = lock.memory
      lock.memory = Memory()
      (lock.memory.securityPIN, lock.memory.clockOffset) = (before.securityPIN, before.clockOffset)
      (lock.memory.clockSetAt, lock.memory.boltState) = (before.clockSetAt, before.boltState)
      lock.memory.lockKey = StoredKey(NukiKey(from: &lock.random))
      lock.memory.uuid = lock.random.bytes(16)
      (lock.motion, lock.relockAt, lock.pairingEnd) = (nil, nil, nil)
      lock.remember()
    }
  }
}
