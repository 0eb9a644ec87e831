public import LockCore

/// What a gateway asks of a virtual lock. Kinds 0x01...0x3F.
public enum VirtualLockRequest: Hashable, Sendable {
  /// 0x01: who are you and how are things? No payload. Never answered from the lock's memory of earlier requests.
  case hello
  /// 0x02: the occupied slots from this number on, as many as fit. `slot u16`.
  case readSlots(from: Int)
  /// 0x03: one slot. `slot u16`.
  case readSlot(Int)
  /// 0x04: store a code. `slot u16, flags u8, PIN, [window], [name]`, laid out as in ``VirtualLockReply/slot(_:changes:)``.
  case program(slot: Int, SlotEntry)
  /// 0x05: empty a slot. `slot u16`.
  case clear(slot: Int)
  /// 0x06: log records after this index, oldest first, at most so many (31 fit). `after u32, limit u8`.
  case readLog(after: UInt32, limit: UInt8)
  /// 0x07: drive the bolt home. No payload.
  case lock
  /// 0x08: draw the bolt. No payload.
  case unlock
  /// 0x09: set the clock. `UTC milliseconds i64`.
  case setTime(Timestamp)

  /// The kinds that there are.
  public static let kinds: ClosedRange<UInt8> = 0x01...0x09

  /// The kind byte, 0x01...0x3F.
  public var kind: UInt8 {
    switch self {
    case .hello: 0x01
    case .readSlots: 0x02
    case .readSlot: 0x03
    case .program: 0x04
    case .clear: 0x05
    case .readLog: 0x06
    case .lock: 0x07
    case .unlock: 0x08
    case .setTime: 0x09
    }
  }

  func write(to payload: inout VirtualLockFrame.PayloadWriter) {
    switch self {
    case .hello, .lock, .unlock: break
    case .readSlots(let slot), .readSlot(let slot), .clear(let slot): payload.put(UInt16(clamping: slot))
    case .program(let slot, let entry):
      payload.put(UInt16(clamping: slot))
      payload.put(contents: .code(entry.pin), window: entry.window, name: entry.name)
    case .readLog(let after, let limit):
      payload.put(after)
      payload.put(limit)
    case .setTime(let date): payload.put(date.milliseconds)
    }
  }

  init?(kind: UInt8, from payload: inout VirtualLockFrame.PayloadReader) {
    switch kind {
    case 0x01: self = .hello
    case 0x02:
      guard let slot = payload.take(UInt16.self) else { return nil }
      self = .readSlots(from: Int(slot))
    case 0x03:
      guard let slot = payload.take(UInt16.self) else { return nil }
      self = .readSlot(Int(slot))
    case 0x04:
      guard let slot = payload.take(UInt16.self), let stored = payload.takeContents(),
        case .code(let pin) = stored.contents
      else { return nil }
      self = .program(slot: Int(slot), SlotEntry(pin: pin, window: stored.window, name: stored.name))
    case 0x05:
      guard let slot = payload.take(UInt16.self) else { return nil }
      self = .clear(slot: Int(slot))
    case 0x06:
      guard let after = payload.take(UInt32.self), let limit = payload.take(UInt8.self) else { return nil }
      self = .readLog(after: after, limit: limit)
    case 0x07: self = .lock
    case 0x08: self = .unlock
    case 0x09:
      guard let date = payload.takeMilliseconds() else { return nil }
      self = .setTime(date)
    default: return nil
    }
  }
}
