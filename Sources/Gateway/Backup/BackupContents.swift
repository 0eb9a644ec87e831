package import Foundation
package import Sealing
package import SyncEngine

/// What is inside a backup: `manifest.json` first, then files by their paths in the data directory.
package struct BackupContents {
  /// What is told of a backup, and the keys with which its files are sealed.
  struct Manifest: Codable {
    struct DataKey: Codable {
      var generation: UInt32
      var key: String
    }

    var format = 1
    var madeAt: String
    var madeBy: String
    /// The name of the machine it was made on.
    var host: String
    var dataKeys: [DataKey]
    /// How many locks and access codes are in it.
    var locks: Int
    var codes: Int

    private enum CodingKeys: String, CodingKey {
      case format
      case madeAt = "made_at"
      case madeBy = "made_by"
      case host
      case dataKeys = "data_keys"
      case locks
      case codes
    }
  }

  /// Names inside a backup.
  enum Name {
    static let manifest = "manifest.json"
    static let store = "bitting.sqlite"
    /// Folders of the data directory whose files are the keys of paired locks.
    static let folders = ["nuki", "demo/nuki"]
    /// The configuration, as it was read.
    static let configuration = "configuration/bitting.yaml"
  }

  /// A file inside, or the bytes of one.
  private enum Member {
    case bytes(String, Data)
    case file(String, URL, size: Int)
  }

  /// What is in it.
  package let summary: Store.Summary
  private let members: [Member]
  private let copy: URL
  private let key: BackupKey
  private let madeAt: String

  /// The program, as backups name it.
  private static let program = "bitting \(Release.version)"

  /// Copies the store as it stands now, consistently, while it is written; checks the copy; and collects what belongs to
  /// it.
  /// - Parameters:
  ///   - directory: the data directory; its daemon may be running.
  ///   - seal: the seal of its store.
  ///   - configuration: the configuration that the daemon was started with; nil for none.
  ///   - key: what the backup is encrypted with.
  package init(of directory: URL, seal: Seal, configuration: URL?, key: BackupKey) throws {
    self.key = key
    self.madeAt = Date().formatted(.iso8601)
    self.copy = directory.appendingPathComponent("backup-\(UUID().uuidString).sqlite")
    let summary = try Store.copy(
      directory.appendingPathComponent(Name.store).path, to: self.copy.path, seal: seal)
    let manifest = Manifest(
      madeAt: self.madeAt, madeBy: Self.program, host: ProcessInfo.processInfo.hostName,
      dataKeys: seal.dataKeys.sorted { $0.key < $1.key }.map {
        .init(generation: $0.key, key: Hexadecimal.text($0.value))
      }, locks: summary.locks, codes: summary.codes)
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .prettyPrinted]
    var members: [Member] = [.bytes(Name.manifest, try encoder.encode(manifest))]
    for folder in Name.folders {
      let url = directory.appendingPathComponent(folder, isDirectory: true)
      for name in ((try? FileManager.default.contentsOfDirectory(atPath: url.path)) ?? []).sorted()
      where name.hasSuffix(".json") {
        members.append(.bytes("\(folder)/\(name)", try Data(contentsOf: url.appendingPathComponent(name))))
      }
    }
    if let configuration, let data = try? Data(contentsOf: configuration) {
      members.append(.bytes(Name.configuration, data))
    }
    // Last: when it is in place, all that it needs is.
    let size = try FileManager.default.attributesOfItem(atPath: self.copy.path)[.size] as? Int ?? 0
    members.append(.file(Name.store, self.copy, size: size))
    (self.members, self.summary) = (members, summary)
  }

  /// The bytes of the backup, encrypted, piece by piece as they are asked for.
  package func bytes() throws -> AsyncThrowingStream<[UInt8], any Error> {
    let writing = BackupWriting(
      try BackupWriter(key: self.key, madeAt: self.madeAt, madeBy: Self.program),
      inside: self.members.flatMap { member -> [BackupWriting.Part] in
        switch member {
        case .bytes(let name, let data):
          [.bytes(TarHeader(name: name, size: data.count).block), .bytes([UInt8](data)), Self.padding(data.count)]
        case .file(let name, let url, let size):
          [.bytes(TarHeader(name: name, size: size).block), .file(url), Self.padding(size)]
        }
      } + [.bytes([UInt8](repeating: 0, count: 2 * TarHeader.length))],
      copy: self.copy)
    return AsyncThrowingStream { try await writing.next() }
  }

  private static func padding(_ size: Int) -> BackupWriting.Part {
    .bytes([UInt8](repeating: 0, count: TarHeader.padding(after: size)))
  }
}

/// Writes a backup as fast as it is taken. The copy of the store is gone with it.
private actor BackupWriting {
  enum Part {
    case bytes([UInt8])
    case file(URL)
  }

  private var writer: BackupWriter
  private var parts: [Part]
  private let copy: URL
  private var file: FileHandle?
  private var waiting: [UInt8] = []
  private var hasBegun = false
  private var hasEnded = false

  init(_ writer: BackupWriter, inside parts: [Part], copy: URL) {
    (self.writer, self.parts, self.copy) = (writer, parts.reversed(), copy)
  }

  deinit { try? FileManager.default.removeItem(at: self.copy) }

  /// The next bytes; nil at the end.
  func next() throws -> [UInt8]? {
    if !self.hasBegun {
      self.hasBegun = true
      return self.writer.head
    }
    if self.hasEnded { return nil }
    while self.waiting.count <= BackupContainer.pieceLength, let more = try self.more() { self.waiting += more }
    let isLast = self.waiting.count <= BackupContainer.pieceLength
    let piece = Array(self.waiting.prefix(BackupContainer.pieceLength))
    self.waiting.removeFirst(piece.count)
    self.hasEnded = isLast
    return try self.writer.piece(piece, isLast: isLast)
  }

  private func more() throws -> [UInt8]? {
    if let file = self.file {
      if let data = try file.read(upToCount: BackupContainer.pieceLength), !data.isEmpty { return [UInt8](data) }
      try file.close()
      self.file = nil
    }
    switch self.parts.popLast() {
    case .bytes(let bytes): return bytes
    case .file(let url):
      self.file = try FileHandle(forReadingFrom: url)
      return []
    case nil: return nil
    }
  }
}
