public import LockCore

/// Where an access code stands, derived from what was asked, written and proven; never stored. Raw values are the
/// API's `status`.
public enum AccessCodeStatus: String, Hashable, Sendable {
  /// Not active on the lock: waiting, stored ahead of its time, or expired.
  case unset
  /// Being programmed, or overdue.
  case setting
  /// Active, with proof.
  case set
  /// Being erased.
  case removing
  /// The adapter is gone: the truth cannot be known.
  case unknown
}

/// An access code as a reader of the API sees it, managed or not.
public struct AccessCodeView: Sendable {
  /// Its id, the same for good.
  public var id: AccessCodeID
  /// The lock it is for.
  public var device: LockID
  /// True for codes made here; false for those that others put on the lock.
  public var isManaged: Bool
  /// False for an unmanaged code that cannot be made managed as it is.
  public var canBeManaged = true
  /// False for an unmanaged code that the lock does not let go of.
  public var canBeDeleted = true
  /// The name given here, or for an unmanaged code the one on the lock.
  public var name: String?
  /// The PIN; nil when the lock does not tell it.
  public var pin: PINCode?
  /// When it is good; nil for an ongoing code. An unmanaged code may have one end alone: the other is at
  /// ``Timestamp/distantPast`` or ``Timestamp/distantFuture``.
  public var window: TimeWindow?
  /// Where it stands.
  public var status: AccessCodeStatus
  /// When it was made or found.
  public var createdAt: Timestamp
  /// True while it is stored on the lock with its times and they have not begun.
  public var isScheduledOnDevice: Bool
  /// True when changes made at the lock are left alone.
  public var isExternalModificationAllowed: Bool
  /// The name as the lock stores it; nil when it stores none.
  public var nameOnLock: String?
  /// Key shared by linked codes; nil for none.
  public var commonCodeKey: String?
  /// True for a code that was pulled from the backup pool.
  public var isBackup = false
  /// True when a backup could be pulled in its place now.
  public var isBackupAvailable = false
  /// The backup that was pulled in its place; nil for none.
  public var pulledBackup: AccessCodeID?
  /// What is still to be done on the lock.
  public var pendingMutations: [PendingMutation]
  /// What is wrong, those of the lock and its adapter included.
  public var errors: [Issue]
  /// What should be known.
  public var warnings: [Issue]
  /// True when the door takes it without having heard of it.
  public var isOffline = false
  /// True when it opens once.
  public var isOneTimeUse = false
}

/// Something that is still to be done on the lock for an access code.
public struct PendingMutation: Sendable {
  /// The API's `mutation_code`: `creating`, `deferring_creation`, `deleting`, `updating_code`, `updating_name`,
  /// `updating_time_frame`.
  public var code: String
  /// When it was asked for.
  public var createdAt: Timestamp
  /// The same as a sentence.
  public var message: String
  /// Further members: `scheduled_at`, `from`, `to`.
  public var members: [String: JSONValue]
}

/// An error or a warning on an access code, a lock or an adapter.
public struct Issue: Hashable, Sendable {
  /// What it is about.
  public enum Scope: Hashable, Sendable {
    /// The access code.
    case accessCode
    /// The lock.
    case device
    /// The bus or adapter.
    case account
  }

  /// The API's `error_code` or `warning_code`.
  public var code: String
  /// What is wrong and what to do, as a sentence.
  public var message: String
  /// Since when.
  public var createdAt: Timestamp
  /// What it is about.
  public var scope: Scope
  /// Further members, for example `change_type`.
  public var members: [String: JSONValue] = [:]
}
