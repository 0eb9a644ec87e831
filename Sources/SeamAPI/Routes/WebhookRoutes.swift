import SyncEngine

extension Route {
  /// Where events are sent.
  static let webhooks: [Route] = [
    Route(
      "/webhooks/create", .act, needs: [.write, .reveal],
      Schema([.required("url", .text), .optional("event_types", eventTypes)])
    ) { call in
      let webhook = try await call.engine.webhooks.create(
        url: try call.input.required("url", Input.text), eventTypes: call.input.texts("event_types") ?? ["*"])
      return ["webhook": webhook.jsonWithSecret]
    },
    Route("/webhooks/get", .read, needs: [.write, .reveal], Schema([.required("webhook_id", .someText)])) { call in
      ["webhook": try await call.engine.webhooks.webhook(try call.input.webhook()).jsonWithSecret]
    },
    Route("/webhooks/list", .read, needs: .read) { call in
      ["webhooks": .array(await call.engine.webhooks.all().map(\.json))]
    },
    Route(
      "/webhooks/update", .update, needs: [.write, .reveal],
      Schema([.required("webhook_id", .someText), .required("event_types", eventTypes)])
    ) { call in
      try await call.engine.webhooks.update(
        try call.input.webhook(), eventTypes: try call.input.required("event_types", Input.texts))
      return [:]
    },
    Route("/webhooks/delete", .delete, needs: .write, Schema([.required("webhook_id", .someText)])) { call in
      try await call.engine.webhooks.delete(try call.input.webhook())
      return [:]
    },
  ]

  /// Which names there are is checked by the engine: its refusal has a type of its own.
  private static let eventTypes = ParameterType.list(.text, count: 0...EventCatalogue.knownNames.count)
}

extension Input {
  fileprivate func webhook() throws(APIFault) -> String {
    try self.required("webhook_id", Input.text).lowercased()
  }
}

extension Webhook {
  /// As lists show it.
  fileprivate var json: JSONValue {
    [
      "webhook_id": .string(self.id), "url": .string(self.url),
      "event_types": .array(self.eventTypes.map(JSONValue.string)),
    ]
  }

  /// As its maker and whoever asks for it alone see it (R144).
  fileprivate var jsonWithSecret: JSONValue {
    var members = self.json.object ?? [:]
    members["secret"] = .string(self.secret.text)
    return .object(members)
  }
}
