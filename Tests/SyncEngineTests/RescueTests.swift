import Foundation
import GRDB
import LockCore
import Sealing
import Seeded
import Testing

@testable import SyncEngine

/// Damaged stores, byte by byte: whatever a file holds, reading it ends, and believes nothing that does not fit.
@Suite struct RescueTests {
  private static let now = Timestamp(milliseconds: 1_800_000_000_000)

  /// The bytes of a store with some locks in it.
  private func bytes(locks: Int, key: SealKey) throws -> [UInt8] {
    let path = FileManager.default.temporaryDirectory.appending(path: "rescue-\(UUID().uuidString).sqlite").path
    defer { for suffix in ["", "-wal", "-shm"] { try? FileManager.default.removeItem(atPath: path + suffix) } }
    let store = try Store(path: path, key: key)
    for number in 0..<locks { _ = try store.offlineKey(ofLock: "Door \(number)", at: Self.now) }
    store.close()
    Store.settle(path)
    return [UInt8](try Data(contentsOf: URL(fileURLWithPath: path)))
  }

  @Test func `a sound store is read to its last row`() throws {
    let key = try #require(try SealKey(Draw.bytes(SealKey.length)))
    let rescued = try RescuedStore(file: try self.bytes(locks: 300, key: key), log: [], keys: [key])
    #expect(rescued.doors.count == 300 && rescued.opensSecrets && rescued.sealKeyID == key.id)
    #expect(Set(rescued.doors.map(\.name)) == Set((0..<300).map { "Door \($0)" }))
    #expect(rescued.tables.allSatisfy { $0.unreadable == 0 })
    #expect(rescued.tables.first { $0.name == "offline_key" }?.rows == 300)
  }

  @Test func `whatever bytes a file has, reading it ends`() throws {
    let key = try #require(try SealKey(Draw.bytes(SealKey.length)))
    let whole = try self.bytes(locks: 60, key: key)
    let layouts = try RescuedTables.layouts(of: try Store())
    let names = Set((0..<60).map { "Door \($0)" })
    var random = SeededRandom(seed: 5)
    for round in 0..<400 {
      var broken = whole
      for _ in 0...(round % 40) {
        let place = Int.random(in: 0..<broken.count, using: &random)
        // The heads of pages, where everything is decided, as often as anything else.
        let head = place - place % 4096 + Int.random(in: 0..<24, using: &random)
        broken[round % 2 == 0 ? place : min(head, broken.count - 1)] = UInt8.random(in: .min ... .max, using: &random)
      }
      if round % 5 == 0 { broken.removeLast(Int.random(in: 0..<broken.count, using: &random)) }
      let tables = RescuedTables(of: DatabasePages(file: broken, log: whole), layouts: layouts)
      #expect(tables.found.count == layouts.count)
      // A name may have been hit; none is made up of parts of others.
      let found = (tables.found["lock"]?.rows ?? []).map { $0["key"] as String }
      #expect(found.count(where: { !names.contains($0) }) <= 41)
    }
    for length in [0, 1, 15, 100, 511, 4096, 5000] {
      let noise = (0..<length).map { _ in UInt8.random(in: .min ... .max, using: &random) }
      let tables = RescuedTables(of: DatabasePages(file: noise, log: noise), layouts: layouts)
      #expect(tables.found.values.allSatisfy { $0.rows.isEmpty && !$0.isSound })
    }
  }
}
