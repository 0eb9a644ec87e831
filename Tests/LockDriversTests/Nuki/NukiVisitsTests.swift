import LockCore
import Testing

@testable import LockDrivers
@testable import LockSimulator

/// How often a lock is visited when something is wrong with it, and how soon something is done about it.
@Suite struct NukiVisitsTests {
  private static func settled(
    _ temperament: String = "plain", type: NukiIDType = .app, policy: NukiPolicy = NukiPolicy()
  ) throws -> NukiAir {
    var air = try NukiAir(
      temperament: try #require(NukiLockTemperament.named[temperament]), type: type, policy: policy)
    air.startDriver()
    air.advance(by: .seconds(30))
    return air
  }

  /// Says its states, and nothing to what needs the security PIN.
  private static var halfDead: NukiLockTemperament {
    var temperament = NukiLockTemperament()
    temperament.commandFaults = [0x31: .lost, 0x43: .lost]
    return temperament
  }

  private static func links(of air: NukiAir) -> Int { air.events.count { $0.event == .opened } }

  /// Lets time pass while the lock is heard.
  private static func pass(_ duration: Duration, hearingEach gap: Duration, _ air: inout NukiAir) {
    let end = air.now.uptime + duration
    while air.now.uptime < end {
      air.advance(by: gap)
      air.hear()
    }
  }

  // MARK: silence

  @Test(arguments: [false, true])
  func `a lock that falls silent behind its states is visited at growing gaps, and is soon back when it is well`(
    restarts: Bool
  ) throws {
    var air = try Self.settled()
    air.lock.temperament = Self.halfDead
    if restarts { air.startDriver() } else { air.atLock { $0.turnedByHand(toLocked: false, at: $1) } }
    air.forget()
    Self.pass(.hours(20), hearingEach: .seconds(20), &air)
    #expect((38...62).contains(Self.links(of: air)))
    air.lock.temperament = NukiLockTemperament()
    air.forget()
    Self.pass(.minutes(31), hearingEach: .seconds(20), &air)
    #expect(air.reports.contains { if case .reachable = $0 { true } else { false } })
  }

  @Test func `what was asked for is tried at a silent lock whatever the gap`() throws {
    var air = try Self.settled()
    air.lock.temperament = Self.halfDead
    air.atLock { $0.turnedByHand(toLocked: false, at: $1) }
    Self.pass(.hours(3), hearingEach: .seconds(20), &air)
    let asked = air.now.uptime
    #expect(air.run(.unlock) == .success(.done(confirmed: true)))
    #expect(air.now.uptime - asked < .seconds(10))
  }

  @Test func `a lock that is heard now and then and takes no link is tried early once in each gap`() throws {
    var air = try Self.settled()
    air.refusals = [.absent]
    _ = air.run(.readSlots)
    air.forget()
    Self.pass(.hours(24), hearingEach: .seconds(65), &air)
    #expect(air.events.count { $0.event == .wanted(.recovery) } <= 110)
    air.refusals = [nil]
    air.advance(by: .minutes(30))
    #expect(air.visits.contains(.recovery))
  }

  @Test func `a lock that is no longer heard is looked at once, and its death told`() throws {
    var air = try Self.settled()
    Self.pass(.hours(2), hearingEach: .minutes(1), &air)
    air.forget()
    // It is there, only its voice is not heard.
    air.advance(by: .minutes(50))
    #expect(air.visits == [.check])
    air.hear()
    air.forget()
    air.refusals = [.absent]
    air.advance(by: .minutes(25))
    #expect(air.reports == [.unreachable(.unreachable)])
  }

  // MARK: news

  @Test func `a bridge's signal that was never heard to go out is news again after each reading`() throws {
    var air = try Self.settled(type: .bridge)
    air.forget()
    for _ in 0..<3 {
      air.isHeard = false
      air.atLock { $0.turnedByHand(toLocked: false, at: $1) }
      air.hear()
      air.advance(by: .minutes(2))
      air.isHeard = true
    }
    #expect(air.visits == [.news, .news, .news])
    // Whoever reads the states clears the signal: the log is looked at, too.
    air.isHeard = false
    let newest = air.lock.memory.newestRecord
    air.atLock { $0.turnedByHand(toLocked: true, at: $1) }
    _ = air.run(.readSlots)
    air.advance(by: .seconds(5))
    #expect(air.reports.contains(.logGrew(newest: newest + 1)))
  }

  @Test func `a busy door's news are fetched all day, once a minute at most`() throws {
    var air = try Self.settled(type: .bridge)
    air.forget()
    for turn in 0..<60 {
      let newest = air.lock.memory.newestRecord
      air.atLock { $0.turnedByHand(toLocked: turn % 2 == 1, at: $1) }
      air.advance(by: .minutes(2))
      #expect(air.reports.contains(.logGrew(newest: newest + 1)))
      Self.pass(.minutes(18), hearingEach: .minutes(3), &air)
    }
    #expect(air.visits.count { $0 == .news } == 60)
    air.forget()
    for turn in 0..<200 {
      air.atLock { $0.turnedByHand(toLocked: turn % 2 == 1, at: $1) }
      air.advance(by: .seconds(3))
    }
    air.advance(by: .minutes(1))
    #expect((9...12).contains(air.visits.count))
    #expect(air.reports.contains(.logGrew(newest: air.lock.memory.newestRecord)))
  }

  // MARK: refusals

  @Test func `a lock that said that it does not know us is asked again in some hours`() throws {
    var air = try Self.settled()
    let memory = air.lock.memory
    air.atLock { $0.removeAuthorizations(at: $1) }
    #expect(air.run(.lock) == .failure(.notAuthorized))
    #expect(air.run(.lock) == .failure(.notAuthorized))
    air.forget()
    let asked = air.lock.counts.commands
    Self.pass(.hours(24), hearingEach: .minutes(5), &air)
    #expect((3...8).contains(Self.links(of: air)))
    #expect(air.reports.allSatisfy { $0 == .visited(.recovery) })
    #expect(air.lock.counts.commands[0x31] == asked[0x31])
    air.lock.memory = memory
    air.forget()
    Self.pass(.hours(5), hearingEach: .minutes(5), &air)
    #expect(air.reports.contains(.alarm(.keyRefused(false))))
    #expect(air.reports.contains { if case .reachable = $0 { true } else { false } })
    #expect(air.run(.lock) == .success(.done(confirmed: true)))
  }

  @Test func `after too many PINs of somebody else ours is told once an hour until it is taken`() throws {
    var air = try Self.settled()
    air.lock.temperament.commandFaults = [0x43: .refused(0x28), 0x31: .refused(0x28)]
    air.forget()
    #expect(air.run(.readSlots) == .failure(.busy))
    #expect(air.reports.contains(.alarm(.securityPINRefused(true))))
    #expect(air.run(.readSlots) == .failure(.busy))
    Self.pass(.minutes(55), hearingEach: .minutes(5), &air)
    #expect(air.lock.counts.errors[0x28] == 1)
    Self.pass(.hours(3), hearingEach: .minutes(5), &air)
    #expect(air.lock.counts.errors[0x28] == 4)
    air.lock.temperament = NukiLockTemperament()
    air.forget()
    Self.pass(.minutes(65), hearingEach: .minutes(5), &air)
    #expect(air.reports.contains(.alarm(.securityPINRefused(false))))
    #expect(air.run(.readSlots) == .success(.slots([], changes: nil)))
  }

  // MARK: time limits

  @Test func `an action that never comes to its end is unconfirmed in a minute, whatever the lock tells meanwhile`()
    throws
  {
    var whole = try Self.settled("talkative")
    whole.isHeard = false
    whole.forget()
    var clean = whole
    _ = clean.run(.unlock)
    for lost in 1...clean.packets {
      var air = whole
      air.fate = { number, direction in number == lost && direction == .toDriver ? .isDamaged : .arrives }
      let id = air.submit(.unlock)
      for turn in 0..<7 {
        air.advance(by: .seconds(10))
        air.atLock { $0.setDoor(isOpen: turn % 2 == 0, at: $1) }
      }
      #expect(air.result(of: id) != nil, "packet \(lost)")
    }
  }

  @Test func `a list that trickles in is given up, and a visit begins nothing new after its time`() throws {
    var air = try Self.settled()
    for turn in 0..<30 {
      let digits = "3456\(1 + turn / 9)\(1 + turn % 9)"
      air.atLock { $0.addForeignCode(pin(digits), name: "Guest", at: $1).effects }
    }
    air.lock.temperament.replyDelay = .seconds(8)
    let asked = air.now.uptime
    #expect(air.run(.readSlots) == .failure(.unreachable))
    #expect(air.now.uptime - asked < .minutes(2) && !air.isOpen)
    air.lock.temperament.replyDelay = .seconds(5)
    air.advance(by: .minutes(5))
    air.forget()
    // Somebody always wants something.
    for _ in 0..<120 {
      air.submit(.lock)
      air.advance(by: .seconds(10))
    }
    #expect((3...6).contains(Self.links(of: air)))
  }

  // MARK: who goes first

  @Test func `opening the door goes before clock, list and log`() throws {
    var air = try Self.settled()
    air.lock.temperament.replyDelay = .milliseconds(200)
    for turn in 0..<60 { air.atLock { $0.turnedByHand(toLocked: turn % 2 == 1, at: $1) } }
    air.advance(by: .minutes(2))
    air.atLock { $0.addForeignCode(pin("345678"), name: "Owner", at: $1).effects }
    air.lock.memory.clockSetAt = nil
    air.atLock { $0.setClock(to: $1.date + .hours(1), at: $1) }
    air.forget()
    let others = [air.submit(.readSlots), air.submit(.readLog(after: 0))]
    let door = air.submit(.unlock)
    #expect(air.wishes.last.map { $0 - air.now.uptime } == .seconds(2))
    var sent = 0
    while air.result(of: door) == nil, air.now.uptime < NukiAir.start.uptime + .hours(1) {
      air.advance(by: .milliseconds(50))
      sent = air.sentByDriver
    }
    #expect(air.result(of: door) == .success(.done(confirmed: true)))
    #expect(others.allSatisfy { air.result(of: $0) == nil })
    #expect(sent <= 18)
    air.advance(by: .minutes(1))
    for id in others { #expect(throws: Never.self) { try air.result(of: id)?.get() } }
    #expect(others.allSatisfy { air.result(of: $0) != nil })
  }

  @Test func `opening the door interrupts a long log between two pages`() throws {
    var air = try Self.settled()
    air.lock.temperament.replyDelay = .milliseconds(200)
    for turn in 0..<100 { air.atLock { $0.turnedByHand(toLocked: turn % 2 == 1, at: $1) } }
    air.advance(by: .minutes(2))
    air.forget()
    let log = air.submit(.readLog(after: 0))
    air.advance(by: .seconds(8))
    let door = air.submit(.unlock)
    let asked = air.now.uptime
    while air.result(of: door) == nil, air.now.uptime < asked + .minutes(5) { air.advance(by: .milliseconds(100)) }
    #expect(air.result(of: log) == nil)
    #expect(air.now.uptime - asked < .seconds(9))
    air.advance(by: .minutes(2))
    guard case .success(.log(let records, _)) = air.result(of: log) else { return #expect(Bool(false)) }
    #expect(records.compactMap(\.index) == Array(1...UInt32(records.count)))
    #expect(records.count >= 100)
  }

  @Test func `a refusal ends what it concerns, the rest gets another link`() throws {
    var air = try Self.settled()
    air.refusals = [.busy, nil]
    let (codes, door) = (air.submit(.readSlots), air.submit(.unlock))
    air.advance(by: .seconds(10))
    #expect(air.result(of: door) == .success(.done(confirmed: true)))
    #expect(air.result(of: codes) == .success(.slots([], changes: nil)))
    for refusal in [LinkRefusal.absent, .noRadio] {
      air.advance(by: .minutes(1))
      air.refusals = [refusal, nil]
      let first = air.submit(.lock)
      air.advance(by: .milliseconds(100))
      let second = air.submit(.readSlots)
      air.advance(by: .seconds(10))
      #expect(air.result(of: first) == .failure(.unreachable))
      #expect(air.result(of: second) == .success(.slots([], changes: nil)))
    }
  }
}
