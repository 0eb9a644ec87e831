import LockTransport
import Testing

@Suite(.timeLimit(.minutes(1)))
struct LinkTests {
  @Test func `One write is one event, whatever its size`() async throws {
    try await withReactor { reactor in
      let (near, far) = try Link.pair(on: reactor)
      let messages = [10, 20, 30, 672, 1, 5, 65536].map { [UInt8](repeating: UInt8($0 % 251), count: $0) }
      for message in messages { near.write(message) }
      for message in messages { #expect(await far.next == .bytes(message)) }
    }
  }

  @Test func `Both ways at once`() async throws {
    try await withReactor { reactor in
      let (near, far) = try Link.pair(on: reactor)
      near.write([1])
      far.write([2])
      #expect(await near.next == .bytes([2]))
      #expect(await far.next == .bytes([1]))
    }
  }

  @Test func `The far end's last words come before its hang-up, and nothing after`() async throws {
    try await withReactor { reactor in
      let (near, far) = try Link.pair(on: reactor)
      far.write([1])
      far.write([2])
      far.close()
      var events: [LinkEvent] = []
      for await event in near.events { events.append(event) }
      #expect(events == [.bytes([1]), .bytes([2]), .closed(.hungUp)])
      near.write([3])
      near.setDeadline(.zero)
      near.close()
      #expect(await near.next == nil)
    }
  }

  @Test func `Writing to a far end that is gone is a hang-up and no signal`() async throws {
    try await withReactor { reactor in
      let (near, far) = try Link.pair(on: reactor)
      far.close()
      near.write([1])
      #expect(await near.next == .closed(.hungUp))
    }
  }

  @Test func `Closing ends the events of whoever waits for them`() async throws {
    try await withReactor { reactor in
      let (near, _) = try Link.pair(on: reactor)
      async let end = near.next
      near.close()
      #expect(await end == nil)
    }
  }

  @Test func `A cancelled reader stops waiting and the link stays open`() async throws {
    try await withReactor { reactor in
      let (near, far) = try Link.pair(on: reactor)
      let reader = Task { await near.next }
      reader.cancel()
      #expect(await reader.value == nil)
      near.write([1])
      #expect(await far.next == .bytes([1]))
    }
  }

  @Test func `A slow reader gets every message, whole and in order`() async throws {
    try await withReactor { reactor in
      let (near, far) = try Link.pair(on: reactor)
      let messages = (0..<300).map { [UInt8](repeating: UInt8($0 % 256), count: 500 + $0) }
      for message in messages { near.write(message) }
      for message in messages { #expect(await far.next == .bytes(message)) }
    }
  }

  @Test func `A far end that never reads stalls the link instead of filling memory`() async throws {
    try await withReactor { reactor in
      let (near, _) = try Link.pair(on: reactor)
      for _ in 0..<5000 { near.write([UInt8](repeating: 0, count: 1024)) }
      #expect(await near.next == .closed(.stalled))
    }
  }

  @Test func `A message that would be cut is refused`() async throws {
    try await withReactor { reactor in
      let (near, _) = try Link.pair(on: reactor)
      near.write([UInt8](repeating: 0, count: 65537))
      guard case .closed(.ioError) = await near.next else {
        Issue.record("expected an error")
        return
      }
    }
  }

  @Test func `An empty write is nothing`() async throws {
    try await withReactor { reactor in
      let (near, far) = try Link.pair(on: reactor)
      near.write([])
      near.write([1])
      #expect(await far.next == .bytes([1]))
    }
  }

  @Test func `A flood is read no faster than it is fetched, and both ends live`() async throws {
    try await withReactor { reactor in
      let (near, far) = try Link.pair(on: reactor)
      let count = 20_000
      async let received = {
        var total = 0
        for await case .bytes(let bytes) in far.events {
          #expect(bytes == message(total))
          far.write([1])
          total += 1
          if total == count { break }
        }
        return total
      }()
      // A window of a hundred messages keeps the inbox full.
      var sent = 0
      while sent < 100 {
        near.write(message(sent))
        sent += 1
      }
      for await case .bytes in near.events {
        if sent == count { break }
        near.write(message(sent))
        sent += 1
      }
      #expect(await received == count)
    }
  }
}

private func message(_ number: Int) -> [UInt8] {
  [UInt8(truncatingIfNeeded: number), UInt8(truncatingIfNeeded: number >> 8)]
}
