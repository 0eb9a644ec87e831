internal import CSystemd

/// One entry of the journal: fields with names of its own, besides those that the journal adds (pid, unit, time).
public struct JournalEntry: Equatable, Sendable {
  /// Urgency as in syslog(3), the smaller the more urgent.
  public enum Priority: Int, Sendable {
    case critical = 2, error, warning, notice, info, debug
  }

  /// Each field as `NAME=value`.
  private(set) var fields: [[UInt8]]

  /// Begins an entry.
  /// - Parameters:
  ///   - message: what a person reads.
  ///   - priority: how urgent it is.
  ///   - identifier: the program's name.
  public init(_ message: String, priority: Priority, identifier: String) {
    self.fields = []
    self.add("MESSAGE", message)
    self.add("PRIORITY", "\(priority.rawValue)")
    self.add("SYSLOG_IDENTIFIER", identifier)
  }

  /// Adds a field. The name is made one that the journal takes: upper-case letters, digits and '_', not at the
  /// beginning, at most 64; a name of which nothing is left is not added.
  public mutating func add(_ name: String, _ value: String) {
    guard let name = Self.fieldName(name), self.fields.count < Self.mostFields else { return }
    self.fields.append(Array("\(name)=\(value)".utf8))
  }

  /// Sends it. Safe from any task; waits while the journal takes nothing.
  /// - Returns: false when the journal refused it.
  @discardableResult
  public func send() -> Bool {
    let lengths = self.fields.map(\.count)
    return unsafe csystemd_journal_send(self.fields.flatMap { $0 }, lengths, lengths.count) == 0
  }

  /// True when standard error of this process is read by the journal, so that entries are better than lines.
  public static var isHeard: Bool { csystemd_stderr_is_journal() == 1 }

  private static let mostFields = 64

  static func fieldName(_ name: String) -> String? {
    var result = ""
    for character in name.uppercased().unicodeScalars {
      let isFit = ("A"..."Z").contains(character) || ("0"..."9").contains(character)
      // A leading '_' is the journal's own, a leading digit is refused.
      if result.isEmpty, !("A"..."Z").contains(character) { continue }
      result.unicodeScalars.append(isFit ? character : "_")
    }
    return result.isEmpty ? nil : String(result.prefix(64))
  }
}
