import Synchronization

/// What the operator decides, and may decide otherwise while requests are answered. Safe from any task.
final class LiveSettings: Sendable {
  private let settings: Mutex<SeamAPI.Settings>
  /// The count of requests against the limits.
  let gate: RateGate

  init(_ settings: SeamAPI.Settings) {
    self.settings = Mutex(settings)
    self.gate = RateGate(settings.rateLimitScale.map { RateLimits(scale: $0) })
  }

  /// What holds now.
  var current: SeamAPI.Settings { self.settings.withLock { $0 } }

  /// Takes other settings. What was counted against the limits still counts where their scale stays the same.
  func update(_ settings: SeamAPI.Settings) {
    let old = self.settings.withLock { current in
      defer { current = settings }
      return current
    }
    if settings.rateLimitScale != old.rateLimitScale {
      self.gate.replace(settings.rateLimitScale.map { RateLimits(scale: $0) })
    }
  }
}
