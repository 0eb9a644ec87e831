internal import LockCore

/// What the site makes of a wall clock that has run ahead.
///
/// A clock that nobody keeps may be years ahead: an empty battery, a damaged chip. What is stored then carries that
/// date, and would be the measure for what is long past, and for what the next start believes. So such a jump is kept
/// in the store as a doubt: until the clock is right again, or somebody believes it, nothing is forgotten, and a start
/// goes by the date before the jump.
extension Site {
  /// How far a clock that nobody keeps may be ahead of what was seen last: so long a box may have been off.
  static let longestAbsence = Duration.hours(24 * 30)
  /// How far events may be ahead of a clock that is believed.
  private static let mostAhead = Duration.hours(1)

  /// Somebody has looked at the wall clock.
  /// - Parameter isTrusted: a time daemon keeps it.
  mutating func clockWasRead(_ now: Timestamp, isTrusted: Bool) -> [Effect] {
    guard isTrusted || self.lastSeen == .distantPast || now - self.lastSeen <= Self.longestAbsence else {
      return self.clockDoubt == nil ? self.doubtClock(at: now) : []
    }
    self.lastSeen = isTrusted ? now : max(self.lastSeen, now)
    let isAhead = self.newestEvent > now + Self.mostAhead
    guard self.clockDoubt != nil || (isTrusted && isAhead) else { return [] }
    if let retry = self.clockRetry, now < retry, retry - now <= Self.pruningDelay { return [] }
    do {
      self.newestEvent = try self.store.believeClock(at: now, datingAnew: isAhead) ?? self.newestEvent
      (self.clockDoubt, self.clockRetry) = (nil, nil)
      return [
        .note(
          Note(
            isAhead
              ? "the wall clock had run ahead: what was dated later is dated now" : "the wall clock is right again"))
      ]
    } catch {
      self.clockRetry = now + Self.pruningDelay
      return [.note(Note("store: dates that lie ahead cannot be put right: \(Store.reason(of: error))", .warning))]
    }
  }

  private mutating func doubtClock(at now: Timestamp) -> [Effect] {
    self.clockDoubt = self.lastSeen
    let days = (now - self.lastSeen).wholeMilliseconds / 86_400_000
    var effects: [Effect] = [
      .note(
        Note(
          "the wall clock is \(days) days ahead of what was seen last, and nobody keeps it: nothing is forgotten until it is set. Give the box a network with NTP, or set it; if it is right: bitting clock believe",
          .error))
    ]
    do {
      try self.store.doubtClock(since: self.lastSeen)
    } catch {
      effects.append(.note(Note("store: that cannot be kept: \(Store.reason(of: error))", .warning)))
    }
    return effects
  }
}
