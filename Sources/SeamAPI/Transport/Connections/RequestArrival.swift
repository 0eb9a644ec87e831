/// How far the requests of one connection have come in and their answers have gone out, and until when the rest must
/// follow: a value. Whoever sends half a request, or takes half an answer, does not hold a connection for good.
struct RequestArrival {
  /// How long a client may take.
  struct Limits: Sendable {
    /// From the first byte of a request to the end of its head.
    var head = Duration.seconds(10)
    /// From the end of the head to the end of the body.
    var body: Duration { self.head * 3 }
    /// From the first byte of an answer to the last; of one that is sent part by part, for each part.
    var answer: Duration { self.head * 6 }
    /// From the last byte of an answer that ends the connection to the client's own end of it.
    let farewell = Duration.seconds(2)
  }

  private let limits: Limits
  private var unanswered = 0
  private var bodySince: ContinuousClock.Instant?
  private var headSince: ContinuousClock.Instant?
  private var answerSince: ContinuousClock.Instant?

  /// A connection on which nothing has come yet.
  init(limits: Limits) { self.limits = limits }

  /// True while a whole request waits for its answer.
  var isAnswering: Bool { self.unanswered > (self.bodySince == nil ? 0 : 1) }

  /// True while an answer has begun and is not out yet.
  var isAnswerGoingOut: Bool { self.answerSince != nil }

  /// When the connection is to be given up unless more comes or goes before; nil while the client owes nothing.
  ///
  /// What comes in behind a request that is still being answered waits for this gateway, not for the client.
  var deadline: ContinuousClock.Instant? {
    if let answerSince { return answerSince + self.limits.answer }
    if self.isAnswering { return nil }
    if let bodySince { return bodySince + self.limits.body }
    return self.headSince.map { $0 + self.limits.head }
  }

  /// Bytes have come that complete no head.
  mutating func receivedBytes(at now: ContinuousClock.Instant) {
    if self.bodySince == nil, self.headSince == nil { self.headSince = now }
  }

  /// The head of a request is complete.
  mutating func receivedHead(at now: ContinuousClock.Instant) {
    self.headSince = nil
    self.bodySince = now
    self.unanswered += 1
  }

  /// A request is complete.
  mutating func receivedEnd() { self.bodySince = nil }

  /// An answer begins to go out.
  mutating func answerBegan(at now: ContinuousClock.Instant) { self.answerSince = now }

  /// A part of an answer is out.
  mutating func answerAdvanced(at now: ContinuousClock.Instant) {
    if self.answerSince != nil { self.answerSince = now }
  }

  /// An answer is out, to its last byte.
  mutating func answerEnded(at now: ContinuousClock.Instant) {
    self.answerSince = nil
    self.unanswered = max(0, self.unanswered - 1)
    if self.headSince != nil { self.headSince = now }
    if self.bodySince != nil { self.bodySince = now }
  }
}
