public import LockCore

/// What a virtual lock answers. Kinds 0x80...0xFF.
public enum VirtualLockReply: Hashable, Sendable {
  /// 0x81: answers HELLO.
  case facts(VirtualLockFacts)
  /// 0x82: occupied slots, ascending, and the number to go on from; 0 on the last page.
  /// `changes u32, next u16, count u8, count × slot as in 0x83`.
  case slots([SlotReading], next: Int, changes: UInt32)
  /// 0x83: one slot. `changes u32`, then
  /// ```
  /// 2  slot
  /// 4  stamp
  /// 1  flags: 0x01 occupied, 0x02 PIN follows, 0x04 window follows, 0x08 name follows
  /// 1+n  PIN: length, ASCII digits
  /// 16   window: start, end, UTC seconds, i64 each
  /// 1+n  name: length, 0...64, UTF-8
  /// ```
  case slot(SlotReading, changes: UInt32)
  /// 0x84: a code was stored or a slot emptied. `stamp u32, changes u32`.
  case written(stamp: UInt32, changes: UInt32)
  /// 0x85: log records, oldest first. `newest u32, count u8`, then
  /// ```
  /// 4  index
  /// 8  UTC milliseconds by the lock's clock, i64
  /// 1  happening: 1 unlocked, 2 locked, 3 denied, 4 other
  /// 1  how: 1 keypad, 2 manual, 3 automatic, 4 remote, 5 card, 0 unknown;
  ///    denied: 1 unknown code, 2 expired, 3 not yet valid, 4 too many attempts, 5 strike failed
  /// 2  slot, 0 for none, 0xFFFF for an offline code, which follows: start hour u32, its slot u16
  /// ```
  case log([LockRecord], newest: UInt32)
  /// 0x86: the bolt was driven; what the lock sees afterwards, as in ``VirtualLockNotice/state(_:isLockedOut:)``.
  case bolt(LockState, isLockedOut: Bool)
  /// 0x87: the clock was set. No payload.
  case timeSet
  /// 0x8F: the lock refuses. `code u8, detail u16`.
  case refused(VirtualLockRefusal)

  /// Stands in a log record for the slot of an offline code.
  static let offlineSlot: UInt16 = 0xFFFF

  /// The kind byte.
  var kind: UInt8 {
    switch self {
    case .facts: 0x81
    case .slots: 0x82
    case .slot: 0x83
    case .written: 0x84
    case .log: 0x85
    case .bolt: 0x86
    case .timeSet: 0x87
    case .refused: 0x8F
    }
  }

  func write(to payload: inout VirtualLockFrame.PayloadWriter) {
    switch self {
    case .facts(let facts): facts.write(to: &payload)
    case .slots(let slots, let next, let changes):
      payload.put(changes)
      payload.put(UInt16(clamping: next))
      payload.put(UInt8(clamping: slots.count))
      for slot in slots { payload.put(slot) }
    case .slot(let slot, let changes):
      payload.put(changes)
      payload.put(slot)
    case .written(let stamp, let changes):
      payload.put(stamp)
      payload.put(changes)
    case .log(let records, let newest):
      payload.put(newest)
      payload.put(UInt8(clamping: records.count))
      for record in records { payload.put(record) }
    case .bolt(let state, let isLockedOut): payload.put(state, isLockedOut: isLockedOut)
    case .timeSet: break
    case .refused(let refusal):
      let (code, detail) = refusal.wire
      payload.put(code)
      payload.put(detail)
    }
  }

  init?(kind: UInt8, from payload: inout VirtualLockFrame.PayloadReader) {
    switch kind {
    case 0x81:
      guard let facts = VirtualLockFacts(from: &payload) else { return nil }
      self = .facts(facts)
    case 0x82:
      guard let changes = payload.take(UInt32.self), let next = payload.take(UInt16.self),
        let count = payload.take(UInt8.self)
      else { return nil }
      var slots: [SlotReading] = []
      for _ in 0..<count {
        guard let slot = payload.takeSlot() else { return nil }
        slots.append(slot)
      }
      self = .slots(slots, next: Int(next), changes: changes)
    case 0x83:
      guard let changes = payload.take(UInt32.self), let slot = payload.takeSlot() else { return nil }
      self = .slot(slot, changes: changes)
    case 0x84:
      guard let stamp = payload.take(UInt32.self), let changes = payload.take(UInt32.self) else { return nil }
      self = .written(stamp: stamp, changes: changes)
    case 0x85:
      guard let newest = payload.take(UInt32.self), let count = payload.take(UInt8.self) else { return nil }
      var records: [LockRecord] = []
      for _ in 0..<count {
        guard let record = payload.takeRecord() else { return nil }
        records.append(record)
      }
      self = .log(records, newest: newest)
    case 0x86:
      guard let (state, isLockedOut) = payload.takeState() else { return nil }
      self = .bolt(state, isLockedOut: isLockedOut)
    case 0x87: self = .timeSet
    case 0x8F:
      guard let code = payload.take(UInt8.self), let detail = payload.take(UInt16.self),
        let refusal = VirtualLockRefusal(code: code, detail: detail)
      else { return nil }
      self = .refused(refusal)
    default: return nil
    }
  }
}

/// What a virtual lock tells unasked. Kinds 0x40...0x7F.
public enum VirtualLockNotice: Hashable, Sendable {
  /// 0x41: somebody else changed a code; the count of changes. `changes u32`.
  case slotsChanged(UInt32)
  /// 0x42: the log grew; its newest index. `newest u32`.
  case logGrew(newest: UInt32)
  /// 0x43: bolt, door, housing, keypad or battery changed.
  /// ```
  /// 1  facts: 0x01 bolt home, 0x02 door open, 0x04 housing open, 0x08 keypad locked out
  /// 1  battery, 0...100 %; 0xFF on mains
  /// ```
  case state(LockState, isLockedOut: Bool)

  /// The kind byte.
  var kind: UInt8 {
    switch self {
    case .slotsChanged: 0x41
    case .logGrew: 0x42
    case .state: 0x43
    }
  }

  func write(to payload: inout VirtualLockFrame.PayloadWriter) {
    switch self {
    case .slotsChanged(let count), .logGrew(let count): payload.put(count)
    case .state(let state, let isLockedOut): payload.put(state, isLockedOut: isLockedOut)
    }
  }

  init?(kind: UInt8, from payload: inout VirtualLockFrame.PayloadReader) {
    switch kind {
    case 0x41:
      guard let changes = payload.take(UInt32.self) else { return nil }
      self = .slotsChanged(changes)
    case 0x42:
      guard let newest = payload.take(UInt32.self) else { return nil }
      self = .logGrew(newest: newest)
    case 0x43:
      guard let (state, isLockedOut) = payload.takeState() else { return nil }
      self = .state(state, isLockedOut: isLockedOut)
    default: return nil
    }
  }
}
