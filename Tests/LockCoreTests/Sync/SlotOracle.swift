import LockCore

/// A lock reduced to what its slots hold: the truth that a ledger is measured against.
struct SlotOracle {
  struct Stored: Hashable {
    var pin: PINCode
    var window: TimeWindow?
    var name: String?
    var isOurs = false
    var stamp: UInt32
  }

  var numbers: ClosedRange<Int> = 1...4
  /// Tells only "taken", never the digits.
  var isMasked = false
  /// Tells a stamp for each slot.
  var hasStamps = false
  /// Tells a count of changes.
  var hasCount = true
  /// Says yes to every write and stores nothing.
  var isLiar = false
  var rejected: Set<PINCode> = []
  /// Gives names back with spaces behind them.
  var padsNames = false
  /// A slot that is never emptied from here.
  var lockedSlot: Int?
  var slots: [Int: Stored] = [:]
  var changes: UInt32 = 0
  var writes = 0
  var looks = 0

  /// How a command goes wrong.
  enum Fault: CaseIterable {
    case busy, unreachable, failed, lostBefore, lostAfter
  }

  mutating func perform(_ command: LockCommand, fault: Fault? = nil) -> Result<LockReply, LockFault> {
    switch fault {
    case .busy: return .failure(.busy)
    case .unreachable: return .failure(.unreachable)
    case .failed: return .failure(.failed(detail: "17"))
    case .lostBefore: return .failure(.unconfirmed)
    case .lostAfter:
      // A lock answers a refusal as late as anything else, but it has changed nothing then.
      _ = self.answer(command)
      return .failure(.unconfirmed)
    case nil: return self.answer(command)
    }
  }

  private mutating func answer(_ command: LockCommand) -> Result<LockReply, LockFault> {
    switch command {
    case .readSlots:
      self.looks += 1
      return .success(.slots(self.slots.keys.sorted().map(self.reading), changes: self.count))
    case .readSlot(let number):
      self.looks += 1
      return .success(.slot(self.reading(number), changes: self.count))
    case .program(let number, let entry):
      self.writes += 1
      if self.isLiar { return .success(.slot(self.reading(number), changes: self.count)) }
      if self.rejected.contains(entry.pin) { return .failure(.codeRejected(detail: "too simple")) }
      if let twin = self.slots.first(where: { $0.key != number && $0.value.pin == entry.pin })?.key {
        return .failure(.duplicateCode(slot: self.isMasked ? nil : twin))
      }
      self.store(
        Stored(pin: entry.pin, window: entry.window, name: entry.name, isOurs: true, stamp: 0), in: number)
      return .success(.slot(self.reading(number), changes: self.count))
    case .claim(let number, _):
      self.looks += 1
      return .success(.slot(self.reading(number), changes: self.count))
    case .evict(let number, let pin):
      guard pin == nil || self.slots[number]?.pin == pin else {
        return .success(.slot(self.reading(number), changes: self.count))
      }
      if number == self.lockedSlot { return .failure(.unsupported(detail: "the master code stays")) }
      self.writes += 1
      if !self.isLiar { self.store(nil, in: number) }
      return .success(.slot(self.reading(number), changes: self.count))
    case .clear(let number):
      self.writes += 1
      if !self.isLiar { self.store(nil, in: number) }
      return .success(.slot(self.reading(number), changes: self.count))
    case .readLog(let index): return .success(.log([], newest: index))
    case .lock, .unlock, .hold: return .success(.done(confirmed: true))
    }
  }

  /// Somebody, or the gateway, changes a slot.
  mutating func store(_ stored: Stored?, in number: Int) {
    self.changes &+= 1
    self.slots[number] = stored
    self.slots[number]?.stamp = self.changes
  }

  var count: UInt32? { self.hasCount ? self.changes : nil }

  private func reading(_ number: Int) -> SlotReading {
    guard let stored = self.slots[number] else { return SlotReading(slot: number, contents: .empty) }
    let name = self.padsNames ? (stored.name ?? "") + "   " : stored.name
    return SlotReading(
      slot: number, contents: self.isMasked ? .unreadable : .code(stored.pin),
      window: self.isMasked ? nil : stored.window, name: self.isMasked ? nil : name,
      stamp: self.hasStamps ? stored.stamp : nil)
  }
}
