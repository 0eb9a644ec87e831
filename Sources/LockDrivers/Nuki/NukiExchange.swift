import LockCore

/// One question to the lock and all that belongs to its answer: the challenge before it, the entries of a list, the
/// Status behind it. What the lock says unasked meanwhile is told apart.
struct NukiExchange: Sendable {
  /// What is asked.
  enum Question: Hashable, Sendable {
    case states
    case config
    case action(NukiLockAction)
    case guarded(NukiGuardedRequest)
  }

  /// What the lock came back with.
  enum Outcome: Hashable, Sendable {
    case states(NukiStates)
    case config(NukiConfig)
    case codeID(UInt16, createdAt: Timestamp?)
    case codes([NukiKeypadCode], total: Int)
    case log([NukiLogEntry], NukiLogCount?)
    case complete
  }

  /// What comes next.
  enum Step: Hashable, Sendable {
    case send(NukiRequest)
    /// More is to come: the lock has its whole time again.
    case wait
    /// No part of the answer.
    case ignored
    case refused(NukiErrorReport)
    case done(Outcome)
  }

  let question: Question
  private let pin: NukiSecurityPIN
  private var sent: NukiRequest?
  private var total: Int?
  private var codes: [NukiKeypadCode] = []
  private var count: NukiLogCount?
  private var entries: [NukiLogEntry] = []
  /// True once a Status came before any entry of a log, or before any code of a list whose count is known.
  private var hasEarlyStatus = false
  /// True once the lock may have done what changes something: silence proves nothing from then on.
  private(set) var mayHaveChangedTheLock = false
  /// True once the lock has accepted a movement.
  private(set) var isMoving = false

  /// No lock lists more codes, nor more entries in one answer.
  private static let mostItems = 1000

  init(_ question: Question, pin: NukiSecurityPIN) {
    self.question = question
    self.pin = pin
  }

  /// The first request.
  mutating func begin() -> NukiRequest {
    let first = NukiRequest.requestData(self.question == .states ? .keyturnerStates : .challenge)
    self.sent = first
    return first
  }

  /// The same anew, after the lock had no time or our challenge was stale.
  mutating func again() -> NukiRequest {
    self = NukiExchange(self.question, pin: self.pin)
    return self.begin()
  }

  /// Takes what the lock said.
  mutating func answered(_ answer: NukiAnswer) -> Step {
    guard let sent else { return .ignored }
    switch (sent, answer) {
    case (_, .error(let report)):
      // Of a message that did not open, nobody knows which command it was.
      let isOurs =
        report.command == sent.command || report.command.rawValue == 0 || report.error == .notAuthorized
      return isOurs ? .refused(report) : .ignored
    case (.requestData(.keyturnerStates), .states(let states)): return .done(.states(states))
    case (.requestData(.challenge), .challenge(let nonce)): return self.ask(with: nonce)
    case (.requestConfig, .config(let config)): return .done(.config(config))
    case (.lockAction, .status(.accepted)):
      self.isMoving = true
      return .wait
    case (.lockAction, .states): return self.isMoving ? .wait : .ignored
    case (.lockAction, .status(.complete)): return .done(.complete)
    case (.guarded(let request, _, _), _): return self.answered(answer, to: request)
    default: return .ignored
    }
  }

  private mutating func ask(with nonce: NukiBlock) -> Step {
    let request: NukiRequest
    switch self.question {
    case .states: return .ignored
    case .config: request = .requestConfig(nonce: nonce)
    case .action(let action):
      request = .lockAction(action, nonce: nonce)
      self.mayHaveChangedTheLock = true
    case .guarded(let guarded):
      request = .guarded(guarded, nonce: nonce, pin: self.pin)
      self.mayHaveChangedTheLock = guarded.changesCodes
    }
    self.sent = request
    return .send(request)
  }

  private mutating func answered(_ answer: NukiAnswer, to request: NukiGuardedRequest) -> Step {
    switch (request, answer) {
    case (.addKeypadCode, .keypadCodeID(let id, let createdAt)): return .done(.codeID(id, createdAt: createdAt))
    case (.requestKeypadCodes(let offset, let count), _):
      return self.answered(answer, offset: Int(offset), count: Int(count))
    case (.requestLog(_, let count, _, let wantsTotal), _):
      return self.answered(answer, logCount: Int(count), wantsTotal: wantsTotal)
    case (_, .status(.complete)):
      // An added code is known by its id alone; a Status without one comes before it or means nothing.
      if case .addKeypadCode = request { return .wait }
      return .done(.complete)
    case (_, .status): return .wait
    default: return .ignored
    }
  }

  /// The final Status of a list may be missing: it ends with the entry that its count promised.
  private mutating func answered(_ answer: NukiAnswer, offset: Int, count: Int) -> Step {
    switch answer {
    case .keypadCodeCount(let total): self.total = Int(total)
    case .keypadCode(let code) where self.codes.count < Self.mostItems: self.codes.append(code)
    case .status(.complete):
      // One that belongs to something else may come before the first promised code.
      guard let total, !self.codes.isEmpty else {
        self.hasEarlyStatus = self.total != nil
        return .wait
      }
      return .done(.codes(self.codes, total: total))
    default: return .ignored
    }
    guard let total, self.codes.count >= min(count, max(0, total - offset)) else { return .wait }
    return .done(.codes(self.codes, total: total))
  }

  /// A Status before the first entry may belong to something else, such as the end of a phone's action: no entry is
  /// believed only of a log that counts none, or when nothing more comes.
  private mutating func answered(_ answer: NukiAnswer, logCount: Int, wantsTotal: Bool) -> Step {
    switch answer {
    case .logCount(let count) where wantsTotal:
      self.count = count
      return count.count == 0 ? .done(.log([], count)) : .wait
    case .logEntry(let entry) where self.entries.count < Self.mostItems:
      self.entries.append(entry)
      return self.entries.count >= logCount ? .done(.log(self.entries, self.count)) : .wait
    case .status(.complete) where self.entries.isEmpty:
      self.hasEarlyStatus = true
      return .wait
    case .status(.complete): return .done(.log(self.entries, self.count))
    default: return .ignored
    }
  }

  /// What can be made of an answer that broke off: log entries, since the next page goes on behind the last one; and
  /// that there are none, when a Status came and nothing else.
  var partialOutcome: Outcome? {
    if let total, self.hasEarlyStatus { return .codes(self.codes, total: total) }
    return self.entries.isEmpty && !self.hasEarlyStatus ? nil : .log(self.entries, self.count)
  }
}
