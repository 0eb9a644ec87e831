import SyncEngine

extension Route {
  /// What was asked of locks and takes its time.
  static let actionAttempts: [Route] = [
    Route("/action_attempts/get", .read, needs: .read, Schema([.required("action_attempt_id", .id)])) { call in
      let id = try call.input.required("action_attempt_id", Input.text)
      return ["action_attempt": try await call.engine.actionAttempt(id.lowercased()).json]
    },
    Route(
      "/action_attempts/list", .read, needs: .read,
      Schema([
        .optional("action_attempt_ids", .ids), .optional("device_id", .id), .optional("limit", .limit),
        .nullable("page_cursor", .cursor),
      ])
    ) { call in
      let ids = call.input.texts("action_attempt_ids")?.map { $0.lowercased() }
      let attempts = await call.engine.actionAttempts(ids: ids, device: call.input.lock())
      if let ids, !ids.isEmpty, attempts.isEmpty {
        throw APIFault.notFound("action_attempts_not_found", "There are no such action attempts")
      }
      let page = try call.page(of: attempts, limit: 500)
      return ["action_attempts": .array(page.items.map(\.json)), "pagination": page.pagination]
    },
  ]
}
