public import LockCore
import LockDrivers

/// When a keypad code or an authorization is valid: the 20 bytes `time limited 1 | from 7 | until 7 | weekdays 1 |
/// daily from hh mm | daily until hh mm`.
public struct NukiSchedule: Hashable, Sendable, Codable {
  /// The first moment; nil for no limit.
  public var from: Timestamp?
  /// The last moment; nil for no limit.
  public var until: Timestamp?
  /// 40 Monday ... 01 Sunday; 0 for every day.
  public var weekdays: UInt8
  /// From which minute of the local day on.
  public var firstMinute: Int
  /// Up to which minute of the local day; both 0 for all day.
  public var lastMinute: Int

  static let length = 20

  /// Makes limits.
  /// - Parameters:
  ///   - from: the first moment.
  ///   - until: the last moment.
  ///   - weekdays: 40 Monday ... 01 Sunday; 0 for every day.
  ///   - firstMinute: from which minute of the local day on.
  ///   - lastMinute: up to which minute of the local day.
  public init(
    from: Timestamp? = nil, until: Timestamp? = nil, weekdays: UInt8 = 0, firstMinute: Int = 0, lastMinute: Int = 0
  ) {
    (self.from, self.until, self.weekdays) = (from, until, weekdays)
    (self.firstMinute, self.lastMinute) = (firstMinute, lastMinute)
  }

  /// Reads the 20 bytes.
  /// - Returns: the limits, or nil inside for none at all; nil for bytes that make no sense.
  static func read(_ bytes: ArraySlice<UInt8>) -> NukiSchedule?? {
    let bytes = Array(bytes)
    guard bytes.count == Self.length, bytes[0] <= 1 else { return nil }
    if bytes[0] == 0 { return .some(nil) }
    guard let from = Self.date(bytes[1..<8]), let until = Self.date(bytes[8..<15]), bytes[15] & 0x80 == 0,
      bytes[16] < 24, bytes[17] < 60, bytes[18] < 24, bytes[19] < 60
    else { return nil }
    let schedule = NukiSchedule(
      from: from, until: until, weekdays: bytes[15], firstMinute: Int(bytes[16]) * 60 + Int(bytes[17]),
      lastMinute: Int(bytes[18]) * 60 + Int(bytes[19]))
    if let from, let until, from >= until { return nil }
    let isWholeDay = schedule.firstMinute == 0 && schedule.lastMinute == 0
    guard isWholeDay || schedule.firstMinute < schedule.lastMinute else { return nil }
    return schedule
  }

  /// A date, nil inside for zeros; nil for one that no calendar has.
  private static func date(_ bytes: ArraySlice<UInt8>) -> Timestamp?? {
    if bytes.allSatisfy({ $0 == 0 }) { return .some(nil) }
    guard let date = Timestamp(nukiTime: bytes) else { return nil }
    return date
  }

  /// The 19 bytes after "time limited".
  var wire: [UInt8] {
    let never = [UInt8](repeating: 0, count: 7)
    return (self.from?.nukiTime ?? never) + (self.until?.nukiTime ?? never) + [self.weekdays]
      + [self.firstMinute / 60, self.firstMinute % 60, self.lastMinute / 60, self.lastMinute % 60]
      .map(UInt8.init(clamping:))
  }

  /// True when it lets in at this moment: dates by UTC, weekday and time of day by the lock's own zone.
  func allows(_ date: Timestamp, in zone: NukiZone) -> Bool {
    if let from = self.from, date < from { return false }
    // The end has whole seconds and counts as reached when the second is over.
    if let until = self.until, date >= until + .seconds(1) { return false }
    let local = zone.local(date)
    if self.weekdays != 0, self.weekdays & (0x40 >> local.weekday) == 0 { return false }
    if self.firstMinute == 0, self.lastMinute == 0 { return true }
    return (self.firstMinute...self.lastMinute).contains(local.minute)
  }
}

/// The time at a lock's door: a fixed offset, an hour more in the European summer.
struct NukiZone: Hashable, Sendable {
  /// Standard time, in minutes east of Greenwich.
  var offset: Int16
  /// True when summer adds an hour.
  var hasDaylightSaving: Bool

  /// Weekday, 0 for Monday, and minute of the day.
  func local(_ date: Timestamp) -> (weekday: UInt8, minute: Int) {
    let isSummer = self.hasDaylightSaving && Self.isEuropeanSummer(date)
    let minutes = Self.floored(date.milliseconds, by: 60_000) + Int64(self.offset) + (isSummer ? 60 : 0)
    let days = Self.floored(minutes, by: 1440)
    // 1970-01-01 was a Thursday.
    let weekday = ((days + 3) % 7 + 7) % 7
    return (UInt8(weekday), Int(minutes - days * 1440))
  }

  /// From 01:00 UTC on the last Sunday of March to 01:00 UTC on the last Sunday of October.
  static func isEuropeanSummer(_ date: Timestamp) -> Bool {
    let year = Self.year(of: date)
    guard let start = Self.lastSunday(of: 3, year), let end = Self.lastSunday(of: 10, year) else { return false }
    return start <= date && date < end
  }

  private static func year(of date: Timestamp) -> UInt16 {
    let bytes = date.nukiTime
    return UInt16(bytes[0]) | UInt16(bytes[1]) << 8
  }

  private static func lastSunday(of month: UInt8, _ year: UInt16) -> Timestamp? {
    let year = [UInt8(truncatingIfNeeded: year), UInt8(year >> 8)]
    guard let last = Timestamp(nukiTime: year + [month, 31, 1, 0, 0]) else { return nil }
    let days = Self.floored(last.milliseconds, by: 86_400_000)
    let sinceSunday = ((days + 4) % 7 + 7) % 7
    return last - .hours(24 * Int(sinceSunday))
  }

  private static func floored(_ number: Int64, by divisor: Int64) -> Int64 {
    let quotient = number / divisor
    return number % divisor < 0 ? quotient - 1 : quotient
  }
}
