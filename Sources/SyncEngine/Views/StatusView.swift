public import LockCore

/// How the site does, at a glance: for operators.
public struct StatusView: Sendable {
  /// A bus or adapter and the locks behind it.
  public struct Line: Sendable {
    /// The bus or adapter.
    public var account: AccountView
    /// How many locks are behind it.
    public var locks: Int
    /// How many of them answer.
    public var onlineLocks: Int
  }

  /// Something that is wrong with a lock, or should be known of it.
  public struct LockIssue: Sendable {
    /// The lock.
    public var lock: LockID
    /// Its name.
    public var name: String
    /// True for what keeps it from doing what is asked.
    public var isError: Bool
    /// What it is.
    public var issue: Issue
  }

  /// The site.
  public var workspace: WorkspaceView
  /// IANA name of its time zone; nil when not configured.
  public var timeZone: String?
  /// What the engine takes for the present.
  public var now: Timestamp
  /// How long the daemon has been up.
  public var uptime: Duration
  /// True when the wall clock is kept by something outside, such as NTP.
  public var isClockTrusted: Bool
  /// True while the date stands still because nobody keeps the clock and it is behind what was seen.
  public var isClockHeld: Bool
  /// Why the store is out of service; nil while it is not.
  public var storeFault: String?
  /// How many locks are managed.
  public var locks: Int
  /// How many of them answer.
  public var onlineLocks: Int
  /// Buses and adapters, by name.
  public var lines: [Line]
  /// How many managed access codes stand where.
  public var codes: [AccessCodeStatus: Int]
  /// How many of them have an error of their own.
  public var failedCodes: Int
  /// How many PINs locks would go on to take if the gateway died now.
  public var exposures: Int
  /// How many of those for longer than anybody wanted.
  public var excessExposures: Int
  /// What is wrong with locks and what should be known, errors first.
  public var issues: [LockIssue]
}

/// A PIN that a lock would go on to take if the gateway died now: for operators.
public struct ExposureView: Sendable {
  /// The PIN's code, slot and times.
  public var exposure: Exposure
  /// The lock.
  public var lock: LockID
  /// Its name.
  public var lockName: String
  /// The name of the access code; nil for none.
  public var name: String?
  /// False for a code of others.
  public var isManaged: Bool
}
