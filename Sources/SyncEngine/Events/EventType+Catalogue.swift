extension EventType {
  /// The row of the catalogue: what this type is about, when it is told, what it carries (contract 2.7).
  var entry: Entry {
    switch self {
    case .accessCodeCreated: .code("An access code was asked for and is stored at the gateway.")
    case .accessCodeMutationsRequested:
      .code("A change of an access code was asked for; the lock does not have it yet.", with: ["requested_mutations"])
    case .accessCodeScheduledOnDevice:
      .code("The lock has stored the code ahead of its start.", with: ["code"])
    case .accessCodeSetOnDevice:
      .code("The code opens the door now: the lock has proved that; an offline code has begun.", with: ["code"])
    case .accessCodeNameChanged: .code("The lock has a changed name.", with: Self.change)
    case .accessCodeCodeChanged: .code("The lock has a changed PIN.", with: Self.change)
    case .accessCodeTimeFrameChanged: .code("The lock has a changed time frame.", with: Self.change)
    case .accessCodeChanged:
      .code(
        "The lock has changes, all of them in one event; told beside the special ones.",
        perhaps: ["changed_properties", "change_reason"])
    case .accessCodeDelayInSettingOnDevice:
      .code("Programming takes unusually long; it goes on.", issues: true)
    case .accessCodeFailedToSetOnDevice:
      .code("Programming failed; it is tried again while that makes sense.", issues: true)
    case .accessCodeFailedToRemoveFromDevice:
      .code("Removing failed; it is tried again until it is done.", issues: true)
    case .accessCodeModifiedExternalToSeam: .code("Somebody changed the code at the lock.")
    case .accessCodeDeletedExternalToSeam: .code("Somebody removed the code at the lock.")
    case .accessCodeBackupAccessCodePulled:
      .code("A backup code was pulled for this code.", with: ["backup_access_code_id"])
    case .accessCodeRemovedFromDevice:
      .code("The code is gone from the lock, only if it was on it; an offline code is over.")
    case .accessCodeDeleted: .code("A deleted code is gone for good; the last that is heard of it.", with: ["code"])

    case .accessCodeUnmanagedCreated: .unmanagedCode("A code that is not the gateway's was found on a lock.")
    case .accessCodeUnmanagedConvertedToManaged: .unmanagedCode("An unmanaged code is the gateway's now.")
    case .accessCodeUnmanagedFailedToConvertToManaged:
      .unmanagedCode("An unmanaged code could not be taken over.", issues: true)
    case .accessCodeUnmanagedRemoved: .unmanagedCode("An unmanaged code is no longer on its lock.")

    case .deviceAdded: .device("The gateway serves a device for the first time.")
    case .deviceConnected: .device("The device answers, for the first time or again.")
    case .deviceDisconnected: .device("The device does not answer any more.", with: ["error_code"], issues: true)
    case .deviceUnmanagedConnected: .device("As `device.connected`, for an unmanaged device.")
    case .deviceUnmanagedDisconnected:
      .device("As `device.disconnected`, for an unmanaged device.", with: ["error_code"], issues: true)
    case .deviceUnmanagedConvertedToManaged: .device("An unmanaged device is managed now.")
    case .deviceConvertedToUnmanaged: .device("A managed device is unmanaged now.")
    case .deviceConnectionBecameFlaky: .device("The device comes and goes.", issues: true)
    case .deviceConnectionStabilized: .device("The device comes and goes no more.")
    case .deviceNameChanged: .device("The device was renamed.", with: ["device_name"])
    case .deviceTampered: .device("The device reports that somebody tampers with it.")
    case .deviceLowBattery:
      .device("A battery is nearly empty.", with: ["battery_level"], perhaps: ["battery_source"])
    case .deviceBatteryStatusChanged:
      .device("The battery's status is another.", with: ["battery_status", "battery_level"])
    case .deviceAccessoryKeypadConnected: .device("The lock has a keypad now.")
    case .deviceAccessoryKeypadDisconnected: .device("The lock has no keypad any more.", issues: true)
    case .deviceSubscriptionRequired: .device("The device needs a paid subscription (simulated only).", issues: true)
    case .deviceSubscriptionRequiredResolved: .device("The subscription is there (simulated only).")
    case .deviceRemoved: .device("The device is gone from its line or adapter for good.")

    case .lockLocked: .lock("A door was locked.", with: ["method"], perhaps: Self.whose)
    case .lockUnlocked: .lock("A door was unlocked.", with: ["method"], perhaps: Self.whose)
    case .lockAccessDenied: .lock("A door stayed shut.", perhaps: ["access_code_id", "reason"])
    case .lockEntriesLost:
      .lock("A lock has overwritten records of its log before they were read.", with: ["first_index", "last_index"])
        .gatewaysOwn

    case .lockDoorSucceeded: .attempt("A door was locked for a client.")
    case .lockDoorFailed: .attempt("A door could not be locked for a client.")
    case .unlockDoorSucceeded: .attempt("A door was unlocked for a client.")
    case .unlockDoorFailed: .attempt("A door could not be unlocked for a client.")
    case .simulateKeypadCodeEntrySucceeded:
      .attempt("A simulated keypad entry is done, whether the door opened or not.")
    case .simulateKeypadCodeEntryFailed: .attempt("A simulated keypad entry could not be made.")
    case .simulateManualLockViaKeypadSucceeded: .attempt("A simulated lock by hand is done.")
    case .simulateManualLockViaKeypadFailed: .attempt("A simulated lock by hand could not be made.")

    case .connectedAccountConnected: .account("A radio adapter or a line is there again.")
    case .connectedAccountDisconnected: .account("A radio adapter or a line is gone.", issues: true)
    }
  }

  private static let change: Set = ["from", "to", "description"]
  private static let whose: Set = [
    "access_code_id", "access_code_is_managed", "code", "action_attempt_id", "is_via_bluetooth", "is_via_nfc",
  ]

  /// The members of every event.
  static let commonMembers: Set = ["event_id", "event_type", "workspace_id", "created_at", "occurred_at"]

  /// The ids that an event of this type carries.
  var ids: Set<String> {
    switch self.entry.subject {
    case .accessCode, .unmanagedAccessCode: ["access_code_id", "device_id", "connected_account_id"]
    case .device, .lock, .actionAttempt: ["device_id", "connected_account_id"]
    case .account: ["connected_account_id"]
    }
  }

  /// The arrays of what is wrong that an event of this type carries.
  var issues: Set<String> {
    guard self.entry.carriesIssues else { return [] }
    let account: Set = ["connected_account_errors", "connected_account_warnings"]
    let device = account.union(["device_errors", "device_warnings"])
    switch self.entry.subject {
    case .account: return account
    case .device, .lock, .actionAttempt: return device
    case .accessCode, .unmanagedAccessCode: return device.union(["access_code_errors", "access_code_warnings"])
    }
  }

  /// The maps of free members that an event of this type carries.
  var metadata: Set<String> {
    switch self.entry.subject {
    case .accessCode, .unmanagedAccessCode, .device, .lock:
      ["device_custom_metadata", "connected_account_custom_metadata"]
    case .account: ["connected_account_custom_metadata"]
    case .actionAttempt: []
    }
  }

  /// What is missing from an event of this type, or does not belong into it; empty for one as it should be.
  func differences(of members: Set<String>) -> Set<String> {
    let entry = self.entry
    let always = Self.commonMembers.union(self.ids).union(self.issues).union(self.metadata).union(entry.members)
    return always.subtracting(members).union(members.subtracting(always).subtracting(entry.optionalMembers))
  }
}

extension EventType.Entry {
  fileprivate static func code(
    _ occasion: String, with members: Set<String> = [], perhaps optional: Set<String> = [], issues: Bool = false
  ) -> Self {
    Self(
      subject: .accessCode, occasion: occasion, members: members, optionalMembers: optional, carriesIssues: issues)
  }

  fileprivate static func unmanagedCode(_ occasion: String, issues: Bool = false) -> Self {
    Self(subject: .unmanagedAccessCode, occasion: occasion, carriesIssues: issues)
  }

  fileprivate static func device(
    _ occasion: String, with members: Set<String> = [], perhaps optional: Set<String> = [], issues: Bool = false
  ) -> Self {
    Self(subject: .device, occasion: occasion, members: members, optionalMembers: optional, carriesIssues: issues)
  }

  fileprivate static func lock(
    _ occasion: String, with members: Set<String> = [], perhaps optional: Set<String> = []
  ) -> Self {
    Self(subject: .lock, occasion: occasion, members: members, optionalMembers: optional)
  }

  fileprivate static func attempt(_ occasion: String) -> Self {
    Self(subject: .actionAttempt, occasion: occasion, members: ["action_attempt_id", "action_type", "status"])
  }

  fileprivate static func account(_ occasion: String, issues: Bool = false) -> Self {
    Self(subject: .account, occasion: occasion, carriesIssues: issues)
  }

  fileprivate var gatewaysOwn: Self {
    var entry = self
    entry.isGatewaysOwn = true
    return entry
  }
}
