/// What a control panel asks of a device.
public enum OSDPCommand: Hashable, Sendable {
  /// 60: anything new?
  case poll
  /// 61 {00}: who are you?
  case identify
  /// 62 {00}: what can you do?
  case capabilities
  /// 64: housing and power.
  case localStatus
  /// 65: input contacts.
  case inputStatus
  /// 66: outputs.
  case outputStatus
  /// 67: attached readers.
  case readerStatus
  /// 68 n × {output, control, timer LE16}.
  case output([OSDPOutput])
  /// 69 n × 14 bytes.
  case led([OSDPLED])
  /// 6A {reader, tone, on, off, count}.
  case buzzer(OSDPBuzzer)
  /// 6B {reader, how, seconds, row, column, n, n characters}.
  case text(OSDPText)
  /// 6E {address, baud LE32}: use these from now on.
  case communication(OSDPCommunication)
  /// 75 {01, 10, 16 key bytes}: a new SCBK; only inside a session.
  case keySet(OSDPKey)
  /// 76 {RND.A 8}: first step of the handshake.
  case challenge(OSDPNonce)
  /// 77 {16}: third step of the handshake, the server cryptogram.
  case serverCryptogram(OSDPBlock)
  /// 7B {LE16}: the longest reply that we take.
  case receiveSize(UInt16)
  /// 80 {OUI 3, anything}: a maker's own command.
  case manufacturer(oui: [UInt8], [UInt8])
  /// A2: stop what you are doing.
  case abort
  /// A7 {ms LE16}: keep a smart card powered.
  case keepActive(UInt16)
  /// Any other code, its data as it is.
  case other(code: UInt8, [UInt8])

  /// The code byte.
  public var code: UInt8 {
    switch self {
    case .poll: 0x60
    case .identify: 0x61
    case .capabilities: 0x62
    case .localStatus: 0x64
    case .inputStatus: 0x65
    case .outputStatus: 0x66
    case .readerStatus: 0x67
    case .output: 0x68
    case .led: 0x69
    case .buzzer: 0x6A
    case .text: 0x6B
    case .communication: 0x6E
    case .keySet: 0x75
    case .challenge: 0x76
    case .serverCryptogram: 0x77
    case .receiveSize: 0x7B
    case .manufacturer: 0x80
    case .abort: 0xA2
    case .keepActive: 0xA7
    case .other(let code, _): code
    }
  }

  /// The data bytes, in clear.
  public var data: [UInt8] {
    switch self {
    case .poll, .localStatus, .inputStatus, .outputStatus, .readerStatus, .abort: []
    case .identify, .capabilities: [0]
    case .output(let records): records.flatMap(\.bytes)
    case .led(let records): records.flatMap(\.bytes)
    case .buzzer(let buzzer): buzzer.bytes
    case .text(let text): text.bytes
    case .communication(let settings): settings.bytes
    case .keySet(let key): [1, 16] + key.block.bytes
    case .challenge(let random): random.bytes
    case .serverCryptogram(let block): block.bytes
    case .receiveSize(let value), .keepActive(let value):
      [UInt8(truncatingIfNeeded: value), UInt8(truncatingIfNeeded: value >> 8)]
    case .manufacturer(let oui, let bytes): oui + bytes
    case .other(_, let bytes): bytes
    }
  }

  /// Takes a command apart, as a device does.
  /// - Parameters:
  ///   - code: the code byte.
  ///   - data: the data bytes in clear.
  /// - Returns: nil when the data does not fit the code. An unknown code is ``other(code:_:)``.
  public init?(code: UInt8, data: ArraySlice<UInt8>) {
    var fields = OSDPFields(data)
    switch code {
    case 0x60: self = .poll
    case 0x61: self = .identify
    case 0x62: self = .capabilities
    case 0x64: self = .localStatus
    case 0x65: self = .inputStatus
    case 0x66: self = .outputStatus
    case 0x67: self = .readerStatus
    case 0x68:
      guard let records = fields.records(OSDPOutput.init) else { return nil }
      self = .output(records)
    case 0x69:
      guard let records = fields.records(OSDPLED.init) else { return nil }
      self = .led(records)
    case 0x6A:
      guard let buzzer = OSDPBuzzer(&fields) else { return nil }
      self = .buzzer(buzzer)
    case 0x6B:
      guard let text = OSDPText(&fields) else { return nil }
      self = .text(text)
    case 0x6E:
      guard let settings = OSDPCommunication(&fields) else { return nil }
      self = .communication(settings)
    case 0x75:
      guard fields.byte() == 1, fields.byte() == 16, let bytes = fields.bytes(16),
        let key = OSDPKey(Array(bytes))
      else { return nil }
      self = .keySet(key)
    case 0x76:
      guard let random = fields.bytes(8).flatMap({ OSDPNonce($0) }) else { return nil }
      self = .challenge(random)
    case 0x77:
      guard let block = fields.bytes(16).flatMap({ OSDPBlock($0) }) else { return nil }
      self = .serverCryptogram(block)
    case 0x7B:
      guard let value = fields.word() else { return nil }
      self = .receiveSize(value)
    case 0x80:
      guard let oui = fields.bytes(3) else { return nil }
      self = .manufacturer(oui: Array(oui), Array(fields.rest))
    case 0xA2: self = .abort
    case 0xA7:
      guard let value = fields.word() else { return nil }
      self = .keepActive(value)
    default: self = .other(code: code, Array(data))
    }
  }
}
