public import LockCore

/// How often a lock is visited, and how long things may take.
public struct NukiPolicy: Hashable, Sendable {
  /// So many visits a day for which nothing but time is the reason; codes, commands, news and attempts to reach a
  /// silent lock are exempt.
  public var visitsPerDay = 24
  /// A lock that nobody has visited for this long is looked at.
  public var checkInterval: Duration = .hours(12)
  /// A lock that was heard and is not heard any more for this long is looked at once.
  public var unheardTime: Duration = .minutes(10)
  /// News are fetched once in this time at most.
  public var newsGap: Duration = .seconds(60)
  /// A lock that cannot signal news, or whose signal stays, has its log looked at this often.
  public var logInterval: Duration = .hours(1)
  /// All codes are listed this often at most, on a visit that something else is for.
  public var listInterval: Duration = .hours(24)
  /// From the last thing done on a link to its end.
  public var linger: Duration = .milliseconds(1500)
  /// From a message to its answer.
  public var answerTime: Duration = .seconds(10)
  /// From an accepted movement of the bolt to its end.
  public var actionTime: Duration = .seconds(30)
  /// From a question to the end of its answer, whatever the lock says meanwhile.
  public var questionLimit: Duration = .seconds(60)
  /// On a link that is older nothing new is begun; at twice the age what is under way is given up.
  public var visitLimit: Duration = .minutes(5)
  /// From a command's submission to its first message; beyond it the command ends as busy.
  public var queueWait: Duration = .seconds(60)
  /// A link on which the door is to be moved is wanted within this, before all others.
  public var actionHaste: Duration = .seconds(2)
  /// A visit that nobody waits for may be had within this.
  public var patience: Duration = .minutes(10)
  /// First and longest gap between attempts to reach a silent lock.
  public var retryGaps: ClosedRange<Duration> = .seconds(5)...(.minutes(30))
  /// After a radio had no time the link is wanted again.
  public var busyRadioGap: Duration = .seconds(1)
  /// A lock that does not know us is asked again after this.
  public var barredGap: Duration = .hours(4)
  /// The security PIN is not told for so long after the lock has counted too many wrong ones.
  public var pinRest: Duration = .hours(1)
  /// So many attempts that found nobody make a lock unreachable.
  public var absences = 3
  /// So long without success makes a lock unreachable, too.
  public var silence: Duration = .minutes(10)
  /// A lock that is heard after so long without a sign is tried at once, once in
  /// each gap.
  public var quietTime: Duration = .seconds(60)
  /// Gaps before a command that the lock had no time for is asked again; after the last it ends as busy.
  public var busyGaps: [Duration] = [.milliseconds(300), .seconds(1), .seconds(2)]
  /// A clock that is off by more is set.
  public var clockTolerance: Duration = .seconds(30)
  /// Opening the door: unlock, or also hold the latch back.
  public var unlockAction: NukiAction = .unlock

  /// The usual figures.
  public init() {}
}

extension LockCapabilities {
  /// A Nuki lock with a keypad: up to 200 codes with times to the second, six digits from 1 to 9.
  public static let nukiKeypad = LockCapabilities(
    codeStore: .slots(SlotStore(numbers: 1...200, scheduleGrain: .seconds(1), nameBytes: NukiKeypadEntry.nameBytes)),
    pins: PINPolicy(lengths: [6], constraints: [.noZeros, .cannotStartWith12]), hasAccessoryKeypad: true)
}
