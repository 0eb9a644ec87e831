import Foundation
import LockCore
import Sealing
import SyncEngine
import Testing

@testable import Gateway

/// What a power cut or a full disk leaves in the data directory.
@Suite struct DataDirectoryTests {
  private func withFolder(_ body: (URL) throws -> Void) throws {
    let folder = FileManager.default.temporaryDirectory.appending(path: "bitting-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    try body(folder)
  }

  @Test func `an empty key file beside no store is drawn anew`() throws {
    try self.withFolder { folder in
      let file = folder.appending(path: "seal-key")
      try Data().write(to: file)
      try FileManager.default.setAttributes([.posixPermissions: 0o600], ofItemAtPath: file.path)
      let key = try SealKey.found(for: folder, file: nil, environment: [:])
      #expect(try SealKey.found(for: folder, file: nil, environment: [:]).id == key.id)
      #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path) == ["seal-key"])
    }
  }

  @Test func `a restore that was cut off is gone on with, wherever that was`() throws {
    for moment in 0..<5 {
      try self.withFolder { folder in
        func write(_ text: String, _ path: String) throws {
          let url = folder.appending(path: path)
          try FileManager.default.createDirectory(
            at: url.deletingLastPathComponent(), withIntermediateDirectories: true)
          try Data(text.utf8).write(to: url)
        }
        func text(_ path: String) -> String? { try? String(contentsOf: folder.appending(path: path), encoding: .utf8) }
        try write("old", "bitting.sqlite")
        try write("old log", "bitting.sqlite-wal")
        for name in ["A", "B"] { try write("old \(name)", "nuki/\(name).json") }
        try write("new", "restoring/bitting.sqlite")
        for name in ["B", "C"] { try write("new \(name)", "restoring/nuki/\(name).json") }
        if moment > 0 {
          _ = try Switchover(
            of: folder, draft: folder.appending(path: "restoring"), aside: "replaced", replacesKeys: true)
        }
        let files = FileManager.default
        if moment > 1 {
          try files.createDirectory(at: folder.appending(path: "replaced"), withIntermediateDirectories: true)
          try files.moveItem(
            at: folder.appending(path: "bitting.sqlite"), to: folder.appending(path: "replaced/bitting.sqlite"))
        }
        if moment > 2 {
          try files.createDirectory(at: folder.appending(path: "replaced/nuki"), withIntermediateDirectories: true)
          for name in ["A", "B"] {
            try files.moveItem(
              at: folder.appending(path: "nuki/\(name).json"), to: folder.appending(path: "replaced/nuki/\(name).json"))
          }
          try files.moveItem(
            at: folder.appending(path: "bitting.sqlite-wal"), to: folder.appending(path: "replaced/bitting.sqlite-wal"))
        }
        if moment > 3 {
          try write("", "restored/cleared")
          try files.moveItem(
            at: folder.appending(path: "restored/nuki/B.json"), to: folder.appending(path: "nuki/B.json"))
        }
        for _ in 0..<2 { try Switchover.settle(in: folder) }
        let keys = try files.contentsOfDirectory(atPath: folder.appending(path: "nuki").path).sorted()
        let entries = try files.contentsOfDirectory(atPath: folder.path)
        #expect(!entries.contains("restoring") && !entries.contains("restored"))
        if moment == 0 {
          #expect(text("bitting.sqlite") == "old" && keys == ["A.json", "B.json"] && text("nuki/B.json") == "old B")
        } else {
          #expect(text("bitting.sqlite") == "new" && keys == ["B.json", "C.json"] && text("nuki/B.json") == "new B")
          #expect(text("replaced/bitting.sqlite") == "old" && text("replaced/nuki/A.json") == "old A")
          #expect(text("bitting.sqlite-wal") == nil && text("replaced/bitting.sqlite-wal") == "old log")
        }
      }
    }
  }

  @Test func `a store that wants the key beside it goes over to the credential, and its snapshots with it`() throws {
    try self.withFolder { folder in
      let directory = try DataDirectory(path: folder.path)
      let own = try SealKey.found(for: folder, file: nil, environment: [:])
      let store = try Store(path: directory.path("bitting.sqlite"), key: own)
      _ = try store.deviceKey("line/5", at: Timestamp(milliseconds: 0)) { Array(repeating: 0xA5, count: 16) }
      try StoreSnapshots(of: folder).take(of: store, at: Date())
      store.close()
      let credentials = folder.appending(path: "credentials")
      try FileManager.default.createDirectory(at: credentials, withIntermediateDirectories: true)
      try Data(String(repeating: "c3", count: 32).utf8).write(to: credentials.appending(path: "bitting.seal-key"))
      let environment = ["CREDENTIALS_DIRECTORY": credentials.path]
      #expect(try SealKey.found(for: folder, file: nil, environment: environment).id == own.id)
      let new = try SealKey.settledOnCredential(in: folder, from: own, environment: environment) { _ in }
      #expect(new.id != own.id && !FileManager.default.fileExists(atPath: directory.path("seal-key")))
      #expect(try SealKey.found(for: folder, file: nil, environment: environment).id == new.id)
      for path in [directory.path("bitting.sqlite"), StoreSnapshots(of: folder).all[0].path] {
        let opened = try Store(path: path, key: new)
        #expect(try opened.deviceKey("line/5", at: Timestamp(milliseconds: 0)) { [] }.key.count == 16)
        opened.close()
      }
    }
  }

  @Test func `an empty next key stands in nobody's way`() throws {
    try self.withFolder { folder in
      let key = try SealKey.found(for: folder, file: nil, environment: [:])
      try Data().write(to: folder.appending(path: "seal-key.new"))
      #expect(try SealKey.found(for: folder, file: nil, environment: [:]).id == key.id)
    }
  }

  @Test func `a key file that is there is never written over`() throws {
    try self.withFolder { folder in
      let file = folder.appending(path: "kept")
      try Data("mine".utf8).write(to: file)
      #expect(throws: StartFault.self) { try SealKey.draw(into: file.path) }
      #expect(try Data(contentsOf: file) == Data("mine".utf8))
      #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path) == ["kept"])
    }
  }
}
