internal import LockCore

/// How often, and why, a link was opened to a lock that has none of its own: each visit costs its battery.
struct VisitCount {
  private var counts: [VisitReason: Int] = [:]
  private var since: Timestamp?

  /// Counts a visit.
  /// - Returns: once a day, a sentence about the day before.
  mutating func count(_ reason: VisitReason, at now: Timestamp) -> String? {
    var sentence: String?
    if let since, now - since >= .hours(24) || now < since {
      let total = self.counts.values.reduce(0, +)
      let parts = VisitReason.allCases.compactMap { reason in
        self.counts[reason].map { "\($0) \(reason.rawValue)" }
      }
      sentence = "\(total) visits in a day (\(parts.joined(separator: ", ")))"
      (self.counts, self.since) = ([:], nil)
    }
    if self.since == nil { self.since = now }
    self.counts[reason, default: 0] += 1
    return sentence
  }
}
