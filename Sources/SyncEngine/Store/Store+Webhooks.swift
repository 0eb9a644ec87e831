internal import Foundation
internal import GRDB
internal import LockCore

/// Where events are sent, and how far each of them is.
extension Store {
  /// One event of the journal, as it is sent.
  struct JournalledEvent {
    var sequence: Int64
    var id: String
    var payload: String
  }

  /// What an endpoint needs to know of the journal to decide.
  struct JournalAhead {
    /// The first event after its position that it wants.
    var following: Int64?
    /// True when it wants an event that came after the last try.
    var hasNews: Bool
    /// The end of the journal.
    var end: Int64
  }

  /// Every webhook with its queue, oldest first.
  func webhooks() throws -> [(webhook: Webhook, queue: WebhookQueue)] {
    try self.database.read { database in
      try Row.fetchAll(database, sql: "SELECT * FROM webhook ORDER BY created_at, id").map { row in
        let bytes = try SealedColumn.webhookSecret.open(row["secret"], row: row["id"], with: self.seal)
        guard let secret = WebhookSecret(bytes) else { throw MalformedRow(column: "secret") }
        let webhook = Webhook(
          id: row["id"], url: row["url"],
          eventTypes: try Self.json(row["event_types"]).array?.compactMap(\.string) ?? [], secret: secret,
          createdAt: Timestamp(milliseconds: row["created_at"]))
        var queue = WebhookQueue(position: row["position"])
        for row in try Row.fetchAll(
          database, sql: "SELECT * FROM webhook_trial WHERE webhook_id = ?", arguments: [webhook.id])
        {
          let trial = WebhookQueue.Trial(
            sequence: row["sequence"], failures: row["failures"],
            failedAt: Timestamp(milliseconds: row["failed_at"]))
          if trial.sequence > queue.position { queue.head = trial } else { queue.setAside[trial.sequence] = trial }
        }
        return (webhook, queue)
      }
    }
  }

  /// Keeps a new webhook; it gets what is stored from now on.
  /// - Returns: its queue.
  func add(_ webhook: Webhook) throws -> WebhookQueue {
    let request = AuditedRequest.current
    return try self.database.write { database in
      try self.append(
        request, about: ["webhook_id": [webhook.id]], ["event_types": .array(webhook.eventTypes.map(JSONValue.string))],
        in: database)
      let queue = WebhookQueue(position: try Self.journalEnd(database))
      try database.execute(
        sql: "INSERT INTO webhook (id, url, event_types, secret, created_at, position) VALUES (?, ?, ?, ?, ?, ?)",
        arguments: [
          webhook.id, webhook.url, try Self.text(.array(webhook.eventTypes.map(JSONValue.string))),
          try SealedColumn.webhookSecret.seal(webhook.secret.bytes, row: webhook.id, with: self.seal),
          webhook.createdAt.milliseconds, queue.position,
        ])
      return queue
    }
  }

  /// Changes which events a webhook gets, and writes where it stands, so that what it did not want before stays out.
  func write(eventTypes: [String], of webhook: String, position: Int64) throws {
    let request = AuditedRequest.current
    try self.database.write { database in
      try self.append(
        request, about: ["webhook_id": [webhook]], ["event_types": .array(eventTypes.map(JSONValue.string))],
        in: database)
      try database.execute(
        sql: "UPDATE webhook SET event_types = ?, position = ? WHERE id = ?",
        arguments: [try Self.text(.array(eventTypes.map(JSONValue.string))), position, webhook])
    }
  }

  /// Forgets a webhook and all that waits for it.
  func removeWebhook(_ id: String) throws {
    let request = AuditedRequest.current
    try self.database.write { database in
      try self.append(request, about: ["webhook_id": [id]], in: database)
      try database.execute(sql: "DELETE FROM webhook_trial WHERE webhook_id = ?", arguments: [id])
      try database.execute(sql: "DELETE FROM webhook WHERE id = ?", arguments: [id])
    }
  }

  /// Writes what differs between two states of a queue.
  func write(_ queue: WebhookQueue, over before: WebhookQueue, of webhook: String) throws {
    let (trials, former) = (queue.trials, before.trials)
    try self.database.write { database in
      try database.execute(
        sql: "UPDATE webhook SET position = ? WHERE id = ?", arguments: [queue.position, webhook])
      for sequence in former.keys where trials[sequence] == nil {
        try database.execute(
          sql: "DELETE FROM webhook_trial WHERE webhook_id = ? AND sequence = ?", arguments: [webhook, sequence])
      }
      for (sequence, trial) in trials where former[sequence] != trial {
        try database.execute(
          sql: """
            INSERT INTO webhook_trial (webhook_id, sequence, failures, failed_at) VALUES (?, ?, ?, ?)
            ON CONFLICT DO UPDATE SET failures = excluded.failures, failed_at = excluded.failed_at
            """,
          arguments: [webhook, sequence, trial.failures, trial.failedAt.milliseconds])
      }
    }
  }

  /// What lies ahead of an endpoint.
  /// - Parameters:
  ///   - types: what it wants; nil for everything.
  ///   - position: where it stands.
  ///   - seen: the end of the journal when it was last tried; nil not to look for news.
  func journal(of types: [String]?, after position: Int64, seen: Int64?) throws -> JournalAhead {
    let condition = types == nil ? "" : " AND type IN (SELECT value FROM json_each(?))"
    let wanted = try types.map { try Self.text(.array($0.map(JSONValue.string))) }
    return try self.database.read { database in
      func first(after sequence: Int64) throws -> Int64? {
        try Int64.fetchOne(
          database, sql: "SELECT sequence FROM event WHERE sequence > ?\(condition) ORDER BY sequence LIMIT 1",
          arguments: wanted.map { [sequence, $0] } ?? [sequence])
      }
      return JournalAhead(
        following: try first(after: position), hasNews: try seen.map { try first(after: $0) != nil } ?? false,
        end: try Self.journalEnd(database))
    }
  }

  /// One event; nil when it is forgotten already, or does not open.
  func event(at sequence: Int64) throws -> JournalledEvent? {
    try self.database.read { database in
      try Row.fetchOne(
        database, sql: "SELECT sequence, id, payload FROM event WHERE sequence = ?", arguments: [sequence]
      ).flatMap { row in
        do {
          return JournalledEvent(
            sequence: row["sequence"], id: row["id"],
            payload: try SealedColumn.eventPayload.text(row["payload"], row: row["id"], with: self.seal))
        } catch is MalformedRow {
          self.unreadable.found()
          return nil
        }
      }
    }
  }

  /// The place of the newest event there ever was.
  private static func journalEnd(_ database: Database) throws -> Int64 {
    try Int64.fetchOne(database, sql: "SELECT seq FROM sqlite_sequence WHERE name = 'event'") ?? 0
  }
}

extension WebhookQueue {
  /// What is stored of it beside its position.
  fileprivate var trials: [Int64: Trial] {
    var trials = self.setAside
    if let head = self.head { trials[head.sequence] = head }
    return trials
  }
}
