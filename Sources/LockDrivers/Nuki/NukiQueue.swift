import LockCore

/// Commands that wait for a link, or for their turn on it: first those that move the door, then the others, each in
/// the order in which they came.
struct NukiQueue: Sendable {
  /// A command that waits.
  struct Waiting: Hashable, Sendable {
    let id: CommandID
    let command: LockCommand
    /// When it was submitted.
    let since: Duration
    /// When it ends as busy.
    let expires: Duration
    /// True once a link came to nothing while it waited.
    var isMissed = false
  }

  private var waiting: [Waiting] = []

  var isEmpty: Bool { self.waiting.isEmpty }
  var count: Int { self.waiting.count }
  var first: Waiting? { self.waiting.first }
  /// True when somebody waits for the door to move.
  var hasAction: Bool { self.first?.command.isAction == true }
  /// When the first of them ends as busy.
  var nextExpiry: Duration? { self.waiting.map(\.expires).min() }

  mutating func add(_ new: Waiting) {
    let place = new.command.isAction ? self.waiting.firstIndex { !$0.command.isAction } : nil
    self.waiting.insert(new, at: place ?? self.waiting.endIndex)
  }

  /// Puts one back that was begun already.
  mutating func putBack(_ former: Waiting) { self.waiting.insert(former, at: 0) }

  mutating func takeFirst() -> Waiting? { self.waiting.isEmpty ? nil : self.waiting.removeFirst() }

  /// Takes out what is to be finished.
  mutating func take(where isOver: (Waiting) -> Bool) -> [CommandID] {
    let over = self.waiting.filter(isOver)
    self.waiting.removeAll(where: isOver)
    return over.map(\.id)
  }

  /// A link came to nothing.
  mutating func wereMissed() { for index in self.waiting.indices { self.waiting[index].isMissed = true } }
}

extension LockCommand {
  /// True for what moves the door's bolt: somebody stands there.
  var isAction: Bool { self == .lock || self == .unlock }

  /// True for what the lock does not tell or do without its security PIN.
  var needsSecurityPIN: Bool {
    switch self {
    case .lock, .unlock, .hold: false
    case .readSlots, .readSlot, .program, .clear, .claim, .evict, .readLog: true
    }
  }
}
