import LockCore
import SyncEngine

extension DeviceView {
  /// The resource `unmanaged_device`: what is there, and whether it answers.
  func unmanagedJSON(workspace: String) -> JSONValue {
    var properties: [String: JSONValue] = [
      "name": .string(self.displayName),
      "online": .bool(self.isOnline),
      "manufacturer": .string(self.manufacturerKey),
      "model": ["display_name": .string(self.model), "manufacturer_display_name": .string(self.manufacturer)],
    ]
    if self.isOnline, let level = self.state.battery {
      properties["battery_level"] = .double(level)
      let status = self.batteryStatus ?? BatteryStatus(level: level)
      properties["battery"] = ["level": .double(level), "status": .string(status.rawValue)]
    }
    var members: [String: JSONValue] = [
      "device_id": .string(self.id.rawValue),
      "device_type": .string(self.deviceType),
      "workspace_id": .string(workspace),
      "connected_account_id": .string(self.account),
      "display_name": .string(self.displayName),
      "capabilities_supported": .array(self.capabilitiesSupported),
      "properties": .object(properties),
      "custom_metadata": .object(self.customMetadata),
      "errors": .array(self.errors.map(\.errorJSON)),
      "warnings": .array(self.warnings.map(\.warningJSON)),
      "created_at": self.createdAt.json,
      "is_managed": false,
    ]
    if let timeZone { members["location"] = ["time_zone": .string(timeZone), "timezone": .string(timeZone)] }
    return .object(members.merging(self.abilities) { _, ability in ability })
  }
}
