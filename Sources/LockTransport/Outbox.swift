/// Messages that the kernel had no room for yet, oldest first. A value; bounded.
struct Outbox: Sendable {
  /// So many messages may wait.
  static let messageCapacity = 256
  /// So many bytes may wait.
  static let byteCapacity = 1 << 20

  private var messages: [ArraySlice<UInt8>] = []
  private var byteCount = 0

  var isEmpty: Bool { self.messages.isEmpty }
  /// What is to be written next: one whole message, or the rest of one.
  var first: ArraySlice<UInt8>? { self.messages.first }

  /// Appends a message; false, and nothing is kept of it, when there is no room.
  mutating func append(_ message: ArraySlice<UInt8>) -> Bool {
    guard self.messages.count < Self.messageCapacity, message.count <= Self.byteCapacity - self.byteCount
    else { return false }
    self.messages.append(message)
    self.byteCount += message.count
    return true
  }

  /// The kernel took so many bytes of ``first``.
  mutating func taken(_ count: Int) {
    guard let first = self.messages.first else { return }
    let rest = first.dropFirst(count)
    self.byteCount -= first.count - rest.count
    if rest.isEmpty { self.messages.removeFirst() } else { self.messages[0] = rest }
  }

  mutating func removeAll() {
    self.messages.removeAll()
    self.byteCount = 0
  }
}
