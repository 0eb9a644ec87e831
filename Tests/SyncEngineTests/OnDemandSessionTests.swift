import LockCore
import LockTransport
import Synchronization
import Testing

@testable import SyncEngine

/// Links that are opened when a driver wants them.
extension SyncEngineTests {
  @Test func `a driver is told when it begins, and its link is opened each time it wants one`() async throws {
    try await OnDemandRig.run { _ in
      nil
    } test: { rig in
      #expect(await rig.next() == .began)
      for _ in 0..<3 {
        rig.want(before: 5)
        #expect(await rig.next() == .opened)
        await rig.far()?.close()
        #expect(await rig.next() == .closed)
      }
    }
  }

  @Test func `a link that cannot be had is told with its reason, and the next wish is tried anew`() async throws {
    try await OnDemandRig.run {
      $0 == 1 ? .absent : $0 == 2 ? .noRadio : nil
    } test: { rig in
      #expect(await rig.next() == .began)
      rig.want(before: 5)
      #expect(await rig.next() == .absent)
      rig.want(before: 5)
      #expect(await rig.next() == .noRadio)
      rig.want(before: 5)
      #expect(await rig.next() == .opened)
    }
  }

  @Test func `an earlier wish takes the place of the one under way`() async throws {
    let waits = AsyncStream<Void>.makeStream()
    let (trying, tries) = AsyncStream<Void>.makeStream()
    try await OnDemandRig.run { attempt in
      guard attempt == 1 else { return nil }
      tries.yield()
      // Ends when the opening is given up, and not before.
      for await _ in waits.stream {}
      return .busy
    } test: { rig in
      #expect(await rig.next() == .began)
      rig.want(before: 3600)
      for await _ in trying { break }
      rig.want(before: 3601)
      rig.want(before: 2)
      #expect(await rig.next() == .opened)
    }
  }

  @Test func `what a driver wants kept and cannot be kept closes the link before the lock hears of it`() async throws {
    try await OnDemandRig.run(keeps: false) { _ in
      nil
    } test: { rig in
      #expect(await rig.next() == .began)
      rig.want(before: 5)
      #expect(await rig.next() == .opened)
      let far = try #require(await rig.far())
      rig.session.submit(.clear(slot: 1), to: OnDemandRig.lock, id: CommandID(rawValue: 2))
      #expect(await rig.next() == .forgetful)
      #expect(await rig.next() == .closed)
      for await event in far.events {
        guard case .closed = event else { return #expect(Bool(false), "the lock heard \(event)") }
      }
    }
  }
}

/// A session whose driver does what its commands say, and an air that answers as a test says.
private final class OnDemandRig: Sendable {
  static let lock = LockID(rawValue: "lock")

  /// What the driver or the session told.
  enum Sight: UInt32 { case began, opened, closed, heard, absent, noRadio, busy, forgetful }

  let session: LinkSession
  private let sights: Mutex<AsyncStream<Sight>.Iterator>
  private let fars: Mutex<AsyncStream<Link>.Iterator>

  private init(_ session: LinkSession, _ sights: AsyncStream<Sight>, _ fars: AsyncStream<Link>) {
    self.session = session
    self.sights = Mutex(sights.makeAsyncIterator())
    self.fars = Mutex(fars.makeAsyncIterator())
  }

  /// Runs a test; `answer` gets the number of the attempt to open, from 1, and gives nil for a link.
  static func run(
    keeps: Bool = true, _ answer: @escaping @Sendable (Int) async -> LinkRefusal?,
    test: (OnDemandRig) async throws -> Void
  ) async throws {
    let reactor = try Reactor()
    defer { reactor.shutDown() }
    let (sights, see) = AsyncStream<Sight>.makeStream()
    let (fars, give) = AsyncStream<Link>.makeStream()
    let attempts = Atomic(0)
    let way = OnDemandLink(
      open: { _, reactor in
        if let refusal = await answer(attempts.add(1, ordering: .relaxed).newValue) { return .failure(refusal) }
        guard let (near, far) = try? Link.pair(on: reactor) else { return .failure(.noRadio) }
        give.yield(far)
        return .success(near)
      },
      advertisements: { AsyncStream { _ in } })
    let session = LinkSession(
      SiteDefinition.Link(account: "radio", onDemand: way) { _ in Visitor() }, driver: Visitor(), reactor: reactor,
      clock: SiteClock(floor: .distantPast), remember: { _, _ in if !keeps { throw LinkRefusal.busy } },
      tell: { message in
        switch message {
        case .reported(_, .logGrew(let number)): if let sight = Sight(rawValue: number) { see.yield(sight) }
        case .forgetful: see.yield(.forgetful)
        default: break
        }
      })
    let running = Task { await session.run() }
    try await test(OnDemandRig(session, sights, fars))
    running.cancel()
    await running.value
  }

  func want(before seconds: Int) {
    self.session.submit(.readSlot(seconds), to: Self.lock, id: CommandID(rawValue: 1))
  }

  func next() async -> Sight? {
    var iterator = self.sights.withLock { $0 }
    return await iterator.next()
  }

  /// The lock's end of the link opened last.
  func far() async -> Link? {
    var iterator = self.fars.withLock { $0 }
    return await iterator.next()
  }
}

/// Asks for a link within so many seconds (`readSlot`), wants something kept and writes (`clear`); tells the rest.
private struct Visitor: LockDriver {
  var locks: [LockID] { [OnDemandRig.lock] }

  private func told(_ sight: OnDemandRig.Sight) -> [DriverEffect] {
    [.report(OnDemandRig.lock, .logGrew(newest: sight.rawValue))]
  }

  mutating func linkOpened(at now: Moment) -> [DriverEffect] { self.told(.opened) }
  mutating func received(_ bytes: [UInt8], at now: Moment) -> [DriverEffect] { [] }
  mutating func deadlinePassed(at now: Moment) -> [DriverEffect] { self.told(.began) }
  mutating func linkClosed(at now: Moment) -> [DriverEffect] { self.told(.closed) }
  mutating func heard(_ advertisement: Advertisement, at now: Moment) -> [DriverEffect] { self.told(.heard) }
  mutating func linkRefused(_ refusal: LinkRefusal, at now: Moment) -> [DriverEffect] {
    self.told(refusal == .absent ? .absent : refusal == .noRadio ? .noRadio : .busy)
  }
  mutating func submit(_ command: LockCommand, to lock: LockID, id: CommandID, at now: Moment) -> [DriverEffect] {
    switch command {
    case .readSlot(let seconds): [.openLink(before: now.uptime + .seconds(seconds), for: .code)]
    case .clear: [.remember(self.locks[0], [7]), .write([50])]
    default: []
    }
  }
}
