import Gateway

/// Finds what an operator means: by its id, its name, or an unambiguous beginning of either.
struct Naming {
  /// Something that can be meant.
  struct Candidate: Hashable {
    /// Its id.
    var id: String
    /// The names it goes by; none for what has none.
    var names: [String]
    /// What is shown where the meaning is not clear.
    var label: String
  }

  /// What is looked for, for people: `lock`.
  var kind: String
  /// What there is.
  var candidates: [Candidate]
  /// How to list what there is, for people: `bitting locks`.
  var listing: String

  /// What `text` means.
  ///
  /// An exact id or name, whatever its case, is taken before any beginning.
  /// - Throws: a fault that names what was perhaps meant.
  func find(_ text: String) throws(StartFault) -> Candidate {
    let wanted = text.lowercased()
    if let found = self.candidates.first(where: { $0.id.lowercased() == wanted }) { return found }
    for fits in [{ $0 == wanted }, { $0.hasPrefix(wanted) }] as [(String) -> Bool] where !wanted.isEmpty {
      let found = self.candidates.filter { candidate in
        candidate.names.contains { fits($0.lowercased()) }
          || (wanted.count >= 4 && fits(candidate.id.lowercased()))
      }
      if found.count == 1 { return found[0] }
      if found.count > 1 { throw self.ambiguous(text, found) }
    }
    let near = self.near(wanted)
    throw StartFault(
      .noInput,
      "there is no \(self.kind) '\(text.printable)'; "
        + (near.isEmpty
          ? "see them with: \(self.listing)"
          : "did you mean \(near.map { "'\($0.printable)'" }.joined(separator: " or "))?"))
  }

  private func ambiguous(_ text: String, _ found: [Candidate]) -> StartFault {
    let shown = found.prefix(5).map(\.label.printable).joined(separator: ", ") + (found.count > 5 ? ", …" : "")
    return StartFault(
      .noInput,
      "'\(text.printable)' may be any of \(found.count) \(self.kind)s: \(shown); give more of the name, or the id")
  }

  private func near(_ wanted: String) -> [String] {
    // One word of a name is often all that is written.
    let names = Set(self.candidates.flatMap(\.names)).map { name in
      let parts = [name.lowercased()] + name.lowercased().split(separator: " ").map(String.init).filter { $0.count > 2 }
      return (name: name, distance: parts.map { Spelling.distance($0, wanted) }.min() ?? .max)
    }
    let allowed = Spelling.allowed(in: wanted)
    let near = names.filter { $0.distance <= allowed || (wanted.count > 2 && $0.name.lowercased().contains(wanted)) }
    return near.sorted { ($0.distance, $0.name) < ($1.distance, $1.name) }.prefix(3).map(\.name)
  }
}
