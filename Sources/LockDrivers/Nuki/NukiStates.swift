public import LockCore

/// Keyturner States: bolt, door, battery and clock.
///
/// ```
/// 0   1  mode: 0 uninitialised, 1 pairing, 2 door mode, 4 maintenance
/// 1   1  bolt
/// 2   1  who moved it
/// 3   7  clock, UTC
/// 10  2  offset of the lock's zone in minutes, signed
/// 12  1  battery: bit 0 critical, bit 1 charging, bits 2-7 percent / 2; upper bits 0 where not known
/// 13  1  counts changes of the configuration
/// 14  1  seconds of lock'n'go left
/// 15  1  last action      16  1  who asked for it      17  1  how it ended
/// 18  1  door sensor
/// 19  1  night mode
/// 20  1  accessories: bit 0 keypad, bit 1 its battery critical, bit 2 door sensor, bit 3 its battery critical
/// 21  …  remote access, signal strengths, network
/// ```
///
/// Locks send 15, 19, 21, 26 or 27 bytes of it.
public struct NukiStates: Hashable, Sendable {
  /// 0 uninitialised, 1 pairing, 2 door mode, 4 maintenance.
  public var mode: UInt8 = 2
  /// Where the bolt is.
  public var bolt: NukiBoltState
  /// Who moved it.
  public var trigger: NukiTrigger = .system
  /// The lock's clock; nil when it makes no date.
  public var clock: Timestamp?
  /// Offset of the lock's zone in minutes.
  public var zoneOffset: Int16 = 0
  /// The battery byte.
  public var battery: UInt8 = 0
  /// Counts changes of the configuration.
  public var configUpdates: UInt8 = 0
  /// Seconds of lock'n'go left.
  public var lockNGoTimer: UInt8 = 0
  /// The last action, who asked for it and how it ended; nil from old firmware.
  public var last: Last?
  /// What the door sensor says; nil from old firmware.
  public var door: NukiDoorSensor?
  /// Night mode and the accessories' bits; nil from old firmware.
  public var accessories: Accessories?
  /// Remote access, signal strengths, network: as they came.
  public var more: [UInt8] = []

  /// The last action.
  public struct Last: Hashable, Sendable {
    /// What it was.
    public var action: NukiAction
    /// Who asked for it.
    public var trigger: NukiTrigger
    /// How it ended.
    public var completion: NukiCompletion

    /// Makes it.
    /// - Parameters:
    ///   - action: what it was.
    ///   - trigger: who asked for it.
    ///   - completion: how it ended.
    public init(action: NukiAction, trigger: NukiTrigger, completion: NukiCompletion) {
      self.action = action
      self.trigger = trigger
      self.completion = completion
    }
  }

  /// Night mode and what belongs to the lock.
  public struct Accessories: Hashable, Sendable {
    /// True during the night mode.
    public var isNight: Bool
    /// Bit 0 keypad, bit 1 its battery critical, bit 2 door sensor, bit 3 its battery critical.
    public var bits: UInt8

    /// Makes them.
    /// - Parameters:
    ///   - isNight: during the night mode.
    ///   - bits: bit 0 keypad, bit 1 its battery critical, bit 2 door sensor, bit 3 its battery critical.
    public init(isNight: Bool = false, bits: UInt8) {
      self.isNight = isNight
      self.bits = bits
    }

    /// True when the lock has a keypad.
    public var hasKeypad: Bool { self.bits & 0x01 != 0 }
    /// True when the keypad's battery is nearly empty.
    public var isKeypadBatteryCritical: Bool { self.bits & 0x02 != 0 }
  }

  /// Makes states that say nothing but where the bolt is.
  public init(bolt: NukiBoltState) { self.bolt = bolt }

  init?(_ reader: inout NukiReader) {
    guard let mode = reader.byte(), let bolt = reader.byte(), let trigger = reader.byte(), let clock = reader.date(),
      let zoneOffset = reader.take(Int16.self), let battery = reader.byte(), let configUpdates = reader.byte(),
      let lockNGoTimer = reader.byte()
    else { return nil }
    self.mode = mode
    self.bolt = NukiBoltState(rawValue: bolt)
    self.trigger = NukiTrigger(rawValue: trigger)
    self.clock = clock
    self.zoneOffset = zoneOffset
    self.battery = battery
    self.configUpdates = configUpdates
    self.lockNGoTimer = lockNGoTimer
    guard let action = reader.byte(), let asker = reader.byte(), let completion = reader.byte(),
      let door = reader.byte()
    else { return }
    self.last = Last(
      action: NukiAction(rawValue: action), trigger: NukiTrigger(rawValue: asker),
      completion: NukiCompletion(rawValue: completion))
    self.door = NukiDoorSensor(rawValue: door)
    guard let isNight = reader.flag(), let bits = reader.byte() else { return }
    self.accessories = Accessories(isNight: isNight, bits: bits)
    self.more = reader.rest
  }

  /// Charge left, 0 to 1; nil where the lock does not tell.
  public var charge: Double? {
    let percent = Double(self.battery >> 2) * 2
    return percent == 0 ? nil : min(percent, 100) / 100
  }

  /// True when the battery is nearly empty.
  public var isBatteryCritical: Bool { self.battery & 0x01 != 0 }

  /// Sets the battery byte.
  /// - Parameters:
  ///   - percent: charge left, 0 to 100; told in steps of 2.
  ///   - isCritical: nearly empty.
  public mutating func setBattery(percent: Int, isCritical: Bool) {
    self.battery = UInt8(max(0, min(100, percent)) / 2) << 2 | (isCritical ? 1 : 0)
  }

  /// The states on the wire, as long as what they hold.
  public var payload: [UInt8] {
    var writer = NukiWriter()
    writer.put(self.mode)
    writer.put(self.bolt.rawValue)
    writer.put(self.trigger.rawValue)
    writer.put(self.clock)
    writer.put(self.zoneOffset)
    writer.put(self.battery)
    writer.put(self.configUpdates)
    writer.put(self.lockNGoTimer)
    guard let last, let door else { return writer.bytes }
    writer.put(last.action.rawValue)
    writer.put(last.trigger.rawValue)
    writer.put(last.completion.rawValue)
    writer.put(door.rawValue)
    guard let accessories else { return writer.bytes }
    writer.put(accessories.isNight)
    writer.put(accessories.bits)
    writer.put(self.more)
    return writer.bytes
  }
}
