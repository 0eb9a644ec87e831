/// Finds what somebody meant.
package enum Spelling {
  /// The word that differs by few letters; nil when there is none.
  static func nearest(to word: String, among words: [String]) -> String? {
    let distances = words.map { (word: $0, distance: Self.distance(word.lowercased(), $0)) }
    guard let best = distances.min(by: { $0.distance < $1.distance }), best.distance <= Self.allowed(in: word) else {
      return nil
    }
    return best.word
  }

  /// How many letters of a word may differ from what was meant.
  package static func allowed(in word: String) -> Int { max(1, word.count / 3) }

  /// How many letters must be put in, left out, replaced, or exchanged with their neighbour to make one of the other.
  package static func distance(_ one: String, _ other: String) -> Int {
    let (a, b) = (Array(one), Array(other))
    var (before, last) = ([Int](), Array(0...b.count))
    for i in a.indices {
      var row = [i + 1]
      for j in b.indices {
        var cost = min(row[j] + 1, last[j + 1] + 1, last[j] + (a[i] == b[j] ? 0 : 1))
        if i > 0, j > 0, a[i] == b[j - 1], a[i - 1] == b[j] { cost = min(cost, before[j - 1] + 1) }
        row.append(cost)
      }
      (before, last) = (last, row)
    }
    return last[b.count]
  }
}
