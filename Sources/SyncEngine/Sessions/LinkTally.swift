internal import Synchronization

/// What went over a link since the daemon was started, counted; read from any task, also while the link's session is
/// held up.
final class LinkTally: Sendable {
  struct Counts {
    var isOpen = false
    var opened = 0
    var lost = 0
    var receivedMessages = 0
    var receivedBytes = 0
    var sentMessages = 0
    var sentBytes = 0
    var tasks = 0

    static func + (left: Counts, right: Counts) -> Counts {
      var sum = left
      sum.opened += right.opened
      sum.lost += right.lost
      sum.receivedMessages += right.receivedMessages
      sum.receivedBytes += right.receivedBytes
      sum.sentMessages += right.sentMessages
      sum.sentBytes += right.sentBytes
      sum.tasks += right.tasks
      return sum
    }
  }

  private let state = Mutex(Counts())

  var counts: Counts { self.state.withLock { $0 } }

  func opened() {
    self.state.withLock { counts in
      counts.opened += 1
      counts.isOpen = true
    }
  }

  /// The link is gone, or could not be opened.
  func lost() {
    self.state.withLock { counts in
      counts.lost += 1
      counts.isOpen = false
    }
  }

  func closed() { self.state.withLock { $0.isOpen = false } }

  func received(_ bytes: Int) {
    self.state.withLock { counts in
      counts.receivedMessages += 1
      counts.receivedBytes += bytes
    }
  }

  /// Counts a task of the session's from its beginning to its end, however it ends.
  func counting<Value>(
    isolation: isolated (any Actor)? = #isolation, _ work: () async -> Value
  ) async -> Value {
    self.state.withLock { $0.tasks += 1 }
    defer { self.state.withLock { $0.tasks -= 1 } }
    return await work()
  }

  func sent(_ bytes: Int) {
    self.state.withLock { counts in
      counts.sentMessages += 1
      counts.sentBytes += bytes
    }
  }
}
