/// An ATT server for tests: a table of attributes, and answers made octet by octet, without the client's codec.
struct TableServer {
  struct Attribute {
    var type: [UInt8]
    var value: [UInt8]
    /// What reading or writing it is refused with.
    var refusal: UInt8?
  }

  /// The longest packet it takes; below 23 it refuses to talk about that.
  var ownMTU: UInt16 = 247
  private(set) var mtu = 23
  /// By handle.
  var attributes: [UInt16: Attribute] = [:]
  /// The last handle of each primary service, by its first.
  var groupEnds: [UInt16: UInt16] = [:]
  /// Pieces that wait to be executed.
  private(set) var prepared: [(handle: UInt16, offset: Int, piece: [UInt8])] = []
  /// So many pieces are kept.
  var mostPrepared = 64
  /// Pieces come back with their last octet changed.
  var garblesPieces = false
  /// All that was asked.
  private(set) var requests: [[UInt8]] = []

  /// A lock with the services Generic Attribute (1...6, the hash optional) and its own (16...24), and one more
  /// behind (32...33).
  static func lock(hash: [UInt8]? = nil) -> TableServer {
    var server = TableServer()
    server.add(service: [0x01, 0x18], at: 1, end: 6)
    server.add(characteristic: [0x05, 0x2A], properties: 0x20, at: 2)
    server.attributes[4] = Attribute(type: [0x02, 0x29], value: [0, 0])
    if let hash {
      server.add(characteristic: [0x2A, 0x2B], properties: 0x02, at: 5, value: hash)
    }
    server.add(service: Self.uuid(0), at: 16, end: 24)
    server.add(characteristic: Self.uuid(1), properties: 0x2A, at: 17, value: Array("first".utf8))
    server.attributes[19] = Attribute(type: [0x01, 0x29], value: Array("description".utf8))
    server.attributes[20] = Attribute(type: [0x02, 0x29], value: [0, 0])
    server.add(characteristic: Self.uuid(2), properties: 0x16, at: 21, value: [])
    server.attributes[23] = Attribute(type: [0x02, 0x29], value: [0, 0])
    server.add(service: [0x0A, 0x18], at: 32, end: 0xFFFF)
    server.add(characteristic: [0x26, 0x2A], properties: 0x02, at: 33, value: Array("3.1".utf8))
    return server
  }

  /// A UUID of 128 bits, as packets have it.
  static func uuid(_ number: UInt8) -> [UInt8] { [0x66, 0x9A, 0x0C] + Array(repeating: 0x5A, count: 12) + [number] }

  mutating func add(service uuid: [UInt8], at handle: UInt16, end: UInt16) {
    self.attributes[handle] = Attribute(type: [0x00, 0x28], value: uuid)
    self.groupEnds[handle] = end
  }

  mutating func add(characteristic uuid: [UInt8], properties: UInt8, at handle: UInt16, value: [UInt8] = []) {
    self.attributes[handle] = Attribute(
      type: [0x03, 0x28], value: [properties] + Self.octets(handle + 1) + uuid)
    self.attributes[handle + 1] = Attribute(type: uuid, value: value)
  }

  /// A link is opened.
  mutating func linkOpened() {
    self.mtu = 23
    self.prepared = []
    self.requests = []
  }

  /// The answer to one packet; nil to a command.
  mutating func received(_ pdu: [UInt8]) -> [UInt8]? {
    self.requests.append(pdu)
    let first = pdu.count >= 3 ? UInt16(pdu[1]) | UInt16(pdu[2]) << 8 : 0
    let second = pdu.count >= 5 ? UInt16(pdu[3]) | UInt16(pdu[4]) << 8 : 0
    func refuse(_ error: UInt8) -> [UInt8] { [0x01, pdu[0]] + Self.octets(first) + [error] }
    switch pdu[0] {
    case 0x02:
      if self.ownMTU < 23 { return refuse(0x06) }
      self.mtu = Int(min(first, self.ownMTU))
      return [0x03] + Self.octets(self.ownMTU)
    case 0x04: return self.information(first...second) ?? refuse(0x0A)
    case 0x08, 0x10:
      let found = self.attributes.keys.sorted().filter {
        $0 >= first && $0 <= second && self.attributes[$0]?.type == Array(pdu[5...])
      }
      return self.list(found, opcode: pdu[0]) ?? refuse(0x0A)
    case 0x0A, 0x0C:
      guard let attribute = self.attributes[first] else { return refuse(0x01) }
      if let refusal = attribute.refusal { return refuse(refusal) }
      if second > attribute.value.count { return refuse(0x07) }
      return [pdu[0] + 1] + attribute.value.dropFirst(Int(second)).prefix(self.mtu - 1)
    case 0x12, 0x52:
      guard let attribute = self.attributes[first] else { return refuse(0x01) }
      if let refusal = attribute.refusal { return refuse(refusal) }
      self.attributes[first]?.value = Array(pdu[3...])
      return pdu[0] == 0x12 ? [0x13] : nil
    case 0x16:
      if self.prepared.count >= self.mostPrepared { return refuse(0x09) }
      if let refusal = self.attributes[first]?.refusal { return refuse(refusal) }
      self.prepared.append((first, Int(second), Array(pdu[5...])))
      var answer = pdu
      answer[0] = 0x17
      if self.garblesPieces { answer[answer.count - 1] ^= 1 }
      return answer
    case 0x18:
      defer { self.prepared = [] }
      if pdu[1] == 1 {
        for (handle, offset, piece) in self.prepared {
          let kept = self.attributes[handle]?.value.prefix(offset) ?? []
          self.attributes[handle]?.value = kept + piece
        }
      }
      return [0x19]
    case 0x1E: return nil
    default: return pdu[0] & 0x41 == 0 ? refuse(0x06) : nil
    }
  }

  private func information(_ handles: ClosedRange<UInt16>) -> [UInt8]? {
    let found = self.attributes.keys.sorted().filter { handles.contains($0) }
    guard let width = found.first.flatMap({ self.attributes[$0]?.type.count }) else { return nil }
    var answer: [UInt8] = [0x05, width == 2 ? 1 : 2]
    for handle in found {
      guard let type = self.attributes[handle]?.type, type.count == width, answer.count + 2 + width <= self.mtu
      else { break }
      answer += Self.octets(handle) + type
    }
    return answer
  }

  private func list(_ found: [UInt16], opcode: UInt8) -> [UInt8]? {
    var answer: [UInt8] = []
    for handle in found {
      let value = (self.attributes[handle]?.value ?? []).prefix(self.mtu - 4)
      let ends = opcode == 0x10 ? Self.octets(self.groupEnds[handle] ?? handle) : []
      let entry = Self.octets(handle) + ends + value
      if answer.isEmpty { answer = [opcode + 1, UInt8(entry.count)] }
      guard entry.count == answer[1], answer.count + entry.count <= self.mtu else { break }
      answer += entry
    }
    return answer.isEmpty ? nil : answer
  }

  static func octets(_ number: UInt16) -> [UInt8] { [UInt8(number & 0xFF), UInt8(number >> 8)] }
}
