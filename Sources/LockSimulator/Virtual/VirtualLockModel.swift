public import LockCore

/// The make of a virtual lock: what is printed on its box.
public struct VirtualLockModel: Hashable, Sendable {
  /// Model, serial number and firmware, each at most 32 bytes of UTF-8.
  public var identity: LockIdentity
  /// How many codes it holds, 1 to 4096.
  public var slotCount: Int
  /// Which PINs it takes.
  public var pins: PINPolicy
  /// The longest name it stores, 0 to 64 bytes.
  public var nameBytes: Int
  /// How many records its log holds before the oldest is overwritten, 1 or more.
  public var logCapacity: Int
  /// How long after it was opened the bolt goes home by itself; nil for never.
  public var relockDelay: Duration?
  /// False for a lock on mains.
  public var hasBattery: Bool

  /// Describes a make.
  /// - Parameters:
  ///   - identity: model, serial number and firmware.
  ///   - slotCount: how many codes it holds, clamped to 1...4096.
  ///   - pins: which PINs it takes.
  ///   - nameBytes: the longest name, clamped to 0...64 bytes.
  ///   - logCapacity: records in its log, at least 1.
  ///   - relockDelay: from opening to locking by itself; nil for never.
  ///   - hasBattery: false for a lock on mains.
  public init(
    identity: LockIdentity = LockIdentity(model: "Virtual Keypad Lock", serial: "VKL-0001", firmware: "1.0"),
    slotCount: Int = 30, pins: PINPolicy = PINPolicy(lengths: [4, 5, 6, 7, 8]), nameBytes: Int = 24,
    logCapacity: Int = 200, relockDelay: Duration? = nil, hasBattery: Bool = true
  ) {
    self.identity = identity
    self.slotCount = max(1, min(4096, slotCount))
    self.pins = pins
    self.nameBytes = max(0, min(64, nameBytes))
    self.logCapacity = max(1, logCapacity)
    self.relockDelay = relockDelay
    self.hasBattery = hasBattery
  }
}
