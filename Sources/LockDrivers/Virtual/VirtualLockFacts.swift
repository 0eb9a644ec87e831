public import LockCore

/// Who a virtual lock is, what it can do, and how things stand: the answer to HELLO.
///
/// ```
/// 2    slot count, 1...4096; slots are numbered from 1
/// 1    features: 0x01 stores windows, 0x02 tells PINs, 0x04 bolt can be driven from here,
///      0x08 verifies offline codes
/// 4    PIN lengths: bit n for length n, 1...20, at least one
/// 2    PIN rules: bit n for the n-th of `constraintOrder`
/// 1    longest name, 0...64 bytes
/// 4    changes: counts every change of any slot
/// 4    newest log index, 0 for an empty log
/// 8    UTC milliseconds by the lock's clock, i64
/// 2    state, as in notice 0x43
/// 1+n  model, 1+n serial, 1+n firmware: length 0...32, UTF-8
/// ```
public struct VirtualLockFacts: Hashable, Sendable {
  /// Model, serial number and firmware.
  public var identity: LockIdentity
  /// How many slots there are, 1 to 4096, numbered from 1.
  public var slotCount: Int
  /// True when a window is stored with a code and kept by the lock itself.
  public var storesWindows: Bool
  /// True when a read tells the PIN.
  public var tellsPINs: Bool
  /// True when the bolt can be driven from here.
  public var drivesBolt: Bool
  /// Which PINs are taken.
  public var pins: PINPolicy
  /// The longest name, 0 to 64 bytes.
  public var nameBytes: Int
  /// Counts every change of any slot.
  public var changes: UInt32
  /// Newest log index; 0 for an empty log.
  public var newestRecord: UInt32
  /// What its clock says.
  public var clock: Timestamp
  /// Bolt, door, housing, battery.
  public var state: LockState
  /// True while the keypad takes no PIN after too many wrong ones.
  public var isLockedOut: Bool
  /// True when the lock has an offline key.
  public var verifiesOfflineCodes: Bool

  /// The order of the PIN rules on the wire.
  public static let constraintOrder: [CodeConstraint] = [
    .noZeros, .cannotStartWith12, .noTripleConsecutiveInts, .noAscendingOrDescendingSequence,
    .atLeastThreeUniqueDigits, .noAllSameDigits, .uniqueFirstFourDigits, .cannotContain089, .cannotContain0789,
  ]

  static let maximumSlots = 4096
  static let maximumNameBytes = 64
  static let maximumTextBytes = 32

  /// Makes the facts.
  /// - Parameters:
  ///   - identity: model, serial number and firmware.
  ///   - slotCount: number of slots, 1 to 4096.
  ///   - storesWindows: windows are stored and kept by the lock.
  ///   - tellsPINs: a read tells the PIN.
  ///   - drivesBolt: the bolt can be driven from here.
  ///   - pins: which PINs are taken.
  ///   - nameBytes: longest name, 0 to 64 bytes.
  ///   - changes: count of changes.
  ///   - newestRecord: newest log index.
  ///   - clock: what the lock's clock says.
  ///   - state: bolt, door, housing, battery.
  ///   - isLockedOut: the keypad takes no PIN.
  ///   - verifiesOfflineCodes: the lock has an offline key.
  public init(
    identity: LockIdentity, slotCount: Int, storesWindows: Bool, tellsPINs: Bool, drivesBolt: Bool,
    pins: PINPolicy, nameBytes: Int, changes: UInt32, newestRecord: UInt32, clock: Timestamp, state: LockState,
    isLockedOut: Bool, verifiesOfflineCodes: Bool = false
  ) {
    self.identity = identity
    self.slotCount = slotCount
    self.storesWindows = storesWindows
    self.tellsPINs = tellsPINs
    self.drivesBolt = drivesBolt
    self.pins = pins
    self.nameBytes = nameBytes
    self.changes = changes
    self.newestRecord = newestRecord
    self.clock = clock
    self.state = state
    self.isLockedOut = isLockedOut
    self.verifiesOfflineCodes = verifiesOfflineCodes
  }

  /// The facts that planning needs.
  public var capabilities: LockCapabilities {
    var capabilities = LockCapabilities(
      codeStore: .slots(
        LockCapabilities.SlotStore(
          numbers: 1...max(1, self.slotCount), scheduleGrain: self.storesWindows ? .seconds(1) : nil,
          nameBytes: self.nameBytes)),
      pins: self.pins, canLockRemotely: self.drivesBolt, canUnlockRemotely: self.drivesBolt,
      reportsEntries: true, hasBattery: self.state.battery != nil)
    capabilities.verifiesOfflineCodes = self.verifiesOfflineCodes
    return capabilities
  }

  func write(to payload: inout VirtualLockFrame.PayloadWriter) {
    payload.put(UInt16(clamping: self.slotCount))
    payload.put(
      UInt8(
        (self.storesWindows ? 0x01 : 0) | (self.tellsPINs ? 0x02 : 0) | (self.drivesBolt ? 0x04 : 0)
          | (self.verifiesOfflineCodes ? 0x08 : 0)))
    payload.put(self.pins.lengths.reduce(UInt32(0)) { $0 | 1 << UInt32(clamping: $1) })
    payload.put(
      Self.constraintOrder.enumerated().reduce(UInt16(0)) { bits, rule in
        self.pins.constraints.contains(rule.element) ? bits | 1 << UInt16(rule.offset) : bits
      })
    payload.put(UInt8(clamping: self.nameBytes))
    payload.put(self.changes)
    payload.put(self.newestRecord)
    payload.put(self.clock.milliseconds)
    payload.put(self.state, isLockedOut: self.isLockedOut)
    for text in [self.identity.model, self.identity.serial, self.identity.firmware] {
      payload.put(text ?? "", limit: Self.maximumTextBytes)
    }
  }

  init?(from payload: inout VirtualLockFrame.PayloadReader) {
    guard let slotCount = payload.take(UInt16.self), (1...Self.maximumSlots).contains(Int(slotCount)),
      let features = payload.take(UInt8.self), features & ~0x0F == 0,
      let lengthBits = payload.take(UInt32.self), lengthBits != 0, lengthBits & ~0x1F_FFFE == 0,
      let ruleBits = payload.take(UInt16.self), Int(ruleBits) < 1 << Self.constraintOrder.count,
      let nameBytes = payload.take(UInt8.self), nameBytes <= Self.maximumNameBytes,
      let changes = payload.take(UInt32.self), let newestRecord = payload.take(UInt32.self),
      let clock = payload.takeMilliseconds(), let (state, isLockedOut) = payload.takeState(),
      let model = payload.takeText(limit: Self.maximumTextBytes),
      let serial = payload.takeText(limit: Self.maximumTextBytes),
      let firmware = payload.takeText(limit: Self.maximumTextBytes)
    else { return nil }
    func told(_ text: String) -> String? { text.isEmpty ? nil : text }
    self.init(
      identity: LockIdentity(model: told(model), serial: told(serial), firmware: told(firmware)),
      slotCount: Int(slotCount), storesWindows: features & 0x01 != 0, tellsPINs: features & 0x02 != 0,
      drivesBolt: features & 0x04 != 0,
      pins: PINPolicy(
        lengths: (1...20).filter { lengthBits & 1 << UInt32($0) != 0 },
        constraints: Self.constraintOrder.enumerated().filter { ruleBits & 1 << UInt16($0.offset) != 0 }
          .map(\.element)),
      nameBytes: Int(nameBytes), changes: changes, newestRecord: newestRecord, clock: clock, state: state,
      isLockedOut: isLockedOut, verifiesOfflineCodes: features & 0x08 != 0)
  }
}
