/// What a device answers.
public enum OSDPReply: Hashable, Sendable {
  /// 40: done, or nothing new.
  case ack
  /// 41 {reason, detail}: no.
  case nak(OSDPNAK)
  /// 45: who it is.
  case identity(OSDPIdentity)
  /// 46 n × {function, compliance, count}: what it can do.
  case capabilities([OSDPCapability])
  /// 48 {tamper 0/1, power 0/1}: housing open, power failed.
  case local(tamper: Bool, powerFailed: Bool)
  /// 49: one byte per input, active or not.
  case inputs([Bool])
  /// 4A: one byte per output, on or off.
  case outputs([Bool])
  /// 4B: one byte per reader: 0 normal, 1 not connected, 2 tamper.
  case readers([UInt8])
  /// 50: a card as bits.
  case card(OSDPCard)
  /// 51 {reader, direction, n, n characters}: a card as characters; out of use, still sent.
  case characters(reader: UInt8, direction: UInt8, [UInt8])
  /// 53 {reader, n, n keys}: keys in the order pressed.
  case keys(reader: UInt8, OSDPKeys)
  /// 54: what address and speed it will really use.
  case communication(OSDPCommunication)
  /// 76: second step of the handshake.
  case cryptogram(OSDPClientCryptogram)
  /// 78 {16}: fourth step of the handshake, the initial R-MAC.
  case initialMAC(OSDPBlock)
  /// 79: ask again later.
  case busy
  /// 90 {OUI 3, anything}: a maker's own reply.
  case manufacturer(oui: [UInt8], [UInt8])
  /// Any other code, its data as it is.
  case other(code: UInt8, [UInt8])

  /// The code byte.
  public var code: UInt8 {
    switch self {
    case .ack: 0x40
    case .nak: 0x41
    case .identity: 0x45
    case .capabilities: 0x46
    case .local: 0x48
    case .inputs: 0x49
    case .outputs: 0x4A
    case .readers: 0x4B
    case .card: 0x50
    case .characters: 0x51
    case .keys: 0x53
    case .communication: 0x54
    case .cryptogram: 0x76
    case .initialMAC: 0x78
    case .busy: 0x79
    case .manufacturer: 0x90
    case .other(let code, _): code
    }
  }

  /// The data bytes, in clear.
  public var data: [UInt8] {
    switch self {
    case .ack, .busy: []
    case .nak(let reason): [reason.rawValue]
    case .identity(let identity): identity.bytes
    case .capabilities(let records): records.flatMap(\.bytes)
    case .local(let tamper, let powerFailed): [tamper ? 1 : 0, powerFailed ? 1 : 0]
    case .inputs(let states), .outputs(let states): states.map { $0 ? 1 : 0 }
    case .readers(let states): states
    case .card(let card): card.bytes
    case .characters(let reader, let direction, let characters):
      [reader, direction, UInt8(truncatingIfNeeded: characters.count)] + characters.prefix(255)
    case .keys(let reader, let keys):
      [reader, UInt8(truncatingIfNeeded: keys.count)] + keys.bytes.prefix(255)
    case .communication(let settings): settings.bytes
    case .cryptogram(let answer): answer.bytes
    case .initialMAC(let block): block.bytes
    case .manufacturer(let oui, let bytes): oui + bytes
    case .other(_, let bytes): bytes
    }
  }

  /// Takes a reply apart, as the panel does.
  /// - Parameters:
  ///   - code: the code byte.
  ///   - data: the data bytes in clear.
  /// - Returns: nil when the data is shorter than the code needs. An unknown code is ``other(code:_:)``.
  public init?(code: UInt8, data: ArraySlice<UInt8>) {
    var fields = OSDPFields(data)
    switch code {
    case 0x40: self = .ack
    case 0x41: self = .nak(OSDPNAK(rawValue: fields.byte() ?? 0))
    case 0x45:
      guard let identity = OSDPIdentity(&fields) else { return nil }
      self = .identity(identity)
    case 0x46:
      self = .capabilities(fields.wholeRecords(OSDPCapability.init))
    case 0x48:
      guard let tamper = fields.byte(), let power = fields.byte() else { return nil }
      self = .local(tamper: tamper != 0, powerFailed: power != 0)
    case 0x49: self = .inputs(data.map { $0 != 0 })
    case 0x4A: self = .outputs(data.map { $0 != 0 })
    case 0x4B: self = .readers(Array(data))
    case 0x50:
      guard let card = OSDPCard(&fields) else { return nil }
      self = .card(card)
    case 0x51:
      guard let reader = fields.byte(), let direction = fields.byte(), let count = fields.byte(),
        let characters = fields.bytes(Int(count))
      else { return nil }
      self = .characters(reader: reader, direction: direction, Array(characters))
    case 0x53:
      guard let reader = fields.byte(), let count = fields.byte(),
        let keys = fields.bytes(Int(count))
      else { return nil }
      self = .keys(reader: reader, OSDPKeys(keys))
    case 0x54:
      guard let settings = OSDPCommunication(&fields) else { return nil }
      self = .communication(settings)
    case 0x76:
      guard let answer = OSDPClientCryptogram(&fields) else { return nil }
      self = .cryptogram(answer)
    case 0x78:
      guard let block = fields.bytes(16).flatMap({ OSDPBlock($0) }) else { return nil }
      self = .initialMAC(block)
    case 0x79: self = .busy
    case 0x90:
      guard let oui = fields.bytes(3) else { return nil }
      self = .manufacturer(oui: Array(oui), Array(fields.rest))
    default: self = .other(code: code, Array(data))
    }
  }
}

/// Why a device said no.
public struct OSDPNAK: RawRepresentable, Hashable, Sendable, ExpressibleByIntegerLiteral {
  /// 01: the check of the command was wrong.
  public static let badCheck: OSDPNAK = 1
  /// 02: the command's length was wrong.
  public static let badLength: OSDPNAK = 2
  /// 03: it does not know this command.
  public static let unknownCommand: OSDPNAK = 3
  /// 04: it expected another sequence number.
  public static let unexpectedSequence: OSDPNAK = 4
  /// 05: no secure channel, or the cryptogram was refused.
  public static let securityRefused: OSDPNAK = 5
  /// 06: only inside a session, and there is none.
  public static let sessionNeeded: OSDPNAK = 6
  /// 09: it knows the command but cannot do this.
  public static let cannotProcess: OSDPNAK = 9

  /// The byte on the wire.
  public let rawValue: UInt8

  /// Takes the byte on the wire.
  public init(rawValue: UInt8) { self.rawValue = rawValue }
  /// Takes the byte on the wire.
  public init(integerLiteral value: UInt8) { self.rawValue = value }
}
