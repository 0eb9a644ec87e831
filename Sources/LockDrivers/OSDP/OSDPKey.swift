/// The long-lived AES-128 key of one device, its SCBK. It has no printable form.
public struct OSDPKey: Hashable, Sendable {
  let block: OSDPBlock

  /// Takes a key.
  /// - Returns: nil unless there are 16 bytes; nil for all zeros and for the factory key SCBK-D, which are no secret.
  public init?(_ bytes: [UInt8]) {
    guard let block = OSDPBlock(bytes), block != OSDPBlock(),
      block != OSDPChannelKey.factory.block
    else { return nil }
    self.block = block
  }

  /// The key in clear. For the key store and KEYSET; never for a log or an error.
  public var bytes: [UInt8] { self.block.bytes }
}

extension OSDPKey: CustomStringConvertible, CustomReflectable {
  /// What it is, not what is in it.
  public var description: String { "OSDP key" }
  /// Empty: reflection must not reach the key.
  public var customMirror: Mirror { Mirror(self, children: [:]) }
}

/// The key that a session is made from.
public enum OSDPChannelKey: Hashable, Sendable {
  /// The device's own key, SCBK.
  case own(OSDPKey)
  /// The factory key SCBK-D, 30 31 … 3F, known to everybody: gives no secrecy.
  case factory

  /// Third byte of the handshake's SCB: 1 SCBK, 0 SCBK-D.
  public var flag: UInt8 { self == .factory ? 0 : 1 }

  var block: OSDPBlock {
    switch self {
    case .own(let key): key.block
    case .factory:
      OSDPBlock(
        SIMD16(
          0x30, 0x31, 0x32, 0x33, 0x34, 0x35, 0x36, 0x37, 0x38, 0x39, 0x3A, 0x3B, 0x3C, 0x3D, 0x3E,
          0x3F))
    }
  }
}
