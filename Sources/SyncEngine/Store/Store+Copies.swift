internal import Foundation
internal import GRDB
public import Sealing

/// Copies of a store: for backups, and back from them.
extension Store {
  /// What a store holds, in numbers for people.
  public struct Summary: Hashable, Sendable {
    /// Locks that were ever known.
    public var locks: Int
    /// Access codes, those to come included.
    public var codes: Int
    /// Events and results of attempts that do not open, and are lost.
    public var unreadable = 0
  }

  /// The seal of a store that may belong to a running daemon; nothing is written.
  /// - Parameters:
  ///   - path: the store.
  ///   - key: the seal key of the box.
  /// - Throws: ``Fault``, also for a store of an earlier version.
  public static func seal(ofStoreAt path: String, under key: SealKey) throws(Fault) -> Seal {
    do {
      let database = try Self.openToRead(path)
      defer { try? database.close() }
      if let seal = try database.read({ try Self.seal(in: $0, under: key, path: path) }) { return seal }
      throw Fault.cannotOpen(path: path, reason: "it is of an earlier version; start bittingd once")
    } catch {
      throw Fault(error, path: path)
    }
  }

  /// Writes a copy of a store as it stands now, and checks it. The store may be in use meanwhile, also by another
  /// process: nobody waits for it.
  /// - Parameters:
  ///   - source: the store.
  ///   - path: a file that is not there yet.
  ///   - seal: the seal of the store.
  /// - Throws: ``Fault``; there is then no copy.
  public static func copy(_ source: String, to path: String, seal: Seal) throws(Fault) -> Summary {
    do {
      guard FileManager.default.createFile(atPath: path, contents: nil, attributes: [.posixPermissions: 0o600]) else {
        throw Fault.cannotOpen(path: path, reason: "the file cannot be made; check the directory and its permissions")
      }
      let original = try DatabaseQueue(path: source, configuration: Self.configuration)
      try original.writeWithoutTransaction { try $0.execute(sql: "VACUUM INTO ?", arguments: [path]) }
      try original.close()
      let copy = try Self.openToRead(path)
      defer { try? copy.close() }
      return try copy.read { database in
        let unreadable = try Self.verify(database, with: seal, path: source)
        var summary = try Self.summary(of: database)
        summary.unreadable = unreadable
        return summary
      }
    } catch {
      try? FileManager.default.removeItem(atPath: path)
      throw Fault(error, path: source)
    }
  }

  /// Makes the copy of a store, which may be of another box, this box's own: its keys are wrapped under this box's seal
  /// key, and what locks were last seen to hold is forgotten, since they may have changed: each is looked at before
  /// anything is written to it.
  /// - Parameters:
  ///   - path: the copy; nobody else has it open.
  ///   - dataKeys: what its secrets are sealed with; nil for a copy of this box's own, whose keys are in it.
  ///   - key: the seal key of this box.
  /// - Throws: ``Fault``.
  public static func adopt(_ path: String, dataKeys: [UInt32: [UInt8]]?, under key: SealKey) throws(Fault) -> Summary {
    do {
      let database = try DatabaseQueue(path: path, configuration: Self.configuration)
      defer { try? database.close() }
      return try database.write { database in
        if let dataKeys {
          guard let seal = try Seal(dataKeys: dataKeys) else {
            throw Fault.damaged(path: path, reason: "it has no keys")
          }
          try Self.write(try seal.wrapped(under: key), in: database)
        }
        try database.execute(
          sql: """
            UPDATE lock SET is_inventoried = 0, known_changes = NULL;
            UPDATE slot SET observed = NULL;
            """)
        return try Self.summary(of: database)
      }
    } catch {
      throw Fault(error, path: path)
    }
  }

  /// Lets what is in the write-ahead log of a file that nobody has open go into the file, so far as it can be.
  public static func settle(_ path: String) {
    guard FileManager.default.fileExists(atPath: path),
      let database = try? DatabaseQueue(path: path, configuration: Self.configuration)
    else { return }
    _ = try? database.writeWithoutTransaction { try $0.checkpoint(.truncate) }
    try? database.close()
  }

  /// As ``copy(_:to:seal:)``, of this store.
  public func copy(to path: String) throws(Fault) -> Summary { try Self.copy(self.path, to: path, seal: self.seal) }

  /// How many rows were changed since it was opened.
  public func changesSoFar() -> Int { (try? self.database.read { $0.totalChangesCount }) ?? 0 }

  /// True when there is an access code, for now or for later.
  public func holdsCodes() -> Bool {
    (try? self.database.read { try Bool.fetchOne($0, sql: "SELECT EXISTS (SELECT * FROM access_code)") ?? false })
      ?? false
  }

  /// How large the file is, its free pages included, in bytes.
  public func size() -> Int {
    let pages = try? self.database.read {
      try Int.fetchOne($0, sql: "SELECT page_count * page_size FROM pragma_page_count, pragma_page_size")
    }
    return pages.flatMap(\.self) ?? 0
  }

  /// Closes the file; the store is not used any more.
  public func close() { try? self.database.close() }

  private static func summary(of database: Database) throws -> Summary {
    Summary(
      locks: try Int.fetchOne(database, sql: "SELECT count(*) FROM lock") ?? 0,
      codes: try Int.fetchOne(database, sql: "SELECT count(*) FROM access_code WHERE NOT is_deleting") ?? 0)
  }
}
