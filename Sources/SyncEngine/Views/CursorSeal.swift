internal import CCrypto
internal import Sealing

/// Marks what was made here and given away, so that it is known again when it comes back. Its key has no printable
/// form.
public struct CursorSeal: Sendable {
  private let key: [UInt8]

  /// Makes a seal.
  /// - Parameter key: 32 bytes that nobody else knows.
  /// - Returns: nil for another number of bytes.
  public init?(key: [UInt8]) {
    guard key.count == 32 else { return nil }
    self.key = key
  }

  /// The mark of `bytes`: the first half of their HMAC-SHA-256, 16 bytes.
  public func tag(of bytes: [UInt8]) -> [UInt8] {
    var tag = [UInt8](repeating: 0, count: 32)
    _ = unsafe csodium_hmac_sha256(self.key, bytes, bytes.count, &tag)
    return Array(tag.prefix(16))
  }

  /// True when `tag` is the mark of `bytes`; takes the same time wherever the two differ.
  public func isTag(_ tag: [UInt8], of bytes: [UInt8]) -> Bool {
    let own = self.tag(of: bytes)
    guard own.count == tag.count else { return false }
    return unsafe csodium_equal(own, tag, own.count) == 1
  }
}

extension CursorSeal: CustomStringConvertible, CustomReflectable {
  /// That it is one, and nothing else.
  public var description: String { "a seal" }
  /// Empty: reflection must not reach the key.
  public var customMirror: Mirror { Mirror(self, children: [:]) }
}

extension CursorSeal {
  /// The site's own seal; its key is drawn once and kept in the store.
  init(keptIn store: Store) throws {
    let text = try store.secret("cursor_key") { Hexadecimal.text(Draw.bytes(32)) }
    guard let seal = CursorSeal(key: Hexadecimal.bytes(text) ?? []) else {
      throw MalformedRow(column: "secret.cursor_key")
    }
    self = seal
  }
}
