internal import LockCore
internal import OfflineCodes

/// The offline codes of one door: its key, and what the gateway gave out.
struct OfflineBook: Hashable {
  let key: OfflineDoorKey
  var codes: [AccessCodeID: OfflineCodeRecord] = [:]

  /// The code that a door told of; nil for one that somebody else gave out.
  func record(of code: OfflineCode) -> OfflineCodeRecord? {
    self.codes.values.first { $0.code == code && $0.generation == self.key.generation }
  }

  /// True when these digits open, or will: nobody else may get them.
  func blocks(_ pin: PINCode, at now: Timestamp) -> Bool { self.holder(of: pin, at: now) != nil }

  /// The code that these digits are, unless it is over.
  func holder(of pin: PINCode, at now: Timestamp) -> AccessCodeID? {
    self.codes.values.first { $0.terms.pin == pin && !self.state(of: $0, at: now).isFinal }?.id
  }

  func state(of record: OfflineCodeRecord, at now: Timestamp) -> OfflineCodeRecord.State {
    record.state(at: now, generation: self.key.generation)
  }

  /// A door told that a code was used.
  mutating func used(_ id: AccessCodeID, at date: Timestamp) {
    guard let record = self.codes[id], record.usedAt.map({ date < $0 }) ?? true else { return }
    self.codes[id]?.usedAt = date
  }

  /// What is to be announced at `now`, oldest code first.
  mutating func announce(at now: Timestamp) -> [(record: OfflineCodeRecord, event: OfflineCodeRecord.Event)] {
    var told: [(record: OfflineCodeRecord, event: OfflineCodeRecord.Event)] = []
    for var record in self.codes.values where !record.told.isOver {
      let before = record.told
      let events = record.announce(at: now, generation: self.key.generation)
      if record.told != before { self.codes[record.id] = record }
      told += events.map { (record, $0) }
    }
    return told.sorted { ($0.record.createdAt, $0.record.id) < ($1.record.createdAt, $1.record.id) }
  }

  /// When one of them will next stand elsewhere.
  func nextChange(after now: Timestamp) -> Timestamp? {
    self.codes.values.compactMap { $0.nextChange(after: now) }.min()
  }
}
