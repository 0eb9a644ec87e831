internal import LockCore
internal import LockTransport
internal import Synchronization

/// The present, as far as the wall clock can be believed.
///
/// A box without a battery-backed clock starts years in the past. Codes that are good now would then seem to lie in
/// the future and be taken off their locks. So a clock that nobody keeps and that is behind what the site has seen
/// already is not believed: the date stands still at the newest event until the clock is set. A clock that is kept
/// (by NTP, by GPS) is believed, also when it was set back.
final class SiteClock: Sendable {
  private let floor: Timestamp
  private let held = Mutex(false)

  /// Makes a clock.
  /// - Parameter floor: the newest date that the site has seen.
  init(floor: Timestamp) { self.floor = floor }

  /// True while the date stands still.
  var isHeld: Bool { self.held.withLock { $0 } }

  /// The present.
  func now() -> Moment {
    var now = Reactor.now
    now.isDateTrusted = Reactor.isClockSynchronized
    let date = Self.date(wall: now.date, isSynchronized: now.isDateTrusted, floor: self.floor)
    self.held.withLock { $0 = date != now.date }
    now.date = date
    return now
  }

  /// The rule.
  static func date(wall: Timestamp, isSynchronized: Bool, floor: Timestamp) -> Timestamp {
    isSynchronized || wall >= floor ? wall : floor
  }
}
