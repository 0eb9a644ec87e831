/// Follows the audit log from its first entry to its head and finds what does not fit: a value, fed entry by entry.
///
/// Whoever can write the whole log can make a whole new chain that fits. Against that, and against the end being cut
/// off an export, the head is noted elsewhere and given as ``Head``.
public struct AuditChain {
  /// A place in the log, to be noted elsewhere.
  public struct Head: Hashable, Sendable, CustomStringConvertible {
    /// Which entry.
    public var sequence: Int64
    /// Its hash in hexadecimal.
    public var hash: String

    /// Takes `SEQUENCE:HASH`.
    /// - Returns: nil for anything else.
    public init?(_ text: String) {
      let parts = text.split(separator: ":", omittingEmptySubsequences: false)
      guard parts.count == 2, let sequence = Int64(parts[0]), sequence > 0, Digest(hex: String(parts[1])) != nil else {
        return nil
      }
      (self.sequence, self.hash) = (sequence, parts[1].lowercased())
    }

    /// Describes a place.
    public init(sequence: Int64, hash: String) { (self.sequence, self.hash) = (sequence, hash) }

    /// `SEQUENCE:HASH`
    public var description: String { "\(self.sequence):\(self.hash)" }
  }

  /// Something that does not fit.
  public enum Finding: Hashable, Sendable {
    /// The entry is not the one that was written there.
    case changed(Int64)
    /// The entry stands where another one belongs: it was put in, or moved.
    case outOfPlace(Int64)
    /// These entries are not there.
    case missing(ClosedRange<Int64>)
    /// The log begins with this entry, and nothing says that those before it were let go of when they were old.
    case beginsLate(Int64)
    /// What was noted of this entry is not what is there.
    case differsFromNoted(Int64)
    /// What was noted is of an entry that was let go of when it was old: nothing can be said.
    case notedIsGone(Int64)
    /// This line of a file is no entry.
    case unreadable(line: Int)
  }

  /// What does not fit, in the order of the log; not more than 100.
  public private(set) var findings: [Finding] = []
  /// The last entry that was in its place; nil for an empty log.
  public private(set) var head: Head?
  /// How many entries there were.
  public private(set) var count = 0

  private let noted: Head?
  private var isNotedSeen = false
  private var first: AuditRecord?
  private var isBeginningProven = false
  /// The hash before the head's.
  private var before = AuditRecord.origin

  /// Begins before the first entry.
  /// - Parameter noted: what was noted of an entry earlier; nil for nothing.
  public init(noted: Head? = nil) { self.noted = noted }

  /// The next entry of the log.
  public mutating func follow(_ record: AuditRecord) {
    self.count += 1
    let entry = record.entry
    guard entry["sequence"] == .int(record.sequence) else {
      self.add(.changed(record.sequence))
      return self.move(to: record)
    }
    if self.first == nil {
      self.first = record
      if record.sequence == 1 {
        self.isBeginningProven = true
        self.check(record, after: AuditRecord.origin)
      }
      return self.accept(record, entry, after: AuditRecord.origin)
    }
    guard let head = self.head else { return }
    if record.sequence <= head.sequence { return self.foundOutOfPlace(record) }
    if record.sequence > head.sequence + 1 {
      self.add(.missing(head.sequence + 1...record.sequence - 1))
    } else {
      self.check(record, after: head.hash)
    }
    self.accept(record, entry, after: head.hash)
  }

  /// A line of a file that is no entry.
  public mutating func foundUnreadable(line: Int) { self.add(.unreadable(line: line)) }

  /// The log is over.
  /// - Parameter newest: the newest entry that there ever was, where that is known.
  public mutating func end(newest: Int64? = nil) {
    if let first, first.sequence > 1, !self.isBeginningProven {
      self.findings.insert(.beginsLate(first.sequence), at: 0)
    }
    let last = self.head?.sequence ?? 0
    let awaited = max(newest ?? 0, self.noted?.sequence ?? 0)
    if awaited > last { self.add(.missing(last + 1...awaited)) }
    guard let noted, !self.isNotedSeen, noted.sequence <= last, noted.sequence < self.first?.sequence ?? 1 else {
      return
    }
    self.add(.notedIsGone(noted.sequence))
  }

  private mutating func check(_ record: AuditRecord, after previous: String) {
    if AuditRecord.hash(of: record.text, after: previous) != record.hash { self.add(.changed(record.sequence)) }
  }

  private mutating func accept(_ record: AuditRecord, _ entry: JSONValue, after previous: String) {
    if entry["action"] == .string(Self.pruning), let first, !self.isBeginningProven,
      entry["details"]?["through"] == .int(first.sequence - 1), let hash = entry["details"]?["hash"]?.string,
      AuditRecord.hash(of: first.text, after: hash) == first.hash
    {
      self.isBeginningProven = true
    }
    self.before = previous
    self.move(to: record)
  }

  private mutating func move(to record: AuditRecord) {
    if self.first == nil { self.first = record }
    if let noted, noted.sequence == record.sequence {
      self.isNotedSeen = true
      if noted.hash != record.hash { self.add(.differsFromNoted(record.sequence)) }
    }
    self.head = Head(sequence: record.sequence, hash: record.hash)
  }

  /// Of two entries for one place, the one that fits is the one that belongs there.
  private mutating func foundOutOfPlace(_ record: AuditRecord) {
    if record.sequence == self.head?.sequence, self.findings.last == .changed(record.sequence),
      AuditRecord.hash(of: record.text, after: self.before) == record.hash
    {
      self.findings.removeLast()
      self.head = Head(sequence: record.sequence, hash: record.hash)
    }
    self.add(.outOfPlace(record.sequence))
  }

  private mutating func add(_ finding: Finding) {
    if self.findings.count < 100 { self.findings.append(finding) }
  }

  /// The action of the entry that says up to which one old entries were let go of.
  static let pruning = "audit.pruned"
}

extension AuditChain.Finding: CustomStringConvertible {
  /// A sentence.
  public var description: String {
    switch self {
    case .changed(let sequence):
      "Entry \(sequence) is not as it was written: it was changed, or something before it was put in or taken out."
    case .outOfPlace(let sequence): "An entry \(sequence) stands where another one belongs: it was put in or moved."
    case .missing(let range):
      range.count == 1
        ? "Entry \(range.lowerBound) is missing." : "Entries \(range.lowerBound) to \(range.upperBound) are missing."
    case .beginsLate(let sequence):
      "The log begins with entry \(sequence), and nothing in it says that the entries before were let go of for their age: they were taken out."
    case .differsFromNoted(let sequence):
      "Entry \(sequence) is not the one that was noted: the log was made anew, or belongs to another gateway."
    case .notedIsGone(let sequence):
      "Entry \(sequence), which was noted, has been let go of for its age: note a newer head."
    case .unreadable(let line): "Line \(line) is no entry of an audit log."
    }
  }
}
