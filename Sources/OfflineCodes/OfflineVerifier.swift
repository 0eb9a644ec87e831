public import LockCore

/// Decides at a door whether nine digits are an offline code that opens now. It has the door's key, a clock and a small
/// memory; it was told of no code.
public struct OfflineVerifier: Hashable, Sendable {
  /// What the digits are worth.
  public enum Verdict: Hashable, Sendable {
    /// They open.
    case opens(OfflineCode)
    /// A one-time code that has opened already.
    case used(OfflineCode)
    /// Its time has not come.
    case early(OfflineCode)
    /// Its time is over, or it was not used in time.
    case expired(OfflineCode)
    /// A one-time code whose use cannot be remembered: the memory is full.
    case memoryFull(OfflineCode)
    /// No code of this door, as far as the digits tell.
    case unknown
  }

  /// The key of the door.
  public let key: OfflineDoorKey
  /// How wrong the door's clock may be: a code opens so much earlier and later by that clock, so that it opens in its
  /// whole time by the right one. Less than half an hour.
  public let tolerance: Duration
  /// What was used; to be kept before the door opens.
  public private(set) var memory: OfflineMemory

  /// How wrong the clock of a lock of its own may be.
  public static let clockTolerance = OfflineCodeRecord.clockTolerance
  /// So far from now a code is looked for that does not open, to name the reason.
  private static let searchedHours = 7 * 24

  /// Makes a verifier.
  /// - Parameters:
  ///   - key: the key of the door.
  ///   - tolerance: how wrong its clock may be; zero where it is the gateway's own. Held below half an hour.
  ///   - memory: what was used before.
  public init(
    key: OfflineDoorKey, tolerance: Duration = Self.clockTolerance, memory: OfflineMemory = OfflineMemory()
  ) {
    self.key = key
    self.tolerance = max(.zero, min(.minutes(29), tolerance))
    self.memory = memory
  }

  /// Makes a verifier that goes on with what was kept of an earlier one.
  /// - Parameters:
  ///   - key: the key of the door.
  ///   - tolerance: how wrong its clock may be.
  ///   - bytes: its ``bytes``; nil for nothing.
  public init(key: OfflineDoorKey, tolerance: Duration = Self.clockTolerance, kept bytes: [UInt8]?) {
    self.init(
      key: key, tolerance: tolerance, memory: OfflineMemory(bytes ?? [], generation: key.generation))
  }

  /// What must survive a loss of power.
  public var bytes: [UInt8] { self.memory.bytes(generation: self.key.generation) }

  /// Judges digits, and remembers their use where they open. Any number of digits but nine is unknown, and so is
  /// everything when the cryptographic library does not work.
  /// - Parameters:
  ///   - pin: the digits.
  ///   - date: now, by the door's clock.
  public mutating func entered(_ pin: PINCode, at date: Timestamp) -> Verdict {
    guard let digits = try? OfflineDigits(pin, key: self.key) else { return .unknown }
    func isSealed(_ code: OfflineCode) -> Bool { (try? digits.seals(code, key: self.key)) ?? false }
    // The one start that may be good for a first use now.
    let latest = self.latestStart(of: digits, at: date)
    if let code = OfflineCode(startHour: latest, slot: digits.slot), isSealed(code) {
      if let verdict = self.first(code, at: date) { return verdict }
    }
    let known = self.memory.codes.first {
      $0.slot == digits.slot && $0.startHour % OfflineDigits.period == digits.residue && isSealed($0)
    }
    if let known {
      if known.term == .once { return .used(known) }
      return date < known.end + self.tolerance ? .opens(known) : .expired(known)
    }
    return self.reason(of: digits, latest: latest, unless: isSealed) ?? .unknown
  }

  /// What a code is worth that was not used before; nil when it may have been, or is over.
  private mutating func first(_ code: OfflineCode, at date: Timestamp) -> Verdict? {
    guard !self.memory.contains(code), date < code.firstUseEnd + self.tolerance else { return nil }
    guard code.isRemembered else { return .opens(code) }
    // A longer code that cannot be remembered opens all the same; it ends with the time for its first use.
    return self.memory.add(code, at: date) || code.term != .once ? .opens(code) : .memoryFull(code)
  }

  /// The last hour with the residue of these digits in which a code may have begun, by a clock that may be slow.
  private func latestStart(of digits: OfflineDigits, at date: Timestamp) -> Int {
    let hour = OfflineCode.hour(of: date + self.tolerance)
    let distance = (hour - digits.residue) % OfflineDigits.period
    return hour - (distance < 0 ? distance + OfflineDigits.period : distance)
  }

  private func reason(
    of digits: OfflineDigits, latest: Int, unless isSealed: (OfflineCode) -> Bool
  ) -> Verdict? {
    let steps = Self.searchedHours / OfflineDigits.period
    for step in 0...steps {
      let code = OfflineCode(startHour: latest - step * OfflineDigits.period, slot: digits.slot)
      if let code, isSealed(code) { return .expired(code) }
    }
    for step in 1...(steps + 1) {
      let code = OfflineCode(startHour: latest + step * OfflineDigits.period, slot: digits.slot)
      if let code, isSealed(code) { return .early(code) }
    }
    return nil
  }
}
