import SyncEngine

extension DeviceView {
  /// The resource `unmanaged_device`: what is there, and whether it answers.
  func unmanagedJSON(workspace: String) -> JSONValue {
    let properties: [String: JSONValue] = [
      "name": .string(self.displayName),
      "online": .bool(self.isOnline),
      "manufacturer": .string(self.manufacturerKey),
      "model": ["display_name": .string(self.model), "manufacturer_display_name": .string(self.manufacturer)],
    ]
    var members = self.common(workspace: workspace)
    members["properties"] = .object(properties.merging(self.batteryProperties) { _, battery in battery })
    return .object(members)
  }
}
