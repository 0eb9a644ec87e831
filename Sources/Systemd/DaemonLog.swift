public import Logging
internal import Synchronization

/// The log of a daemon: entries of the journal where standard error is read by it, else lines on standard error. The
/// same message is told five times within ten minutes and counted from then on.
public struct DaemonLog: LogHandler {
  /// What was said lately; one for all loggers of a process.
  private final class Memory: Sendable {
    private struct State {
      var repeated = RepeatedMessages()
      /// The last of each message that is only counted.
      var counted: [String: LogEvent] = [:]
    }
    private let state = Mutex(State())

    /// What is to be told now that this was said: itself, and what was counted and is over.
    func said(_ event: LogEvent, at now: Duration) -> [LogEvent] {
      // What it is about is part of it: the sixth lock with the same trouble is no repetition.
      let subject = (event.metadata ?? [:]).map { "\($0.key)=\($0.value)" }.sorted().joined(separator: " ")
      let message = "\(event.level) \(event.message) \(subject)"
      return self.state.withLock { state in
        var told = Self.over(&state, at: now)
        switch state.repeated.said(message, at: now) {
        case .tell: told.append(event)
        case .tellLast:
          var last = event
          last.message = "\(event.message) [the same is only counted for the next minutes]"
          told.append(last)
        case .count: state.counted[message] = event
        }
        return told
      }
    }

    func over(at now: Duration) -> [LogEvent] { self.state.withLock { Self.over(&$0, at: now) } }

    private static func over(_ state: inout State, at now: Duration) -> [LogEvent] {
      state.repeated.over(at: now).compactMap { message, count in
        guard var event = state.counted.removeValue(forKey: message) else { return nil }
        event.message = "\(event.message) [\(count) times more in 10 minutes]"
        return event
      }
    }
  }

  private static let memory = Memory()
  private var handler: any LogHandler
  private let showsTopics: Bool

  /// Makes the log.
  /// - Parameter label: the program's name.
  public init(label: String) {
    self.showsTopics = JournalEntry.isHeard
    self.handler =
      self.showsTopics ? JournalLogHandler(label: label) : StreamLogHandler.standardError(label: label)
  }

  /// What every entry carries.
  public var metadata: Logger.Metadata {
    get { self.handler.metadata }
    set { self.handler.metadata = newValue }
  }
  /// Nothing below is written.
  public var logLevel: Logger.Level {
    get { self.handler.logLevel }
    set { self.handler.logLevel = newValue }
  }
  /// One piece of what every entry carries.
  public subscript(metadataKey key: String) -> Logger.Metadata.Value? {
    get { self.handler[metadataKey: key] }
    set { self.handler[metadataKey: key] = newValue }
  }

  /// Tells it, or counts it.
  public func log(event: LogEvent) {
    for event in Self.memory.said(event, at: Self.uptime) { self.tell(event) }
  }

  /// Tells what was counted and is over by now.
  public func tellWhatIsOver() {
    for event in Self.memory.over(at: Self.uptime) { self.tell(event) }
  }

  private func tell(_ event: LogEvent) {
    var event = event
    // Of use to machines only.
    if !self.showsTopics { event.metadata?[JournalLogHandler.messageID] = nil }
    self.handler.log(event: event)
  }

  private static var uptime: Duration { ContinuousClock().systemEpoch.duration(to: .now) }
}
