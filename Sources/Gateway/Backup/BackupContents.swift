package import Foundation
package import Sealing
package import SyncEngine

/// What is inside a backup: `manifest.json` first, then files by their paths in the data directory.
package struct BackupContents: Sendable {
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
    /// The files with keys that the configuration names; nil in a backup of before they were in.
    var keyFiles: [BackupKeyFile]?
    /// How many locks and access codes are in it.
    var locks: Int
    var codes: Int

    private enum CodingKeys: String, CodingKey {
      case format
      case madeAt = "made_at"
      case madeBy = "made_by"
      case host
      case dataKeys = "data_keys"
      case keyFiles = "key_files"
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
    case file(String, FileHandle, size: Int)
  }

  /// What is in it.
  package let summary: Store.Summary
  private let members: [Member]
  private let key: BackupKey
  private let madeAt: String
  private let turn: BackupTurns.Turn?

  /// The program, as backups name it.
  private static let program = "bitting \(Release.version)"

  /// Copies the store as it stands now, consistently, while it is written; checks the copy; and collects what belongs to
  /// it.
  /// - Parameters:
  ///   - directory: the data directory; its daemon may be running.
  ///   - seal: the seal of its store.
  ///   - configuration: the configuration that the daemon was started with; nil for none.
  ///   - key: what the backup is encrypted with.
  ///   - turn: kept until the last byte is out, or nobody wants it any more.
  package init(
    of directory: URL, seal: Seal, configuration: URL?, key: BackupKey, turn: BackupTurns.Turn? = nil
  ) throws {
    (self.key, self.turn) = (key, turn)
    self.madeAt = Date().formatted(.iso8601)
    let path = directory.appendingPathComponent("\(Self.copyPrefix)\(UUID().uuidString).sqlite")
    let summary = try Store.copy(directory.appendingPathComponent(Name.store).path, to: path.path, seal: seal)
    // Open and without a name: it is gone with whoever reads it, however that one ends.
    let copied = Result { (try FileHandle(forReadingFrom: path), try Self.size(of: path)) }
    try? FileManager.default.removeItem(at: path)
    let (copy, size) = try copied.get()
    let manifest = Manifest(
      madeAt: self.madeAt, madeBy: Self.program, host: ProcessInfo.processInfo.hostName,
      dataKeys: seal.dataKeys.sorted { $0.key < $1.key }.map {
        .init(generation: $0.key, key: Hexadecimal.text($0.value))
      }, keyFiles: configuration.map(BackupKeyFile.all), locks: summary.locks, codes: summary.codes)
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
    members.append(.file(Name.store, copy, size: size))
    (self.members, self.summary) = (members, summary)
  }

  /// As ``init(of:seal:configuration:key:turn:)``, on a thread of its own: to copy and check a large store takes a while.
  package static func made(
    of directory: URL, seal: Seal, configuration: URL?, key: BackupKey, turn: BackupTurns.Turn
  ) async throws -> BackupContents {
    try await withCheckedThrowingContinuation { made in
      Thread.detachNewThread {
        made.resume(
          with: Result {
            try BackupContents(of: directory, seal: seal, configuration: configuration, key: key, turn: turn)
          })
      }
    }
  }

  /// Removes copies of the store that somebody left who was ended while making one; not those being made now.
  package static func clearLeftovers(in directory: URL, at now: Date) {
    let names = (try? FileManager.default.contentsOfDirectory(atPath: directory.path)) ?? []
    for name in names where name.hasPrefix(Self.copyPrefix) && name.hasSuffix(".sqlite") {
      let file = directory.appendingPathComponent(name)
      guard UUID(uuidString: String(name.dropFirst(Self.copyPrefix.count).dropLast(".sqlite".count))) != nil,
        let written = try? FileManager.default.attributesOfItem(atPath: file.path)[.modificationDate] as? Date,
        now.timeIntervalSince(written) > 3600
      else { continue }
      try? FileManager.default.removeItem(at: file)
    }
  }

  private static let copyPrefix = "backup-"

  /// What a file of a backup is best called: after machine and day.
  /// - Parameter host: the machine; this one when left out.
  package static func fileName(at now: Date, host: String = ProcessInfo.processInfo.hostName) -> String {
    "bitting-\(host.filter { $0.isASCII && ($0.isLetter || $0.isNumber || "-._".contains($0)) })-\(now.formatted(.iso8601.year().month().day())).backup"
  }

  private static func size(of file: URL) throws -> Int {
    try FileManager.default.attributesOfItem(atPath: file.path)[.size] as? Int ?? 0
  }

  /// The bytes of the backup, encrypted, piece by piece as they are asked for; to be asked for once.
  package func bytes() throws -> AsyncThrowingStream<[UInt8], any Error> {
    let writing = BackupWriting(
      try BackupWriter(key: self.key, madeAt: self.madeAt, madeBy: Self.program),
      inside: self.members.flatMap { member -> [BackupWriting.Part] in
        switch member {
        case .bytes(let name, let data):
          [.bytes(TarHeader(name: name, size: data.count).block), .bytes([UInt8](data)), Self.padding(data.count)]
        case .file(let name, let file, let size):
          [.bytes(TarHeader(name: name, size: size).block), .file(file), Self.padding(size)]
        }
      } + [.bytes([UInt8](repeating: 0, count: 2 * TarHeader.length))],
      turn: self.turn)
    return AsyncThrowingStream { try await writing.next() }
  }

  private static func padding(_ size: Int) -> BackupWriting.Part {
    .bytes([UInt8](repeating: 0, count: TarHeader.padding(after: size)))
  }
}

/// Writes a backup as fast as it is taken.
private actor BackupWriting {
  enum Part {
    case bytes([UInt8])
    case file(FileHandle)
  }

  private var writer: BackupWriter
  private var parts: [Part]
  private var turn: BackupTurns.Turn?
  private var file: FileHandle?
  private var waiting: [UInt8] = []
  private var hasBegun = false
  private var hasEnded = false

  init(_ writer: BackupWriter, inside parts: [Part], turn: BackupTurns.Turn?) {
    (self.writer, self.parts, self.turn) = (writer, parts.reversed(), turn)
  }

  /// The next bytes; nil at the end.
  func next() throws -> [UInt8]? {
    if !self.hasBegun {
      self.hasBegun = true
      return self.writer.head
    }
    if self.hasEnded {
      self.turn = nil
      return nil
    }
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
    case .file(let file):
      self.file = file
      return []
    case nil: return nil
    }
  }
}
