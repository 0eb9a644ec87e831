package import Foundation
import Glibc
import LockCore
package import LockDrivers

/// A Nuki lock that was paired with this gateway: its door's name and all that is needed to speak to it.
///
/// One file a lock, `nuki/1A2B3C4D.json` in the data directory, readable by its owner alone: it holds the key of the
/// lock in clear.
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

  /// Every lock that was paired, by name, and what is wrong with files that cannot be read.
  /// - Parameter directory: the data directory; it need not be ours.
  package static func all(in directory: URL) -> (locks: [PairedNukiLock], faults: [StartFault]) {
    let folder = Self.folder(in: directory)
    let names = (try? FileManager.default.contentsOfDirectory(atPath: folder.path)) ?? []
    let decoder = JSONDecoder()
    decoder.dateDecodingStrategy = .iso8601
    var (locks, faults): ([PairedNukiLock], [StartFault]) = ([], [])
    for name in names.sorted() where name.hasSuffix(".json") {
      let file = folder.appendingPathComponent(name)
      guard let data = try? Data(contentsOf: file) else {
        faults.append(StartFault(.ioError, "\(file.path) cannot be read; give it to the user of bittingd"))
        continue
      }
      guard let lock = try? decoder.decode(PairedNukiLock.self, from: data) else {
        faults.append(
          StartFault(
            .ioError,
            "\(file.path) is damaged, so its lock is not served; move it aside and pair the lock again with: bitting pair nuki"
          ))
        continue
      }
      locks.append(lock)
    }
    return (locks.sorted { $0.name < $1.name }, faults)
  }

  /// Writes the lock's file, synced, in place of an earlier one.
  package func write(to directory: URL) throws(StartFault) {
    let folder = Self.folder(in: directory)
    let encoder = JSONEncoder()
    encoder.dateEncodingStrategy = .iso8601
    encoder.outputFormatting = [.prettyPrinted, .sortedKeys]
    let path = folder.appendingPathComponent("\(self.nukiID).json").path
    do {
      try FileManager.default.createDirectory(
        at: folder, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
      try Self.write(try encoder.encode(self), to: path, in: folder.path)
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
    let descriptor = unsafe open(draft, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
    guard descriptor >= 0 else { throw POSIXError(POSIXErrorCode(rawValue: errno) ?? .EIO) }
    let bytes = [UInt8](data)
    let isWritten = unsafe Glibc.write(descriptor, bytes, bytes.count) == bytes.count && fsync(descriptor) == 0
    close(descriptor)
    guard isWritten, unsafe rename(draft, path) == 0 else { throw POSIXError(POSIXErrorCode(rawValue: errno) ?? .EIO) }
    let directory = unsafe open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
    if directory >= 0 {
      _ = fsync(directory)
      close(directory)
    }
  }
}
