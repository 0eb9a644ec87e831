/// How long an offline code is good; the classes that `docs/offline-codes.md` publishes. Lengths between them do not
/// exist: there are only so many PINs that may open at one moment.
public enum OfflineTerm: Hashable, Sendable {
  /// So many hours, 1 to 72.
  case hours(Int)
  /// So many times 24 hours, 4 to 62.
  case days(Int)
  /// So many times 168 hours, 9 to 53.
  case weeks(Int)
  /// One opening within 24 hours.
  case once

  /// Lengths in hours.
  public static let hourly = 1...72
  /// Lengths in days.
  public static let daily = 4...62
  /// Lengths in weeks.
  public static let weekly = 9...53
  /// A code that is longer is good for longer only when it is first used within so many hours of its start.
  public static let firstUse = 24

  /// Every term, in the order of ``slots``.
  public static let all =
    Self.hourly.map(Self.hours) + Self.daily.map(Self.days) + Self.weekly.map(Self.weeks) + [.once]

  /// How many slots there are: each holds one variant of one term.
  public static let slotCount = 400

  /// How many hours it lasts.
  public var lengthInHours: Int {
    switch self {
    case .hours(let hours): hours
    case .days(let days): 24 * days
    case .weeks(let weeks): 168 * weeks
    case .once: Self.firstUse
    }
  }

  /// How many codes of this term there are for one start.
  public var variants: Int {
    switch self {
    case .hours: 3
    case .days: 2
    case .weeks: 1
    case .once: 21
    }
  }

  /// True when the term is one of ``all``.
  public var exists: Bool {
    switch self {
    case .hours(let hours): Self.hourly.contains(hours)
    case .days(let days): Self.daily.contains(days)
    case .weeks(let weeks): Self.weekly.contains(weeks)
    case .once: true
    }
  }

  /// The slots of its variants, for a term that ``exists``: together those of all terms are 0 to 399, each once.
  public var slots: Range<Int> {
    let first =
      switch self {
      case .hours(let hours): (hours - 1) * 3
      case .days(let days): 216 + (days - 4) * 2
      case .weeks(let weeks): 334 + (weeks - 9)
      case .once: 379
      }
    return first..<(first + self.variants)
  }

  /// The term and the variant that a slot holds; nil unless the slot is 0 to 399.
  public static func at(slot: Int) -> (term: OfflineTerm, variant: Int)? {
    switch slot {
    case 0..<216: (.hours(slot / 3 + 1), slot % 3)
    case 216..<334: (.days((slot - 216) / 2 + 4), (slot - 216) % 2)
    case 334..<379: (.weeks(slot - 334 + 9), 0)
    case 379..<400: (.once, slot - 379)
    default: nil
    }
  }
}
