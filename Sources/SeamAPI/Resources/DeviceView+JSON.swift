import LockCore
import SyncEngine

extension DeviceView {
  /// The name that is shown: the nickname, else the configured name.
  var displayName: String { self.nickname ?? self.name }

  /// The maker as an identifier, for example `acme_locks`.
  var manufacturerKey: String {
    let words = self.manufacturer.lowercased().split { !($0.isASCII && ($0.isLetter || $0.isNumber)) }
    return words.joined(separator: "_")
  }

  /// The resource `device`, or `unmanaged_device` for one that is not managed.
  func json(workspace: String) -> JSONValue {
    self.isManaged ? self.managedJSON(workspace: workspace) : self.unmanagedJSON(workspace: workspace)
  }

  private func managedJSON(workspace: String) -> JSONValue {
    var members = self.common(workspace: workspace)
    members["space_ids"] = []
    members["device_manufacturer"] = [
      "manufacturer": .string(self.manufacturerKey), "display_name": .string(self.manufacturer),
    ]
    members["properties"] = .object(self.properties)
    if let nickname { members["nickname"] = .string(nickname) }
    return .object(members)
  }

  /// What devices have whether they are managed or not.
  func common(workspace: String) -> [String: JSONValue] {
    var members: [String: JSONValue] = [
      "device_id": .string(self.id.rawValue),
      "device_type": .string(self.deviceType),
      "workspace_id": .string(workspace),
      "connected_account_id": .string(self.account),
      "display_name": .string(self.displayName),
      "capabilities_supported": .array(self.capabilitiesSupported),
      "custom_metadata": .object(self.customMetadata),
      "errors": .array(self.errors.map(\.errorJSON)),
      "warnings": .array(self.warnings.map(\.warningJSON)),
      "created_at": self.createdAt.json,
      "is_managed": .bool(self.isManaged),
    ]
    if let timeZone {
      members["location"] = ["time_zone": .string(timeZone), "timezone": .string(timeZone)]
    }
    return members.merging(self.abilities) { _, ability in ability }
  }

  /// The properties of the battery; none while the lock does not answer.
  var batteryProperties: [String: JSONValue] {
    guard self.isOnline, let level = self.state.battery else { return [:] }
    let status = self.batteryStatus ?? BatteryStatus(level: level)
    return ["battery_level": .double(level), "battery": ["level": .double(level), "status": .string(status.rawValue)]]
  }

  private var capabilitiesSupported: [JSONValue] {
    var names: [JSONValue] = ["access_code"]
    if self.capabilities.canLockRemotely || self.capabilities.canUnlockRemotely { names.append("lock") }
    if self.capabilities.hasBattery { names.append("battery") }
    return names
  }

  /// The ability flags: true works now, false not now, absent never.
  var abilities: [String: JSONValue] {
    let hasKeypad = !self.isKeypadMissing
    var flags: [String: JSONValue] = [
      // Stays true while the lock is merely out of reach: what is asked is done once it is back.
      "can_program_online_access_codes": .bool(hasKeypad)
    ]
    switch self.capabilities.codeStore {
    case .slots: flags["can_unlock_with_code"] = .bool(hasKeypad && !self.isPrivate)
    case .gateway: flags["can_unlock_with_code"] = .bool(self.isOnline)
    }
    // The link does not matter to them.
    if self.capabilities.verifiesOfflineCodes { flags["can_program_offline_access_codes"] = true }
    if self.capabilities.canLockRemotely { flags["can_remotely_lock"] = .bool(self.isOnline) }
    if self.capabilities.canUnlockRemotely {
      flags["can_remotely_unlock"] = .bool(self.isOnline && !self.isPrivate)
    }
    guard let simulation, simulation.hasConnection else { return flags }
    let carrier = simulation.carrier
    flags["can_simulate_connection"] = .bool(!self.isOnline && carrier.isHubConnected && carrier.isSubscribed)
    flags["can_simulate_disconnection"] = .bool(self.isOnline)
    flags["can_simulate_removal"] = .bool(carrier.isEnrolled)
    flags["can_simulate_hub_connection"] = .bool(!carrier.isHubConnected)
    flags["can_simulate_hub_disconnection"] = .bool(carrier.isHubConnected)
    flags["can_simulate_paid_subscription"] = true
    return flags
  }

  private var properties: [String: JSONValue] {
    var members: [String: JSONValue] = [
      "online": .bool(self.isOnline),
      "name": .string(self.displayName),
      "appearance": ["name": .string(self.name)],
      "model": [
        "display_name": .string(self.model), "manufacturer_display_name": .string(self.manufacturer),
        "has_built_in_keypad": .bool(!self.capabilities.hasAccessoryKeypad),
        "can_connect_accessory_keypad": .bool(self.capabilities.hasAccessoryKeypad),
      ],
      "manufacturer": .string(self.manufacturerKey),
      "has_direct_power": .bool(!self.capabilities.hasBattery),
      "code_constraints": .array(self.codeConstraints),
      "supported_code_lengths": .array(self.capabilities.pins.lengths.map { .int(Int64($0)) }),
      "supports_backup_access_code_pool": true,
      "backup_access_code_pool_enabled": .bool(self.keepsBackups),
      "has_native_entry_events": .bool(self.capabilities.reportsEntries),
    ]
    if self.capabilities.verifiesOfflineCodes {
      members["offline_time_frame_options"] = .array(Self.offlineTimeFrameOptions)
    }
    if self.capabilities.hasAccessoryKeypad {
      members["accessory_keypad"] = ["is_connected": .bool(!self.isKeypadMissing)]
    }
    if let serial { members["serial_number"] = .string(serial) }
    if let maximum = self.capabilities.maximumCodes { members["max_active_codes_supported"] = .int(Int64(maximum)) }
    // What the lock last told is not shown as the present while it does not answer.
    guard self.isOnline else { return members }
    if let isLocked = self.state.isLocked { members["locked"] = .bool(isLocked) }
    if let isDoorOpen = self.state.isDoorOpen { members["door_open"] = .bool(isDoorOpen) }
    return members.merging(self.batteryProperties) { _, battery in battery }
  }

  private var codeConstraints: [JSONValue] {
    var constraints = self.capabilities.pins.constraints.map { constraint -> JSONValue in
      ["constraint_type": .string(constraint.rawValue)]
    }
    if case .slots(let store) = self.capabilities.codeStore, store.nameBytes > 0 {
      constraints.append(["constraint_type": "name_length", "max_length": .int(Int64(store.nameBytes))])
    }
    return constraints
  }
}
