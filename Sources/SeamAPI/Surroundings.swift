public import OpenMetrics
public import Sealing
public import SyncEngine

/// What is asked of the daemon outside of engine and API: its process, its disk, its certificate, its backups.
public struct Surroundings: Sendable {
  /// What is measured there, for `/metrics`.
  public var metrics: @Sendable () async -> [MetricFamily]
  /// How it does, for `/health`.
  public var health: @Sendable () async -> [ServiceHealth]
  /// Makes a backup of everything that another box needs, encrypted with a key.
  public var backup: @Sendable (BackupKey) async throws(BackupRefusal) -> BackupStream

  /// Nothing but what is given.
  /// - Parameters:
  ///   - metrics: gives what is measured.
  ///   - health: gives how it does.
  ///   - backup: makes a backup.
  public init(
    metrics: @escaping @Sendable () async -> [MetricFamily] = { [] },
    health: @escaping @Sendable () async -> [ServiceHealth] = { [] },
    backup: @escaping @Sendable (BackupKey) async throws(BackupRefusal) -> BackupStream = {
      _ throws(BackupRefusal) in throw .cannot("It has no data directory.")
    }
  ) {
    (self.metrics, self.health, self.backup) = (metrics, health, backup)
  }
}

/// A backup on its way out.
public struct BackupStream: Sendable {
  /// What a file of it is best called.
  public var name: String
  /// How many locks are in it.
  public var locks: Int
  /// How many access codes are in it.
  public var codes: Int
  /// Its bytes, piece by piece, made as they are asked for.
  public var bytes: AsyncThrowingStream<[UInt8], any Error>

  /// Describes one.
  public init(name: String, locks: Int, codes: Int, bytes: AsyncThrowingStream<[UInt8], any Error>) {
    (self.name, self.locks, self.codes, self.bytes) = (name, locks, codes, bytes)
  }
}

/// Why no backup is made.
public enum BackupRefusal: Error, Sendable {
  /// Another one is being made or taken.
  case busy
  /// What is in the way and what to do, a sentence for whoever asked.
  case cannot(String)
}
