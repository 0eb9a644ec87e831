import LockCore
import SyncEngine

extension Route {
  /// Devices: reading and naming them.
  static let devices: [Route] = [
    Route("/devices/list", .read, needs: .read, Schema(deviceFilters)) { call in
      let page = try call.page(of: await call.matchingDevices(), limit: 500)
      let workspace = await call.engine.workspace().id
      return ["devices": .array(page.items.map { $0.json(workspace: workspace) }), "pagination": page.pagination]
    },
    Route("/devices/get", .read, needs: .read, deviceLocator) { call in ["device": try await call.locatedDevice()] },
    Route("/devices/update", .update, needs: .write, deviceUpdate) { call in
      let id = try call.input.requiredLock()
      guard await call.engine.isManaged(id) ?? true else { throw RequestFault.deviceUnmanaged }
      let metadata = try await call.checkedMetadata(of: id, isManaged: true)
      if let isEnabled = call.input.flag("backup_access_code_pool_enabled") {
        try await call.engine.keepBackups(isEnabled, on: id)
      }
      if call.input.flag("is_managed") == false { try await call.engine.setManaged(false, device: id) }
      _ = try await call.engine.updateDevice(id, nickname: call.input.nickname, customMetadata: metadata)
      return [:]
    },
  ]

  /// How a single device is named.
  static let deviceLocator = Schema(
    [.optional("device_id", .id), .optional("name", .someText)], rules: [Schema.needs(oneOf: ["device_id", "name"])])

  /// What devices are listed by.
  static let deviceFilters: [Parameter] = [
    .optional("device_ids", .ids), .optional("device_type", .someText),
    .optional("device_types", .list(.someText, count: 0...1000)), .optional("manufacturer", .someText),
    .optional("connected_account_id", .id), .optional("connected_account_ids", .ids),
    .optional("created_before", .timestamp), .optional("custom_metadata_has", .map), .optional("search", .someText),
    .optional("connect_webview_id", .id), .optional("customer_key", .someText), .optional("space_id", .id),
    .optional("user_identifier_key", .someText), .nullable("unstable_location_id", .id), .optional("limit", .limit),
    .optional("include_if", .list(.someText, count: 0...100)),
    .optional("exclude_if", .list(.someText, count: 0...100)),
    .nullable("page_cursor", .cursor),
  ]

  private static let deviceUpdate = Schema(
    [
      .required("device_id", .id), .nullable("name", .text), .optional("custom_metadata", .metadata),
      .optional("properties", .object([.nullable("name", .text)])), .optional("is_managed", .flag),
      .optional("backup_access_code_pool_enabled", .flag),
    ],
    rules: [
      { input in
        guard let old = input.values["properties"]?["name"], let new = input.values["name"] else { return nil }
        return old == new ? nil : "name and properties.name must not differ"
      }
    ])
}

extension Call {
  /// The free members that are to change, when not too many come of it.
  func checkedMetadata(of id: LockID, isManaged: Bool) async throws -> [String: JSONValue]? {
    let metadata = self.input.values["custom_metadata"]?.object
    let known = try await self.engine.device(id, isManaged: isManaged).customMetadata
    guard known.count(after: metadata ?? [:]) <= 50 else {
      throw APIFault.invalidInput([
        InputProblem(path: ["custom_metadata"], message: "Must have at most 50 keys in all")
      ])
    }
    return metadata
  }

  /// The devices that fit the filters, oldest first.
  func matchingDevices(isManaged: Bool = true) async -> [DeviceView] {
    guard !self.input.namesWhatNoSiteHas else { return [] }
    let input = self.input
    let ids = input.texts("device_ids").map { Set($0.map { $0.lowercased() }) }
    let accounts = input.ids("connected_account_id", "connected_account_ids")
    let types = input.texts("device_type", "device_types")
    let before = input.timestamp("created_before")
    let metadata = input.values["custom_metadata_has"]?.object ?? [:]
    return await self.engine.devices(isManaged: isManaged).filter { device in
      ids?.contains(device.id.rawValue) ?? true
        && accounts?.contains(device.account) ?? true
        && types?.contains(device.deviceType) ?? true
        && input.text("manufacturer").map { $0.lowercased() == device.manufacturerKey } ?? true
        && before.map { device.createdAt < $0 } ?? true
        && device.customMetadata.has(metadata)
        && input.texts("include_if")?.allSatisfy { device.abilities[$0] == true } ?? true
        && !(input.texts("exclude_if")?.contains { device.abilities[$0] == true } ?? false)
        && input.text("search").map(device.matches) ?? true
    }
  }

  /// The device that `device_id`, `name` or both name.
  func locatedDevice(isManaged: Bool = true) async throws -> JSONValue {
    let name = self.input.text("name")
    let device: DeviceView?
    if let id = self.input.lock() {
      device = try await self.engine.device(id, isManaged: isManaged)
    } else {
      device = await self.engine.devices(isManaged: isManaged).first { $0.displayName == name || $0.name == name }
    }
    guard let device, name.map({ device.displayName == $0 || device.name == $0 }) ?? true else {
      throw RequestFault.deviceNotFound
    }
    return device.json(workspace: await self.engine.workspace().id)
  }
}

extension DeviceView {
  fileprivate func matches(_ search: String) -> Bool {
    [self.displayName, self.name, self.id.rawValue, self.deviceType, self.manufacturer, self.model]
      .contains { $0.contains(caseless: search) }
  }
}

extension [String: JSONValue] {
  /// True when every wanted member is here. A query string cannot tell `true` from `"true"`; null asks for absence.
  fileprivate func has(_ wanted: [String: JSONValue]) -> Bool {
    wanted.allSatisfy { key, value in
      switch (self[key], value) {
      case (nil, .null): true
      case (.bool(let here)?, .string(let text)): text == (here ? "true" : "false")
      case (let here, _): here == value
      }
    }
  }

  /// How many members there are once `changes` are made, of which null and the empty text remove.
  fileprivate func count(after changes: [String: JSONValue]) -> Int {
    self.merging(changes) { _, new in new }.values.count { $0 != .null && $0 != "" }
  }
}

extension Input {
  /// What `name` or its old spelling `properties.name` says: null and the empty text clear the nickname.
  fileprivate var nickname: String?? {
    guard let name = self.values["name"] ?? self.values["properties"]?["name"] else { return nil }
    return .some(name.string.flatMap { $0.isEmpty ? nil : $0 })
  }
}
