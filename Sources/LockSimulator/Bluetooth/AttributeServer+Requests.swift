/// What a server answers to each request.
extension AttributeServer {
  mutating func request(_ pdu: [UInt8]) throws(RequestFault) -> [Effect] {
    switch pdu[0] {
    case 0x02: [.send(try self.exchangeMTU(pdu))]
    case 0x04: [.send(try self.findInformation(pdu))]
    case 0x06: [.send(try self.findByTypeValue(pdu))]
    case 0x08: [.send(try self.readByType(pdu))]
    case 0x0A: [.send(try self.read(pdu))]
    case 0x0C: [.send(try self.readBlob(pdu))]
    case 0x10: [.send(try self.readByGroupType(pdu))]
    case 0x12: try self.write(pdu)
    case 0x16: [.send(try self.prepareWrite(pdu))]
    case 0x18: try self.executeWrite(pdu)
    default: throw RequestFault(.requestNotSupported)
    }
  }

  /// Takes a Write Command; a bad one is dropped without a word.
  mutating func command(_ pdu: [UInt8]) -> [Effect] {
    // 0x52 | handle 2 | value
    guard pdu[0] == 0x52, pdu.count >= 3, pdu.count <= self.mtu else { return [] }
    let handle = Self.number(pdu, at: 1)
    guard case .value(let properties, let longest) = self.table[handle]?.access,
      properties.contains(.writeWithoutResponse), pdu.count - 3 <= longest
    else { return [] }
    return [.written(handle: handle, value: Array(pdu[3...]))]
  }

  // MARK: Finding

  private mutating func exchangeMTU(_ pdu: [UInt8]) throws(RequestFault) -> [UInt8] {
    // 0x02 | MTU of the client 2 -> 0x03 | MTU of the server 2
    guard pdu.count == 3 else { throw RequestFault(.invalidPDU) }
    let theirs = Int(Self.number(pdu, at: 1))
    guard theirs >= 23 else { throw RequestFault(.invalidPDU) }
    // Once on a link (3.4.2.1): a change in the middle would cut what is under way.
    guard !self.hasExchangedMTU else { throw RequestFault(.requestNotSupported) }
    self.hasExchangedMTU = true
    self.mtu = min(theirs, self.mtuLimit)
    return [0x03] + Self.wire(UInt16(self.mtuLimit))
  }

  private func findInformation(_ pdu: [UInt8]) throws(RequestFault) -> [UInt8] {
    // 0x04 | start 2 | end 2 -> 0x05 | format 1: 1 short, 2 long | n times: handle 2, type 2 or 16
    guard pdu.count == 5 else { throw RequestFault(.invalidPDU) }
    var answer: [UInt8] = []
    for (handle, row) in try self.rows(from: pdu) {
      let type = row.type.bytes
      if answer.isEmpty { answer = [0x05, type.count == 2 ? 1 : 2] }
      guard (answer[1] == 1) == (type.count == 2), answer.count + 2 + type.count <= self.mtu else { break }
      answer += Self.wire(handle) + type
    }
    return try self.found(answer, in: pdu)
  }

  private func findByTypeValue(_ pdu: [UInt8]) throws(RequestFault) -> [UInt8] {
    // 0x06 | start 2 | end 2 | short type 2 | value -> 0x07 | n times: handle 2, end of its group 2
    guard pdu.count >= 7 else { throw RequestFault(.invalidPDU) }
    let type = AttributeUUID(wire: pdu[5..<7])
    var answer: [UInt8] = []
    for (handle, row) in try self.rows(from: pdu) where row.type == type && self.matches(row, pdu[7...]) {
      if answer.isEmpty { answer = [0x07] }
      guard answer.count + 4 <= self.mtu else { break }
      answer += Self.wire(handle) + Self.wire(row.groupEnd)
    }
    return try self.found(answer, in: pdu)
  }

  private func matches(_ row: AttributeTable.Row, _ value: ArraySlice<UInt8>) -> Bool {
    // A service may be asked for by the long form of a short name.
    if row.type == .primaryService, let asked = AttributeUUID(wire: value) {
      return AttributeUUID(wire: row.value[...]) == asked
    }
    return row.access == .declaration && row.value == Array(value)
  }

  private func readByGroupType(_ pdu: [UInt8]) throws(RequestFault) -> [UInt8] {
    // 0x10 | start 2 | end 2 | type 2 or 16 -> 0x11 | size of an entry 1 | n times: handle 2, end of group 2, value
    let type = try Self.type(in: pdu)
    let rows = try self.rows(from: pdu)
    guard type == .primaryService else {
      throw RequestFault(.unsupportedGroupType, at: Self.number(pdu, at: 1))
    }
    var answer: [UInt8] = []
    for (handle, row) in rows where row.type == type {
      let entry = Self.wire(handle) + Self.wire(row.groupEnd) + row.value
      if answer.isEmpty { answer = [0x11, UInt8(entry.count)] }
      guard entry.count == Int(answer[1]), answer.count + entry.count <= self.mtu else { break }
      answer += entry
    }
    return try self.found(answer, in: pdu)
  }

  private func readByType(_ pdu: [UInt8]) throws(RequestFault) -> [UInt8] {
    // 0x08 | start 2 | end 2 | type 2 or 16 -> 0x09 | size of an entry 1 | n times: handle 2, value
    let type = try Self.type(in: pdu)
    var answer: [UInt8] = []
    for (handle, row) in try self.rows(from: pdu) where row.type == type {
      guard let value = self.readable(handle) else {
        // Only the first one that matches may be refused; what was found before it is told.
        if answer.isEmpty { throw RequestFault(.readNotPermitted, at: handle) }
        break
      }
      let entry = Self.wire(handle) + value.prefix(min(self.mtu - 4, 253))
      if answer.isEmpty { answer = [0x09, UInt8(entry.count)] }
      guard entry.count == Int(answer[1]), answer.count + entry.count <= self.mtu else { break }
      answer += entry
    }
    return try self.found(answer, in: pdu)
  }

  // MARK: Reading

  private func read(_ pdu: [UInt8]) throws(RequestFault) -> [UInt8] {
    // 0x0A | handle 2 -> 0x0B | value
    guard pdu.count == 3 else { throw RequestFault(.invalidPDU) }
    return [0x0B] + (try self.value(of: Self.number(pdu, at: 1))).prefix(self.mtu - 1)
  }

  private func readBlob(_ pdu: [UInt8]) throws(RequestFault) -> [UInt8] {
    // 0x0C | handle 2 | offset 2 -> 0x0D | value from there on
    guard pdu.count == 5 else { throw RequestFault(.invalidPDU) }
    let handle = Self.number(pdu, at: 1)
    let offset = Int(Self.number(pdu, at: 3))
    let value = try self.value(of: handle)
    guard offset <= value.count else { throw RequestFault(.invalidOffset, at: handle) }
    return [0x0D] + value[offset...].prefix(self.mtu - 1)
  }

  private func value(of handle: UInt16) throws(RequestFault) -> [UInt8] {
    guard self.table[handle] != nil else { throw RequestFault(.invalidHandle, at: handle) }
    guard let value = self.readable(handle) else { throw RequestFault(.readNotPermitted, at: handle) }
    return value
  }

  private func readable(_ handle: UInt16) -> [UInt8]? {
    guard let row = self.table[handle] else { return nil }
    return switch row.access {
    case .declaration: row.value
    case .value(let properties, _): properties.contains(.read) ? row.value : nil
    case .configuration(let value): [self.isSubscribed(to: value) ? 2 : 0, 0]
    }
  }

  // MARK: Writing

  private mutating func write(_ pdu: [UInt8]) throws(RequestFault) -> [Effect] {
    // 0x12 | handle 2 | value -> 0x13
    guard pdu.count >= 3 else { throw RequestFault(.invalidPDU) }
    let handle = Self.number(pdu, at: 1)
    try self.checkWritable(handle)
    let effect = try self.store(Array(pdu[3...]), in: handle)
    return [.send([0x13]), effect]
  }

  private mutating func prepareWrite(_ pdu: [UInt8]) throws(RequestFault) -> [UInt8] {
    // 0x16 | handle 2 | offset 2 | part of the value -> 0x17 and the same
    guard pdu.count >= 5 else { throw RequestFault(.invalidPDU) }
    let handle = Self.number(pdu, at: 1)
    try self.checkWritable(handle)
    guard self.prepared.count < 64 else { throw RequestFault(.prepareQueueFull, at: handle) }
    self.prepared.append(
      PreparedWrite(handle: handle, offset: Int(Self.number(pdu, at: 3)), value: Array(pdu[5...])))
    return [0x17] + pdu[1...]
  }

  private mutating func executeWrite(_ pdu: [UInt8]) throws(RequestFault) -> [Effect] {
    // 0x18 | 0 forget, 1 write -> 0x19
    guard pdu.count == 2, pdu[1] <= 1 else { throw RequestFault(.invalidPDU) }
    let parts = self.prepared
    self.prepared = []
    if pdu[1] == 0 { return [.send([0x19])] }
    var values: [(handle: UInt16, value: [UInt8])] = []
    for part in parts {
      if values.last?.handle != part.handle { values.append((part.handle, [])) }
      let index = values.count - 1
      let written = values[index].value
      guard part.offset <= written.count else { throw RequestFault(.invalidOffset, at: part.handle) }
      values[index].value = written.prefix(part.offset) + part.value
      guard values[index].value.count <= 512 else { throw RequestFault(.invalidValueLength, at: part.handle) }
    }
    // All or nothing: what is wrong with a later one must be found before an earlier one is stored.
    for (handle, value) in values { try self.check(value, for: handle) }
    var effects: [Effect] = [.send([0x19])]
    for (handle, value) in values { effects.append(try self.store(value, in: handle)) }
    return effects
  }

  private func checkWritable(_ handle: UInt16) throws(RequestFault) {
    guard let row = self.table[handle] else { throw RequestFault(.invalidHandle, at: handle) }
    switch row.access {
    case .declaration: throw RequestFault(.writeNotPermitted, at: handle)
    case .value(let properties, _):
      if !properties.contains(.write) { throw RequestFault(.writeNotPermitted, at: handle) }
    case .configuration: break
    }
  }

  private func check(_ value: [UInt8], for handle: UInt16) throws(RequestFault) {
    switch self.table[handle]?.access {
    case .value(_, let longest):
      if value.count > longest { throw RequestFault(.invalidValueLength, at: handle) }
    case .configuration:
      guard value.count == 2 else { throw RequestFault(.invalidValueLength, at: handle) }
      // Bit 1 is indication, all that there is here.
      if value[0] & ~2 != 0 || value[1] != 0 { throw RequestFault(.improperlyConfigured, at: handle) }
    case .declaration, nil: throw RequestFault(.writeNotPermitted, at: handle)
    }
  }

  private mutating func store(_ value: [UInt8], in handle: UInt16) throws(RequestFault) -> Effect {
    try self.check(value, for: handle)
    guard case .configuration(let target) = self.table[handle]?.access else {
      return .written(handle: handle, value: value)
    }
    let isOn = value[0] & 2 != 0
    if isOn { self.subscriptions.insert(target) } else { self.subscriptions.remove(target) }
    return .subscribed(handle: target, isOn)
  }

  // MARK: Fields

  /// The rows between the start and end handle of a request, bytes 1 to 4.
  private func rows(from pdu: [UInt8]) throws(RequestFault) -> [(UInt16, AttributeTable.Row)] {
    let (start, end) = (Self.number(pdu, at: 1), Self.number(pdu, at: 3))
    guard start > 0, start <= end else { throw RequestFault(.invalidHandle, at: start) }
    let last = min(Int(end), self.table.rows.count)
    guard Int(start) <= last else { throw RequestFault(.attributeNotFound, at: start) }
    return (Int(start)...last).map { (UInt16($0), self.table.rows[$0 - 1]) }
  }

  private func found(_ answer: [UInt8], in pdu: [UInt8]) throws(RequestFault) -> [UInt8] {
    if answer.isEmpty { throw RequestFault(.attributeNotFound, at: Self.number(pdu, at: 1)) }
    return answer
  }

  /// The type at the end of a request, after opcode, start and end.
  private static func type(in pdu: [UInt8]) throws(RequestFault) -> AttributeUUID {
    guard pdu.count > 5, let type = AttributeUUID(wire: pdu[5...]) else { throw RequestFault(.invalidPDU) }
    return type
  }

  private static func number(_ pdu: [UInt8], at index: Int) -> UInt16 {
    UInt16(pdu[index]) | UInt16(pdu[index + 1]) << 8
  }

  private static func wire(_ number: UInt16) -> [UInt8] {
    [UInt8(truncatingIfNeeded: number), UInt8(number >> 8)]
  }
}
