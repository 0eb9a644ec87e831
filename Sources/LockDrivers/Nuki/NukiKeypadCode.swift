public import LockCore

/// What a keypad code opens with, and when.
///
/// ```
/// 0   4  code, as its decimal value
/// 4  20  name, UTF-8, padded with zeros
/// 24  1  enabled; not there in Add, where a code is enabled
/// 25  1  1 when limited
/// 26  7  from, UTC      33  7  until, UTC
/// 40  1  weekdays: 40 Mo, 20 Tu, 10 We, 08 Th, 04 Fr, 02 Sa, 01 Su; 0 every day
/// 41  2  daily from, hour and minute      43  2  daily until, both by the lock's own zone
/// ```
public struct NukiKeypadEntry: Hashable, Sendable {
  /// When a limited code opens.
  public struct Limits: Hashable, Sendable {
    /// From then on; nil for always.
    public var from: Timestamp?
    /// Until then; nil for ever.
    public var until: Timestamp?
    /// On these days: 40 Monday … 01 Sunday; 0 for every day.
    public var weekdays: UInt8 = 0
    /// From this hour and minute of a day on, by the lock's own zone.
    public var dailyFrom: [UInt8] = [0, 0]
    /// Until this hour and minute of a day, by the lock's own zone.
    public var dailyUntil: [UInt8] = [0, 0]

    /// A code between two dates.
    /// - Parameters:
    ///   - from: from then on.
    ///   - until: until then.
    public init(from: Timestamp?, until: Timestamp?) {
      self.from = from
      self.until = until
    }

    /// True when it does not open on all days, or not all day long.
    var isRecurring: Bool {
      let isEveryDay = self.weekdays == 0 || self.weekdays == 0x7F
      let isAllDay = self.dailyFrom == [0, 0] && [[0, 0], [23, 59], [24, 0]].contains(self.dailyUntil)
      return !isEveryDay || !isAllDay
    }

    init?(_ reader: inout NukiReader) {
      guard let from = reader.date(), let until = reader.date(), let weekdays = reader.byte(),
        let dailyFrom = reader.take(2), let dailyUntil = reader.take(2)
      else { return nil }
      self.init(from: from, until: until)
      self.weekdays = weekdays
      self.dailyFrom = Array(dailyFrom)
      self.dailyUntil = Array(dailyUntil)
    }

    func write(to writer: inout NukiWriter) {
      writer.put(self.from)
      writer.put(self.until)
      writer.put(self.weekdays)
      writer.put(self.dailyFrom)
      writer.put(self.dailyUntil)
    }
  }

  /// The code.
  public var code: PINCode
  /// Its name, at most 20 bytes.
  public var name: String
  /// False for a code that is kept but does not open.
  public var isEnabled = true
  /// When it opens; nil for always.
  public var limits: Limits?

  static let nameBytes = 20

  /// Makes a code.
  /// - Parameters:
  ///   - code: its digits; as a number they fit into 32 bits.
  ///   - name: its name.
  ///   - limits: when it opens.
  public init(code: PINCode, name: String, limits: Limits? = nil) {
    self.code = code
    self.name = name
    self.limits = limits
  }

  init?(_ reader: inout NukiReader, withEnabled: Bool) {
    guard let value = reader.take(UInt32.self), let code = PINCode(String(value)), let name = reader.text(20) else {
      return nil
    }
    self.init(code: code, name: name)
    if withEnabled {
      guard let isEnabled = reader.flag() else { return nil }
      self.isEnabled = isEnabled
    }
    guard let isLimited = reader.flag(), let limits = Limits(&reader) else { return nil }
    self.limits = isLimited ? limits : nil
  }

  func write(to writer: inout NukiWriter, withEnabled: Bool) {
    writer.put(Self.value(of: self.code))
    writer.put(self.name, width: Self.nameBytes)
    if withEnabled { writer.put(self.isEnabled) }
    self.writeLimits(to: &writer)
  }

  fileprivate func writeLimits(to writer: inout NukiWriter) {
    writer.put(self.limits != nil)
    var limits = self.limits ?? Limits(from: nil, until: nil)
    if self.limits == nil { limits.weekdays = 0 }
    limits.write(to: &writer)
  }

  /// A code whose digits do not fit travels as 0, which no lock takes.
  fileprivate static func value(of code: PINCode) -> UInt32 { UInt32(code.digits) ?? 0 }
}

/// A keypad code as the lock lists it.
///
/// ```
/// 0   2  id
/// 2   4  code    6  20  name    26  1  enabled
/// 27  7  created    34  7  last used    41  2  times used
/// 43  1  1 when limited
/// 44 19  limits, as in ``NukiKeypadEntry``; may be absent when not limited
/// ```
public struct NukiKeypadCode: Hashable, Sendable {
  /// The lock's own number for it.
  public var id: UInt16
  /// What it opens with, and when.
  public var entry: NukiKeypadEntry
  /// When it was added; with ``id`` it names the code for good.
  public var createdAt: Timestamp?
  /// When it was last used; nil for never.
  public var lastUsedAt: Timestamp?
  /// How often it was used.
  public var uses: UInt16

  /// Makes a listed code.
  /// - Parameters:
  ///   - id: the lock's own number for it.
  ///   - entry: what it opens with, and when.
  ///   - createdAt: when it was added.
  ///   - lastUsedAt: when it was last used.
  ///   - uses: how often it was used.
  public init(
    id: UInt16, entry: NukiKeypadEntry, createdAt: Timestamp?, lastUsedAt: Timestamp? = nil, uses: UInt16 = 0
  ) {
    self.id = id
    self.entry = entry
    self.createdAt = createdAt
    self.lastUsedAt = lastUsedAt
    self.uses = uses
  }

  /// Reads a listed code; what is behind its last field is ignored.
  /// - Returns: nil when it is too short.
  public init?(payload: [UInt8]) {
    var reader = NukiReader(payload)
    guard let id = reader.take(UInt16.self), let value = reader.take(UInt32.self), let code = PINCode(String(value)),
      let name = reader.text(20), let isEnabled = reader.flag(), let createdAt = reader.date(),
      let lastUsedAt = reader.date(), let uses = reader.take(UInt16.self), let isLimited = reader.flag()
    else { return nil }
    var entry = NukiKeypadEntry(code: code, name: name)
    entry.isEnabled = isEnabled
    if isLimited {
      guard let limits = NukiKeypadEntry.Limits(&reader) else { return nil }
      entry.limits = limits
    }
    self.init(id: id, entry: entry, createdAt: createdAt, lastUsedAt: lastUsedAt, uses: uses)
  }

  /// The listed code on the wire.
  /// - Parameter alwaysWhole: true for a lock that sends 63 bytes even where nothing is limited.
  public func payload(alwaysWhole: Bool) -> [UInt8] {
    var writer = NukiWriter()
    writer.put(self.id)
    writer.put(NukiKeypadEntry.value(of: self.entry.code))
    writer.put(self.entry.name, width: NukiKeypadEntry.nameBytes)
    writer.put(self.entry.isEnabled)
    writer.put(self.createdAt)
    writer.put(self.lastUsedAt)
    writer.put(self.uses)
    if alwaysWhole || self.entry.limits != nil {
      self.entry.writeLimits(to: &writer)
    } else {
      writer.put(false)
    }
    return writer.bytes
  }
}
