/// An offline code that the gateway gave out: nothing is to be done at the door for it, so it holds no slot and the
/// ledger does not know it. What there is to tell of it follows from time, the door's key and the uses that are known.
public struct OfflineCodeRecord: Hashable, Sendable {
  /// What has been told to the world.
  public struct Told: Hashable, Sendable {
    /// It was told to open.
    public var isSet = false
    /// It was told to open no longer.
    public var isOver = false

    /// Nothing was told.
    public init() {}
  }

  /// Where it stands.
  public enum State: Hashable, Sendable {
    /// Its time is to come.
    case later
    /// It begins within the tolerance of a lock's clock: the door may open already.
    case near
    /// It opens.
    case good
    /// Nobody is known to have used it in the time for its first use: it opens no longer, unless somebody did.
    case unused
    /// A one-time code that has opened.
    case used
    /// Its time is over.
    case over
    /// The door has got another key since.
    case revoked

    /// True when nothing can follow but forgetting it.
    public var isFinal: Bool { self == .used || self == .over || self == .revoked }
  }

  /// Something to announce.
  public enum Event: Hashable, Sendable {
    /// It opens now.
    case set
    /// It opens no longer.
    case removed
  }

  /// Its id.
  public let id: AccessCodeID
  /// Name, PIN and window, as the digits say them.
  public let terms: CodeRecord.Terms
  /// What the digits say.
  public let code: OfflineCode
  /// The number of the key that made it.
  public let generation: UInt32
  /// When it was given out.
  public let createdAt: Timestamp
  /// When it was first used, as far as the door has told.
  public var usedAt: Timestamp?
  /// What has been told of it.
  public var told = Told()

  /// How wrong a lock's clock may be.
  public static let clockTolerance = Duration.minutes(10)

  /// Makes the record of a code that is given out.
  /// - Parameters:
  ///   - id: its id.
  ///   - name: the name given over the API.
  ///   - pin: its digits.
  ///   - code: what they say.
  ///   - generation: the number of the key.
  ///   - createdAt: when.
  public init(
    id: AccessCodeID, name: String?, pin: PINCode, code: OfflineCode, generation: UInt32, createdAt: Timestamp
  ) {
    self.id = id
    self.terms = CodeRecord.Terms(name: name, pin: pin, window: code.window)
    self.code = code
    self.generation = generation
    self.createdAt = createdAt
  }

  /// True while somebody has to use it within a day of its start, so that the door goes on to take it.
  public var mustBeUsedSoon: Bool { self.usedAt == nil && self.code.isRemembered && self.code.term != .once }

  /// Where it stands at `now`.
  /// - Parameter generation: the number of the key that the door has now.
  public func state(at now: Timestamp, generation: UInt32) -> State {
    if self.generation != generation { return .revoked }
    if now >= self.code.end { return .over }
    if self.code.term == .once, self.usedAt != nil { return .used }
    if now < self.code.start { return now < self.code.start - Self.clockTolerance ? .later : .near }
    return self.mustBeUsedSoon && now >= self.code.firstUseEnd + Self.clockTolerance ? .unused : .good
  }

  /// What is to be announced at `now`, each thing once.
  public mutating func announce(at now: Timestamp, generation: UInt32) -> [Event] {
    let state = self.state(at: now, generation: generation)
    var events: [Event] = []
    if state == .good || state == .used, !self.told.isSet {
      self.told.isSet = true
      events.append(.set)
    }
    if state.isFinal, !self.told.isOver {
      self.told.isOver = true
      if self.told.isSet { events.append(.removed) }
    }
    return events
  }

  /// When it will next stand elsewhere; nil for never.
  public func nextChange(after now: Timestamp) -> Timestamp? {
    guard !self.told.isOver else { return nil }
    let changes = [
      self.code.start - Self.clockTolerance, self.code.start, self.code.firstUseEnd + Self.clockTolerance,
      self.code.end,
    ]
    return changes.filter { $0 > now }.min()
  }
}
