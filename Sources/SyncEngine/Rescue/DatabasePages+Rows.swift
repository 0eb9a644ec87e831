internal import Foundation
internal import GRDB

/// What pages of tables hold.
extension DatabasePages {
  /// One row as it lies in a page.
  struct StoredRow {
    var id: Int64
    var values: [DatabaseValue]
  }

  /// A page of a table.
  enum TablePage {
    /// It has rows; how many more could not be read.
    case leaf([StoredRow], unreadable: Int)
    /// It says which pages have them.
    case interior([Int])
  }

  /// The page as one of a table; nil for any other, and for one that cannot be.
  func tablePage(_ number: Int) -> TablePage? {
    guard let page = self.page(number) else { return nil }
    let bytes = Array(page)
    let head = number == 1 ? 100 : 0
    let isLeaf = bytes[head] == 0x0D
    guard isLeaf || bytes[head] == 0x05 else { return nil }
    let (count, first) = (Self.short(bytes, head + 3), head + (isLeaf ? 8 : 12))
    guard first + 2 * count <= bytes.count else { return nil }
    let cells = (0..<count).map { Self.short(bytes, first + 2 * $0) }
    guard cells.allSatisfy({ $0 >= first + 2 * count && $0 + 4 < bytes.count }) else { return nil }
    if isLeaf {
      let rows = cells.map { self.row(in: bytes, at: $0) }
      return .leaf(rows.compactMap(\.self), unreadable: rows.count(where: { $0 == nil }))
    }
    return .interior(cells.map { Self.number(bytes, $0) } + [Self.number(bytes, head + 8)])
  }

  /// The pages that are free, as the file says: what they hold is out of date.
  var freePages: Set<Int> {
    guard let first = self.page(1) else { return [] }
    var (free, trunk) = (Set<Int>(), Self.number(first, 32))
    while let page = self.page(trunk), free.insert(trunk).inserted {
      for place in 0..<min(Self.number(page, 4), self.size / 4 - 2) { free.insert(Self.number(page, 8 + 4 * place)) }
      trunk = Self.number(page, 0)
    }
    return free
  }

  private func row(in page: [UInt8], at start: Int) -> StoredRow? {
    var place = start
    guard let length = Self.varint(page, &place), let id = Self.varint(page, &place), (2...(64 << 20)).contains(length),
      let payload = self.payload(Int(length), in: page, at: place), let values = Self.values(of: payload)
    else { return nil }
    return StoredRow(id: id, values: values)
  }

  /// The bytes of a row, which go on in other pages when they are many.
  private func payload(_ length: Int, in page: [UInt8], at start: Int) -> [UInt8]? {
    let most = self.size - 35
    let least = (self.size - 12) * 32 / 255 - 23
    let rest = least + (length - least) % (self.size - 4)
    let here = length <= most ? length : rest <= most ? rest : least
    guard start + here <= page.count else { return nil }
    var payload = Array(page[start..<(start + here)])
    guard here < length else { return payload }
    guard start + here + 4 <= page.count else { return nil }
    var next = Self.number(page, start + here)
    while payload.count < length {
      guard let more = self.page(next) else { return nil }
      payload += more.dropFirst(4).prefix(length - payload.count)
      next = Self.number(more, 0)
    }
    return payload
  }

  private static func values(of payload: [UInt8]) -> [DatabaseValue]? {
    var place = 0
    guard let head = Self.varint(payload, &place), (1...payload.count).contains(Int(clamping: head)) else { return nil }
    var types: [Int64] = []
    while place < Int(head) {
      guard let type = Self.varint(payload, &place), type >= 0 else { return nil }
      types.append(type)
    }
    guard place == Int(head) else { return nil }
    var values: [DatabaseValue] = []
    for type in types {
      let length: Int
      switch type {
      case 0, 8, 9: length = 0
      case 1...4: length = Int(type)
      case 5: length = 6
      case 6, 7: length = 8
      case 12...: length = Int(clamping: (type - 12) / 2)
      default: return nil
      }
      guard length <= payload.count - place else { return nil }
      let bytes = payload[place..<(place + length)]
      place += length
      switch type {
      case 0: values.append(.null)
      case 8, 9: values.append((type - 8).databaseValue)
      case 7: values.append(Double(bitPattern: bytes.reduce(0) { $0 << 8 | UInt64($1) }).databaseValue)
      case 1...6:
        let sign: Int64 = bytes.first.map { $0 & 0x80 != 0 } ?? false ? -1 : 0
        values.append(bytes.reduce(sign) { $0 << 8 | Int64($1) }.databaseValue)
      case _ where type % 2 == 0: values.append(Data(bytes).databaseValue)
      default:
        guard let text = String(validating: bytes, as: UTF8.self) else { return nil }
        values.append(text.databaseValue)
      }
    }
    return values
  }

  private static func short(_ bytes: [UInt8], _ offset: Int) -> Int { Int(bytes[offset]) << 8 | Int(bytes[offset + 1]) }

  /// A number of one to nine bytes, and moves behind it.
  private static func varint(_ bytes: [UInt8], _ place: inout Int) -> Int64? {
    var number: UInt64 = 0
    for turn in 0..<9 {
      guard place < bytes.count else { return nil }
      let byte = bytes[place]
      place += 1
      if turn == 8 { return Int64(bitPattern: number << 8 | UInt64(byte)) }
      number = number << 7 | UInt64(byte & 0x7F)
      if byte & 0x80 == 0 { return Int64(bitPattern: number) }
    }
    return nil
  }
}
