import Foundation
import Gateway
import Sealing
import SeamAPI
import SyncEngine

/// Backups of the daemon's own data directory, for whoever asks over the API.
struct DaemonBackups {
  private let directory: URL
  private let store: Store
  private let configuration: URL?
  private let turns = BackupTurns()

  /// - Parameters:
  ///   - directory: the data directory; what was left in it by backups that were cut off is removed.
  ///   - store: the daemon's store.
  ///   - configuration: put into each backup; nil for none.
  init(of directory: DataDirectory, store: Store, configuration: String?) {
    (self.directory, self.store) = (directory.url, store)
    self.configuration = configuration.map { URL(fileURLWithPath: $0) }
    BackupContents.clearLeftovers(in: directory.url, at: Date())
  }

  /// Makes one.
  func make(_ key: BackupKey) async throws(BackupRefusal) -> BackupStream {
    guard let turn = self.turns.take() else { throw .busy }
    let needed = self.store.size() + DiskSpace.scarce
    if let free = DiskSpace(at: self.directory.path)?.free, free < needed {
      throw .cannot(
        "It needs \(needed >> 20) MiB of room where the daemon remembers, and \(free >> 20) MiB are left: make room.")
    }
    do {
      let contents = try await BackupContents.made(
        of: self.directory, seal: self.store.seal, configuration: self.configuration, key: key, turn: turn)
      return BackupStream(
        name: BackupContents.fileName(at: Date()), locks: contents.summary.locks, codes: contents.summary.codes,
        bytes: try contents.bytes())
    } catch let fault as Store.Fault {
      throw .cannot("\(fault)")
    } catch {
      throw .cannot("A file of \(self.directory.path) cannot be read: see the disk with: df -h; dmesg")
    }
  }
}
