internal import Foundation
internal import GRDB
internal import LockCore
internal import Logging
internal import Synchronization

/// API keys: who may ask.
extension SyncEngine {
  /// The most keys that may be good at once.
  public static let mostAPIKeys = 200

  /// SHA-256 in lower-case hexadecimal of a document with its keys in order: the same for the same request.
  public static func hash(of document: JSONValue) -> String? {
    (try? Store.text(document)).map { Digest(of: Array($0.utf8)).hex }
  }

  /// The key that somebody sent; nil for an unknown and for a revoked one. Takes the same time for all.
  public nonisolated func apiKey(_ sent: String) -> APIKey? { self.keyRing.withLock { $0.key(sent) } }

  /// Every key there ever was, oldest first.
  public nonisolated var apiKeys: [APIKey] { self.keyRing.withLock { $0.keys } }

  /// A key was used from an address; written down now and then.
  public nonisolated func apiKeyWasUsed(_ id: String, from address: String?) async {
    let now = self.clock.now().date
    if let due = self.keyRing.withLock({ $0.used(id, from: address, at: now) }) { await self.writeLastUse(of: due) }
  }

  private func writeLastUse(of key: APIKey) {
    do {
      try self.store.writeLastUse(of: key)
    } catch {
      self.logger.debug("the last use of a key cannot be written", metadata: ["reason": "\(Store.reason(of: error))"])
    }
  }

  /// Makes a key; it is good once this returns.
  /// - Parameters:
  ///   - name: for people.
  ///   - scopes: what it may do.
  /// - Throws: ``RequestFault/invalid(_:)`` for a name that a good key has, ``RequestFault/storeUnavailable(_:)``; then
  ///   there is no key.
  /// - Returns: what is known of it from now on, and the key itself, which is known nowhere else.
  public func createAPIKey(name: String, scopes: Scopes) throws(RequestFault) -> (key: APIKey, secret: APIKeySecret) {
    let good = self.apiKeys.filter { $0.revokedAt == nil }
    guard !good.contains(where: { $0.name == name }) else {
      throw .invalid("There is a key of this name already; revoke it first, or take another name.")
    }
    guard good.count < Self.mostAPIKeys else {
      throw .invalid("There are \(Self.mostAPIKeys) keys already, and no more can be had; revoke one first.")
    }
    let secret = APIKeySecret()
    let key = APIKey(
      id: UUID().uuidString.lowercased(), name: name, scopes: scopes, prefix: secret.prefix, createdAt: self.now())
    let request = AuditedRequest.current
    try self.writeKeys { database in
      try self.store.add(key, secret.digest, in: database)
      try self.store.append(request, about: ["api_key_id": [key.id]], key.described, in: database)
    }
    self.keyRing.withLock { $0.added(key, secret.digest) }
    return (key, secret)
  }

  /// Revokes a key: nothing that is asked with it after this returns is done. One that is revoked stays as it is.
  /// - Throws: ``RequestFault/apiKeyNotFound``, ``RequestFault/storeUnavailable(_:)``; nothing was changed.
  public func revokeAPIKey(_ id: String) throws(RequestFault) -> APIKey {
    guard let known = self.apiKeys.first(where: { $0.id == id }) else { throw .apiKeyNotFound }
    if known.revokedAt != nil { return known }
    let now = self.now()
    let request = AuditedRequest.current
    try self.writeKeys { database in
      try self.store.revokeAPIKey(id, at: now, in: database)
      try self.store.append(request, about: ["api_key_id": [id]], known.described, in: database)
    }
    self.keyRing.withLock { $0.revoked(id, at: now) }
    var key = known
    key.revokedAt = now
    return key
  }

  private func writeKeys(_ change: (Database) throws -> Void) throws(RequestFault) {
    do {
      try self.store.database.write(change)
    } catch {
      throw .storeUnavailable(
        "The gateway cannot write its store (\(Store.reason(of: error))); no key was changed. Check the disk, then try again."
      )
    }
  }
}
