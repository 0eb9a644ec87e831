extension Timestamp {
  /// The form the API prints: `YYYY-MM-DDTHH:MM:SS.sssZ`, always UTC.
  public var iso8601: String {
    let day = self.milliseconds.floorDivided(by: 86_400_000)
    let inDay = self.milliseconds - day * 86_400_000
    let date = CivilDate(daysSinceEpoch: day)
    func padded(_ number: Int64, _ width: Int) -> String {
      let digits = String(number)
      return String(repeating: "0", count: max(0, width - digits.count)) + digits
    }
    return "\(padded(date.year, 4))-\(padded(date.month, 2))-\(padded(date.day, 2))"
      + "T\(padded(inDay / 3_600_000, 2)):\(padded(inDay / 60_000 % 60, 2)):\(padded(inDay / 1000 % 60, 2))"
      + ".\(padded(inDay % 1000, 3))Z"
  }

  /// Reads an ISO 8601 date and time: `T`, `t` or a space between them, seconds and fraction optional,
  /// `Z` or an offset such as `-00:00`, `+0530`, `+02`; a missing offset means UTC; a bare date means its
  /// first instant. Years 0000 to 9999.
  ///
  /// - Returns: nil for anything else, an impossible date (30 February) or time (25:00).
  public init?(iso8601 text: String) {
    var scanner = DigitScanner(text)
    guard let year = scanner.number(digits: 4), scanner.take("-"),
      let month = scanner.number(digits: 2), (1...12).contains(month), scanner.take("-"),
      let day = scanner.number(digits: 2), (1...CivilDate.length(ofMonth: month, year: year)).contains(day)
    else { return nil }
    var milliseconds = CivilDate(year: year, month: month, day: day).daysSinceEpoch * 86_400_000
    if scanner.isAtEnd {
      self.init(milliseconds: milliseconds)
      return
    }
    guard scanner.take("T") || scanner.take("t") || scanner.take(" "),
      let hour = scanner.number(digits: 2), scanner.take(":"),
      let minute = scanner.number(digits: 2), minute < 60
    else { return nil }
    var second: Int64 = 0
    var fraction: Int64 = 0
    if scanner.take(":") {
      // A leap second is read as the last second of its minute: this time line has none.
      guard let read = scanner.number(digits: 2), read <= 60 else { return nil }
      second = min(read, 59)
      if scanner.take(".") || scanner.take(",") {
        guard let read = scanner.milliseconds() else { return nil }
        fraction = read
      }
    }
    guard hour < 24 || (hour == 24 && minute == 0 && second == 0 && fraction == 0) else { return nil }
    guard let offset = scanner.offsetMinutes(), scanner.isAtEnd else { return nil }
    milliseconds += hour * 3_600_000 + minute * 60_000 + second * 1000 + fraction
    self.init(milliseconds: milliseconds - offset * 60_000)
  }
}

/// A day of the proleptic Gregorian calendar.
private struct CivilDate {
  var year: Int64
  var month: Int64
  var day: Int64

  init(year: Int64, month: Int64, day: Int64) {
    (self.year, self.month, self.day) = (year, month, day)
  }

  /// Counts in eras of 400 years that begin on 1 March, so that the leap day is the last of its year.
  init(daysSinceEpoch: Int64) {
    let shifted = daysSinceEpoch + 719_468
    let era = shifted.floorDivided(by: 146_097)
    let dayOfEra = shifted - era * 146_097
    let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
    let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
    let shiftedMonth = (5 * dayOfYear + 2) / 153
    self.day = dayOfYear - (153 * shiftedMonth + 2) / 5 + 1
    self.month = shiftedMonth < 10 ? shiftedMonth + 3 : shiftedMonth - 9
    self.year = yearOfEra + era * 400 + (self.month <= 2 ? 1 : 0)
  }

  var daysSinceEpoch: Int64 {
    let year = self.month <= 2 ? self.year - 1 : self.year
    let era = year.floorDivided(by: 400)
    let yearOfEra = year - era * 400
    let shiftedMonth = self.month > 2 ? self.month - 3 : self.month + 9
    let dayOfYear = (153 * shiftedMonth + 2) / 5 + self.day - 1
    return era * 146_097 + yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear - 719_468
  }

  static func length(ofMonth month: Int64, year: Int64) -> Int64 {
    switch month {
    case 2: year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) ? 29 : 28
    case 4, 6, 9, 11: 30
    default: 31
    }
  }
}

/// Reads fixed-width numbers and single characters off the front of a text.
private struct DigitScanner {
  private var rest: Substring.UTF8View

  init(_ text: String) { self.rest = text[...].utf8 }

  var isAtEnd: Bool { self.rest.isEmpty }

  mutating func take(_ character: Unicode.Scalar) -> Bool {
    guard let first = self.rest.first, first == UInt8(ascii: character) else { return false }
    self.rest.removeFirst()
    return true
  }

  mutating func number(digits: Int) -> Int64? {
    guard self.rest.count >= digits else { return nil }
    var value: Int64 = 0
    for byte in self.rest.prefix(digits) {
      guard (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) else { return nil }
      value = value * 10 + Int64(byte - UInt8(ascii: "0"))
    }
    self.rest.removeFirst(digits)
    return value
  }

  /// One or more fraction digits as milliseconds; finer digits are dropped.
  mutating func milliseconds() -> Int64? {
    var (value, count): (Int64, Int) = (0, 0)
    while let digit = self.number(digits: 1) {
      if count < 3 { value = value * 10 + digit }
      count += 1
    }
    guard count > 0 else { return nil }
    for _ in count..<max(3, count) { value *= 10 }
    return value
  }

  /// Minutes east of UTC; a missing offset is UTC.
  mutating func offsetMinutes() -> Int64? {
    if self.isAtEnd || self.take("Z") || self.take("z") { return 0 }
    let sign: Int64
    if self.take("+") { sign = 1 } else if self.take("-") { sign = -1 } else { return nil }
    guard let hours = self.number(digits: 2), hours < 24 else { return nil }
    _ = self.take(":")
    if self.isAtEnd { return sign * hours * 60 }
    guard let minutes = self.number(digits: 2), minutes < 60 else { return nil }
    return sign * (hours * 60 + minutes)
  }
}

extension Int64 {
  /// Division that rounds towards negative infinity; `divisor` must be positive.
  fileprivate func floorDivided(by divisor: Int64) -> Int64 {
    self >= 0 ? self / divisor : -((-self + divisor - 1) / divisor)
  }
}
