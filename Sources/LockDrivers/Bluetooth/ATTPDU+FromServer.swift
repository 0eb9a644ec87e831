extension ATTPDU {
  /// What a server sends.
  public enum FromServer: Hashable, Sendable {
    /// An attribute: its handle, and what the answer is about.
    public struct Attribute<Content: Hashable & Sendable>: Hashable, Sendable {
      /// Its handle, 1 or more.
      public var handle: UInt16
      /// A value, or a type.
      public var content: Content
    }

    /// A group of attributes.
    public struct Group: Hashable, Sendable {
      /// From the first to the last of them.
      public var handles: ClosedRange<UInt16>
      /// The value of the first.
      public var value: [UInt8]
    }

    /// 0x01: a request was refused. `opcode u8, handle u16, error u8`.
    case error(request: UInt8, handle: UInt16, ATTError)
    /// 0x03: the longest packet that the server can take. `mtu u16`.
    case mtu(UInt16)
    /// 0x05: types of attributes. `format u8 (1: UUIDs of 2 octets, 2: of 16)`, then `handle u16, UUID` each.
    case information([Attribute<BluetoothUUID>])
    /// 0x09: values of one type. `length u8`, then `handle u16, value` of that length together each.
    case attributes([Attribute<[UInt8]>])
    /// 0x0B: the beginning of a value, or all of it.
    case value([UInt8])
    /// 0x0D: a value from the offset on.
    case blob([UInt8])
    /// 0x11: groups of one type. `length u8`, then `first u16, last u16, value` of that length together each.
    case groups([Group])
    /// 0x13: written. No fields.
    case written
    /// 0x17: a piece was kept, and came in like this. `handle u16, offset u16, piece`.
    case prepared(handle: UInt16, offset: UInt16, [UInt8])
    /// 0x19: the pieces were written or dropped. No fields.
    case executed
    /// 0x1B: a value is told. `handle u16, value`.
    case notification(handle: UInt16, [UInt8])
    /// 0x1D: a value is told, to be confirmed. `handle u16, value`.
    case indication(handle: UInt16, [UInt8])
    /// 0x23: values are told. `handle u16, length u16, value` each.
    case notifications([Attribute<[UInt8]>])
    /// 0x02 and other even codes: the server, as a client, asks something. `mtu u16` in 0x02.
    case request(opcode: UInt8, mtu: UInt16?)

    /// Reads a packet of any length.
    /// - Returns: nil when it is cut short, has a tail, names handle 0, or is none that a server sends.
    public init?(_ pdu: [UInt8]) {
      guard let opcode = pdu.first else { return nil }
      var fields = Fields(rest: pdu.dropFirst())
      guard let packet = Self.read(opcode, &fields), fields.rest.isEmpty else { return nil }
      self = packet
    }

    private static func read(_ opcode: UInt8, _ fields: inout Fields) -> Self? {
      switch opcode {
      case 0x01:
        guard let request = fields.octet(), let handle = fields.number(), let error = fields.octet() else {
          return nil
        }
        return .error(request: request, handle: handle, ATTError(rawValue: error))
      case 0x03: return fields.number().map { .mtu($0) }
      case 0x05: return Self.information(&fields)
      case 0x09: return Self.attributes(&fields)
      case 0x0B: return .value(fields.all())
      case 0x0D: return .blob(fields.all())
      case 0x11: return Self.groups(&fields)
      case 0x13: return .written
      case 0x17:
        guard let handle = fields.handle(), let offset = fields.number() else { return nil }
        return .prepared(handle: handle, offset: offset, fields.all())
      case 0x19: return .executed
      case 0x1B: return fields.handle().map { .notification(handle: $0, fields.all()) }
      case 0x1D: return fields.handle().map { .indication(handle: $0, fields.all()) }
      case 0x23: return Self.notifications(&fields)
      case 0x02:
        let mtu = fields.number()
        _ = fields.all()
        return .request(opcode: opcode, mtu: mtu)
      case 0x1E: return nil
      case let other where other & 0x41 == 0:
        // Bit 6 marks commands, which get no answer; an odd code is itself an answer.
        _ = fields.all()
        return .request(opcode: other, mtu: nil)
      default: return nil
      }
    }

    private static func information(_ fields: inout Fields) -> Self? {
      guard let format = fields.octet(), format == 1 || format == 2 else { return nil }
      let entries: [Attribute<BluetoothUUID>]? = fields.entries { fields in
        guard let handle = fields.handle(), let octets = fields.octets(format == 1 ? 2 : 16),
          let uuid = BluetoothUUID(wire: octets)
        else { return nil }
        return Attribute(handle: handle, content: uuid)
      }
      return entries.map { .information($0) }
    }

    private static func attributes(_ fields: inout Fields) -> Self? {
      guard let length = fields.octet(), length >= 2 else { return nil }
      let entries: [Attribute<[UInt8]>]? = fields.entries { fields in
        guard let handle = fields.handle(), let value = fields.octets(Int(length) - 2) else { return nil }
        return Attribute(handle: handle, content: Array(value))
      }
      return entries.map { .attributes($0) }
    }

    private static func groups(_ fields: inout Fields) -> Self? {
      guard let length = fields.octet(), length >= 4 else { return nil }
      let entries: [Group]? = fields.entries { fields in
        guard let first = fields.handle(), let last = fields.number(), first <= last,
          let value = fields.octets(Int(length) - 4)
        else { return nil }
        return Group(handles: first...last, value: Array(value))
      }
      return entries.map { .groups($0) }
    }

    private static func notifications(_ fields: inout Fields) -> Self? {
      let entries: [Attribute<[UInt8]>]? = fields.entries { fields in
        guard let handle = fields.handle(), let length = fields.number(), let value = fields.octets(Int(length))
        else { return nil }
        return Attribute(handle: handle, content: Array(value))
      }
      return entries.map { .notifications($0) }
    }
  }

  /// Takes fields from the front of a packet; nil where it is too short.
  private struct Fields {
    var rest: ArraySlice<UInt8>

    mutating func octet() -> UInt8? { self.rest.popFirst() }

    mutating func number() -> UInt16? {
      guard let octets = self.octets(2), let low = octets.first, let high = octets.last else { return nil }
      return UInt16(low) | UInt16(high) << 8
    }

    /// Handle 0 is no attribute's.
    mutating func handle() -> UInt16? { self.number().flatMap { $0 == 0 ? nil : $0 } }

    mutating func octets(_ count: Int) -> ArraySlice<UInt8>? {
      guard count <= self.rest.count else { return nil }
      defer { self.rest = self.rest.dropFirst(count) }
      return self.rest.prefix(count)
    }

    mutating func all() -> [UInt8] {
      defer { self.rest = [] }
      return Array(self.rest)
    }

    /// One entry or more until the packet ends; nil when the last one is cut short.
    mutating func entries<Entry>(_ entry: (inout Fields) -> Entry?) -> [Entry]? {
      var entries: [Entry] = []
      repeat {
        guard let next = entry(&self) else { return nil }
        entries.append(next)
      } while !self.rest.isEmpty
      return entries
    }
  }
}
