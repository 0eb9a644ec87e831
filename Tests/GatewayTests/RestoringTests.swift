import Foundation
import LockCore
import LockDrivers
import OfflineCodes
import Sealing
import SyncEngine
import Testing

@testable import Gateway

/// Backups from one data directory into another, under another seal key.
@Suite struct RestoringTests {
  private static let now = Timestamp(milliseconds: 1_800_000_000_000)
  private static let passphrase = "correct horse battery"

  private struct Box {
    let directory: DataDirectory
    let key: SealKey

    init(_ folder: URL, _ byte: UInt8) throws {
      self.directory = try DataDirectory(path: folder.path)
      self.key = try #require(try SealKey(Array(repeating: byte, count: 32)))
    }

    var url: URL { self.directory.url }
    func store() throws -> Store { try Store(path: self.directory.path("bitting.sqlite"), key: self.key) }
  }

  private func withBoxes(_ body: (Box, Box, URL) async throws -> Void) async throws {
    let folder = FileManager.default.temporaryDirectory.appending(path: "bitting-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    try await body(
      try Box(folder.appending(path: "one"), 1), try Box(folder.appending(path: "two"), 2),
      folder.appending(path: "backup"))
  }

  private func lock(_ name: String, nukiID: UInt32) throws -> PairedNukiLock {
    let address = try #require(BluetoothAddress("54:D2:72:AB:CD:EF", kind: .public))
    let authorization = NukiAuthorization(
      sessionKey: try #require(NukiKey(Array(1...32))), id: NukiAuthorizationID(number: 7), appID: 9, type: .bridge,
      address: address, nukiID: nukiID, lockUUID: Array(1...16), pin: try #require(NukiSecurityPIN("4321")),
      generation: .upTo4)
    return PairedNukiLock(
      name: name, pairedAt: Date(timeIntervalSince1970: 1_800_000_000), needsBond: false, authorization: authorization)
  }

  private func fill(_ box: Box) throws {
    let store = try box.store()
    _ = try store.deviceKey("line/5", at: Self.now) { Array(repeating: 0xA5, count: 16) }
    _ = try store.offlineKey(ofLock: "Front", at: Self.now)
    try self.lock("Gate", nukiID: 0x1A2B_3C4D).write(to: box.url, seal: store.seal)
    store.close()
  }

  private func derived() throws -> BackupKey {
    let derivation = BackupKey.Derivation(salt: String(repeating: "ab", count: 16), passes: 1, memoryBytes: 8 << 10)
    return try #require(BackupKey(try derivation.key(of: Self.passphrase), derivation: derivation))
  }

  private func back(up box: Box, key: BackupKey, to file: URL) async throws {
    let seal = try Store.seal(ofStoreAt: box.directory.path("bitting.sqlite"), under: box.key)
    var bytes = Data()
    for try await piece in try BackupContents(of: box.url, seal: seal, configuration: nil, key: key).bytes() {
      bytes += piece
    }
    try bytes.write(to: file)
  }

  @discardableResult
  private func restore(
    _ file: URL, into box: Box, replaces: Bool = false, secret: BackupSecret = .passphrase(passphrase)
  ) throws -> Restoring.Outcome {
    let restoring = try Restoring(into: box.directory, key: box.key, replaces: replaces)
    return try restoring.restore(try FileHandle(forReadingFrom: file), named: "backup") { _ in secret }
  }

  @Test func `another box with another seal key has every key after a restore`() async throws {
    try await self.withBoxes { one, two, file in
      try self.fill(one)
      try await self.back(up: one, key: try self.derived(), to: file)
      #expect(try FileManager.default.contentsOfDirectory(atPath: one.url.path).filter { $0.hasPrefix("backup") } == [])
      let outcome = try self.restore(file, into: two)
      #expect(outcome.summary.locks == 1 && outcome.replaced == nil && !outcome.isUnproven)
      let (before, after) = (try one.store(), try two.store())
      let kept = try after.deviceKey("line/5", at: Self.now) { [] }
      #expect(kept.key == Array(repeating: 0xA5, count: 16))
      #expect(
        try before.offlineKey(ofLock: "Front", at: Self.now).secret
          == after.offlineKey(ofLock: "Front", at: Self.now).secret)
      let (locks, faults) = PairedNukiLock.all(in: two.url, seal: after.seal)
      #expect(faults.isEmpty && locks.map(\.name) == ["Gate"])
      #expect(locks.first?.authorization.sessionKey.bytes == Array(1...32))
      #expect(try FileManager.default.contentsOfDirectory(atPath: two.url.path).contains("restoring") == false)
    }
  }

  @Test(.timeLimit(.minutes(1)))
  func `one backup at a time, from its beginning until its last byte is out or nobody wants it`() async throws {
    try await self.withBoxes { one, _, _ in
      try self.fill(one)
      let (turns, key) = (BackupTurns(), try self.derived())
      let seal = try Store.seal(ofStoreAt: one.directory.path("bitting.sqlite"), under: one.key)
      func begin() async throws -> AsyncThrowingStream<[UInt8], any Error> {
        try await BackupContents.made(
          of: one.url, seal: seal, configuration: nil, key: key, turn: try #require(turns.take())
        ).bytes()
      }
      var pieces: AsyncThrowingStream<[UInt8], any Error>? = try await begin()
      #expect(turns.take() == nil)
      if let pieces { for try await _ in pieces { #expect(turns.take() == nil) } }
      #expect(turns.take() != nil)
      pieces = try await begin()
      if let pieces { for try await _ in pieces { break } }
      #expect(turns.take() == nil)
      pieces = nil
      // Whoever wrote the last piece lets go of it on a thread of its own.
      while turns.take() == nil { await Task.yield() }
    }
  }

  @Test func `a backup for a key opens with the secret half alone, and is told to be unproven`() async throws {
    try await self.withBoxes { one, two, file in
      try self.fill(one)
      let secret = Draw.bytes(32)
      let key = try #require(BackupKey(recipient: try BackupKey.publicKey(of: secret)))
      try await self.back(up: one, key: key, to: file)
      for wrong in [BackupSecret.secretKey(Draw.bytes(32)), .passphrase(Self.passphrase)] {
        let fault = #expect(throws: StartFault.self) { try self.restore(file, into: two, secret: wrong) }
        #expect(fault?.status == .refused)
      }
      #expect(try self.restore(file, into: two, secret: .secretKey(secret)).isUnproven)
    }
  }

  @Test func `a backup that was changed, cut short or lengthened anywhere is refused, and nothing is left behind`()
    async throws
  {
    try await self.withBoxes { one, two, file in
      try self.fill(one)
      try await self.back(up: one, key: try self.derived(), to: file)
      let whole = try Data(contentsOf: file)
      var broken: [Data] = []
      for position in stride(from: 0, to: whole.count, by: whole.count / 60) {
        var changed = whole
        changed[position] ^= 0x10
        broken += [changed, whole.prefix(position)]
      }
      // Cut between two pieces.
      let head = 17 + 4 + whole[17..<21].reduce(0) { $0 << 8 | Int($1) }
      broken += [whole.prefix(head + 4 + 65536 + 16), whole + Data([0]), whole + whole.suffix(from: head)]
      for bytes in broken {
        try bytes.write(to: file)
        #expect(throws: StartFault.self) { try self.restore(file, into: two) }
        let left = try FileManager.default.contentsOfDirectory(atPath: two.url.path)
        #expect(left == ["bittingd.lock"])
      }
      try whole.write(to: file)
      try self.restore(file, into: two)
    }
  }

  @Test func `a directory that holds a store is left as it is unless told; then what was there lies aside`()
    async throws
  {
    try await self.withBoxes { one, two, file in
      try self.fill(one)
      try await self.back(up: one, key: try self.derived(), to: file)
      let store = try two.store()
      _ = try store.deviceKey("own", at: Self.now) { [7] }
      try self.lock("Own", nukiID: 7).write(to: two.url, seal: store.seal)
      store.close()
      let before = try Data(contentsOf: URL(fileURLWithPath: two.directory.path("bitting.sqlite")))
      let fault = #expect(throws: StartFault.self) { try self.restore(file, into: two) }
      #expect(fault?.status == .cannotCreate && fault?.message.contains("--replace") == true)
      #expect(try Data(contentsOf: URL(fileURLWithPath: two.directory.path("bitting.sqlite"))) == before)
      let replaced = try #require(try self.restore(file, into: two, replaces: true).replaced)
      let old = try Store(path: "\(replaced)/bitting.sqlite", key: two.key)
      #expect(try old.deviceKey("own", at: Self.now) { [] }.key == [7])
      #expect(PairedNukiLock.all(in: URL(fileURLWithPath: replaced), seal: old.seal).locks.map(\.name) == ["Own"])
      #expect(PairedNukiLock.all(in: two.url, seal: try two.store().seal).locks.map(\.name) == ["Gate"])
    }
  }

  @Test(arguments: ["../evil", "/etc/passwd", "nuki/../../evil.json", "nuki/.json", "bitting.sqlite-wal", "nuki", ""])
  func `a name that no backup has is refused`(name: String) async throws {
    try await self.withBoxes { _, two, file in
      var writer = try BackupWriter(key: try self.derived(), madeAt: "now", madeBy: "test")
      let inside = TarHeader(name: name, size: 0).block + [UInt8](repeating: 0, count: 1024)
      try Data(writer.head + writer.piece(inside, isLast: true)).write(to: file)
      #expect(throws: StartFault.self) { try self.restore(file, into: two) }
    }
  }

  @Test func `after a rotation everything opens under the new key alone`() async throws {
    try await self.withBoxes { one, two, _ in
      try self.fill(one)
      let path = one.directory.path("bitting.sqlite")
      let offline = try one.store().offlineKey(ofLock: "Front", at: Self.now).secret
      let before = try Store.seal(ofStoreAt: path, under: one.key)
      let locks = PairedNukiLock.all(in: one.url, seal: before).locks
      let (seal, leftover) = try Store.rotate(path, from: one.key, to: two.key)
      #expect(leftover == nil)
      // Files that were not written anew yet still open.
      #expect(PairedNukiLock.all(in: one.url, seal: seal).faults.isEmpty)
      for lock in locks { try lock.write(to: one.url, seal: seal) }
      #expect(PairedNukiLock.all(in: one.url, seal: before).faults.count == 1)
      #expect(throws: Store.Fault.self) { try one.store() }
      let store = try Store(path: path, key: two.key)
      #expect(try store.deviceKey("line/5", at: Self.now) { [] }.key == Array(repeating: 0xA5, count: 16))
      #expect(try store.offlineKey(ofLock: "Front", at: Self.now).secret == offline)
      #expect(PairedNukiLock.all(in: one.url, seal: store.seal).locks.map(\.name) == ["Gate"])
    }
  }
}
