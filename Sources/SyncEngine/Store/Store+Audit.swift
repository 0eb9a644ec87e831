internal import Foundation
internal import GRDB
public import LockCore

/// The audit log: a chain of entries that is only ever appended to, and shortened at its old end.
extension Store {
  /// Appends entries; within the caller's transaction.
  func append(_ drafts: [AuditDraft], at now: Timestamp, in database: Database) throws {
    for draft in drafts {
      let sequence = try Self.newestAuditEntry(database) + 1
      let previous = try String.fetchOne(database, sql: "SELECT hash FROM audit ORDER BY sequence DESC LIMIT 1")
      let text = try Self.text(draft.document(sequence: sequence, at: now.iso8601))
      try database.execute(
        sql: "INSERT INTO audit (sequence, created_at, entry, hash) VALUES (?, ?, ?, ?)",
        arguments: [
          sequence, now.milliseconds, text, AuditRecord.hash(of: text, after: previous ?? AuditRecord.origin),
        ])
    }
  }

  /// Puts something down for a command that has the store to itself; it is synced when this returns.
  /// - Throws: ``Fault``.
  public func record(_ draft: AuditDraft, at now: Timestamp) throws(Fault) {
    do {
      try self.database.write { try self.append([draft], at: now, in: $0) }
    } catch {
      throw Fault(error, path: self.path)
    }
  }

  /// Appends the entry of a request, if there is one, and tells it so once the transaction is committed.
  func append(
    _ request: AuditedRequest?, about subjects: [String: [String]] = [:], _ details: [String: JSONValue] = [:],
    in database: Database
  ) throws {
    guard let request else { return }
    let draft = request.draft(about: subjects, details)
    try self.append([draft], at: request.date, in: database)
    database.afterNextTransaction { _ in request.wasRecorded(draft) }
  }

  /// Entries, newest first.
  /// - Parameters:
  ///   - sequence: of the entries before this one; nil for the newest ones.
  ///   - limit: at most so many.
  func auditRecords(before sequence: Int64?, limit: Int) throws -> [AuditRecord] {
    try self.database.read { database in
      try Row.fetchAll(
        database, sql: "SELECT * FROM audit WHERE sequence < ? ORDER BY sequence DESC LIMIT ?",
        arguments: [sequence ?? .max, limit]
      ).map(Self.record)
    }
  }

  /// Lets go of old entries, and says in a new one how far, so that the chain can still be followed.
  /// - Parameters:
  ///   - date: of the entries before this date.
  ///   - most: of as many as it takes to keep no more than these.
  func pruneAudit(before date: Timestamp, keeping most: Int, at now: Timestamp) throws {
    try self.database.write { database in
      let newest = try Self.newestAuditEntry(database)
      let oldest = try Int64.fetchOne(
        database, sql: "SELECT sequence FROM audit WHERE created_at < ? ORDER BY sequence DESC LIMIT 1",
        arguments: [date.milliseconds])
      let through = min(max(oldest ?? 0, newest - Int64(most)), newest - 1)
      let last = try Row.fetchOne(
        database, sql: "SELECT sequence, hash FROM audit WHERE sequence <= ? ORDER BY sequence DESC LIMIT 1",
        arguments: [through])
      guard let last else { return }
      var draft = AuditDraft(AuditChain.pruning, by: .daemon)
      draft.details = ["through": .int(last["sequence"]), "hash": .string(last["hash"])]
      try database.execute(sql: "DELETE FROM audit WHERE sequence <= ?", arguments: [through])
      try self.append([draft], at: now, in: database)
    }
  }

  /// The newest entry there ever was; 0 for none.
  private static func newestAuditEntry(_ database: Database) throws -> Int64 {
    try Int64.fetchOne(database, sql: "SELECT seq FROM sqlite_sequence WHERE name = 'audit'") ?? 0
  }

  private static func record(_ row: Row) -> AuditRecord {
    AuditRecord(sequence: row["sequence"], text: row["entry"], hash: row["hash"])
  }

  /// Reads the audit log of a store file, oldest first, beside a running daemon or without one; writes nothing.
  /// - Parameters:
  ///   - path: the file.
  ///   - body: is given each entry.
  /// - Throws: ``Fault``, and what `body` throws.
  /// - Returns: the newest entry there ever was; 0 for none.
  public static func readAudit(at path: String, _ body: (AuditRecord) throws -> Void) throws -> Int64 {
    var configuration = Configuration()
    configuration.readonly = true
    configuration.busyMode = .timeout(5)
    guard FileManager.default.isReadableFile(atPath: path) else {
      throw Fault.cannotOpen(
        path: path, reason: "it is not there or cannot be read; call this as root or as the daemon's user")
    }
    let database: DatabaseQueue
    do {
      database = try DatabaseQueue(path: path, configuration: configuration)
      guard try database.read({ try $0.tableExists("audit") }) else {
        throw Fault.cannotOpen(path: path, reason: "it has no audit log; start bittingd of this version on it once")
      }
    } catch let fault as Fault {
      throw fault
    } catch {
      throw Fault.cannotOpen(path: path, reason: Self.reason(of: error))
    }
    return try database.read { database in
      let rows = try Row.fetchCursor(database, sql: "SELECT * FROM audit ORDER BY sequence")
      while let row = try rows.next() { try body(Self.record(row)) }
      return try Self.newestAuditEntry(database)
    }
  }
}
