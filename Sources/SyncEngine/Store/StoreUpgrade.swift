internal import Foundation
internal import GRDB
internal import Glibc
internal import Sealing

/// Brings a store of an earlier version up to the present schema: on a copy, which is verified, and then takes the
/// file's name at once. Whenever it is cut off, the file is the earlier one or the new one, whole.
struct StoreUpgrade {
  let path: String
  let key: SealKey
  /// Told what comes next.
  var progress: (String) -> Void = { _ in }

  /// The copy while its schema is changed.
  private var draft: String { "\(self.path).upgrade" }
  /// What is left of the copy, without pages that once held something else.
  private var result: String { "\(self.path).upgraded" }

  /// All steps.
  /// - Throws: ``Store/Fault``; the file is then as it was.
  func run() throws {
    do {
      self.progress("Copies the store, to bring it up to this version.")
      try self.copy()
      self.progress("Brings the copy of the store up to this version.")
      try self.migrate()
      self.progress("Compacts the copy of the store.")
      try self.compact()
      self.progress("Checks the copy of the store.")
      try self.verify()
      self.progress("Puts the store of this version in the place of the earlier one.")
      try self.takeOver()
    } catch {
      self.clearLeftovers()
      if case .damaged? = error as? Store.Fault { throw error }
      throw Store.Fault.notUpgraded(path: self.path, reason: Store.reason(of: error))
    }
    self.clearLeftovers()
  }

  /// Removes what an upgrade that was cut off has left. A draft of a store that was never sealed may hold PINs in clear
  /// and is overwritten, which takes as long as the disk does.
  func clearLeftovers() {
    let names = [self.draft, self.result].flatMap { [$0, "\($0)-wal", "\($0)-shm", "\($0)-journal"] }
      .filter { FileManager.default.fileExists(atPath: $0) }
    if names.isEmpty { return }
    let isSealed = ((try? Store.sealKeyID(ofStoreAt: self.path)) ?? nil) != nil
    for name in names {
      if isSealed { _ = unsafe unlink(name) } else { Self.shred(name) }
    }
  }

  /// Copies the file. What is in its write-ahead log goes into the file first: both belong together, and only one of
  /// them can be replaced at once.
  func copy() throws {
    do {
      let database = try DatabaseQueue(path: self.path, configuration: Store.configuration)
      try database.writeWithoutTransaction { _ = try $0.checkpoint(.truncate) }
      try Self.make(self.draft)
      let copy = try DatabaseQueue(path: self.draft, configuration: Store.configuration)
      try database.backup(to: copy)
      try copy.close()
      try database.close()
    }
    guard Self.size(of: "\(self.path)-wal") == 0 else {
      throw Store.Fault.cannotOpen(path: self.path, reason: "another program has it open; stop that one")
    }
  }

  /// Takes the missing steps on the copy.
  func migrate() throws {
    let database = try Store.open(self.draft)
    try Store.migrator(self.key).migrate(database)
    try database.close()
  }

  /// Writes what is left of the copy into a new file.
  func compact() throws {
    try Self.make(self.result)
    let database = try DatabaseQueue(path: self.draft, configuration: Store.configuration)
    try database.writeWithoutTransaction { [result] in
      try $0.execute(sql: "VACUUM INTO ?", arguments: [result])
    }
    try database.close()
  }

  /// Holds the result against the file: nothing is missing, all is sound, what is sealed opens.
  func verify() throws {
    let (before, after) = (try Store.openToRead(self.path), try Store.openToRead(self.result))
    defer {
      try? before.close()
      try? after.close()
    }
    let counts = (try before.read(Self.rowCounts), try after.read(Self.rowCounts))
    for (table, count) in counts.0 where table != "grdb_migrations" && !Self.isDerived(table) {
      guard counts.1[table] == count else {
        throw Store.Fault.damaged(path: self.path, reason: "rows of \(table) would be lost")
      }
    }
    try after.read { [key, path] database in
      guard let seal = try Store.seal(in: database, under: key, path: path) else {
        throw Store.Fault.damaged(path: path, reason: "its keys are gone")
      }
      try Store.verify(database, with: seal, path: path)
    }
  }

  /// Puts the result in the place of the file, synced.
  func takeOver() throws {
    let isPlain = try Store.sealKeyID(ofStoreAt: self.path) == nil
    let old = unsafe open(self.path, O_RDWR | O_CLOEXEC)
    defer { if old >= 0 { close(old) } }
    try Self.sync(self.result)
    guard unsafe rename(self.result, self.path) == 0 else { throw POSIXError(POSIXErrorCode(rawValue: errno) ?? .EIO) }
    try Self.sync(URL(fileURLWithPath: self.path).deletingLastPathComponent().path)
    // The earlier file had PINs and keys in clear. It is gone by name; here its bytes go too.
    if isPlain, old >= 0 { Self.overwrite(old) }
  }

  /// Rows that a step may bring or take without losing anything: what was kept in one table is kept in another.
  private static func isDerived(_ table: String) -> Bool { table == "site" || table.hasPrefix("sqlite_") }

  private static func rowCounts(_ database: Database) throws -> [String: Int] {
    let tables = try String.fetchAll(database, sql: "SELECT name FROM sqlite_master WHERE type = 'table'")
    return try tables.reduce(into: [:]) { counts, table in
      counts[table] = try Int.fetchOne(database, sql: "SELECT count(*) FROM \"\(table)\"") ?? 0
    }
  }

  private static func make(_ path: String) throws {
    guard FileManager.default.createFile(atPath: path, contents: nil, attributes: [.posixPermissions: 0o600]) else {
      throw Store.Fault.cannotOpen(path: path, reason: "the file cannot be made")
    }
  }

  private static func size(of path: String) -> Int {
    ((try? FileManager.default.attributesOfItem(atPath: path))?[.size] as? Int) ?? 0
  }

  private static func sync(_ path: String) throws {
    let descriptor = unsafe open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { throw POSIXError(POSIXErrorCode(rawValue: errno) ?? .EIO) }
    defer { close(descriptor) }
    guard fsync(descriptor) == 0 else { throw POSIXError(POSIXErrorCode(rawValue: errno) ?? .EIO) }
  }

  private static func shred(_ path: String) {
    let descriptor = unsafe open(path, O_RDWR | O_CLOEXEC)
    guard descriptor >= 0 else { return }
    Self.overwrite(descriptor)
    close(descriptor)
    _ = unsafe unlink(path)
  }

  /// Fills a file with zeros, so far as the disk lets a file be overwritten.
  private static func overwrite(_ descriptor: Int32) {
    let zeros = [UInt8](repeating: 0, count: 65536)
    var left = Int(lseek(descriptor, 0, SEEK_END))
    guard left > 0, lseek(descriptor, 0, SEEK_SET) == 0 else { return }
    while left > 0 {
      let written = unsafe write(descriptor, zeros, min(left, zeros.count))
      guard written > 0 else { return }
      left -= written
    }
    _ = fdatasync(descriptor)
  }
}

extension Store {
  /// Checks a whole store: its pages, its references, and that everything that is sealed opens, but for history.
  /// - Returns: how much of the history does not open.
  @discardableResult
  static func verify(_ database: Database, with seal: Seal, path: String) throws -> Int {
    let verdict = try String.fetchOne(database, sql: "PRAGMA integrity_check(1)")
    guard verdict == "ok" else { throw Fault.damaged(path: path, reason: verdict ?? "no verdict") }
    try database.checkForeignKeys()
    for column in SealedColumn.all where !column.isHistory { try column.check(in: database, with: seal) }
    return try SealedColumn.all.filter(\.isHistory).reduce(0) {
      $0 + (try $1.countUnreadable(in: database, with: seal))
    }
  }
}
