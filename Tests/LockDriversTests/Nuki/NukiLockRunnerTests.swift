import LockCore
import LockDrivers
import LockTransport
import Testing

@testable import LockSimulator

@Suite struct NukiLockRunnerTests {
  /// A lock that runs, and the place of its sockets.
  private static func withRunner(_ body: (NukiLockRunner, Reactor) async throws -> Void) async throws {
    let reactor = try Reactor()
    defer { reactor.shutDown() }
    var lock = NukiLock()
    lock.memory.clockSetAt = nil
    try await body(try NukiLockRunner(lock, on: reactor), reactor)
  }

  /// Sends one packet and gives the one that comes back.
  private static func ask(_ link: Link, _ pdu: [UInt8]) async -> [UInt8]? {
    link.write(pdu)
    for await event in link.events {
      if case .bytes(let answer) = event { return answer }
    }
    return nil
  }

  @Test func `it is heard, linked to and worked at in this process`() async throws {
    try await Self.withRunner { runner, reactor in
      var air = runner.way.advertisements().makeAsyncIterator()
      let first = try #require(await air.next())
      #expect(first.address.description == "54:D2:72:2B:3C:4D")
      #expect(NukiAdvertisement(first)?.nukiID == 0x1A2B_3C4D)
      // Again without a change, then at once with one.
      #expect(await air.next()?.data == first.data)
      await runner.act { lock, now in lock.pressedButton(at: now) }
      #expect(try #require(await air.next()).data[4] == 0x21)
      let link = try await runner.way.open(.zero, reactor).get()
      #expect(await Self.ask(link, [0x02, 247, 0]) == [0x03, 247, 0])
      #expect(await runner.state.openLinks.count == 1)
      await runner.act { lock, now in lock.dropLinks(at: now) }
      var events = link.events.makeAsyncIterator()
      #expect(await events.next() == .closed(.hungUp))
      await runner.act { lock, _ in
        lock.temperament.acceptsNoLink = true
        return []
      }
      guard case .failure(.absent) = await runner.way.open(.zero, reactor) else {
        Issue.record("a lock that takes no link was linked to")
        return
      }
    }
  }

  @Test func `other processes reach it by sockets`() async throws {
    try await Self.withRunner { runner, reactor in
      let path = "/tmp/bitting-nuki-\(UInt64.random(in: 0...UInt64.max))"
      let server = try NukiLockServer(runner, path: path, on: reactor)
      let serving = Task {
        await server.run { packet, runner in
          await runner.act { lock, now in lock.typed(String(decoding: packet, as: UTF8.self), at: now) }
          return [UInt8(await runner.state.memory.log.count)]
        }
      }
      let air = try UnixSocket(path: path + ".air").open(on: reactor)
      var heard = air.events.makeAsyncIterator()
      guard case .bytes(let data)? = await heard.next() else {
        Issue.record("nothing is on the air")
        return
      }
      #expect(data.count == 30 + 15 && data[29] == 0xC8)
      let links = [try UnixSocket(path: path).open(on: reactor), try UnixSocket(path: path).open(on: reactor)]
      for link in links { #expect(await Self.ask(link, [0x0A, 3, 0])?.first == 0x0B) }
      let control = try UnixSocket(path: path + ".control").open(on: reactor)
      #expect(await Self.ask(control, Array("999999".utf8)) == [1])
      #expect(await heard.next() == .bytes(data.enumerated().map { $0.offset == 29 ? 0xC9 : $0.element }))
      serving.cancel()
      await serving.value
      #expect(throws: LinkFault.self) { try UnixSocket(path: path).open(on: reactor) }
    }
  }
}
