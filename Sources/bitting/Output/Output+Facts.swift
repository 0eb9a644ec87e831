import SyncEngine

extension Output {
  /// Prints names and what belongs to them, below each other.
  func facts(_ facts: [(name: String, text: String)]) throws {
    let width = facts.map(\.name.count).max() ?? 0
    for fact in facts {
      let space = String(repeating: " ", count: width - fact.name.count)
      try self.line("\(self.paint(fact.name, .faint))\(space)  \(fact.text.printable)")
    }
  }

  /// Prints what is wrong with a lock or a code: what, since when, and what to do.
  func issues(of subject: JSONValue, _ time: SiteTime) throws {
    for issue in subject.issues {
      let mark = self.paint(issue.isError ? "error" : "warning", issue.isError ? .red : .yellow)
      try self.line("\n\(mark): \(issue.code) since \(time.text(issue.since))")
      try self.line("  " + issue.message.printable)
    }
  }
}
