import Logging
import Synchronization

/// How much is logged, for all loggers of the daemon at once; may be changed while they are used.
final class LogLevel: Sendable {
  private let level = Mutex(Logger.Level.notice)

  /// Nothing below is written.
  var value: Logger.Level {
    get { self.level.withLock { $0 } }
    set { self.level.withLock { $0 = newValue } }
  }
}

/// A log whose level is shared by all copies of it.
struct LevelledLog: LogHandler {
  private var log: any LogHandler
  private let level: LogLevel

  /// Makes a log that writes into another.
  init(_ log: any LogHandler, level: LogLevel) { (self.log, self.level) = (log, level) }

  var logLevel: Logger.Level {
    get { self.level.value }
    set { self.level.value = newValue }
  }
  var metadata: Logger.Metadata {
    get { self.log.metadata }
    set { self.log.metadata = newValue }
  }
  subscript(metadataKey key: String) -> Logger.Metadata.Value? {
    get { self.log[metadataKey: key] }
    set { self.log[metadataKey: key] = newValue }
  }

  func log(event: LogEvent) { self.log.log(event: event) }
}
