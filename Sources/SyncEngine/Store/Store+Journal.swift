internal import Foundation
internal import GRDB
internal import LockCore

/// An event that is about to be journalled.
struct EventDraft: Sendable {
  /// What it tells.
  var type: EventType
  /// The lock it concerns.
  var lock: LockID?
  /// The adapter it concerns.
  var account: String?
  /// The access code it concerns.
  var code: AccessCodeID?
  /// When it happened.
  var occurredAt: Timestamp
  /// Members beside those that every event has.
  var members: [String: JSONValue] = [:]
  /// The free members that clients keep at the lock it concerns.
  var deviceMetadata: [String: JSONValue] = [:]

  /// What is told of it while its device is unmanaged: whether the device answers, and what changes hands; nil for
  /// what happens at the door (contract R86).
  var ofUnmanagedDevice: EventDraft? {
    var draft = self
    switch self.type {
    case .deviceConnected: draft.type = .deviceUnmanagedConnected
    case .deviceDisconnected: draft.type = .deviceUnmanagedDisconnected
    case .deviceConvertedToUnmanaged, .deviceAdded, .deviceRemoved: break
    default:
      switch self.type.entry.subject {
      case .device, .lock: return nil
      case .accessCode, .unmanagedAccessCode, .actionAttempt, .account: break
      }
    }
    return draft
  }

  /// True for what somebody typed at the keypad, right or wrong.
  var isEntry: Bool {
    self.type == .lockAccessDenied || (self.type == .lockUnlocked && self.members["method"] == "keycode")
  }
}

extension Store {
  /// 1970-01-01: what a clock says that was never set.
  private static let earliestDate = Timestamp(milliseconds: 0)

  /// Appends events; within the caller's transaction.
  func append(_ drafts: [EventDraft], workspace: String, at now: Timestamp, in database: Database) throws {
    for draft in drafts {
      let id = UUID().uuidString.lowercased()
      var members = draft.members
      members["event_id"] = .string(id)
      members["event_type"] = .string(draft.type.rawValue)
      members["workspace_id"] = .string(workspace)
      members["created_at"] = .string(now.iso8601)
      // A lock whose clock runs wild tells dates that nothing here can have.
      members["occurred_at"] = .string(max(Self.earliestDate, min(draft.occurredAt, now)).iso8601)
      if let lock = draft.lock { members["device_id"] = .string(lock.rawValue) }
      if let account = draft.account { members["connected_account_id"] = .string(account) }
      if let code = draft.code { members["access_code_id"] = .string(code.rawValue) }
      for map in draft.type.metadata {
        members[map] = .object(map == "device_custom_metadata" ? draft.deviceMetadata : [:])
      }
      assert(
        draft.type.differences(of: Set(members.keys)).isEmpty,
        "\(draft.type.rawValue) is not as its row of the catalogue: \(draft.type.differences(of: Set(members.keys)))")
      try database.execute(
        sql: """
          INSERT INTO event (id, type, lock_id, account_id, access_code_id, created_at, payload)
          VALUES (?, ?, ?, ?, ?, ?, ?)
          """,
        arguments: [
          id, draft.type.rawValue, draft.lock?.rawValue, draft.account, draft.code?.rawValue, now.milliseconds,
          try SealedColumn.eventPayload.seal(try Self.text(.object(members)), row: id, with: self.seal),
        ])
    }
  }

  /// As many values as a client cares to send, in one argument: SQLite counts those.
  private static let eachOfJSON = "SELECT value FROM json_each(?)"

  /// The events that a filter lets through.
  func events(_ filter: EventFilter) throws -> [EventView] {
    var conditions: [String] = []
    var arguments: [any DatabaseValueConvertible] = []
    func among(_ column: String, _ values: [String]?) throws {
      guard let values else { return }
      conditions.append("\(column) IN (\(Self.eachOfJSON))")
      arguments.append(try Self.text(.array(values.map(JSONValue.string))))
    }
    if let after = filter.after {
      conditions.append("created_at > ?")
      arguments.append(after.milliseconds)
    }
    if let before = filter.before {
      conditions.append("created_at < ?")
      arguments.append(before.milliseconds)
    }
    try among("id", filter.ids)
    try among("type", filter.types)
    try among("lock_id", filter.devices?.map(\.rawValue))
    try among("access_code_id", filter.accessCodes?.map(\.rawValue))
    try among("account_id", filter.account.map { [$0] })
    let order = filter.newestFirst ? "DESC" : "ASC"
    let sql =
      "SELECT sequence, id, payload FROM event"
      + (conditions.isEmpty ? "" : " WHERE " + conditions.joined(separator: " AND "))
      + " ORDER BY created_at \(order), sequence \(order) LIMIT ? OFFSET ?"
    arguments += [max(0, filter.limit), max(0, filter.offset)]
    return try self.database.read { database in
      try Row.fetchAll(database, sql: sql, arguments: StatementArguments(arguments)).compactMap { row in
        guard let payload = try self.history(SealedColumn.eventPayload, row["payload"], row: row["id"]) else {
          return nil
        }
        return EventView(sequence: row["sequence"], payload: payload)
      }
    }
  }

  /// When the newest event was stored; nil when there is none.
  func newestEventDate() throws -> Timestamp? {
    try self.database.read { try Int64.fetchOne($0, sql: "SELECT max(created_at) FROM event") }
      .map(Timestamp.init(milliseconds:))
  }

  /// Writes an attempt over its earlier state; within the caller's transaction.
  func write(_ attempt: ActionAttempt, code: AccessCodeID?, in database: Database) throws {
    var (status, result, type, message): (String, String?, String?, String?) = ("pending", nil, nil, nil)
    switch attempt.status {
    case .pending: break
    case .success(let value): (status, result) = ("success", try Self.text(value))
    case .error(let errorType, let sentence): (status, type, message) = ("error", errorType, sentence)
    }
    try database.execute(
      sql: """
        INSERT INTO action_attempt (id, kind, lock_id, access_code_id, created_at, status, result, error_type,
          error_message)
        VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)
        ON CONFLICT (id) DO UPDATE SET status = excluded.status, result = excluded.result,
          error_type = excluded.error_type, error_message = excluded.error_message
        """,
      arguments: [
        attempt.id, attempt.kind, attempt.device.rawValue, code?.rawValue, attempt.createdAt.milliseconds, status,
        try result.map { try SealedColumn.attemptResult.seal($0, row: attempt.id, with: self.seal) }, type, message,
      ])
  }

  /// Attempts, oldest first; nil members do not restrict.
  func attempts(
    ids: [String]?, lock: LockID?, onlyPending: Bool = false
  ) throws -> [(
    attempt: ActionAttempt, code: AccessCodeID?
  )] {
    var (conditions, arguments): ([String], [String]) = ([], [])
    if let ids {
      conditions.append("id IN (\(Self.eachOfJSON))")
      arguments.append(try Self.text(.array(ids.map(JSONValue.string))))
    }
    if let lock {
      conditions.append("lock_id = ?")
      arguments.append(lock.rawValue)
    }
    if onlyPending { conditions.append("status = 'pending'") }
    let sql =
      "SELECT * FROM action_attempt" + (conditions.isEmpty ? "" : " WHERE " + conditions.joined(separator: " AND "))
      + " ORDER BY created_at, id"
    return try self.database.read { database in
      try Row.fetchAll(database, sql: sql, arguments: StatementArguments(arguments)).map { row in
        let status: ActionAttempt.Status =
          switch row["status"] as String {
          case "success":
            .success(
              try (row["result"] as Data?).flatMap {
                try self.history(SealedColumn.attemptResult, $0, row: row["id"])
              } ?? .object([:]))
          case "error":
            .error(type: row["error_type"] ?? "uncategorized_error", message: row["error_message"] ?? "")
          default: .pending
          }
        return (
          ActionAttempt(
            id: row["id"], kind: row["kind"], device: LockID(rawValue: row["lock_id"]),
            createdAt: Timestamp(milliseconds: row["created_at"]), status: status),
          (row["access_code_id"] as String?).map(AccessCodeID.init(rawValue:))
        )
      }
    }
  }

  /// A piece of history; nil for one that does not open, which is counted.
  func history(_ column: SealedColumn, _ sealed: Data, row: String) throws -> JSONValue? {
    do {
      return try Self.json(column.text(sealed, row: row, with: self.seal))
    } catch is MalformedRow {
      self.unreadable.found()
      return nil
    }
  }

  static func text(_ value: JSONValue) throws -> String {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    return String(decoding: try encoder.encode(value), as: UTF8.self)
  }

  static func json(_ text: String) throws -> JSONValue {
    try JSONDecoder().decode(JSONValue.self, from: Data(text.utf8))
  }
}
