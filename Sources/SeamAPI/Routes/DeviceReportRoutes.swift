import LockCore
import SyncEngine

extension Route {
  /// What clients say of devices and may ask of few, and who makes them.
  static let deviceReports: [Route] = [
    Route("/access_codes/report_device_constraints", .act, needs: .write, constraintReport) { call in
      let lock = try call.input.requiredLock()
      let listed = call.input.values["supported_code_lengths"]?.array?.compactMap(\.integer)
      let range = (call.input.integer("min_code_length") ?? 4)...(call.input.integer("max_code_length") ?? 20)
      try await call.engine.reportCodeLengths(listed ?? Array(range), of: lock)
      return [:]
    },
    Route("/devices/report_provider_metadata", .act, needs: .write, metadataReport) { call in
      let reports = call.input.values["devices"]?.array ?? []
      for report in reports {
        guard let id = report["device_id"]?.string else { continue }
        let device = try await call.engine.device(LockID(rawValue: id.lowercased()))
        for brand in brandsWithZones {
          guard let zone = report["\(brand)_metadata"]?["time_zone"]?.string, zone != device.timeZone else { continue }
          throw APIFault.invalidInput(
            "All locks of this site keep the zone \(device.timeZone ?? "UTC"); to change it, set site.time_zone in the configuration of the gateway"
          )
        }
      }
      return [:]
    },
    Route(
      "/devices/list_device_providers", .read, needs: .read,
      Schema([.optional("provider_category", .choice(DeviceProvider.categories))])
    ) { call in
      let providers = DeviceProvider.providers(of: await call.engine.devices())
      let category = call.input.text("provider_category")
      let fitting = providers.filter { provider in category.map { provider.kind.categories.contains($0) } ?? true }
      return ["device_providers": .array(fitting.map(\.json))]
    },
    Route("/devices/delete", .delete, needs: .write, Schema([.required("device_id", .id)])) { call in
      let device = try await call.engine.device(try call.input.requiredLock())
      throw APIFault.invalidInput(
        "'\(device.name)' is part of the gateway's configuration and cannot be deleted from here; take it out of the configuration and restart the gateway. Its lock keeps its codes"
      )
    },
    Route("/locks/configure_auto_lock", .act, needs: .write, autoLock) { call in
      _ = try await call.engine.device(try call.input.requiredLock())
      throw RequestFault.deviceTypeNotSupported(
        "This device has no auto-lock that can be set from here; look for can_configure_auto_lock on a device first")
    },
  ]

  private static let constraintReport = Schema(
    [
      .required("device_id", .id), .optional("supported_code_lengths", .list(.integer(4...20), count: 1...17)),
      .optional("min_code_length", .integer(4...20)), .optional("max_code_length", .integer(4...20)),
    ],
    rules: [
      { input in
        let hasBounds = input.has("min_code_length") || input.has("max_code_length")
        guard input.has("supported_code_lengths") != hasBounds else {
          return "Provide either supported_code_lengths, or min_code_length and max_code_length"
        }
        guard let shortest = input.integer("min_code_length"), let longest = input.integer("max_code_length") else {
          return nil
        }
        return shortest <= longest ? nil : "min_code_length must not be greater than max_code_length"
      }
    ])

  private static let brandsWithZones = ["ultraloq", "schlage", "omnitec"]

  private static let metadataReport = Schema([
    .required(
      "devices",
      .list(
        .object(
          [.required("device_id", .id)]
            + brandsWithZones.map { .optional("\($0)_metadata", .object([.required("time_zone", .someText)])) }),
        count: 1...1000))
  ])

  private static let autoLock = Schema(
    [
      .required("device_id", .id), .required("auto_lock_enabled", .flag),
      .optional("auto_lock_delay_seconds", .number(1...60)),
    ],
    rules: [
      { input in
        input.flag("auto_lock_enabled") == true && !input.has("auto_lock_delay_seconds")
          ? "Provide auto_lock_delay_seconds when auto_lock_enabled is true" : nil
      }
    ])
}
