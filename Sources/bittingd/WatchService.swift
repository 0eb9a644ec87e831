import Logging
import NIOCore
import NIOPosix
import ServiceLifecycle
import Supervision
import SyncEngine
import Systemd

/// Tells the service manager that all loops advance, and at the end that the daemon stops.
struct WatchService: Service {
  let watchdog: Watchdog
  let log: DaemonLog
  let logger: Logger

  /// A watchdog as strict as the service manager wants it.
  static func watchdog() -> Watchdog { ServiceManager.watchdogInterval.map { Watchdog(limit: $0) } ?? Watchdog() }

  /// Requests are taken in from now on.
  /// - Parameter status: a sentence for people.
  func ready(_ status: String) {
    for (number, loop) in MultiThreadedEventLoopGroup.singleton.makeIterator().enumerated() {
      _ = self.watchdog.watch("http \(number)") { answered in loop.execute(answered) }
    }
    ServiceManager.tell(.ready, .status(status))
  }

  func run() async {
    let stuck = LastVerdict()
    let isWatched = ServiceManager.watchdogInterval != nil
    await cancelWhenGracefulShutdown {
      await self.watchdog.run { [log, logger] verdict in
        // First of all: the journal may keep a writer waiting.
        if isWatched, verdict.isAlive { ServiceManager.tell(.alive) }
        log.tellWhatIsOver()
        guard stuck.isNews(verdict.stuck) else { return }
        if verdict.isAlive {
          logger.notice(
            "all loops advance again", metadata: [LogTopic.key: "\(LogTopic.loopsAdvance.rawValue)"])
        } else {
          logger.error(
            "caught in \(verdict.stuck.joined(separator: ", ")): the service manager restarts the daemon if this lasts",
            metadata: [LogTopic.key: "\(LogTopic.loopCaught.rawValue)"])
        }
      }
    }
    ServiceManager.tell(.stopping, .status("Ends."))
  }
}
