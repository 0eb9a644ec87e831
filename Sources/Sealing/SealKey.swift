internal import CCrypto

/// The key of the box: 32 bytes that are kept outside the store, and without which its secrets do not open. It has no
/// printable form; ``id`` tells keys apart.
public struct SealKey: Sendable {
  /// How many bytes a key has.
  public static let length = 32

  private let wrapping: [UInt8]
  /// Tells keys apart, and tells nothing of the key: 16 hexadecimal digits.
  public let id: String

  /// Takes a key.
  /// - Returns: nil unless there are 32 bytes.
  /// - Throws: ``SealFault/library``.
  public init?(_ bytes: some Collection<UInt8>) throws(SealFault) {
    guard bytes.count == Self.length else { return nil }
    self.wrapping = try KeyedDigest.of("bitting seal key: wrapping", by: Array(bytes))
    self.id = Hexadecimal.text(try KeyedDigest.of("bitting seal key: id", by: Array(bytes)).prefix(8))
  }

  /// Takes a key as it is written: 64 hexadecimal digits, white space around them.
  /// - Returns: nil for anything else.
  /// - Throws: ``SealFault/library``.
  public init?(text: some StringProtocol) throws(SealFault) {
    let digits = text.utf8.drop(while: Self.isSpace).reversed().drop(while: Self.isSpace).reversed()
    guard let bytes = Hexadecimal.bytes(String(decoding: Array(digits), as: UTF8.self)) else { return nil }
    try self.init(bytes)
  }

  /// Draws a key from the system's generator, as 64 hexadecimal digits. For the file it is kept in alone.
  public static func drawnText() -> String { Hexadecimal.text(Draw.bytes(Self.length)) }

  /// Wraps a data key.
  func wrap(_ key: [UInt8], generation: UInt32) throws(SealFault) -> [UInt8] {
    try Box.seal(key, under: self.wrapping, generation: generation, context: self.context(of: generation))
  }

  /// Unwraps a data key.
  func unwrap(_ wrapped: [UInt8], generation: UInt32) throws(SealFault) -> [UInt8] {
    try Box.open(wrapped, under: { _ in self.wrapping }, context: self.context(of: generation))
  }

  private func context(of generation: UInt32) -> String { "bitting data key \(generation) under \(self.id)" }

  private static func isSpace(_ byte: UInt8) -> Bool { byte == 0x20 || (0x09...0x0D).contains(byte) }
}

extension SealKey: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
  /// Which one it is, not what is in it.
  public var description: String { "seal key \(self.id)" }
  /// As ``description``.
  public var debugDescription: String { self.description }
  /// Empty: reflection must not reach the bytes.
  public var customMirror: Mirror { Mirror(self, children: [:]) }
}
