/// Takes fields from the front of a frame's data; nil where the data is too short.
struct OSDPFields {
  private(set) var rest: ArraySlice<UInt8>

  init(_ data: ArraySlice<UInt8>) { self.rest = data }

  mutating func byte() -> UInt8? { self.rest.popFirst() }

  mutating func word() -> UInt16? {
    guard let low = self.byte(), let high = self.byte() else { return nil }
    return UInt16(low) | UInt16(high) << 8
  }

  mutating func doubleWord() -> UInt32? {
    guard let low = self.word(), let high = self.word() else { return nil }
    return UInt32(low) | UInt32(high) << 16
  }

  mutating func bytes(_ count: Int) -> ArraySlice<UInt8>? {
    guard count <= self.rest.count else { return nil }
    defer { self.rest = self.rest.dropFirst(count) }
    return self.rest.prefix(count)
  }

  /// One record or more until the data ends; nil when the last one is cut short.
  mutating func records<Record>(_ record: (inout OSDPFields) -> Record?) -> [Record]? {
    var records: [Record] = []
    repeat {
      guard let next = record(&self) else { return nil }
      records.append(next)
    } while !self.rest.isEmpty
    return records
  }

  /// As many whole records as there are; a last one that is cut short is left out.
  mutating func wholeRecords<Record>(_ record: (inout OSDPFields) -> Record?) -> [Record] {
    var records: [Record] = []
    while let next = record(&self) { records.append(next) }
    return records
  }
}
