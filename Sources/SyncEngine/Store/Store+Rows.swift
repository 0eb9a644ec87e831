internal import Foundation
internal import GRDB
internal import LockCore
internal import Sealing

/// A row that does not hold what this version writes.
struct MalformedRow: Error {
  /// Table and column.
  var column: String
}

/// The JSON of the columns that hold a structure; those with a PIN are sealed whole.
private struct AnnouncedColumn: Codable {
  struct Terms: Codable {
    var name: String?
    var pin: String
    var window: TimeWindow?
  }
  var isScheduled: Bool
  var isSet: Bool
  var isOnLock: Bool
  var isLate: Bool
  var problem: CodeRecord.Problem?
  var drift: CodeRecord.Drift?
  var confirmed: Terms?
}

private struct WrittenColumn: Codable {
  var pin: String?
  var window: TimeWindow?
  var name: String?
  var order: Int64
  var wasEmpty: Bool
  var stampBefore: UInt32?
  var isProven: Bool
  var stamp: UInt32?
  var isUnclaimed: Bool?
}

private struct ObservedColumn: Codable {
  enum Contents: String, Codable { case empty, code, unreadable }
  var contents: Contents
  var pin: String?
  var window: TimeWindow?
  var name: String?
  var stamp: UInt32?
  var order: Int64
  var date: Timestamp
  var isRestricted: Bool?
  var shownSince: Int64?
}

private func text(_ value: some Encodable) throws -> String {
  let encoder = JSONEncoder()
  encoder.outputFormatting = .sortedKeys
  return String(decoding: try encoder.encode(value), as: UTF8.self)
}

private func decode<Value: Decodable>(_ type: Value.Type, _ text: String) throws -> Value {
  try JSONDecoder().decode(type, from: Data(text.utf8))
}

private func pin(_ text: String?, _ column: String) throws -> PINCode {
  guard let pin = text.flatMap({ PINCode($0) }) else { throw MalformedRow(column: column) }
  return pin
}

private func storedWindow(_ row: Row) -> TimeWindow? {
  guard let start: Int64 = row["starts_at"], let end: Int64 = row["ends_at"] else { return nil }
  return TimeWindow(start: Timestamp(milliseconds: start), end: Timestamp(milliseconds: end))
}

extension CodeRecord {
  init(_ row: Row, _ seal: Seal) throws {
    let digits = try SealedColumn.accessCodePIN.text(row["pin"], row: row["id"], with: seal)
    self.init(
      id: AccessCodeID(rawValue: row["id"]),
      terms: Terms(name: row["name"], pin: try pin(digits, "access_code.pin"), window: storedWindow(row)),
      createdAt: Timestamp(milliseconds: row["created_at"]))
    self.revision = row["revision"]
    self.prefersNativeScheduling = row["prefers_native_scheduling"]
    self.allowsExternalModification = row["allows_external_modification"]
    self.isDeleting = row["is_deleting"]
    self.commonCodeKey = row["common_code_key"]
    self.isBackup = row["is_backup"]
    self.pulledFor = (row["pulled_for"] as String?).map(AccessCodeID.init(rawValue:))
    self.pulledBackup = (row["pulled_backup"] as String?).map(AccessCodeID.init(rawValue:))
    self.requestedAt = Timestamp(milliseconds: row["requested_at"])
    let told = try decode(
      AnnouncedColumn.self, SealedColumn.accessCodeAnnounced.text(row["announced"], row: row["id"], with: seal))
    self.announced.isScheduled = told.isScheduled
    self.announced.isSet = told.isSet
    self.announced.isOnLock = told.isOnLock
    self.announced.isLate = told.isLate
    self.announced.problem = told.problem
    self.announced.drift = told.drift
    self.announced.confirmed = try told.confirmed.map {
      Terms(name: $0.name, pin: try pin($0.pin, "access_code.announced"), window: $0.window)
    }
    self.attempt = try (row["attempt"] as String?).map { try decode(Attempt.self, $0) }
  }

  func write(lock: String, in database: Database, with seal: Seal) throws {
    let id = self.id.rawValue
    let told = AnnouncedColumn(
      isScheduled: self.announced.isScheduled, isSet: self.announced.isSet, isOnLock: self.announced.isOnLock,
      isLate: self.announced.isLate, problem: self.announced.problem, drift: self.announced.drift,
      confirmed: self.announced.confirmed.map { .init(name: $0.name, pin: $0.pin.digits, window: $0.window) })
    try database.execute(
      sql: """
        INSERT INTO access_code (id, lock_id, name, pin, starts_at, ends_at, revision, prefers_native_scheduling,
          allows_external_modification, is_deleting, common_code_key, created_at, requested_at, announced, attempt,
          is_backup, pulled_for, pulled_backup)
        VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
        ON CONFLICT (id) DO UPDATE SET name = excluded.name, pin = excluded.pin, starts_at = excluded.starts_at,
          ends_at = excluded.ends_at, revision = excluded.revision,
          prefers_native_scheduling = excluded.prefers_native_scheduling,
          allows_external_modification = excluded.allows_external_modification, is_deleting = excluded.is_deleting,
          common_code_key = excluded.common_code_key, requested_at = excluded.requested_at,
          announced = excluded.announced, attempt = excluded.attempt, is_backup = excluded.is_backup,
          pulled_for = excluded.pulled_for, pulled_backup = excluded.pulled_backup
        """,
      arguments: [
        id, lock, self.terms.name, try SealedColumn.accessCodePIN.seal(self.terms.pin.digits, row: id, with: seal),
        self.terms.window?.start.milliseconds,
        self.terms.window?.end.milliseconds, self.revision, self.prefersNativeScheduling,
        self.allowsExternalModification, self.isDeleting, self.commonCodeKey, self.createdAt.milliseconds,
        self.requestedAt.milliseconds,
        try SealedColumn.accessCodeAnnounced.seal(try text(told), row: id, with: seal),
        try self.attempt.map { try text($0) }, self.isBackup,
        self.pulledFor?.rawValue, self.pulledBackup?.rawValue,
      ])
  }
}

extension SlotRecord {
  init(_ row: Row, _ seal: Seal) throws {
    self.init(number: row["number"])
    let place = "\(row["lock_id"] as String)/\(self.number)"
    func column<Value: Decodable>(_ type: Value.Type, _ column: SealedColumn) throws -> Value? {
      try (row[column.name] as Data?).map { try decode(type, column.text($0, row: place, with: seal)) }
    }
    self.holder = (row["holder"] as String?).map(AccessCodeID.init(rawValue:))
    self.heldSince = (row["held_since"] as Int64?).map(Timestamp.init(milliseconds:))
    if let column = try column(WrittenColumn.self, .slotWritten) {
      let entry = try column.pin.map {
        SlotEntry(pin: try pin($0, "slot.written"), window: column.window, name: column.name)
      }
      self.written = Written(
        entry: entry, order: column.order, before: column.wasEmpty ? .empty : .occupied(stamp: column.stampBefore),
        isProven: column.isProven, stamp: column.stamp)
      self.written?.isUnclaimed = column.isUnclaimed ?? false
    }
    if let column = try column(ObservedColumn.self, .slotObserved) {
      let contents: SlotContents =
        switch column.contents {
        case .empty: .empty
        case .unreadable: .unreadable
        case .code: .code(try pin(column.pin, "slot.observed"))
        }
      self.observed = Observed(
        reading: SlotReading(
          slot: self.number, contents: contents, window: column.window, name: column.name, stamp: column.stamp),
        order: column.order, date: column.date, shownSince: column.shownSince)
      self.observed?.reading.isRestricted = column.isRestricted ?? false
    }
  }

  func write(lock: String, in database: Database, with seal: Seal) throws {
    let place = "\(lock)/\(self.number)"
    let written = self.written.map { written in
      var (wasEmpty, stampBefore): (Bool, UInt32?) = (true, nil)
      if case .occupied(let stamp) = written.before { (wasEmpty, stampBefore) = (false, stamp) }
      return WrittenColumn(
        pin: written.entry?.pin.digits, window: written.entry?.window, name: written.entry?.name, order: written.order,
        wasEmpty: wasEmpty, stampBefore: stampBefore, isProven: written.isProven, stamp: written.stamp,
        isUnclaimed: written.isUnclaimed ? true : nil)
    }
    let observed = self.observed.map { observed in
      let reading = observed.reading
      var (contents, pin): (ObservedColumn.Contents, String?) = (.unreadable, nil)
      switch reading.contents {
      case .empty: contents = .empty
      case .unreadable: contents = .unreadable
      case .code(let code): (contents, pin) = (.code, code.digits)
      }
      return ObservedColumn(
        contents: contents, pin: pin, window: reading.window, name: reading.name, stamp: reading.stamp,
        order: observed.order, date: observed.date,
        isRestricted: reading.isRestricted ? true : nil, shownSince: observed.shownSince)
    }
    try database.execute(
      sql: """
        INSERT OR REPLACE INTO slot (lock_id, number, holder, held_since, written, observed) VALUES (?, ?, ?, ?, ?, ?)
        """,
      arguments: [
        lock, self.number, self.holder?.rawValue, self.heldSince?.milliseconds,
        try written.map { try SealedColumn.slotWritten.seal(try text($0), row: place, with: seal) },
        try observed.map { try SealedColumn.slotObserved.seal(try text($0), row: place, with: seal) },
      ])
  }
}

extension StrangerRecord {
  init(_ row: Row, _ seal: Seal) throws {
    self.init(
      id: AccessCodeID(rawValue: row["id"]), slot: row["slot"],
      pin: try (row["pin"] as Data?).flatMap {
        PINCode(try SealedColumn.strangerPIN.text($0, row: row["id"], with: seal))
      },
      name: row["name"], window: storedWindow(row), foundAt: Timestamp(milliseconds: row["found_at"]))
    self.removal = try (row["removal"] as String?).map { try decode(Removal.self, $0) }
    self.isIrremovable = row["is_irremovable"]
  }

  func write(lock: String, in database: Database, with seal: Seal) throws {
    try database.execute(
      sql: """
        INSERT OR REPLACE INTO stranger
          (id, lock_id, slot, pin, name, starts_at, ends_at, found_at, removal, is_irremovable)
        VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
        """,
      arguments: [
        self.id.rawValue, lock, self.slot,
        try self.pin.map { try SealedColumn.strangerPIN.seal($0.digits, row: self.id.rawValue, with: seal) }, self.name,
        self.window?.start.milliseconds,
        self.window?.end.milliseconds, self.foundAt.milliseconds, try self.removal.map { try text($0) },
        self.isIrremovable,
      ])
  }
}
