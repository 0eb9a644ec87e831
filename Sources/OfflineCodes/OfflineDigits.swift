public import LockCore

/// The nine digits of offline codes: what is said in them, sealed with a truncated MAC, and the whole hidden by a keyed
/// permutation. The layout is published in `docs/offline-codes.md`.
///
///     index  0-9,999    (start hour mod 25) × 400 + slot
///     tag    0-99,999   HMAC-SHA-256(key, 00, kind, length, variant, start hour) mod 100,000
///     PIN               four rounds over (index, tag), then index × 100,000 + tag
struct OfflineDigits: Hashable {
  /// How many digits a PIN has.
  static let count = 9
  static let indices = 10_000
  static let tags = 100_000
  /// Starts that are so many hours apart have one index; no two of them are good for a first use at one moment.
  static let period = 25

  let index: Int
  let tag: Int

  init(of code: OfflineCode, key: OfflineDoorKey) throws(OfflineCryptoFault) {
    self.index = code.startHour % Self.period * OfflineTerm.slotCount + code.slot
    self.tag = try Self.tag(of: code, key: key)
  }

  /// Takes the digits apart; nil for another number of digits.
  init?(_ pin: PINCode, key: OfflineDoorKey) throws(OfflineCryptoFault) {
    guard pin.count == Self.count, let number = Int(pin.digits) else { return nil }
    var (left, right) = (number / Self.tags, number % Self.tags)
    right = try Self.minus(right, 4, left, Self.tags, key)
    left = try Self.minus(left, 3, right, Self.indices, key)
    right = try Self.minus(right, 2, left, Self.tags, key)
    left = try Self.minus(left, 1, right, Self.indices, key)
    (self.index, self.tag) = (left, right)
  }

  /// The slot that the index names.
  var slot: Int { self.index % OfflineTerm.slotCount }
  /// The start hour modulo ``period`` that the index names.
  var residue: Int { self.index / OfflineTerm.slotCount }

  func pin(key: OfflineDoorKey) throws(OfflineCryptoFault) -> PINCode? {
    var (left, right) = (self.index, self.tag)
    left = (left + (try Self.mask(1, right, Self.indices, key))) % Self.indices
    right = (right + (try Self.mask(2, left, Self.tags, key))) % Self.tags
    left = (left + (try Self.mask(3, right, Self.indices, key))) % Self.indices
    right = (right + (try Self.mask(4, left, Self.tags, key))) % Self.tags
    let digits = String(left * Self.tags + right)
    return PINCode(String(repeating: "0", count: Self.count - digits.utf8.count) + digits)
  }

  /// True when the tag is that of `code`.
  func seals(_ code: OfflineCode, key: OfflineDoorKey) throws(OfflineCryptoFault) -> Bool {
    try Self.tag(of: code, key: key) == self.tag
  }

  private static func tag(of code: OfflineCode, key: OfflineDoorKey) throws(OfflineCryptoFault) -> Int {
    let (kind, length): (UInt8, Int) =
      switch code.term {
      case .hours(let hours): (1, hours)
      case .days(let days): (2, days)
      case .weeks(let weeks): (3, weeks)
      case .once: (4, OfflineTerm.firstUse)
      }
    let message: [UInt8] =
      [0, kind, 0, UInt8(truncatingIfNeeded: length), UInt8(truncatingIfNeeded: code.variant)]
      + OfflineDoorKey.bytes(UInt32(truncatingIfNeeded: code.startHour))
    return try key.number(of: message, modulo: Self.tags)
  }

  private static func mask(
    _ round: UInt8, _ value: Int, _ modulus: Int, _ key: OfflineDoorKey
  ) throws(OfflineCryptoFault) -> Int {
    try key.number(of: [round] + OfflineDoorKey.bytes(UInt32(truncatingIfNeeded: value)), modulo: modulus)
  }

  private static func minus(
    _ part: Int, _ round: UInt8, _ value: Int, _ modulus: Int, _ key: OfflineDoorKey
  ) throws(OfflineCryptoFault) -> Int {
    (part + modulus - (try Self.mask(round, value, modulus, key))) % modulus
  }
}

extension OfflineDoorKey {
  /// The PIN of a code at this door: nine digits, the same each time.
  /// - Throws: when the cryptographic library does not work.
  public func pin(of code: OfflineCode) throws(OfflineCryptoFault) -> PINCode {
    guard let pin = try OfflineDigits(of: code, key: self).pin(key: self) else { throw OfflineCryptoFault() }
    return pin
  }
}
