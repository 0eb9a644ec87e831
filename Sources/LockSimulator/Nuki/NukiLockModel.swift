internal import LockCore

/// The make of a simulated Nuki lock: what is printed on its box, what is mounted beside it, how its door is set up.
public struct NukiLockModel: Hashable, Sendable {
  /// What sets the generations apart on the wire.
  public enum Generation: Hashable, Sendable {
    /// Smart Lock 1.0: 100 authorizations.
    case one
    /// Smart Lock 2.0.
    case two
    /// Smart Lock 3.0 and 4.0.
    case three
    /// Ultra, Go and Pro of the fifth generation: pairs on e300 with a PIN of six digits.
    case five

    /// Byte 74 of the configuration.
    var deviceType: UInt8 {
      switch self {
      case .one, .two: 0
      case .three: 4
      case .five: 5
      }
    }
    /// The transmit power in the beacon; bit 0 is that of unread news.
    var power: UInt8 { self == .one || self == .two ? 0xC4 : 0xC8 }
    var authorizationCapacity: Int { self == .one ? 100 : 200 }
  }

  /// Its generation.
  public var generation: Generation
  /// Its number; the last three bytes of its address come from it.
  public var nukiID: UInt32
  /// Its name.
  public var name: String
  /// Firmware, three numbers.
  public var firmware: [UInt8]
  /// The longest ATT PDU that it receives: 23 or 247.
  public var mtu: Int
  /// How many bytes its Keyturner States have, 15 to 27; the firmware's age.
  public var statesLength: Int
  /// True when a keypad is mounted.
  public var hasKeypad: Bool
  /// The one authorization under which the log tells every use of the keypad.
  public var keypadAuthorization: UInt32
  /// How many codes it holds.
  public var codeCapacity: Int
  /// True when a door sensor is mounted.
  public var hasDoorSensor: Bool
  /// How many records its log holds before the oldest is overwritten.
  public var logCapacity: Int
  /// How long the motor turns.
  public var motorTime: Duration
  /// How long the latch is held back.
  public var unlatchTime: Duration
  /// From unlocked by lock'n'go to locking.
  public var lockNGoTime: Duration
  /// From unlocked to locking by itself; nil for never.
  public var autoLockTime: Duration?
  /// How long it stays in pairing mode.
  public var pairingTime: Duration
  /// How long it refuses every security PIN after five wrong ones.
  public var pinLockoutTime: Duration
  /// The standard time of its door, in minutes east of Greenwich.
  public var zoneOffset: Int16
  /// True when European daylight saving adds an hour in summer.
  public var hasDaylightSaving: Bool
  /// The number of its zone; FFFF for none.
  public var zoneID: UInt16

  /// How many links it holds at once.
  public static let linkCapacity = 4
  /// How long a link may say nothing before the lock drops it.
  public static let idleTime: Duration = .seconds(20)
  /// How many wrong security PINs it takes before it refuses all.
  public static let wrongPINsAllowed = 5
  /// How many wrong codes the keypad takes before it is blocked.
  public static let wrongEntriesAllowed = 5
  /// How long the keypad is blocked.
  public static let keypadBlockTime: Duration = .seconds(30)

  /// Describes a make; everything else is as most locks have it.
  /// - Parameters:
  ///   - generation: its generation.
  ///   - nukiID: its number.
  ///   - name: its name, at most 32 bytes.
  public init(_ generation: Generation = .three, nukiID: UInt32 = 0x1A2B_3C4D, name: String = "Front door") {
    self.generation = generation
    self.nukiID = nukiID
    self.name = name
    switch generation {
    case .one: (self.firmware, self.mtu, self.statesLength) = ([1, 8, 1], 23, 15)
    case .two: (self.firmware, self.mtu, self.statesLength) = ([2, 12, 5], 247, 19)
    case .three: (self.firmware, self.mtu, self.statesLength) = ([3, 9, 5], 247, 21)
    case .five: (self.firmware, self.mtu, self.statesLength) = ([5, 1, 4], 247, 27)
    }
    self.hasKeypad = true
    // Those who are paired count from 1.
    self.keypadAuthorization = 0xFFFF
    self.codeCapacity = generation == .five ? 200 : 100
    self.hasDoorSensor = generation != .one
    self.logCapacity = 1000
    self.motorTime = .seconds(2)
    self.unlatchTime = .seconds(3)
    self.lockNGoTime = .seconds(20)
    self.autoLockTime = nil
    self.pairingTime = .seconds(30)
    self.pinLockoutTime = .minutes(5)
    self.zoneOffset = 60
    self.hasDaylightSaving = true
    self.zoneID = 37
  }

  /// The pairing characteristic's and its service's short numbers.
  var pairingNumbers: (service: UInt16, characteristic: UInt16) {
    self.generation == .five ? (0xE300, 0xE301) : (0xE100, 0xE101)
  }
  /// Bytes of a security PIN on the wire.
  var pinLength: Int { self.generation == .five ? 4 : 2 }
  /// `Nuki_1A2B3C4D`.
  public var localName: String { "Nuki_" + self.serial }
  /// The number in eight hexadecimal digits.
  var serial: String {
    let digits = String(self.nukiID, radix: 16, uppercase: true)
    return String(repeating: "0", count: 8 - digits.utf8.count) + digits
  }
  /// The address's six octets: 54:D2:72, then the low 24 bits of the number.
  public var addressOctets: [UInt8] {
    [0x54, 0xD2, 0x72] + [16, 8, 0].map { UInt8(truncatingIfNeeded: self.nukiID >> UInt32($0)) }
  }

  /// Everything that can be read and written.
  var attributes: AttributeTable {
    let twoWay: AttributeTable.Properties = [.write, .writeWithoutResponse, .indicate]
    let version = self.firmware.map(String.init).joined(separator: ".")
    return AttributeTable([
      .init(
        AttributeUUID(0x1800),
        [
          .init(AttributeUUID(0x2A00), .read, value: Array(self.localName.utf8)),
          .init(AttributeUUID(0x2A01), .read, value: [0, 0]),
        ]),
      .init(AttributeUUID(0x1801), [.init(AttributeUUID(0x2A05), .indicate)]),
      .init(
        Self.uuid(self.pairingNumbers.service), [.init(Self.uuid(self.pairingNumbers.characteristic), twoWay)]),
      .init(Self.uuid(0xE200), [.init(Self.uuid(0xE201), twoWay), .init(Self.uuid(0xE202), twoWay)]),
      .init(
        AttributeUUID(0x180A),
        [
          .init(AttributeUUID(0x2A25), .read, value: Array(self.serial.utf8)),
          .init(AttributeUUID(0x2A26), .read, value: Array(version.utf8)),
          .init(AttributeUUID(0x2A27), .read, value: Array("4.0".utf8)),
        ]),
    ])
  }

  /// a92e0000-5501-11e4-916c-0800200c9a66 with the short number for the zeros.
  static func uuid(_ short: UInt16) -> AttributeUUID {
    AttributeUUID(
      [0xA9, 0x2E, UInt8(short >> 8), UInt8(truncatingIfNeeded: short)]
        + [0x55, 0x01, 0x11, 0xE4, 0x91, 0x6C, 0x08, 0x00, 0x20, 0x0C, 0x9A, 0x66])
  }
}
