import LockCore
import LockDrivers

/// What the lock answers to requests.
extension VirtualLock {
  private static let pageBytes = 505

  mutating func answer(
    to request: VirtualLockRequest, at now: Moment, effects: inout [Effect]
  ) -> VirtualLockReply {
    if self.temperament.isBusy, request != .hello { return .refused(.busy) }
    switch request {
    case .hello: return .facts(self.facts(at: now.date))
    case .readSlots(let first): return self.page(from: first)
    case .readSlot(let slot):
      let shown = self.temperament.mixesUpSlots ? slot % self.model.slotCount + 1 : slot
      guard self.slotNumbers.contains(slot) else { return .refused(.noSuchSlot) }
      return .slot(self.reading(of: shown), changes: self.memory.changes)
    case .program(let slot, let entry):
      if let refusal = self.refusal(of: entry, for: slot) { return .refused(refusal) }
      return self.write(
        slot, Memory.Code(pin: entry.pin, window: entry.window, name: entry.name), into: &effects)
    case .clear(let slot):
      guard self.slotNumbers.contains(slot) else { return .refused(.noSuchSlot) }
      guard let code = self.memory.codes[slot] else {
        return .written(stamp: self.memory.stamps[slot] ?? 0, changes: self.memory.changes)
      }
      if self.temperament.keepsMasterCode, slot == 1 { return .refused(.unsupported) }
      let isHalf = self.temperament.clearsHalf && code.pin != nil
      return self.write(slot, isHalf ? Memory.Code(pin: nil, name: code.name) : nil, into: &effects)
    case .readLog(let after, let limit):
      var room = Self.pageBytes
      let records = self.memory.log.filter { $0.index > after }.prefix(Int(limit)).map(\.told).prefix { record in
        room -= record.isOfOfflineCode ? 22 : 16
        return room >= 0
      }
      return .log(Array(records), newest: self.memory.newestRecord)
    case .lock, .unlock:
      guard !self.temperament.isJammed else { return .refused(.jammed) }
      guard request == .lock || self.memory.isPrivate != true else { return .refused(.privacyMode) }
      self.moveBolt(home: request == .lock, by: .remote, whose: nil, at: now, into: &effects)
      return .bolt(self.state, isLockedOut: self.isLockedOut)
    case .setTime(let date):
      self.setClock(to: date, at: now, into: &effects)
      return .timeSet
    }
  }

  func facts(at date: Timestamp) -> VirtualLockFacts {
    VirtualLockFacts(
      identity: self.model.identity, slotCount: self.model.slotCount,
      storesWindows: self.temperament.storesWindows, tellsPINs: self.temperament.tellsPINs, drivesBolt: true,
      pins: self.model.pins, nameBytes: self.model.nameBytes, changes: self.memory.changes,
      newestRecord: self.memory.newestRecord, clock: self.clock(at: date), state: self.state,
      isLockedOut: self.isLockedOut, verifiesOfflineCodes: self.offline != nil)
  }

  var state: LockState {
    LockState(
      isLocked: self.memory.isLocked, isDoorOpen: self.memory.isDoorOpen,
      battery: self.model.hasBattery ? self.memory.battery : nil, isTampered: self.memory.isTampered,
      isPrivate: self.memory.isPrivate == true)
  }

  var slotNumbers: ClosedRange<Int> { 1...self.model.slotCount }

  /// Why a code is not taken for a slot; nil when it is.
  func refusal(of entry: SlotEntry, for slot: Int) -> VirtualLockRefusal? {
    guard self.slotNumbers.contains(slot) else { return .noSuchSlot }
    if let window = entry.window {
      guard self.temperament.storesWindows else { return .unsupported }
      guard window.start < window.end else { return .rejected(.window) }
    }
    switch self.model.pins.violation(of: entry.pin) {
    case .length: return .rejected(.length)
    case .constraint(let constraint): return .rejected(.constraint(constraint))
    case nil: break
    }
    guard (entry.name?.utf8.count ?? 0) <= self.model.nameBytes else { return .rejected(.name) }
    let other = self.memory.codes.filter { $0.key != slot && $0.value.pin == entry.pin }.keys.min()
    switch self.temperament.duplicates {
    case .allowed: break
    case .refused(let tellsSlot): if let other { return .duplicate(slot: tellsSlot ? other : nil) }
    case .alwaysRefused: return .duplicate(slot: nil)
    }
    return self.temperament.isFull && self.memory.codes[slot] == nil ? .full : nil
  }

  /// Stores a code or, with nil, empties the slot; and counts the change.
  mutating func store(_ code: Memory.Code?, in slot: Int, into effects: inout [Effect]) {
    self.memory.codes[slot] = code
    self.memory.stamps[slot, default: 0] &+= 1
    self.memory.changes &+= 1
    effects.append(.remember)
  }

  private mutating func write(
    _ slot: Int, _ code: Memory.Code?, into effects: inout [Effect]
  ) -> VirtualLockReply {
    let before = self.memory
    self.store(code, in: slot, into: &effects)
    let reply = VirtualLockReply.written(
      stamp: self.memory.stamps[slot] ?? 0, changes: self.memory.changes)
    if self.temperament.liesAboutWrites { self.memory = before }
    return reply
  }

  private func page(from first: Int) -> VirtualLockReply {
    guard self.slotNumbers.contains(first) else { return .refused(.noSuchSlot) }
    var readings: [SlotReading] = []
    var bytes = 0
    for slot in self.memory.codes.keys.filter({ $0 >= first && $0 <= self.model.slotCount }).sorted() {
      let reading = self.reading(of: slot)
      // Slot, stamp and flags, then the parts with their lengths.
      bytes += 7 + 21 + 16 + 1 + (reading.name?.utf8.count ?? 0)
      if bytes > Self.pageBytes {
        return .slots(readings, next: slot, changes: self.memory.changes)
      }
      readings.append(reading)
    }
    return .slots(readings, next: 0, changes: self.memory.changes)
  }

  private func reading(of slot: Int) -> SlotReading {
    let stamp = self.memory.stamps[slot] ?? 0
    guard let code = self.memory.codes[slot] else {
      return SlotReading(slot: slot, contents: .empty, stamp: stamp)
    }
    let told = self.temperament.tellsPINs ? code.pin : nil
    return SlotReading(
      slot: slot, contents: told.map(SlotContents.code) ?? .unreadable, window: code.window,
      name: code.name, stamp: stamp)
  }
}

extension LockRecord {
  fileprivate var isOfOfflineCode: Bool {
    switch self.happening {
    case .unlocked(_, .offline), .locked(_, .offline), .denied(_, .offline): true
    default: false
    }
  }
}
