/// Counts wrong PINs at one keypad and says when it is locked out, and until when.
struct DoorLockout: Sendable {
  /// When the lock-out ends, in uptime; nil when there is none.
  private(set) var end: Duration?

  private let rule: DoorConfiguration.Lockout
  private var wrong: [Duration] = []
  private var next: Duration

  init(_ rule: DoorConfiguration.Lockout) {
    self.rule = rule
    self.next = min(rule.first, rule.longest)
  }

  /// A wrong PIN was entered.
  /// - Returns: true when a lock-out begins with it.
  mutating func wrongEntered(at uptime: Duration) -> Bool {
    self.wrong.removeAll { $0 + self.rule.window <= uptime }
    self.wrong.append(uptime)
    guard self.wrong.count >= self.rule.attempts else { return false }
    self.wrong = []
    self.end = uptime + self.next
    self.next = min(self.next * 2, self.rule.longest)
    return true
  }

  /// A right PIN was entered.
  mutating func rightEntered() {
    self.wrong = []
    self.next = min(self.rule.first, self.rule.longest)
  }

  /// Ends a lock-out whose time has come.
  /// - Returns: true when one ended.
  mutating func deadlinePassed(at uptime: Duration) -> Bool {
    guard let end = self.end, end <= uptime else { return false }
    self.end = nil
    return true
  }
}
