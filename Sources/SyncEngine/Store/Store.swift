internal import Foundation
internal import GRDB

/// The daemon's memory: one SQLite file, every acknowledged change synced before it is acknowledged.
///
/// One connection, used from one isolation at a time. The file is kept readable by its owner alone.
public struct Store: Sendable {
  let database: DatabaseQueue

  /// Why the store cannot be used. Nothing was written.
  public enum Fault: Error, CustomStringConvertible {
    /// The file cannot be opened or made.
    case cannotOpen(path: String, reason: String)
    /// The file fails SQLite's own check; it is left as it is.
    case damaged(path: String, reason: String)

    /// What is wrong and what to do.
    public var description: String {
      switch self {
      case .cannotOpen(let path, let reason):
        "The store \(path) cannot be opened: \(reason)."
      case .damaged(let path, let reason):
        "The store \(path) is damaged (\(reason)). It was left as it is: move it aside together with \(path)-wal and \(path)-shm, and put the last good copy in its place."
      }
    }
  }

  /// Opens the store, makes it if there is none, checks it, and brings it up to the present schema.
  /// - Throws: ``Fault``.
  public init(path: String) throws(Fault) {
    do {
      if !FileManager.default.fileExists(atPath: path) { try Self.make(path) }
      try Self.check(path)
      self.database = try Self.open(path)
    } catch {
      throw Fault(error, path: path)
    }
  }

  /// Opens an empty store in memory.
  /// - Throws: ``Fault``.
  public init() throws(Fault) {
    do {
      self.database = try DatabaseQueue(configuration: Self.configuration)
      try Self.migrator.migrate(self.database)
    } catch {
      throw Fault(error, path: ":memory:")
    }
  }

  /// SQLite's `synchronous` as the writing connection has it: 2 is FULL.
  public func synchronousLevel() throws -> Int {
    try self.database.read { try Int.fetchOne($0, sql: "PRAGMA synchronous") ?? -1 }
  }

  /// What is wrong with a store, found without writing to it; nil for nothing.
  public static func fault(inStoreAt path: String) -> Fault? {
    do {
      try Self.check(path)
      return nil
    } catch {
      return Fault(error, path: path)
    }
  }

  /// Makes an empty store under another name first: a file that is there and empty was emptied by somebody.
  private static func make(_ path: String) throws {
    let draft = "\(path).new"
    for leftover in [draft, "\(draft)-wal", "\(draft)-shm"] { try? FileManager.default.removeItem(atPath: leftover) }
    guard FileManager.default.createFile(atPath: draft, contents: nil, attributes: [.posixPermissions: 0o600]) else {
      throw Fault.cannotOpen(path: path, reason: "the file cannot be made; check the directory and its permissions")
    }
    try Self.open(draft).close()
    try FileManager.default.moveItem(atPath: draft, toPath: path)
  }

  /// Checks a store without writing to it.
  private static func check(_ path: String) throws {
    let size = try FileManager.default.attributesOfItem(atPath: path)[.size] as? Int
    guard size != 0 else { throw Fault.damaged(path: path, reason: "it is empty") }
    var configuration = Self.configuration
    configuration.readonly = true
    let database = try DatabaseQueue(path: path, configuration: configuration)
    let verdict = try database.read { try String.fetchOne($0, sql: "PRAGMA quick_check(1)") }
    guard verdict == "ok" else { throw Fault.damaged(path: path, reason: verdict ?? "no verdict") }
    try database.close()
  }

  private static func open(_ path: String) throws -> DatabaseQueue {
    var configuration = Self.configuration
    configuration.journalMode = .wal
    let database = try DatabaseQueue(path: path, configuration: configuration)
    // GRDB sets synchronous = NORMAL when it turns WAL on, after prepareDatabase: a commit could then be lost
    // with the power. One connection for the store's life keeps what is set here.
    try database.writeWithoutTransaction { try $0.execute(sql: "PRAGMA synchronous = FULL") }
    try Self.migrator.migrate(database)
    return database
  }

  private static var configuration: Configuration {
    var configuration = Configuration()
    configuration.foreignKeysEnabled = true
    configuration.busyMode = .timeout(2)
    // Errors must not carry the values of a statement: there are PINs among them.
    configuration.publicStatementArguments = false
    return configuration
  }

  /// What SQLite says, without the statement.
  static func reason(of error: any Error) -> String {
    if let error = error as? DatabaseError { return error.message ?? "SQLite code \(error.resultCode.rawValue)" }
    return "\(error)"
  }
}

extension Store.Fault {
  fileprivate init(_ error: any Error, path: String) {
    switch error {
    case let fault as Store.Fault: self = fault
    case let error as DatabaseError
    where error.resultCode == .SQLITE_NOTADB || error.resultCode == .SQLITE_CORRUPT:
      self = .damaged(path: path, reason: error.message ?? "unreadable")
    default: self = .cannotOpen(path: path, reason: Store.reason(of: error))
    }
  }
}
