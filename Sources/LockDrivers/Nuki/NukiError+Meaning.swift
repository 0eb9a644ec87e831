import LockCore

extension NukiError {
  /// What it means, in the words of a sentence that begins with "The lock refused:".
  public var meaning: String {
    switch self {
    case .notPairing: "it is not in pairing mode"
    case .badAuthenticator: "an authenticator was wrong"
    case .badPairingParameter: "a field of the pairing was wrong"
    case .tooManyAuthorizations: "it has no room for another authorization"
    case .notAuthorized: "it does not know our authorization"
    case .badPIN: "the security PIN is wrong"
    case .badNonce: "the challenge was used before"
    case .badParameter: "a field was out of range"
    case .invalidAuthorizationID: "our authorization was removed"
    case .disabled: "our authorization is disabled"
    case .remoteNotAllowed: "our authorization may not be used from afar"
    case .timeNotAllowed: "our authorization is not valid now"
    case .tooManyPINAttempts: "too many wrong security PINs were told"
    case .tooManyEntries: "its list is full"
    case .codeAlreadyExists: "it holds the code already"
    case .codeInvalid: "it takes no code like this: six digits from 1 to 9, not starting with 12"
    case .autoUnlockTooRecent: "it was unlocked by itself a moment ago"
    case .positionUnknown: "it does not know where its bolt is; calibrate it"
    case .motorBlocked: "its motor is blocked; look at door and bolt"
    case .clutchFailure: "its clutch failed"
    case .motorTimeout: "its motor did not get there in time"
    case .busy: "it is busy"
    case .cancelled: "somebody cancelled it"
    case .notCalibrated: "it is not calibrated"
    case .motorPositionLimit: "its motor reached its limit; calibrate it"
    case .motorLowVoltage, .voltageTooLow: "its battery is too weak"
    case .motorPowerFailure: "its motor has no power"
    case .clutchPowerFailure: "its clutch has no power"
    case .firmwareUpdateNeeded: "its firmware must be updated first"
    case .rejected: "it rejected it"
    case .rejectedByNightMode: "its night mode does not allow it"
    case .badCRC: "the message came in damaged"
    case .badLength: "the message had another length than it knows"
    default: "error \(String(self.rawValue, radix: 16, uppercase: true))"
    }
  }

  /// What becomes of a command that is refused so.
  var fault: LockFault {
    switch self {
    case .badCRC, .badNonce, .busy: .busy
    case .notAuthorized, .invalidAuthorizationID, .badPIN, .tooManyPINAttempts: .notAuthorized
    case .codeAlreadyExists: .duplicateCode(slot: nil)
    case .codeInvalid: .codeRejected(detail: self.meaning)
    case .tooManyEntries: .noSpace
    default: .failed(detail: self.meaning)
    }
  }

  /// True for what passes: the same is asked again with a new challenge.
  var isPassing: Bool { self == .badCRC || self == .badNonce || self == .busy }

  /// True when the bolt did not get where it should.
  var isJam: Bool {
    switch self {
    case .motorBlocked, .clutchFailure, .motorTimeout, .motorPositionLimit: true
    default: false
    }
  }
}
