public import LockCore

extension VirtualLock {
  /// What a virtual lock keeps through a loss of power: codes, log, clock and bolt. Encoded it holds PINs in clear.
  public struct Memory: Hashable, Sendable, Codable {
    /// A code in a slot. Without a PIN it is the remains of a half-done clear.
    public struct Code: Hashable, Sendable {
      /// The PIN.
      public var pin: PINCode?
      /// When it opens; nil for always.
      public var window: TimeWindow?
      /// Its name.
      public var name: String?

      /// Makes a code.
      /// - Parameters:
      ///   - pin: the PIN.
      ///   - window: when it opens.
      ///   - name: its name.
      public init(pin: PINCode?, window: TimeWindow? = nil, name: String? = nil) {
        self.pin = pin
        self.window = window
        self.name = name
      }
    }

    /// The codes by slot number.
    public var codes: [Int: Code] = [:]
    /// How often each slot was changed.
    public var stamps: [Int: UInt32] = [:]
    /// How often any slot was changed.
    public var changes: UInt32 = 0
    /// The newest log records, oldest first.
    public var log: [Record] = []
    /// The index of the newest record; 0 before the first.
    public var newestRecord: UInt32 = 0
    /// How far its clock was ahead of ours, in milliseconds, when it was last set.
    public var clockOffset: Int64 = 0
    /// When its clock was last set; nil when it never was.
    public var clockSetAt: Timestamp?
    /// True when the bolt is home.
    public var isLocked = true
    /// True when the door stands open.
    public var isDoorOpen = false
    /// True while the housing is open.
    public var isTampered = false
    /// True while somebody inside wants to be left alone; nil for no.
    public var isPrivate: Bool?
    /// Charge left, 0 to 1.
    public var battery = 1.0
    /// Which offline codes were used; nil for none. Holds no PIN.
    public var offline: [UInt8]?

    /// A lock as it comes out of its box.
    public init() {}
  }
}

extension VirtualLock.Memory {
  /// One record of the log.
  public struct Record: Hashable, Sendable {
    /// The record's number; the first is 1.
    public var index: UInt32
    /// When it happened, by the lock's clock.
    public var date: Timestamp
    /// What happened.
    public var happening: LockRecord.Happening

    /// The record as the wire tells it.
    var told: LockRecord { LockRecord(index: self.index, date: self.date, happening: self.happening) }
  }
}

extension VirtualLock.Memory.Code: Codable {
  private enum Key: String, CodingKey { case pin, window, name }

  /// Decodes the PIN's digits; anything else than 1 to 20 digits is refused.
  public init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: Key.self)
    self.window = try container.decodeIfPresent(TimeWindow.self, forKey: .window)
    self.name = try container.decodeIfPresent(String.self, forKey: .name)
    if let digits = try container.decodeIfPresent(String.self, forKey: .pin) {
      guard let pin = PINCode(digits) else {
        throw DecodingError.dataCorruptedError(forKey: .pin, in: container, debugDescription: "not a PIN")
      }
      self.pin = pin
    }
  }

  /// Encodes the PIN's digits in clear.
  public func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: Key.self)
    try container.encodeIfPresent(self.pin?.digits, forKey: .pin)
    try container.encodeIfPresent(self.window, forKey: .window)
    try container.encodeIfPresent(self.name, forKey: .name)
  }
}

extension VirtualLock.Memory.Record: Codable {
  private enum Key: String, CodingKey { case index, date, unlocked, locked, denied, slot, offline }

  /// Decodes one record.
  public init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: Key.self)
    self.index = try container.decode(UInt32.self, forKey: .index)
    self.date = try container.decode(Timestamp.self, forKey: .date)
    let slot =
      try container.decodeIfPresent(Int.self, forKey: .slot).map(EntryCredential.slot)
      ?? container.decodeIfPresent(OfflineCode.self, forKey: .offline).map(EntryCredential.offline)
    if let method = try container.decodeIfPresent(EntryMethod.self, forKey: .unlocked) {
      self.happening = .unlocked(method, slot)
    } else if let method = try container.decodeIfPresent(EntryMethod.self, forKey: .locked) {
      self.happening = .locked(method, slot)
    } else if let reason = try container.decodeIfPresent(DenialReason.self, forKey: .denied) {
      self.happening = .denied(reason, slot)
    } else {
      self.happening = .other
    }
  }

  /// Encodes one record.
  public func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: Key.self)
    try container.encode(self.index, forKey: .index)
    try container.encode(self.date, forKey: .date)
    let credential: EntryCredential?
    switch self.happening {
    case .unlocked(let method, let whose):
      try container.encode(method, forKey: .unlocked)
      credential = whose
    case .locked(let method, let whose):
      try container.encode(method, forKey: .locked)
      credential = whose
    case .denied(let reason, let whose):
      try container.encode(reason, forKey: .denied)
      credential = whose
    case .other: credential = nil
    }
    switch credential {
    case .slot(let slot): try container.encode(slot, forKey: .slot)
    case .offline(let code): try container.encode(code, forKey: .offline)
    case .code, nil: break
    }
  }
}
