import LockCore
import SyncEngine

extension Route {
  /// What happened.
  static let events: [Route] = [
    Route(
      "/events/get", .read, needs: .read,
      Schema(
        [.optional("event_id", .id), .optional("event_type", .someText), .optional("device_id", .id)],
        rules: [Schema.needs(oneOf: ["event_id", "event_type", "device_id"])])
    ) { call in
      let event = await call.engine.event(
        id: call.input.text("event_id")?.lowercased(), type: call.input.text("event_type"), device: call.input.lock())
      guard let event else { throw APIFault.notFound("event_not_found", "There is no such event") }
      return ["event": event.payload]
    },
    Route("/events/list", .read, needs: .read, eventFilters) { call in
      guard !call.input.namesWhatNoSiteHas else { return ["events": []] }
      return ["events": .array(await call.engine.events(call.input.eventFilter).map(\.payload))]
    },
  ]

  /// Things that a gateway does not have; asked for by one, no event fits.
  private static let ofAbsentThings: [Parameter] =
    [
      "customer_key", "user_identity_id", "space_id", "connect_webview_id", "access_method_id", "access_grant_id",
      "acs_system_id", "acs_user_id", "acs_credential_id", "acs_encoder_id", "acs_entrance_id", "acs_access_group_id",
    ].map { Parameter.optional($0, .someText) }
    + ["space_ids", "access_method_ids", "access_grant_ids", "acs_system_ids"].map { Parameter.optional($0, .ids) }

  /// A name that no event of this API has is a mistake; one that no event of this site has finds none.
  private static let eventType = ParameterType.choice(EventCatalogue.knownNames)

  private static let eventFilters = Schema(
    [
      .optional("since", .timestamp), .optional("between", .list(.timestamp, count: 2...2)),
      .optional("event_ids", .ids), .optional("event_type", eventType),
      .optional("event_types", .list(eventType, count: 0...1000)), .optional("device_id", .id),
      .optional("device_ids", .ids), .optional("access_code_id", .id), .optional("access_code_ids", .ids),
      .optional("connected_account_id", .id), .optional("limit", .integer(1...10_000)),
      .optional("unstable_offset", .integer(0...Int(Int32.max))),
    ], ofAbsentThings,
    rules: [
      { input in
        switch (input.has("since"), input.has("between")) {
        case (true, true): "Provide either since or between, not both"
        case (false, false) where !input.has("event_ids"): "Provide since or between"
        default: nil
        }
      },
      { input in
        guard let bounds = input.bounds else { return nil }
        return bounds.0 <= bounds.1 ? nil : "The first timestamp of between must not be after the second"
      },
    ])
}

extension Input {
  fileprivate var bounds: (Timestamp, Timestamp)? {
    let bounds = self.texts("between")?.compactMap { Timestamp(iso8601: $0) } ?? []
    return bounds.count == 2 ? (bounds[0], bounds[1]) : nil
  }

  fileprivate var eventFilter: EventFilter {
    var filter = EventFilter()
    filter.after = self.timestamp("since") ?? self.bounds?.0
    filter.before = self.bounds?.1
    filter.ids = self.texts("event_ids")?.map { $0.lowercased() }
    filter.types = self.texts("event_type", "event_types")
    filter.devices = self.ids("device_id", "device_ids")?.map { LockID(rawValue: $0) }
    filter.accessCodes = self.ids("access_code_id", "access_code_ids")?.map { AccessCodeID(rawValue: $0) }
    filter.account = self.text("connected_account_id")?.lowercased()
    filter.limit = self.integer("limit") ?? 500
    filter.offset = self.integer("unstable_offset") ?? 0
    return filter
  }
}
