public import LockCore
internal import Synchronization

/// A request on its way that belongs into the audit log: whoever commits what it changes writes its entry in the same
/// transaction, so that there is no change without an entry and no entry without its change.
public final class AuditedRequest: Sendable {
  /// The request that the running task serves; nil for one that needs no entry, and for what the gateway does itself.
  @TaskLocal public static var current: AuditedRequest?

  /// When it came.
  public let date: Timestamp
  private let draft: AuditDraft
  private let touched = Mutex<[String: [String]]?>(nil)

  /// Takes what is known of a request before it is done.
  public init(_ draft: AuditDraft, at date: Timestamp) { (self.draft, self.date) = (draft, date) }

  /// True once an entry of it is in the log.
  public var isRecorded: Bool { self.touched.withLock { $0 != nil } }

  /// The ids under a name in the entries that are in the log.
  public func recorded(_ name: String) -> [String] { self.touched.withLock { $0?[name] ?? [] } }

  /// Its entry.
  public func draft(
    about subjects: [String: [String]] = [:], _ details: [String: JSONValue] = [:]
  ) -> AuditDraft {
    var draft = self.draft
    draft.subjects.merge(subjects) { known, new in known + new.filter { !known.contains($0) } }
    draft.details.merge(details) { _, new in new }
    return draft
  }

  /// The entry was committed.
  func wasRecorded(_ draft: AuditDraft) {
    self.touched.withLock { touched in
      touched = (touched ?? [:]).merging(draft.subjects) { known, new in known + new }
    }
  }
}
