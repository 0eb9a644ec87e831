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

  private var alarms: Set<Alarm> = []
  /// The states told last; nil before and after silence.
  var state: LockState?
  /// True while the lock is told to answer.
  var isReachable = false
  /// True when the states tell how the last movement ended.
  var tellsLastAction = true
  /// True when the lock has refused to list its codes while it had no keypad.
  private(set) var isListRefused = false
  /// How many codes were too many, and when that was.
  private var full: (total: Int, at: Duration)?
  /// Index of the newest log entry that was told.
  var toldNewest: UInt32?
  /// The lock's clock less ours.
  private(set) var clockOffset: Duration = .zero
  /// The same, when ours was last known to be right: good enough to correct dates by.
  private var trustedOffset: Duration = .zero

  /// A lock that said that it is full is not asked for room again within this time.
  private static let fullTime: Duration = .hours(6)

  var isKeypadMissing: Bool { self.alarms.contains(.keypadMissing) }

  mutating func raise(_ alarm: Alarm, _ isOn: Bool, of lock: LockID, into effects: inout [DriverEffect]) {
    guard self.alarms.contains(alarm) != isOn else { return }
    if isOn { self.alarms.insert(alarm) } else { self.alarms.remove(alarm) }
    if alarm == .keypadMissing { self.isListRefused = false }
    effects.append(.report(lock, .alarm(alarm.told(isOn))))
  }

  mutating func becameUnreachable() { (self.isReachable, self.state) = (false, nil) }

  /// The lock has no room for another code.
  mutating func wasFull(holding total: Int, at now: Duration) { self.full = (total, now) }

  /// True when the lock said lately that as many codes are all it holds.
  func isFull(holding total: Int, at now: Duration) -> Bool {
    self.full.map { total >= $0.total && now - $0.at < Self.fullTime } ?? false
  }

  /// The lock does not tell its codes.
  mutating func listWasRefused() { self.isListRefused = self.isKeypadMissing }

  // MARK: clock

  mutating func measured(clock: Timestamp, at now: Moment) {
    self.clockOffset = clock - now.date
    if now.isDateTrusted { self.trustedOffset = self.clockOffset }
  }

  /// The clock is right from now on.
  mutating func clockWasSet() { (self.clockOffset, self.trustedOffset) = (.zero, .zero) }

  // MARK: log

  /// A log entry as the ledger knows records. What concerns nobody is told as such, so that no index is missing.
  /// One that the lock could not date happened before `now`, and that is all that is known.
  func record(of entry: NukiLogEntry, memory: NukiMemory, at now: Timestamp) -> LockRecord {
    let offset = memory.eras.offset(ofEntry: entry.index) ?? self.trustedOffset
    let date = entry.date.map { $0 - offset } ?? now
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
