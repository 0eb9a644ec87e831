import Testing

@testable import LockTransport

struct QueueTests {
  @Test func `What waits to leave keeps its order and its boundaries`() {
    var outbox = Outbox()
    let kept = [[1, 2, 3], [4], [5, 6]].map { message in outbox.append(message[...]) }
    #expect(kept == [true, true, true])
    #expect(outbox.first == [1, 2, 3])
    outbox.taken(2)
    #expect(outbox.first == [3])
    outbox.taken(1)
    #expect(outbox.first == [4])
    outbox.taken(1)
    outbox.taken(2)
    #expect(outbox.isEmpty)
    outbox.taken(1)
    #expect(outbox.isEmpty)
  }

  @Test func `No more than 256 messages or 1 MiB wait to leave`() {
    var many = Outbox()
    let one = (0..<257).map { _ in many.append([0]) }
    #expect(one.firstIndex(of: false) == 256)
    many.taken(1)
    let another = many.append([0])
    #expect(another)

    var long = Outbox()
    let half = [UInt8](repeating: 0, count: 1 << 19)
    let halves = (0..<3).map { _ in long.append(half[...]) }
    #expect(halves == [true, true, false])
    long.removeAll()
    let again = long.append([0])
    #expect(again)
  }

  @Test func `Deadlines that nobody fetched do not pile up`() {
    var inbox = Inbox()
    inbox.append(.bytes([1]))
    for _ in 0..<1000 { inbox.append(.deadlinePassed) }
    #expect(inbox.popFirst() == .bytes([1]))
    #expect(inbox.popFirst() == .deadlinePassed)
    #expect(inbox.popFirst() == nil)
  }
}
