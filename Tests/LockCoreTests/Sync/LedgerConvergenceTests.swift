import LockCore
import Seeded
import Testing

/// A ledger against a lock that everything happens to, in random order.
@Suite struct LedgerConvergenceTests {
  @Test(arguments: 0..<8)
  func `whatever happened, once it is quiet the lock holds what is wanted, and all was told once`(share: UInt64) {
    for seed in share * 30..<(share + 1) * 30 {
      var storm = LedgerStorm(seed: seed)
      for _ in 0..<80 where storm.faults.isEmpty { storm.happen() }
      if storm.faults.isEmpty { storm.calm() }
      #expect(storm.faults.isEmpty, "seed \(seed)")
      if !storm.faults.isEmpty { break }
    }
  }
}

/// Random happenings around one ledger, each checked as it happens.
struct LedgerStorm {
  private var random: SeededRandom
  private(set) var bench: LedgerBench
  private var witness = EventWitness()
  /// Codes that others put into slots that were free, as they left them.
  private var strangers: [Int: SlotOracle.Stored] = [:]
  /// What each slot held when the lock last told of it.
  private var lastSeen: [Int: SlotOracle.Stored] = [:]
  private var untold = false
  /// Happenings that may each cost a write.
  private var causes = 0
  private(set) var faults: [String] = []

  init(seed: UInt64) {
    self.random = SeededRandom(seed: seed)
    var lock = SlotOracle()
    lock.numbers = 1...Int.random(in: 1...5, using: &self.random)
    lock.isMasked = self.random.once(in: 3)
    lock.hasStamps = self.random.once(in: 2)
    lock.hasCount = self.random.once(in: 2)
    lock.rejected = Set(["1000"].compactMap { PINCode($0) })
    self.bench = LedgerBench(
      lock: lock, grain: self.random.once(in: 3) ? nil : .minutes(1), nameBytes: self.random.once(in: 2) ? 0 : 4)
  }

  // MARK: The storm

  mutating func happen() {
    switch Int.random(in: 0..<35, using: &self.random) {
    case 0...2: self.create()
    case 3, 4: self.update()
    case 5: self.delete()
    case 6...9: self.pass()
    case 10, 11: self.connect()
    case 12: self.bench.ledger.becameUnreachable()
    case 13, 14: self.tamper()
    case 15: self.restart()
    case 16: self.adopt()
    case 17: self.release()
    case 18: self.evict()
    default: self.work(isCalm: false)
    }
    self.check()
  }

  private mutating func create() {
    guard self.bench.ledger.codes.count < 6, let pin = self.freshPIN() else { return }
    let from: Duration? =
      self.random.once(in: 2) ? nil : .minutes(Int.random(in: -120...120, using: &self.random) * 60 / 10)
    let span = Int.random(in: 1...600, using: &self.random)
    self.causes += 4
    do {
      try self.bench.create(
        pin.digits, name: self.random.once(in: 2) ? nil : "Zoë", from: from, to: (from ?? .zero) + .minutes(span),
        native: !self.random.once(in: 4), allowsDrift: self.random.once(in: 5))
    } catch { self.faults.append("not a PIN") }
  }

  private mutating func update() {
    guard let id = self.anyCode else { return }
    self.causes += 4
    let (pin, name) = (self.freshPIN(), ["Ada", "Bob", nil].randomElement(using: &self.random) ?? nil)
    let shift = Duration.minutes(Int.random(in: -300...300, using: &self.random))
    let part = Int.random(in: 0..<3, using: &self.random)
    self.bench.update(id) { terms in
      switch part {
      case 0: terms.pin = pin ?? terms.pin
      case 1: terms.name = name
      default: terms.window = terms.window.map { TimeWindow(start: $0.start + shift, end: $0.end + shift) }
      }
    }
  }

  private mutating func delete() {
    guard let id = self.anyCode else { return }
    self.causes += 2
    self.bench.delete(id)
  }

  /// Somebody wants a code of others managed, as far as the ledger knows it.
  private mutating func adopt() {
    guard let stranger = self.anyStranger else { return }
    guard !self.bench.ledger.codes.values.contains(where: { $0.terms.pin == stranger.pin }) else { return }
    self.causes += 4
    guard
      let code = self.bench.ledger.adopt(
        stranger.id, allowsExternalModification: self.random.once(in: 5), at: self.bench.now)
    else { return }
    self.witness.adopted(code, from: stranger.slot)
    // What came in its place since is not meant.
    if self.bench.lock.slots[stranger.slot]?.pin == stranger.pin { self.strangers[stranger.slot] = nil }
    self.bench.announce()
  }

  private mutating func release() {
    guard let id = self.anyCode, self.bench.ledger.canRelease(id) else { return }
    guard let stranger = self.bench.ledger.release(id) else { return self.faults.append("nothing to hand back") }
    self.witness.released(stranger)
    self.bench.lock.slots[stranger.slot]?.isOurs = false
    self.strangers[stranger.slot] = self.bench.lock.slots[stranger.slot]
    self.bench.announce()
  }

  private mutating func evict() {
    guard let stranger = self.anyStranger else { return }
    self.causes += 2
    self.bench.ledger.evict(stranger.id, at: self.bench.now)
    let isMeant = stranger.pin == nil || self.bench.lock.slots[stranger.slot]?.pin == stranger.pin
    if isMeant { self.strangers[stranger.slot] = nil }
    self.bench.announce()
  }

  private mutating func pass() {
    let limit = [1, 10, 60, 900, 3600, 6 * 3600].randomElement(using: &self.random) ?? 1
    let step = Duration.seconds(Int.random(in: 1...limit, using: &self.random))
    if self.random.once(in: 12) {
      // A clock that is set back may bring a window around once more.
      self.causes += 2 * self.bench.ledger.codes.count
      self.bench.now = self.bench.now - step
    } else {
      self.bench.now = self.bench.now + step
    }
    self.bench.announce()
  }

  private mutating func connect() {
    if self.untold, !self.bench.lock.hasCount { self.bench.ledger.slotsChanged(nil) }
    self.untold = false
    self.bench.connect()
  }

  private mutating func restart() {
    self.bench.restart()
    if self.random.once(in: 2) { self.connect() }
  }

  /// Somebody stands at the lock. What a lock cannot show, nobody does: a masked one without stamps hides a change.
  private mutating func tamper() {
    let number = Int.random(in: self.bench.lock.numbers, using: &self.random)
    let isOurs = self.bench.ledger.slots[number]?.holder != nil
    let isHidden = self.bench.lock.isMasked && !self.bench.lock.hasStamps
    let pin = self.random.once(in: 2) ? nil : self.foreignPIN()
    if self.bench.lock.slots[number] != nil, pin != nil, isHidden { return }
    // A masked lock cannot tell our own lost write from somebody else's.
    if isOurs, self.bench.lock.isMasked, pin != nil || self.bench.ledger.slots[number]?.proof == .missing { return }
    self.causes += 2
    let stored = pin.map { SlotOracle.Stored(pin: $0, stamp: 0) }
    self.bench.lock.store(stored, in: number)
    // Of a masked lock nobody can tell one code of others from the next.
    let isEvicted = self.bench.lock.isMasked && self.bench.ledger.strangers[number]?.removal != nil
    self.strangers[number] = isOurs || isEvicted ? nil : self.bench.lock.slots[number]
    if self.bench.ledger.isReachable {
      self.bench.ledger.slotsChanged(self.bench.lock.count)
      self.bench.announce()
    } else {
      self.untold = true
    }
  }

  private mutating func work(isCalm: Bool) {
    guard let job = self.bench.begin() else { return }
    self.check()
    self.expectNoStranger(in: job)
    let fault = !isCalm && self.random.once(in: 4) ? SlotOracle.Fault.allCases.randomElement(using: &self.random) : nil
    if fault != nil { self.causes += 2 }
    let answer = self.bench.lock.perform(job.command, fault: fault)
    if !isCalm, self.random.once(in: 20) {
      self.causes += 2
      self.bench.restart()
      self.untold = self.untold || job.isWrite
      return self.connect()
    }
    switch answer {
    case .success(.slots): self.lastSeen = self.bench.lock.slots
    case .success(.slot(let reading, _)): self.lastSeen[reading.slot] = self.bench.lock.slots[reading.slot]
    default: break
    }
    self.bench.end(job, answer)
  }

  // MARK: The calm after it

  mutating func calm() {
    self.connect()
    // Every window of the storm is over after three days.
    while self.faults.isEmpty, self.bench.now - LedgerBench.noon < .hours(80) {
      var jobs = 0
      while jobs < 60, self.bench.ledger.plan(at: self.bench.now).job != nil {
        self.work(isCalm: true)
        self.check()
        jobs += 1
      }
      let last = self.bench.jobs.suffix(3)
      self.expect(jobs < 60, "does not come to rest: \(last)")
      guard let next = self.bench.ledger.plan(at: self.bench.now).lookAgain else { break }
      self.bench.now = next
      self.bench.announce()
      self.check()
    }
    self.expectConverged()
    let (writes, looks, causes) = (self.bench.lock.writes, self.bench.lock.looks, self.causes)
    self.expect(writes <= causes, "\(writes) writes for \(causes) causes")
    for _ in 0..<5 {
      self.bench.restart()
      self.connect()
      self.bench.work()
      self.expect(self.bench.newEvents().isEmpty, "told something after a restart")
    }
    self.expect((self.bench.lock.writes, self.bench.lock.looks) == (writes, looks), "busy after a restart")
  }

  private mutating func expectConverged() {
    let ledger = self.bench.ledger
    let lock = self.bench.lock
    var owned: Set<Int> = []
    for code in ledger.codes.values {
      let state = ledger.state(of: code, at: self.bench.now)
      let slot = ledger.slot(of: code.id)
      guard ledger.presence(of: code, at: self.bench.now) == .due else {
        self.expect(slot == nil && !code.isDeleting, "still there: \(code) \(String(describing: slot))")
        continue
      }
      if let number = slot?.number { owned.insert(number) }
      if state.status == .set || state.isScheduled {
        if state.drift != nil, code.allowsExternalModification { continue }
        let entry = ledger.entry(for: code)
        let held = lock.slots.filter { $0.value.pin == code.terms.pin }
        self.expect(
          held.count == 1 && held.first?.key == slot?.number && held.first?.value.window == entry.window,
          "set but not held: \(code.id) \(held)")
      } else {
        switch state.problem?.code {
        case ErrorCode.duplicate:
          self.expect(
            lock.slots.contains { $0.key != slot?.number && $0.value.pin == code.terms.pin }, "a duplicate of nothing")
        case ErrorCode.constraintsViolated:
          self.expect(lock.rejected.contains(code.terms.pin), "rejected by nobody")
        case ErrorCode.noSpace: self.expect(ledger.isFull, "full of nothing")
        default: self.faults.append("neither set nor stopped: \(code.id) \(state) \(String(describing: slot))")
        }
      }
    }
    for (number, stored) in lock.slots where stored.isOurs {
      self.expect(owned.contains(number), "left over in slot \(number)")
    }
    self.expect(
      Set(ledger.strangers.keys) == Set(lock.slots.keys).subtracting(owned), "strangers \(ledger.strangers)")
  }

  // MARK: What holds at every step

  private mutating func check() {
    let (ledger, now) = (self.bench.ledger, self.bench.now)
    let states = ledger.codes.mapValues { ledger.state(of: $0, at: now) }
    self.faults += self.witness.check(self.bench.newEvents(), against: ledger, states, at: now)
    for (number, stored) in self.strangers {
      let isUntouched = self.bench.lock.slots[number] == stored
      self.expect(isUntouched, "the stranger in slot \(number) was touched")
    }
    for code in ledger.codes.values where states[code.id]?.isProven ?? false {
      guard let slot = ledger.slot(of: code.id) else { continue }
      let seen = self.lastSeen[slot.number]
      let entry = ledger.entry(for: code)
      self.expect(
        seen?.pin == entry.pin && seen?.window == entry.window, "proven, but the lock held \(String(describing: seen))")
    }
    guard self.bench.lock.numbers.allSatisfy({ ledger.slots[$0] != nil }) else { return }
    let used = ledger.slots.values.filter { $0.holder != nil }.count
    let free = ledger.slots.values.filter { $0.holder == nil && $0.isProvenEmpty }.count
    let capacity = self.bench.lock.numbers.count
    self.expect(
      used + free + ledger.strangers.count == capacity,
      "\(used) used, \(free) free, \(ledger.strangers.count) foreign")
    self.expect(Set(ledger.slots.values.compactMap(\.holder)).count == used, "a code in two slots")
  }

  /// A stranger is not written over, unless nothing could have told of it.
  private mutating func expectNoStranger(in job: Job) {
    if case .evict = job { return }
    guard job.isWrite, let number = job.slotNumber, self.strangers[number] != nil else { return }
    self.faults.append("\(job) over a stranger")
  }

  private mutating func expect(_ isTrue: Bool, _ words: @autoclosure () -> String) {
    if !isTrue { self.faults.append(words()) }
  }

  // MARK: Drawing

  private var anyCode: AccessCodeID? {
    mutating get {
      self.bench.ledger.codes.values.filter { !$0.isDeleting }.map(\.id).sorted().randomElement(using: &self.random)
    }
  }

  private var anyStranger: StrangerRecord? {
    mutating get {
      self.bench.ledger.strangers.values.sorted { $0.slot < $1.slot }.randomElement(using: &self.random)
    }
  }

  /// A PIN that no code of ours wants or has, as the API sees to.
  private mutating func freshPIN() -> PINCode? {
    let taken = Set(self.bench.ledger.codes.values.map(\.terms.pin)).union(
      self.bench.lock.slots.values.filter(\.isOurs).map(\.pin))
    return (1000..<1012).compactMap { PINCode(String($0)) }.filter { !taken.contains($0) }.randomElement(
      using: &self.random)
  }

  private mutating func foreignPIN() -> PINCode? {
    let taken = Set(self.bench.lock.slots.values.map(\.pin))
    return (1006..<1016).compactMap { PINCode(String($0)) }.filter { !taken.contains($0) }.randomElement(
      using: &self.random)
  }
}

extension Job {
  var isWrite: Bool {
    switch self {
    case .program, .clear, .evict: true
    case .readSlots, .readSlot, .claim, .readLog: false
    }
  }

  var slotNumber: Int? {
    switch self {
    case .program(_, let slot, _), .clear(_, let slot), .readSlot(let slot), .claim(_, let slot, _),
      .evict(let slot, _):
      slot
    case .readSlots, .readLog: nil
    }
  }
}
