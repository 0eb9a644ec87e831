/// One OSDP frame: its bytes, checked once, and its fields as views of them.
///
///     offset  bytes  field
///     0       1      SOM 53
///     1       1      ADDR: bits 0-6 address, 7F = whoever you are; bit 7 set in replies
///     2       2 LE   LEN: SOM to the last check byte
///     4       1      CTRL: bits 0-1 sequence, bit 2 CRC-16 (else checksum), bit 3 SCB follows
///     5       0 2 3  SCB: its length, type, for types 11-14 one more byte
///     ..      1      code of the command or reply, never encrypted
///     ..      0..    data
///     ..      0 4    MAC, for SCB types 15-18
///     ..      1 2    checksum, or CRC low byte first
///
/// The mark byte FF that a sender puts before SOM is no part of it. It has no printable form, since its data may
/// hold typed digits.
public struct OSDPFrame: Hashable, Sendable {
  /// The lengths that a frame can have; anything else is noise.
  public static let lengths = 7...1440
  /// First byte of every frame.
  public static let start: UInt8 = 0x53
  /// Address that every device takes as its own.
  public static let anyAddress: UInt8 = 0x7F

  /// The security control block, SCB.
  public struct Security: Hashable, Sendable {
    /// 11-18; odd from the panel, even from the device, except the pairs 11/12 and 13/14 of the handshake.
    public var type: UInt8
    /// Third byte, where there is one: which key (1 SCBK, 0 SCBK-D), or in type 14 whether it was accepted (1).
    public var value: UInt8?

    /// Makes a block.
    public init(type: UInt8, value: UInt8? = nil) {
      self.type = type
      self.value = value
    }

    /// True when the frame ends in a MAC.
    public var hasMAC: Bool { (0x15...0x18).contains(self.type) }
    /// True when the data is encrypted.
    public var isEncrypted: Bool { self.type == 0x17 || self.type == 0x18 }
  }

  /// SOM to the last check byte, as on the wire.
  public let wire: [UInt8]
  /// The security control block, if there is one.
  public let security: Security?
  private let codeOffset: Int
  private let dataEnd: Int

  /// What a sender writes: one mark byte, then the frame.
  public var marked: [UInt8] {
    var bytes: [UInt8] = []
    bytes.reserveCapacity(self.wire.count + 1)
    bytes.append(0xFF)
    bytes.append(contentsOf: self.wire)
    return bytes
  }
  /// 00-7F, without the reply bit.
  public var address: UInt8 { self.wire[1] & 0x7F }
  /// True when a device sent it.
  public var isReply: Bool { self.wire[1] & 0x80 != 0 }
  /// 0-3.
  public var sequence: UInt8 { self.wire[4] & 3 }
  /// How it is guarded.
  public var check: OSDPCheck { self.wire[4] & 4 != 0 ? .crc : .checksum }
  /// Code of the command or reply.
  public var code: UInt8 { self.wire[self.codeOffset] }
  /// Data as on the wire: encrypted in SCB types 17 and 18.
  public var data: ArraySlice<UInt8> { self.wire[(self.codeOffset + 1)..<self.dataEnd] }
  /// The four MAC bytes, or none.
  public var mac: ArraySlice<UInt8> {
    self.wire[self.dataEnd..<(self.dataEnd + (self.security?.hasMAC == true ? 4 : 0))]
  }
  /// What the MAC is made over: SOM to the last data byte.
  public var authenticated: ArraySlice<UInt8> { self.wire[..<self.dataEnd] }

  /// Makes a frame without a MAC.
  /// - Parameters:
  ///   - address: 00-7F.
  ///   - isReply: true on the device's side.
  ///   - sequence: 0-3.
  ///   - check: how it is guarded.
  ///   - security: a handshake block (11-14), or nil.
  ///   - code: code of the command or reply.
  ///   - data: at most 1400 bytes.
  public init(
    address: UInt8, isReply: Bool = false, sequence: UInt8, check: OSDPCheck = .crc,
    security: Security? = nil, code: UInt8, data: [UInt8] = []
  ) {
    let head = Self.head(
      address: address, isReply: isReply, sequence: sequence, check: check, security: security,
      code: code, data: data)
    self.init(head: head, security: security, check: check, mac: [])
  }

  /// Ends a frame begun by ``head(address:isReply:sequence:check:security:code:data:)``.
  init(head: [UInt8], security: Security?, check: OSDPCheck, mac: ArraySlice<UInt8>) {
    var bytes = head
    bytes.append(contentsOf: mac)
    switch check {
    case .checksum:
      bytes.append(OSDPCheck.checksum(bytes[...]))
    case .crc:
      let crc = OSDPCheck.crc16(bytes[...])
      bytes.append(UInt8(truncatingIfNeeded: crc))
      bytes.append(UInt8(truncatingIfNeeded: crc >> 8))
    }
    self.wire = bytes
    self.security = security
    self.codeOffset = Self.codeOffset(after: security)
    self.dataEnd = head.count
  }

  /// SOM to the last data byte, with the length that the finished frame will have.
  static func head(
    address: UInt8, isReply: Bool, sequence: UInt8, check: OSDPCheck, security: Security?,
    code: UInt8, data: [UInt8]
  ) -> [UInt8] {
    let count = Self.codeOffset(after: security) + 1 + data.count
    let length = count + (security?.hasMAC == true ? 4 : 0) + check.length
    var bytes: [UInt8] = []
    bytes.reserveCapacity(length)
    bytes.append(Self.start)
    bytes.append(address & 0x7F | (isReply ? 0x80 : 0))
    bytes.append(UInt8(truncatingIfNeeded: length))
    bytes.append(UInt8(truncatingIfNeeded: length >> 8))
    bytes.append(sequence & 3 | (check == .crc ? 4 : 0) | (security == nil ? 0 : 8))
    if let security {
      bytes.append(security.value == nil ? 2 : 3)
      bytes.append(security.type)
      if let value = security.value { bytes.append(value) }
    }
    bytes.append(code)
    bytes.append(contentsOf: data)
    return bytes
  }

  private static func codeOffset(after security: Security?) -> Int {
    guard let security else { return 5 }
    return security.value == nil ? 7 : 8
  }

  /// Takes the bytes of exactly one frame, from SOM to the last check byte.
  /// - Returns: nil when the length, the check or the SCB is wrong.
  public init?(_ bytes: ArraySlice<UInt8>) {
    guard Self.lengths.contains(bytes.count) else { return nil }
    let first = bytes.startIndex
    guard bytes[first] == Self.start,
      Int(bytes[first + 2]) | Int(bytes[first + 3]) << 8 == bytes.count
    else { return nil }
    let control = bytes[first + 4]
    let body: Int
    if control & 4 != 0 {
      body = bytes.count - 2
      let crc = OSDPCheck.crc16(bytes[..<(first + body)])
      guard bytes[first + body] == UInt8(truncatingIfNeeded: crc),
        bytes[first + body + 1] == UInt8(truncatingIfNeeded: crc >> 8)
      else { return nil }
    } else {
      body = bytes.count - 1
      guard OSDPCheck.checksum(bytes) == 0 else { return nil }
    }
    var security: Security?
    if control & 8 != 0 {
      guard body > 7 else { return nil }
      switch bytes[first + 5] {
      case 2: security = Security(type: bytes[first + 6])
      case 3: security = Security(type: bytes[first + 6], value: bytes[first + 7])
      default: return nil
      }
    }
    let code = Self.codeOffset(after: security)
    let end = body - (security?.hasMAC == true ? 4 : 0)
    guard end > code else { return nil }
    self.wire = Array(bytes)
    self.security = security
    self.codeOffset = code
    self.dataEnd = end
  }
}

extension OSDPFrame: CustomStringConvertible, CustomReflectable {
  /// Address, code, sequence and length; never data.
  public var description: String {
    "OSDP \(self.isReply ? "reply" : "command") \(String(self.code, radix: 16)), address \(self.address), "
      + "sequence \(self.sequence), \(self.wire.count) bytes"
  }
  /// Empty: reflection must not reach the data.
  public var customMirror: Mirror { Mirror(self, children: [:]) }
}
