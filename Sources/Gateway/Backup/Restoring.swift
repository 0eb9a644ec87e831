package import Foundation
import Glibc
import LockCore
import LockTransport
package import Sealing
package import SyncEngine

/// Puts a backup into a data directory: everything is opened, made this box's own and verified beside what is there, in
/// a folder; then the folder is given the name by which it is known to be complete, and file after file takes its place.
/// Whenever that is cut off, everything is as it was, or the next start goes on with it: ``Switchover``.
package struct Restoring {
  /// What was restored, for people.
  package struct Outcome {
    /// When the backup was made, ISO 8601.
    package var madeAt: String
    /// The machine it was made on.
    package var host: String
    /// What is in it.
    package var summary: Store.Summary
    /// Where what was there before lies now; nil when nothing was.
    package var replaced: String?
    /// Where the configuration lies that was in the backup; nil for none.
    package var configuration: String?
    /// Where the key files lie that the configuration names; nil for none.
    package var keyFiles: String?
    /// True when anybody with the public key could have made it.
    package var isUnproven: Bool
  }

  private let directory: DataDirectory
  private let key: SealKey
  private let replaces: Bool
  private let user: UInt32
  private let draft: URL
  /// Where what is replaced goes.
  private let aside: URL

  /// Takes a data directory that no daemon runs in.
  /// - Parameters:
  ///   - directory: where to.
  ///   - key: the seal key of this box.
  ///   - replaces: what is there is put aside; else the directory must hold no store.
  ///   - user: who does it, for the audit log.
  package init(
    into directory: DataDirectory, key: SealKey, replaces: Bool, user: UInt32 = getuid()
  ) throws(StartFault) {
    (self.directory, self.key, self.replaces, self.user) = (directory, key, replaces, user)
    self.draft = directory.url.appendingPathComponent("restoring", isDirectory: true)
    self.aside = directory.url.appendingPathComponent(
      "replaced-\(StoreSnapshots.style.format(Date()))", isDirectory: true)
    if !replaces, FileManager.default.fileExists(atPath: directory.path(BackupContents.Name.store)) {
      throw StartFault(
        .cannotCreate,
        "\(directory.url.path) holds a store already, which is left as it is; give --replace to put it aside, or another directory with --data-dir"
      )
    }
  }

  /// Looks whether a file is a backup, before anything is made for it. It is at its beginning again afterwards.
  /// - Parameters:
  ///   - file: what may be a backup.
  ///   - name: its name, for people.
  package static func checkHead(of file: FileHandle, named name: String) throws(StartFault) {
    _ = try Self.reader(of: file, named: name)
    guard (try? file.seek(toOffset: 0)) != nil else { throw StartFault(.unavailable, "\(name) cannot be read") }
  }

  /// Restores a backup.
  /// - Parameters:
  ///   - file: the backup.
  ///   - name: its name, for people.
  ///   - secret: gives what it opens with, told what can be read of it without.
  package func restore(
    _ file: FileHandle, named name: String, secret: (BackupContainer.Head) throws(StartFault) -> BackupSecret
  ) throws(StartFault) -> Outcome {
    try self.clearDraft()
    let outcome: Outcome
    do {
      let reader = try Self.reader(of: file, named: name)
      var unpacking = Unpacking(into: self.draft)
      try unpacking.run(file, named: name, reader, secret: try secret(reader.head))
      let manifest = try Self.manifest(of: unpacking)
      var keys: [UInt32: [UInt8]] = [:]
      for key in manifest.dataKeys { keys[key.generation] = Hexadecimal.bytes(key.key) }
      let summary = try self.adopt(
        dataKeys: keys, from: ["kind": "backup", "made_at": .string(manifest.madeAt), "host": .string(manifest.host)])
      let keyFiles = try self.put(manifest.keyFiles ?? [])
      let (replaced, configuration) = try self.switchOver(replacesKeys: true)
      outcome = Outcome(
        madeAt: manifest.madeAt, host: manifest.host, summary: summary, replaced: replaced,
        configuration: configuration, keyFiles: keyFiles, isUnproven: reader.head.isForRecipient)
    } catch {
      try? FileManager.default.removeItem(at: self.draft)
      throw error
    }
    try? FileManager.default.removeItem(at: self.draft)
    return outcome
  }

  /// Puts an earlier state of this box's own store in the place of the present one.
  /// - Parameter snapshot: a copy that the daemon made.
  package func restore(snapshot: URL) throws(StartFault) -> Outcome {
    try self.clearDraft()
    defer { try? FileManager.default.removeItem(at: self.draft) }
    do {
      try FileManager.default.copyItem(at: snapshot, to: self.draft.appendingPathComponent(BackupContents.Name.store))
    } catch {
      throw StartFault(.cannotCreate, "\(snapshot.path) cannot be copied; is the disk full?")
    }
    let madeAt = StoreSnapshots.date(of: snapshot) ?? ""
    let summary = try self.adopt(dataKeys: nil, from: ["kind": "snapshot", "made_at": .string(madeAt)])
    let (replaced, _) = try self.switchOver(replacesKeys: false)
    return Outcome(
      madeAt: madeAt, host: ProcessInfo.processInfo.hostName, summary: summary,
      replaced: replaced, configuration: nil, keyFiles: nil, isUnproven: false)
  }

  private func put(_ keyFiles: [BackupKeyFile]) throws(StartFault) -> String? {
    do {
      return try BackupKeyFile.put(keyFiles, into: self.directory.url)
    } catch {
      throw StartFault(
        .cannotCreate,
        "the key files cannot be written to \(self.directory.path(BackupKeyFile.folder)); is the disk full? Nothing else was changed"
      )
    }
  }

  private func clearDraft() throws(StartFault) {
    try? FileManager.default.removeItem(at: self.draft)
    do {
      try FileManager.default.createDirectory(
        at: self.draft, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
    } catch {
      throw StartFault(.cannotCreate, "\(self.draft.path) cannot be made; make its directory writable")
    }
  }

  private static func reader(of file: FileHandle, named name: String) throws(StartFault) -> BackupReader {
    do {
      return try BackupReader(beginning: [UInt8]((try? file.read(upToCount: 8192)) ?? Data()))
    } catch {
      throw StartFault(
        .dataError, "\(name) is no backup, or was made by a later version of Bitting; it begins otherwise")
    }
  }

  private static func manifest(of unpacking: Unpacking) throws(StartFault) -> BackupContents.Manifest {
    guard let bytes = unpacking.manifest,
      let manifest = try? JSONDecoder().decode(BackupContents.Manifest.self, from: Data(bytes)), manifest.format == 1
    else { throw StartFault(.dataError, "the backup was made by a later version of Bitting; install that one") }
    return manifest
  }

  /// Makes the store in the draft this box's own, brings it up to date and checks it.
  /// - Parameter origin: what it was before, for the audit log.
  private func adopt(
    dataKeys: [UInt32: [UInt8]]?, from origin: [String: JSONValue]
  ) throws(StartFault) -> Store.Summary {
    let path = self.draft.appendingPathComponent(BackupContents.Name.store).path
    do throws(Store.Fault) {
      let summary = try Store.adopt(path, dataKeys: dataKeys, under: self.key)
      let store = try Store(path: path, key: self.key)
      let faults = PairedNukiLock.all(in: self.draft, seal: store.seal).faults
      var entry = AuditDraft("store.restored", by: .caller(.localUser(uid: self.user)))
      entry.details = origin
      try store.record(entry, at: Reactor.now.date)
      store.close()
      Store.settle(path)
      if let fault = faults.first { throw Store.Fault.damaged(path: path, reason: fault.message) }
      return summary
    } catch {
      throw StartFault(error.status, "\(error)")
    }
  }

  /// Lets what is in the draft take its place.
  /// - Returns: where what was there lies, and where the configuration lies.
  private func switchOver(replacesKeys: Bool) throws(StartFault) -> (replaced: String?, configuration: String?) {
    do {
      // What is damaged is put aside byte for byte: somebody may still get something out of it.
      let store = self.directory.path(BackupContents.Name.store)
      if Store.fault(inStoreAt: store) == nil { Store.settle(store) }
      let switchover = try Switchover(
        of: self.directory.url, draft: self.draft, aside: self.aside.lastPathComponent, replacesKeys: replacesKeys)
      try switchover.finish()
      let configuration = self.directory.url.appendingPathComponent(Switchover.configuration).path
      return (
        FileManager.default.fileExists(atPath: self.aside.path) ? self.aside.path : nil,
        switchover.hasConfiguration ? configuration : nil
      )
    } catch {
      throw StartFault(
        .cannotCreate,
        "\(self.directory.url.path) cannot be written: \(error); what was there lies there or in \(self.aside.path)")
    }
  }
}
