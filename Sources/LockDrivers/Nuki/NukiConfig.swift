public import LockCore

/// A lock's configuration.
///
/// ```
/// 0   4  Nuki-ID                    56  2  offset of the zone in minutes, signed
/// 4  32  name, UTF-8                58  1  daylight saving: 0 off, 1 European
/// 36  4  latitude, f32              59  1  has a fob      60  3  its actions
/// 40  4  longitude, f32             63  1  single lock    64  1  advertising mode
/// 44  1  auto unlatch               65  1  has a keypad
/// 45  1  pairing enabled            66  3  firmware       69  2  hardware
/// 46  1  button   47  1  LED        71  1  HomeKit
/// 48  1  LED brightness             72  2  zone id, FFFF none
/// 49  7  clock, UTC                 74  1  kind of device 75  1  capabilities
///                                   76  1  has a Keypad 2 77  1  Matter    78  1  variant
/// ```
///
/// Locks send 71 to 79 bytes of it.
public struct NukiConfig: Hashable, Sendable {
  /// The number that is part of the lock's name on the air.
  public var nukiID: UInt32
  /// The name that its owner gave it.
  public var name: String
  /// True when new authorizations may be made at the lock.
  public var isPairingEnabled: Bool
  /// The lock's clock; nil when it makes no date.
  public var clock: Timestamp?
  /// Offset of its zone in minutes.
  public var zoneOffset: Int16
  /// 0 without daylight saving, 1 European.
  public var daylightSaving: UInt8
  /// True when a keypad of the first kind is paired with it.
  public var hasKeypad: Bool
  /// Three numbers.
  public var firmware: [UInt8]
  /// Two numbers.
  public var hardware: [UInt8]
  /// The zone's number in the vendor's list, FFFF for none; nil from old firmware.
  public var zoneID: UInt16?
  /// 0 Smart Lock 1 and 2, 2 opener, 3 Smart Door, 4 Smart Lock 3 and 4, 5 Ultra, Go, Pro 5; nil from old firmware.
  public var deviceType: UInt8?
  /// True when a Keypad 2 is paired with it; nil from old firmware.
  public var hasKeypad2: Bool?

  /// All bytes as they came or travel; those that have no field above are kept.
  private var bytes: [UInt8]

  /// Makes a configuration as a lock of these days sends it, 79 bytes.
  /// - Parameters:
  ///   - nukiID: the number that is part of the lock's name on the air.
  ///   - name: the name that its owner gave it.
  ///   - deviceType: kind of device.
  ///   - firmware: three numbers.
  public init(nukiID: UInt32, name: String, deviceType: UInt8, firmware: [UInt8]) {
    self.nukiID = nukiID
    self.name = name
    self.isPairingEnabled = true
    self.zoneOffset = 0
    self.daylightSaving = 0
    self.hasKeypad = true
    self.firmware = Array((firmware + [0, 0, 0]).prefix(3))
    self.hardware = [1, 0]
    self.zoneID = 0xFFFF
    self.deviceType = deviceType
    self.hasKeypad2 = false
    self.bytes = [UInt8](repeating: 0, count: 79)
  }

  /// Reads a configuration; what is behind its last field is ignored.
  /// - Returns: nil when there are fewer than 71 bytes.
  public init?(payload: [UInt8]) {
    guard payload.count >= 71 else { return nil }
    func number(_ offset: Int) -> UInt16 { UInt16(payload[offset]) | UInt16(payload[offset + 1]) << 8 }
    self.nukiID = UInt32(number(0)) | UInt32(number(2)) << 16
    self.name = String(decoding: payload[4..<36].prefix { $0 != 0 }, as: UTF8.self)
    self.isPairingEnabled = payload[45] != 0
    self.clock = Timestamp(nukiTime: payload[49..<56])
    self.zoneOffset = Int16(bitPattern: number(56))
    self.daylightSaving = payload[58]
    self.hasKeypad = payload[65] != 0
    self.firmware = Array(payload[66..<69])
    self.hardware = Array(payload[69..<71])
    if payload.count >= 74 { self.zoneID = number(72) }
    if payload.count >= 75 { self.deviceType = payload[74] }
    if payload.count >= 77 { self.hasKeypad2 = payload[76] != 0 }
    self.bytes = Array(payload.prefix(79))
  }

  /// The configuration on the wire.
  public var payload: [UInt8] {
    var writer = NukiWriter()
    writer.put(self.nukiID)
    writer.put(self.name, width: 32)
    writer.put(Array(self.bytes[36..<45]))
    writer.put(self.isPairingEnabled)
    writer.put(Array(self.bytes[46..<49]))
    writer.put(self.clock)
    writer.put(self.zoneOffset)
    writer.put(self.daylightSaving)
    writer.put(Array(self.bytes[59..<65]))
    writer.put(self.hasKeypad)
    writer.put(self.firmware)
    writer.put(self.hardware)
    guard self.bytes.count > 71 else { return writer.bytes }
    writer.put(self.bytes[71])
    if let zoneID { writer.put(zoneID) }
    if let deviceType { writer.put(deviceType) }
    if self.bytes.count > 75 { writer.put(self.bytes[75]) }
    if let hasKeypad2 { writer.put(hasKeypad2) }
    if self.bytes.count > 77 { writer.put(Array(self.bytes[77...])) }
    return writer.bytes
  }

  /// True when codes can be typed at a keypad.
  public var canTakeCodes: Bool { self.hasKeypad || self.hasKeypad2 == true }

  /// The firmware as people write it: `3.9.5`.
  public var firmwareVersion: String { self.firmware.map(String.init).joined(separator: ".") }

  /// What the device is called.
  public var model: String {
    switch self.deviceType {
    case 0, nil: "Nuki Smart Lock"
    case 2: "Nuki Opener"
    case 3: "Nuki Smart Door"
    case 4: "Nuki Smart Lock 3.0/4.0"
    case 5: "Nuki Smart Lock Ultra/Pro 5/Go"
    default: "Nuki device of kind \(self.deviceType ?? 0)"
    }
  }
}
