/// Which loops keep the daemon alive, and whether each of them advances: a value that never performs anything.
///
/// A loop is asked through the queue that it lives from, and answers when it comes by. So a loop that merely waits
/// answers at once, and one that is caught somewhere does not. Times are uptimes; time in which nobody looked, since
/// the whole process or the box was stopped, counts for nobody.
public struct Supervision: Sendable {
  /// One loop among those that are watched.
  public struct LoopID: Hashable, Comparable, Sendable {
    fileprivate var number: UInt64

    /// In the order in which the loops began.
    public static func < (left: LoopID, right: LoopID) -> Bool { left.number < right.number }
  }

  /// How things stand.
  public struct Verdict: Equatable, Sendable {
    /// The names of the loops that have not advanced within their budget, in order.
    public var stuck: [String] = []
    /// How many loops are watched.
    public var count = 0
    /// True while every loop advances.
    public var isAlive: Bool { self.stuck.isEmpty }
  }

  private struct Loop {
    var name: String
    var budget: Duration
    /// Since when a question waits for its answer; nil while none does.
    var askedAt: Duration?
  }

  /// How often somebody looks.
  private let interval: Duration
  private var loops: [LoopID: Loop] = [:]
  private var last: UInt64 = 0
  private var lookedAt: Duration?

  /// Begins with no loop.
  /// - Parameter interval: how often somebody looks.
  public init(interval: Duration) { self.interval = interval }

  /// A loop has begun.
  /// - Parameters:
  ///   - name: what people call it.
  ///   - budget: how long it may take to answer.
  public mutating func began(_ name: String, budget: Duration) -> LoopID {
    self.last += 1
    let id = LoopID(number: self.last)
    self.loops[id] = Loop(name: name, budget: budget)
    return id
  }

  /// A loop has ended as it should.
  public mutating func ended(_ id: LoopID) { self.loops[id] = nil }

  /// Somebody looks at all loops.
  /// - Returns: the loops to ask now: those that owe no answer.
  public mutating func looked(at now: Duration) -> [LoopID] {
    if let last = self.lookedAt, now - last > self.interval * 2 {
      let lost = now - last - self.interval
      for id in self.loops.keys { self.loops[id]?.askedAt? += lost }
    }
    self.lookedAt = now
    let idle = self.loops.filter { $0.value.askedAt == nil }.keys.sorted()
    for id in idle { self.loops[id]?.askedAt = now }
    return idle
  }

  /// A loop has answered.
  public mutating func advanced(_ id: LoopID, at now: Duration) { self.loops[id]?.askedAt = nil }

  /// Whether every loop advances.
  public func verdict(at now: Duration) -> Verdict {
    let stuck = self.loops.values.filter { loop in loop.askedAt.map { now - $0 > loop.budget } ?? false }
    return Verdict(stuck: stuck.map(\.name).sorted(), count: self.loops.count)
  }
}
