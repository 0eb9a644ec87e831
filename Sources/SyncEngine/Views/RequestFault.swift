public import LockCore

/// Why a request was refused. Nothing was changed.
public enum RequestFault: Error, Sendable {
  /// The request breaks a rule (400 `invalid_input`); which one and how to mend it. Names no PIN.
  case invalid(String)
  /// No such lock (404 `device_not_found`).
  case deviceNotFound
  /// The lock is of the other half of the device API (404 `device_not_found`, with a pointer there).
  case deviceOfOtherHalf(isManaged: Bool)
  /// The lock is unmanaged (400 `device_unmanaged`).
  case deviceUnmanaged
  /// The lock is managed (400 `device_managed`).
  case deviceManaged
  /// No such access code (404 `access_code_not_found`).
  case accessCodeNotFound
  /// No such action attempt (404 `action_attempt_not_found`).
  case actionAttemptNotFound
  /// No such webhook (404 `webhook_not_found`).
  case webhookNotFound
  /// No such API key (404 `api_key_not_found`).
  case apiKeyNotFound
  /// A webhook for events that do not exist (400 `invalid_event_types`); which rule is broken.
  case invalidEventTypes(String)
  /// The PIN is in use on that lock (409 `duplicate_access_code`).
  case duplicateAccessCode(existing: AccessCodeID)
  /// A backup takes the place of a time-bound code only (400 `access_code_not_time_bound`).
  case accessCodeNotTimeBound
  /// No backup access code is ready (404 `backup_access_code_not_found`); why, and what to do.
  case backupNotFound(String)
  /// The lock is offline and the request said not to wait (400 `device_offline`).
  case deviceOffline
  /// The lock is no simulated one, or cannot do this (400 `device_type_not_supported`).
  case deviceTypeNotSupported(String)
  /// The store cannot be written or read (503 `store_unavailable`): disk full or read-only; what to do.
  case storeUnavailable(String)
}

/// A request for a new access code, already checked for its form.
public struct NewAccessCode: Sendable {
  /// The lock.
  public var device: LockID
  /// Its name; nil for none.
  public var name: String?
  /// The PIN; nil to have one drawn.
  public var pin: PINCode?
  /// When it is good; nil for an ongoing code.
  public var window: TimeWindow?
  /// The length of a drawn PIN, where the lock takes it.
  public var preferredLength: Int?
  /// False to program it just in time even on a lock that keeps times.
  public var prefersNativeScheduling = true
  /// True to leave changes made at the lock alone.
  public var allowsExternalModification = false
  /// False to refuse when the lock is offline.
  public var attemptsForOfflineDevice = true
  /// Key shared by linked codes; nil for none. Its group's PIN is taken over.
  public var commonCodeKey: String?
  /// True to have backup codes kept ready on the lock; the code must have times.
  public var usesBackupPool = false
  /// The times of an offline code; nil for an online one.
  public var offline: Offline?

  /// What an offline code should be (contract R42, R43).
  public struct Offline: Sendable {
    /// First instant at which it should open.
    public var startsAt: Timestamp
    /// First instant at which it need not open any more; nil for a one-time code alone.
    public var endsAt: Timestamp?
    /// True to open once.
    public var isOneTimeUse: Bool
    /// How far times may be rounded.
    public var rounding: OfflineSchedule.Rounding

    /// Describes an offline code.
    /// - Parameters:
    ///   - startsAt: first instant at which it should open.
    ///   - endsAt: first instant at which it need not open any more.
    ///   - isOneTimeUse: it opens once.
    ///   - rounding: how far times may be rounded.
    public init(startsAt: Timestamp, endsAt: Timestamp?, isOneTimeUse: Bool, rounding: OfflineSchedule.Rounding) {
      self.startsAt = startsAt
      self.endsAt = endsAt
      self.isOneTimeUse = isOneTimeUse
      self.rounding = rounding
    }
  }

  /// Makes a request for an ongoing code with a drawn PIN.
  public init(device: LockID) { self.device = device }
}

/// A request for one access code on each of some locks, with one PIN, already checked for its form.
public struct NewLinkedAccessCodes: Sendable {
  /// The locks, each once.
  public var devices: [LockID]
  /// What is asked for on each of them.
  public var template: NewAccessCode
  /// True to give locks that cannot take the shared PIN one of their own; false to refuse then.
  public var mayDiffer = false
  /// Hash of the request, when the client may repeat it without knowing that it succeeded; nil to make codes in any case.
  public var replayKey: String?

  /// Makes a request for codes as `template` says, on other locks.
  public init(devices: [LockID], template: NewAccessCode) {
    self.devices = devices
    self.template = template
  }
}

/// A request to change all access codes that share a key; nil members stay as they are.
public struct LinkedAccessCodesChange: Sendable {
  /// The key.
  public var key: String
  /// The new name; `.some(nil)` takes it away.
  public var name: String??
  /// The new start.
  public var startsAt: Timestamp?
  /// The new end.
  public var endsAt: Timestamp?

  /// Makes a change that changes nothing.
  public init(key: String) { self.key = key }
}

/// A request to change an access code; nil members stay as they are.
public struct AccessCodeChange: Sendable {
  /// The code.
  public var id: AccessCodeID
  /// Cross-check: the lock it must be on.
  public var device: LockID?
  /// The new name; `.some(nil)` takes it away.
  public var name: String??
  /// The new PIN.
  public var pin: PINCode?
  /// The new start.
  public var startsAt: Timestamp?
  /// The new end.
  public var endsAt: Timestamp?
  /// True makes it ongoing, false demands times.
  public var isOngoing: Bool?
  /// Whether changes made at the lock are left alone.
  public var allowsExternalModification: Bool?
  /// False to refuse when the lock is offline.
  public var attemptsForOfflineDevice = true

  /// Makes a change that changes nothing.
  public init(id: AccessCodeID) { self.id = id }
}
