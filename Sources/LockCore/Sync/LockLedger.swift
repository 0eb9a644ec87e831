/// All that is known and wanted of one lock's codes, as a value: what happened goes in, and what to do next
/// (``plan(at:)``), where each code stands (``state(of:at:)``) and what to announce (``announce(at:)``) follow
/// from it alone.
///
/// Whatever order creations, changes, faults, looks and restarts come in, working off the plan converges: the
/// ledger compares what is wanted with what was proven and never relies on having seen an event.
public struct LockLedger: Hashable, Sendable {
  /// The lock.
  public let lock: LockID
  /// What the lock can do.
  public var capabilities: LockCapabilities
  /// How long before, and after how long, things are done.
  public var policy: SchedulingPolicy
  /// Codes asked for over the API.
  public var codes: [AccessCodeID: CodeRecord] = [:]
  /// Slots of the lock, those never seen left out.
  public var slots: [Int: SlotRecord] = [:]
  /// Codes that others put on the lock, by slot.
  public var strangers: [Int: StrangerRecord] = [:]
  /// Counts writes and looks, so that "newer" does not depend on a clock.
  public var order: Int64 = 0
  /// False while nothing is done on the lock, and nothing asked of it, but what was to be removed before.
  public var isManaged = true
  /// True while every slot was looked at and no change was told since without a count.
  public var isInventoried = false
  /// The lock's count of slot changes as of our last write or look; nil when it does not count.
  public var knownChanges: UInt32?
  /// Index of the last log record that was journalled; nil before the first contact.
  public var logCursor: UInt32?
  /// The log record that was journalled last; nil for none yet.
  public var journalled: JournalledRecord?

  /// The lock's count of slot changes as it last told unasked.
  public var reportedChanges: UInt32?
  /// Index of the newest log record the lock told of.
  public var newestRecord: UInt32?
  /// True while the lock answers.
  public var isReachable = false
  /// True while the bus or adapter is gone.
  public var isAdapterGone = false
  /// The job that the lock is busy with.
  public var running: Job?
  /// Looks at all slots that failed in a row.
  public var looks = Retry()
  /// Reads of the log that failed in a row.
  public var logReads = Retry()
  /// True when a change without a count was told since the last look at all slots began.
  var changedDuringLook = false
  /// The slot as it was before the write under way.
  var beforeWrite: SlotRecord?

  /// True while the lock has no entry to tell of that is not journalled yet: it answers, and all of its log was read, or
  /// it has none.
  public var hasReadLog: Bool {
    if self.capabilities.codeStore == .gateway { return true }
    return self.isReachable && (self.newestRecord == nil || self.newestRecord == self.logCursor)
  }

  /// What failed so many times in a row, and when it may be tried again.
  public struct Retry: Hashable, Sendable {
    /// Not again before.
    public var notBefore = Timestamp.distantPast
    /// How many in a row.
    public var count = 0
    /// How many of them in a row while the lock answered.
    public var fruitless = 0
    /// When the first of those was.
    public var fruitlessSince: Timestamp?

    mutating func failed(at now: Timestamp, _ policy: SchedulingPolicy) {
      self.count += 1
      self.fruitless += 1
      self.fruitlessSince = self.fruitlessSince ?? now
      self.notBefore = now + policy.gap(after: self.count)
    }
  }

  /// Makes the ledger of a lock that nothing is known of.
  /// - Parameters:
  ///   - lock: the lock.
  ///   - capabilities: what it can do.
  ///   - policy: how long before and after things are done.
  public init(lock: LockID, capabilities: LockCapabilities, policy: SchedulingPolicy = .init()) {
    self.lock = lock
    self.capabilities = capabilities
    self.policy = policy
  }

  /// So many fruitless looks in a row at a lock that answers are a sickness of the lock.
  public static let sickLooks = 3

  /// Since when the lock answers but tells its codes or its log in vain; nil while that does not seem to be so.
  public var fruitlessSince: Timestamp? {
    [self.looks, self.logReads].compactMap { $0.fruitless >= Self.sickLooks ? $0.fruitlessSince : nil }.min()
  }

  /// The slot leased to a code; nil for none.
  public func slot(of code: AccessCodeID) -> SlotRecord? {
    self.slots.values.first { $0.holder == code }
  }

  /// Who holds which slot.
  var leases: [AccessCodeID: Int] {
    var leases: [AccessCodeID: Int] = [:]
    for (number, slot) in self.slots {
      if let holder = slot.holder { leases[holder] = number }
    }
    return leases
  }
}

/// How long before, and after how long, things are done for codes.
public struct SchedulingPolicy: Hashable, Sendable {
  /// A code with times is stored on a lock that keeps them this long before its start (contract R30).
  public var nativeLead: Duration = .hours(72)
  /// A code is programmed this long before its start where the lock keeps no times (contract R32).
  public var justInTimeLead: Duration = .minutes(60)
  /// After this long without proof a code is announced to be late (contract R132).
  public var lateAfter: Duration = .minutes(10)
  /// A removal not proven this long after its time is an error.
  public var overdueAfter: Duration = .minutes(5)
  /// First and longest gap between attempts.
  public var retryGaps: ClosedRange<Duration> = .seconds(5)...(.minutes(15))
  /// The longest gap once a lock has refused a code again and again: each attempt costs its battery (P10 in docs/architecture.md).
  public var longestRefusalGap: Duration = .hours(6)
  /// So many refusals of one wish are answered with the usual gaps.
  public var patientRefusals = 12

  /// The contract's own figures.
  public init() {}

  /// The gap after so many fruitless attempts: doubles from the first to the longest.
  ///
  /// - Parameters:
  ///   - count: fruitless attempts in a row.
  ///   - isRefused: the lock answered, and refused: after ``patientRefusals`` the gaps grow beyond the longest, up to
  ///     ``longestRefusalGap``.
  public func gap(after count: Int, isRefused: Bool = false) -> Duration {
    let gap = min(self.retryGaps.upperBound, self.retryGaps.lowerBound * (1 << min(max(count - 1, 0), 16)))
    guard isRefused, count > self.patientRefusals else { return gap }
    return min(self.longestRefusalGap, self.retryGaps.upperBound * (1 << min(count - self.patientRefusals, 16)))
  }
}

/// One piece of work on one lock.
public enum Job: Hashable, Sendable {
  /// Look at every slot.
  case readSlots
  /// Look at one slot.
  case readSlot(Int)
  /// Store a code in a slot.
  case program(AccessCodeID, slot: Int, SlotEntry)
  /// Empty the slot of a code.
  case clear(AccessCodeID, slot: Int)
  /// Let the driver know that the code in a slot, which others put there, is ours now.
  case claim(AccessCodeID, slot: Int, PINCode)
  /// Empty a slot of a code of others, if it still holds this PIN; nil where the lock does not tell it.
  case evict(slot: Int, PINCode?)
  /// Read the log records after an index.
  case readLog(after: UInt32)

  /// The same as a command for the driver.
  public var command: LockCommand {
    switch self {
    case .readSlots: .readSlots
    case .readSlot(let slot): .readSlot(slot)
    case .program(_, let slot, let entry): .program(slot: slot, entry)
    case .clear(_, let slot): .clear(slot: slot)
    case .claim(_, let slot, let pin): .claim(slot: slot, pin)
    case .evict(let slot, let pin): .evict(slot: slot, pin)
    case .readLog(let index): .readLog(after: index)
    }
  }

  /// The code that it writes, erases or claims; nil for a mere look and for codes of others.
  var code: AccessCodeID? {
    switch self {
    case .program(let code, _, _), .clear(let code, _), .claim(let code, _, _): code
    case .readSlots, .readSlot, .evict, .readLog: nil
    }
  }

  /// The one slot that it is about; nil for all or none.
  var slot: Int? {
    switch self {
    case .program(_, let slot, _), .clear(_, let slot), .claim(_, let slot, _), .evict(let slot, _),
      .readSlot(let slot):
      slot
    case .readSlots, .readLog: nil
    }
  }

  var isProgram: Bool {
    if case .program = self { true } else { false }
  }
}
