/// What a lock tells unasked.
public enum LockReport: Hashable, Sendable {
  /// The lock answers. `slotChanges` and `newestRecord`, where it tells them, save a look: equal to what was seen
  /// last means that nothing happened meanwhile.
  case reachable(LockIdentity, slotChanges: UInt32?, newestRecord: UInt32?)
  /// The lock no longer answers.
  case unreachable(LockFault)
  /// Its codes were changed by somebody else; the new count of changes.
  case slotsChanged(UInt32?)
  /// Something happened at the door.
  case happened(LockRecord)
  /// Its log grew; the newest index.
  case logGrew(newest: UInt32)
  /// Facts about the lock; nil leaves a fact as it was.
  case state(LockState)
  /// Something a person should look at.
  case alarm(LockAlarm)
  /// The key that the gateway chose for the device at this address of the lock's line is in the device now and was
  /// used: factory keys are over for it.
  case keyInstalled(address: UInt8)
  /// The device at this address of the lock's line answers as who it is and has proved what it has to: what it is
  /// called is worth remembering. Told for the whole line through one of its locks, after each connection.
  case deviceProven(address: UInt8, WireIdentity)
  /// A device that is not the one known for this address of the lock's line answers there, or one of another line is
  /// heard on this one. Nothing is sent to it. Told for the whole line through one of its locks.
  case strangerAnswered(address: UInt8, WireIdentity)
  /// The device at this address of the lock's line, which was told as proven, does not answer any more. Told for the
  /// whole line through one of its locks.
  case deviceSilent(address: UInt8)
  /// A link was opened to the lock, and why.
  case visited(VisitReason)
}

/// Who answered on the wire.
public struct LockIdentity: Hashable, Sendable, Codable {
  /// Maker and model, as far as the wire tells.
  public var model: String?
  /// Serial number, as far as the wire tells; a change means another device.
  public var serial: String?
  /// Firmware version.
  public var firmware: String?

  /// Makes an identity.
  /// - Parameters:
  ///   - model: maker and model.
  ///   - serial: serial number.
  ///   - firmware: firmware version.
  public init(model: String? = nil, serial: String? = nil, firmware: String? = nil) {
    self.model = model
    self.serial = serial
    self.firmware = firmware
  }
}

/// Facts about a lock; nil is "not told".
public struct LockState: Hashable, Sendable {
  /// True when the bolt is home.
  public var isLocked: Bool?
  /// True when the door stands open.
  public var isDoorOpen: Bool?
  /// Charge left, 0 to 1.
  public var battery: Double?
  /// True while the housing is open.
  public var isTampered: Bool?
  /// True while somebody inside wants to be left alone: nothing from outside works.
  public var isPrivate: Bool?

  /// Makes a set of facts.
  /// - Parameters:
  ///   - isLocked: the bolt is home.
  ///   - isDoorOpen: the door stands open.
  ///   - battery: charge left, 0 to 1.
  ///   - isTampered: the housing is open.
  ///   - isPrivate: somebody inside wants to be left alone.
  public init(
    isLocked: Bool? = nil, isDoorOpen: Bool? = nil, battery: Double? = nil,
    isTampered: Bool? = nil, isPrivate: Bool? = nil
  ) {
    self.isLocked = isLocked
    self.isDoorOpen = isDoorOpen
    self.battery = battery
    self.isTampered = isTampered
    self.isPrivate = isPrivate
  }
}

/// Something a person should look at. Each is told when it begins, and once more when it is over.
public enum LockAlarm: Hashable, Sendable {
  /// The device refuses our key, or we its answer: wrong key, swapped or forged device. Nothing is sent in plain.
  case keyRefused(Bool)
  /// The door was opened without a grant.
  case doorForced(Bool)
  /// The door stands open longer than allowed.
  case doorHeld(Bool)
  /// The device's power supply has failed.
  case powerLost(Bool)
  /// Another device than before answers at this address.
  case deviceSwapped(Bool)
  /// The keypad is locked out after too many wrong PINs.
  case lockedOut(Bool)
  /// The bolt does not move, or the lock's motor reports a fault.
  case jammed(Bool)
  /// The lock refuses its own security PIN: what needs it is not tried again until the PIN is put right,
  /// or for an hour where the lock has only counted too many wrong ones.
  case securityPINRefused(Bool)
  /// The lock's battery is nearly empty.
  case batteryLow(Bool)
  /// The keypad's own battery is nearly empty.
  case keypadBatteryLow(Bool)
  /// The lock has no keypad: codes can be neither stored nor typed.
  case keypadMissing(Bool)
  /// The lock keeps no log: who opened the door cannot be told.
  case logOff(Bool)
}
