import SyncEngine

extension Route {
  /// The audit log, for administrators.
  static let audit: [Route] = [
    Route(
      "/bitting/audit/list", .read, needs: .admin,
      Schema([.optional("before", .integer(1...Int(Int32.max))), .optional("limit", .integer(1...1000))])
    ) { call in
      let records = try await call.engine.auditRecords(
        before: call.input.integer("before").map(Int64.init), limit: call.input.integer("limit") ?? 100)
      let next = records.last.flatMap { $0.sequence > 1 ? JSONValue.int($0.sequence) : nil }
      return ["audit_entries": .array(records.map(\.json)), "next_before": next ?? .null]
    }
  ]
}
