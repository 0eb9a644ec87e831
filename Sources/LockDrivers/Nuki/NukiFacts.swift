import LockCore

/// What a lock said of itself, and what of it was told: each alarm when it begins and when it is over.
struct NukiFacts: Sendable {
  /// What may be wrong.
  enum Alarm: Hashable, Sendable {
    case keyRefused, securityPINRefused, batteryLow, keypadBatteryLow, keypadMissing, jammed, logOff

    func told(_ isOn: Bool) -> LockAlarm {
      switch self {
      case .keyRefused: .keyRefused(isOn)
      case .securityPINRefused: .securityPINRefused(isOn)
      case .batteryLow: .batteryLow(isOn)
      case .keypadBatteryLow: .keypadBatteryLow(isOn)
      case .keypadMissing: .keypadMissing(isOn)
      case .jammed: .jammed(isOn)
      case .logOff: .logOff(isOn)
      }
    }
  }

  /// Log entries up to this index were dated by a clock that was off by so much.
  private struct Era: Hashable, Sendable {
    var upTo: UInt32
    var offset: Duration
  }

  private var alarms: Set<Alarm> = []
  /// The states told last; nil before and after silence.
  var state: LockState?
  /// True while the lock is told to answer.
  var isReachable = false
  /// True when the states tell how the last movement ended.
  var tellsLastAction = true
  /// Index of the newest log entry that was told.
  var toldNewest: UInt32?
  /// The lock's clock less ours.
  private(set) var clockOffset: Duration = .zero
  private var eras: [Era] = []
  /// An offset that was done away with and whose last entry is not known yet.
  private var formerOffset: Duration?

  private static let mostEras = 8

  var isKeypadMissing: Bool { self.alarms.contains(.keypadMissing) }

  mutating func raise(_ alarm: Alarm, _ isOn: Bool, of lock: LockID, into effects: inout [DriverEffect]) {
    guard self.alarms.contains(alarm) != isOn else { return }
    if isOn { self.alarms.insert(alarm) } else { self.alarms.remove(alarm) }
    effects.append(.report(lock, .alarm(alarm.told(isOn))))
  }

  mutating func becameUnreachable() { (self.isReachable, self.state) = (false, nil) }

  // MARK: clock

  mutating func measured(clock: Timestamp, at date: Timestamp) { self.clockOffset = clock - date }

  /// The clock is right from now on; entries up to now were dated by the old one.
  mutating func clockWasSet(newest: UInt32?) {
    if let newest { self.close(era: self.clockOffset, at: newest) } else { self.formerOffset = self.clockOffset }
    self.clockOffset = .zero
  }

  /// The newest entry is known.
  mutating func saw(newest: UInt32) {
    if let offset = self.formerOffset { self.close(era: offset, at: newest) }
    self.formerOffset = nil
    // A log that was reset counts from the start again.
    self.eras.removeAll { $0.upTo > newest }
  }

  private mutating func close(era offset: Duration, at newest: UInt32) {
    self.eras.append(Era(upTo: newest, offset: offset))
    if self.eras.count > Self.mostEras { self.eras.removeFirst() }
  }

  private func offset(ofEntry index: UInt32) -> Duration {
    self.eras.first { index <= $0.upTo }?.offset ?? self.formerOffset ?? self.clockOffset
  }

  // MARK: log

  /// A log entry as the ledger knows records. What concerns nobody is told as such, so that no index is missing.
  /// One that the lock could not date happened before `now`, and that is all that is known.
  func record(of entry: NukiLogEntry, memory: NukiMemory, at now: Timestamp) -> LockRecord {
    let date = entry.date.map { $0 - self.offset(ofEntry: entry.index) } ?? now
    return LockRecord(index: entry.index, date: date, happening: Self.happening(of: entry, memory: memory))
  }

  private static func happening(of entry: NukiLogEntry, memory: NukiMemory) -> LockRecord.Happening {
    switch entry.event {
    case .lockAction(let action, let trigger, _, .success):
      guard let opens = action.opens else { return .other }
      return opens ? .unlocked(trigger.method, nil) : .locked(trigger.method, nil)
    case .keypad(let action, let source, let completion, let codeID):
      let slot = codeID == 0 ? nil : memory.slot(ofCode: codeID, at: entry.date).map { EntryCredential.slot($0) }
      switch completion {
      case .success:
        guard let opens = action.opens else { return .other }
        let method: EntryMethod = source == .arrowKey ? .manual : .keycode
        let whose = source == .arrowKey ? nil : slot
        return opens ? .unlocked(method, whose) : .locked(method, whose)
      case .invalidCode, .invalidFingerprint: return .denied(.unknownCode, nil)
      case .notAuthorized: return .denied(.notYetValid, slot)
      default: return .other
      }
    default: return .other
    }
  }
}

extension NukiTrigger {
  fileprivate var method: EntryMethod {
    switch self {
    case .system, .homeKit, .mqtt: .remote
    case .manual, .button: .manual
    case .automatic, .autoLock: .automatic
    default: .unknown
    }
  }
}
