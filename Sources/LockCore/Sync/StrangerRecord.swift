/// A code that others put on the lock: listed, and touched only when somebody asks for it.
public struct StrangerRecord: Hashable, Sendable {
  /// Its id.
  public let id: AccessCodeID
  /// The slot it sits in.
  public let slot: Int
  /// Its PIN; nil when the lock does not tell.
  public var pin: PINCode?
  /// Its name; nil when the lock does not tell.
  public var name: String?
  /// Its times; nil for none or not told.
  public var window: TimeWindow?
  /// When it was found.
  public let foundAt: Timestamp
  /// Its removal, when that was asked for.
  public var removal: Removal?
  /// True once the lock has refused for good to remove it.
  public var isIrremovable = false

  /// Makes a record.
  /// - Parameters:
  ///   - id: its id.
  ///   - slot: the slot it sits in.
  ///   - pin: its PIN.
  ///   - name: its name.
  ///   - window: its times.
  ///   - foundAt: when it was found.
  public init(
    id: AccessCodeID, slot: Int, pin: PINCode?, name: String?, window: TimeWindow?, foundAt: Timestamp
  ) {
    self.id = id
    self.slot = slot
    self.pin = pin
    self.name = name
    self.window = window
    self.foundAt = foundAt
  }

  /// A removal that is under way.
  public struct Removal: Hashable, Sendable, Codable {
    /// When it was asked for.
    public var requestedAt: Timestamp
    /// Fruitless attempts in a row.
    public var count = 0
    /// Not again before.
    public var notBefore = Timestamp.distantPast
    /// The error to show; nil while there is none.
    public var problem: CodeRecord.Problem?
    /// True once the error was told.
    public var isProblemTold = false

    /// Begins a removal.
    /// - Parameter requestedAt: when it was asked for.
    public init(requestedAt: Timestamp) { self.requestedAt = requestedAt }
  }
}
