import LockCore

/// One command on its way through the requests it takes.
struct VirtualLockJob: Sendable {
  /// What comes next.
  enum Step: Hashable, Sendable {
    case request(VirtualLockRequest)
    case finished(LockReply)
    case failed(LockFault)
  }

  let id: CommandID
  /// No further request is sent after this.
  let expires: Duration
  /// The lock's count of changes, where its last answer told it.
  private(set) var changes: UInt32?
  /// True once a request is out that may change the lock: silence proves nothing from then on.
  private var mayHaveChangedTheLock = false
  private let command: LockCommand
  private let slotCount: Int
  private let nameBytes: Int
  private var stamp: UInt32?
  private var readings: [SlotReading] = []
  private var nextSlot = 1
  private var restarts = 0
  private var records: [LockRecord] = []

  private static let recordsPerPage: UInt8 = 31
  private static let mostRecords = 4096
  private static let mostRestarts = 3

  init(id: CommandID, command: LockCommand, slotCount: Int, nameBytes: Int, expires: Duration) {
    self.id = id
    self.command = command
    self.slotCount = slotCount
    self.nameBytes = nameBytes
    self.expires = expires
  }

  /// How many changes of slots the command itself makes.
  var ownChanges: UInt32 { self.stamp == nil ? 0 : 1 }

  /// What becomes of the command when the lock stays silent or the link closes.
  var faultOfSilence: LockFault { self.mayHaveChangedTheLock ? .unconfirmed : .unreachable }

  /// What becomes of the command when its time is over although the lock answers.
  var faultOfDelay: LockFault { self.mayHaveChangedTheLock ? .unconfirmed : .busy }

  /// The first request, or why there is none.
  mutating func begin() -> Step {
    switch self.command {
    case .readSlots: return .request(.readSlots(from: 1))
    case .readSlot(let slot), .claim(let slot, _), .evict(let slot, _):
      return self.noSuchSlot(slot) ?? .request(.readSlot(slot))
    case .program(let slot, let entry):
      return self.noSuchSlot(slot) ?? self.change(.program(slot: slot, self.fitted(entry)))
    case .clear(let slot):
      return self.noSuchSlot(slot) ?? self.change(.clear(slot: slot))
    case .readLog(let after): return .request(.readLog(after: after, limit: Self.recordsPerPage))
    case .lock: return self.change(.lock)
    case .unlock: return self.change(.unlock)
    case .hold: return .failed(.unsupported(detail: "the lock holds its codes itself"))
    }
  }

  /// What follows from an answer; nil when it is none to the request that is out.
  mutating func answered(with reply: VirtualLockReply) -> Step? {
    if case .refused(let refusal) = reply {
      // Once the lock has acknowledged the change, a refusal is one of the read-back.
      return .failed(self.stamp == nil ? refusal.fault : .unconfirmed)
    }
    switch (self.command, reply) {
    case (.readSlots, .slots(let readings, let next, let changes)):
      return self.pageOfSlots(readings, next: next, changes: changes)
    case (.evict(let slot, let pin), .slot(let reading, let changes)) where self.stamp == nil:
      guard reading.slot == slot else { return nil }
      if reading.contents == .unreadable || pin.map({ reading.contents == .code($0) }) ?? true {
        return self.change(.clear(slot: slot))
      }
      // Another code by now: that one was not meant.
      self.changes = changes
      return .finished(.slot(reading, changes: changes))
    case (.readSlot(let slot), .slot(let reading, let changes)), (.claim(let slot, _), .slot(let reading, let changes)):
      guard reading.slot == slot else { return nil }
      self.changes = changes
      return .finished(.slot(reading, changes: changes))
    case (.program(let slot, _), .written(let stamp, _)), (.clear(let slot), .written(let stamp, _)),
      (.evict(let slot, _), .written(let stamp, _)):
      guard self.stamp == nil else { return nil }
      self.stamp = stamp
      return .request(.readSlot(slot))
    case (.program(let slot, _), .slot(let reading, let changes)),
      (.clear(let slot), .slot(let reading, let changes)), (.evict(let slot, _), .slot(let reading, let changes)):
      guard let stamp = self.stamp, reading.slot == slot else { return nil }
      self.changes = changes
      // A masked read-back proves a write by its stamp alone.
      if reading.contents == .unreadable, reading.stamp != stamp {
        return .failed(.failed(detail: "acknowledged, but the slot does not show the change"))
      }
      return .finished(.slot(reading, changes: changes))
    case (.readLog(let after), .log(let records, let newest)):
      return self.pageOfLog(records, newest: newest, after: self.records.last?.index ?? after)
    case (.lock, .bolt(let state, _)): return Self.driven(state, to: true)
    case (.unlock, .bolt(let state, _)): return Self.driven(state, to: false)
    default: return nil
    }
  }

  private mutating func change(_ request: VirtualLockRequest) -> Step {
    self.mayHaveChangedTheLock = true
    return .request(request)
  }

  private func noSuchSlot(_ slot: Int) -> Step? {
    (1...max(1, self.slotCount)).contains(slot)
      ? nil : .failed(.unsupported(detail: "the lock has slots 1 to \(self.slotCount)"))
  }

  private func fitted(_ entry: SlotEntry) -> SlotEntry {
    var entry = entry
    entry.name = entry.name.map { $0.prefix(utf8Bytes: self.nameBytes) }
    if entry.name?.isEmpty == true { entry.name = nil }
    return entry
  }

  private mutating func pageOfSlots(_ readings: [SlotReading], next: Int, changes: UInt32) -> Step? {
    let end = next == 0 ? self.slotCount + 1 : next
    let numbers = readings.map(\.slot)
    guard end > self.nextSlot, end <= self.slotCount + 1,
      numbers.allSatisfy({ (self.nextSlot..<end).contains($0) }),
      zip(numbers, numbers.dropFirst()).allSatisfy(<)
    else { return nil }
    if let before = self.changes, before != changes {
      // Somebody changed a code between two pages: together they would show what never was.
      self.restarts += 1
      guard self.restarts <= Self.mostRestarts else { return .failed(.busy) }
      (self.changes, self.readings, self.nextSlot) = (nil, [], 1)
      return .request(.readSlots(from: 1))
    }
    self.changes = changes
    self.readings += readings
    self.nextSlot = end
    guard next == 0 else { return .request(.readSlots(from: next)) }
    return .finished(.slots(self.readings, changes: changes))
  }

  private mutating func pageOfLog(_ records: [LockRecord], newest: UInt32, after: UInt32) -> Step? {
    let indices = records.compactMap(\.index)
    guard indices.count == records.count, zip(indices, indices.dropFirst()).allSatisfy(<),
      indices.first.map({ $0 > after }) ?? true, indices.last.map({ $0 <= newest }) ?? true
    else { return nil }
    self.records += records
    guard let last = indices.last, last < newest else {
      return .finished(.log(self.records, newest: newest))
    }
    // What is beyond is for the next command: told as the newest, it is not taken for a gap.
    guard self.records.count < Self.mostRecords else {
      return .finished(.log(self.records, newest: last))
    }
    return .request(.readLog(after: last, limit: Self.recordsPerPage))
  }

  private static func driven(_ state: LockState, to isLocked: Bool) -> Step {
    state.isLocked == isLocked
      ? .finished(.done(confirmed: true)) : .failed(.failed(detail: "the bolt did not move"))
  }
}
