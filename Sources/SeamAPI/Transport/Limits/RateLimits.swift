import LockCore

/// How often a device may be asked for something: the published limits, as a value.
struct RateLimits: Sendable {
  /// What is counted, each for itself.
  enum Act: Hashable, Sendable {
    /// A new access code.
    case creation
    /// A change of an access code.
    case change
    /// The deletion of an access code.
    case deletion
    /// Driving the bolt home.
    case locking
    /// Opening the door.
    case unlocking

    /// So many a minute and device (contract R97).
    var published: Int {
      switch self {
      case .creation, .change: 10
      case .deletion: 20
      case .locking, .unlocking: 15
      }
    }
  }

  private struct Subject: Hashable {
    var act: Act
    var device: LockID
  }

  private static let window = Duration.seconds(60)

  private let scale: Int
  private var admitted: [Subject: [ContinuousClock.Instant]] = [:]
  private var nextSweep: ContinuousClock.Instant?

  /// Makes limits that nothing counts against yet.
  /// - Parameter scale: the published limits are multiplied by this, 1 or more.
  init(scale: Int = 1) { self.scale = max(1, scale) }

  /// Counts an act on each of these devices when all of them may be asked, else on none.
  /// - Returns: nil when it may be done, else how long until it may.
  mutating func admit(_ act: Act, on devices: [LockID], at now: ContinuousClock.Instant) -> Duration? {
    self.sweep(at: now)
    let most = act.published * self.scale
    var wait = Duration.zero
    for (device, count) in Dictionary(devices.map { ($0, 1) }, uniquingKeysWith: +) {
      // More at once than a whole minute allows would never be admitted: it counts as a full one.
      let (dates, wanted) = (self.recent(act, on: device, at: now), min(count, most))
      let excess = dates.count + wanted - most
      if excess > 0 { wait = max(wait, now.duration(to: dates[excess - 1] + Self.window)) }
    }
    if wait > .zero { return wait }
    for device in devices {
      let subject = Subject(act: act, device: device)
      self.admitted[subject] = self.recent(act, on: device, at: now) + [now]
    }
    return nil
  }

  private func recent(_ act: Act, on device: LockID, at now: ContinuousClock.Instant) -> [ContinuousClock.Instant] {
    self.admitted[Subject(act: act, device: device)]?.filter { $0 + Self.window > now } ?? []
  }

  /// Forgets what is long past, once a minute, so that names of devices that are not there use up no memory.
  private mutating func sweep(at now: ContinuousClock.Instant) {
    guard self.nextSweep.map({ $0 <= now }) ?? true else { return }
    self.nextSweep = now + Self.window
    self.admitted = self.admitted.filter { $0.value.last.map { $0 + Self.window > now } ?? false }
  }
}
