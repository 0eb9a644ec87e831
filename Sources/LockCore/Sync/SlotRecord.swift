/// What the gateway knows of one slot: who it is leased to, what was written last, what was seen last.
public struct SlotRecord: Hashable, Sendable {
  /// The last write, put down before the lock hears it.
  public struct Written: Hashable, Sendable {
    /// What the slot was known to hold before a write.
    public enum Before: Hashable, Sendable {
      /// Nothing.
      case empty
      /// Something, or nobody knows; with the change counter of the last look.
      case occupied(stamp: UInt32?)
    }

    /// What was written; nil for "emptied".
    public var entry: SlotEntry?
    /// When, on the ledger's own count of writes and looks.
    public var order: Int64
    /// What the slot held before: how a masked reading shows whether the write took.
    public var before: Before
    /// True once a look has shown that it took.
    public var isProven: Bool
    /// The slot's change counter at that look, where the lock tells it.
    public var stamp: UInt32?
    /// True when others wrote it and we took it over, until the lock's driver knows.
    public var isUnclaimed = false

    /// Makes a write.
    /// - Parameters:
    ///   - entry: what was written, nil for "emptied".
    ///   - order: place in the ledger's count.
    ///   - before: what the slot held before.
    ///   - isProven: a look has shown that it took.
    ///   - stamp: the slot's change counter at that look.
    public init(
      entry: SlotEntry?, order: Int64, before: Before, isProven: Bool = false, stamp: UInt32? = nil
    ) {
      self.entry = entry
      self.order = order
      self.before = before
      self.isProven = isProven
      self.stamp = stamp
    }
  }

  /// The last look.
  public struct Observed: Hashable, Sendable {
    /// What the lock told.
    public var reading: SlotReading
    /// When, on the ledger's own count of writes and looks.
    public var order: Int64
    /// When, by the wall clock.
    public var date: Timestamp
    /// The first of the looks in a row that showed the same.
    public var shownSince: Int64

    /// Makes a look.
    /// - Parameters:
    ///   - reading: what the lock told.
    ///   - order: place in the ledger's count.
    ///   - date: when.
    ///   - shownSince: the first of the looks in a row that showed the same; nil for this one.
    public init(reading: SlotReading, order: Int64, date: Timestamp, shownSince: Int64? = nil) {
      self.reading = reading
      self.order = order
      self.date = date
      self.shownSince = shownSince ?? order
    }
  }

  /// The slot's number, as the vendor prints it.
  public let number: Int
  /// The access code it is leased to; nil for none.
  public var holder: AccessCodeID?
  /// Since when it is leased.
  public var heldSince: Timestamp?
  /// The last write; nil when we never wrote it, or gave it back.
  public var written: Written?
  /// The last look; nil for never.
  public var observed: Observed?

  /// Makes the record of a slot that nothing is known of.
  public init(number: Int) { self.number = number }
}

extension SlotRecord {
  /// How what was seen stands to what was written.
  public enum Proof: Hashable, Sendable {
    /// Nothing was seen since the last write, or ever.
    case missing
    /// What was seen agrees with the last write.
    case agrees
    /// What was seen right after the write contradicts it: it did not take.
    case writeFailed
    /// It had taken, and somebody changed it since.
    case drifted(CodeRecord.Drift.Kind)
  }

  /// How what was seen stands to what was written.
  ///
  /// A look counts only when it is newer than the write. A masked reading
  /// contradicts what was proven only by its stamp, and proves a write only over an empty slot or by a new stamp.
  public var proof: Proof {
    guard let written = self.written, let observed = self.observed, observed.order > written.order
    else { return .missing }
    guard let change = Self.contradiction(of: observed.reading, to: written) else { return .agrees }
    return written.isProven ? .drifted(change) : .writeFailed
  }

  /// What somebody made of a code that had been proven here; nil when it is as written or was never proven.
  var drift: CodeRecord.Drift.Kind? {
    guard self.written?.entry != nil, case .drifted(let kind) = self.proof else { return nil }
    return kind
  }

  /// True when the newest thing known of the slot is a look that found it empty.
  public var isProvenEmpty: Bool {
    guard let observed = self.observed, observed.reading.contents == .empty else { return false }
    return self.written.map { observed.order > $0.order } ?? true
  }

  /// The PIN that the driver still takes for one of others; nil when there is nothing to claim.
  var unclaimedPIN: PINCode? {
    guard let written = self.written, written.isUnclaimed, self.observed?.reading.contents != .empty else { return nil }
    return written.entry?.pin
  }

  /// True when a code may move in.
  var isFree: Bool { self.holder == nil && self.isProvenEmpty }

  /// True when somebody put a PIN of their own where ours had been proven.
  var isTakenByAnotherPIN: Bool {
    guard case .modified(pin: true, _)? = self.drift else { return false }
    return true
  }

  /// True when what is there is told neither as digits nor by a stamp: then only an empty slot proves a write.
  var isOpaque: Bool {
    guard let reading = self.observed?.reading else { return false }
    return reading.contents == .unreadable && reading.stamp == nil
  }

  /// Takes in a look, and ends the lease when it shows that somebody else has moved in.
  /// - Parameter answersWrite: the lock told it in answer to the last write itself.
  mutating func look(_ reading: SlotReading, order: Int64, date: Timestamp, answersWrite: Bool) {
    if self.isFilledByOthers(reading, answersWrite: answersWrite) { self.giveBack() }
    let isTheSame = self.observed.map { $0.reading.isAsGood(as: reading) } ?? false
    self.observed = Observed(
      reading: reading, order: order, date: date, shownSince: isTheSame ? self.observed?.shownSince : nil)
  }

  /// Ends the lease.
  mutating func giveBack() {
    (self.holder, self.heldSince, self.written) = (nil, nil, nil)
  }

  /// True when a code that cannot be ours filled a slot that we had left empty, or thought we were filling: it is
  /// neither adopted nor overwritten (contract R104).
  private func isFilledByOthers(_ reading: SlotReading, answersWrite: Bool) -> Bool {
    guard let written = self.written else { return false }
    switch (written.entry, reading.contents, self.proof) {
    case (_, .empty, _): return false
    // What was taken over is known by its PIN until it is claimed: with another one it is another code.
    case (let entry?, .code(let found), _) where written.isUnclaimed: return found != entry.pin
    case (nil, _, .agrees): return true
    case (nil, .code(let found), .missing):
      // The last look is what was to be erased: anything else came after an erasure that took unseen.
      guard case .code(let erased)? = self.observed?.reading.contents else { return false }
      return found != erased
    case (let entry?, .code(let found), .missing):
      return !answersWrite && written.before == .empty && found != entry.pin
    default: return false
    }
  }

  private static func contradiction(
    of reading: SlotReading, to written: Written
  )
    -> CodeRecord.Drift.Kind?
  {
    switch (written.entry, reading.contents) {
    case (nil, .empty): return nil
    case (nil, _): return .modified(pin: true, window: false)
    case (_, .empty): return .removed
    case (_?, .unreadable):
      if written.isProven {
        guard let before = written.stamp, let now = reading.stamp, before != now else { return nil }
        return .modified(pin: false, window: false)
      }
      // Masked: that something is there shows that the write took only if nothing, or something with another
      // stamp, was there before.
      guard case .occupied(let stamp) = written.before else { return nil }
      if let stamp, let now = reading.stamp, stamp != now { return nil }
      return .modified(pin: false, window: false)
    case (let entry?, .code(let pin)):
      let pinDiffers = pin != entry.pin
      let windowDiffers = reading.window != entry.window || reading.isRestricted
      return pinDiffers || windowDiffers ? .modified(pin: pinDiffers, window: windowDiffers) : nil
    }
  }
}
