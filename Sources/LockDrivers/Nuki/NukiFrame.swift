/// Why bytes are no message.
public enum NukiFrameFault: Error, Hashable, Sendable {
  /// Too short, or another length than the message itself says: error FE.
  case length
  /// Not sealed with this key, or damaged: error 20.
  case sealed
  /// Sealed for another authorization than the clear header names: error 20.
  case authorization
  /// The CRC is wrong: error FD.
  case crc
}

/// A message in clear: all of a pairing up to generation 4, its first half from generation 5 on, and errors about what
/// a lock cannot open.
///
/// ```
/// 0    2  command
/// 2    n  payload
/// 2+n  2  CRC-16 over everything before it
/// ```
public struct NukiPlainFrame: Hashable, Sendable {
  /// What it is.
  public var command: NukiCommand
  /// What it says.
  public var payload: [UInt8]

  /// Makes a message.
  /// - Parameters:
  ///   - command: what it is.
  ///   - payload: what it says.
  public init(_ command: NukiCommand, _ payload: [UInt8]) {
    self.command = command
    self.payload = payload
  }

  /// Reads a whole message.
  /// - Throws: ``NukiFrameFault/length`` or ``NukiFrameFault/crc``.
  public init(wire: [UInt8]) throws(NukiFrameFault) {
    guard wire.count >= 4 else { throw .length }
    let end = wire.count - 2
    guard NukiCRC.of(wire[..<end]) == UInt16(wire[end]) | UInt16(wire[end + 1]) << 8 else { throw .crc }
    self.command = NukiCommand(rawValue: UInt16(wire[0]) | UInt16(wire[1]) << 8)
    self.payload = Array(wire[2..<end])
  }

  /// The message as it travels.
  public var wire: [UInt8] {
    var writer = NukiWriter()
    writer.put(self.command.rawValue)
    writer.put(self.payload)
    writer.put(NukiCRC.of(writer.bytes[...]))
    return writer.bytes
  }
}

/// A message that only the two ends of an authorization can read.
///
/// ```
/// 0   24  nonce, new for each message
/// 24   4  authorization
/// 28   2  length of what follows
/// 30  16  Poly1305 tag
/// 46   m  ciphertext of: authorization 4, command 2, payload n, CRC-16 over the three 2; m = 8 + n
/// ```
public struct NukiSealedFrame: Hashable, Sendable {
  /// Whose it is.
  public var authorization: NukiAuthorizationID
  /// What it is.
  public var command: NukiCommand
  /// What it says.
  public var payload: [UInt8]

  static let headerLength = 30
  static let nonceLength = 24
  /// A tag and an empty message.
  static let shortestBox = 24
  /// No message that is known comes near.
  static let longestBox = 512

  /// Makes a message.
  /// - Parameters:
  ///   - authorization: whose it is.
  ///   - command: what it is.
  ///   - payload: what it says.
  public init(_ authorization: NukiAuthorizationID, _ command: NukiCommand, _ payload: [UInt8]) {
    self.authorization = authorization
    self.command = command
    self.payload = payload
  }

  /// The plaintext: authorization, command, payload, CRC.
  public var plaintext: [UInt8] {
    var writer = NukiWriter()
    writer.put(self.authorization.bytes)
    writer.put(self.command.rawValue)
    writer.put(self.payload)
    writer.put(NukiCRC.of(writer.bytes[...]))
    return writer.bytes
  }

  /// The message as it travels.
  /// - Parameters:
  ///   - key: the authorization's session key.
  ///   - nonce: 24 bytes, never the same twice.
  public func wire(sealedWith key: NukiKey, nonce: [UInt8]) throws(NukiCryptoFault) -> [UInt8] {
    let box = try key.seal(self.plaintext, nonce: nonce)
    var writer = NukiWriter(bytes: nonce)
    writer.put(self.authorization.bytes)
    writer.put(UInt16(clamping: box.count))
    writer.put(box)
    return writer.bytes
  }

  /// Whose a message says to be, read from its clear header; nil when there is none.
  public static func authorization(inHeaderOf wire: [UInt8]) -> NukiAuthorizationID? {
    wire.count >= Self.headerLength ? NukiAuthorizationID(wire[24..<28]) : nil
  }

  /// Opens a whole message.
  /// - Parameters:
  ///   - wire: what came.
  ///   - key: the authorization's session key.
  ///   - checksHeader: false for a generation 5 lock's answer to its pairing: nobody knows whose that says to be.
  public init(wire: [UInt8], openedWith key: NukiKey, checksHeader: Bool = true) throws(NukiFrameFault) {
    guard let header = Self.authorization(inHeaderOf: wire),
      wire.count == Self.headerLength + (Int(wire[28]) | Int(wire[29]) << 8),
      wire.count >= Self.headerLength + Self.shortestBox
    else { throw .length }
    guard let plaintext = key.open(Array(wire[Self.headerLength...]), nonce: Array(wire[..<Self.nonceLength]))
    else { throw .sealed }
    try self.init(plaintext: plaintext)
    if checksHeader, header != self.authorization { throw .authorization }
  }

  /// Reads an opened box. A CRC of zero is let pass: some locks leave it out, and the box itself proves the rest.
  init(plaintext: [UInt8]) throws(NukiFrameFault) {
    guard plaintext.count >= 8, let authorization = NukiAuthorizationID(plaintext[..<4]) else { throw .length }
    let end = plaintext.count - 2
    let crc = UInt16(plaintext[end]) | UInt16(plaintext[end + 1]) << 8
    guard crc == 0 || crc == NukiCRC.of(plaintext[..<end]) else { throw .crc }
    self.authorization = authorization
    self.command = NukiCommand(rawValue: UInt16(plaintext[4]) | UInt16(plaintext[5]) << 8)
    self.payload = Array(plaintext[6..<end])
  }
}

/// CRC-16/IBM-3740: polynomial 1021, begins with FFFF, not reflected.
enum NukiCRC {
  private static let table: [UInt16] = (0..<256).map { byte in
    (0..<8).reduce(UInt16(byte) << 8) { crc, _ in crc & 0x8000 == 0 ? crc << 1 : crc << 1 ^ 0x1021 }
  }

  static func of(_ bytes: ArraySlice<UInt8>) -> UInt16 {
    var crc: UInt16 = 0xFFFF
    for byte in bytes { crc = crc << 8 ^ Self.table[Int(UInt8(crc >> 8) ^ byte)] }
    return crc
  }
}
