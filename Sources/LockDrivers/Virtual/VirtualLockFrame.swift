/// One frame of VKL, the wire protocol of virtual locks (`README.md` beside this file).
///
/// ```
/// 0    2  start, 0x56 0x4B ("VK")
/// 2    1  version, 0x01
/// 3    1  kind
/// 4    1  sequence
/// 5    2  payload length n, 0...512, little-endian
/// 7    n  payload
/// 7+n  2  CRC-16/CCITT-FALSE over everything before it, little-endian
/// ```
public struct VirtualLockFrame: Hashable, Sendable {
  /// What a frame says.
  public enum Body: Hashable, Sendable {
    /// Gateway to lock: do this.
    case request(VirtualLockRequest)
    /// Lock to gateway: the answer to the request of the same sequence.
    case reply(VirtualLockReply)
    /// Lock to gateway, unasked.
    case notice(VirtualLockNotice)
  }

  /// Pairs a reply with its request; a request sent again keeps its number. Meaningless in a notice.
  public var sequence: UInt8
  /// What it says.
  public var body: Body

  /// Makes a frame.
  /// - Parameters:
  ///   - sequence: pairs a reply with its request.
  ///   - body: what it says.
  public init(sequence: UInt8, body: Body) {
    self.sequence = sequence
    self.body = body
  }

  static let start: [UInt8] = [0x56, 0x4B]
  static let version: UInt8 = 0x01
  static let headerLength = 7
  static let trailerLength = 2
  static let maximumPayload = 512

  /// The frame as it travels.
  public var bytes: [UInt8] {
    var payload = PayloadWriter()
    let kind: UInt8
    switch self.body {
    case .request(let request):
      kind = request.kind
      request.write(to: &payload)
    case .reply(let reply):
      kind = reply.kind
      reply.write(to: &payload)
    case .notice(let notice):
      kind = notice.kind
      notice.write(to: &payload)
    }
    var frame = PayloadWriter(Self.start + [Self.version, kind, self.sequence])
    frame.put(UInt16(clamping: payload.bytes.count))
    frame.bytes += payload.bytes
    frame.put(Self.crc16(frame.bytes[...]))
    return frame.bytes
  }

  /// Reads what a frame with a good CRC says; nil for an unknown kind or a payload that is not exactly its kind's.
  init?(kind: UInt8, sequence: UInt8, payload: ArraySlice<UInt8>) {
    var reader = PayloadReader(payload)
    let body: Body? =
      switch kind {
      case 0x01...0x3F: VirtualLockRequest(kind: kind, from: &reader).map(Body.request)
      case 0x40...0x7F: VirtualLockNotice(kind: kind, from: &reader).map(Body.notice)
      default: VirtualLockReply(kind: kind, from: &reader).map(Body.reply)
      }
    guard let body, reader.isAtEnd else { return nil }
    self.init(sequence: sequence, body: body)
  }

  /// CRC-16/CCITT-FALSE: polynomial 0x1021, start 0xFFFF, unreflected; "123456789" gives 0x29B1.
  static func crc16(_ bytes: ArraySlice<UInt8>) -> UInt16 {
    bytes.reduce(0xFFFF) { crc, byte in
      (crc << 8) ^ Self.crcTable[Int(UInt8(truncatingIfNeeded: crc >> 8) ^ byte)]
    }
  }

  private static let crcTable: [UInt16] = (0..<256).map { index in
    (0..<8).reduce(UInt16(index) << 8) { crc, _ in crc & 0x8000 == 0 ? crc << 1 : (crc << 1) ^ 0x1021 }
  }
}

extension VirtualLockFrame {
  /// Appends the fields of a payload, little-endian.
  struct PayloadWriter {
    var bytes: [UInt8]

    init(_ bytes: [UInt8] = []) { self.bytes = bytes }

    mutating func put(_ value: some FixedWidthInteger) {
      for shift in stride(from: 0, to: value.bitWidth, by: 8) {
        self.bytes.append(UInt8(truncatingIfNeeded: value >> shift))
      }
    }

    /// One byte of length, then UTF-8, cut to `limit` bytes at a character.
    mutating func put(_ text: String, limit: Int) {
      let cut = text.prefix(utf8Bytes: min(limit, 255))
      self.bytes.append(UInt8(cut.utf8.count))
      self.bytes += cut.utf8
    }
  }

  /// Takes the fields off a payload; nil once a field is not there or makes no sense.
  struct PayloadReader {
    private var rest: ArraySlice<UInt8>

    init(_ payload: ArraySlice<UInt8>) { self.rest = payload }

    var isAtEnd: Bool { self.rest.isEmpty }

    mutating func take<Value: FixedWidthInteger>(_: Value.Type) -> Value? {
      let width = Value.bitWidth / 8
      guard self.rest.count >= width else { return nil }
      var value: Value = 0
      for byte in self.rest.prefix(width).reversed() {
        value = width == 1 ? Value(truncatingIfNeeded: byte) : value << 8 | Value(byte)
      }
      self.rest.removeFirst(width)
      return value
    }

    /// One byte of length, at most `limit`, then UTF-8.
    mutating func takeText(limit: Int) -> String? {
      guard let count = self.take(UInt8.self), count <= limit, self.rest.count >= count else { return nil }
      defer { self.rest.removeFirst(Int(count)) }
      return String(validating: self.rest.prefix(Int(count)), as: UTF8.self)
    }
  }
}

extension String {
  /// The longest beginning of whole characters that fits `limit` bytes of UTF-8.
  func prefix(utf8Bytes limit: Int) -> String {
    var cut = ""
    var count = 0
    for character in self {
      count += character.utf8.count
      if count > limit { break }
      cut.append(character)
    }
    return cut
  }
}
