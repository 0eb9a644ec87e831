import Foundation
import Gateway
import LockCore
import LockTransport
import SyncEngine

/// The daemon's first API key: from the environment, else made and shown once.
struct APIKey {
  /// The key when it was made just now, and may be shown.
  private(set) var made: String?
  /// Where an earlier key came from, for people.
  private(set) var hint = "the one you have: it is stored hashed and cannot be shown again"

  init(environment: [String: String], store: Store) throws {
    let now = Reactor.now.date
    if let given = environment["BITTING_API_KEY"], !given.isEmpty {
      if let fault = Self.fault(of: given) { throw StartFault(.configuration, "BITTING_API_KEY \(fault)") }
      try store.addAPIKey(hash: SyncEngine.hash(ofAPIKey: given), at: now)
      self.hint = "the one in BITTING_API_KEY"
    } else if try !store.hasAPIKey() {
      var random = SystemRandomNumberGenerator()
      let alphabet = Array("123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz")
      func draw(_ count: Int) -> String {
        String((0..<count).compactMap { _ in alphabet.randomElement(using: &random) })
      }
      // The clients refuse keys that begin like other kinds of token: seam_at, seam_cst, seam_pk.
      let key = "seam_e\(draw(7))_\(draw(24))"
      try store.addAPIKey(hash: SyncEngine.hash(ofAPIKey: key), at: now)
      self.made = key
    }
  }

  /// Why a key would not work with the official clients; nil when it does.
  private static func fault(of key: String) -> String? {
    guard key.hasPrefix("seam_") else { return "must begin with seam_, as the official clients demand" }
    for prefix in ["seam_at", "seam_cst", "seam_pk"] where key.hasPrefix(prefix) {
      return "must not begin with \(prefix): the official clients take it for another kind of token"
    }
    guard key.utf8.count >= 25, key.utf8.count <= 200, key.utf8.allSatisfy({ $0 > 32 && $0 < 127 }) else {
      return
        "must have 20 to 195 further characters after seam_, without spaces; make one with: echo seam_$(openssl rand -hex 16)"
    }
    return nil
  }
}
