internal import LockCore

/// Every API key, as a value over their hashes.
struct KeyRing: Sendable {
  /// How long a use is kept in memory before the next one is written down.
  static let writeInterval = Duration.seconds(15 * 60)

  private struct Entry {
    var key: APIKey
    var digest: Digest
    /// When a use was written last.
    var writtenAt: Timestamp?
  }

  private var entries: [Entry]

  /// Takes what the store holds, oldest first.
  init(_ keys: [(key: APIKey, digest: Digest)]) {
    self.entries = keys.map { Entry(key: $0.key, digest: $0.digest, writtenAt: $0.key.lastUsedAt) }
  }

  /// Every key there ever was, oldest first.
  var keys: [APIKey] { self.entries.map(\.key) }

  /// The key that somebody sent; nil for an unknown and for a revoked one. Takes the same time for all.
  func key(_ sent: String) -> APIKey? {
    let digest = Digest(of: Array(sent.utf8))
    var found: APIKey?
    for entry in self.entries where entry.digest.matchesInConstantTime(digest) { found = entry.key }
    return found.flatMap { $0.revokedAt == nil ? $0 : nil }
  }

  /// A key was used.
  /// - Returns: the key when the use is to be written down; nil while that was done a short while ago.
  mutating func used(_ id: String, from address: String?, at now: Timestamp) -> APIKey? {
    guard let index = self.entries.firstIndex(where: { $0.key.id == id }) else { return nil }
    self.entries[index].key.lastUsedAt = now
    self.entries[index].key.lastUsedFrom = address
    // A clock that was set back must not put writing off.
    if let writtenAt = self.entries[index].writtenAt, now >= writtenAt, now - writtenAt < Self.writeInterval {
      return nil
    }
    self.entries[index].writtenAt = now
    return self.entries[index].key
  }

  /// A key was stored.
  mutating func added(_ key: APIKey, _ digest: Digest) { self.entries.append(Entry(key: key, digest: digest)) }

  /// A key is good no longer.
  mutating func revoked(_ id: String, at now: Timestamp) {
    guard let index = self.entries.firstIndex(where: { $0.key.id == id }) else { return }
    self.entries[index].key.revokedAt = now
  }
}
