/// What guards a frame against line noise.
public enum OSDPCheck: Hashable, Sendable {
  /// One byte that makes the sum of all bytes 0 (mod 256). Every device knows it.
  case checksum
  /// CRC-16, low byte first: polynomial 1021, start 1D0F, not reflected, no final xor.
  case crc

  /// How many bytes it takes at the end of a frame.
  public var length: Int { self == .crc ? 2 : 1 }

  /// CRC-16 of `bytes`, carrying on from `start`.
  public static func crc16(_ bytes: ArraySlice<UInt8>, start: UInt16 = 0x1D0F) -> UInt16 {
    let table = Self.crcTable
    var crc = start
    for byte in bytes {
      crc = crc &<< 8 ^ table[Int(UInt8(truncatingIfNeeded: crc &>> 8) ^ byte)]
    }
    return crc
  }

  /// The two's complement of the sum of `bytes`.
  public static func checksum(_ bytes: ArraySlice<UInt8>) -> UInt8 {
    var sum: UInt8 = 0
    for byte in bytes { sum &+= byte }
    return 0 &- sum
  }

  private static let crcTable: [UInt16] = (0..<256).map { index in
    var crc = UInt16(index) << 8
    for _ in 0..<8 { crc = crc & 0x8000 == 0 ? crc << 1 : crc << 1 ^ 0x1021 }
    return crc
  }
}
