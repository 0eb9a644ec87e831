/// 16 bytes: one AES block, a MAC, a cryptogram. No printable form, since keys are blocks too.
public struct OSDPBlock: Sendable {
  var lanes: SIMD16<UInt8>

  init(_ lanes: SIMD16<UInt8> = .zero) { self.lanes = lanes }

  /// Takes exactly 16 bytes.
  /// - Returns: nil for another number of bytes.
  public init?(_ bytes: some Collection<UInt8>) {
    guard bytes.count == 16 else { return nil }
    var lanes = SIMD16<UInt8>.zero
    for (index, byte) in bytes.enumerated() { lanes[index] = byte }
    self.lanes = lanes
  }

  /// The 16 bytes.
  public var bytes: [UInt8] { self.lanes.indices.map { self.lanes[$0] } }

  /// True when `bytes` are the first ones of this block; takes the same time wherever they differ.
  func begins(with bytes: ArraySlice<UInt8>) -> Bool {
    guard bytes.count <= 16 else { return false }
    var difference: UInt8 = 0
    for (index, byte) in bytes.enumerated() { difference |= self.lanes[index] ^ byte }
    return difference == 0
  }
}

extension OSDPBlock: Hashable {
  /// Takes the same time wherever the two differ.
  public static func == (left: Self, right: Self) -> Bool {
    let difference = left.lanes ^ right.lanes
    var any: UInt8 = 0
    for index in difference.indices { any |= difference[index] }
    return any == 0
  }
}

extension OSDPBlock: CustomStringConvertible, CustomReflectable {
  /// What it is, not what is in it.
  public var description: String { "16 bytes" }
  /// Empty: reflection must not reach the bytes.
  public var customMirror: Mirror { Mirror(self, children: [:]) }
}

/// 8 bytes: RND.A, RND.B or cUID of the handshake. All of them are seen on the wire.
public struct OSDPNonce: Hashable, Sendable {
  var lanes: SIMD8<UInt8>

  /// Takes exactly 8 bytes.
  /// - Returns: nil for another number of bytes.
  public init?(_ bytes: some Collection<UInt8>) {
    guard bytes.count == 8 else { return nil }
    var lanes = SIMD8<UInt8>.zero
    for (index, byte) in bytes.enumerated() { lanes[index] = byte }
    self.lanes = lanes
  }

  /// Draws 8 bytes. The freshness of a session hangs on the panel's draw alone.
  public init(from source: inout some RandomNumberGenerator) {
    self.init(number: source.next())
  }

  /// Takes the bytes of a number, lowest first.
  public init(number: UInt64) {
    var lanes = SIMD8<UInt8>.zero
    for index in lanes.indices {
      lanes[index] = UInt8(truncatingIfNeeded: number >> (8 * UInt64(index)))
    }
    self.lanes = lanes
  }

  /// The 8 bytes.
  public var bytes: [UInt8] { self.lanes.indices.map { self.lanes[$0] } }
}
