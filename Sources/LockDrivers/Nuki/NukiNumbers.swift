/// What a message is. The lock's numbers; ids that are not named here are carried along unread.
public struct NukiCommand: RawRepresentable, Hashable, Sendable {
  /// The id on the wire, u16.
  public let rawValue: UInt16
  /// Takes any id.
  public init(rawValue: UInt16) { self.rawValue = rawValue }
  private init(_ rawValue: UInt16) { self.rawValue = rawValue }

  /// 0001: asks for what its payload names.
  public static let requestData = NukiCommand(0x0001)
  /// 0003: a public key, either way.
  public static let publicKey = NukiCommand(0x0003)
  /// 0004: 32 bytes that the next command must carry.
  public static let challenge = NukiCommand(0x0004)
  /// 0005: the client's proof that it knows the session key.
  public static let authorizationAuthenticator = NukiCommand(0x0005)
  /// 0006: who wants to be authorized.
  public static let authorizationData = NukiCommand(0x0006)
  /// 0007: the authorization.
  public static let authorizationID = NukiCommand(0x0007)
  /// 000C: state of bolt, door, battery and clock.
  public static let keyturnerStates = NukiCommand(0x000C)
  /// 000D: moves the bolt.
  public static let lockAction = NukiCommand(0x000D)
  /// 000E: accepted or complete.
  public static let status = NukiCommand(0x000E)
  /// 0011: the battery in detail.
  public static let batteryReport = NukiCommand(0x0011)
  /// 0012: why not.
  public static let errorReport = NukiCommand(0x0012)
  /// 0014: asks for the configuration.
  public static let requestConfig = NukiCommand(0x0014)
  /// 0015: the configuration.
  public static let config = NukiCommand(0x0015)
  /// 001E: the client has the authorization.
  public static let authorizationIDConfirmation = NukiCommand(0x001E)
  /// 0020: checks the security PIN and does nothing else.
  public static let verifySecurityPIN = NukiCommand(0x0020)
  /// 0021: sets the clock.
  public static let updateTime = NukiCommand(0x0021)
  /// 0031: asks for log entries.
  public static let requestLogEntries = NukiCommand(0x0031)
  /// 0032: one log entry.
  public static let logEntry = NukiCommand(0x0032)
  /// 0033: how many log entries there are, and whether the log is on.
  public static let logEntryCount = NukiCommand(0x0033)
  /// 0034: switches the log on or off.
  public static let enableLogging = NukiCommand(0x0034)
  /// 0036: asks for the advanced configuration.
  public static let requestAdvancedConfig = NukiCommand(0x0036)
  /// 0037: the advanced configuration.
  public static let advancedConfig = NukiCommand(0x0037)
  /// 0041: adds a keypad code.
  public static let addKeypadCode = NukiCommand(0x0041)
  /// 0042: the id that the lock gave to a new code.
  public static let keypadCodeID = NukiCommand(0x0042)
  /// 0043: asks for keypad codes.
  public static let requestKeypadCodes = NukiCommand(0x0043)
  /// 0044: how many keypad codes there are.
  public static let keypadCodeCount = NukiCommand(0x0044)
  /// 0045: one keypad code.
  public static let keypadCode = NukiCommand(0x0045)
  /// 0046: overwrites a keypad code.
  public static let updateKeypadCode = NukiCommand(0x0046)
  /// 0047: removes a keypad code.
  public static let removeKeypadCode = NukiCommand(0x0047)
  /// 004C: whether a security PIN is set (generation 5).
  public static let authorizationInfo = NukiCommand(0x004C)
}

/// Why the lock refuses (sheet of errors of the vendor's API).
public struct NukiError: RawRepresentable, Hashable, Sendable {
  /// The code on the wire.
  public let rawValue: UInt8
  /// Takes any code.
  public init(rawValue: UInt8) { self.rawValue = rawValue }
  private init(_ rawValue: UInt8) { self.rawValue = rawValue }

  /// 10: not in pairing mode.
  public static let notPairing = NukiError(0x10)
  /// 11: an authenticator is wrong.
  public static let badAuthenticator = NukiError(0x11)
  /// 12: a field of a pairing message is wrong.
  public static let badPairingParameter = NukiError(0x12)
  /// 13: no room for another authorization.
  public static let tooManyAuthorizations = NukiError(0x13)
  /// 20: unknown authorization, or a message that does not open.
  public static let notAuthorized = NukiError(0x20)
  /// 21: wrong security PIN.
  public static let badPIN = NukiError(0x21)
  /// 22: the challenge was used before, or is another's.
  public static let badNonce = NukiError(0x22)
  /// 23: a field is out of range.
  public static let badParameter = NukiError(0x23)
  /// 24: no such authorization.
  public static let invalidAuthorizationID = NukiError(0x24)
  /// 25: the authorization is disabled.
  public static let disabled = NukiError(0x25)
  /// 26: the authorization may not be used from afar.
  public static let remoteNotAllowed = NukiError(0x26)
  /// 27: the authorization is not valid now.
  public static let timeNotAllowed = NukiError(0x27)
  /// 28: too many wrong security PINs.
  public static let tooManyPINAttempts = NukiError(0x28)
  /// 29: no room for another entry.
  public static let tooManyEntries = NukiError(0x29)
  /// 2A: the keypad code exists already.
  public static let codeAlreadyExists = NukiError(0x2A)
  /// 2B: no keypad code may be like this.
  public static let codeInvalid = NukiError(0x2B)
  /// 40: too soon after the last auto unlock.
  public static let autoUnlockTooRecent = NukiError(0x40)
  /// 41: the lock does not know where its bolt is.
  public static let positionUnknown = NukiError(0x41)
  /// 42: the motor is blocked.
  public static let motorBlocked = NukiError(0x42)
  /// 43: the clutch failed.
  public static let clutchFailure = NukiError(0x43)
  /// 44: the motor did not get there in time.
  public static let motorTimeout = NukiError(0x44)
  /// 45: the lock does something else.
  public static let busy = NukiError(0x45)
  /// 46: somebody cancelled it.
  public static let cancelled = NukiError(0x46)
  /// 47: the lock is not calibrated.
  public static let notCalibrated = NukiError(0x47)
  /// 48: the motor reached its limit.
  public static let motorPositionLimit = NukiError(0x48)
  /// 49: the motor's voltage is low.
  public static let motorLowVoltage = NukiError(0x49)
  /// 4A: the motor has no power.
  public static let motorPowerFailure = NukiError(0x4A)
  /// 4B: the clutch has no power.
  public static let clutchPowerFailure = NukiError(0x4B)
  /// 4C: the battery's voltage is too low.
  public static let voltageTooLow = NukiError(0x4C)
  /// 4D: the firmware must be updated first.
  public static let firmwareUpdateNeeded = NukiError(0x4D)
  /// 4E: rejected.
  public static let rejected = NukiError(0x4E)
  /// 4F: rejected by the night mode.
  public static let rejectedByNightMode = NukiError(0x4F)
  /// FD: the CRC is wrong.
  public static let badCRC = NukiError(0xFD)
  /// FE: the length is wrong.
  public static let badLength = NukiError(0xFE)
  /// FF: unknown.
  public static let unknown = NukiError(0xFF)
}

/// Where the bolt is or goes.
public struct NukiBoltState: RawRepresentable, Hashable, Sendable {
  /// The number on the wire.
  public let rawValue: UInt8
  /// Takes any number.
  public init(rawValue: UInt8) { self.rawValue = rawValue }
  private init(_ rawValue: UInt8) { self.rawValue = rawValue }

  /// 00: not calibrated.
  public static let uncalibrated = NukiBoltState(0)
  /// 01: locked.
  public static let locked = NukiBoltState(1)
  /// 02: on its way to unlocked.
  public static let unlocking = NukiBoltState(2)
  /// 03: unlocked.
  public static let unlocked = NukiBoltState(3)
  /// 04: on its way to locked.
  public static let locking = NukiBoltState(4)
  /// 05: the latch is held back.
  public static let unlatched = NukiBoltState(5)
  /// 06: unlocked, and locks again by itself.
  public static let unlockedLockNGo = NukiBoltState(6)
  /// 07: on its way to unlatched.
  public static let unlatching = NukiBoltState(7)
  /// FC: calibrating.
  public static let calibration = NukiBoltState(0xFC)
  /// FD: starting.
  public static let bootRun = NukiBoltState(0xFD)
  /// FE: the motor is blocked.
  public static let motorBlocked = NukiBoltState(0xFE)
  /// FF: undefined.
  public static let undefined = NukiBoltState(0xFF)

  /// True when the bolt is home, false when it is not; nil while it moves or the lock does not know.
  public var isLocked: Bool? {
    switch self {
    case .locked: true
    case .unlocked, .unlatched, .unlockedLockNGo: false
    default: nil
    }
  }
}

/// What the bolt is told to do.
public struct NukiAction: RawRepresentable, Hashable, Sendable {
  /// The number on the wire.
  public let rawValue: UInt8
  /// Takes any number.
  public init(rawValue: UInt8) { self.rawValue = rawValue }
  private init(_ rawValue: UInt8) { self.rawValue = rawValue }

  /// 01: unlock.
  public static let unlock = NukiAction(1)
  /// 02: lock.
  public static let lock = NukiAction(2)
  /// 03: unlock and hold the latch back.
  public static let unlatch = NukiAction(3)
  /// 04: unlock, and lock again after a while.
  public static let lockNGo = NukiAction(4)
  /// 05: unlatch, and lock again after a while.
  public static let lockNGoUnlatch = NukiAction(5)
  /// 06: lock all the way.
  public static let fullLock = NukiAction(6)

  /// True for what opens, false for what locks; nil for the rest.
  public var opens: Bool? {
    switch self {
    case .unlock, .unlatch, .lockNGo, .lockNGoUnlatch: true
    case .lock, .fullLock: false
    default: nil
    }
  }
}

/// Who moved the bolt.
public struct NukiTrigger: RawRepresentable, Hashable, Sendable {
  /// The number on the wire.
  public let rawValue: UInt8
  /// Takes any number.
  public init(rawValue: UInt8) { self.rawValue = rawValue }
  private init(_ rawValue: UInt8) { self.rawValue = rawValue }

  /// 00: Bluetooth: app, bridge, keypad.
  public static let system = NukiTrigger(0)
  /// 01: by hand: key or knob.
  public static let manual = NukiTrigger(1)
  /// 02: the button on the lock.
  public static let button = NukiTrigger(2)
  /// 03: the lock itself.
  public static let automatic = NukiTrigger(3)
  /// 06: the auto lock.
  public static let autoLock = NukiTrigger(6)
  /// AB: HomeKit.
  public static let homeKit = NukiTrigger(0xAB)
  /// AC: MQTT.
  public static let mqtt = NukiTrigger(0xAC)
  /// FF: undefined.
  public static let undefined = NukiTrigger(0xFF)
}

/// How an action ended.
public struct NukiCompletion: RawRepresentable, Hashable, Sendable {
  /// The number on the wire.
  public let rawValue: UInt8
  /// Takes any number.
  public init(rawValue: UInt8) { self.rawValue = rawValue }
  private init(_ rawValue: UInt8) { self.rawValue = rawValue }

  /// 00: done.
  public static let success = NukiCompletion(0)
  /// 01: the motor was blocked.
  public static let motorBlocked = NukiCompletion(1)
  /// 02: cancelled.
  public static let cancelled = NukiCompletion(2)
  /// 03: too soon after the last.
  public static let tooRecent = NukiCompletion(3)
  /// 04: the lock was busy.
  public static let busy = NukiCompletion(4)
  /// 09: a keypad code that is not allowed now.
  public static let notAuthorized = NukiCompletion(9)
  /// E0: no such keypad code.
  public static let invalidCode = NukiCompletion(0xE0)
  /// E1: no such finger.
  public static let invalidFingerprint = NukiCompletion(0xE1)
  /// FF: unknown.
  public static let unknown = NukiCompletion(0xFF)
}

/// What the door sensor says.
public struct NukiDoorSensor: RawRepresentable, Hashable, Sendable {
  /// The number on the wire.
  public let rawValue: UInt8
  /// Takes any number.
  public init(rawValue: UInt8) { self.rawValue = rawValue }
  private init(_ rawValue: UInt8) { self.rawValue = rawValue }

  /// 00: there is none.
  public static let unavailable = NukiDoorSensor(0)
  /// 01: switched off.
  public static let deactivated = NukiDoorSensor(1)
  /// 02: the door is closed.
  public static let closed = NukiDoorSensor(2)
  /// 03: the door is open.
  public static let open = NukiDoorSensor(3)
  /// 04: the sensor does not know.
  public static let unknown = NukiDoorSensor(4)

  /// True when the door stands open, false when it is closed; nil when nobody knows.
  public var isOpen: Bool? {
    switch self {
    case .closed: false
    case .open: true
    default: nil
    }
  }
}
