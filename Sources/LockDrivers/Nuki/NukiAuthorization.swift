public import LockCore

/// What a pairing came to: all that is needed to speak to one lock, for as long as the lock keeps it. It holds secrets
/// and has no printable form; its coded form is for the key store alone.
public struct NukiAuthorization: Hashable, Sendable {
  /// Which locks pair and number their PINs in the same way.
  public enum Generation: String, Hashable, Sendable, Codable {
    /// Smart Lock 1 to 4, Smart Door: PIN of four digits.
    case upTo4 = "1-4"
    /// Ultra, Go, Pro 5: PIN of six digits.
    case five = "5"
  }

  /// Opens and seals every message.
  public var sessionKey: NukiKey
  /// The lock's name for it.
  public var id: NukiAuthorizationID
  /// The number that this gateway chose when pairing; named with each lock action.
  public var appID: UInt32
  /// What the lock takes the gateway for.
  public var type: NukiIDType
  /// Where the lock is found.
  public var address: BluetoothAddress
  /// The number that is part of the lock's name on the air.
  public var nukiID: UInt32
  /// The lock's own identity, 16 bytes, until it is reset.
  public var lockUUID: [UInt8]
  /// Guards codes, log and clock.
  public var pin: NukiSecurityPIN
  /// How the lock pairs.
  public var generation: Generation
  /// The name that the lock's owner gave it.
  public var name: String
  /// What the device is called.
  public var model: String
  /// Its firmware when it was paired: `3.9.5`.
  public var firmware: String
  /// True when a keypad was paired with the lock.
  public var hasKeypad: Bool
  /// The number of the lock's time zone in the vendor's list, FFFF for none; nil from old firmware.
  public var zoneID: UInt16?

  /// Makes an authorization.
  /// - Parameters:
  ///   - sessionKey: opens and seals every message.
  ///   - id: the lock's name for it.
  ///   - appID: the number chosen when pairing.
  ///   - type: what the lock takes the gateway for.
  ///   - address: where the lock is found.
  ///   - nukiID: the number that is part of the lock's name on the air.
  ///   - lockUUID: the lock's own identity, 16 bytes.
  ///   - pin: guards codes, log and clock.
  ///   - generation: how the lock pairs.
  public init(
    sessionKey: NukiKey, id: NukiAuthorizationID, appID: UInt32, type: NukiIDType, address: BluetoothAddress,
    nukiID: UInt32, lockUUID: [UInt8], pin: NukiSecurityPIN, generation: Generation
  ) {
    self.sessionKey = sessionKey
    self.id = id
    self.appID = appID
    self.type = type
    self.address = address
    self.nukiID = nukiID
    self.lockUUID = lockUUID
    self.pin = pin
    self.generation = generation
    self.name = NukiUUID.localName(of: nukiID)
    self.model = "Nuki Smart Lock"
    self.firmware = ""
    self.hasKeypad = true
  }

  /// Takes over what the lock's configuration tells.
  mutating func learn(_ config: NukiConfig) {
    self.nukiID = config.nukiID
    self.name = config.name
    self.model = config.model
    self.firmware = config.firmwareVersion
    self.hasKeypad = config.canTakeCodes
    self.zoneID = config.zoneID
  }
}

extension NukiAuthorization: Codable {
  private enum CodingKeys: String, CodingKey {
    case sessionKey = "session_key"
    case id = "authorization_id"
    case appID = "app_id"
    case type = "id_type"
    case address, generation, name, model, firmware
    case nukiID = "nuki_id"
    case lockUUID = "lock_uuid"
    case pin = "security_pin"
    case hasKeypad = "has_keypad"
    case zoneID = "zone_id"
  }

  /// Reads the coded form.
  /// - Throws: `DecodingError` for what no pairing wrote.
  public init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: CodingKeys.self)
    func read<Value>(_ key: CodingKeys, _ make: ([UInt8]) -> Value?) throws -> Value {
      guard let value = make(octets(inHex: try container.decode(String.self, forKey: key))) else {
        throw DecodingError.dataCorruptedError(forKey: key, in: container, debugDescription: "not of its length")
      }
      return value
    }
    guard let pin = NukiSecurityPIN(try container.decode(String.self, forKey: .pin)) else {
      throw DecodingError.dataCorruptedError(forKey: .pin, in: container, debugDescription: "not 4 or 6 digits")
    }
    self.init(
      sessionKey: try read(.sessionKey) { NukiKey($0) }, id: try read(.id) { NukiAuthorizationID($0) },
      appID: try container.decode(UInt32.self, forKey: .appID),
      type: try container.decode(NukiIDType.self, forKey: .type),
      address: try container.decode(BluetoothAddress.self, forKey: .address),
      nukiID: try container.decode(UInt32.self, forKey: .nukiID),
      lockUUID: try read(.lockUUID) { $0.count == 16 ? $0 : nil }, pin: pin,
      generation: try container.decode(Generation.self, forKey: .generation))
    self.name = try container.decode(String.self, forKey: .name)
    self.model = try container.decode(String.self, forKey: .model)
    self.firmware = try container.decode(String.self, forKey: .firmware)
    self.hasKeypad = try container.decode(Bool.self, forKey: .hasKeypad)
    self.zoneID = try container.decodeIfPresent(UInt16.self, forKey: .zoneID)
  }

  /// Writes the coded form, secrets in clear.
  public func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: CodingKeys.self)
    try container.encode(hex(of: self.sessionKey.bytes), forKey: .sessionKey)
    try container.encode(hex(of: self.id.bytes), forKey: .id)
    try container.encode(self.appID, forKey: .appID)
    try container.encode(self.type, forKey: .type)
    try container.encode(self.address, forKey: .address)
    try container.encode(self.nukiID, forKey: .nukiID)
    try container.encode(hex(of: self.lockUUID), forKey: .lockUUID)
    try container.encode(self.pin.digits, forKey: .pin)
    try container.encode(self.generation, forKey: .generation)
    try container.encode(self.name, forKey: .name)
    try container.encode(self.model, forKey: .model)
    try container.encode(self.firmware, forKey: .firmware)
    try container.encode(self.hasKeypad, forKey: .hasKeypad)
    try container.encodeIfPresent(self.zoneID, forKey: .zoneID)
  }
}

extension NukiAuthorization: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
  /// Which lock it is for, and nothing else.
  public var description: String { "authorization for \(NukiUUID.localName(of: self.nukiID))" }
  /// As ``description``.
  public var debugDescription: String { self.description }
  /// Empty: reflection must not reach key and PIN.
  public var customMirror: Mirror { Mirror(self, children: [:]) }
}

private func hex(of bytes: [UInt8]) -> String {
  bytes.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
}

/// The bytes of a hexadecimal text; none for anything else.
private func octets(inHex text: String) -> [UInt8] {
  let digits = Array(text.utf8)
  guard digits.count % 2 == 0 else { return [] }
  var bytes: [UInt8] = []
  for index in stride(from: 0, to: digits.count, by: 2) {
    guard let byte = UInt8(String(decoding: digits[index..<(index + 2)], as: UTF8.self), radix: 16) else { return [] }
    bytes.append(byte)
  }
  return bytes
}
