import Foundation
import LockCore
import Sealing
import SyncEngine
import Testing

@testable import Gateway

/// Good states that the daemon puts by.
@Suite struct StoreSnapshotsTests {
  private static let now = Timestamp(milliseconds: 1_800_000_000_000)
  private static let day = Duration.seconds(86_400)

  private func withDirectory(_ body: (DataDirectory, SealKey) throws -> Void) throws {
    let folder = FileManager.default.temporaryDirectory.appending(path: "bitting-\(UUID().uuidString)")
    defer { try? FileManager.default.removeItem(at: folder) }
    try body(try DataDirectory(path: folder.path), try #require(try SealKey(Array(repeating: 1, count: 32))))
  }

  @Test func `three are kept, and the newest that is sound is taken`() throws {
    try self.withDirectory { directory, key in
      let path = directory.path("bitting.sqlite")
      let (store, snapshots) = (try Store(path: path, key: key), StoreSnapshots(of: directory.url))
      _ = try store.deviceKey("line/5", at: Self.now) { Array(repeating: 0xA5, count: 16) }
      for day in 0..<5 { try snapshots.take(of: store, at: Date(timeIntervalSince1970: 1.8e9 + Double(day) * 86_400)) }
      #expect(snapshots.all.count == StoreSnapshots.usual)
      store.close()
      try Data("no store".utf8).write(to: URL(fileURLWithPath: path))
      #expect(throws: Store.Fault.self) { try Store(path: path, key: key) }
      try Data("no snapshot".utf8).write(to: snapshots.all[0])
      let restoring = try Restoring(into: directory, key: key, replaces: true)
      #expect(throws: StartFault.self) { try restoring.restore(snapshot: snapshots.all[0]) }
      _ = try restoring.restore(snapshot: snapshots.all[1])
      let again = try Store(path: path, key: key)
      #expect(try again.deviceKey("line/5", at: Self.now) { [] }.key == Array(repeating: 0xA5, count: 16))
    }
  }

  @Test func `their order is that in which they were made, whatever the wall clock said`() throws {
    try self.withDirectory { directory, key in
      let store = try Store(path: directory.path("bitting.sqlite"), key: key)
      let snapshots = StoreSnapshots(of: directory.url)
      let folder = directory.url.appending(path: "snapshots")
      try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
      // As an earlier version named them, made while the clock was ahead.
      try Data().write(to: folder.appending(path: "bitting-20990101T000000Z.sqlite"))
      var made: [String] = []
      for seconds: Double in [2.5e9, 1.8e9, 0, 1.9e9] {
        try snapshots.take(of: store, at: Date(timeIntervalSince1970: seconds))
        let newest = try #require(snapshots.all.first).lastPathComponent
        #expect(!made.contains(newest) && newest.hasPrefix("bitting-00000\(made.count + 1)-"))
        made.append(newest)
      }
      #expect(snapshots.all.map(\.lastPathComponent) == Array(made.reversed().prefix(StoreSnapshots.usual)))
      #expect(snapshots.all.first.flatMap(StoreSnapshots.date) == "20300317T174640Z")
    }
  }

  @Test func `the next is due a day later by the time since the start, later for a large store`() {
    var schedule = SnapshotSchedule(age: nil, size: 100_000, wasCutOff: false, at: .seconds(50))
    #expect(schedule.isDue(at: .seconds(50)))
    schedule.taken(size: 100_000, at: .seconds(60))
    #expect(!schedule.isDue(at: .seconds(60) + Self.day - .seconds(1)) && schedule.isDue(at: .seconds(60) + Self.day))
    schedule.taken(size: 10 << 20, at: .zero)
    #expect(!schedule.isDue(at: Self.day * 5 - .seconds(1)) && schedule.isDue(at: Self.day * 5))
    #expect(!SnapshotSchedule(age: Self.day / 2, size: 1, wasCutOff: false, at: .zero).isDue(at: Self.day / 3))
    #expect(SnapshotSchedule(age: Self.day / 2, size: 1, wasCutOff: false, at: .zero).isDue(at: Self.day / 2))
  }

  @Test func `a date that lies ahead neither puts it off for long nor has one taken at each look`() {
    var schedule = SnapshotSchedule(age: Self.day * -9000, size: 1, wasCutOff: false, at: .zero)
    #expect(!schedule.isDue(at: .seconds(600)) && schedule.isDue(at: .seconds(3600)))
    schedule.taken(size: 1, at: .seconds(3600))
    #expect(!schedule.isDue(at: .seconds(4200)))
  }

  @Test func `after one that failed, or that was cut off, a day passes`() {
    var schedule = SnapshotSchedule(age: nil, size: 1, wasCutOff: true, at: .zero)
    #expect(!schedule.isDue(at: Self.day - .seconds(1)) && schedule.isDue(at: Self.day))
    schedule.failed(at: Self.day)
    #expect(!schedule.isDue(at: Self.day + .seconds(600)) && schedule.isDue(at: Self.day * 2))
  }

  @Test func `one that was begun and never ended is seen and cleared away by the next`() throws {
    try self.withDirectory { directory, key in
      let store = try Store(path: directory.path("bitting.sqlite"), key: key)
      let snapshots = StoreSnapshots(of: directory.url)
      #expect(!snapshots.wasCutOff)
      let folder = directory.url.appending(path: "snapshots")
      try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
      try Data("half".utf8).write(to: folder.appending(path: "draft"))
      #expect(snapshots.wasCutOff && snapshots.all.isEmpty)
      try snapshots.take(of: store, at: Date(timeIntervalSince1970: 1.8e9))
      #expect(!snapshots.wasCutOff && snapshots.all.count == 1)
    }
  }
}
