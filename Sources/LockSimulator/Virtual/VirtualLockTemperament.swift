/// How a virtual lock behaves: what it can do, and what is wrong with it. The plain one keeps windows, tells its
/// PINs, and does everything right.
public struct VirtualLockTemperament: Hashable, Sendable {
  /// What it says to a PIN that a slot holds already.
  public enum DuplicateRule: Hashable, Sendable {
    /// Stores it a second time.
    case allowed
    /// Refuses it, and tells the other slot or not.
    case refused(tellingSlot: Bool)
    /// Refuses every PIN as the duplicate of a code that it never shows.
    case alwaysRefused
  }

  /// Stores windows and keeps them by its own clock; else it refuses a code with a window.
  public var storesWindows = true
  /// Tells PINs when read; else only that something is stored.
  public var tellsPINs = true
  /// Tells unasked what happens; else only when asked.
  public var sendsNotices = true
  /// What it says to a PIN that a slot holds already.
  public var duplicates = DuplicateRule.refused(tellingSlot: true)
  /// Has no room for a further code.
  public var isFull = false
  /// Says busy to every request but HELLO.
  public var isBusy = false
  /// The bolt does not move.
  public var isJammed = false
  /// Reads nothing and says nothing.
  public var isSilent = false
  /// Does what these kinds of request ask (0x01 HELLO ... 0x09 SET_TIME), and never says so.
  public var losesRepliesTo: Set<UInt8> = []
  /// Takes this long for a reply.
  public var replyDelay: Duration = .zero
  /// Of 100 replies so many are lost.
  public var lostReplies = 0
  /// Of 100 replies so many arrive with a flipped bit.
  public var garbledReplies = 0
  /// Sends every reply twice.
  public var repeatsReplies = false
  /// Of 100 requests so many begin a time of 1 to 20 s in which it hears nothing.
  public var outages = 0
  /// Acknowledges codes and stores nothing.
  public var liesAboutWrites = false
  /// CLEAR takes the PIN and leaves the name: the slot stays occupied until it is cleared again.
  public var clearsHalf = false
  /// Keeps the code in slot 1, its master code, whatever it is asked over the wire.
  public var keepsMasterCode = false
  /// Reads answer with the slot after the one asked for.
  public var mixesUpSlots = false
  /// How much its clock gains in a day.
  public var clockGainPerDay: Duration = .zero

  /// The plain lock.
  public init() {}

  private init(_ change: (inout Self) -> Void) { change(&self) }

  /// Keeps windows by itself, and does everything right.
  public static let native = Self()
  /// Stores no windows.
  public static let justInTime = Self { $0.storesWindows = false }
  /// Tells that a slot is occupied, never the PIN.
  public static let masked = Self { $0.tellsPINs = false }
  /// Takes 1.5 s for a reply.
  public static let slow = Self { $0.replyDelay = .milliseconds(1500) }
  /// Takes longer for a reply than anybody waits for the first try.
  public static let late = Self { $0.replyDelay = .milliseconds(2500) }
  /// Loses a third of its replies and is away now and then.
  public static let flaky = Self { ($0.lostReplies, $0.outages) = (33, 3) }
  /// Stores, but nine of ten replies are lost.
  public static let faint = Self { $0.lostReplies = 90 }
  /// Half of its replies are damaged on the way.
  public static let noisy = Self { $0.garbledReplies = 50 }
  /// Says everything twice.
  public static let stuttering = Self { $0.repeatsReplies = true }
  /// Acknowledges and stores nothing.
  public static let liar = Self { $0.liesAboutWrites = true }
  /// Acknowledges, stores nothing, and does not tell PINs either.
  public static let maskedLiar = Self { ($0.liesAboutWrites, $0.tellsPINs) = (true, false) }
  /// Stores and clears, and the acknowledgement is lost.
  public static let losesAcknowledgements = Self { $0.losesRepliesTo = [0x04, 0x05] }
  /// Answers everything but reads of a slot.
  public static let losesReadBacks = Self { $0.losesRepliesTo = [0x02, 0x03] }
  /// Refuses every PIN as a duplicate, without telling of what.
  public static let duplicateRefuser = Self { $0.duplicates = .alwaysRefused }
  /// Refuses duplicates, without telling of what.
  public static let discreet = Self { $0.duplicates = .refused(tellingSlot: false) }
  /// Stores the same PIN in two slots without a word.
  public static let careless = Self { $0.duplicates = .allowed }
  /// Has no room.
  public static let full = Self { $0.isFull = true }
  /// Never has time.
  public static let busy = Self { $0.isBusy = true }
  /// The bolt does not move.
  public static let jammed = Self { $0.isJammed = true }
  /// Leaves the name behind when it clears a code.
  public static let halfClearer = Self { $0.clearsHalf = true }
  /// Does not let go of the code in slot 1.
  public static let masterful = Self { $0.keepsMasterCode = true }
  /// Answers reads with another slot.
  public static let muddled = Self { $0.mixesUpSlots = true }
  /// Never tells anything unasked.
  public static let taciturn = Self { $0.sendsNotices = false }
  /// Its clock gains a minute a day.
  public static let drifting = Self { $0.clockGainPerDay = .seconds(60) }
  /// Never answers.
  public static let silent = Self { $0.isSilent = true }

  /// Every temperament by the name that a configuration gives it.
  public static let named: [String: VirtualLockTemperament] = [
    "native": .native, "just-in-time": .justInTime, "masked": .masked, "slow": .slow, "late": .late,
    "flaky": .flaky, "faint": .faint, "noisy": .noisy, "stuttering": .stuttering, "liar": .liar,
    "masked-liar": .maskedLiar, "loses-acknowledgements": .losesAcknowledgements,
    "loses-read-backs": .losesReadBacks, "duplicate-refuser": .duplicateRefuser, "discreet": .discreet,
    "careless": .careless, "full": .full, "busy": .busy, "jammed": .jammed, "half-clearer": .halfClearer,
    "masterful": .masterful,
    "muddled": .muddled, "taciturn": .taciturn, "drifting": .drifting, "silent": .silent,
  ]
}
