internal import Foundation
internal import GRDB
public import Sealing

/// The daemon's memory: one SQLite file, every acknowledged change synced before it is acknowledged.
///
/// One connection, used from one isolation at a time. The file is kept readable by its owner alone. PINs and keys stand
/// in it sealed: ``SealedColumn`` says which columns, and is the one place where they are sealed and opened.
public struct Store: Sendable {
  let database: DatabaseQueue
  /// Where it lies.
  let path: String
  /// Seals and opens what is secret.
  public let seal: Seal
  /// How often it was written.
  let commits = CommitCount()
  /// Whether something of the history was asked for that does not open.
  let unreadable = UnreadableHistory()

  /// Opens the store, makes it if there is none, checks it, and brings it up to the present schema on a copy.
  /// - Parameters:
  ///   - path: the file.
  ///   - key: the seal key of the box.
  ///   - progress: told what an upgrade does next, which may take long.
  /// - Throws: ``Fault``; the file is then as it was.
  public init(path: String, key: SealKey, progress: @escaping (String) -> Void = { _ in }) throws(Fault) {
    do {
      let upgrade = StoreUpgrade(path: path, key: key, progress: progress)
      upgrade.clearLeftovers()
      if !FileManager.default.fileExists(atPath: path) {
        // Its log would be taken for that of a new one.
        if FileManager.default.fileExists(atPath: "\(path)-wal") { throw Fault.vanished(path: path) }
        try Self.make(path, key: key)
      }
      if try Self.check(path, key: key) == .older { try upgrade.run() }
      try self.init(open: path, key: key)
    } catch {
      throw Fault(error, path: path)
    }
  }

  /// Opens an empty store in memory.
  /// - Parameter key: a seal key; another one each time when left out.
  /// - Throws: ``Fault``.
  public init(key: SealKey? = nil) throws(Fault) {
    do {
      guard let key = try key ?? SealKey(Draw.bytes(SealKey.length)) else { throw SealFault.library }
      self.path = ":memory:"
      self.database = try DatabaseQueue(configuration: Self.configuration)
      try Self.migrator(key).migrate(self.database)
      self.seal = try Self.requiredSeal(of: self.database, under: key, path: ":memory:")
      self.database.add(transactionObserver: self.commits)
    } catch {
      throw Fault(error, path: ":memory:")
    }
  }

  private init(open path: String, key: SealKey) throws {
    self.path = path
    self.database = try Self.open(path)
    self.seal = try Self.requiredSeal(of: self.database, under: key, path: path)
    self.database.add(transactionObserver: self.commits)
  }

  /// Returns once writing has come to its turn, whether it could be done or not; writes nothing.
  func comeToWrite() async {
    // Rolled back by GRDB: one of our own would not be when the task is cancelled in between.
    try? await self.database.write { _ in throw CancellationError() }
  }

  /// SQLite's `synchronous` as the writing connection has it: 2 is FULL.
  public func synchronousLevel() throws -> Int {
    try self.database.read { try Int.fetchOne($0, sql: "PRAGMA synchronous") ?? -1 }
  }

  /// What is wrong with a store so far as can be seen without its key, found without writing to it; nil for nothing.
  public static func fault(inStoreAt path: String) -> Fault? {
    do {
      try Self.checkPages(path).close()
      return nil
    } catch {
      return Fault(error, path: path)
    }
  }

  /// Makes an empty store under another name first: a file that is there and empty was emptied by somebody.
  private static func make(_ path: String, key: SealKey) throws {
    let draft = "\(path).new"
    for leftover in [draft, "\(draft)-wal", "\(draft)-shm"] { try? FileManager.default.removeItem(atPath: leftover) }
    guard FileManager.default.createFile(atPath: draft, contents: nil, attributes: [.posixPermissions: 0o600]) else {
      throw Fault.cannotOpen(path: path, reason: "the file cannot be made; check the directory and its permissions")
    }
    let database = try Self.open(draft)
    try Self.migrator(key).migrate(database)
    try database.close()
    try FileManager.default.moveItem(atPath: draft, toPath: path)
  }

  /// How the schema of a file stands to this program's.
  private enum Age { case present, older }

  /// Checks a file's pages without writing to it.
  /// - Returns: the file, open to be read.
  private static func checkPages(_ path: String) throws -> DatabaseQueue {
    let size = try FileManager.default.attributesOfItem(atPath: path)[.size] as? Int
    guard size != 0 else { throw Fault.damaged(path: path, reason: "it is empty") }
    let database = try Self.openToRead(path)
    let verdict = try database.read { try String.fetchOne($0, sql: "PRAGMA quick_check(1)") }
    guard verdict == "ok" else { throw Fault.damaged(path: path, reason: verdict ?? "no verdict") }
    return database
  }

  /// Checks a store without writing to it: its pages, the seal key, the schema, and that what is sealed opens.
  private static func check(_ path: String, key: SealKey) throws -> Age {
    let database = try Self.checkPages(path)
    defer { try? database.close() }
    return try database.read { database in
      let (migrator, seal) = (Self.migrator(key), try Self.seal(in: database, under: key, path: path))
      if try migrator.hasBeenSuperseded(database) {
        throw Fault.newer(path: path, steps: try migrator.appliedIdentifiers(database).count)
      }
      guard try migrator.hasCompletedMigrations(database) else { return .older }
      // The journal is long, and one event that does not open is one event.
      if let seal {
        for column in SealedColumn.all where !column.isHistory {
          try column.check(in: database, with: seal)
        }
      }
      return .present
    }
  }

  private static func requiredSeal(of database: DatabaseQueue, under key: SealKey, path: String) throws -> Seal {
    guard let seal = try database.read({ try Self.seal(in: $0, under: key, path: path) }) else {
      throw Fault.damaged(path: path, reason: "its keys are gone")
    }
    return seal
  }

  /// Opens a file without ever writing to it.
  static func openToRead(_ path: String) throws -> DatabaseQueue {
    var configuration = Self.configuration
    configuration.readonly = true
    return try DatabaseQueue(path: path, configuration: configuration)
  }

  /// Opens a file for good.
  static func open(_ path: String) throws -> DatabaseQueue {
    var configuration = Self.configuration
    configuration.journalMode = .wal
    let database = try DatabaseQueue(path: path, configuration: configuration)
    // GRDB sets synchronous = NORMAL when it turns WAL on, after prepareDatabase: a commit could then be lost
    // with the power. One connection for the store's life keeps what is set here.
    try database.writeWithoutTransaction { database in
      try database.execute(sql: "PRAGMA synchronous = FULL")
      // After a burst the log is cut to this again, in bytes.
      try database.execute(sql: "PRAGMA journal_size_limit = 1048576")
    }
    return database
  }

  static var configuration: Configuration {
    var configuration = Configuration()
    configuration.foreignKeysEnabled = true
    configuration.busyMode = .timeout(2)
    // Errors must not carry the values of a statement: there are PINs among them.
    configuration.publicStatementArguments = false
    return configuration
  }

  /// What SQLite says, without the statement.
  static func reason(of error: any Error) -> String {
    switch error {
    case let error as DatabaseError: error.message ?? "SQLite code \(error.resultCode.rawValue)"
    case let error as MalformedRow: "a value of \(error.column) is not what was written"
    case is SealFault: "the cryptographic library does not work; see that libsodium is there"
    default: "\(error)"
    }
  }
}
