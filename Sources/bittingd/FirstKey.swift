import Foundation
import Gateway
import LockCore
import LockTransport
import SyncEngine

/// The daemon's first API key: from the environment, else made and shown once.
struct FirstKey {
  /// The key when it was made just now, and may be shown.
  private(set) var made: String?
  /// Where an earlier key came from, for people.
  private(set) var hint = "the one you have: it is stored hashed and cannot be shown again"

  /// Keeps the key that is given, or makes one.
  /// - Parameters:
  ///   - environment: of the process.
  ///   - store: keeps its hash.
  ///   - isShown: false when what the daemon prints is kept in a journal, where no key may stand; then none is made.
  ///   - warn: told of a key that was revoked: it opens nothing any more, and doors do not wait for a better one.
  init(environment: [String: String], store: Store, isShown: Bool, warn: (String) -> Void) throws {
    let now = Reactor.now.date
    if let given = environment["BITTING_API_KEY"], !given.isEmpty {
      guard let secret = APIKeySecret(given) else {
        throw StartFault(.configuration, "BITTING_API_KEY \(APIKeySecret.fault(of: given) ?? "is no API key")")
      }
      let key = try store.addAPIKey(secret, name: "BITTING_API_KEY", at: now)
      guard key.revokedAt == nil else {
        warn(
          "BITTING_API_KEY is a key that was revoked, and opens nothing; take it out of the environment, or put another one there"
        )
        self.hint = "none: the one in BITTING_API_KEY was revoked"
        return
      }
      self.hint = "the one in BITTING_API_KEY"
    } else if try !store.hasAPIKey() {
      guard isShown else {
        self.hint = "none yet; make one with: sudo bitting keys create NAME --scope write --scope reveal"
        return
      }
      let secret = APIKeySecret()
      try store.addAPIKey(secret, name: "first key", at: now)
      self.made = secret.text
    }
  }
}
