package import Foundation
import Glibc
package import Sealing
package import SyncEngine

extension SealKey {
  /// The name of the systemd credential, and of the file that `systemd-creds` encrypted for this machine.
  private static let credential = "bitting.seal-key"
  private static let encrypted = "/etc/credstore.encrypted/\(credential)"
  /// The file in the data directory, for a daemon that runs without systemd.
  private static let fileName = "seal-key"

  /// The seal key of a data directory: what the file named with `--seal-key-file` holds; else the first of these that
  /// is there and opens the store: the credential that systemd handed over; the file `seal-key` in the data directory;
  /// the credential as it is kept encrypted for this machine, which root alone can have. Where there is none and no store
  /// yet, one is drawn and kept in the data directory.
  /// - Parameters:
  ///   - directory: the data directory.
  ///   - file: what `--seal-key-file` names.
  ///   - environment: holds `CREDENTIALS_DIRECTORY` under systemd.
  ///   - warn: is told what a person should know of where the key lies.
  package static func found(
    for directory: URL, file: String?, environment: [String: String] = ProcessInfo.processInfo.environment,
    warn: (String) -> Void = { _ in }
  ) throws(StartFault) -> SealKey {
    if let file { return try Self.read(file, isPrivate: true) }
    try Self.settleNext(in: directory)
    let own = directory.appendingPathComponent(Self.fileName).path
    // What is damaged is told when the store is opened.
    let wanted = (try? Store.sealKeyID(ofStoreAt: directory.appendingPathComponent("bitting.sqlite").path)) ?? nil
    var first: SealKey?
    first = try Self.handedOver(environment)
    if let first, wanted == nil || first.id == wanted { return first }
    // A power cut while the first key was drawn by an earlier version leaves an empty file: nothing was sealed with it.
    if wanted == nil, Self.isEmpty(own) { _ = unsafe unlink(own) }
    if FileManager.default.fileExists(atPath: own) {
      let key = try Self.read(own, isPrivate: true)
      if wanted == nil || key.id == wanted {
        if first != nil {
          warn(
            "the store is sealed with the key beside it, \(own), and not with the credential \(Self.credential): bittingd goes over to that one when it starts"
          )
        }
        return key
      }
      first = first ?? key
    }
    if unsafe access(Self.encrypted, R_OK) == 0 {
      let key = try Self.decrypted()
      if wanted == nil || key.id == wanted { return key }
      first = first ?? key
    }
    if let first { return first }
    if let wanted {
      throw StartFault(
        .configuration,
        "the store in \(directory.path) is sealed with the seal key \(wanted), and there is no seal key: give it with --seal-key-file FILE, or put it back as \(own); without it restore a backup with: bitting restore"
      )
    }
    try Self.draw(into: own)
    warn(
      "the seal key was made and lies beside what it seals, in \(own): copies of the store alone are worthless to others, copies of the whole directory are not; keep it elsewhere with --seal-key-file or as a systemd credential"
    )
    return try Self.read(own, isPrivate: true)
  }

  /// Every key that may be the one of a store which itself does not say: those of ``found(for:file:environment:warn:)``.
  /// Nothing is made, and a key that cannot be read is none.
  package static func candidates(
    for directory: URL, file: String?, environment: [String: String] = ProcessInfo.processInfo.environment
  ) throws(StartFault) -> [SealKey] {
    if let file { return [try Self.read(file, isPrivate: true)] }
    var keys: [SealKey] = []
    if let folder = environment["CREDENTIALS_DIRECTORY"],
      let key = try? Self.read("\(folder)/\(Self.credential)", isPrivate: false)
    {
      keys.append(key)
    }
    for name in [Self.fileName, "\(Self.fileName).new"] {
      if let key = try? Self.read(directory.appendingPathComponent(name).path, isPrivate: true) { keys.append(key) }
    }
    if unsafe access(Self.encrypted, R_OK) == 0, let key = try? Self.decrypted() { keys.append(key) }
    return keys
  }

  /// The credential that systemd handed over; nil for none.
  private static func handedOver(_ environment: [String: String]) throws(StartFault) -> SealKey? {
    guard let folder = environment["CREDENTIALS_DIRECTORY"] else { return nil }
    let path = URL(fileURLWithPath: folder, isDirectory: true).appendingPathComponent(Self.credential).path
    return FileManager.default.fileExists(atPath: path) ? try Self.read(path, isPrivate: false) : nil
  }

  /// Goes over to the credential where the store and the states that were put by still want the key beside them: whoever
  /// has the directory then no longer has the key too.
  /// - Parameters:
  ///   - directory: a data directory that is the caller's; nobody has its store open.
  ///   - key: what opens the store.
  /// - Returns: what opens the store from now on.
  package static func settledOnCredential(
    in directory: URL, from key: SealKey, environment: [String: String] = ProcessInfo.processInfo.environment,
    tell: (String) -> Void
  ) throws(StartFault) -> SealKey {
    let own = directory.appendingPathComponent(Self.fileName).path
    guard let credential = try Self.handedOver(environment), credential.id != key.id,
      let beside = try? Self.read(own, isPrivate: false), beside.id == key.id
    else { return key }
    do throws(Store.Fault) {
      // The store last: until then the key beside it is wanted.
      for snapshot in StoreSnapshots(of: directory).all {
        if (try? Store.sealKeyID(ofStoreAt: snapshot.path)) == key.id {
          try Store.wrapAnew(snapshot.path, from: key, to: credential)
        }
      }
      try Store.wrapAnew(
        directory.appendingPathComponent("bitting.sqlite").path, from: key, to: credential)
    } catch {
      tell("the store stays sealed with the key beside it, \(own): \(error)")
      return key
    }
    _ = unsafe unlink(own)
    tell(
      "the store is sealed with the credential \(Self.credential) from now on; the key beside it, \(own), is deleted")
    return credential
  }

  /// Reads a key file.
  /// - Parameter isPrivate: others must not be able to read it.
  private static func read(_ path: String, isPrivate: Bool) throws(StartFault) -> SealKey {
    guard let data = try? Data(contentsOf: URL(fileURLWithPath: path)) else {
      throw StartFault(
        .configuration, "the seal key \(path) cannot be read; see that it is there and is the user's own")
    }
    let mode = (try? FileManager.default.attributesOfItem(atPath: path))?[.posixPermissions] as? Int ?? 0
    if isPrivate, mode & 0o007 != 0 {
      throw StartFault(.configuration, "the seal key \(path) is open to everybody; close it with: chmod 600 \(path)")
    }
    return try Self.key(of: data, from: path)
  }

  private static func key(of data: Data, from origin: String) throws(StartFault) -> SealKey {
    do {
      if let key = try SealKey(text: String(decoding: data, as: UTF8.self)) { return key }
    } catch {
      throw StartFault(.software, "the cryptographic library does not work; see that libsodium is there")
    }
    throw StartFault(
      .configuration,
      "\(origin) is no seal key: it has 64 hexadecimal digits and nothing else; put the right one back. For a new box, make one with: openssl rand -hex 32"
    )
  }

  /// Which key the credential of the installed daemon is, by its id, for the doctor; nil where there is none, or where
  /// root alone could tell.
  /// - Throws: when it does not open on this machine.
  package static func installedID() throws(StartFault) -> String? {
    guard unsafe access(Self.encrypted, R_OK) == 0 else { return nil }
    return try Self.decrypted().id
  }

  /// The credential of the installed daemon, for root's own commands.
  private static func decrypted() throws(StartFault) -> SealKey {
    let process = Process()
    let output = Pipe()
    process.executableURL = URL(fileURLWithPath: "/usr/bin/systemd-creds")
    process.arguments = ["decrypt", "--name=\(Self.credential)", Self.encrypted, "-"]
    process.standardOutput = output
    process.standardError = FileHandle.nullDevice
    let fault = StartFault(
      .configuration,
      "the seal key \(Self.encrypted) does not open on this machine: give it with --seal-key-file FILE, or restore a backup with: bitting restore"
    )
    do { try process.run() } catch { throw fault }
    let data = output.fileHandleForReading.readDataToEndOfFile()
    process.waitUntilExit()
    guard process.terminationStatus == 0 else { throw fault }
    return try Self.key(of: data, from: Self.encrypted)
  }

  /// True for a file that is there and has nothing in it.
  static func isEmpty(_ path: String) -> Bool {
    var about = stat()
    return unsafe stat(path, &about) == 0 && about.st_size == 0
  }

  /// Writes a new key file, synced, for the owner of its directory, which is made where there is none; a file that is
  /// there is left as it is. A power cut leaves no half of a key behind.
  package static func draw(into path: String) throws(StartFault) {
    let folder = URL(fileURLWithPath: path).deletingLastPathComponent().path
    try? FileManager.default.createDirectory(
      atPath: folder, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
    let draft = "\(path).draft"
    _ = unsafe unlink(draft)
    defer { _ = unsafe unlink(draft) }
    do throws(NewFile.Fault) {
      let file = try NewFile(path: draft)
      var about = stat()
      if geteuid() == 0, unsafe stat(folder, &about) == 0 { try file.give(to: about.st_uid, about.st_gid) }
      try file.append(Array("\(SealKey.drawnText())\n".utf8))
      try file.end()
    } catch {
      let cure = error == .cannotWrite ? "is the disk full?" : "make its directory writable"
      throw StartFault(.cannotCreate, "the seal key cannot be kept in \(path); \(cure)")
    }
    guard unsafe link(draft, path) == 0 else {
      throw StartFault(.cannotCreate, "the seal key cannot be kept in \(path); is there a file of that name already?")
    }
    let parent = unsafe open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
    if parent >= 0 {
      _ = fsync(parent)
      close(parent)
    }
  }
}

extension Store.Fault {
  /// What the shell is told.
  package var status: ExitStatus {
    switch self {
    case .cannotOpen: .cannotCreate
    case .damaged, .vanished: .ioError
    case .otherSealKey, .newer: .configuration
    case .notUpgraded: .ioError
    }
  }
}
