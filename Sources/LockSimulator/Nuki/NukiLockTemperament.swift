/// How a simulated Nuki lock behaves: what firmwares do differently, and what is wrong with it. The plain one does
/// everything right.
public struct NukiLockTemperament: Hashable, Sendable {
  /// What happens to a command, or to the answer to it.
  public enum CommandFault: Hashable, Sendable {
    /// It is not executed, and refused with this error.
    case refused(UInt8)
    /// It is not executed, and the link is dropped.
    case linkDroppedBefore
    /// It is executed, and nothing is ever said.
    case lost
    /// It is executed, and after so many messages of the answer the link is dropped.
    case linkDropped(after: Int)
    /// Half of its first message is said, then the link is dropped.
    case cutShort
    /// Its messages have a wrong CRC inside.
    case wrongCRC
    /// One bit of its messages is another.
    case damaged
  }

  /// A list of keypad codes ends with a Status.
  public var endsListsWithStatus = true
  /// A Status that belongs to something else comes before each list and before its first entry.
  public var saysStrayStatus = false
  /// A Status follows the id of a new keypad code.
  public var saysStatusAfterAdding = false
  /// A code without limits is told in 63 bytes like the others; else in 44.
  public var tellsWholeEntries = false
  /// So many zeros follow the data of a log entry.
  public var logPadding = 0
  /// A change of codes counts as a change of configuration.
  public var countsCodeChanges = true
  /// Every link that is open hears of a change of state; else only the one that asked for the action.
  public var tellsStatesUnasked = false
  /// States are told unasked before each answer.
  public var tellsStatesInBetween = false
  /// An action is complete at once, without a word before.
  public var completesAtOnce = false

  /// What happens to these commands.
  public var commandFaults: [UInt16: CommandFault] = [:]
  /// The packet of a link that is not read any more: the link is dropped.
  public var dropsLinkAtPacket: Int?
  /// How often the faults in ``commandFaults`` and ``dropsLinkAtPacket`` happen yet; nil for always.
  public var faultsLeft: Int?
  /// Says busy to every command but Request Data.
  public var isBusy = false
  /// The motor does not get through.
  public var isMotorBlocked = false
  /// Hears everything and says nothing, but for the attribute protocol itself.
  public var isSilent = false
  /// Takes this long for each message.
  public var replyDelay: Duration = .zero
  /// How much its clock gains in a day.
  public var clockGainPerDay: Duration = .zero
  /// Never pairs, in pairing mode or not.
  public var refusesPairing = false
  /// Has no room for another code.
  public var isKeypadFull = false
  /// Is heard, and never takes a link.
  public var acceptsNoLink = false

  /// The plain lock.
  public init() {}

  private init(_ change: (inout Self) -> Void) { change(&self) }

  private static func on(_ fault: CommandFault, _ commands: UInt16...) -> Self {
    Self { $0.commandFaults = Dictionary(commands.map { ($0, fault) }) { first, _ in first } }
  }

  /// Every temperament by the name that a configuration or a test gives it.
  public static let named: [String: NukiLockTemperament] = [
    "plain": Self(),
    "no-list-status": Self { $0.endsListsWithStatus = false },
    "stray-status": Self { $0.saysStrayStatus = true },
    "status-after-add": Self { $0.saysStatusAfterAdding = true },
    "whole-entries": Self { $0.tellsWholeEntries = true },
    "padded-log": Self { $0.logPadding = 4 },
    "talkative": Self { $0.tellsStatesUnasked = true },
    "interrupting": Self { ($0.tellsStatesUnasked, $0.tellsStatesInBetween) = (true, true) },
    "instant": Self { $0.completesAtOnce = true },
    "silent-on-codes": .on(.lost, 0x41, 0x46, 0x47),
    "loses-add-reply": .on(.lost, 0x41),
    "loses-update-reply": .on(.lost, 0x46),
    "loses-remove-reply": .on(.lost, 0x47),
    "loses-action-reply": .on(.lost, 0x0D),
    "drops-after-add": .on(.linkDropped(after: 0), 0x41),
    "drops-after-update": .on(.linkDropped(after: 0), 0x46),
    "drops-after-remove": .on(.linkDropped(after: 0), 0x47),
    "drops-after-accepting": .on(.linkDropped(after: 1), 0x0D),
    "drops-in-list": .on(.linkDropped(after: 2), 0x43),
    "drops-in-log": .on(.linkDropped(after: 2), 0x31),
    "drops-in-message": .on(.cutShort, 0x01, 0x43),
    "drops-in-pairing": .on(.linkDropped(after: 0), 0x06),
    "drops-at-packet-12": Self { $0.dropsLinkAtPacket = 12 },
    "wrong-crc": .on(.wrongCRC, 0x01, 0x41, 0x43),
    "damaged": .on(.damaged, 0x01, 0x41, 0x43),
    "busy": Self { $0.isBusy = true },
    "blocked": Self { $0.isMotorBlocked = true },
    "silent": Self { $0.isSilent = true },
    "slow": Self { $0.replyDelay = .milliseconds(1500) },
    "drifting": Self { $0.clockGainPerDay = .seconds(60) },
    "refuses-pairing": Self { $0.refusesPairing = true },
    "full": Self { $0.isKeypadFull = true },
    "unreachable": Self { $0.acceptsNoLink = true },
  ]
}
