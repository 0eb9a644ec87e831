public import LockCore
internal import LockDrivers

extension NukiLock {
  /// What a simulated Nuki lock keeps through a loss of power. Encoded it holds codes and keys in clear.
  public struct Memory: Hashable, Sendable, Codable {
    /// A keypad code.
    public struct Code: Hashable, Sendable, Codable {
      /// The number that the lock gave it.
      public var id: UInt16
      var stored: StoredPIN
      /// Its name.
      public var name: String
      /// False while it opens nothing.
      public var isEnabled = true
      /// When it was added, by the lock's clock.
      public var created: Timestamp
      /// When it was used last, by the lock's clock.
      public var lastActive: Timestamp?
      /// How often it was used.
      public var uses: UInt16 = 0
      /// When it opens; nil for always.
      public var schedule: NukiSchedule?

      /// The digits.
      public var pin: PINCode { self.stored.pin }
    }

    /// Somebody who may speak with the lock.
    public struct Authorization: Hashable, Sendable, Codable {
      /// The number that the lock gave it.
      public var id: UInt32
      var stored: StoredKey
      /// 0 app, 1 bridge, 2 fob, 3 keypad.
      public var type: UInt8
      /// The number that the app gave itself.
      public var appID: UInt32
      /// Its name.
      public var name: String
      /// When it was paired, by the lock's clock.
      public var created: Timestamp
      /// When it last moved the bolt, by the lock's clock.
      public var lastActive: Timestamp?
      /// How often it moved the bolt.
      public var uses: UInt16 = 0

      /// Its session key.
      var key: NukiKey { self.stored.key }
    }

    /// One record of the log.
    public struct Record: Hashable, Sendable, Codable {
      /// The record's number; the first is 1.
      public var index: UInt32
      /// When it happened, by the lock's clock.
      public var date: Timestamp
      /// Who did it; 0 for nobody known.
      public var authorization: UInt32
      /// The name of who did it.
      public var name: String
      /// What it tells of: 2 an action, 5 the keypad, 6 the door sensor ...
      public var type: UInt8
      /// What it tells, by its type.
      public var data: [UInt8]
    }

    /// The keypad codes by their numbers.
    public var codes: [UInt16: Code] = [:]
    /// The number of the newest code; 0 before the first.
    public var lastCodeID: UInt16 = 0
    /// Who may speak with it, by their numbers.
    public var authorizations: [UInt32: Authorization] = [:]
    /// The number of the newest authorization.
    public var lastAuthorizationID: UInt32 = 0
    /// The newest records of the log, oldest first.
    public var log: [Record] = []
    /// The number of the newest record; 0 before the first.
    public var newestRecord: UInt32 = 0
    /// True while happenings go into the log.
    public var isLogOn = true
    /// True while the door sensor's happenings go into the log.
    public var isDoorLogOn = true
    /// True when something happened that no bridge has read yet.
    public var hasNews = false
    /// How often the configuration was changed.
    public var configChanges: UInt8 = 0
    /// How far its clock was ahead of ours, in milliseconds, when it was last set.
    public var clockOffset: Int64 = 0
    /// When its clock was last set; nil when it never was.
    public var clockSetAt: Timestamp?
    /// Its name, when it was given another than the make's.
    public var name: String?
    var boltState: UInt8 = NukiBoltState.locked.rawValue
    var lastAction: UInt8 = 0
    var lastTrigger: UInt8 = 0
    var lastCompletion: UInt8 = 0
    /// True when the door stands open.
    public var isDoorOpen = false
    /// Charge of the lock's battery in percent.
    public var battery = 86
    /// True when the keypad's battery is nearly empty.
    public var isKeypadBatteryCritical = false
    var securityPIN: StoredSecurityPIN?
    var lockKey: StoredKey?
    /// Its unique number, 16 bytes; another after a factory reset.
    public internal(set) var uuid: [UInt8] = []
    /// How many wrong security PINs were tried since the last right one.
    public var wrongPINs = 0

    /// A lock as it comes out of its box.
    public init() {}
  }
}

/// A code's digits, which can be stored but not printed.
struct StoredPIN: Hashable, Sendable, Codable {
  var pin: PINCode

  init(_ pin: PINCode) { self.pin = pin }

  init(from decoder: any Decoder) throws {
    let container = try decoder.singleValueContainer()
    guard let pin = PINCode(try container.decode(String.self)) else {
      throw DecodingError.dataCorruptedError(in: container, debugDescription: "not a PIN")
    }
    self.pin = pin
  }

  func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    try container.encode(self.pin.digits)
  }
}

/// A key, which can be stored but not printed.
struct StoredKey: Hashable, Sendable, Codable {
  var key: NukiKey

  init(_ key: NukiKey) { self.key = key }

  init(from decoder: any Decoder) throws {
    let container = try decoder.singleValueContainer()
    guard let key = NukiKey(try container.decode([UInt8].self)) else {
      throw DecodingError.dataCorruptedError(in: container, debugDescription: "not a key")
    }
    self.key = key
  }

  func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    try container.encode(self.key.bytes)
  }
}

/// The security PIN as it is compared: its bytes on the wire.
struct StoredSecurityPIN: Hashable, Sendable, Codable {
  var pin: NukiSecurityPIN

  init(_ pin: NukiSecurityPIN) { self.pin = pin }

  init(from decoder: any Decoder) throws {
    let container = try decoder.singleValueContainer()
    guard let pin = NukiSecurityPIN(wire: try container.decode([UInt8].self)) else {
      throw DecodingError.dataCorruptedError(in: container, debugDescription: "not a security PIN")
    }
    self.pin = pin
  }

  func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    try container.encode(self.pin.wire)
  }
}
