import LockCore

/// When a lock is visited, and why: a battery lock is left alone unless somebody asked, it signals news, or nobody has
/// been there for long.
struct NukiVisits: Hashable, Sendable {
  /// A wish for a link.
  struct Wish: Hashable, Sendable {
    /// It is of no use after this uptime.
    var before: Duration
    /// What it is for.
    var reason: VisitReason
  }

  private let policy: NukiPolicy
  /// False for a lock that cannot signal news, or is not believed to.
  private let signalsNews: Bool
  /// True when the signal goes out as soon as we have read the states.
  private let clearsNews: Bool

  /// The visits of this day, by what they were for.
  private(set) var count: [VisitReason: Int] = [:]
  private var dayBegan: Duration?
  /// Visits of this day that nothing but time was the reason for.
  private var idleToday = 0

  private var hasStarted = false
  private var isNewsPending = false
  /// The beacon's bit as it was heard last.
  private var newsBit = false
  /// Visits for news in a row that found none, while the signal was never heard to be out: then it stays on whatever we
  /// do, and says nothing.
  private var fruitlessNews = 0
  private var lastHeard: Duration?
  /// When a visit ended well last.
  private var lastSuccess: Duration = .zero
  private var lastCheck: Duration?
  private var lastNews: Duration?
  private var lastLogLook: Duration = .zero
  /// When a log that could not be looked at is tried again.
  private var logRetry: Duration?
  /// Attempts in a row of which nothing came.
  private(set) var absences = 0
  private var silentSince: Duration?
  private var notBefore: Duration = .zero
  /// A lock that is heard again is not tried before its time until then.
  private var notEarlyBefore: Duration = .zero
  /// True while the lock has refused us in clear, once: anybody could have said that.
  private(set) var isDoubtful = false
  /// When a lock that has refused us is asked again; nil while it has not.
  private var barredUntil: Duration?
  /// True once the lock was told not to answer.
  private(set) var isUnreachable = false

  private static let day: Duration = .hours(24)
  private static let patience = 3
  /// A lock that was not heard for so long does not tell news, whatever it signals.
  private static let deafTime: Duration = .hours(1)

  init(policy: NukiPolicy, signalsNews: Bool, clearsNews: Bool) {
    self.policy = policy
    self.signalsNews = signalsNews
    self.clearsNews = clearsNews
  }

  /// True while the lock has said that it does not know us.
  var isBarred: Bool { self.barredUntil != nil }

  // MARK: what happens

  /// The lock said something on the air; `hasNews` is its signal, nil when this says nothing of it.
  mutating func heard(hasNews: Bool?, at now: Duration) {
    let wasQuiet = self.lastHeard.map { now - $0 >= self.policy.quietTime } ?? true
    self.lastHeard = now
    if wasQuiet, self.absences > 0, self.notEarlyBefore <= now, now < self.notBefore {
      (self.notEarlyBefore, self.notBefore) = (self.notBefore, now)
    }
    guard self.signalsNews, let hasNews else { return }
    if !hasNews { self.fruitlessNews = 0 }
    if hasNews, !self.newsBit { self.isNewsPending = true }
    self.newsBit = hasNews
  }

  mutating func opened(for reason: VisitReason, wasAskedFor: Bool, at now: Duration) {
    self.rollDay(at: now)
    self.count[reason, default: 0] += 1
    if !wasAskedFor, reason == .check || reason == .log { self.idleToday += 1 }
    if reason == .news { self.fruitlessNews += 1 }
  }

  /// The lock, or somebody in its place, has refused us in clear: it is asked again on a new link at once.
  mutating func doubted(at now: Duration) { (self.isDoubtful, self.notBefore) = (true, now) }

  /// The lock does not know us: it is asked again after a long time, in case that was a mistake.
  mutating func barred(at now: Duration) {
    self.isDoubtful = false
    self.isUnreachable = true
    self.barredUntil = now + self.policy.barredGap
  }

  /// The lock has told its states.
  mutating func toldStates() {
    self.barredUntil = nil
    self.signalIsOut()
  }

  /// The link is gone: what sets the signal after the states were read, our own writes too, is seen as new.
  mutating func linkEnded() { self.signalIsOut() }

  private mutating func signalIsOut() {
    if self.clearsNews, self.fruitlessNews < Self.patience { self.newsBit = false }
  }

  /// The log has grown.
  mutating func foundNews() { self.fruitlessNews = 0 }

  /// All that a visit was for is done. What breaks off behind the states does not count: the next attempt would come
  /// to the same.
  mutating func endedWell(_ reason: VisitReason, at now: Duration) {
    self.isDoubtful = false
    self.lastSuccess = now
    if reason == .check { self.lastCheck = now }
    // One that broke off is tried again after the gap of what breaks off.
    if reason == .news, self.fruitlessNews == 0 { self.lastNews = now }
    (self.absences, self.silentSince, self.notBefore, self.notEarlyBefore) = (0, nil, .zero, .zero)
  }

  /// The lock was told to answer: what a first visit, or one after a silence, is for.
  mutating func toldReachable() { (self.hasStarted, self.isUnreachable) = (true, false) }

  /// The log was looked at: what was signalled until now is known.
  mutating func lookedAtLog(at now: Duration) {
    (self.isNewsPending, self.logRetry) = (false, nil)
    self.lastLogLook = now
  }

  /// The log cannot be looked at before `uptime`.
  mutating func mayNotLookAtLog(before uptime: Duration, at now: Duration) {
    self.lookedAtLog(at: now)
    self.logRetry = uptime
  }

  /// Nobody was there, or there was somebody who could not be spoken to.
  /// - Returns: true when the lock is unreachable from now on.
  mutating func foundNobody(at now: Duration) -> Bool {
    self.absences += 1
    let gap = self.policy.retryGaps.lowerBound * (1 << min(self.absences - 1, 16))
    self.notBefore = now + min(gap, self.policy.retryGaps.upperBound)
    let since = self.silentSince ?? now
    self.silentSince = since
    guard !self.isUnreachable, self.absences >= self.policy.absences || now - since >= self.policy.silence else {
      return false
    }
    self.isUnreachable = true
    return true
  }

  /// The radio had no time, or there is none: says nothing of the lock.
  mutating func wasPutOff(at now: Duration) {
    self.notBefore = max(self.notBefore, now + self.policy.retryGaps.lowerBound)
  }

  // MARK: wishes

  /// True when the log is worth a look on a visit for `reason`. Where reading the states puts the signal out, nobody
  /// would tell of what happened just before.
  func wantsLog(on reason: VisitReason, at now: Duration) -> Bool {
    switch reason {
    case .start, .news, .log, .check, .recovery: true
    case .code, .command:
      self.clearsNews || self.isNewsPending || now - self.lastLogLook >= self.policy.logInterval
    }
  }

  /// The visit that is due by itself now; nil for none.
  mutating func due(at now: Duration) -> Wish? {
    self.rollDay(at: now)
    guard let next = self.next, next.at <= now else { return nil }
    return Wish(before: now + self.policy.patience, reason: next.reason)
  }

  /// When a visit is due by itself next.
  var nextDue: Duration? { self.next?.at }

  private var next: (at: Duration, reason: VisitReason)? {
    if let barredUntil { return (max(barredUntil, self.notBefore), .recovery) }
    // These are bounded by the gaps between them alone: a lock that cannot be reached is no idle one.
    if !self.hasStarted { return (self.notBefore, .start) }
    if self.isUnreachable || self.isDoubtful { return (self.notBefore, .recovery) }
    if self.isNewsPending {
      let gapEnd = self.lastNews.map { $0 + self.policy.newsGap } ?? .zero
      return (max(gapEnd, self.notBefore), .news)
    }
    var due = max(min(self.logDue, self.checkDue), self.notBefore)
    if self.idleToday >= self.policy.visitsPerDay, let dayBegan { due = max(due, dayBegan + Self.day) }
    return (due, self.logDue < self.checkDue ? .log : .check)
  }

  /// When the log is looked at by itself: often where news are not signalled or the signal stays, and where the lock's
  /// signal was not heard for long.
  private var logDue: Duration {
    if let logRetry { return logRetry }
    if !self.signalsNews || self.newsBit { return self.lastLogLook + self.policy.logInterval }
    let deaf = max(self.policy.logInterval, Self.deafTime)
    return max(self.lastLogLook, self.lastHeard ?? .zero) + deaf
  }

  /// When somebody should look whether the lock is still there.
  private var checkDue: Duration {
    let due = self.lastSuccess + self.policy.checkInterval
    guard let lastHeard, self.lastSuccess < lastHeard + self.policy.unheardTime else { return due }
    // One that is heard hardly ever is not looked at each time.
    let again = self.lastCheck.map { $0 + Self.deafTime } ?? .zero
    return min(due, max(lastHeard + self.policy.unheardTime, again))
  }

  /// Days begin with the first visit after the last one: counted in uptime, no clock that is set back doubles them.
  private mutating func rollDay(at now: Duration) {
    guard let dayBegan else {
      self.dayBegan = now
      return
    }
    guard now - dayBegan >= Self.day else { return }
    self.dayBegan = now
    (self.count, self.idleToday) = ([:], 0)
  }
}
