import LockCore
import SyncEngine

extension Route {
  /// Access codes that others put on the lock.
  static let unmanagedAccessCodes: [Route] = [
    Route("/access_codes/unmanaged/get", .read, needs: .read, accessCodeLocator) { call in
      ["access_code": try await call.locatedAccessCode(isManaged: false)]
    },
    Route(
      "/access_codes/unmanaged/list", .read, needs: .read, Schema([.required("device_id", .id)], accessCodeRefinements)
    ) {
      call in try await call.listedAccessCodes(isManaged: false, limit: 300_000)
    },
    Route("/access_codes/unmanaged/convert_to_managed", .update, needs: .write, conversion) { call in
      try await call.convertToManaged()
    },
    Route("/access_codes/unmanaged/update", .update, needs: .write, unmanagedUpdate) { call in
      try await call.convertToManaged()
    },
    Route(
      "/access_codes/unmanaged/delete", .delete, needs: .write,
      Schema([.required("access_code_id", .id), .optional("sync", .flag)])
    ) { call in
      let id = try call.input.required("access_code_id", Input.accessCode)
      try await call.admit(.deletion, to: id)
      let attempt = try await call.engine.deleteUnmanaged(id)
      return ["action_attempt": try await call.finishedIfSync(attempt).json]
    },
    Route(
      "/access_codes/simulate/create_unmanaged_access_code", .act, needs: .write,
      Schema([.required("device_id", .id), .required("name", .someText), .required("code", .digits(count: 4...8))])
    ) { call in
      let code = try await call.engine.simulateUnmanagedCode(
        on: try call.input.requiredLock(), pin: try call.input.required("code", Input.pin),
        name: call.input.text("name") ?? "")
      return ["access_code": code.json(workspace: await call.engine.workspace().id)]
    },
  ]

  /// Devices that are not managed.
  static let unmanagedDevices: [Route] = [
    Route("/devices/unmanaged/list", .read, needs: .read, Schema(deviceFilters)) { call in
      let page = try call.page(of: await call.matchingDevices(isManaged: false), limit: 22_900)
      let workspace = await call.engine.workspace().id
      return ["devices": .array(page.items.map { $0.json(workspace: workspace) }), "pagination": page.pagination]
    },
    Route("/devices/unmanaged/get", .read, needs: .read, deviceLocator) { call in
      ["device": try await call.locatedDevice(isManaged: false)]
    },
    Route("/devices/unmanaged/update", .update, needs: .write, unmanagedDeviceUpdate) { call in
      let id = try call.input.requiredLock()
      guard await call.engine.isManaged(id) != true else { throw RequestFault.deviceManaged }
      let metadata = try await call.checkedMetadata(of: id, isManaged: false)
      if call.input.flag("is_managed") == true { try await call.engine.setManaged(true, device: id) }
      _ = try await call.engine.updateDevice(id, nickname: nil, customMetadata: metadata)
      return [:]
    },
  ]

  private static let conversion = Schema(
    [.required("access_code_id", .id), .optional("force", .flag), .optional("sync", .flag)], externalModification,
    synonyms: [("allow_external_modification", "is_external_modification_allowed")])

  private static let unmanagedUpdate = Schema(
    [.required("access_code_id", .id), .required("is_managed", .flag), .optional("force", .flag)],
    externalModification, synonyms: [("allow_external_modification", "is_external_modification_allowed")],
    rules: [mustManage])

  private static let unmanagedDeviceUpdate = Schema(
    [.required("device_id", .id), .optional("is_managed", .flag), .optional("custom_metadata", .metadata)],
    rules: [mustManage])

  /// What is unmanaged can only be made managed.
  private static let mustManage: Schema.Rule = { input in
    input.flag("is_managed") == false ? "is_managed must be true: this is unmanaged already" : nil
  }
}

extension Call {
  /// `force` is for codes of another workspace, and a gateway has one.
  fileprivate func convertToManaged() async throws -> [String: JSONValue] {
    try await self.engine.convertToManaged(
      try self.input.required("access_code_id", Input.accessCode),
      allowsExternalModification: self.input.flag("is_external_modification_allowed") ?? false)
    return [:]
  }
}
