internal import Supervision

/// The loops that the engine lives from, and how each shows that it advances.
extension SyncEngine {
  /// Each loop beside the sessions, by its name for people.
  var loops: [(name: String, question: Watchdog.Question)] {
    [
      ("engine", { [tell] answered in tell.yield((0, .asked(answered))) }),
      ("deadlines", { answered in Task { await self.askWhoKeepsDeadlines(answered) } }),
      (
        "store",
        { [store] answered in
          Task {
            await store.comeToWrite()
            answered()
          }
        }
      ),
    ]
  }

  private func askWhoKeepsDeadlines(_ answered: @escaping @Sendable () -> Void) {
    self.questions.append(answered)
    self.alarm?.cancel()
  }

  /// Deadlines were just looked at.
  func answer() {
    let questions = self.questions
    self.questions = []
    for answered in questions { answered() }
  }
}
