import Foundation
import Gateway
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
      while !Task.isCancelled {
        if isNews, self.takeIfDue() { changes = self.store.changesSoFar() }
        try? await Task.sleep(for: Self.interval)
        isNews = self.store.changesSoFar() != changes
      }
    }
  }

  /// - Returns: true when one was taken.
  private func takeIfDue() -> Bool {
    let now = Date()
    guard self.snapshots.isDue(at: now, size: self.store.size()) else { return false }
    do {
      try self.snapshots.take(of: self.store, at: now)
      return true
    } catch {
      self.logger.warning("the state of the store cannot be put by, so there is nothing newer to go back to: \(error)")
      return false
    }
  }
}
