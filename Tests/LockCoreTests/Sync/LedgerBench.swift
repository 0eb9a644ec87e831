import LockCore
import Testing

/// A ledger and the lock it is about, with somebody who works off the plan.
struct LedgerBench {
  var ledger: LockLedger
  var lock: SlotOracle
  var now: Timestamp
  var events: [CodeEvent] = []
  /// Every job begun, oldest first.
  var jobs: [Job] = []
  private var made = 0

  static let noon = Timestamp(milliseconds: 1_780_000_020_000)

  init(
    lock: SlotOracle = SlotOracle(), grain: Duration? = .minutes(1), nameBytes: Int = 0, at now: Timestamp = Self.noon
  ) {
    self.lock = lock
    self.now = now
    self.ledger = LockLedger(
      lock: LockID(rawValue: "lock"),
      capabilities: LockCapabilities(
        codeStore: .slots(.init(numbers: lock.numbers, scheduleGrain: grain, nameBytes: nameBytes)),
        pins: PINPolicy(lengths: [4])))
  }

  /// A bench whose door is checked by the gateway.
  static func gateway() -> LedgerBench {
    var bench = LedgerBench()
    bench.ledger.capabilities.codeStore = .gateway
    return bench
  }

  // MARK: What is asked for

  /// Asks for a code; `from` and `to` count from now.
  @discardableResult
  mutating func create(
    _ digits: String, name: String? = nil, from: Duration? = nil, to: Duration = .hours(1000), native: Bool = true,
    allowsDrift: Bool = false
  ) throws -> AccessCodeID {
    let pin = try #require(PINCode(digits))
    let id = self.newID("code")
    let window = from.map { TimeWindow(start: self.now + $0, end: self.now + to) }
    var code = CodeRecord(
      id: id, terms: .init(name: name, pin: pin, window: window), createdAt: self.now)
    code.prefersNativeScheduling = native
    code.allowsExternalModification = allowsDrift
    self.ledger.codes[id] = code
    self.announce()
    return id
  }

  /// Asks for other terms.
  mutating func update(_ id: AccessCodeID, _ change: (inout CodeRecord.Terms) -> Void) {
    guard var code = self.ledger.codes[id] else { return }
    change(&code.terms)
    code.revision += 1
    code.requestedAt = self.now
    self.ledger.codes[id] = code
    self.announce()
  }

  mutating func delete(_ id: AccessCodeID) {
    self.ledger.codes[id]?.isDeleting = true
    self.ledger.codes[id]?.requestedAt = self.now
    self.announce()
  }

  // MARK: What happens

  mutating func connect() {
    self.ledger.becameReachable(slotChanges: self.lock.count, newestRecord: nil)
    self.announce()
  }

  /// Begins what the plan says, without an end.
  @discardableResult
  mutating func begin() -> Job? {
    guard let job = self.ledger.plan(at: self.now).job else { return nil }
    self.jobs.append(job)
    self.ledger.started(job, at: self.now)
    self.announce()
    return job
  }

  mutating func end(_ job: Job, _ result: Result<LockReply, LockFault>) {
    _ = self.ledger.finished(job, result, at: self.now)
    self.announce()
  }

  /// Does one job; nil when there is none.
  @discardableResult
  mutating func step(fault: SlotOracle.Fault? = nil) -> Job? {
    guard let job = self.begin() else { return nil }
    self.end(job, self.lock.perform(job.command, fault: fault))
    return job
  }

  /// Does one job that the lock answers with this fault.
  @discardableResult
  mutating func step(refusing fault: LockFault) -> Job? {
    guard let job = self.begin() else { return nil }
    self.end(job, .failure(fault))
    return job
  }

  /// Works until there is nothing to do now; returns the jobs done.
  @discardableResult
  mutating func work() -> [Job] {
    var done: [Job] = []
    while done.count < 200, let job = self.step() { done.append(job) }
    #expect(done.count < 200, "the plan does not come to rest")
    return done
  }

  /// Lets time pass, working whenever the plan says to look again.
  mutating func pass(_ duration: Duration) {
    let until = self.now + duration
    self.work()
    while let next = self.ledger.plan(at: self.now).lookAgain, next <= until {
      self.now = next
      self.announce()
      self.work()
    }
    self.now = until
    self.announce()
    self.work()
  }

  /// Somebody changes a slot by hand; the lock tells that something changed.
  mutating func tamper(_ slot: Int, pin: String?) throws {
    let stored = try pin.map { SlotOracle.Stored(pin: try #require(PINCode($0)), stamp: 0) }
    self.lock.store(stored, in: slot)
    self.ledger.slotsChanged(self.lock.count)
    self.announce()
  }

  /// The gateway dies and comes back with what it had stored.
  mutating func restart() {
    self.ledger = self.ledger.restored()
    self.announce()
  }

  mutating func announce() {
    self.events += self.takeEvents()
  }

  mutating func takeEvents() -> [CodeEvent] {
    var made = self.made
    let events = self.ledger.announce(at: self.now) {
      made += 1
      return AccessCodeID(rawValue: "stranger-\(made)")
    }
    self.made = made
    return events
  }

  /// The events since the last call.
  mutating func newEvents() -> [CodeEvent] {
    defer { self.events = [] }
    return self.events
  }

  // MARK: What is seen

  func state(_ id: AccessCodeID) -> CodeState? {
    self.ledger.codes[id].map { self.ledger.state(of: $0, at: self.now) }
  }

  func status(_ id: AccessCodeID) -> CodeState.Status? { self.state(id)?.status }

  private mutating func newID(_ kind: String) -> AccessCodeID {
    self.made += 1
    return AccessCodeID(rawValue: "\(kind)-\(self.made)")
  }
}

extension LockLedger {
  /// The same ledger with only what a store keeps.
  func restored() -> LockLedger {
    var ledger = LockLedger(lock: self.lock, capabilities: self.capabilities, policy: self.policy)
    (ledger.codes, ledger.slots, ledger.strangers) = (self.codes, self.slots, self.strangers)
    (ledger.order, ledger.isInventoried) = (self.order, self.isInventoried)
    (ledger.knownChanges, ledger.logCursor) = (self.knownChanges, self.logCursor)
    ledger.journalled = self.journalled
    ledger.isAdapterGone = self.isAdapterGone
    return ledger
  }
}

extension Job {
  var isProgram: Bool {
    if case .program = self { true } else { false }
  }
}
