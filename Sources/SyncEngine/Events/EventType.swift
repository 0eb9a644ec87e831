/// Every type of event that a gateway tells of: what may be emitted, asked for, subscribed to and is documented is
/// this one list. The raw value is the API's `event_type`; what each is about and carries is its ``entry``.
enum EventType: String, CaseIterable, Hashable, Sendable {
  case accessCodeCreated = "access_code.created"
  case accessCodeMutationsRequested = "access_code.mutations_requested"
  case accessCodeScheduledOnDevice = "access_code.scheduled_on_device"
  case accessCodeSetOnDevice = "access_code.set_on_device"
  case accessCodeNameChanged = "access_code.name_changed"
  case accessCodeCodeChanged = "access_code.code_changed"
  case accessCodeTimeFrameChanged = "access_code.time_frame_changed"
  case accessCodeChanged = "access_code.changed"
  case accessCodeDelayInSettingOnDevice = "access_code.delay_in_setting_on_device"
  case accessCodeFailedToSetOnDevice = "access_code.failed_to_set_on_device"
  case accessCodeFailedToRemoveFromDevice = "access_code.failed_to_remove_from_device"
  case accessCodeModifiedExternalToSeam = "access_code.modified_external_to_seam"
  case accessCodeDeletedExternalToSeam = "access_code.deleted_external_to_seam"
  case accessCodeBackupAccessCodePulled = "access_code.backup_access_code_pulled"
  case accessCodeRemovedFromDevice = "access_code.removed_from_device"
  case accessCodeDeleted = "access_code.deleted"

  case accessCodeUnmanagedCreated = "access_code.unmanaged.created"
  case accessCodeUnmanagedConvertedToManaged = "access_code.unmanaged.converted_to_managed"
  case accessCodeUnmanagedFailedToConvertToManaged = "access_code.unmanaged.failed_to_convert_to_managed"
  case accessCodeUnmanagedRemoved = "access_code.unmanaged.removed"

  case deviceAdded = "device.added"
  case deviceConnected = "device.connected"
  case deviceDisconnected = "device.disconnected"
  case deviceUnmanagedConnected = "device.unmanaged.connected"
  case deviceUnmanagedDisconnected = "device.unmanaged.disconnected"
  case deviceUnmanagedConvertedToManaged = "device.unmanaged.converted_to_managed"
  case deviceConvertedToUnmanaged = "device.converted_to_unmanaged"
  case deviceConnectionBecameFlaky = "device.connection_became_flaky"
  case deviceConnectionStabilized = "device.connection_stabilized"
  case deviceNameChanged = "device.name_changed"
  case deviceTampered = "device.tampered"
  case deviceLowBattery = "device.low_battery"
  case deviceBatteryStatusChanged = "device.battery_status_changed"
  case deviceAccessoryKeypadConnected = "device.accessory_keypad_connected"
  case deviceAccessoryKeypadDisconnected = "device.accessory_keypad_disconnected"
  case deviceSubscriptionRequired = "device.error.subscription_required"
  case deviceSubscriptionRequiredResolved = "device.error.subscription_required.resolved"
  case deviceRemoved = "device.removed"

  case lockLocked = "lock.locked"
  case lockUnlocked = "lock.unlocked"
  case lockAccessDenied = "lock.access_denied"
  case lockEntriesLost = "lock.entries_lost"

  case lockDoorSucceeded = "action_attempt.lock_door.succeeded"
  case lockDoorFailed = "action_attempt.lock_door.failed"
  case unlockDoorSucceeded = "action_attempt.unlock_door.succeeded"
  case unlockDoorFailed = "action_attempt.unlock_door.failed"
  case simulateKeypadCodeEntrySucceeded = "action_attempt.simulate_keypad_code_entry.succeeded"
  case simulateKeypadCodeEntryFailed = "action_attempt.simulate_keypad_code_entry.failed"
  case simulateManualLockViaKeypadSucceeded = "action_attempt.simulate_manual_lock_via_keypad.succeeded"
  case simulateManualLockViaKeypadFailed = "action_attempt.simulate_manual_lock_via_keypad.failed"

  case connectedAccountConnected = "connected_account.connected"
  case connectedAccountDisconnected = "connected_account.disconnected"

  /// How an attempt ended; nil for kinds whose end is told by other events.
  /// - Parameter kind: the API's `action_type`, for example `UNLOCK_DOOR`.
  static func end(ofAttempt kind: String, succeeded: Bool) -> EventType? {
    EventType(rawValue: "action_attempt.\(kind.lowercased()).\(succeeded ? "succeeded" : "failed")")
  }
}

extension EventType {
  /// What an event is about, which decides the ids that it carries.
  enum Subject: Hashable, Sendable, CaseIterable {
    /// A managed access code: `access_code_id`, `device_id`, `connected_account_id`.
    case accessCode
    /// An unmanaged access code: as for a managed one.
    case unmanagedAccessCode
    /// A device: `device_id`, `connected_account_id`.
    case device
    /// What happened at a door: as for a device.
    case lock
    /// Something that a client asked a door to do: as for a device.
    case actionAttempt
    /// A radio adapter or a line: `connected_account_id`.
    case account
  }

  /// One row of the catalogue.
  struct Entry: Hashable, Sendable {
    /// What it is about.
    var subject: Subject
    /// When it is told; one sentence.
    var occasion: String
    /// The members that are always there, beside those of every event and of the subject.
    var members: Set<String> = []
    /// The members that are there when they are known.
    var optionalMembers: Set<String> = []
    /// True when it carries the arrays of what is wrong, empty ones included.
    var carriesIssues = false
    /// True for a type that the cloud service does not have.
    var isGatewaysOwn = false
  }
}
