public import Logging

/// Writes the log as entries of the journal, each piece of metadata as a field of its own: `BITTING_LOCK` for `lock`.
public struct JournalLogHandler: LogHandler {
  /// The key of metadata whose value is the entry's `MESSAGE_ID`.
  public static let messageID = "message_id"

  private let label: String
  /// What every entry carries.
  public var metadata: Logger.Metadata = [:]
  /// Nothing below is written.
  public var logLevel = Logger.Level.notice

  /// Makes a handler.
  /// - Parameter label: the program's name.
  public init(label: String) { self.label = label }

  /// One piece of what every entry carries.
  public subscript(metadataKey key: String) -> Logger.Metadata.Value? {
    get { self.metadata[key] }
    set { self.metadata[key] = newValue }
  }

  /// Writes an entry; waits while the journal takes nothing.
  public func log(event: LogEvent) { self.entry(for: event).send() }

  func entry(for event: LogEvent) -> JournalEntry {
    var entry = JournalEntry("\(event.message)", priority: .init(event.level), identifier: self.label)
    let metadata = self.metadata.merging(event.metadata ?? [:]) { $1 }
    for (key, value) in metadata.sorted(by: { $0.key < $1.key }) {
      entry.add(key == Self.messageID ? "MESSAGE_ID" : "BITTING_\(key)", "\(value)")
    }
    if let error = event.error { entry.add("BITTING_ERROR", "\(error)") }
    return entry
  }
}

extension JournalEntry.Priority {
  init(_ level: Logger.Level) {
    switch level {
    case .trace, .debug: self = .debug
    case .info: self = .info
    case .notice: self = .notice
    case .warning: self = .warning
    case .error: self = .error
    case .critical: self = .critical
    }
  }
}
