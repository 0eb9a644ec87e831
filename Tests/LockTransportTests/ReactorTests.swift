import LockCore
import LockTransport
import Testing

@Suite(.timeLimit(.minutes(1)))
struct ReactorTests {
  @Test func `A deadline passes once, not before its time`() async throws {
    try await withReactor { reactor in
      let (link, far) = try Link.pair(on: reactor)
      let deadline = Reactor.uptime + .milliseconds(20)
      link.setDeadline(deadline)
      #expect(await link.next == .deadlinePassed)
      #expect(Reactor.uptime >= deadline)
      far.write([1])
      #expect(await link.next == .bytes([1]))
    }
  }

  @Test(arguments: [
    [Duration.milliseconds(10), .milliseconds(40)],
    [.seconds(3600), .milliseconds(20)],
    [.seconds(3600), nil, .milliseconds(20)],
    [.milliseconds(10), nil, .milliseconds(40)],
  ])
  func `Only the deadline set last counts`(after delays: [Duration?]) async throws {
    try await withReactor { reactor in
      let (link, far) = try Link.pair(on: reactor)
      let start = Reactor.uptime
      for delay in delays { link.setDeadline(delay.map { start + $0 }) }
      #expect(await link.next == .deadlinePassed)
      #expect(try Reactor.uptime >= start + #require(delays.last ?? nil))
      far.close()
      #expect(await link.next == .closed(.hungUp))
    }
  }

  @Test func `A deadline in the past passes at once`() async throws {
    try await withReactor { reactor in
      let (link, _) = try Link.pair(on: reactor)
      for past in [Duration.zero, .seconds(-1), .seconds(Int64.min / 2), Reactor.uptime] {
        link.setDeadline(past)
        #expect(await link.next == .deadlinePassed)
      }
      link.setDeadline(.seconds(Int64.max / 2))
    }
  }

  @Test func `Bytes that came before the deadline are told before it`() async throws {
    try await withReactor { reactor in
      for round in 0..<200 {
        let (link, far) = try Link.pair(on: reactor)
        far.write([UInt8(round)])
        link.setDeadline(Reactor.uptime)
        #expect(await link.next == .bytes([UInt8(round)]))
        #expect(await link.next == .deadlinePassed)
        link.close()
        far.close()
      }
    }
  }

  @Test func `The deadlines of many links are kept apart`() async throws {
    try await withReactor { reactor in
      let start = Reactor.uptime
      try await withThrowingTaskGroup(of: Void.self) { group in
        for number in 0..<64 {
          let (link, _) = try Link.pair(on: reactor)
          let deadline = start + .milliseconds((number * 37) % 64)
          link.setDeadline(deadline)
          group.addTask {
            #expect(await link.next == .deadlinePassed)
            #expect(Reactor.uptime >= deadline)
          }
        }
      }
    }
  }

  @Test func `Shutting down closes every link, and no more are opened`() async throws {
    let reactor = try Reactor()
    let (near, far) = try Link.pair(on: reactor)
    far.setDeadline(Reactor.uptime + .seconds(3600))
    reactor.shutDown()
    #expect(await near.next == .closed(.shutDown))
    #expect(await far.next == .closed(.shutDown))
    #expect(throws: LinkFault.shutDown) { try Link.pair(on: reactor) }
    #expect(throws: LinkFault.shutDown) { try Pseudoterminal(on: reactor) }
    reactor.shutDown()
  }

  @Test func `Nothing of a reactor is left after its end`() throws {
    weak var left: Reactor?
    do {
      let reactor = try Reactor()
      left = reactor
      let (near, _) = try Link.pair(on: reactor)
      near.write([1])
      reactor.shutDown()
    }
    #expect(left == nil)
  }

  @Test func `The clocks agree with those of the system`() {
    let before = ContinuousClock.now
    let (start, end) = (Reactor.now, Reactor.now)
    #expect(end.uptime - start.uptime <= before.duration(to: .now))
    #expect(end.uptime >= start.uptime)
    #expect(start.date.milliseconds > 1_700_000_000_000)
  }
}
