import Foundation
import Gateway
import LockTransport
import Logging
import ServiceLifecycle
import SyncEngine

/// Puts the state of the store by, once a day and when something has changed, as a service.
struct SnapshotService: Service {
  /// How often it is looked whether it is time.
  private static let interval = Duration.seconds(600)

  let store: Store
  let snapshots: StoreSnapshots
  let logger: Logger

  func run() async throws {
    await cancelWhenGracefulShutdown {
      // What was opened and checked just now is good; a store that was only made holds nothing to go back to.
      var isNews = self.store.holdsCodes()
      var changes = self.store.changesSoFar()
      var schedule = SnapshotSchedule(
        age: self.snapshots.age(at: Date()), size: self.store.size(), wasCutOff: self.snapshots.wasCutOff,
        at: Reactor.uptime)
      while !Task.isCancelled {
        if isNews, schedule.isDue(at: Reactor.uptime) {
          let before = self.store.changesSoFar()
          if await self.take() {
            changes = before
            schedule.taken(size: self.store.size(), at: Reactor.uptime)
          } else {
            schedule.failed(at: Reactor.uptime)
          }
        }
        try? await Task.sleep(for: Self.interval)
        isNews = self.store.changesSoFar() != changes
      }
    }
  }

  /// Takes one, on a thread of its own: it waits for the disk.
  /// - Returns: true when one was taken.
  private func take() async -> Bool {
    let (results, tell) = AsyncStream<Bool>.makeStream()
    Thread.detachNewThread {
      do {
        let summary = try self.snapshots.take(of: self.store, at: Date())
        if summary.unreadable > 0 {
          self.logger.error(
            "\(summary.unreadable) entries of the journal do not open any more; the rest was put by, and goes on")
        }
        tell.yield(true)
      } catch {
        self.logger.warning(
          "the state of the store cannot be put by, so there is nothing newer to go back to; it is tried again in a day: \(error)"
        )
        tell.yield(false)
      }
      tell.finish()
    }
    for await isTaken in results { return isTaken }
    return false
  }
}
