import LockCore

/// One command on its way through the questions it takes. A write is proved by reading the list back; what is about
/// to be added stands in the memory before the lock hears of it.
struct NukiJob: Sendable {
  /// What comes next.
  enum Step: Hashable, Sendable {
    case ask(NukiExchange.Question)
    case finished(LockReply)
    case log([NukiLogEntry], newest: UInt32)
    case failed(LockFault)
  }

  let id: CommandID
  let command: LockCommand
  private var stage = Stage.start
  private var lockDate: Timestamp?
  /// True once a code of others turned out to be ours, or codes of others came or went: the ledger, which is told of
  /// one slot, has to look at all of them.
  private(set) var hasSeenMore = false
  /// Ids of the last list that lacked a code of ours.
  private var shortList: Set<UInt16>?
  /// True once the lock has acknowledged a change: it holds something else than before.
  private var hasChangedTheLock = false
  private var listed: [NukiKeypadCode] = []
  private var listTotal: Int?
  private var restarts = 0
  private var isSecondWrite = false
  private var newest: UInt32?
  private var entries: [NukiLogEntry] = []
  /// True while a log page is asked for again because of a missing entry.
  private var isSecondLook = false

  /// What the list is read for.
  private enum Sequel: Hashable, Sendable {
    case answer
    /// Something pending is cleared up; then the command begins.
    case start
    /// The lock said that it holds the PIN already.
    case duplicate
    /// The lock did not know the id: it was removed by somebody else.
    case unknownID
  }

  private enum Stage: Hashable, Sendable {
    case start
    case adding(NukiKeypadEntry)
    case updating
    case removing
    case proving(slot: Int, place: Int)
    case listing(Sequel)
    case logNewest
    case logPage
    case moving
  }

  static let page = 20
  private static let mostRestarts = 3
  private static let mostCodes = 1000
  /// More entries than any lock's log holds.
  private static let mostEntries = 4096

  init(id: CommandID, command: LockCommand) {
    self.id = id
    self.command = command
  }

  /// The fault of a command that a dying link took along.
  /// - Parameter mayHaveActed: true when the lock may have heard what it was to do, and said nothing of it yet.
  mutating func fellSilent(mayHaveActed: Bool, memory: inout NukiMemory) -> LockFault {
    if mayHaveActed || self.hasChangedTheLock { return .unconfirmed }
    // The lock was never told what it was to add.
    if case .adding = self.stage, case .program(let slot, _) = self.command { memory.renounce(slot) }
    return .unreachable
  }

  /// The first question.
  /// - Parameters:
  ///   - newest: index of the newest log entry, when it was asked for on this link.
  ///   - lockDate: what the lock's clock says.
  mutating func begin(
    memory: inout NukiMemory, policy: NukiPolicy, appID: UInt32, newest: UInt32?, lockDate: Timestamp? = nil
  ) -> Step {
    self.lockDate = lockDate
    switch self.command {
    case .lock: return self.move(.lock, appID: appID)
    case .unlock: return self.move(policy.unlockAction, appID: appID)
    case .readLog(let after):
      guard let newest else {
        self.stage = .logNewest
        return .ask(.guarded(.requestLog(start: 0, count: 1, isDescending: true, wantsTotal: true)))
      }
      self.newest = newest
      return self.nextLogPage(after: after)
    case .readSlots: return self.list(for: .answer)
    case .readSlot(let slot):
      if let fault = Self.fault(ofSlot: slot) { return .failed(fault) }
      guard let code = memory.codes[slot], !memory.isPending(slot) else { return self.list(for: .answer) }
      return self.prove(slot, at: code.place)
    case .program(let slot, let entry):
      if let fault = Self.fault(ofSlot: slot) ?? Self.fault(ofPIN: entry.pin) { return .failed(fault) }
      return memory.isPending(slot) ? self.list(for: .start) : self.write(memory: &memory)
    case .clear(let slot):
      if let fault = Self.fault(ofSlot: slot) { return .failed(fault) }
      // Our own note that a slot is empty is no proof; the list tells, and may find what we have lost sight of.
      return memory.isPending(slot) || memory.codes[slot] == nil ? self.list(for: .start) : self.write(memory: &memory)
    // Whose code it is says its PIN, which only the list tells.
    case .claim(let slot, _), .evict(let slot, _):
      if let fault = Self.fault(ofSlot: slot) { return .failed(fault) }
      return self.list(for: .start)
    case .hold: return .failed(.unsupported(detail: "the lock holds its codes itself"))
    }
  }

  private static func fault(ofSlot slot: Int) -> LockFault? {
    NukiMemory.slots.contains(slot) ? nil : .unsupported(detail: "slots are numbered 1 to 200")
  }

  private static func fault(ofPIN pin: PINCode) -> LockFault? {
    LockCapabilities.nukiKeypad.pins.violation(of: pin).map { .codeRejected(detail: $0.explanation) }
  }

  private mutating func move(_ action: NukiAction, appID: UInt32) -> Step {
    self.stage = .moving
    return .ask(.action(NukiLockAction(action, appID: appID)))
  }

  // MARK: writes

  private mutating func write(memory: inout NukiMemory) -> Step {
    switch self.command {
    case .program(let slot, _) where memory.isStranger(slot), .clear(let slot) where memory.isStranger(slot):
      return .failed(.unsupported(detail: "slot \(slot) holds a code of somebody else"))
    case .program(let slot, let entry):
      let written = NukiKeypadEntry(entry, slot: slot)
      if let code = memory.codes[slot] {
        self.stage = .updating
        memory.willUpdate(slot)
        return .ask(.guarded(.updateKeypadCode(id: code.id, written)))
      }
      memory.intend(written, in: slot, at: self.lockDate)
      self.stage = .adding(written)
      return .ask(.guarded(.addKeypadCode(written)))
    case .clear(let slot), .evict(let slot, _):
      guard let code = memory.codes[slot] else { return self.list(for: .answer) }
      self.stage = .removing
      return .ask(.guarded(.removeKeypadCode(id: code.id)))
    default: return .failed(.unsupported(detail: "nothing to write"))
    }
  }

  private mutating func prove(_ slot: Int, at place: Int) -> Step {
    self.stage = .proving(slot: slot, place: place)
    return .ask(.guarded(.requestKeypadCodes(offset: UInt16(clamping: place), count: 1)))
  }

  private mutating func list(for sequel: Sequel) -> Step {
    self.stage = .listing(sequel)
    (self.listed, self.listTotal) = ([], nil)
    return .ask(.guarded(.requestKeypadCodes(offset: 0, count: UInt16(Self.page))))
  }

  // MARK: answers

  /// What follows from an answer.
  mutating func answered(_ outcome: NukiExchange.Outcome, memory: inout NukiMemory, at date: Timestamp) -> Step {
    switch (self.stage, outcome) {
    case (.moving, .complete): return .finished(.done(confirmed: true))
    case (.adding, .codeID(let id, _)):
      guard case .program(let slot, _) = self.command else { break }
      self.wrote(&memory)
      memory.added(id, in: slot)
      return self.prove(slot, at: memory.codes[slot]?.place ?? 0)
    case (.updating, .complete):
      guard case .program(let slot, _) = self.command else { break }
      self.wrote(&memory)
      return self.prove(slot, at: memory.codes[slot]?.place ?? 0)
    case (.removing, .complete):
      self.wrote(&memory)
      return self.list(for: .answer)
    case (.proving(let slot, let place), .codes(let codes, let total)):
      guard let code = codes.first, let reading = memory.saw(code, at: place, in: slot) else {
        return self.list(for: .answer)
      }
      if memory.total != total { self.hasSeenMore = true }
      memory.total = total
      return .finished(.slot(reading, changes: nil))
    case (.listing(let sequel), .codes(let codes, let total)):
      return self.listed(codes, total: total, for: sequel, memory: &memory, at: date)
    case (.logNewest, .log(let entries, let count)):
      guard case .readLog(let after) = self.command else { break }
      guard let newest = entries.first?.index ?? (count?.isEmpty == true ? 0 : nil) else {
        return .failed(.failed(detail: "it does not tell its newest log entry"))
      }
      self.newest = newest
      return self.nextLogPage(after: after)
    case (.logPage, .log(let entries, _)): return self.logged(entries)
    default: break
    }
    return .failed(self.hasChangedTheLock ? .unconfirmed : .failed(detail: "the answer belongs to something else"))
  }

  private mutating func wrote(_ memory: inout NukiMemory) {
    self.hasChangedTheLock = true
    memory.wrote()
  }

  /// What follows from a refusal that does not pass.
  mutating func refused(_ report: NukiErrorReport, memory: inout NukiMemory) -> Step {
    if case .adding = self.stage, case .program(let slot, _) = self.command {
      // What the lock did not add is not to be found in its list: the same digits are somebody else's.
      memory.renounce(slot)
      if report.error == .codeAlreadyExists { return self.list(for: .duplicate) }
    }
    switch (self.stage, report.error) {
    case (.updating, .codeAlreadyExists): return self.list(for: .duplicate)
    case (.updating, .badParameter), (.updating, .invalidAuthorizationID), (.removing, .badParameter),
      (.removing, .invalidAuthorizationID):
      return self.list(for: .unknownID)
    // The same bytes would be refused again, as long as the same is asked for.
    case (.adding, .badParameter): return .failed(.unsupported(detail: report.error.meaning))
    case (.adding, _), (.updating, _), (.removing, _), (.moving, _): return .failed(report.error.fault)
    // Once the lock has acknowledged a change, a refusal is one of the read-back.
    default: return .failed(self.hasChangedTheLock ? .unconfirmed : report.error.fault)
    }
  }

  private mutating func listed(
    _ codes: [NukiKeypadCode], total: Int, for sequel: Sequel, memory: inout NukiMemory, at date: Timestamp
  ) -> Step {
    // Somebody changed a code between two pages: together they would show what never was.
    if let before = self.listTotal, before != total { return self.listAgain(for: sequel) }
    self.listTotal = total
    self.listed += codes
    guard total <= Self.mostCodes else { return .failed(.failed(detail: "it counts more codes than any lock holds")) }
    guard self.listed.count >= total else {
      guard !codes.isEmpty else {
        return .failed(
          self.hasChangedTheLock ? .unconfirmed : .failed(detail: "it lists fewer codes than it counts"))
      }
      return .ask(
        .guarded(.requestKeypadCodes(offset: UInt16(clamping: self.listed.count), count: UInt16(Self.page))))
    }
    // An entry that was lost on the way shifts the pages: another one comes twice.
    let ids = Set(self.listed.map(\.id))
    guard ids.count == self.listed.count else { return self.listAgain(for: sequel) }
    // That a code of ours is gone is believed when two lists say so.
    if self.shortList != ids, memory.isShort(self.listed, except: self.emptied) {
      self.shortList = ids
      return self.listAgain(for: sequel)
    }
    let others = memory.others
    let readings = memory.saw(all: self.listed)
    if case .readSlots = self.command {
      memory.listedAt = date
    } else if memory.others != others {
      self.hasSeenMore = true
    }
    return self.conclude(sequel, from: readings, memory: &memory)
  }

  /// The slot whose code the lock itself said that it removed.
  private var emptied: Int? {
    guard self.hasChangedTheLock else { return nil }
    switch self.command {
    case .clear(let slot), .evict(let slot, _): return slot
    default: return nil
    }
  }

  private mutating func listAgain(for sequel: Sequel) -> Step {
    self.restarts += 1
    guard self.restarts <= Self.mostRestarts else { return .failed(self.hasChangedTheLock ? .unconfirmed : .busy) }
    return self.list(for: sequel)
  }

  private mutating func conclude(_ sequel: Sequel, from readings: [SlotReading], memory: inout NukiMemory) -> Step {
    func reading(of slot: Int) -> SlotReading {
      readings.first { $0.slot == slot } ?? SlotReading(slot: slot, contents: .empty)
    }
    switch (self.command, sequel) {
    case (.readSlots, _): return .finished(.slots(readings, changes: nil))
    case (.readSlot(let slot), _): return .finished(.slot(reading(of: slot), changes: nil))
    case (.program(let slot, let entry), .start), (.program(let slot, let entry), .duplicate):
      // What arrived without a word, or was there all along, is not written twice.
      let wanted = NukiKeypadEntry(entry, slot: slot)
      let found = reading(of: slot)
      if found.contents == .code(entry.pin), found.window == entry.window, found.name == wanted.name {
        return .finished(.slot(found, changes: nil))
      }
      if sequel == .duplicate {
        let holder = readings.first { $0.contents == .code(entry.pin) && $0.slot != slot }
        if let holder, memory.codes[slot] == nil, self.isExactly(wanted, in: holder.slot, of: memory) {
          memory.takeOver(holder.slot, into: slot)
          self.hasSeenMore = true
          return .finished(
            .slot(
              SlotReading(slot: slot, contents: holder.contents, window: holder.window, name: holder.name), changes: nil
            ))
        }
        if holder != nil || self.isSecondWrite { return .failed(.duplicateCode(slot: holder?.slot)) }
        self.isSecondWrite = true
      }
      return self.write(memory: &memory)
    case (.program(let slot, _), .unknownID):
      if memory.codes[slot] != nil || self.isSecondWrite {
        return .failed(.unsupported(detail: NukiError.badParameter.meaning))
      }
      self.isSecondWrite = true
      return self.write(memory: &memory)
    case (.claim(let slot, let pin), _):
      let found = reading(of: slot)
      if found.contents == .code(pin) { memory.claim(slot) }
      return .finished(.slot(found, changes: nil))
    case (.evict(let slot, let pin), .start) where memory.codes[slot] != nil:
      let found = reading(of: slot)
      // Another code by now: that one was not meant.
      if let pin, found.contents != .code(pin) { return .finished(.slot(found, changes: nil)) }
      memory.claim(slot)
      return self.write(memory: &memory)
    case (.evict(let slot, _), .unknownID) where memory.codes[slot] != nil:
      return .failed(NukiError.badParameter.fault)
    case (.clear(let slot), .start) where memory.codes[slot] != nil: return self.write(memory: &memory)
    case (.clear(let slot), .unknownID) where memory.codes[slot] != nil: return .failed(NukiError.badParameter.fault)
    case (.program(let slot, _), .answer), (.clear(let slot), _), (.evict(let slot, _), _):
      return .finished(.slot(reading(of: slot), changes: nil))
    default: return .failed(.unsupported(detail: "nothing to list"))
    }
  }

  /// True when a code of others is in all that can be told what is to be written: ours, of which all else was lost.
  private func isExactly(_ wanted: NukiKeypadEntry, in slot: Int, of memory: NukiMemory) -> Bool {
    guard memory.isStranger(slot), let id = memory.codes[slot]?.id else { return false }
    return self.listed.contains { $0.id == id && $0.entry.isEnabled && $0.entry.isAdded(from: wanted) }
  }

  // MARK: log

  private mutating func nextLogPage(after index: UInt32) -> Step {
    guard let newest, newest > index else { return .log(self.entries, newest: self.newest ?? 0) }
    // What is beyond is for the next command: told as the newest, it is not taken for a gap.
    guard self.entries.count < Self.mostEntries else { return .log(self.entries, newest: index) }
    self.stage = .logPage
    let count = UInt16(min(UInt32(Self.page), newest - index))
    return .ask(.guarded(.requestLog(start: index, count: count, isDescending: false, wantsTotal: false)))
  }

  private mutating func logged(_ page: [NukiLogEntry]) -> Step {
    guard case .readLog(let after) = self.command else { return .failed(.unreachable) }
    let last = self.entries.last?.index ?? after
    var fresh = page.filter { $0.index > last }.sorted { $0.index < $1.index }
    // An entry that is missing was overwritten in the lock, or lost on the way: the same is asked once more.
    let whole = fresh.indices.prefix { fresh[$0].index == last &+ 1 &+ UInt32($0) }.count
    if whole < fresh.count, !self.isSecondLook {
      self.isSecondLook = true
      fresh.removeSubrange(whole...)
      self.entries += fresh
      return self.nextLogPage(after: self.entries.last?.index ?? after)
    }
    self.isSecondLook = false
    self.entries += fresh
    guard let index = fresh.last?.index else {
      // Told as read, what the lock did not tell would be passed over without a word.
      guard !self.entries.isEmpty else { return .failed(.failed(detail: "it tells fewer log entries than it holds")) }
      return .log(self.entries, newest: last)
    }
    self.newest = max(self.newest ?? 0, index)
    return self.nextLogPage(after: index)
  }
}
