import GRDB
import LockCore
import Sealing
import Testing

@testable import SyncEngine

@Suite struct `API keys` {
  private static let start = Timestamp(milliseconds: 1_800_000_000_000)

  private static func key(_ name: String, _ scopes: Scopes = .all) -> (key: APIKey, secret: APIKeySecret) {
    let secret = APIKeySecret()
    return (
      APIKey(id: "id of \(name)", name: name, scopes: scopes, prefix: secret.prefix, createdAt: self.start), secret
    )
  }

  @Test(arguments: [
    ([], []), (["read"], ["read"]), (["write"], ["read", "write"]), (["reveal"], ["read", "reveal"]),
    (["admin"], ["read", "admin"]), (["admin", "write"], ["read", "write", "admin"]),
    (["reveal", "nonsense", "Read"], ["read", "reveal"]),
    (["read", "write", "reveal", "admin"], ["read", "write", "reveal", "admin"]),
  ])
  func `every scope includes read and no other`(names: [String], all: [String]) {
    #expect(Scopes(names: names).names == all)
  }

  @Test func `what is missing is named`() {
    #expect(Scopes.read.missing(of: [.write, .reveal]) == ["write", "reveal"])
    #expect(Scopes.write.missing(of: .reveal) == ["reveal"])
    #expect(Scopes([]).missing(of: .admin) == ["read", "admin"])
    #expect(Scopes.all.missing(of: .all) == [])
  }

  @Test func `a drawn key suits the official clients and is another one each time`() {
    let secrets = (0..<100).map { _ in APIKeySecret() }
    #expect(Set(secrets.map(\.text)).count == 100)
    for secret in secrets {
      #expect(APIKeySecret.fault(of: secret.text) == nil)
      #expect(secret.prefix.utf8.count == 13 && secret.text.hasPrefix(secret.prefix + "_"))
    }
    #expect(APIKeySecret("seam_hunter2_hunter2_hunter2")?.prefix == "seam_hun")
  }

  @Test(arguments: [
    "seam_short", "mine_0123456789012345678901234", "seam_at0123456789012345678901234",
    "seam_ä123456789012345678901234",
  ])
  func `a key that the official clients would refuse is refused`(text: String) {
    #expect(APIKeySecret(text) == nil)
    #expect(APIKeySecret.fault(of: text) != nil)
  }

  @Test func `a key has no printable form`() {
    let secret = APIKeySecret()
    var dumped = ""
    dump(secret, to: &dumped)
    for text in ["\(secret)", String(reflecting: secret), dumped] { #expect(!text.contains(secret.text.suffix(24))) }
  }

  @Test func `a key is known until it is revoked, and others stay`() {
    let (panel, app) = (Self.key("panel"), Self.key("app", .read))
    var ring = KeyRing([(panel.key, panel.secret.digest)])
    #expect(ring.key(app.secret.text) == nil)
    ring.added(app.key, app.secret.digest)
    #expect(ring.key(app.secret.text) == app.key)
    ring.revoked(panel.key.id, at: Self.start)
    #expect(ring.key(panel.secret.text) == nil)
    #expect(ring.key(app.secret.text) == app.key)
    #expect(ring.keys.map(\.revokedAt) == [Self.start, nil])
    for nonsense in ["", panel.secret.prefix, panel.secret.digest.hex, app.secret.text + " "] {
      #expect(ring.key(nonsense) == nil)
    }
  }

  @Test func `a use is known at once and written once in a quarter of an hour`() {
    let (key, secret) = Self.key("panel")
    var ring = KeyRing([(key, secret.digest)])
    var written: [Int] = []
    for minute in 0..<60 {
      let now = Self.start + .minutes(minute)
      if ring.used(key.id, from: "192.0.2.\(minute)", at: now) != nil { written.append(minute) }
      #expect(ring.keys.first?.lastUsedAt == now)
      #expect(ring.keys.first?.lastUsedFrom == "192.0.2.\(minute)")
    }
    #expect(written == [0, 15, 30, 45])
    let past = Self.start - .hours(24)
    #expect(ring.used(key.id, from: nil, at: past)?.lastUsedAt == past, "a clock that was set back puts nothing off")
    #expect(ring.used("id of nobody", from: nil, at: Self.start) == nil)
  }

  @Test func `keys of earlier versions keep all that they could do`() throws {
    let old = try DatabaseQueue()
    try Store.migrator(.test()).migrate(old, upTo: "10")
    let secrets = [APIKeySecret(), APIKeySecret()]
    try old.write { database in
      for (index, secret) in secrets.enumerated() {
        try database.execute(
          sql: "INSERT INTO api_key (hash, created_at) VALUES (?, ?)", arguments: [secret.digest.hex, index])
      }
    }
    try Store.migrator(.test()).migrate(old)
    let rows = try old.read { try Row.fetchAll($0, sql: "SELECT * FROM api_key ORDER BY created_at") }
    #expect(rows.map { $0["hash"] as String } == secrets.map(\.digest.hex))
    #expect(rows.map { $0["name"] as String } == ["first key", "key 2"])
    #expect(rows.allSatisfy { $0["scopes"] == "read write reveal admin" && $0["revoked_at"] == nil as Int64? })
    #expect(Set(rows.map { $0["id"] as String }).count == 2)
  }
}
