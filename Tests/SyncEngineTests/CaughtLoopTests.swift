import Dispatch
import GRDB
import LockCore
import LockTransport
import Logging
import Supervision
import Synchronization
import Testing

@testable import SyncEngine

/// Each loop of the engine, caught by what it depends on: it is named, the others are not, and once it is let go all
/// advance again.
extension SyncEngineTests {
  /// Who is caught by what.
  enum Trap: CaseIterable, CustomTestStringConvertible {
    case nothing, descriptors, driver, log, store, receiver

    var testDescription: String { "\(self)" }
    /// The loops that are caught.
    var caught: [String] {
      switch self {
      case .nothing: []
      // Without its descriptors a link does not hear of time.
      case .descriptors: ["descriptors", "link line"]
      case .driver: ["link line"]
      case .log: ["deadlines", "engine"]
      case .store: ["store"]
      case .receiver: ["webhooks"]
      }
    }
  }

  // Each case holds up one of the few threads that tasks run on.
  @Test(.serialized, arguments: Trap.allCases)
  func `a loop that is caught is named, and alive again once it is let go`(trap: Trap) async throws {
    let gate = Gate()
    let reactor = try Reactor()
    defer { reactor.shutDown() }
    let watchdog = Watchdog(limit: .milliseconds(900))
    _ = watchdog.watch("descriptors") { reactor.ask($0) }
    let store = try Store()
    let lock = SiteDefinition.Lock(
      key: "Front", account: "line", deviceType: "edge_lock", manufacturer: "Virtual", model: "Keypad",
      capabilities: LockCapabilities(codeStore: .gateway, pins: PINPolicy(lengths: [4])))
    let far = Mutex<Link?>(nil)
    let link = SiteDefinition.Link(
      account: "line", isBus: true,
      opener: .simulated { reactor throws(LinkFault) -> Link in
        let (near, other) = try Link.pair(on: reactor)
        far.withLock { $0 = other }
        return near
      },
      driver: { ids in
        Ticker(lock: ids["Front"] ?? LockID(rawValue: "Front")) { if trap == .driver { gate.pass() } }
      })
    let logger = Logger(label: "test") { _ in
      GatedLog { sentence in
        if trap == .log && sentence.hasPrefix("Front") || trap == .receiver && sentence.hasPrefix("webhook") {
          gate.pass()
        }
      }
    }
    let site = SiteDefinition(
      name: "Test", accounts: [.init(key: "line", kind: "Line")], locks: [lock], links: [link])
    let engine = try await SyncEngine(
      store: store, definition: site, reactor: reactor, watchdog: watchdog, logger: logger)
    _ = try await engine.webhooks.create(url: "http://127.0.0.1:9/", eventTypes: ["*"])

    let (verdicts, tell) = AsyncStream<Supervision.Verdict>.makeStream()
    await withTaskGroup { group in
      group.addTask {
        // On a thread of its own: whoever is caught holds up one of the few that tasks run on.
        await watchdog.run { verdict in
          if verdict.count == 6, Set(verdict.stuck).isSuperset(of: trap.caught) { gate.open() }
          tell.yield(verdict)
        }
      }
      // Nobody is caught before there is somebody to see it.
      for await _ in verdicts { break }
      if trap == .descriptors { reactor.ask { gate.pass() } }
      if trap == .store { Task { try await store.database.writeWithoutTransaction { _ in gate.pass() } } }
      group.addTask { await engine.run() }
      group.addTask { await engine.webhooks.run { _ in .unanswered(reason: "nobody is there") } }
      var named: Set<String> = []
      var aliveInARow = 0
      for await verdict in verdicts {
        named.formUnion(verdict.stuck)
        aliveInARow = verdict.isAlive && verdict.count == 6 && gate.isOpen ? aliveInARow + 1 : 0
        if aliveInARow == 3 { break }
      }
      #expect(named.isSuperset(of: trap.caught))
      // Others are late by themselves where they have to share one thread.
      if trap == .nothing || trap == .descriptors || trap == .store { #expect(named == Set(trap.caught)) }
      group.cancelAll()
    }
    far.withLock { $0?.close() }
  }
}

/// Holds up whoever comes until it is opened.
private final class Gate: Sendable {
  private let semaphore = DispatchSemaphore(value: 0)
  private let opened = Mutex(false)

  var isOpen: Bool { self.opened.withLock { $0 } }

  func pass() {
    if self.isOpen { return }
    self.semaphore.wait()
    self.semaphore.signal()
  }

  func open() {
    let isFirst = self.opened.withLock { opened in
      defer { opened = true }
      return !opened
    }
    if isFirst { self.semaphore.signal() }
  }
}

/// A driver that wants to be told of time again and again, and has something new to say each time.
private struct Ticker: LockDriver {
  var lock: LockID
  var tick: @Sendable () -> Void
  private var isJammed = false
  var locks: [LockID] { [self.lock] }

  init(lock: LockID, tick: @escaping @Sendable () -> Void) { (self.lock, self.tick) = (lock, tick) }

  mutating func linkOpened(at now: Moment) -> [DriverEffect] { self.deadlinePassed(at: now) }
  mutating func received(_ bytes: [UInt8], at now: Moment) -> [DriverEffect] { [] }
  mutating func deadlinePassed(at now: Moment) -> [DriverEffect] {
    self.tick()
    self.isJammed.toggle()
    return [
      .report(self.lock, .alarm(.jammed(self.isJammed))), .setDeadline(now.uptime + .milliseconds(20)),
    ]
  }
  mutating func linkClosed(at now: Moment) -> [DriverEffect] { [] }
  mutating func submit(_ command: LockCommand, to lock: LockID, id: CommandID, at now: Moment) -> [DriverEffect] {
    [.finish(id, .success(.done(confirmed: true)))]
  }
}

/// A log whose reader may take nothing for a while.
private struct GatedLog: LogHandler {
  var write: @Sendable (String) -> Void
  var metadata: Logger.Metadata = [:]
  var logLevel = Logger.Level.notice

  init(_ write: @escaping @Sendable (String) -> Void) { self.write = write }

  subscript(metadataKey key: String) -> Logger.Metadata.Value? {
    get { self.metadata[key] }
    set { self.metadata[key] = newValue }
  }
  func log(event: LogEvent) { self.write("\(event.message)") }
}
