import Sealing
import SyncEngine
import Testing

extension SealKey {
  /// One key for each byte.
  static func test(_ byte: UInt8 = 7) throws -> SealKey {
    try #require(try SealKey(Array(repeating: byte, count: SealKey.length)))
  }
}
