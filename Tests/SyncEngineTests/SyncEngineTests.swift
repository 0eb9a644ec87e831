import Foundation
import LockCore
import LockDrivers
import LockSimulator
import LockTransport
import Logging
import Testing

@testable import SyncEngine

/// The engine as it runs: real links, real time.
@Suite struct SyncEngineTests {
  /// Runs an engine over one virtual lock for the time of a test, and ends it whatever happens.
  private func withEngine(
    _ temperament: VirtualLockTemperament = .native,
    _ body: (SyncEngine, LockID, VirtualLockRunner) async throws -> Void
  ) async throws {
    let reactor = try Reactor()
    defer { reactor.shutDown() }
    let lock = VirtualLock(temperament: temperament)
    let runner = VirtualLockRunner(lock)
    var site = SiteDefinition(name: "Test", accounts: [.init(key: "radio", kind: "Radio")])
    site.locks = [
      .init(
        key: "Front", account: "radio", deviceType: "edge_lock", manufacturer: "Virtual", model: "Keypad",
        capabilities: lock.capabilities,
        simulation: LockSimulation(type: { pin in await runner.act { $0.typed(pin.digits, at: $1) } }))
    ]
    site.links = [
      .init(account: "radio", isBus: false, opener: runner.opener) {
        VirtualLockDriver(lock: $0["Front"] ?? LockID(rawValue: "Front"))
      }
    ]
    var logger = Logger(label: "test")
    logger.logLevel = .critical
    let engine = try await SyncEngine(store: try Store(), definition: site, reactor: reactor, logger: logger)
    let id = try #require(await engine.devices().first?.id)
    try await withThrowingTaskGroup { group in
      group.addTask { await engine.run() }
      try await body(engine, id, runner)
      group.cancelAll()
    }
  }

  @Test func `a code gets onto the lock, opens, and is told with its id`() async throws {
    try await self.withEngine { engine, lock, runner in
      var request = NewAccessCode(device: lock)
      request.pin = PINCode("4711")
      let (code, creation) = try await engine.create(request)
      let created = try await engine.finished(creation.id, patience: .seconds(20))
      #expect(created.status.word == "success")
      #expect(try await engine.accessCode(code.id, isManaged: true).status == .set)
      let entry = try await engine.simulateKeypadEntry(lock, digits: #require(PINCode("4711")))
      #expect(try await engine.finished(entry.id, patience: .seconds(20)).status.word == "success")
      let told = await engine.event(id: nil, type: "lock.unlocked", device: lock)
      #expect(told?.payload["access_code_id"]?.string == code.id.rawValue)
      let deletion = try await engine.delete(code.id, device: nil)
      #expect(try await engine.finished(deletion.id, patience: .seconds(20)).status.word == "success")
      await #expect(throws: RequestFault.self) { try await engine.accessCode(code.id, isManaged: true) }
    }
  }

  @Test func `who waits for an attempt is told when it ends, not when the patience is over`() async throws {
    try await self.withEngine { engine, lock, _ in
      let (_, creation) = try await engine.create(NewAccessCode(device: lock))
      // Once a code is on it the lock has been reached.
      _ = try await engine.finished(creation.id, patience: .seconds(60))
      let began = ContinuousClock.now
      let attempt = try await engine.unlockDoor(lock)
      #expect(try await engine.finished(attempt.id, patience: .seconds(300)).status.word == "success")
      #expect(ContinuousClock.now - began < .seconds(60))
    }
  }

  @Test func `patience ends: the attempt is shown as far as it is, and nobody is left waiting`() async throws {
    try await self.withEngine(.silent) { engine, lock, _ in
      let (_, attempt) = try await engine.create(NewAccessCode(device: lock))
      for patience in [Duration.zero, .milliseconds(20), .milliseconds(-5)] {
        #expect(try await engine.finished(attempt.id, patience: patience).status.word == "pending")
      }
      #expect(await engine.nobodyWaits)
    }
  }

  @Test func `who stops waiting is let go at once, and so is everybody when the engine ends`() async throws {
    try await self.withEngine(.silent) { engine, lock, _ in
      let (_, attempt) = try await engine.create(NewAccessCode(device: lock))
      let began = ContinuousClock.now
      let impatient = Task { try await engine.finished(attempt.id, patience: .seconds(300)).status.word }
      impatient.cancel()
      #expect(try await impatient.value == "pending")
      #expect(ContinuousClock.now - began < .seconds(60))
      #expect(await engine.nobodyWaits)
    }
  }

  @Test func `cancelled, the engine ends within a second, whoever still waits`() async throws {
    for temperament in [VirtualLockTemperament.native, .silent, .slow] {
      let clock = ContinuousClock()
      var cancelled = clock.now
      try await self.withEngine(temperament) { engine, lock, _ in
        let (_, attempt) = try await engine.create(NewAccessCode(device: lock))
        _ = try await engine.finished(attempt.id, patience: .milliseconds(50))
        cancelled = clock.now
      }
      #expect(clock.now - cancelled < .seconds(1))
    }
  }

  @Test func `an idle engine sleeps until its next deadline`() async throws {
    try await self.withEngine(.silent) { engine, lock, _ in
      let (_, attempt) = try await engine.create(NewAccessCode(device: lock))
      let before = await engine.wakes
      _ = try await engine.finished(attempt.id, patience: .milliseconds(300))
      #expect(await engine.wakes - before <= 3)
    }
  }

  @Test func `commands reach a driver in the order in which they were given`() async throws {
    let reactor = try Reactor()
    defer { reactor.shutDown() }
    let lock = LockID(rawValue: "lock")
    let link = SiteDefinition.Link(
      account: "line", isBus: true, opener: .simulated { _ throws(LinkFault) -> Link in throw .shutDown },
      driver: { _ in Recorder(lock: lock) })
    let (stream, tell) = AsyncStream<LinkSession.Message>.makeStream()
    let session = LinkSession(
      link, driver: link.driver(.init(lockIDs: [:])), reactor: reactor, clock: SiteClock(floor: .distantPast),
      remember: { _, _ in }, tell: { tell.yield($0) })
    let running = Task { await session.run() }
    for number in 0..<2000 {
      session.submit(.readSlot(number), to: lock, id: CommandID(rawValue: UInt64(number)))
    }
    var order: [UInt64] = []
    for await case .finished(let id, _) in stream {
      order.append(id.rawValue)
      if order.count == 2000 { break }
    }
    #expect(order == Array(0..<2000))
    running.cancel()
    await running.value
  }

  @Test func `P18 a line opens no port between two, and the next at once, even the one that it had before`()
    async throws
  {
    let reactor = try Reactor()
    defer { reactor.shutDown() }
    let device = try Pseudoterminal(on: reactor)
    let port = SerialPort(path: device.path, baud: 9600)
    let link = SiteDefinition.Link(
      account: "line", isBus: true, opener: .selected(.path(device.path), port),
      driver: { _ in Recorder(lock: LockID(rawValue: "lock")) })
    let (stream, tell) = AsyncStream<LinkSession.Message>.makeStream()
    let session = LinkSession(
      link, driver: link.driver(.init(lockIDs: [:])), reactor: reactor, clock: SiteClock(floor: .distantPast),
      remember: { _, _ in }, tell: { tell.yield($0) })
    let running = Task { await session.run() }
    var messages = stream.makeAsyncIterator()
    let began = Reactor.uptime
    for number in 0..<8 {
      guard case .opened(_, let plug) = await messages.next() else {
        Issue.record("told of a loss that was none")
        break
      }
      #expect(plug == number)
      await session.leave()
      try port.open(on: reactor).close()
      await session.use(.init(port: .path(device.path), number: number + 1))
    }
    // With back-off it would be a minute and a half at least.
    #expect(Reactor.uptime - began < .seconds(60))
    running.cancel()
    await running.value
    #expect(session.tally.counts.tasks == 0)
  }

  /// A driver that does nothing but answer.
  private struct Recorder: LockDriver {
    var lock: LockID
    var locks: [LockID] { [self.lock] }
    mutating func linkOpened(at now: Moment) -> [DriverEffect] { [] }
    mutating func received(_ bytes: [UInt8], at now: Moment) -> [DriverEffect] { [] }
    mutating func deadlinePassed(at now: Moment) -> [DriverEffect] { [] }
    mutating func linkClosed(at now: Moment) -> [DriverEffect] { [] }
    mutating func submit(
      _ command: LockCommand, to lock: LockID, id: CommandID, at now: Moment
    ) -> [DriverEffect] { [.finish(id, .success(.done(confirmed: true)))] }
  }

  @Test func `an API key is known by its hash alone`() async throws {
    let reactor = try Reactor()
    defer { reactor.shutDown() }
    let store = try Store()
    let secret = try #require(APIKeySecret("seam_abcdefghijklmnopqrstuvwxyz"))
    #expect(secret.digest.hex == "e0995dc104d1426f396b5b0df23a2685c802ed583ef0293ff28b9f44f0561e0a")
    let stored = try store.addAPIKey(secret, name: "panel", at: VirtualSite.start)
    let engine = try await SyncEngine(
      store: store, definition: SiteDefinition(name: "Test"), reactor: reactor, logger: Logger(label: "test"))
    #expect(engine.apiKey("seam_abcdefghijklmnopqrstuvwxyz") == stored)
    for wrong in ["seam_abcdefghijklmnopqrstuvwxyy", "seam_abcdefghijklmnopqrstuvwxy", secret.digest.hex, ""] {
      #expect(engine.apiKey(wrong) == nil)
    }
  }
}
