import LockCore
import LockDrivers

/// What the lock tells of itself.
extension NukiLock {
  /// Keyturner States, as many bytes of them as the firmware has.
  var states: [UInt8] {
    let critical: UInt8 = self.memory.battery < 20 ? 1 : 0
    // Old firmware has no percent.
    let percent = self.model.statesLength > 15 ? UInt8(clamping: max(0, min(100, self.memory.battery)) / 2) << 2 : 0
    let accessories: UInt8 =
      (self.model.hasKeypad ? 1 : 0) | (self.memory.isKeypadBatteryCritical ? 2 : 0)
      | (self.model.hasDoorSensor ? 4 : 0)
    let head: [UInt8] = [self.isPairing ? 1 : 2, self.memory.boltState, self.memory.lastTrigger]
    let zone = wire(UInt16(bitPattern: self.model.zoneOffset))
    let tail: [UInt8] = [
      critical | percent, self.memory.configChanges, self.relockAt?.trigger == .automatic ? 20 : 0,
      self.memory.lastAction, self.memory.lastTrigger, self.memory.lastCompletion, self.doorState.rawValue, 0,
      accessories, 0, 0xC8, 1, 0, 0, 0,
    ]
    return Array((head + self.clock.nukiTime + zone + tail).prefix(max(15, min(27, self.model.statesLength))))
  }

  private var doorState: NukiDoorSensor {
    guard self.model.hasDoorSensor else { return .unavailable }
    return self.memory.isDoorOpen ? .open : .closed
  }

  /// Battery Report: drain 2 | voltage 2 | critical 1 | action 1 | start voltage 2 | lowest 2 | way 2 | temperature 1 |
  /// current 2 | resistance 2.
  var batteryReport: [UInt8] {
    let voltage = UInt16(clamping: 4200 + 18 * max(0, self.memory.battery))
    return wire(UInt16(1234)) + wire(voltage) + [self.memory.battery < 20 ? 1 : 0, self.memory.lastAction]
      + wire(voltage - 80) + wire(voltage - 500) + wire(UInt16(812)) + [21] + wire(UInt16(1450)) + wire(UInt16(310))
  }

  /// Config, 79 bytes.
  var config: [UInt8] {
    let place = wire(Float(50.8503).bitPattern) + wire(Float(4.3517).bitPattern)
    // Auto unlatch, pairing enabled, button, LED, LED brightness.
    let switches: [UInt8] = [0, 1, 1, 1, 3]
    // Fob, its three actions, single lock, advertising mode.
    let others: [UInt8] = [0, 1, 2, 4, 0, 0]
    let identity = wire(self.model.nukiID) + padded(self.memory.name ?? self.model.name, 32) + place
    let time =
      self.clock.nukiTime + wire(UInt16(bitPattern: self.model.zoneOffset))
      + [self.model.hasDaylightSaving ? 1 : 0]
    let hasKeypad2: UInt8 = self.model.hasKeypad && self.model.generation == .five ? 1 : 0
    let hasKeypad: UInt8 = self.model.hasKeypad && hasKeypad2 == 0 ? 1 : 0
    // Keypad, firmware 3, hardware 2, HomeKit, zone 2, device, capabilities, Keypad 2, Matter, variant.
    let versions = [hasKeypad] + self.model.firmware.prefix(3) + [4, 0, 0] + wire(self.model.zoneID)
    return identity + switches + time + others + versions
      + [self.model.generation.deviceType, 0, hasKeypad2, 0, 0]
  }

  /// Advanced Config, 31 bytes; 33 on generation 5.
  var advancedConfig: [UInt8] {
    // Total degrees, four offsets, lock'n'go, presses, cylinder, battery type and its detection, unlatch.
    let motor =
      wire(UInt16(1440)) + [UInt8](repeating: 0, count: 8)
      + [UInt8(clamping: self.model.lockNGoTime.components.seconds), 1, 5, 0, 0, 1]
      + [UInt8(clamping: self.model.unlatchTime.components.seconds)]
    let autoLock = self.model.autoLockTime.map { UInt16(clamping: $0.components.seconds) }
    // Auto-lock time, auto unlock, night mode with its times, auto lock, immediately, updates.
    let rest =
      wire(autoLock ?? 300) + [1, 0, 22, 0, 6, 0, 0, 0, 0] + [autoLock == nil ? 0 : 1, 0, 1]
    return motor + rest + (self.model.generation == .five ? [0, 0] : [])
  }
}
