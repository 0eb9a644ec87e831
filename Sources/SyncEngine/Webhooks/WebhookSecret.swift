internal import CCrypto
internal import Foundation

/// The 24 bytes that a webhook's signatures are made with. It has no printable form; ``text`` alone shows it.
public struct WebhookSecret: Hashable, Sendable {
  static let length = 24
  let bytes: [UInt8]

  /// Takes stored bytes.
  /// - Returns: nil unless there are 24.
  init?(_ bytes: [UInt8]) {
    guard bytes.count == Self.length else { return nil }
    self.bytes = bytes
  }

  /// Draws one from the system's generator.
  init() {
    var random = SystemRandomNumberGenerator()
    self.bytes = (0..<Self.length).map { _ in UInt8.random(in: .min ... .max, using: &random) }
  }

  /// As clients are told it and verifiers take it (R144): `whsec_` and base64. For API replies alone.
  public var text: String { "whsec_" + Data(self.bytes).base64EncodedString() }

  /// The value of `svix-signature` (R142): `v1,` and base64 of the HMAC-SHA256 over `ID.TIMESTAMP.BODY`.
  func signature(id: String, timestamp: Int64, body: [UInt8]) -> String {
    let signed = Array("\(id).\(timestamp).".utf8) + body
    // HMAC fills a short key with zeros, so that of 32 bytes is the same.
    let key = self.bytes + [UInt8](repeating: 0, count: 32 - Self.length)
    var digest = [UInt8](repeating: 0, count: 32)
    _ = unsafe csodium_hmac_sha256(key, signed, signed.count, &digest)
    return "v1," + Data(digest).base64EncodedString()
  }
}

extension WebhookSecret: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
  /// Says that it is one, and nothing else.
  public var description: String { "webhook secret" }
  /// As ``description``.
  public var debugDescription: String { self.description }
  /// Empty: reflection must not reach the bytes.
  public var customMirror: Mirror { Mirror(self, children: [:]) }
}
