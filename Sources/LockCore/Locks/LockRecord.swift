/// How a door was opened or closed. Raw values are the API's `method`.
public enum EntryMethod: String, Hashable, Sendable, Codable {
  /// A PIN at the keypad.
  case keycode
  /// Thumb turn, key, exit button or a button on the lock.
  case manual
  /// The lock itself: relock timer, schedule.
  case automatic
  /// From here: API or app.
  case remote
  /// A card at the reader.
  case card
  /// The lock does not say.
  case unknown
}

/// Whose code it was, as far as the lock or the door can tell.
public enum EntryCredential: Hashable, Sendable {
  /// The lock named a slot.
  case slot(Int)
  /// The gateway's own look-up named the access code.
  case code(AccessCodeID)
  /// The digits themselves said it: an offline code, issued by the gateway or by anybody else who has the door's key.
  case offline(OfflineCode)
}

/// Why a PIN did not open.
public enum DenialReason: String, Hashable, Sendable, Codable {
  /// No code has these digits.
  case unknownCode
  /// The code's end has passed.
  case expiredCode
  /// The code's start has not come.
  case notYetValid
  /// Too many wrong entries: the keypad is locked out for a while.
  case tooManyAttempts
  /// The right code, but the strike did not answer in time.
  case strikeFailed
  /// Somebody inside wants to be left alone.
  case privacyMode
}

/// One thing that happened at a lock, as its log or its door logic tells it.
public struct LockRecord: Hashable, Sendable {
  /// What happened.
  public enum Happening: Hashable, Sendable {
    /// The door was opened.
    case unlocked(EntryMethod, EntryCredential?)
    /// The door was locked.
    case locked(EntryMethod, EntryCredential?)
    /// A PIN was refused; the credential is known when the digits are those of a code.
    case denied(DenialReason, EntryCredential?)
    /// Something that concerns nobody here, such as a calibration; its index shows that no record is missing.
    case other
  }

  /// The lock's own number for the record, counting up by one; nil for what is told live and never kept.
  public var index: UInt32?
  /// When it happened, by the lock's clock corrected to ours.
  public var date: Timestamp
  /// What happened.
  public var happening: Happening

  /// Makes a record.
  /// - Parameters:
  ///   - index: the lock's number for it.
  ///   - date: when it happened.
  ///   - happening: what happened.
  public init(index: UInt32? = nil, date: Timestamp, happening: Happening) {
    self.index = index
    self.date = date
    self.happening = happening
  }
}
