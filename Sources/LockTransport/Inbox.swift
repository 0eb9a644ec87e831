/// What happened on a link and was not fetched yet. A value; bounded by the one who fills it: it stops reading
/// once the inbox is full.
struct Inbox: Sendable {
  /// So many events may wait before reading stops. Each is at most one message of ``Channel/longestMessage`` bytes.
  static let capacity = 64

  private var events: [LinkEvent] = []

  var isFull: Bool { self.events.count >= Self.capacity }
  /// Low enough to start reading again.
  var hasRoom: Bool { self.events.count <= Self.capacity / 2 }

  /// Appends an event. A deadline that passed twice in a row is told once.
  mutating func append(_ event: LinkEvent) {
    if event == .deadlinePassed, self.events.last == .deadlinePassed { return }
    self.events.append(event)
  }

  mutating func popFirst() -> LinkEvent? {
    self.events.isEmpty ? nil : self.events.removeFirst()
  }

  mutating func removeAll() { self.events.removeAll() }
}
