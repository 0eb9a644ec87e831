import Synchronization

/// Which loops were caught when it was last told, so that each change is told once.
final class LastVerdict: Sendable {
  private let stuck = Mutex<[String]>([])

  /// True when this is not what was told last.
  func isNews(_ names: [String]) -> Bool {
    self.stuck.withLock { last in
      defer { last = names }
      return last != names
    }
  }
}
