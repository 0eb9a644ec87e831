import SeamAPI
import Supervision
import SyncEngine

/// What is known of the daemon beside its engine and its API.
struct DaemonSurroundings {
  private let process: ProcessMetrics
  private let watchdog: Watchdog
  private let directory: String

  init(directory: String, version: String, watchdog: Watchdog) {
    self.process = ProcessMetrics(directory: directory, version: version)
    (self.watchdog, self.directory) = (watchdog, directory)
  }

  /// The same for whoever asks over the API.
  var asked: Surroundings {
    Surroundings(metrics: { self.process.families + self.watchdog.families }, health: { [self.loops, self.disk] })
  }

  private var loops: ServiceHealth {
    let verdict = self.watchdog.verdict
    return ServiceHealth(
      "daemon",
      fault: verdict.isAlive
        ? nil
        : "Caught in \(verdict.stuck.joined(separator: ", ")). The service manager restarts the daemon if this lasts; without one, restart it.",
      as: .down, else: "All of its \(verdict.count) loops advance.", isVital: true)
  }

  private var disk: ServiceHealth {
    let free = DiskSpace(at: self.directory)?.free
    return ServiceHealth(
      "disk",
      fault: free.flatMap { free in
        free < DiskSpace.scarce
          ? "\(free >> 20) MiB are left where the daemon remembers (\(self.directory)). Make room: without it nothing can be stored."
          : nil
      }, else: "There is room.")
  }
}
