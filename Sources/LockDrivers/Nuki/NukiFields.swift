public import LockCore

/// Puts fields of a message one after the other, little-endian.
struct NukiWriter {
  var bytes: [UInt8] = []

  mutating func put(_ value: some FixedWidthInteger) {
    var rest = value
    for _ in 0..<(value.bitWidth / 8) {
      self.bytes.append(UInt8(truncatingIfNeeded: rest))
      rest >>= 8
    }
  }

  mutating func put(_ flag: Bool) { self.bytes.append(flag ? 1 : 0) }
  mutating func put(_ bytes: [UInt8]) { self.bytes += bytes }

  /// A text of UTF-8, cut to whole characters and padded with zeros.
  mutating func put(_ text: String, width: Int) {
    let cut = text.prefix(utf8Bytes: width).utf8
    self.bytes += cut
    self.bytes += repeatElement(0, count: width - cut.count)
  }

  /// Seven bytes; zeros for no date.
  mutating func put(_ date: Timestamp?) { self.bytes += date?.nukiTime ?? [0, 0, 0, 0, 0, 0, 0] }
}

/// Takes fields off the front of a message; nil once there are too few bytes.
struct NukiReader {
  private let bytes: ArraySlice<UInt8>
  private var position: Int

  init(_ bytes: ArraySlice<UInt8>) {
    self.bytes = bytes
    self.position = bytes.startIndex
  }

  init(_ bytes: [UInt8]) { self.init(bytes[...]) }

  var left: Int { self.bytes.endIndex - self.position }
  var rest: [UInt8] { Array(self.bytes[self.position...]) }

  mutating func byte() -> UInt8? {
    guard self.position < self.bytes.endIndex else { return nil }
    defer { self.position += 1 }
    return self.bytes[self.position]
  }

  mutating func take<Value: FixedWidthInteger>(_: Value.Type) -> Value? {
    let count = Value.bitWidth / 8
    guard self.left >= count else { return nil }
    var value: Value = 0
    for index in stride(from: count - 1, through: 0, by: -1) {
      value = value << 8 | Value(truncatingIfNeeded: self.bytes[self.position + index])
    }
    self.position += count
    return value
  }

  mutating func flag() -> Bool? { self.byte().map { $0 != 0 } }

  mutating func take(_ count: Int) -> ArraySlice<UInt8>? {
    guard self.left >= count else { return nil }
    defer { self.position += count }
    return self.bytes[self.position..<(self.position + count)]
  }

  mutating func block() -> NukiBlock? { self.take(32).flatMap { NukiBlock($0) } }

  /// A text up to its first zero: what is behind may be junk.
  mutating func text(_ width: Int) -> String? {
    self.take(width).map { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
  }

  /// Seven bytes; nil inside for zeros and for a date that no calendar has.
  mutating func date() -> Timestamp?? { self.take(7).map { Timestamp(nukiTime: $0) } }
}

extension Timestamp {
  /// The lock's form of a date in UTC, without fractions: u16 year, month, day, hour, minute, second.
  public var nukiTime: [UInt8] {
    let seconds = self.milliseconds >= 0 ? self.milliseconds / 1000 : (self.milliseconds - 999) / 1000
    let days = seconds >= 0 ? seconds / 86_400 : (seconds - 86_399) / 86_400
    let inDay = seconds - days * 86_400
    // Counted in eras of 400 years that begin on 1 March, so that the leap day is the last of its year.
    let shifted = days + 719_468
    let era = (shifted >= 0 ? shifted : shifted - 146_096) / 146_097
    let dayOfEra = shifted - era * 146_097
    let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
    let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
    let marchMonth = (5 * dayOfYear + 2) / 153
    let month = marchMonth < 10 ? marchMonth + 3 : marchMonth - 9
    let year = UInt16(clamping: yearOfEra + era * 400 + (month <= 2 ? 1 : 0))
    return [UInt8(year & 0xFF), UInt8(year >> 8)]
      + [month, dayOfYear - (153 * marchMonth + 2) / 5 + 1, inDay / 3600, inDay / 60 % 60, inDay % 60]
      .map { UInt8(clamping: $0) }
  }

  /// Reads the lock's form of a date.
  /// - Returns: nil for zeros, which stand for "never", and for a date that no calendar has.
  public init?(nukiTime bytes: some Collection<UInt8>) {
    let bytes = Array(bytes)
    guard bytes.count == 7 else { return nil }
    let (year, month, day) = (Int64(bytes[0]) | Int64(bytes[1]) << 8, Int64(bytes[2]), Int64(bytes[3]))
    let lengths: [Int64] = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]
    guard (1...9999).contains(year), (1...12).contains(month), bytes[4] < 24, bytes[5] < 60, bytes[6] < 60
    else { return nil }
    let isLeap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)
    guard day >= 1, day <= lengths[Int(month) - 1] + (month == 2 && isLeap ? 1 : 0) else { return nil }
    let marchYear = month <= 2 ? year - 1 : year
    let marchMonth = month > 2 ? month - 3 : month + 9
    let days =
      marchYear * 365 + marchYear / 4 - marchYear / 100 + marchYear / 400 + (153 * marchMonth + 2) / 5 + day - 1
      - 719_468
    let seconds = Int64(bytes[4]) * 3600 + Int64(bytes[5]) * 60 + Int64(bytes[6])
    self.init(milliseconds: (days * 86_400 + seconds) * 1000)
  }
}

/// Names an authorization on the lock: four bytes that only the lock reads anything into.
public struct NukiAuthorizationID: Hashable, Sendable {
  /// The four bytes as one number, the first lowest.
  public let number: UInt32

  /// Takes the number that the four bytes make, the first lowest.
  public init(number: UInt32) { self.number = number }

  /// Takes exactly four bytes.
  /// - Returns: nil for another number of bytes.
  public init?(_ bytes: some Collection<UInt8>) {
    guard bytes.count == 4 else { return nil }
    self.number = bytes.reversed().reduce(0) { $0 << 8 | UInt32($1) }
  }

  /// `7F FF FF FF`: stands in for the id while a generation 5 lock is being paired.
  public static let pairing = NukiAuthorizationID(number: 0xFFFF_FF7F)

  /// The four bytes on the wire.
  public var bytes: [UInt8] { (0..<4).map { UInt8(truncatingIfNeeded: self.number >> (8 * UInt32($0))) } }
}
