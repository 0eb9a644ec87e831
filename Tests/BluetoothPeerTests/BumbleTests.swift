import LockDrivers
import LockTransport
import Testing

/// The client against Bumble's attribute server, over sockets that keep packets whole as L2CAP does.
@Suite(.timeLimit(.minutes(2)))
struct BumbleTests {
  private static func uuid(_ number: UInt64) -> BluetoothUUID {
    BluetoothUUID(high: 0x5A8E_0000_3C1D_4F7B | number << 32, low: 0x9B6E_1D0C_6C6F_0001)
  }
  private static let service = uuid(1)

  /// Runs a test with a session that has discovered the peer's service.
  private func withPeer(
    mtu: UInt16 = 247, _ body: (inout GATTSession, (UInt64) throws -> UInt16) async throws -> Void
  ) async throws {
    let reactor = try Reactor()
    defer { reactor.shutDown() }
    var session = GATTSession(to: try await BumbleServer.link(mtu: mtu, on: reactor))
    let result = await session.ask(.discover(services: [Self.service]))
    let database = try #require(session.client.database)
    #expect(result == .success(.discovered(database)))
    try await body(&session) { number in
      try #require(database.characteristic(Self.uuid(number), in: Self.service)).handle
    }
    session.link.close()
  }

  @Test(arguments: BumbleServer.mtus)
  func `everything is found at every MTU, and the same on the next link`(mtu: UInt16) async throws {
    let reactor = try Reactor()
    defer { reactor.shutDown() }
    var session = GATTSession(to: try await BumbleServer.link(mtu: mtu, on: reactor))
    let result = await session.ask(.discover(services: nil))
    let database = try #require(session.discovered)
    #expect(result == .success(.discovered(database)))
    #expect(session.client.mtu == Int(mtu))
    #expect(database.services.map(\.uuid) == [BluetoothUUID(0x1801), Self.service, BluetoothUUID(0x180A)])
    #expect(database.hash?.count == 16)
    let found = try #require(database.service(Self.service)?.characteristics)
    #expect(found.map(\.uuid) == (2...7).map(Self.uuid))
    #expect(found.map(\.properties) == [[.read, .write, .writeCommand], .write, .notify, .indicate, .read, .read])
    #expect(found.map { $0.configuration != nil } == [false, false, true, true, false, false])
    #expect(database.characteristic(BluetoothUUID(0x2A05))?.configuration != nil)
    session.link.close()

    var next = GATTSession(to: try await BumbleServer.link(mtu: mtu, on: reactor), cache: database)
    #expect(await next.ask(.discover(services: nil)) == .success(.discovered(database)))
    #expect(next.changes == 0)
    #expect(next.sent.map { $0[0] } == [0x02, 0x08, 0x12], "MTU, hash, Service Changed")
    next.link.close()

    var stale = database
    stale.hash?[0] ^= 1
    var third = GATTSession(to: try await BumbleServer.link(mtu: mtu, on: reactor), cache: stale)
    #expect(await third.ask(.discover(services: nil)) == .success(.discovered(database)))
    #expect(third.changes == 1)
    third.link.close()
  }

  @Test(arguments: BumbleServer.mtus)
  func `values of every length are written and read whole`(mtu: UInt16) async throws {
    try await self.withPeer(mtu: mtu) { session, handle in
      let value = try handle(2)
      for length in [0, 1, 20, 21, 22, 23, 137, 182, 183, 184, 185, 244, 245, 246, 247, 300, 511, 512] {
        let bytes = (0..<length).map { UInt8(truncatingIfNeeded: $0 &* 13) }
        #expect(await session.ask(.write(handle: value, bytes)) == .success(.written))
        #expect(await session.ask(.read(handle: value)) == .success(.value(bytes)))
      }
      let most = Array(repeating: 7 as UInt8, count: min(Int(mtu) - 3, 512))
      #expect(await session.ask(.writeCommand(handle: value, most)) == .success(.written))
      #expect(await session.ask(.read(handle: value)) == .success(.value(most)))
      #expect(
        await session.ask(.writeCommand(handle: value, most + [7])) == .failure(.tooLong(limit: most.count)))
    }
  }

  @Test(arguments: BumbleServer.mtus)
  func `notifications and indications come, and are confirmed`(mtu: UInt16) async throws {
    try await self.withPeer(mtu: mtu) { session, handle in
      let (value, command, told, confirmed) = (try handle(2), try handle(3), try handle(4), try handle(5))
      #expect(await session.ask(.write(handle: command, [1, 9])) == .success(.written))
      #expect(session.told.isEmpty, "nobody has subscribed")
      #expect(await session.ask(.subscribe(handle: told, .notifications)) == .success(.written))
      #expect(await session.ask(.subscribe(handle: confirmed, .indications)) == .success(.written))
      let longest = (0..<min(Int(mtu) - 3, 511)).map { UInt8(truncatingIfNeeded: $0) }
      #expect(await session.ask(.write(handle: command, [1] + longest)) == .success(.written))
      await session.hear(1)
      #expect(await session.ask(.write(handle: command, [2] + longest)) == .success(.written))
      await session.hear(3)
      #expect(session.told.map(\.handle) == [told, confirmed, confirmed])
      #expect(session.told.map(\.value) == [longest, longest, longest.reversed()])
      #expect(session.sent.count { $0 == [0x1E] } == 2)
      var kept: Result<GATTClient.Response, GATTFault>?
      while kept != .success(.value(Array("confirmed".utf8))), session.isOpen {
        kept = await session.ask(.read(handle: value))
      }
      #expect(await session.ask(.subscribe(handle: told, .none)) == .success(.written))
      #expect(await session.ask(.write(handle: command, [1, 9])) == .success(.written))
      #expect(session.told.count == 3)
    }
  }

  @Test func `refusals say why`() async throws {
    try await self.withPeer { session, handle in
      let (command, secret, personal) = (try handle(3), try handle(6), try handle(7))
      #expect(
        await session.ask(.write(handle: command, [3])) == .failure(.att(ATTError(rawValue: 0x80), handle: command)))
      let unencrypted = await session.ask(.read(handle: secret))
      #expect(unencrypted == .failure(.att(.insufficientEncryption, handle: secret)))
      let unauthenticated = await session.ask(.read(handle: personal))
      #expect(unauthenticated == .failure(.att(.insufficientAuthentication, handle: personal)))
      for case .failure(let fault)? in [unencrypted, unauthenticated] { #expect(fault.asksForSecurity) }
      #expect(await session.ask(.read(handle: 999)) == .failure(.att(.invalidHandle, handle: 999)))
    }
  }

  @Test func `a server that drops the link in the middle of a request ends it`() async throws {
    try await self.withPeer { session, handle in
      let (value, command, told) = (try handle(2), try handle(3), try handle(4))
      #expect(await session.ask(.subscribe(handle: told, .notifications)) == .success(.written))
      let dropped = session.submit(.write(handle: command, [5, 1]))
      let waiting = session.submit(.read(handle: value))
      await session.hear(2)
      #expect(session.told.map(\.value) == [[1]])
      #expect(!session.isOpen && session.deadline == nil)
      #expect(session.result(dropped) == .failure(.linkClosed))
      #expect(session.result(waiting) == .failure(.linkClosed))
    }
  }

  @Test func `a server that never answers loses its link after thirty seconds`() async throws {
    try await self.withPeer { session, handle in
      let (value, command, told) = (try handle(2), try handle(3), try handle(4))
      #expect(await session.ask(.subscribe(handle: told, .notifications)) == .success(.written))
      let unanswered = session.submit(.write(handle: command, [4, 1]))
      let waiting = session.submit(.read(handle: value))
      await session.hear(1)
      #expect(session.result(unanswered) == nil)
      #expect(session.deadline == session.now + .seconds(30))
      session.passDeadline()
      #expect(!session.isOpen)
      #expect(session.result(unanswered) == .failure(.timedOut))
      #expect(session.result(waiting) == .failure(.timedOut))
    }
  }
}
