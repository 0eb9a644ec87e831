/// What was asked for one access code, and how far it has come.
public struct CodeRecord: Hashable, Sendable {
  /// What readers of the API know as the code: name, PIN, window.
  public struct Terms: Hashable, Sendable {
    /// The name given over the API, without control characters: a store or a lock may cut it there, and what comes
    /// back would be another name. Nil for none.
    public var name: String? {
      didSet { self.name = Self.cleaned(self.name) }
    }
    /// The PIN.
    public var pin: PINCode
    /// When it is good; nil for an ongoing code.
    public var window: TimeWindow?

    /// Makes terms.
    /// - Parameters:
    ///   - name: name given over the API.
    ///   - pin: the PIN.
    ///   - window: when it is good.
    public init(name: String?, pin: PINCode, window: TimeWindow?) {
      self.name = Self.cleaned(name)
      self.pin = pin
      self.window = window
    }

    private static func cleaned(_ name: String?) -> String? {
      guard let name else { return nil }
      var text = String.UnicodeScalarView()
      text.append(contentsOf: name.unicodeScalars.filter { $0.properties.generalCategory != .control })
      return text.isEmpty && !name.isEmpty ? nil : String(text)
    }
  }

  /// Its id.
  public let id: AccessCodeID
  /// What is asked for now.
  public var terms: Terms
  /// Counts changes of what is asked for, so that a refusal of an older wish does not stop a newer one.
  public var revision: Int64 = 1
  /// False to program it just in time even where the lock keeps times.
  public var prefersNativeScheduling = true
  /// True to leave changes made at the lock alone.
  public var allowsExternalModification = false
  /// True once its deletion was asked for.
  public var isDeleting = false
  /// Key shared by linked codes.
  public var commonCodeKey: String?
  /// True for a code made to take the place of another, whether it was pulled or waits in the lock's pool (contract 5.12).
  public var isBackup = false
  /// The code in whose place it was pulled; nil while it waits in the pool.
  public var pulledFor: AccessCodeID?
  /// The backup that was pulled in its place; nil for none.
  public var pulledBackup: AccessCodeID?
  /// When it was made.
  public let createdAt: Timestamp
  /// When what is asked for last changed.
  public var requestedAt: Timestamp
  /// What has been announced about it.
  public var announced = Announced()
  /// The last fruitless attempt at what is asked for now.
  public var attempt: Attempt?

  /// Makes the record of a new code.
  /// - Parameters:
  ///   - id: its id.
  ///   - terms: what is asked for.
  ///   - createdAt: when.
  public init(id: AccessCodeID, terms: Terms, createdAt: Timestamp) {
    self.id = id
    self.terms = terms
    self.createdAt = createdAt
    self.requestedAt = createdAt
  }
}

extension CodeRecord {
  /// True while it waits in the pool: readers of the API do not see it.
  public var isInPool: Bool { self.isBackup && self.pulledFor == nil }

  /// What has been told to the world; compared with the present state, it yields each event exactly once.
  public struct Announced: Hashable, Sendable {
    /// It was told to be stored ahead of its time.
    public var isScheduled = false
    /// It was told to be set.
    public var isSet = false
    /// It was told to be on the lock, in either form, and not yet to be gone.
    public var isOnLock = false
    /// It was told to be late.
    public var isLate = false
    /// The error told.
    public var problem: Problem?
    /// The change made at the lock that was told.
    public var drift: Drift?
    /// The terms last proven on the lock.
    public var confirmed: Terms?

    /// Nothing has been told.
    public init() {}
  }

  /// An error of an access code. Holds no PIN.
  public struct Problem: Hashable, Sendable, Codable {
    /// The API's `error_code`.
    public var code: String
    /// What is wrong and what to do.
    public var message: String
    /// Since when.
    public var since: Timestamp
    /// The slot that stands in the way, of a duplicate whose lock tells it.
    public var slot: Int?

    /// Makes a problem.
    /// - Parameters:
    ///   - code: the API's `error_code`.
    ///   - message: what is wrong and what to do.
    ///   - since: since when.
    public init(code: String, message: String, since: Timestamp) {
      self.code = code
      self.message = message
      self.since = since
    }
  }

  /// A change that somebody made at the lock to a code that had been proven there.
  public struct Drift: Hashable, Sendable, Codable {
    /// What became of the code.
    public enum Kind: Hashable, Sendable, Codable {
      /// The slot is empty.
      case removed
      /// The slot holds something else; each flag names a part that differs, none when the lock does not tell.
      case modified(pin: Bool, window: Bool)
    }

    /// What became of the code.
    public var kind: Kind
    /// When it was noticed.
    public var since: Timestamp
    /// The look that first showed it, in the ledger's own count: another change to what was changed is told anew.
    public var look: Int64?

    /// Makes a drift.
    /// - Parameters:
    ///   - kind: what became of the code.
    ///   - since: when it was noticed.
    ///   - look: the look that first showed it.
    public init(kind: Kind, since: Timestamp, look: Int64? = nil) {
      self.kind = kind
      self.since = since
      self.look = look
    }
  }

  /// A fruitless attempt, and when the next one may come.
  public struct Attempt: Hashable, Sendable, Codable {
    /// The wish that it served.
    public var revision: Int64
    /// True when it should have brought the code onto the lock, false when off it.
    public var toSet: Bool
    /// How many in a row, 1 or more.
    public var count: Int
    /// Not again before; ``Timestamp/distantFuture`` for not again until the wish changes.
    public var notBefore: Timestamp
    /// The error to show; nil while it is only slow.
    public var problem: Problem?

    /// Makes an attempt.
    /// - Parameters:
    ///   - revision: the wish that it served.
    ///   - toSet: towards the lock, or off it.
    ///   - count: how many in a row.
    ///   - notBefore: not again before.
    ///   - problem: the error to show.
    public init(revision: Int64, toSet: Bool, count: Int, notBefore: Timestamp, problem: Problem?) {
      self.revision = revision
      self.toSet = toSet
      self.count = count
      self.notBefore = notBefore
      self.problem = problem
    }
  }
}
