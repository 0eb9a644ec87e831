/// Why a pairing came to nothing.
public enum NukiPairingFault: Error, Hashable, Sendable {
  /// Error 10.
  case notInPairingMode
  /// Error 11: the lock did not accept our authenticator.
  case badAuthenticator
  /// The lock's own authenticator is wrong: another device has put itself between.
  case lockNotAuthentic
  /// Error 13.
  case tableFull
  /// Error 21.
  case wrongPIN
  /// Error 28.
  case tooManyPINAttempts
  /// The PIN has another number of digits than the lock's generation asks for.
  case pinLength(digits: Int)
  /// A bridge was wanted, and generation 5 knows apps alone.
  case appOnly
  /// Another error, told at any step.
  case refused(NukiError)
  /// No answer.
  case timedOut(at: NukiPairing.Step)
  /// The link dropped.
  case linkLost(at: NukiPairing.Step)
  /// The link was of no use.
  case linkFailed(GATTFault)
  /// It has none of the services of a Nuki lock.
  case notALock
  /// An answer that makes no sense there.
  case nonsense(at: NukiPairing.Step)

  init(_ report: NukiErrorReport) {
    switch report.error {
    case .notPairing: self = .notInPairingMode
    case .badAuthenticator: self = .badAuthenticator
    case .tooManyAuthorizations: self = .tableFull
    case .badPIN: self = .wrongPIN
    case .tooManyPINAttempts: self = .tooManyPINAttempts
    default: self = .refused(report.error)
    }
  }

  /// What happened and what to do, as one sentence or two for the person at the lock.
  public var message: String {
    switch self {
    case .notInPairingMode:
      "The lock is not in pairing mode. Hold its button for five seconds until its ring lights up, then try again at once."
    case .badAuthenticator:
      "The lock did not accept the proof of the shared key. Try again; if this stays, restart the lock by taking its batteries out."
    case .lockNotAuthentic:
      "The answer does not come from the lock that the keys were exchanged with. Somebody may be listening in: check the place, then try again."
    case .tableFull:
      "The lock has no room for another authorization. Remove one that is not needed with the maker's app, then try again."
    case .wrongPIN:
      "The lock refuses the security PIN. Look it up or set it anew in the maker's app, then pair again with the right one; a lock bars who guesses."
    case .tooManyPINAttempts:
      "The lock was told too many wrong security PINs and bars us for a while. Wait an hour, then pair with the right one."
    case .pinLength(let digits):
      "This lock's security PIN has \(digits) digits. Pair again with that one, as set in the maker's app."
    case .appOnly: "This lock can only be paired as an app. Pair again without asking for a bridge."
    case .refused(let error):
      "The lock refused: \(error.meaning). Restart the lock by taking its batteries out, then try again."
    case .timedOut(let step):
      "The lock fell silent while \(step.meaning). Go nearer to it, hold its button again, and try again."
    case .linkLost(let step):
      "The connection dropped while \(step.meaning). Go nearer to the lock, hold its button again, and try again."
    case .linkFailed: "The lock could not be spoken to. Go nearer to it, hold its button again, and try again."
    case .notALock: "The device has no services of a Nuki smart lock. Choose another one."
    case .nonsense(let step):
      "The lock answered nonsense while \(step.meaning). Update its firmware with the maker's app, then try again."
    }
  }
}

extension NukiPairing.Step {
  /// What is being done, for "while …".
  public var meaning: String {
    switch self {
    case .connecting: "its services were looked up"
    case .exchangingKeys: "keys were exchanged"
    case .authenticating: "the key was proved"
    case .authorizing: "the authorization was made"
    case .checkingPIN: "the security PIN was checked"
    case .readingConfig: "its configuration was read"
    case .ended: "nothing was done"
    }
  }
}
