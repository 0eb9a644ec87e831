/// Names an attribute's type: 16 bits given out by the Bluetooth SIG, or 128 bits of anybody's own.
public struct AttributeUUID: Hashable, Sendable {
  /// As the wire has it: 2 or 16 bytes, the least significant first.
  let bytes: [UInt8]

  /// Takes a number given out by the Bluetooth SIG.
  public init(_ short: UInt16) {
    self.bytes = [UInt8(truncatingIfNeeded: short), UInt8(short >> 8)]
  }

  /// Takes 16 bytes, the most significant first, as people write them. Of another count only the first 16 stand,
  /// filled up with zeros.
  public init(_ written: [UInt8]) {
    let padded = written.prefix(16) + [UInt8](repeating: 0, count: max(0, 16 - written.count))
    self.bytes = padded.reversed()
  }

  /// Takes what the wire has: 2 or 16 bytes.
  init?(wire: ArraySlice<UInt8>) {
    guard wire.count == 2 || wire.count == 16 else { return nil }
    self.bytes = Array(wire)
  }

  /// The same name in 16 bytes: a short one is short for a place in the Bluetooth base UUID
  /// 00000000-0000-1000-8000-00805F9B34FB.
  private var whole: [UInt8] {
    guard self.bytes.count == 2 else { return self.bytes }
    return [0xFB, 0x34, 0x9B, 0x5F, 0x80, 0x00, 0x00, 0x80, 0x00, 0x10, 0x00, 0x00] + self.bytes + [0, 0]
  }

  /// A short name and its long form are the same.
  public static func == (lhs: AttributeUUID, rhs: AttributeUUID) -> Bool { lhs.whole == rhs.whole }

  /// As the long form.
  public func hash(into hasher: inout Hasher) { hasher.combine(self.whole) }

  static let primaryService = AttributeUUID(0x2800)
  static let characteristic = AttributeUUID(0x2803)
  static let clientConfiguration = AttributeUUID(0x2902)
}
