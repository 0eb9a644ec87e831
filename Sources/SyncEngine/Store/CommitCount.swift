internal import GRDB
internal import Synchronization

/// How often the store was written since it was opened: each time the disk is synced.
final class CommitCount: TransactionObserver, Sendable {
  private let commits = Atomic(0)

  /// The number.
  var value: Int { self.commits.load(ordering: .relaxed) }

  func observes(eventsOfKind eventKind: DatabaseEventKind) -> Bool { false }
  func databaseDidChange(with event: DatabaseEvent) {}
  func databaseDidCommit(_ db: Database) { self.commits.add(1, ordering: .relaxed) }
  func databaseDidRollback(_ db: Database) {}
}
