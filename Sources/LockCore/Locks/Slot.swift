/// What is known of the contents of a slot. When in doubt it is unreadable: taking it for empty would overwrite
/// a tenant's code, taking it for known would leave one outside.
public enum SlotContents: Hashable, Sendable {
  /// Nothing is stored there.
  case empty
  /// This PIN is stored there.
  case code(PINCode)
  /// Something is stored there that the lock does not tell.
  case unreadable
}

/// What a lock told of one slot.
public struct SlotReading: Hashable, Sendable {
  /// The slot's number, as the vendor prints it.
  public var slot: Int
  /// What it holds.
  public var contents: SlotContents
  /// The times stored with the code; nil when there are none or the lock does not tell.
  public var window: TimeWindow?
  /// The name stored with the code; nil when there is none or the lock does not tell.
  public var name: String?
  /// True when the code opens at no time, or only at times that two dates cannot tell, for example on weekdays.
  public var isRestricted = false
  /// The slot's own change counter or checksum, from locks that have one: equal to the one that a write was
  /// answered with means that nobody has changed the slot since.
  public var stamp: UInt32?

  /// Makes a reading.
  /// - Parameters:
  ///   - slot: the slot's number.
  ///   - contents: what it holds.
  ///   - window: times stored with it.
  ///   - name: name stored with it.
  ///   - stamp: the slot's change counter.
  public init(
    slot: Int, contents: SlotContents, window: TimeWindow? = nil, name: String? = nil,
    stamp: UInt32? = nil
  ) {
    self.slot = slot
    self.contents = contents
    self.window = window
    self.name = name
    self.stamp = stamp
  }

  /// True when both open the same door at the same times, and nobody has touched the slot between them.
  func isAsGood(as other: SlotReading) -> Bool {
    (self.contents, self.window, self.isRestricted) == (other.contents, other.window, other.isRestricted)
      && self.stamp == other.stamp
  }
}

/// What is written into a slot.
public struct SlotEntry: Hashable, Sendable {
  /// The PIN.
  public var pin: PINCode
  /// Times to store with it, on the lock's grid; nil for a code without end or a lock without times.
  public var window: TimeWindow?
  /// Name to store with it, cut to the lock's length; nil for none.
  public var name: String?

  /// Makes an entry.
  /// - Parameters:
  ///   - pin: the PIN.
  ///   - window: times to store with it.
  ///   - name: name to store with it.
  public init(pin: PINCode, window: TimeWindow? = nil, name: String? = nil) {
    self.pin = pin
    self.window = window
    self.name = name
  }
}

/// A code that the gateway itself checks at a door whose keypad only sends digits.
public struct Credential: Hashable, Sendable {
  /// The access code it belongs to.
  public var id: AccessCodeID
  /// The digits that open.
  public var pin: PINCode
  /// When they open; nil for always.
  public var window: TimeWindow?

  /// Makes a credential.
  /// - Parameters:
  ///   - id: the access code it belongs to.
  ///   - pin: the digits that open.
  ///   - window: when they open.
  public init(id: AccessCodeID, pin: PINCode, window: TimeWindow? = nil) {
    self.id = id
    self.pin = pin
    self.window = window
  }
}
