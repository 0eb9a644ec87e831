import LockCore

/// What a driver keeps through restarts: which code of the lock sits in which slot, which codes sat there before, and
/// what may have been added without a word.
///
/// The lock numbers its codes itself; slots are ours alone. Codes of others get slots from the top down.
struct NukiMemory: Hashable, Sendable {
  /// A code that the lock holds.
  struct Code: Hashable, Sendable {
    var id: UInt16
    /// With `id` it names the code for good: whether a lock gives an id anew is not known.
    var createdAt: Timestamp?
    /// False for a code of others, which is never touched.
    var isOurs: Bool
    /// Where in the lock's list it was seen last.
    var place: Int
  }

  /// A code that the lock held before: its log may still tell of it.
  struct Tombstone: Hashable, Sendable {
    var id: UInt16
    var createdAt: Timestamp?
    var slot: Int
    var isOurs: Bool
  }

  /// A code that was about to be added when the lock was last heard of.
  struct Pending: Hashable, Sendable {
    var slot: Int
    var entry: NukiKeypadEntry
    /// When that was, by the lock's clock; nil when it was not known.
    var since: Timestamp?
  }

  private(set) var codes: [Int: Code] = [:]
  private(set) var tombstones: [Tombstone] = []
  private(set) var pending: [Pending] = []
  /// What was written to the slots before all else was forgotten; over with the next list. Not kept.
  private var written: [Int: NukiKeypadEntry] = [:]
  /// How many codes the lock held when it last said so.
  var total = 0
  /// The count of configuration changes that was seen last.
  private(set) var configUpdates: UInt8?
  /// Our own writes since then; some locks count them, too.
  private(set) var ownWrites: UInt8 = 0
  /// By which clocks log entries were dated.
  var eras = NukiEras()
  /// When all codes were last listed.
  var listedAt: Timestamp?

  static let slots = 1...200
  private static let mostTombstones = 400
  private static let version: UInt8 = 2
  /// An added code may seem to be older than its addition by so much.
  private static let clockSlack: Duration = .minutes(1)

  init() {}

  /// Begins where nothing was kept, with what was written to the slots: by it our own codes are known again.
  init(written: [Int: SlotEntry]) {
    for (slot, entry) in written where Self.slots.contains(slot) {
      self.written[slot] = NukiKeypadEntry(entry, slot: slot)
    }
  }

  func isStranger(_ slot: Int) -> Bool { self.codes[slot]?.isOurs == false }
  /// The ids of the codes of others.
  var others: Set<UInt16> { Set(self.codes.values.lazy.filter { !$0.isOurs }.map(\.id)) }
  func isPending(_ slot: Int) -> Bool { self.pending.contains { $0.slot == slot } }

  /// A code is about to be added.
  /// - Parameter date: now, by the lock's clock.
  mutating func intend(_ entry: NukiKeypadEntry, in slot: Int, at date: Timestamp?) {
    self.pending.removeAll { $0.slot == slot }
    self.pending.append(Pending(slot: slot, entry: entry, since: date))
  }

  /// The code in a slot is about to be changed: whether its date of creation stays is not known.
  mutating func willUpdate(_ slot: Int) { self.codes[slot]?.createdAt = nil }

  /// The lock has acknowledged a change of its codes.
  mutating func wrote() { self.ownWrites &+= 1 }

  /// Takes in the count of configuration changes.
  /// - Returns: true when somebody else changed something since it was taken in last.
  mutating func counted(configUpdates count: UInt8) -> Bool {
    let known = self.configUpdates
    let isOurs = known == nil || known == count || known.map { $0 &+ self.ownWrites } == count
    (self.configUpdates, self.ownWrites) = (count, 0)
    return !isOurs
  }

  /// The lock has not taken it.
  mutating func renounce(_ slot: Int) { self.pending.removeAll { $0.slot == slot } }

  /// The lock has added it, at the end of its list, which is to tell when it was created.
  mutating func added(_ id: UInt16, in slot: Int) {
    self.renounce(slot)
    self.bury(slot)
    self.codes[slot] = Code(id: id, createdAt: nil, isOurs: true, place: self.total)
    self.total += 1
  }

  /// The code of others in a slot is ours from now on.
  mutating func claim(_ slot: Int) { self.codes[slot]?.isOurs = true }

  /// A code of others turns out to be what we have put into a slot, which is free.
  mutating func takeOver(_ stranger: Int, into slot: Int) {
    guard self.isStranger(stranger), self.codes[slot] == nil, var code = self.codes.removeValue(forKey: stranger) else {
      return
    }
    code.isOurs = true
    self.codes[slot] = code
  }

  /// True when a list lacks a code of ours, but for the one in a slot that was just emptied.
  func isShort(_ list: [NukiKeypadCode], except emptied: Int?) -> Bool {
    self.codes.contains { slot, known in
      known.isOurs && slot != emptied && !list.contains { self.isSame(known, $0) }
    }
  }

  /// Takes in one listed code; nil when it is not the one that the slot is known to hold.
  mutating func saw(_ code: NukiKeypadCode, at place: Int, in slot: Int) -> SlotReading? {
    guard let known = self.codes[slot], self.isSame(known, code) else { return nil }
    self.codes[slot]?.place = place
    self.codes[slot]?.createdAt = code.createdAt
    return code.reading(in: slot, isOurs: known.isOurs)
  }

  /// Takes in the whole list: finds known codes, adopts what was added without a word and what was ours before, gives
  /// slots to the codes of others, and buries what is gone. Nothing is pending afterwards.
  mutating func saw(all list: [NukiKeypadCode]) -> [SlotReading] {
    var readings: [SlotReading] = []
    var unknown: [(place: Int, code: NukiKeypadCode)] = []
    var seen: Set<Int> = []
    for (place, code) in list.enumerated() {
      guard let slot = self.codes.first(where: { !seen.contains($0.key) && self.isSame($0.value, code) })?.key else {
        unknown.append((place, code))
        continue
      }
      self.codes[slot]?.place = place
      self.codes[slot]?.createdAt = code.createdAt
      seen.insert(slot)
      readings.append(code.reading(in: slot, isOurs: !self.isStranger(slot)))
    }
    for slot in self.codes.keys where !seen.contains(slot) { self.bury(slot) }
    var strangers: [(place: Int, code: NukiKeypadCode)] = []
    for (place, code) in unknown {
      guard let (slot, isOurs) = self.place(of: code) else {
        strangers.append((place, code))
        continue
      }
      self.tombstones.removeAll { $0.id == code.id && $0.createdAt == code.createdAt && $0.slot == slot }
      self.codes[slot] = Code(id: code.id, createdAt: code.createdAt, isOurs: isOurs, place: place)
      readings.append(code.reading(in: slot, isOurs: isOurs))
    }
    (self.pending, self.written) = ([], [:])
    for (place, code) in strangers {
      // Where a code of ours was last, ours is put again.
      let lastOurs = Set(self.tombstones.lazy.filter(\.isOurs).map(\.slot))
      let free = Self.slots.filter { self.codes[$0] == nil }
      guard let slot = free.last(where: { !lastOurs.contains($0) }) ?? free.last else { break }
      self.codes[slot] = Code(id: code.id, createdAt: code.createdAt, isOurs: false, place: place)
      readings.append(code.reading(in: slot, isOurs: false))
    }
    self.total = list.count
    return readings.sorted { $0.slot < $1.slot }
  }

  /// The free slot that a code which sits in none belongs to: what was added without a word, what was there before
  /// under the same id and date, what was written before all else was forgotten.
  private func place(of code: NukiKeypadCode) -> (slot: Int, isOurs: Bool)? {
    if let intent = self.pending.first(where: { self.codes[$0.slot] == nil && Self.isAdded(code, from: $0) }) {
      return (intent.slot, true)
    }
    let tombstone = self.tombstones.last {
      $0.id == code.id && $0.createdAt != nil && $0.createdAt == code.createdAt && self.codes[$0.slot] == nil
    }
    if let tombstone { return (tombstone.slot, tombstone.isOurs) }
    let slot = self.written.keys.sorted().first {
      self.codes[$0] == nil && self.written[$0].map(code.entry.isAdded(from:)) == true
    }
    return slot.map { ($0, true) }
  }

  /// True for what was to be added. The lock may give names and limits back in another form; then the digits tell, of
  /// a code that was created since.
  private static func isAdded(_ code: NukiKeypadCode, from pending: Pending) -> Bool {
    if code.entry.isAdded(from: pending.entry) { return true }
    guard code.entry.code == pending.entry.code, let since = pending.since, let createdAt = code.createdAt else {
      return false
    }
    return createdAt >= since - Self.clockSlack
  }

  /// The slot that a code sat in when it was used; `date` is by the lock's own clock.
  func slot(ofCode id: UInt16, at date: Timestamp?) -> Int? {
    let buried = self.tombstones.filter { $0.id == id }.map { (slot: $0.slot, createdAt: $0.createdAt) }
    let living = self.codes.filter { $0.value.id == id }.map { (slot: $0.key, createdAt: $0.value.createdAt) }
    let candidates = buried + living
    guard let date else { return candidates.last?.slot }
    return (candidates.last { $0.createdAt.map { $0 <= date } ?? true } ?? candidates.last)?.slot
  }

  private func isSame(_ known: Code, _ listed: NukiKeypadCode) -> Bool {
    known.id == listed.id
      && (known.createdAt == nil || listed.createdAt == nil || known.createdAt == listed.createdAt)
  }

  private mutating func bury(_ slot: Int) {
    guard let code = self.codes.removeValue(forKey: slot) else { return }
    self.tombstones.append(Tombstone(id: code.id, createdAt: code.createdAt, slot: slot, isOurs: code.isOurs))
    if self.tombstones.count > Self.mostTombstones { self.tombstones.removeFirst() }
  }
}

// MARK: - As bytes

/// ```
/// 0  1  version, 2     1  2  total     3  1  1 when configuration changes were counted    4  1  their count
/// 5  1  own writes     6  8  listed at, ms since 1970, 0 never
/// 14 2  codes:      slot 1, id 2, created 8, 1 when ours 1, place 2
///    2  tombstones: slot 1, id 2, created 8, 1 when ours 1
///    2  pending:    slot 1, since 8, entry 45 (``NukiKeypadEntry``, with enabled)
///    n  ``NukiEras``
/// ```
///
/// All that is not `pending` is no secret; what is pending holds PINs.
extension NukiMemory {
  var bytes: [UInt8] {
    var writer = NukiWriter(bytes: [Self.version])
    writer.put(UInt16(clamping: self.total))
    writer.put(self.configUpdates != nil)
    writer.put(self.configUpdates ?? 0)
    writer.put(self.ownWrites)
    writer.put(milliseconds: self.listedAt)
    writer.put(UInt16(clamping: self.codes.count))
    for (slot, code) in self.codes.sorted(by: { $0.key < $1.key }) {
      writer.put(UInt8(clamping: slot))
      writer.put(code.id)
      writer.put(milliseconds: code.createdAt)
      writer.put(code.isOurs)
      writer.put(UInt16(clamping: code.place))
    }
    writer.put(UInt16(clamping: self.tombstones.count))
    for tombstone in self.tombstones {
      writer.put(UInt8(clamping: tombstone.slot))
      writer.put(tombstone.id)
      writer.put(milliseconds: tombstone.createdAt)
      writer.put(tombstone.isOurs)
    }
    writer.put(UInt16(clamping: self.pending.count))
    for pending in self.pending {
      writer.put(UInt8(clamping: pending.slot))
      writer.put(milliseconds: pending.since)
      pending.entry.write(to: &writer, withEnabled: true)
    }
    self.eras.write(to: &writer)
    return writer.bytes
  }

  /// Reads what was kept.
  /// - Returns: nil for anything else: the lock's list tells again what is there, and all of it as codes of others.
  init?(bytes: [UInt8]) {
    var reader = NukiReader(bytes)
    guard reader.byte() == Self.version, let total = reader.take(UInt16.self), let hasUpdates = reader.flag(),
      let updates = reader.byte(), let ownWrites = reader.byte(), let listedAt = reader.milliseconds(),
      let count = reader.take(UInt16.self)
    else { return nil }
    self.total = Int(total)
    self.configUpdates = hasUpdates ? updates : nil
    self.ownWrites = ownWrites
    self.listedAt = listedAt
    for _ in 0..<count {
      guard let slot = reader.slot(), let id = reader.take(UInt16.self), let createdAt = reader.milliseconds(),
        let isOurs = reader.flag(), let place = reader.take(UInt16.self)
      else { return nil }
      self.codes[slot] = Code(id: id, createdAt: createdAt, isOurs: isOurs, place: Int(place))
    }
    guard let buried = reader.take(UInt16.self) else { return nil }
    for _ in 0..<buried {
      guard let slot = reader.slot(), let id = reader.take(UInt16.self), let createdAt = reader.milliseconds(),
        let isOurs = reader.flag()
      else { return nil }
      self.tombstones.append(Tombstone(id: id, createdAt: createdAt, slot: slot, isOurs: isOurs))
    }
    guard let intended = reader.take(UInt16.self) else { return nil }
    for _ in 0..<intended {
      guard let slot = reader.slot(), let since = reader.milliseconds(),
        let entry = NukiKeypadEntry(&reader, withEnabled: true)
      else { return nil }
      self.pending.append(Pending(slot: slot, entry: entry, since: since))
    }
    guard let eras = NukiEras(&reader) else { return nil }
    self.eras = eras
    guard reader.left == 0, self.tombstones.count <= Self.mostTombstones else { return nil }
  }
}

extension NukiWriter {
  fileprivate mutating func put(milliseconds date: Timestamp?) { self.put(date?.milliseconds ?? 0) }
}

extension NukiReader {
  fileprivate mutating func milliseconds() -> Timestamp?? {
    self.take(Int64.self).map { $0 == 0 ? nil : Timestamp(milliseconds: $0) }
  }

  fileprivate mutating func slot() -> Int? {
    self.byte().flatMap { NukiMemory.slots.contains(Int($0)) ? Int($0) : nil }
  }
}

// MARK: - Codes and slots

extension NukiKeypadEntry {
  /// What is sent for an entry of the ledger: a name is never empty, and a limited code always has both dates.
  init(_ entry: SlotEntry, slot: Int) {
    let name = entry.name.map { $0.prefix(utf8Bytes: Self.nameBytes) } ?? ""
    self.init(code: entry.pin, name: name.isEmpty ? "Code \(slot)" : name)
    if let window = entry.window {
      self.limits = Limits(from: window.start.inWholeSeconds, until: window.end.inWholeSeconds)
    }
  }

  /// True when a listed code is what was to be added, as far as a lock keeps names.
  func isAdded(from intended: NukiKeypadEntry) -> Bool {
    self.code == intended.code && self.trimmedName == intended.trimmedName && self.limits == intended.limits
  }

  private var trimmedName: Substring {
    var name = self.name.prefix { $0 != "\0" }
    while name.last?.isWhitespace == true { name.removeLast() }
    while name.first?.isWhitespace == true { name.removeFirst() }
    return name
  }

  /// The times it opens in, as far as two dates can tell. One that is kept but does not open does so at no time.
  /// - Parameter isOurs: of our own codes, whose dates are all the limits they have, any other limit shows as no time.
  fileprivate func window(isOurs: Bool) -> TimeWindow? {
    if !self.isEnabled || (isOurs && self.limits?.isRecurring == true) {
      return TimeWindow(start: .distantPast, end: .distantPast)
    }
    return self.limits.map { TimeWindow(start: $0.from ?? .distantPast, end: $0.until ?? .distantFuture) }
  }
}

extension NukiKeypadCode {
  /// The code as it sits in a slot.
  func reading(in slot: Int, isOurs: Bool) -> SlotReading {
    var reading = SlotReading(
      slot: slot, contents: .code(self.entry.code), window: self.entry.window(isOurs: isOurs),
      name: self.entry.name.isEmpty ? nil : self.entry.name)
    reading.isRestricted = !self.entry.isEnabled || self.entry.limits?.isRecurring == true
    return reading
  }
}

extension Timestamp {
  /// As it comes back from a lock, which keeps no fractions.
  fileprivate var inWholeSeconds: Timestamp { Timestamp(nukiTime: self.nukiTime) ?? self }
}
