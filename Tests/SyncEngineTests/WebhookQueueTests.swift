import LockCore
import Testing

@testable import SyncEngine

/// When an event is sent and sent again, in virtual time: rules R145, R147.
@Suite struct WebhookQueueTests {
  /// An endpoint, a receiver and a journal; sends whatever the queue says, and sleeps when it says wait.
  private struct World {
    var queue = WebhookQueue(position: 0)
    var journal: ClosedRange<Int64>
    var now = VirtualSite.start
    var seen: Int64 = 0
    /// What was sent and when, and how it ended for events that did.
    var sent: [(sequence: Int64, at: Timestamp)] = []
    var verdicts: [Int64: WebhookQueue.Verdict] = [:]
    /// Events that are stored later.
    var arrivals: [(at: Timestamp, end: Int64)] = []
    var receiver: (Int64, Timestamp) -> WebhookOutcome

    init(_ journal: ClosedRange<Int64>, receiver: @escaping (Int64, Timestamp) -> WebhookOutcome) {
      self.journal = journal
      self.receiver = receiver
    }

    /// Runs until nothing is left to do.
    mutating func run(until end: Timestamp = VirtualSite.start + .hours(24 * 365)) {
      while self.now <= end {
        let following = self.queue.position < self.journal.upperBound ? self.queue.position + 1 : nil
        let hasNews = self.queue.head != nil && self.journal.upperBound > self.seen
        switch self.queue.step(at: self.now, following: following, hasNews: hasNews) {
        case .send(let sequence):
          self.seen = self.journal.upperBound
          self.sent.append((sequence, self.now))
          let verdict = self.queue.ended(sequence, self.receiver(sequence, self.now), at: self.now)
          if verdict != .failed { self.verdicts[sequence] = verdict }
        case .wait(let date):
          let arrival = self.arrivals.first.map(\.at)
          guard let next = [date, arrival].compactMap(\.self).min() else { return }
          self.now = max(self.now, next)
          if let arrival, arrival <= self.now {
            self.journal = self.journal.lowerBound...self.arrivals.removeFirst().end
          }
        }
      }
    }

    func times(of sequence: Int64) -> [Timestamp] { self.sent.filter { $0.sequence == sequence }.map(\.at) }
  }

  private static let start = VirtualSite.start
  private static let schedule: [Duration] = [
    .zero, .seconds(5), .minutes(5), .minutes(30), .hours(2), .hours(5), .hours(10), .hours(10),
  ]

  /// When the tries of an event are that is refused from `start` on.
  private static var tries: [Timestamp] {
    var date = Self.start
    return Self.schedule.map { pause in
      date = date + pause
      return date
    }
  }

  @Test(
    arguments: [
      WebhookOutcome.answered(status: 500), .answered(status: 410), .answered(status: 301),
      .answered(status: 503), .unanswered(reason: "no connection"),
    ])
  func `R145: eight tries at the published times, then the event is given up`(outcome: WebhookOutcome) {
    var world = World(1...1) { _, _ in outcome }
    world.run()
    #expect(world.times(of: 1) == Self.tries)
    #expect(world.verdicts == [1: .givenUp])
    #expect(world.queue == WebhookQueue(position: 1))
  }

  @Test func `R145: a receiver that fails once gets the event five seconds later, and all in order`() {
    var failures = 1
    var world = World(1...20) { _, _ in
      failures -= 1
      return .answered(status: failures >= 0 ? 500 : 204)
    }
    world.run()
    #expect(world.sent.map(\.sequence) == [1] + Array(1...20))
    #expect(world.now == Self.start + .seconds(5))
    #expect(world.verdicts.values.allSatisfy { $0 == .delivered })
  }

  @Test
  func `R145 R147: an event that the receiver refuses holds up the others for five seconds, and keeps its schedule`() {
    var world = World(1...20) { sequence, _ in .answered(status: sequence == 3 ? 500 : 200) }
    world.run()
    #expect(world.times(of: 3) == Self.tries)
    #expect(world.verdicts[3] == .givenUp)
    #expect(world.verdicts.count == 20)
    #expect(world.times(of: 20) == [Self.start + .seconds(5)])
    #expect(world.sent.map(\.sequence).filter { $0 != 3 } == Array(1...2) + Array(4...20))
  }

  @Test func `R145: a receiver that is down costs one schedule however many events wait, and gets them all in order`() {
    let back = Self.start + .hours(20)
    var world = World(1...5000) { _, now in now < back ? .unanswered(reason: "no connection") : .answered(status: 200) }
    world.run()
    #expect(world.sent.filter { $0.at < back }.count == 7)
    #expect(world.sent.filter { $0.at >= back }.map(\.sequence) == Array(1...5000))
    #expect(world.verdicts.values.allSatisfy { $0 == .delivered })
  }

  @Test func `R145: while a receiver is down for days an event after the other is given up, none is lost unsaid`() {
    let back = Self.start + .hours(24 * 3)
    var world = World(1...10) { _, now in now < back ? .unanswered(reason: "no answer") : .answered(status: 200) }
    world.run()
    #expect(world.verdicts.filter { $0.value == .givenUp }.keys.sorted() == [1, 2])
    #expect(world.verdicts.filter { $0.value == .delivered }.keys.sorted() == Array(3...10))
  }

  @Test func `R145: news make a silent receiver be looked for again, once a minute at most, beside the schedule`() {
    let back = Self.start + .hours(4)
    var world = World(1...1) { _, now in now < back ? .unanswered(reason: "no answer") : .answered(status: 200) }
    world.arrivals = (1...100).map { (Self.start + .hours(3) + .seconds(Int($0)), Int64(1 + $0)) }
    world.arrivals.append((back + .minutes(1), 102))
    world.run()
    let early = world.sent.filter { $0.at < Self.start + .hours(3) }.count
    #expect(early == Self.tries.filter { $0 < Self.start + .hours(3) }.count)
    #expect(world.sent.filter { $0.at >= Self.start + .hours(3) && $0.at < back }.count == 3)
    #expect(world.sent.filter { $0.at >= back }.map(\.sequence) == Array(1...102))
    #expect(world.now == back + .minutes(1))
  }

  @Test func `R145: no more is set aside than the limit; then the receiver is waited for`() {
    let count = Int64(WebhookQueue.mostSetAside)
    var world = World(1...(count + 50)) { _, _ in .answered(status: 400) }
    world.run(until: Self.start + .hours(2))
    #expect(world.queue.setAside.count == WebhookQueue.mostSetAside)
    #expect(world.queue.position == count)
    world.run()
    #expect(world.verdicts.count == Int(count) + 50)
  }

  @Test func `R145: a clock that is set back does not put a try off`() {
    var queue = WebhookQueue(position: 0)
    #expect(queue.ended(1, .unanswered(reason: "no answer"), at: Self.start) == .failed)
    #expect(
      queue.step(at: Self.start + .seconds(1), following: 1, hasNews: false) == .wait(Self.start + .seconds(5)))
    #expect(queue.step(at: Self.start - .hours(24), following: 1, hasNews: false) == .send(1))
  }
}
