public import LockCore

/// Why an access code is in its state, what was proven when, and what happens next: for operators.
public struct ExplanationView: Sendable {
  /// What is wanted.
  public struct Wanted: Sendable {
    /// True while it belongs on the lock.
    public var isOnLock: Bool
    /// From when on it belongs there; nil where that has begun, or is over.
    public var from: Timestamp?
    /// Since when it should be off the lock; nil while it belongs there.
    public var removalDue: Timestamp?
    /// True when the lock itself keeps its end.
    public var isEndKeptByLock: Bool
  }

  /// What the lock was seen to hold.
  public struct Observed: Sendable {
    /// `wanted`, `earlier_code`, `other_code`, `something`, `nothing`.
    public var contents: String
    /// How that is known: `read_back` the lock told the digits; `change_counter` it told that nobody changed the slot
    /// since our write; `slot_taken` it told that the slot is taken, which was empty before our write; `gateway` the
    /// gateway itself decides; nil where it proves nothing.
    public var proof: String?
    /// When.
    public var date: Timestamp
  }

  /// A fruitless attempt.
  public struct Attempt: Sendable {
    /// True when it should have brought the code onto the lock, false when off it.
    public var isToSet: Bool
    /// How many in a row.
    public var count: Int
    /// What the lock said; nil while it is only slow or silent.
    public var problem: CodeRecord.Problem?
    /// Not again before; nil for not again as it is.
    public var retryAt: Timestamp?
  }

  /// What happens next.
  public struct Next: Sendable {
    /// `nothing`, `now`, `under_way`, `waits`.
    public var step: String
    /// What it waits for: `adapter`, `lock_offline`, `lock_busy`, `retry`, `request`, `free_slot`, `look`, `log`,
    /// `removal_of_other_code`, `other_code`, `management`, `time`; nil while it does not wait.
    public var waitsFor: String?
    /// Not before; nil where that is not a matter of time.
    public var notBefore: Timestamp?
    /// The access code whose turn is first; nil for none.
    public var otherCode: AccessCodeID?
    /// The same as a sentence, without times.
    public var message: String
  }

  /// The code as the API shows it.
  public var accessCode: AccessCodeView
  /// The name of its lock.
  public var deviceName: String
  /// True while the lock answers.
  public var isDeviceOnline: Bool
  /// Since when it does not, as far as that was told; nil while it does.
  public var offlineSince: Timestamp?
  /// What is wanted; nil for a code of others.
  public var wanted: Wanted?
  /// The slot that it has on the lock; nil for none.
  public var slot: Int?
  /// What was last written into the slot and what came of it: `confirmed`, `unconfirmed`, `failed`, `changed_since`; nil
  /// when nothing was written.
  public var write: String?
  /// What the lock was last seen to hold there; nil when it was never looked at.
  public var observed: Observed?
  /// The last fruitless attempt at what is wanted now; nil for none.
  public var attempt: Attempt?
  /// What happens next.
  public var next: Next
  /// True while the date stands still because nobody keeps the clock: nothing begins or ends by time.
  public var isClockHeld: Bool
}
