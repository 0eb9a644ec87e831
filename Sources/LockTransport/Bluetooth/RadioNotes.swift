import LockCore

/// Which sentences were written into the log already, so that each is written once until what it is about has changed.
struct RadioNotes: Hashable, Sendable {
  /// What a sentence is about.
  enum Subject: Hashable, Sendable {
    /// Links to this peer. Changes once one was had.
    case peer(BluetoothAddress)
    /// The adapter of this name. Changes once it has worked well for a while.
    case adapter(String)
  }

  /// Subjects come from outside, too: with more than so many all are forgotten.
  static let mostSubjects = 256

  private var told: [Subject: Set<String>] = [:]

  /// Remembers a sentence.
  /// - Returns: false when it was told since the subject has changed last.
  mutating func isNews(_ sentence: String, of subject: Subject) -> Bool {
    if self.told[subject] == nil, self.told.count >= Self.mostSubjects { self.told = [:] }
    return self.told[subject, default: []].insert(sentence).inserted
  }

  /// The subject is another than before.
  mutating func changed(_ subject: Subject) { self.told[subject] = nil }
}

extension Radio {
  /// Writes a sentence into the log, unless it was written since its subject has changed last.
  mutating func noteOnce(_ sentence: String, of subject: RadioNotes.Subject) {
    if self.notes.isNews(sentence, of: subject) { self.effects.append(.note(sentence)) }
  }
}
