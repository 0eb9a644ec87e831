import LockCore
import LockSimulator
import Seeded
import Testing

@testable import LockDrivers

/// The ledger of a lock, the driver and the lock together, in virtual time, while packets are lost, links drop and the
/// daemon is killed.
private struct NukiSite {
  var air: NukiAir
  var ledger: LockLedger
  private var running: (CommandID, Job)?
  private var seen = 0
  private var ids = 0

  init(model: NukiLockModel = NukiLockModel()) throws {
    var policy = NukiPolicy()
    policy.answerTime = .seconds(5)
    self.air = try NukiAir(model: model, policy: policy)
    self.air.isHeard = false
    self.ledger = LockLedger(lock: NukiAir.lockID, capabilities: .nukiKeypad)
    self.air.startDriver()
  }

  mutating func want(_ id: String, _ digits: String, name: String, window: TimeWindow? = nil) {
    let terms = CodeRecord.Terms(name: name, pin: pin(digits), window: window)
    let id = AccessCodeID(rawValue: id)
    if var code = self.ledger.codes[id] {
      (code.terms, code.requestedAt) = (terms, self.air.now.date)
      code.revision += 1
      self.ledger.codes[id] = code
    } else {
      self.ledger.codes[id] = CodeRecord(id: id, terms: terms, createdAt: self.air.now.date)
    }
  }

  mutating func delete(_ id: String) { self.ledger.codes[AccessCodeID(rawValue: id)]?.isDeleting = true }

  /// Works the plan off, a second at a time, until nothing is left to do, at most for so long.
  mutating func settle(within duration: Duration = .minutes(30)) {
    let end = self.air.now.uptime + duration
    while self.air.now.uptime < end {
      self.takeEvents()
      if self.isSettled { return }
      _ = self.ledger.announce(at: self.air.now.date) {
        self.ids += 1
        return AccessCodeID(rawValue: "stranger-\(self.ids)")
      }
      if self.running == nil, let job = self.ledger.plan(at: self.air.now.date).job {
        self.ledger.started(job, at: self.air.now.date)
        let id = self.air.submit(job.command)
        self.running = (id, job)
        self.takeEvents()
      } else {
        self.air.advance(by: .seconds(1))
      }
    }
  }

  /// Nothing is asked, the ledger is content, and the lock holds what is wanted.
  private var isSettled: Bool {
    guard self.running == nil, !self.air.isOpen, self.ledger.isReachable, !self.ledger.needsInventory else {
      return false
    }
    return self.ledger.plan(at: self.air.now.date).job == nil
      && self.ledger.codes.values.allSatisfy {
        !$0.isDeleting && self.ledger.state(of: $0, at: self.air.now.date).isProven
      }
  }

  /// The daemon was killed: a command under way is forgotten, the ledger begins as the store has it.
  mutating func restarted() {
    self.running = nil
    self.ledger.running = nil
    self.ledger.becameUnreachable()
  }

  private mutating func takeEvents() {
    for (_, event) in self.air.events[self.seen...] {
      switch event {
      case .reported(.reachable(_, let changes, let newest)):
        self.ledger.becameReachable(slotChanges: changes, newestRecord: newest)
      case .reported(.unreachable): self.ledger.becameUnreachable()
      case .reported(.slotsChanged(let changes)): self.ledger.slotsChanged(changes)
      case .reported(.logGrew(let newest)): self.ledger.logGrew(newest: newest)
      case .finished(let id, let result):
        guard let running = self.running, running.0 == id else { continue }
        self.running = nil
        _ = self.ledger.finished(running.1, result, at: self.air.now.date)
      case .restarted: self.restarted()
      default: break
      }
    }
    self.seen = self.air.events.count
  }

  /// Digits and names of the codes that the lock holds, in order.
  var held: [String] { self.air.lock.memory.codes.values.map { "\($0.pin.digits) \($0.name)" }.sorted() }
}

@Suite struct NukiConvergenceTests {
  private static let window = TimeWindow(
    start: NukiAir.start.date - .hours(1), end: NukiAir.start.date + .hours(40))

  /// Two codes are set, one is changed, the other deleted; a third belongs to somebody else.
  private static func story(
    model: NukiLockModel = NukiLockModel(), _ fate: @escaping (Int, NukiAir.Direction) -> NukiAir.Fate
  ) throws -> NukiSite {
    var site = try NukiSite(model: model)
    site.air.atLock { $0.addForeignCode(pin("345678"), name: "Owner", at: $1).effects }
    site.air.fate = fate
    site.want("a", "974216", name: "Anna", window: Self.window)
    site.want("b", "583914", name: "Bert")
    site.settle()
    let first = site.held
    #expect(first == ["345678 Owner", "583914 Bert", "974216 Anna"])
    site.want("a", "664422", name: "Anna", window: Self.window)
    site.delete("b")
    site.settle()
    #expect(site.held == ["345678 Owner", "664422 Anna"])
    return site
  }

  @Test func `without a fault each code is added once, changed once and removed once`() throws {
    let site = try Self.story { _, _ in .arrives }
    #expect(site.air.lock.memory.lastCodeID == 3)
    let commands = site.air.lock.counts.commands
    #expect(commands[0x41] == 2 && commands[0x46] == 1 && commands[0x47] == 1)
    #expect(site.ledger.strangers.values.map(\.slot) == [200])
    #expect(site.ledger.codes.count == 1)
  }

  @Test func `a restart with nothing to do writes nothing`() throws {
    var site = try Self.story { _, _ in .arrives }
    let before = site.air.lock.counts.commands
    site.air.startDriver()
    site.restarted()
    site.settle()
    let after = site.air.lock.counts.commands
    for write: UInt16 in [0x21, 0x41, 0x46, 0x47] { #expect(after[write] == before[write]) }
    // The ledger knows what the slots hold: they are not even listed.
    #expect(after[0x43] == before[0x43])
  }

  @Test(arguments: [NukiAir.Fate.getsLost, .dropsTheLink, .restartsTheDriver], 0..<4)
  func
    `whichever packet is lost, with the link or with the daemon, lock and ledger agree again and no code is added twice`(
      fate: NukiAir.Fate, part: Int
    ) throws
  {
    let packets = try Self.story { _, _ in .arrives }.air.packets
    for hit in stride(from: 1 + part, through: packets, by: 4) {
      let site = try Self.story { number, _ in number == hit ? fate : .arrives }
      #expect(site.air.lock.memory.lastCodeID == 3, "packet \(hit)")
      #expect(site.ledger.strangers.values.map(\.slot) == [200], "packet \(hit)")
      #expect(site.ledger.codes.count == 1 && site.ledger.needsInventory == false, "packet \(hit)")
      let ids = site.air.events.compactMap { if case .finished(let id, _) = $0.event { id } else { nil } }
      #expect(Set(ids).count == ids.count, "packet \(hit)")
    }
  }

  @Test(arguments: [NukiLockModel(.one), NukiLockModel(.five)], [NukiAir.Fate.getsLost, .dropsTheLink])
  func `so do locks that speak in pieces, and those of the fifth generation`(
    model: NukiLockModel, fate: NukiAir.Fate
  ) throws {
    let packets = try Self.story(model: model) { _, _ in .arrives }.air.packets
    for hit in stride(from: 2, through: packets, by: 9) {
      let site = try Self.story(model: model) { number, _ in number == hit ? fate : .arrives }
      #expect(site.air.lock.memory.lastCodeID == 3, "packet \(hit)")
    }
  }

  @Test(arguments: Array(61...66) as [UInt64])
  func `air that loses one packet in forty, drops links and kills daemons still brings every code home`(
    seed: UInt64
  ) throws {
    var random = SeededRandom(seed: seed)
    let dice = (0..<20_000).map { _ in random.next() }
    var site = try NukiSite()
    site.air.fate = { number, _ in
      switch dice[number % dice.count] % 240 {
      case 0...2: .dropsTheLink
      case 3...5: .getsLost
      case 6: .restartsTheDriver
      case 7: .isDamaged
      default: .arrives
      }
    }
    for turn in 0..<12 {
      site.want("code-\(turn)", "9\(4 + turn % 5)42\(1 + turn % 9)\(9 - turn % 7)", name: "Guest \(turn)")
      if turn > 5 { site.delete("code-\(turn - 6)") }
      site.settle(within: .minutes(4))
    }
    site.air.fate = { _, _ in .arrives }
    site.settle(within: .hours(3))
    let wanted = site.ledger.codes.values.map { "\($0.terms.pin.digits) \($0.terms.name ?? "")" }.sorted()
    #expect(wanted.count == 6 && site.held == wanted)
    #expect(site.ledger.strangers.isEmpty)
    // A code that was deleted before the lock could be reached was never added; none was added twice.
    #expect((6...12).contains(site.air.lock.memory.lastCodeID))
  }
}
