internal import Synchronization

/// Whether something of the history was come across that does not open: it is left out where it was asked for.
final class UnreadableHistory: Sendable {
  private let state = Mutex((isFound: false, isTold: false))

  /// Something does not open.
  func found() { self.state.withLock { $0.isFound = true } }

  /// True once: for the log.
  func takeNews() -> Bool {
    self.state.withLock { state in
      defer { state.isTold = state.isFound }
      return state.isFound && !state.isTold
    }
  }
}
