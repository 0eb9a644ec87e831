internal import GRDB
public import LockCore

/// The audit log.
extension SyncEngine {
  /// The present, as far as the wall clock can be believed.
  public nonisolated var date: Timestamp { self.clock.now().date }

  /// Puts something down; it is synced when this returns.
  /// - Throws: ``RequestFault/storeUnavailable(_:)``.
  public func record(_ draft: AuditDraft) throws(RequestFault) {
    let now = self.now()
    do {
      try self.store.database.write { try self.store.append([draft], at: now, in: $0) }
    } catch {
      throw Self.auditUnavailable(error)
    }
  }

  /// Puts a request down that changed nothing in the store.
  /// - Parameter details: what else should be known of it.
  /// - Throws: ``RequestFault/storeUnavailable(_:)``.
  public func record(_ request: AuditedRequest, _ details: [String: JSONValue] = [:]) throws(RequestFault) {
    do {
      try self.store.database.write { try self.store.append(request, details, in: $0) }
    } catch {
      throw Self.auditUnavailable(error)
    }
  }

  /// Entries, newest first.
  /// - Parameters:
  ///   - sequence: of the entries before this one; nil for the newest ones.
  ///   - limit: at most so many.
  /// - Throws: ``RequestFault/storeUnavailable(_:)``.
  public nonisolated func auditRecords(before sequence: Int64?, limit: Int) async throws(RequestFault) -> [AuditRecord]
  {
    do {
      return try self.store.auditRecords(before: sequence, limit: limit)
    } catch {
      throw .storeUnavailable("The gateway cannot read its store (\(Store.reason(of: error))).")
    }
  }

  private static func auditUnavailable(_ error: any Error) -> RequestFault {
    .storeUnavailable(
      "The gateway cannot write its audit log (\(Store.reason(of: error))), and without it PINs are not shown and nothing is done. Check the disk, then try again."
    )
  }
}
