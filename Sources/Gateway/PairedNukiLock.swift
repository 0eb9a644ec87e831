package import Foundation
import Glibc
import LockCore
package import LockDrivers
package import Sealing

/// A Nuki lock that was paired with this gateway: its door's name and all that is needed to speak to it.
///
/// One file a lock, `nuki/1A2B3C4D.json` in the data directory, readable by its owner alone: the door's name and the
/// lock's number in clear, everything else sealed with the store's seal.
package struct PairedNukiLock: Codable {
  /// The door's name, as the API shows it.
  package var name: String
  /// When it was paired.
  package var pairedAt: Date
  /// True when the lock talks over a link that is bonded and encrypted only.
  package var needsBond: Bool
  /// What the pairing came to.
  package var authorization: NukiAuthorization

  private enum CodingKeys: String, CodingKey {
    case name
    case pairedAt = "paired_at"
    case needsBond = "needs_bond"
    case authorization
  }

  /// Puts a lock down.
  package init(name: String, pairedAt: Date, needsBond: Bool, authorization: NukiAuthorization) {
    self.name = name
    self.pairedAt = pairedAt
    self.needsBond = needsBond
    self.authorization = authorization
  }

  /// The lock's number as it stands in its name on the air: `1A2B3C4D`.
  package var nukiID: String { Self.text(of: self.authorization.nukiID) }

  /// What identifies the device for good, whatever its door is called.
  package var key: String { "nuki/\(self.nukiID)" }

  /// A lock's number as people see it.
  package static func text(of nukiID: UInt32) -> String {
    let digits = String(nukiID, radix: 16, uppercase: true)
    return String(repeating: "0", count: 8 - digits.count) + digits
  }

  /// How a lock stands in its file.
  private struct Kept: Codable {
    var format = Self.format
    var name: String
    var nukiID: String
    var sealed: Data

    static let format = "bitting paired nuki lock 2"

    private enum CodingKeys: String, CodingKey {
      case format
      case name
      case nukiID = "nuki_id"
      case sealed
    }
  }

  private static func place(_ nukiID: String) -> SealedPlace { SealedPlace(file: "nuki/\(nukiID).json") }

  /// Every lock that was paired, by name, and what is wrong with files that cannot be read. A file of an earlier version,
  /// whose key stands in clear, is sealed.
  /// - Parameters:
  ///   - directory: the data directory.
  ///   - seal: the seal of the directory's store.
  package static func all(in directory: URL, seal: Seal) -> (locks: [PairedNukiLock], faults: [StartFault]) {
    let decoder = JSONDecoder()
    decoder.dateDecodingStrategy = .iso8601
    var (locks, faults): ([PairedNukiLock], [StartFault]) = ([], [])
    for file in Self.files(in: directory) {
      guard let data = try? Data(contentsOf: file) else {
        faults.append(StartFault(.ioError, "\(file.path) cannot be read; give it to the user of bittingd"))
        continue
      }
      if let kept = try? decoder.decode(Kept.self, from: data) {
        if let bytes = try? seal.open([UInt8](kept.sealed), from: Self.place(kept.nukiID)),
          let lock = try? decoder.decode(PairedNukiLock.self, from: Data(bytes))
        {
          locks.append(lock)
          continue
        }
      } else if let lock = try? decoder.decode(PairedNukiLock.self, from: data) {
        locks.append(lock)
        do { try lock.write(to: directory, seal: seal) } catch { faults.append(error) }
        continue
      }
      faults.append(
        StartFault(
          .ioError,
          "\(file.path) is damaged or of another gateway, so its lock is not served; move it aside and pair the lock again with: bitting pair nuki"
        ))
    }
    return (locks.sorted { $0.name < $1.name }, faults)
  }

  /// The names of the locks that were paired, so far as their files can be read; no key is needed.
  /// - Parameter directory: the data directory; it need not be ours.
  package static func names(in directory: URL) -> (names: [String], faults: [StartFault]) {
    var (names, faults): ([String], [StartFault]) = ([], [])
    struct Named: Decodable { var name: String }
    for file in Self.files(in: directory) {
      if let data = try? Data(contentsOf: file), let named = try? JSONDecoder().decode(Named.self, from: data) {
        names.append(named.name)
      } else {
        faults.append(
          StartFault(.ioError, "\(file.path) cannot be read; give it to the user of bittingd, or pair its lock again"))
      }
    }
    return (names.sorted(), faults)
  }

  private static func files(in directory: URL) -> [URL] {
    let folder = Self.folder(in: directory)
    let names = (try? FileManager.default.contentsOfDirectory(atPath: folder.path)) ?? []
    return names.sorted().filter { $0.hasSuffix(".json") }.map(folder.appendingPathComponent)
  }

  /// Writes the lock's file, synced, in place of an earlier one.
  /// - Parameters:
  ///   - directory: the data directory.
  ///   - seal: the seal of the directory's store.
  package func write(to directory: URL, seal: Seal) throws(StartFault) {
    let folder = Self.folder(in: directory)
    let encoder = JSONEncoder()
    encoder.dateEncodingStrategy = .iso8601
    encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
    let path = folder.appendingPathComponent("\(self.nukiID).json").path
    do {
      let sealed = try seal.seal([UInt8](encoder.encode(self)), for: Self.place(self.nukiID))
      let kept = Kept(name: self.name, nukiID: self.nukiID, sealed: Data(sealed))
      try FileManager.default.createDirectory(
        at: folder, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
      try Self.write(try encoder.encode(kept), to: path, in: folder.path)
    } catch {
      throw StartFault(.cannotCreate, "the key of the lock cannot be kept in \(path): \(error); pair the lock again")
    }
  }

  private static func folder(in directory: URL) -> URL {
    directory.appendingPathComponent("nuki", isDirectory: true)
  }

  /// Writes under another name first, so that a power cut leaves the earlier file or the new one.
  private static func write(_ data: Data, to path: String, in folder: String) throws {
    let draft = "\(path).new"
    _ = unsafe unlink(draft)
    try NewFile.write([UInt8](data), to: draft)
    guard unsafe rename(draft, path) == 0 else { throw POSIXError(POSIXErrorCode(rawValue: errno) ?? .EIO) }
    let directory = unsafe open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
    if directory >= 0 {
      _ = fsync(directory)
      close(directory)
    }
  }
}
