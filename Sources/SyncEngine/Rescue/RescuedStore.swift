internal import Foundation
internal import GRDB
public import LockCore
public import Sealing

/// What can still be read of a store that fails its check: door by door, without SQLite, from the bytes alone.
public struct RescuedStore: Sendable {
  /// What there is of one table.
  public struct Table: Sendable, Hashable {
    /// Its name.
    public var name: String
    /// How many rows were found.
    public var rows: Int
    /// How many pages or rows cannot be read; nil where it is not known where the table begins.
    public var unreadable: Int?
  }

  /// Where a code is on its lock, as far as the store knew.
  public enum Place: Sendable, Hashable {
    /// It was seen in this slot.
    case seen(slot: Int)
    /// It was written to this slot, and not seen there since.
    case written(slot: Int)
    /// This slot is its own; more cannot be read.
    case slot(Int)
    /// It has no slot.
    case none
    /// The slots of its lock cannot be read.
    case unknown
  }

  /// One code.
  public struct Code: Sendable {
    /// Its id.
    public var id: String
    /// Its name; nil for none.
    public var name: String?
    /// From when; nil for always.
    public var start: Timestamp?
    /// Until when; nil for ever.
    public var end: Timestamp?
    /// It was to be taken off the lock.
    public var isDeleting = false
    /// Others put it on the lock.
    public var isOfOthers = false
    /// Where it is.
    public var place = Place.unknown
    /// Its PIN; nil where it does not open.
    public var pin: PINCode?
    /// False for one that was found in a page to which nothing leads: it may be an earlier state of it, or be gone.
    public var isCertain = true
  }

  /// One door.
  public struct Door: Sendable {
    /// Its id.
    public var id: String
    /// Its name; nil where the table of the locks has none of this id any more.
    public var name: String?
    /// Its codes, by name.
    public var codes: [Code]
  }

  /// Every table, by name.
  public private(set) var tables: [Table] = []
  /// Every door that has a name or a code left, by name.
  public private(set) var doors: [Door] = []
  /// The id of the seal key that the store wants; nil where that cannot be read.
  public private(set) var sealKeyID: String?
  /// True when PINs could be opened.
  public private(set) var opensSecrets = false

  /// Reads what can be read.
  /// - Parameters:
  ///   - file: the bytes of the store.
  ///   - log: the bytes of its write-ahead log; empty for none.
  ///   - keys: seal keys that may be the right one.
  /// - Throws: ``Store/Fault`` when this program does not work here.
  public init(file: [UInt8], log: [UInt8], keys: [SealKey]) throws(Store.Fault) {
    let reader: Reader
    do {
      let layouts = try RescuedTables.layouts(of: try Store())
      reader = Reader(found: RescuedTables(of: DatabasePages(file: file, log: log), layouts: layouts), keys: keys)
    } catch {
      throw Store.Fault(error, path: "in memory")
    }
    self.tables = reader.found.found.map {
      Table(name: $0.key, rows: $0.value.rows.count + $0.value.stray.count, unreadable: $0.value.unreadable)
    }.sorted { $0.name < $1.name }
    (self.sealKeyID, self.opensSecrets) = (reader.sealKeyID, reader.seal != nil)
    self.doors = reader.doors
  }
}

/// Makes doors and codes of rows.
private struct Reader {
  typealias Place = RescuedStore.Place
  typealias Code = RescuedStore.Code
  typealias Door = RescuedStore.Door

  let found: RescuedTables
  private(set) var sealKeyID: String?
  private(set) var seal: Seal?

  init(found: RescuedTables, keys: [SealKey]) {
    self.found = found
    let wrapped = self.rows("seal").map(\.row).map {
      Seal.WrappedKey(
        generation: UInt32(clamping: $0["generation"] as Int64), keyID: $0["key_id"],
        bytes: [UInt8]($0["wrapped"] as Data))
    }
    self.sealKeyID = wrapped.last?.keyID
    for key in keys {
      // Of several data keys one may be damaged: the others open what was sealed with them.
      let good = wrapped.filter { $0.keyID == key.id && Self.opens([$0], key) != nil }
      if let seal = Self.opens(good, key) { self.seal = seal }
    }
  }

  private static func opens(_ wrapped: [Seal.WrappedKey], _ key: SealKey) -> Seal? {
    (try? Seal(wrapped, under: key)).flatMap(\.self)
  }

  /// Every door, by name.
  var doors: [Door] {
    var doors: [String: Door] = [:]
    for (row, _) in self.rows("lock") {
      let id: String = row["id"]
      doors[id] = Door(id: id, name: row["nickname"] ?? row["key"], codes: [])
    }
    var slots = self.slots()
    for (row, isCertain) in self.rows("access_code") {
      let lock: String = row["lock_id"]
      var code = self.code(row, isCertain: isCertain)
      code.isDeleting = row["is_deleting"]
      code.place =
        slots.removeValue(forKey: code.id)?.place ?? (self.found.found["slot"]?.isSound == true ? .none : .unknown)
      code.pin = self.pin(row, .accessCodePIN)
      doors[lock, default: Door(id: lock, codes: [])].codes.append(code)
    }
    // What is lost of a code its slot may still tell.
    for (id, slot) in slots {
      let (entry, window) = (slot.entry, slot.entry?.window)
      doors[slot.lock, default: Door(id: slot.lock, codes: [])].codes.append(
        Code(
          id: id, name: entry?.name, start: window?.start, end: window?.end, place: slot.place, pin: entry?.pin,
          isCertain: slot.isCertain))
    }
    for (row, isCertain) in self.rows("stranger") {
      let lock: String = row["lock_id"]
      var code = self.code(row, isCertain: isCertain)
      (code.isOfOthers, code.place) = (true, .seen(slot: row["slot"]))
      code.pin = self.pin(row, .strangerPIN)
      doors[lock, default: Door(id: lock, codes: [])].codes.append(code)
    }
    return doors.values.map { door in
      var door = door
      door.codes.sort { ($0.name ?? "", $0.id) < ($1.name ?? "", $1.id) }
      return door
    }.sorted { ($0.name ?? "\u{10FFFF}", $0.id) < ($1.name ?? "\u{10FFFF}", $1.id) }
  }

  private func code(_ row: Row, isCertain: Bool) -> Code {
    Code(
      id: row["id"], name: row["name"], start: (row["starts_at"] as Int64?).map(Timestamp.init(milliseconds:)),
      end: (row["ends_at"] as Int64?).map(Timestamp.init(milliseconds:)), isCertain: isCertain)
  }

  private func pin(_ row: Row, _ column: SealedColumn) -> PINCode? {
    guard let seal, let sealed: Data = row[column.name] else { return nil }
    return (try? column.text(sealed, row: row["id"], with: seal)).flatMap { PINCode($0) }
  }

  private struct HeldSlot {
    var lock: String
    var place: Place
    var entry: SlotEntry?
    var isCertain: Bool
  }

  /// Where each code is, by its id.
  private func slots() -> [String: HeldSlot] {
    self.rows("slot").reduce(into: [:]) { slots, found in
      guard let holder: String = found.row["holder"] else { return }
      var held = HeldSlot(lock: found.row["lock_id"], place: .slot(found.row["number"]), isCertain: found.isCertain)
      if let seal, let slot = try? SlotRecord(found.row, seal) {
        held.entry = slot.written?.entry
        var isSeen = slot.written?.isProven == true
        if case .code(let pin)? = slot.observed?.reading.contents { isSeen = isSeen || pin == held.entry?.pin }
        held.place = isSeen ? .seen(slot: slot.number) : .written(slot: slot.number)
      }
      slots[holder] = held
    }
  }

  /// The rows of a table, each once: what its tree leads to, else the newest of what was found.
  private func rows(_ table: String) -> [(row: Row, isCertain: Bool)] {
    guard let found = self.found.found[table] else { return [] }
    func id(_ row: Row) -> String {
      switch table {
      case "slot": "\(row["lock_id"] as String)/\(row["number"] as Int64)"
      case "seal": "\(row["generation"] as Int64)"
      default: row["id"]
      }
    }
    var rows: [String: (row: Row, isCertain: Bool)] = [:]
    for row in found.stray {
      let known = rows[id(row)]?.row
      let isOlder = table == "access_code" && (known?["revision"] as Int64? ?? 0) > row["revision"] as Int64
      if !isOlder { rows[id(row)] = (row, false) }
    }
    for row in found.rows { rows[id(row)] = (row, true) }
    return rows.sorted { $0.key < $1.key }.map(\.value)
  }
}
