internal import LockCore

/// Everything that is held in memory about one lock.
struct Door {
  let id: LockID
  let definition: SiteDefinition.Lock
  let account: String
  let createdAt: Timestamp
  var nickname: String?
  var customMetadata: [String: JSONValue]
  var ledger: LockLedger
  /// The last facts told by the lock; forgotten when it falls silent.
  var state = LockState()
  var identity = LockIdentity()
  /// Device errors and warnings that last, by their API code.
  var errors: [String: Issue] = [:]
  var warnings: [String: Issue] = [:]
  /// Openings and lockings from here that the lock's own log will tell again.
  var remoteActs: [LockRecord.Happening] = []
  /// Attempts that wait for a code of this lock.
  var waiting: [(attempt: ActionAttempt, code: AccessCodeID?)] = []
  /// The codes last handed to a door whose codes the gateway holds.
  var held: [Credential] = []

  var displayName: String { self.nickname ?? self.definition.key }

  /// The codes that a door should decide with: every one that was not deleted, so that an expired or early code
  /// is denied by its own reason.
  var credentials: [Credential] {
    guard case .gateway = self.ledger.capabilities.codeStore else { return [] }
    return self.ledger.codes.values.filter { !$0.isDeleting }.sorted { ($0.createdAt, $0.id) < ($1.createdAt, $1.id) }
      .map { Credential(id: $0.id, pin: $0.terms.pin, window: $0.terms.window) }
  }
}

/// Everything that is held in memory about one adapter.
struct Adapter {
  let id: String
  let definition: SiteDefinition.Account
  let createdAt: Timestamp
  /// Why it is gone; nil while it is there or was not tried yet.
  var fault: Issue?
}
