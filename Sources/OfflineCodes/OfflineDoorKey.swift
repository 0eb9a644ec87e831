import CCrypto
public import LockCore

/// The cryptographic library does not start.
public struct OfflineCryptoFault: Error, Hashable, Sendable {}

/// The secret from which a door's offline codes follow. Whoever has it can make and verify them; it has no printable
/// form.
public struct OfflineDoorKey: Hashable, Sendable {
  /// The door.
  public let door: LockID
  /// Counts the keys of the door, from 1: a new key ends every code of the earlier ones.
  public let generation: UInt32
  /// The secret in clear, 32 bytes. For the key store and the exported key file; never for a log or an error.
  public let secret: [UInt8]

  private let subkey: [UInt8]

  /// How many bytes a secret has.
  public static let length = 32
  private static let domain = Array("bitting offline code 1".utf8)

  /// Takes a secret and derives from it the key of this door and generation alone.
  /// - Parameters:
  ///   - door: the door.
  ///   - generation: counts the keys of the door, 1 or more.
  ///   - secret: 32 bytes.
  /// - Returns: nil unless there are 32 bytes, and for all zeros, which are no secret.
  /// - Throws: when the cryptographic library does not start.
  public init?(door: LockID, generation: UInt32, secret: [UInt8]) throws(OfflineCryptoFault) {
    guard secret.count == Self.length, secret.contains(where: { $0 != 0 }), generation > 0 else { return nil }
    self.door = door
    self.generation = generation
    self.secret = secret
    self.subkey = try Self.mac(
      secret, Self.domain + [0] + Self.bytes(generation) + Array(door.rawValue.utf8))
  }

  /// Draws a secret from the system's generator.
  public static func draw() -> [UInt8] {
    var random = SystemRandomNumberGenerator()
    return (0..<Self.length).map { _ in UInt8.random(in: .min ... .max, using: &random) }
  }

  /// The first 8 bytes of HMAC-SHA-256 over a message with the key of this door, as a big-endian number, modulo
  /// `modulus`.
  func number(of message: [UInt8], modulo modulus: Int) throws(OfflineCryptoFault) -> Int {
    let digest = try Self.mac(self.subkey, message)
    let word = digest.prefix(8).reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
    return Int(word % UInt64(modulus))
  }

  static func bytes(_ number: UInt32) -> [UInt8] {
    [24, 16, 8, 0].map { UInt8(truncatingIfNeeded: number >> $0) }
  }

  private static func mac(_ key: [UInt8], _ message: [UInt8]) throws(OfflineCryptoFault) -> [UInt8] {
    var digest = [UInt8](repeating: 0, count: 32)
    guard key.count == 32, unsafe csodium_hmac_sha256(key, message, message.count, &digest) == 0 else {
      throw OfflineCryptoFault()
    }
    return digest
  }
}

extension OfflineDoorKey: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
  /// What it is, not what is in it.
  public var description: String { "offline key, generation \(self.generation)" }
  /// As ``description``.
  public var debugDescription: String { self.description }
  /// Empty: reflection must not reach the key.
  public var customMirror: Mirror { Mirror(self, children: [:]) }
}
