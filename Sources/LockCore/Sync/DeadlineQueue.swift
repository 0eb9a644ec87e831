/// One queue of wall-clock deadlines for the whole site: each key has at most one.
public struct DeadlineQueue<Key: Hashable & Sendable>: Sendable {
  private var deadlines: [Key: Timestamp] = [:]
  /// A binary heap, earliest first; entries that no longer match `deadlines` are passed over when they surface.
  private var heap: [(date: Timestamp, key: Key)] = []

  /// Makes an empty queue.
  public init() {}

  /// The earliest deadline; nil when there is none.
  public mutating func earliest() -> Timestamp? {
    self.dropStale()
    return self.heap.first?.date
  }

  /// Sets, replaces or (nil) takes away a key's deadline.
  public mutating func set(_ key: Key, to date: Timestamp?) {
    guard self.deadlines[key] != date else { return }
    self.deadlines[key] = date
    if let date { self.push((date, key)) }
    // Many replacements without a look would let the heap grow: rebuild it from what counts.
    if self.heap.count > 2 * self.deadlines.count + 64 {
      self.heap = []
      for (key, date) in self.deadlines { self.push((date, key)) }
    }
  }

  /// Takes out every key whose deadline is not after `now`.
  public mutating func due(at now: Timestamp) -> [Key] {
    var keys: [Key] = []
    while let earliest = self.earliest(), earliest <= now {
      let key = self.pop().key
      self.deadlines[key] = nil
      keys.append(key)
    }
    return keys
  }

  private mutating func dropStale() {
    while let first = self.heap.first, self.deadlines[first.key] != first.date { _ = self.pop() }
  }

  private mutating func push(_ entry: (date: Timestamp, key: Key)) {
    self.heap.append(entry)
    var child = self.heap.count - 1
    while child > 0 {
      let parent = (child - 1) / 2
      guard self.heap[child].date < self.heap[parent].date else { return }
      self.heap.swapAt(child, parent)
      child = parent
    }
  }

  private mutating func pop() -> (date: Timestamp, key: Key) {
    let first = self.heap[0]
    let last = self.heap.removeLast()
    guard !self.heap.isEmpty else { return first }
    self.heap[0] = last
    var parent = 0
    while true {
      let children = [2 * parent + 1, 2 * parent + 2].filter { $0 < self.heap.count }
      guard let child = children.min(by: { self.heap[$0].date < self.heap[$1].date }),
        self.heap[child].date < self.heap[parent].date
      else { return first }
      self.heap.swapAt(child, parent)
      parent = child
    }
  }
}
