/// Who a device is: {OUI 3 as written, model, version, serial LE32, firmware major, minor, build}.
public struct OSDPIdentity: Hashable, Sendable {
  /// The maker's number, first written byte in bits 16-23.
  public var oui: UInt32
  /// The maker's model number.
  public var model: UInt8
  /// Version of the model.
  public var version: UInt8
  /// Serial number.
  public var serial: UInt32
  /// Firmware, major number.
  public var firmwareMajor: UInt8
  /// Firmware, minor number.
  public var firmwareMinor: UInt8
  /// Firmware, build number.
  public var firmwareBuild: UInt8

  /// Makes an identity.
  public init(
    oui: UInt32, model: UInt8, version: UInt8, serial: UInt32, firmwareMajor: UInt8,
    firmwareMinor: UInt8, firmwareBuild: UInt8
  ) {
    self.oui = oui & 0xFF_FFFF
    self.model = model
    self.version = version
    self.serial = serial
    self.firmwareMajor = firmwareMajor
    self.firmwareMinor = firmwareMinor
    self.firmwareBuild = firmwareBuild
  }

  var bytes: [UInt8] {
    (0..<3).map { UInt8(truncatingIfNeeded: self.oui >> (16 - 8 * $0)) }
      + [self.model, self.version]
      + (0..<4).map { UInt8(truncatingIfNeeded: self.serial >> (8 * $0)) }
      + [self.firmwareMajor, self.firmwareMinor, self.firmwareBuild]
  }

  init?(_ fields: inout OSDPFields) {
    guard let oui = fields.bytes(3), let model = fields.byte(), let version = fields.byte(),
      let serial = fields.doubleWord(), let major = fields.byte(), let minor = fields.byte(),
      let build = fields.byte()
    else { return nil }
    self.init(
      oui: oui.reduce(0) { $0 << 8 | UInt32($1) }, model: model, version: version, serial: serial,
      firmwareMajor: major, firmwareMinor: minor, firmwareBuild: build)
  }
}

/// One thing that a device can do: {function, compliance, count}.
public struct OSDPCapability: Hashable, Sendable {
  /// 1 inputs, 2 outputs, 3 cards, 4 LEDs, 5 buzzer, 6 text, 8 CRC, 9 security, 10 receive size, 16 OSDP version.
  public var function: UInt8
  /// What it means depends on the function.
  public var compliance: UInt8
  /// How many there are, or what the function says.
  public var count: UInt8

  /// Makes a capability.
  public init(function: UInt8, compliance: UInt8, count: UInt8) {
    self.function = function
    self.compliance = compliance
    self.count = count
  }

  var bytes: [UInt8] { [self.function, self.compliance, self.count] }

  init?(_ fields: inout OSDPFields) {
    guard let function = fields.byte(), let compliance = fields.byte(), let count = fields.byte()
    else { return nil }
    self.init(function: function, compliance: compliance, count: count)
  }
}

/// A card as a reader saw it: {reader, format, bit count LE16, bits left-aligned, first bit = MSB}.
public struct OSDPCard: Hashable, Sendable {
  /// Counts from 0.
  public var reader: UInt8
  /// 0 unspecified, 1 Wiegand.
  public var format: UInt8
  /// How many bits.
  public var bitCount: UInt16
  /// The bits, eight a byte, left-aligned, first bit = MSB.
  public var bits: [UInt8]

  /// Makes a card.
  public init(reader: UInt8 = 0, format: UInt8 = 1, bitCount: UInt16, bits: [UInt8]) {
    self.reader = reader
    self.format = format
    self.bitCount = bitCount
    self.bits = bits
  }

  var bytes: [UInt8] {
    [
      self.reader, self.format, UInt8(truncatingIfNeeded: self.bitCount),
      UInt8(truncatingIfNeeded: self.bitCount >> 8),
    ] + self.bits
  }

  init?(_ fields: inout OSDPFields) {
    guard let reader = fields.byte(), let format = fields.byte(), let bitCount = fields.word(),
      let bits = fields.bytes((Int(bitCount) + 7) / 8)
    else { return nil }
    self.init(reader: reader, format: format, bitCount: bitCount, bits: Array(bits))
  }
}

/// Keys that were pressed, in order. They are pieces of PINs: it has no printable form.
///
/// 30-39 digits; `*` = 7F, by some readers 2A; `#` = 0D, by some 23; A-D or F1-F4 = 41-44; two keys = 45-48.
public struct OSDPKeys: Hashable, Sendable {
  /// The key codes in clear.
  public let bytes: [UInt8]

  /// Takes key codes.
  public init(_ bytes: some Sequence<UInt8>) { self.bytes = Array(bytes) }
}

extension OSDPKeys: RandomAccessCollection, ExpressibleByArrayLiteral {
  /// 0.
  public var startIndex: Int { 0 }
  /// How many keys.
  public var endIndex: Int { self.bytes.count }
  /// The key code at a position.
  public subscript(position: Int) -> UInt8 { self.bytes[position] }
  /// Takes key codes.
  public init(arrayLiteral elements: UInt8...) { self.bytes = elements }
}

extension OSDPKeys: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
  /// How many keys, and nothing else.
  public var description: String { "\(self.bytes.count) keys" }
  /// As ``description``.
  public var debugDescription: String { self.description }
  /// Empty: reflection must not reach the keys.
  public var customMirror: Mirror { Mirror(self, children: [:]) }
}

/// A device's answer to the challenge: {cUID 8, RND.B 8, client cryptogram 16}.
public struct OSDPClientCryptogram: Hashable, Sendable {
  /// A label made of parts of its identity; worth nothing for security.
  public var clientUID: OSDPNonce
  /// The device's random number.
  public var randomB: OSDPNonce
  /// Proof that it knows the key.
  public var cryptogram: OSDPBlock

  /// Makes an answer.
  public init(clientUID: OSDPNonce, randomB: OSDPNonce, cryptogram: OSDPBlock) {
    self.clientUID = clientUID
    self.randomB = randomB
    self.cryptogram = cryptogram
  }

  var bytes: [UInt8] { self.clientUID.bytes + self.randomB.bytes + self.cryptogram.bytes }

  init?(_ fields: inout OSDPFields) {
    guard let uid = fields.bytes(8).flatMap({ OSDPNonce($0) }),
      let randomB = fields.bytes(8).flatMap({ OSDPNonce($0) }),
      let cryptogram = fields.bytes(16).flatMap({ OSDPBlock($0) })
    else { return nil }
    self.init(clientUID: uid, randomB: randomB, cryptogram: cryptogram)
  }
}
