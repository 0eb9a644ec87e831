/// Seals and opens the secrets of one store, with the data keys that the store keeps wrapped. It has no printable form.
///
/// A sealed value says with which key it was sealed, and opens only in the place that it was sealed for: nobody can move
/// it to another row and have it taken for that row's.
public struct Seal: Sendable {
  /// A data key as the store keeps it.
  public struct WrappedKey: Hashable, Sendable {
    /// Counts the data keys of a store, from 1.
    public var generation: UInt32
    /// The seal key that opens it.
    public var keyID: String
    /// The key, wrapped.
    public var bytes: [UInt8]

    /// Puts down what a store holds.
    /// - Parameters:
    ///   - generation: counts the data keys of a store, from 1.
    ///   - keyID: the seal key that opens it.
    ///   - bytes: the key, wrapped.
    public init(generation: UInt32, keyID: String, bytes: [UInt8]) {
      (self.generation, self.keyID, self.bytes) = (generation, keyID, bytes)
    }
  }

  private struct DataKey {
    let bytes: [UInt8]
    let sealing: [UInt8]
    let digesting: [UInt8]

    init(_ bytes: [UInt8]) throws(SealFault) {
      self.bytes = bytes
      self.sealing = try KeyedDigest.of("bitting data key: sealing", by: bytes)
      self.digesting = try KeyedDigest.of("bitting data key: digesting", by: bytes)
    }
  }

  private let keys: [UInt32: DataKey]
  /// The key that seals; the others only open.
  private let newest: (generation: UInt32, key: DataKey)

  /// Unwraps the data keys of a store.
  /// - Returns: nil when there is none.
  /// - Throws: ``SealFault/broken`` for a key that `key` does not open.
  public init?(_ wrapped: [WrappedKey], under key: SealKey) throws(SealFault) {
    var keys: [UInt32: DataKey] = [:]
    for one in wrapped {
      keys[one.generation] = try DataKey(try key.unwrap(one.bytes, generation: one.generation))
    }
    try self.init(keys)
  }

  /// Takes data keys as a backup holds them.
  /// - Returns: nil when there is none.
  public init?(dataKeys: [UInt32: [UInt8]]) throws(SealFault) {
    var keys: [UInt32: DataKey] = [:]
    for (generation, bytes) in dataKeys { keys[generation] = try DataKey(bytes) }
    try self.init(keys)
  }

  private init?(_ keys: [UInt32: DataKey]) throws(SealFault) {
    guard let generation = keys.keys.max(), let key = keys[generation] else { return nil }
    (self.keys, self.newest) = (keys, (generation, key))
  }

  /// The data keys in clear, by generation. For the inside of a backup alone.
  public var dataKeys: [UInt32: [UInt8]] { self.keys.mapValues(\.bytes) }

  /// Draws a data key, wrapped.
  public static func draw(generation: UInt32 = 1, under key: SealKey) throws(SealFault) -> WrappedKey {
    WrappedKey(
      generation: generation, keyID: key.id, bytes: try key.wrap(Draw.bytes(SealKey.length), generation: generation))
  }

  /// The data keys, wrapped under a seal key.
  public func wrapped(under key: SealKey) throws(SealFault) -> [WrappedKey] {
    var wrapped: [WrappedKey] = []
    for (generation, data) in self.keys.sorted(by: { $0.key < $1.key }) {
      wrapped.append(
        WrappedKey(
          generation: generation, keyID: key.id, bytes: try key.wrap(data.bytes, generation: generation)))
    }
    return wrapped
  }

  /// Seals bytes for one place.
  public func seal(_ bytes: [UInt8], for place: SealedPlace) throws(SealFault) -> [UInt8] {
    try Box.seal(
      bytes, under: self.newest.key.sealing, generation: self.newest.generation, context: place.context)
  }

  /// Opens what was sealed for a place.
  public func open(_ sealed: [UInt8], from place: SealedPlace) throws(SealFault) -> [UInt8] {
    try Box.open(sealed, under: { self.keys[$0]?.sealing }, context: place.context)
  }

  /// What a value is found by without being kept: 32 bytes that only this store comes to.
  /// - Parameter purpose: what it is for; digests for two purposes have nothing in common.
  public func digest(of text: String, for purpose: String) throws(SealFault) -> [UInt8] {
    try KeyedDigest.of("\(purpose)\u{0}\(text)", by: self.newest.key.digesting)
  }
}

extension Seal: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
  /// That it is one, and nothing else.
  public var description: String { "a seal" }
  /// As ``description``.
  public var debugDescription: String { self.description }
  /// Empty: reflection must not reach the keys.
  public var customMirror: Mirror { Mirror(self, children: [:]) }
}

/// Where a sealed value belongs.
public struct SealedPlace: Hashable, Sendable {
  let context: String

  /// A column of a row.
  /// - Parameters:
  ///   - column: table and column, `access_code.pin`.
  ///   - row: what the row is known by.
  public init(column: String, row: String) { self.context = "bitting 1 \(column)\u{0}\(row)" }

  /// A file of the data directory, by its path there.
  public init(file: String) { self.context = "bitting 1 file\u{0}\(file)" }
}
