import Hummingbird
import LockCore
import SyncEngine

extension Route {
  /// Access codes that are managed here.
  static let accessCodes: [Route] = [
    Route("/access_codes/create", .act, needs: .write, accessCodeCreation) { call in
      let request = try call.input.newAccessCode()
      try call.admit(.creation, on: request.device)
      let (created, attempt) = try await call.engine.create(request)
      let finished = try await call.finishedIfSync(attempt)
      // Waited for, the code has moved on; one that is gone already is told as it was.
      let latest = try? await call.engine.accessCode(created.id, isManaged: true)
      return [
        "access_code": (latest ?? created).json(workspace: await call.engine.workspace().id),
        "action_attempt": finished.json,
      ]
    },
    Route("/access_codes/create_multiple", .replace, needs: .write, linkedCreation) { call in
      let request = try call.input.newLinkedAccessCodes(mayBeRepeated: call.method == .put)
      // What was done already must not be refused when it is asked for again.
      if await !call.engine.isRepeated(request) { try call.gate.admit(.creation, on: request.devices) }
      let codes = try await call.engine.createLinked(request)
      let workspace = await call.engine.workspace().id
      return ["access_codes": .array(codes.map { $0.json(workspace: workspace) })]
    },
    Route("/access_codes/update_multiple", .update, needs: .write, linkedUpdate) { call in
      var change = LinkedAccessCodesChange(key: try call.input.required("common_code_key", Input.text))
      change.name = call.input.has("name") ? .some(call.input.text("name")) : nil
      change.startsAt = call.input.timestamp("starts_at")
      change.endsAt = call.input.timestamp("ends_at")
      try call.gate.admit(.change, on: await call.engine.locks(sharing: change.key))
      try await call.engine.updateLinked(change)
      return [:]
    },
    Route("/access_codes/pull_backup_access_code", .act, needs: .write, Schema([.required("access_code_id", .id)])) {
      call in
      let (original, backup) = try await call.engine.pullBackup(
        for: try call.input.required("access_code_id", Input.accessCode))
      let workspace = await call.engine.workspace().id
      return [
        "access_code": original.json(workspace: workspace), "backup_access_code": backup.json(workspace: workspace),
      ]
    },
    Route("/access_codes/get", .read, needs: .read, accessCodeLocator) { call in
      ["access_code": try await call.locatedAccessCode(isManaged: true)]
    },
    Route(
      "/access_codes/list", .read, needs: .read,
      Schema(
        [
          .optional("device_id", .id), .optional("access_code_ids", .ids), .optional("access_method_id", .id),
          .optional("access_grant_id", .id), .optional("access_grant_key", .someText),
        ], accessCodeRefinements,
        rules: [
          Schema.needs(oneOf: [
            "device_id", "access_code_ids", "access_method_id", "access_grant_id", "access_grant_key",
          ])
        ])
    ) { call in try await call.listedAccessCodes(isManaged: true, limit: 55_000) },
    Route("/access_codes/update", .update, needs: .write, accessCodeUpdate) { call in
      let change = try call.input.accessCodeChange()
      try await call.admit(.change, to: change.id)
      if call.input.flag("is_managed") == false {
        let attempt = try await call.engine.convertToUnmanaged(change.id, device: change.device)
        return ["action_attempt": attempt.json]
      }
      let attempt = try await call.engine.update(change)
      return ["action_attempt": try await call.finishedIfSync(attempt).json]
    },
    Route(
      "/access_codes/delete", .delete, needs: .write,
      Schema([.required("access_code_id", .id), .optional("device_id", .id), .optional("sync", .flag)])
    ) { call in
      let id = try call.input.required("access_code_id", Input.accessCode)
      try await call.admit(.deletion, to: id)
      let attempt = try await call.engine.delete(id, device: call.input.lock())
      return ["action_attempt": try await call.finishedIfSync(attempt).json]
    },
    Route("/access_codes/generate_code", .read, needs: [.read, .reveal], Schema([.required("device_id", .id)])) {
      call in
      let lock = try call.input.requiredLock()
      let pin = try await call.engine.generateCode(for: lock)
      return ["generated_code": ["device_id": .string(lock.rawValue), "code": .string(pin.digits)]]
    },
  ]

  static let accessCodeRefinements: [Parameter] = [
    .optional("search", .someText), .optional("customer_key", .someText), .optional("user_identifier_key", .someText),
    .optional("limit", .limit), .nullable("page_cursor", .cursor),
  ]

  static let accessCodeLocator = Schema(
    [.optional("access_code_id", .id), .optional("device_id", .id), .optional("code", .someText)],
    rules: [
      { input in
        if input.has("access_code_id") {
          input.has("code") ? "Provide either access_code_id or device_id and code, not both" : nil
        } else {
          input.has("device_id") && input.has("code") ? nil : "Provide access_code_id, or device_id and code"
        }
      }
    ])

  static let externalModification: [Parameter] = [
    .optional("allow_external_modification", .flag), .optional("is_external_modification_allowed", .flag),
  ]

  private static let accessCodeCreation = Schema(
    [
      .required("device_id", .id), .nullable("name", .text), .optional("code", .digits(count: 4...12)),
      .optional("starts_at", .timestamp), .optional("ends_at", .timestamp), .optional("common_code_key", .someText),
      .optional("preferred_code_length", .integer(1...20)), .optional("prefer_native_scheduling", .flag),
      .optional("attempt_for_offline_device", .flag), .optional("use_backup_access_code_pool", .flag),
      .optional("is_offline_access_code", .flag), .optional("use_offline_access_code", .flag),
      .optional("is_one_time_use", .flag), .optional("max_time_rounding", .choice(["1hour", "1day", "1h", "1d"])),
      .optional("sync", .flag),
    ], externalModification,
    synonyms: [
      ("allow_external_modification", "is_external_modification_allowed"),
      ("use_offline_access_code", "is_offline_access_code"),
    ],
    rules: [
      { input in input.flag("is_offline_access_code") == true ? nil : bothTimesOrNone(input) }, endAfterStart,
      offlineAccessCode,
    ])

  private static let linkedCreation = Schema(
    [
      .required("device_ids", .ids), .nullable("name", .text), .optional("code", .digits(count: 4...12)),
      .optional("starts_at", .timestamp), .optional("ends_at", .timestamp),
      .optional("preferred_code_length", .integer(1...20)), .optional("prefer_native_scheduling", .flag),
      .optional("attempt_for_offline_device", .flag), .optional("use_backup_access_code_pool", .flag),
      .optional("behavior_when_code_cannot_be_shared", .choice(["throw", "create_random_code"])),
    ], externalModification,
    synonyms: [("allow_external_modification", "is_external_modification_allowed")],
    rules: [bothTimesOrNone, endAfterStart])

  private static let linkedUpdate = Schema(
    [
      .required("common_code_key", .someText), .nullable("name", .text), .optional("starts_at", .timestamp),
      .optional("ends_at", .timestamp),
    ], rules: [endAfterStart])

  private static let offlineAccessCode: Schema.Rule = { input in
    let isOneTimeUse = input.flag("is_one_time_use") == true
    guard input.flag("is_offline_access_code") == true else {
      return isOneTimeUse ? "is_one_time_use goes with is_offline_access_code alone" : nil
    }
    if input.has("code") {
      return "The digits of an offline access code follow from its times; leave code out"
    }
    if input.flag("use_backup_access_code_pool") == true {
      return "An offline access code has no backup: leave use_backup_access_code_pool out"
    }
    if input.has("common_code_key") { return "An offline access code cannot be linked: leave common_code_key out" }
    if isOneTimeUse { return input.has("starts_at") ? nil : "A one-time offline access code needs starts_at" }
    return input.has("starts_at") && input.has("ends_at")
      ? nil : "An offline access code needs both starts_at and ends_at"
  }

  private static let accessCodeUpdate = Schema(
    [
      .required("access_code_id", .id), .optional("device_id", .id), .nullable("name", .text),
      .optional("code", .digits(count: 4...12)), .optional("starts_at", .timestamp), .optional("ends_at", .timestamp),
      .optional("type", .choice(["ongoing", "time_bound"])), .optional("is_managed", .flag),
      .optional("attempt_for_offline_device", .flag), .optional("sync", .flag),
    ], externalModification,
    synonyms: [("allow_external_modification", "is_external_modification_allowed")],
    rules: [
      endAfterStart,
      { input in
        let others = ["name", "code", "starts_at", "ends_at", "type", "is_external_modification_allowed"]
        return input.flag("is_managed") == false && others.contains(where: input.has)
          ? "is_managed false goes without other changes: an unmanaged access code is what the lock holds" : nil
      },
      { input in
        switch (input.text("type"), input.has("starts_at"), input.has("ends_at")) {
        case ("ongoing", true, _), ("ongoing", _, true): "An ongoing access code has neither starts_at nor ends_at"
        case ("time_bound", false, _), ("time_bound", _, false):
          "Provide both starts_at and ends_at for a time-bound access code"
        default: nil
        }
      },
    ])

  private static let bothTimesOrNone: Schema.Rule = { input in
    input.has("starts_at") == input.has("ends_at")
      ? nil : "Provide both starts_at and ends_at for a time-bound access code, neither for an ongoing one"
  }

  private static let endAfterStart: Schema.Rule = { input in
    guard let start = input.timestamp("starts_at"), let end = input.timestamp("ends_at") else { return nil }
    return start < end ? nil : "ends_at must be after starts_at"
  }
}

extension Input {
  fileprivate func newAccessCode() throws(APIFault) -> NewAccessCode {
    var request = self.template(for: try self.requiredLock())
    request.commonCodeKey = self.text("common_code_key")
    return request
  }

  fileprivate func newLinkedAccessCodes(mayBeRepeated: Bool) throws(APIFault) -> NewLinkedAccessCodes {
    let devices = (self.texts("device_ids") ?? []).map { LockID(rawValue: $0.lowercased()) }
    guard let first = devices.first, Set(devices).count == devices.count else {
      throw .invalidInput([InputProblem(path: ["device_ids"], message: "Must name one or more devices, each once")])
    }
    var request = NewLinkedAccessCodes(devices: devices, template: self.template(for: first))
    request.mayDiffer = self.text("behavior_when_code_cannot_be_shared") == "create_random_code"
    request.replayKey = mayBeRepeated ? SyncEngine.hash(of: JSONValue.object(self.values)) : nil
    return request
  }

  private func template(for lock: LockID) -> NewAccessCode {
    var request = NewAccessCode(device: lock)
    request.usesBackupPool = self.flag("use_backup_access_code_pool") ?? false
    request.name = self.text("name")
    request.pin = self.pin("code")
    if let start = self.timestamp("starts_at"), let end = self.timestamp("ends_at") {
      request.window = TimeWindow(start: start, end: end)
    }
    request.preferredLength = self.integer("preferred_code_length")
    request.prefersNativeScheduling = self.flag("prefer_native_scheduling") ?? true
    request.allowsExternalModification = self.flag("is_external_modification_allowed") ?? false
    request.attemptsForOfflineDevice = self.flag("attempt_for_offline_device") ?? true
    if self.flag("is_offline_access_code") == true, let start = self.timestamp("starts_at") {
      request.offline = NewAccessCode.Offline(
        startsAt: start, endsAt: self.timestamp("ends_at"), isOneTimeUse: self.flag("is_one_time_use") ?? false,
        rounding: ["1day", "1d"].contains(self.text("max_time_rounding")) ? .day : .hour)
    }
    return request
  }

  fileprivate func accessCodeChange() throws(APIFault) -> AccessCodeChange {
    var change = AccessCodeChange(id: try self.required("access_code_id", Input.accessCode))
    change.device = self.lock()
    change.name = self.has("name") ? .some(self.text("name")) : nil
    change.pin = self.pin("code")
    change.startsAt = self.timestamp("starts_at")
    change.endsAt = self.timestamp("ends_at")
    change.isOngoing = self.text("type").map { $0 == "ongoing" }
    change.allowsExternalModification = self.flag("is_external_modification_allowed")
    change.attemptsForOfflineDevice = self.flag("attempt_for_offline_device") ?? true
    return change
  }
}

extension Call {
  /// The access code that `access_code_id`, or `device_id` and `code`, name.
  func locatedAccessCode(isManaged: Bool) async throws -> JSONValue {
    let workspace = await self.engine.workspace().id
    if let id = self.input.accessCode() {
      let code = try await self.engine.accessCode(id, isManaged: isManaged)
      guard self.input.lock().map({ $0 == code.device }) ?? true else { throw RequestFault.accessCodeNotFound }
      return code.json(workspace: workspace)
    }
    // Who may not see PINs must not find one by trying them all.
    try self.require(.reveal, for: "finding an access code by its PIN")
    guard let pin = self.input.pin("code") else { throw RequestFault.accessCodeNotFound }
    let lock = try self.input.requiredLock()
    return try await self.engine.accessCode(device: lock, pin: pin, isManaged: isManaged).json(workspace: workspace)
  }

  /// The page of access codes that fit the filters.
  func listedAccessCodes(isManaged: Bool, limit: Int) async throws -> [String: JSONValue] {
    let lock = self.input.lock()
    if let lock { try await self.engine.requireDevice(lock, isManaged: isManaged) }
    let ids = self.input.texts("access_code_ids")?.map { AccessCodeID(rawValue: $0.lowercased()) }
    var codes = await self.engine.accessCodes(isManaged: isManaged, device: lock, ids: ids)
    if self.input.namesWhatNoSiteHas { codes = [] }
    if let search = self.input.text("search") {
      let seesPINs = self.caller.scopes.isSuperset(of: .reveal)
      codes = codes.filter { code in
        [code.name, seesPINs ? code.pin?.digits : nil, code.id.rawValue].contains {
          $0?.contains(caseless: search) ?? false
        }
      }
    }
    let page = try self.page(of: codes, limit: limit)
    let workspace = await self.engine.workspace().id
    return [
      "access_codes": .array(page.items.map { $0.json(workspace: workspace) }), "pagination": page.pagination,
    ]
  }
}
