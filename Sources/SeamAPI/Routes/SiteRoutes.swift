import SyncEngine

extension Route {
  /// Health, workspaces and connected accounts.
  static let site: [Route] = [
    Route("/health", .read, needs: [], handle: health),
    Route("/health/get_health", .read, needs: [], handle: health),
    Route("/workspaces/get", .read, needs: .read) { call in ["workspace": await call.engine.workspace().json] },
    Route("/workspaces/list", .read, needs: .read) { call in ["workspaces": [await call.engine.workspace().json]] },
    Route(
      "/connected_accounts/get", .read, needs: .read,
      Schema(
        [.optional("connected_account_id", .id), .optional("email", .text)],
        rules: [Schema.needs(oneOf: ["connected_account_id", "email"])])
    ) { call in
      // A bus or an adapter has no mail address: asked by one, there is no such account.
      let id = call.input.text("connected_account_id")?.lowercased()
      guard !call.input.has("email"), let account = await call.engine.accounts().first(where: { $0.id == id }) else {
        throw APIFault.notFound("connected_account_not_found", "There is no such connected account")
      }
      return ["connected_account": account.json]
    },
    Route(
      "/connected_accounts/list", .read, needs: .read,
      Schema([
        .optional("search", .someText), .optional("custom_metadata_has", .map), .optional("customer_key", .someText),
        .optional("space_id", .id), .optional("user_identifier_key", .someText), .optional("limit", .limit),
        .nullable("page_cursor", .cursor),
      ])
    ) { call in
      var accounts = await call.engine.accounts()
      if let search = call.input.text("search") {
        accounts = accounts.filter { $0.name.contains(caseless: search) || $0.id.contains(caseless: search) }
      }
      let metadata = call.input.values["custom_metadata_has"]?.object ?? [:]
      if !metadata.isEmpty || call.input.namesWhatNoSiteHas { accounts = [] }
      let page = try call.page(of: accounts, limit: 11_000)
      return ["connected_accounts": .array(page.items.map(\.json)), "pagination": page.pagination]
    },
  ]

  private static let health: Handler = { call in
    let services = await call.engine.health() + call.surroundings.health()
    let verdict = services.verdict
    // Names of doors and of what is amiss are for those who may read.
    let shown: JSONValue = .array((call.caller.scopes.contains(.read) ? services : [verdict]).map(\.json))
    guard services.isUp else {
      throw APIFault(
        status: 503, type: "gateway_unavailable", message: verdict.description,
        members: ["data": ["service_health_statuses": shown]])
    }
    return ["msg": .string(verdict.description), "service_health_statuses": shown]
  }
}

extension ServiceHealth {
  /// As the API shows it.
  fileprivate var json: JSONValue {
    [
      "service": .string(self.service), "status": .string(self.status.rawValue),
      "description": .string(self.description),
    ]
  }
}

extension Input {
  /// True when the request asks for what belongs to a customer, a user, a space, a web view or an access grant:
  /// things that a gateway does not have, so that nothing fits.
  var namesWhatNoSiteHas: Bool {
    [
      "customer_key", "user_identifier_key", "user_identity_id", "space_id", "space_ids", "connect_webview_id",
      "access_method_id", "access_method_ids", "access_grant_id", "access_grant_ids", "access_grant_key",
      "acs_system_id", "acs_system_ids", "acs_user_id", "acs_credential_id", "acs_encoder_id", "acs_entrance_id",
      "acs_access_group_id",
    ].contains { self.has($0) } || self.text("unstable_location_id") != nil
  }
}

extension String {
  /// True when `part` is in here, in upper or lower case.
  func contains(caseless part: String) -> Bool { self.lowercased().contains(part.lowercased()) }
}
