import Testing

@testable import LockTransport

@Suite(.timeLimit(.minutes(1)))
struct PseudoterminalTests {
  @Test func `Every byte passes unchanged both ways, and nothing is echoed`() async throws {
    try await withReactor { reactor in
      let device = try Pseudoterminal(on: reactor)
      let port = try SerialPort(path: device.path, baud: 9600).open(on: reactor)
      let all = [UInt8](0...255)
      port.write(all)
      #expect(await device.link.bytes(256) == all)
      device.link.write(all)
      #expect(await port.bytes(256) == all)
      port.write([7])
      #expect(await device.link.bytes(1) == [7])
    }
  }

  @Test func `The device outlives whoever has its path open`() async throws {
    try await withReactor { reactor in
      let device = try Pseudoterminal(on: reactor)
      for round in UInt8(0)..<20 {
        let port = try SerialPort(path: device.path, baud: 9600).open(on: reactor)
        port.write([round])
        #expect(await device.link.bytes(1) == [round])
        device.link.write([round, round])
        #expect(await port.bytes(2) == [round, round])
        port.close()
      }
    }
  }

  @Test func `A path that nobody has open costs no turns`() async throws {
    try await withReactor { reactor in
      let device = try Pseudoterminal(on: reactor)
      let (alarm, _) = try Link.pair(on: reactor)
      try SerialPort(path: device.path, baud: 9600).open(on: reactor).close()
      let before = reactor.turnCount
      alarm.setDeadline(Reactor.uptime + .milliseconds(50))
      #expect(await alarm.next == .deadlinePassed)
      #expect(reactor.turnCount - before < 5)
    }
  }

  @Test func `What is written while nobody has the path open is lost`() async throws {
    try await withReactor { reactor in
      let device = try Pseudoterminal(on: reactor)
      try SerialPort(path: device.path, baud: 9600).open(on: reactor).close()
      for _ in 0..<1000 { device.link.write([UInt8](repeating: 0xAA, count: 1024)) }
      let port = try SerialPort(path: device.path, baud: 9600).open(on: reactor)
      device.link.write([0xBB])
      #expect(await port.bytes(1) == [0xBB])
    }
  }

  @Test func `A slow reader gets the whole stream in order`() async throws {
    try await withReactor { reactor in
      let device = try Pseudoterminal(on: reactor)
      let port = try SerialPort(path: device.path, baud: 9600).open(on: reactor)
      let stream = (0..<200_000).map { UInt8(truncatingIfNeeded: $0 &* 31 &+ $0 >> 8) }
      for start in stride(from: 0, to: stream.count, by: 1000) { port.write(Array(stream[start..<start + 1000])) }
      #expect(await device.link.bytes(stream.count) == stream)
    }
  }

  @Test func `Pulling the device out is an event`() async throws {
    try await withReactor { reactor in
      let device = try Pseudoterminal(on: reactor)
      let port = try SerialPort(path: device.path, baud: 9600).open(on: reactor)
      device.link.close()
      #expect(await port.next == .closed(.hungUp))
    }
  }

  @Test func `A hang-up that nobody fetches costs no turns, and no byte before it is lost`() async throws {
    try await withReactor { reactor in
      let device = try Pseudoterminal(on: reactor)
      let port = try SerialPort(path: device.path, baud: 9600).open(on: reactor)
      let (alarm, _) = try Link.pair(on: reactor)
      // Both directions are full: the port neither reads nor gets rid of what it writes.
      for _ in 0..<250 { device.link.write([UInt8](repeating: 1, count: 4096)) }
      for _ in 0..<250 { port.write([UInt8](repeating: 2, count: 4096)) }
      alarm.setDeadline(Reactor.uptime + .milliseconds(50))
      #expect(await alarm.next == .deadlinePassed)
      device.link.close()
      let before = reactor.turnCount
      alarm.setDeadline(Reactor.uptime + .milliseconds(50))
      #expect(await alarm.next == .deadlinePassed)
      #expect(reactor.turnCount - before < 10)

      var events: [LinkEvent] = []
      for await event in port.events { events.append(event) }
      #expect(events.last == .closed(.hungUp))
      #expect(events.count > 64)
    }
  }
}
