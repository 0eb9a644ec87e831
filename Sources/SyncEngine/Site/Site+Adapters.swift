internal import GRDB
internal import LockCore

/// What is told of adapters: that one is gone, and that it is there again, each once, also across restarts.
extension Site {
  /// Tells how an adapter stands, where that was not told yet.
  mutating func tellAdapter(_ key: String, at now: Timestamp) -> [Effect] {
    guard let adapter = self.accounts[key], adapter.isToldGone != (adapter.fault != nil) else { return [] }
    if let due = adapter.lossDue, now < due, due - now <= Adapter.radioPatience { return [] }
    var event = EventDraft(
      type: adapter.fault == nil ? .connectedAccountConnected : .connectedAccountDisconnected, account: adapter.id,
      occurredAt: now)
    if let fault = adapter.fault {
      event.members = [
        "connected_account_errors": [
          [
            "error_code": .string(fault.code), "message": .string(fault.message),
            "created_at": .string(fault.createdAt.iso8601),
          ]
        ], "connected_account_warnings": [],
      ]
    }
    let createdAt = max(now, self.newestEvent + .milliseconds(1))
    do {
      try self.store.database.write { [store, workspaceID, event] database in
        try store.write(isToldGone: adapter.fault != nil, account: adapter.id, in: database)
        try store.append([event], workspace: workspaceID, at: createdAt, in: database)
      }
    } catch {
      let sentence = "\(key): what became of it cannot be told yet: \(Store.reason(of: error))"
      return [.note(Note(sentence, .warning, link: key))]
    }
    self.newestEvent = createdAt
    self.accounts[key]?.isToldGone = adapter.fault != nil
    return []
  }
}
