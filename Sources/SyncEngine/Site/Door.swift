internal import LockCore

/// Everything that is held in memory about one lock.
struct Door {
  let id: LockID
  var definition: SiteDefinition.Lock
  let account: String
  let createdAt: Timestamp
  var nickname: String?
  var customMetadata: [String: JSONValue]
  var ledger: LockLedger
  /// Its offline codes; nil for a lock that takes none.
  var offline: OfflineBook?
  /// The last facts told by the lock; forgotten when it falls silent.
  var state = LockState()
  var identity = LockIdentity()
  /// What a person should look at, and since when.
  var issues: [DeviceIssue: Timestamp] = [:]
  /// True while the lock answers, by its driver's last word.
  var answers = false
  /// Why it does not; nil while it does, and before its driver's first word.
  var loss: LockFault?
  /// What carries its link says so of it.
  var carrier = LockCarrier()
  /// From when on it is told that its adapter is gone; nil while it is there.
  var adapterLossDue: Timestamp?
  /// Since when it is looked after by this run of the gateway.
  let loadedAt: Timestamp
  /// Further device errors and warnings that last, by their API code.
  var errors: [String: Issue] = [:]
  var warnings: [String: Issue] = [:]
  /// What the world was told of the lock and must not be told twice.
  var told = Told()
  /// Codes kept ready to take the place of one that fails.
  var backupPool = BackupPool()
  /// Attempts that wait for a code of this lock.
  var waiting: [(attempt: ActionAttempt, code: AccessCodeID?)] = []
  /// The codes last handed to a door whose codes the gateway holds.
  var held: [Credential] = []

  /// How often a link was opened to it that it has not by itself, and why.
  var visits = VisitCount()

  /// What happened and is not in the store yet, oldest first.
  private(set) var backlog: [(happening: Happening, date: Timestamp)] = []

  /// When a store that could not be written is tried again; nil while it can.
  var storeRetry: Timestamp?

  /// The most that waits for a store that cannot be written: some days of a busy door.
  static let longestBacklog = 10_000

  var displayName: String { self.nickname ?? self.definition.name }

  /// The codes that a door should decide with: every one that was not deleted, so that an expired or early code
  /// is denied by its own reason.
  var credentials: [Credential] {
    guard case .gateway = self.ledger.capabilities.codeStore else { return [] }
    return self.ledger.codes.values.filter { !$0.isDeleting }.sorted { ($0.createdAt, $0.id) < ($1.createdAt, $1.id) }
      .map { Credential(id: $0.id, pin: $0.terms.pin, window: $0.terms.window) }
  }
}

extension Door {
  /// An event about this lock, or about an access code on it.
  func event(
    _ type: EventType, of code: AccessCodeID? = nil, at date: Timestamp, _ members: [String: JSONValue] = [:]
  ) -> EventDraft {
    EventDraft(type: type, lock: self.id, account: self.account, code: code, occurredAt: date, members: members)
  }

  /// What happened at a lock, apart from what clients ask for.
  enum Happening {
    /// The daemon has started.
    case started
    /// The driver has finished a job of the ledger.
    case jobFinished(Job, Result<LockReply, LockFault>)
    /// The driver has finished what somebody asked for.
    case attemptFinished(ActionAttempt, Result<LockReply, LockFault>)
    /// What was simulated at the door is done.
    case simulated(ActionAttempt)
    /// The lock told something unasked.
    case reported(LockReport)
    /// The adapter came or went.
    case adapterChanged(isGone: Bool)
    /// What carries its link told how things stand.
    case carrierChanged(LockCarrier)

    /// True for what a full backlog gives up first; what a command came to is never given up, somebody waits for it.
    var mayBeLost: Bool {
      switch self {
      case .reported, .adapterChanged, .carrierChanged: true
      case .started, .jobFinished, .attemptFinished, .simulated: false
      }
    }
  }

  /// Puts down what happened, to be worked in with the next transaction that succeeds.
  mutating func note(_ happening: Happening, at now: Timestamp) {
    if self.backlog.count >= Self.longestBacklog,
      let oldest = self.backlog.firstIndex(where: { $0.happening.mayBeLost })
    {
      self.backlog.remove(at: oldest)
    }
    self.backlog.append((happening, now))
  }

  /// Hands out what was put down.
  mutating func takeBacklog() -> [(happening: Happening, date: Timestamp)] {
    defer { self.backlog = [] }
    return self.backlog
  }

  /// Whether codes are kept ready on a lock, and how that goes; kept in the store.
  struct BackupPool: Hashable, Codable {
    /// True once somebody asked for it.
    var isEnabled = false
    /// Since when fewer codes than wanted are ready; nil while all are.
    var shortSince: Timestamp?
  }

  /// True when nothing that the store keeps of a lock differs.
  func isStored(as other: Door) -> Bool {
    self.ledger.isStored(as: other.ledger) && self.told == other.told && self.backupPool == other.backupPool
      && self.offline == other.offline && self.nickname == other.nickname
      && self.customMetadata == other.customMetadata
  }
}

/// Everything that is held in memory about one adapter.
struct Adapter {
  let id: String
  var definition: SiteDefinition.Account
  let createdAt: Timestamp
  /// Why it is gone; nil while it is there or was not tried yet.
  var fault: Issue?
  /// True while the world is told that it is gone; kept in the store.
  var isToldGone: Bool

  /// A radio that is started, reset or shut down is gone for a moment: so long it is not told.
  static let radioPatience = Duration.seconds(30)

  /// From when on it is told that it is gone; nil while it is there.
  var lossDue: Timestamp? {
    self.fault.map { $0.createdAt + (self.definition.states == nil ? .zero : Self.radioPatience) }
  }
}
