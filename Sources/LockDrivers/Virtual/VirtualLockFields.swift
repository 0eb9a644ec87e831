import LockCore

/// The fields that several VKL payloads share, as they are laid out in ``VirtualLockReply`` and ``VirtualLockNotice``.
extension VirtualLockFrame.PayloadWriter {
  mutating func put(_ slot: SlotReading) {
    self.put(UInt16(clamping: slot.slot))
    self.put(slot.stamp ?? 0)
    self.put(contents: slot.contents, window: slot.window, name: slot.name)
  }

  mutating func put(contents: SlotContents, window: TimeWindow?, name: String?) {
    var flags: UInt8 = 0
    switch contents {
    case .empty:
      self.put(flags)
      return
    case .code: flags = 0x03
    case .unreadable: flags = 0x01
    }
    if window != nil { flags |= 0x04 }
    if name != nil { flags |= 0x08 }
    self.put(flags)
    if case .code(let pin) = contents { self.put(pin.digits, limit: 20) }
    if let window {
      let seconds = window.widened(to: .seconds(1))
      self.put(seconds.start.milliseconds / 1000)
      self.put(seconds.end.milliseconds / 1000)
    }
    if let name { self.put(name, limit: VirtualLockFacts.maximumNameBytes) }
  }

  mutating func put(_ record: LockRecord) {
    self.put(record.index ?? 0)
    self.put(record.date.milliseconds)
    let (happening, how, credential): (UInt8, UInt8, EntryCredential?) =
      switch record.happening {
      case .unlocked(let method, let credential): (1, method.virtualLockByte, credential)
      case .locked(let method, let credential): (2, method.virtualLockByte, credential)
      case .denied(let reason, let credential): (3, reason.virtualLockByte, credential)
      case .other: (4, 0, nil)
      }
    self.put(happening)
    self.put(how)
    switch credential {
    case .slot(let slot): self.put(UInt16(clamping: slot))
    case .offline(let code):
      self.put(VirtualLockReply.offlineSlot)
      self.put(UInt32(clamping: code.startHour))
      self.put(UInt16(clamping: code.slot))
    case .code, nil: self.put(UInt16(0))
    }
  }

  mutating func put(_ state: LockState, isLockedOut: Bool) {
    var facts: UInt8 = 0
    if state.isLocked == true { facts |= 0x01 }
    if state.isDoorOpen == true { facts |= 0x02 }
    if state.isTampered == true { facts |= 0x04 }
    if isLockedOut { facts |= 0x08 }
    if state.isPrivate == true { facts |= 0x10 }
    self.put(facts)
    self.put(state.battery.map { UInt8(max(0, min(1, $0)) * 100 + 0.5) } ?? 0xFF)
  }
}

extension VirtualLockFrame.PayloadReader {
  mutating func takeSlot() -> SlotReading? {
    guard let slot = self.take(UInt16.self), slot > 0, let stamp = self.take(UInt32.self),
      let stored = self.takeContents(), stored.window.map({ $0.start < $0.end }) ?? true
    else { return nil }
    return SlotReading(
      slot: Int(slot), contents: stored.contents, window: stored.window, name: stored.name, stamp: stamp)
  }

  mutating func takeContents() -> (contents: SlotContents, window: TimeWindow?, name: String?)? {
    guard let flags = self.take(UInt8.self), flags & ~0x0F == 0 else { return nil }
    guard flags & 0x01 != 0 else { return flags == 0 ? (.empty, nil, nil) : nil }
    var contents = SlotContents.unreadable
    if flags & 0x02 != 0 {
      guard let digits = self.takeText(limit: 20), let pin = PINCode(digits) else { return nil }
      contents = .code(pin)
    }
    var window: TimeWindow?
    if flags & 0x04 != 0 {
      guard let start = self.takeSeconds(), let end = self.takeSeconds() else { return nil }
      window = TimeWindow(start: start, end: end)
    }
    var name: String?
    if flags & 0x08 != 0 {
      guard let text = self.takeText(limit: VirtualLockFacts.maximumNameBytes) else { return nil }
      name = text
    }
    return (contents, window, name)
  }

  mutating func takeRecord() -> LockRecord? {
    guard let index = self.take(UInt32.self), let date = self.takeMilliseconds(),
      let happening = self.take(UInt8.self), let how = self.take(UInt8.self),
      let slot = self.take(UInt16.self)
    else { return nil }
    var credential = slot == 0 ? nil : EntryCredential.slot(Int(slot))
    if slot == VirtualLockReply.offlineSlot {
      guard let start = self.take(UInt32.self), let term = self.take(UInt16.self),
        let code = OfflineCode(startHour: Int(start), slot: Int(term))
      else { return nil }
      credential = .offline(code)
    }
    switch happening {
    case 1, 2:
      guard let method = EntryMethod(virtualLockByte: how) else { return nil }
      return LockRecord(
        index: index, date: date,
        happening: happening == 1 ? .unlocked(method, credential) : .locked(method, credential))
    case 3:
      guard let reason = DenialReason(virtualLockByte: how) else { return nil }
      return LockRecord(index: index, date: date, happening: .denied(reason, credential))
    case 4: return LockRecord(index: index, date: date, happening: .other)
    default: return nil
    }
  }

  mutating func takeState() -> (LockState, isLockedOut: Bool)? {
    guard let facts = self.take(UInt8.self), facts & ~0x1F == 0, let battery = self.take(UInt8.self),
      battery <= 100 || battery == 0xFF
    else { return nil }
    let state = LockState(
      isLocked: facts & 0x01 != 0, isDoorOpen: facts & 0x02 != 0,
      battery: battery == 0xFF ? nil : Double(battery) / 100, isTampered: facts & 0x04 != 0,
      isPrivate: facts & 0x10 != 0)
    return (state, facts & 0x08 != 0)
  }

  /// A date in UTC milliseconds between the years 0000 and 9999.
  mutating func takeMilliseconds() -> Timestamp? {
    guard let milliseconds = self.take(Int64.self) else { return nil }
    let date = Timestamp(milliseconds: milliseconds)
    return (Timestamp.distantPast...Timestamp.distantFuture).contains(date) ? date : nil
  }

  private mutating func takeSeconds() -> Timestamp? {
    guard let seconds = self.take(Int64.self) else { return nil }
    let (milliseconds, overflow) = seconds.multipliedReportingOverflow(by: 1000)
    let date = Timestamp(milliseconds: milliseconds)
    // A window's end rounded up may lie one second past the last instant of the time line.
    guard !overflow, Timestamp.distantPast <= date, milliseconds <= Timestamp.distantFuture.milliseconds + 1 else {
      return nil
    }
    return date
  }
}

extension EntryMethod {
  private static let wireOrder: [EntryMethod] = [.unknown, .keycode, .manual, .automatic, .remote, .card]

  fileprivate var virtualLockByte: UInt8 { UInt8(clamping: Self.wireOrder.firstIndex(of: self) ?? 0) }

  fileprivate init?(virtualLockByte byte: UInt8) {
    guard Int(byte) < Self.wireOrder.count else { return nil }
    self = Self.wireOrder[Int(byte)]
  }
}

extension DenialReason {
  private static let wireOrder: [DenialReason] = [
    .unknownCode, .expiredCode, .notYetValid, .tooManyAttempts, .strikeFailed, .privacyMode,
  ]

  fileprivate var virtualLockByte: UInt8 { UInt8(clamping: (Self.wireOrder.firstIndex(of: self) ?? 0) + 1) }

  fileprivate init?(virtualLockByte byte: UInt8) {
    guard byte >= 1, Int(byte) <= Self.wireOrder.count else { return nil }
    self = Self.wireOrder[Int(byte) - 1]
  }
}
