import Synchronization

/// Lets one backup be made at a time: each needs room on the disk for a copy of the store.
package final class BackupTurns: Sendable {
  /// Whoever has it may make a backup; it is given back when it is let go of.
  package final class Turn: Sendable {
    private let turns: BackupTurns

    fileprivate init(of turns: BackupTurns) { self.turns = turns }

    deinit { self.turns.isTaken.withLock { $0 = false } }
  }

  private let isTaken = Mutex(false)

  /// Nobody makes one.
  package init() {}

  /// Takes the turn; nil while somebody has it.
  package func take() -> Turn? {
    let isFree = self.isTaken.withLock { isTaken in
      defer { isTaken = true }
      return !isTaken
    }
    return isFree ? Turn(of: self) : nil
  }
}
