/// What the digits of an offline code say: when it begins, how long it is good, and which of the codes with the same
/// times it is. Together with a door's key this is the PIN; a lock that has the key needs nothing else.
public struct OfflineCode: Hashable, Sendable {
  /// The hour in which it begins, counted from 1970-01-01T00:00:00Z; 0 to 4,294,967,295.
  public let startHour: Int
  /// How long it is good.
  public let term: OfflineTerm
  /// Which of the codes with these times, from 0 up to the term's number of variants.
  public let variant: Int

  /// Describes a code.
  /// - Returns: nil for an hour, a term or a variant that does not exist.
  public init?(startHour: Int, term: OfflineTerm, variant: Int = 0) {
    guard (0...Int(UInt32.max)).contains(startHour), term.exists, (0..<term.variants).contains(variant) else {
      return nil
    }
    self.startHour = startHour
    self.term = term
    self.variant = variant
  }

  /// Describes a code by its slot.
  /// - Returns: nil for an hour or a slot that does not exist.
  public init?(startHour: Int, slot: Int) {
    guard let (term, variant) = OfflineTerm.at(slot: slot) else { return nil }
    self.init(startHour: startHour, term: term, variant: variant)
  }

  /// Its term and variant as one number, 0 to 399.
  public var slot: Int { self.term.slots.lowerBound + self.variant }

  /// The first instant at which it opens, by a clock that is right.
  public var start: Timestamp { Self.date(ofHour: self.startHour) }

  /// The first instant at which it no longer opens, if it was first used in time.
  public var end: Timestamp { Self.date(ofHour: self.startHour + self.term.lengthInHours) }

  /// The first instant at which it no longer opens, if it was never used.
  public var firstUseEnd: Timestamp {
    Self.date(ofHour: self.startHour + min(self.term.lengthInHours, OfflineTerm.firstUse))
  }

  /// When it is good.
  public var window: TimeWindow { TimeWindow(start: self.start, end: self.end) }

  /// True when the lock must remember that it was used: to refuse it the second time, or to take it after
  /// ``firstUseEnd``.
  public var isRemembered: Bool { self.term == .once || self.end > self.firstUseEnd }

  /// The hour that an instant lies in, counted as ``startHour``; negative before 1970.
  public static func hour(of date: Timestamp) -> Int {
    let (hours, rest) = date.milliseconds.quotientAndRemainder(dividingBy: 3_600_000)
    return Int(rest < 0 ? hours - 1 : hours)
  }

  private static func date(ofHour hour: Int) -> Timestamp { Timestamp(milliseconds: Int64(hour) * 3_600_000) }
}

extension OfflineCode: Codable {
  private enum Key: String, CodingKey { case start, slot }

  /// Decodes a start hour and a slot; refuses what does not exist.
  public init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: Key.self)
    let code = Self(
      startHour: try container.decode(Int.self, forKey: .start), slot: try container.decode(Int.self, forKey: .slot))
    guard let code else {
      throw DecodingError.dataCorruptedError(forKey: .slot, in: container, debugDescription: "no such offline code")
    }
    self = code
  }

  /// Encodes the start hour and the slot.
  public func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: Key.self)
    try container.encode(self.startHour, forKey: .start)
    try container.encode(self.slot, forKey: .slot)
  }
}
