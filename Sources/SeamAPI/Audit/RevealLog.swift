import SyncEngine

/// Who was shown which PIN lately, as a value: a panel that reads the same codes every ten seconds is put down once an
/// hour. A PIN that has changed is another one.
struct RevealLog {
  /// What is put down stands for this long.
  static let window = Duration.seconds(3600)
  /// With more pairs than this the memory is emptied: rather an entry too many.
  static let most = 50_000

  private struct Viewer: Hashable {
    var identity: Caller.Identity
    var address: String?
  }

  private struct Shown {
    var pins: Int
    var since: ContinuousClock.Instant
  }

  private var shown: [Viewer: [String: Shown]] = [:]
  private var count = 0

  /// The access codes of an answer that are to be put down, in order.
  /// - Parameter pins: what the answer shows, by the id of the access code.
  func due(_ pins: [String: Set<String>], to caller: Caller, at now: ContinuousClock.Instant) -> [String] {
    let known = self.shown[Viewer(identity: caller.identity, address: caller.address)] ?? [:]
    return pins.filter { code, pins in
      guard let shown = known[code], shown.since + Self.window > now else { return true }
      return shown.pins != pins.hashValue
    }.keys.sorted()
  }

  /// They were put down.
  mutating func recorded(
    _ codes: [String], of pins: [String: Set<String>], to caller: Caller, at now: ContinuousClock.Instant
  ) {
    if self.count + codes.count > Self.most { (self.shown, self.count) = ([:], 0) }
    let viewer = Viewer(identity: caller.identity, address: caller.address)
    for code in codes {
      if self.shown[viewer]?[code] == nil { self.count += 1 }
      // A number that only this process can make of the digits: PINs are not kept here.
      self.shown[viewer, default: [:]][code] = Shown(pins: pins[code]?.hashValue ?? 0, since: now)
    }
  }
}
