import SyncEngine

/// A maker of locks that the API has a name for, and what its locks of this site can do.
struct DeviceProvider {
  /// A maker.
  struct Kind {
    /// The `device_provider_name`.
    var name: String
    /// For people.
    var displayName: String
    /// The `provider_categories`.
    var categories: [String]
  }

  /// Every `provider_category` that the API knows.
  static let categories = [
    "stable", "consumer_smartlocks", "beta", "thermostats", "noise_sensors", "access_control_systems", "cameras",
    "connectors",
  ]

  /// Makers by the `device_type` of their locks. Doors put together from parts have none.
  private static let kinds = [
    "nuki_lock": Kind(name: "nuki", displayName: "Nuki", categories: ["stable", "consumer_smartlocks"])
  ]

  /// The maker.
  var kind: Kind
  /// The ability flags that any of its locks has.
  var abilities: Set<String>

  /// The makers of these devices, by name.
  static func providers(of devices: [DeviceView]) -> [DeviceProvider] {
    Dictionary(grouping: devices, by: \.deviceType).sorted { $0.key < $1.key }.compactMap { type, devices in
      self.kinds[type].map { kind in
        DeviceProvider(kind: kind, abilities: Set(devices.flatMap { $0.abilities.keys }))
      }
    }
  }

  /// The resource `device_provider`.
  var json: JSONValue {
    var members: [String: JSONValue] = [
      "device_provider_name": .string(self.kind.name),
      "display_name": .string(self.kind.displayName),
      // A picture that needs no network: the gateway's clients may have none.
      "image_url": "data:image/svg+xml,%3Csvg%20xmlns='http://www.w3.org/2000/svg'/%3E",
      "provider_categories": .array(self.kind.categories.map(JSONValue.string)),
    ]
    for ability in self.abilities { members[ability] = true }
    return .object(members)
  }
}
