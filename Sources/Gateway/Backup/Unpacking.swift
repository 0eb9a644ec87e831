import Foundation
import Sealing

/// Opens a backup into a folder that nobody else uses: nothing in it may be trusted before it has ended well.
struct Unpacking {
  /// The largest file of a backup.
  private static let largestFile = 1 << 40

  /// The largest manifest of a backup.
  private static let largestManifest = 1 << 20

  /// What is told of the backup, and the keys with which its files are sealed: in clear, and so never on a disk.
  private(set) var manifest: [UInt8]?

  private let folder: URL
  private var waiting: [UInt8] = []
  private var file: FileHandle?
  private var isManifest = false
  private var left = 0
  private var padding = 0
  private var hasEnded = false

  init(into folder: URL) { self.folder = folder }

  /// Opens the whole backup.
  mutating func run(
    _ input: FileHandle, named path: String, _ reader: BackupReader, secret: BackupSecret
  ) throws(StartFault) {
    guard let size = try? Int(input.seekToEnd()),
      (try? input.seek(toOffset: UInt64(reader.headLength))) != nil
    else { throw StartFault(.unavailable, "\(path) cannot be read") }
    var left = size - reader.headLength
    do throws(BackupReader.Fault) {
      var contents = try reader.contents(secret)
      while left > 0 {
        let length = try BackupReader.Contents.length(
          Self.read(BackupReader.Contents.prefixLength, from: input))
        left -= BackupReader.Contents.prefixLength + length
        let piece = Self.read(length, from: input)
        guard left >= 0, piece.count == length else { throw .doesNotOpen }
        self.waiting += try contents.open(piece, isLast: left == 0)
        do { try self.take() } catch {
          throw .notABackup
        }
      }
      guard left == 0, self.hasEnded, self.file == nil else { throw .doesNotOpen }
    } catch {
      throw Self.fault(error, path)
    }
  }

  private static func fault(_ fault: BackupReader.Fault, _ path: String) -> StartFault {
    switch fault {
    case .doesNotOpen:
      StartFault(
        .refused,
        "\(path) does not open: the passphrase or key is another, or the file is damaged or cut short; nothing was changed"
      )
    case .notABackup:
      StartFault(
        .cannotCreate, "what is in \(path) cannot be written here; is the disk full? Nothing was changed")
    case .library:
      StartFault(.unavailable, "\(path) wants more memory to be opened than there is; nothing was changed")
    }
  }

  private static func read(_ count: Int, from input: FileHandle) -> [UInt8] {
    [UInt8]((try? input.read(upToCount: count)) ?? Data())
  }

  /// Writes what has come into files.
  private mutating func take() throws {
    while !self.hasEnded {
      if self.left > 0 {
        guard !self.waiting.isEmpty else { return }
        let part = self.waiting.prefix(self.left)
        if self.isManifest {
          self.manifest?.append(contentsOf: part)
        } else {
          try self.file?.write(contentsOf: Data(part))
        }
        self.left -= part.count
        self.waiting.removeFirst(part.count)
      } else if self.padding > 0 {
        guard !self.waiting.isEmpty else { return }
        let count = min(self.padding, self.waiting.count)
        self.padding -= count
        self.waiting.removeFirst(count)
      } else {
        try self.file?.close()
        self.file = nil
        guard self.waiting.count >= TarHeader.length else { return }
        let block = Array(self.waiting.prefix(TarHeader.length))
        self.waiting.removeFirst(TarHeader.length)
        if block.allSatisfy({ $0 == 0 }) {
          self.hasEnded = true
        } else {
          try self.begin(TarHeader(block))
        }
      }
    }
  }

  /// Makes the file of a header; only names that a backup has, never one that leads elsewhere.
  private mutating func begin(_ header: TarHeader?) throws {
    guard let header, (0...Self.largestFile).contains(header.size), Self.isExpected(header.name) else {
      throw CocoaError(.fileReadCorruptFile)
    }
    (self.left, self.padding) = (header.size, TarHeader.padding(after: header.size))
    self.isManifest = header.name == BackupContents.Name.manifest
    if self.isManifest {
      guard header.size <= Self.largestManifest else { throw CocoaError(.fileReadCorruptFile) }
      self.manifest = []
      return
    }
    let url = self.folder.appendingPathComponent(header.name)
    try FileManager.default.createDirectory(
      at: url.deletingLastPathComponent(), withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
    guard
      FileManager.default.createFile(atPath: url.path, contents: nil, attributes: [.posixPermissions: 0o600])
    else { throw CocoaError(.fileWriteUnknown) }
    self.file = try FileHandle(forWritingTo: url)
  }

  private static func isExpected(_ name: String) -> Bool {
    if [BackupContents.Name.manifest, BackupContents.Name.store, BackupContents.Name.configuration].contains(name) {
      return true
    }
    guard let slash = name.lastIndex(of: "/"), BackupContents.Name.folders.contains(String(name[..<slash])) else {
      return false
    }
    let file = name[name.index(after: slash)...]
    return file.hasSuffix(".json") && file.allSatisfy { $0.isASCII && ($0.isLetter || $0.isNumber || $0 == ".") }
      && !file.hasPrefix(".")
  }
}
