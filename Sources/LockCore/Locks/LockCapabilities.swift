/// What one lock can do, as far as planning needs to know.
public struct LockCapabilities: Hashable, Sendable {
  /// Where the PINs of a door live.
  public enum CodeStore: Hashable, Sendable {
    /// In numbered slots of the lock.
    case slots(SlotStore)
    /// In the gateway, which decides itself when digits come in from a plain keypad reader.
    case gateway
  }

  /// The slots of a lock that stores codes.
  public struct SlotStore: Hashable, Sendable {
    /// The slot numbers that the gateway may use, as the vendor prints them.
    public var numbers: ClosedRange<Int>
    /// The grid of the times a code can be stored with; nil when the lock stores no times.
    public var scheduleGrain: Duration?
    /// The longest name the lock stores with a code, in bytes of UTF-8; 0 when it stores none.
    public var nameBytes: Int

    /// Describes the slots.
    /// - Parameters:
    ///   - numbers: slot numbers the gateway may use.
    ///   - scheduleGrain: grid of stored times, for example 1 min; nil when times cannot be stored.
    ///   - nameBytes: longest stored name in bytes, 0 for none.
    public init(numbers: ClosedRange<Int>, scheduleGrain: Duration? = nil, nameBytes: Int = 0) {
      self.numbers = numbers
      self.scheduleGrain = scheduleGrain
      self.nameBytes = nameBytes
    }
  }

  /// Where PINs live.
  public var codeStore: CodeStore
  /// Which PINs are taken.
  public var pins: PINPolicy
  /// True when the bolt can be driven home from here.
  public var canLockRemotely: Bool
  /// True when the door can be opened from here.
  public var canUnlockRemotely: Bool
  /// True when the lock tells which code opened it.
  public var reportsEntries: Bool
  /// True when the lock runs on batteries and reports their level.
  public var hasBattery: Bool
  /// True when the door has an offline key and takes codes that it was never told of.
  public var verifiesOfflineCodes = false
  /// True when its keypad is a device of its own, which may be missing.
  public var hasAccessoryKeypad: Bool

  /// Describes a lock.
  /// - Parameters:
  ///   - codeStore: where PINs live.
  ///   - pins: which PINs are taken.
  ///   - canLockRemotely: the bolt can be driven home from here.
  ///   - canUnlockRemotely: the door can be opened from here.
  ///   - reportsEntries: the lock tells which code opened it.
  ///   - hasBattery: the lock runs on batteries and reports their level.
  ///   - hasAccessoryKeypad: its keypad is a device of its own.
  public init(
    codeStore: CodeStore, pins: PINPolicy, canLockRemotely: Bool = true,
    canUnlockRemotely: Bool = true, reportsEntries: Bool = true, hasBattery: Bool = true,
    hasAccessoryKeypad: Bool = false
  ) {
    self.codeStore = codeStore
    self.pins = pins
    self.canLockRemotely = canLockRemotely
    self.canUnlockRemotely = canUnlockRemotely
    self.reportsEntries = reportsEntries
    self.hasBattery = hasBattery
    self.hasAccessoryKeypad = hasAccessoryKeypad
  }

  /// True when an end time handed over with a code is kept without the gateway's help.
  public var schedulesNatively: Bool {
    switch self.codeStore {
    case .slots(let store): store.scheduleGrain != nil
    case .gateway: true
    }
  }

  /// How many codes the lock holds at most; nil when the gateway holds them.
  public var maximumCodes: Int? {
    switch self.codeStore {
    case .slots(let store): store.numbers.count
    case .gateway: nil
    }
  }
}
