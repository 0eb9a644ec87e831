/// A log record that was journalled: what a log that seems to begin anew is compared with.
public struct JournalledRecord: Hashable, Sendable {
  /// Its index in the lock's log.
  public var index: UInt32
  /// When it happened.
  public var date: Timestamp

  /// Makes a note of a record.
  /// - Parameters:
  ///   - index: its index in the lock's log.
  ///   - date: when it happened.
  public init(index: UInt32, date: Timestamp) {
    self.index = index
    self.date = date
  }

  /// True for a record that was there already: neither its index nor its date is newer.
  func covers(_ record: LockRecord) -> Bool {
    guard let index = record.index else { return false }
    return index <= self.index && record.date <= self.date
  }
}
