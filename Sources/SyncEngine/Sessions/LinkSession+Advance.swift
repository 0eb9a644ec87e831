internal import LockTransport

/// Whether all of a session advances, which it shows to whoever asks.
///
/// That it takes the question in shows that the session itself is not caught. It does the rest of its work when the
/// link tells something, so what the link owes it by now must have come: a deadline that is told, a link that is
/// opened again. A session that waits for nothing advances.
extension LinkSession {
  /// How late what is owed may come.
  private static let patience = Duration.seconds(1)

  /// Answers those who asked, as soon as nothing is owed.
  func answerIfAdvancing() {
    guard !self.isBehind(at: Reactor.uptime) else { return }
    let questions = self.questions
    self.questions = []
    for answered in questions { answered() }
  }

  private func isBehind(at now: Duration) -> Bool {
    func isOver(_ date: Duration) -> Bool { now - date > Self.patience }
    if let reopensAt = self.reopensAt { return isOver(reopensAt) }
    guard let deadline = self.deadline else { return false }
    if self.link != nil { return isOver(max(deadline, self.openedAt)) }
    // Without a link, only a session that opens it on demand is told of time.
    guard case .onDemand = self.definition.way else { return false }
    return isOver(deadline)
  }
}
