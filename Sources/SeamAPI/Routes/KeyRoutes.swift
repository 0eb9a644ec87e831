import SyncEngine

extension Route {
  /// API keys, for administrators.
  static let keys: [Route] = [
    Route("/bitting/keys/create", .act, needs: .admin, keyCreation) { call in
      let scopes = Scopes(names: call.input.texts("scopes") ?? [])
      // Whoever makes keys must not come to more than it has.
      try call.require(scopes, for: "giving it to a key")
      let (key, secret) = try await call.engine.createAPIKey(
        name: try call.input.required("name", Input.text), scopes: scopes)
      return ["api_key": key.json(["token": .string(secret.text)])]
    },
    Route("/bitting/keys/list", .read, needs: .admin) { call in
      ["api_keys": .array(call.engine.apiKeys.map { $0.json() })]
    },
    Route("/bitting/keys/revoke", .act, needs: .admin, Schema([.required("api_key_id", .id)])) { call in
      let id = try call.input.required("api_key_id", Input.text).lowercased()
      return ["api_key": try await call.engine.revokeAPIKey(id).json()]
    },
  ]

  private static let keyCreation = Schema(
    [
      .required("name", .text),
      .required("scopes", .list(.choice(Scopes.named.map(\.name)), count: 1...Scopes.named.count)),
    ],
    rules: [
      { input in
        let name = input.text("name") ?? ""
        guard (1...80).contains(name.count), !name.unicodeScalars.contains(where: { $0.value < 32 || $0.value == 127 })
        else { return "Give the key a name of 1 to 80 characters, for example the program that will use it" }
        return APIKeySecret.fault(of: name) == nil ? "The name looks like a key; names can be seen, keys cannot" : nil
      }
    ])
}

extension Call {
  /// Refuses who may not do something that a route does only when asked for.
  /// - Parameters:
  ///   - scopes: what it needs.
  ///   - purpose: what for, as in "…, which PURPOSE needs".
  func require(_ scopes: Scopes, for purpose: String) throws(APIFault) {
    guard !self.caller.scopes.isSuperset(of: scopes) else { return }
    throw .insufficientScope(self.caller.scopes.missing(of: scopes), for: purpose)
  }
}

extension APIKey {
  /// The resource `api_key`.
  fileprivate func json(_ further: [String: JSONValue] = [:]) -> JSONValue {
    let members: [String: JSONValue] = [
      "api_key_id": .string(self.id), "name": .string(self.name),
      "scopes": .array(self.scopes.names.map(JSONValue.string)), "short_token": .optional(self.prefix),
      "created_at": self.createdAt.json, "last_used_at": self.lastUsedAt?.json ?? .null,
      "last_used_from": .optional(self.lastUsedFrom), "revoked_at": self.revokedAt?.json ?? .null,
    ]
    return .object(members.merging(further) { own, _ in own })
  }
}
