internal import CCrypto
internal import Sealing

/// A SHA-256.
public struct Digest: Hashable, Sendable {
  /// How many bytes it has.
  public static let length = 32
  /// The bytes.
  public let bytes: [UInt8]

  /// Makes the digest of a message.
  public init(of message: [UInt8]) {
    var digest = [UInt8](repeating: 0, count: Self.length)
    _ = unsafe ccrypto_sha256(message, message.count, &digest)
    self.bytes = digest
  }

  /// Takes 64 hexadecimal digits.
  /// - Returns: nil for anything else.
  public init?(hex: String) {
    guard let bytes = Hexadecimal.bytes(hex), bytes.count == Self.length else { return nil }
    self.bytes = bytes
  }

  /// 64 digits in lower case.
  public var hex: String { Hexadecimal.text(self.bytes) }

  /// Compares in a time that does not depend on where the first difference is.
  public func matchesInConstantTime(_ other: Digest) -> Bool {
    zip(self.bytes, other.bytes).reduce(0 as UInt8) { $0 | ($1.0 ^ $1.1) } == 0
  }
}
