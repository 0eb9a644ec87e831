/// Packets of the Attribute Protocol, as a client sees them (Core specification, volume 3 part F, section 3.4). The
/// first octet says what it is; handles and numbers are little endian.
public enum ATTPDU {
  /// The shortest MTU, in octets: what every peer can take before anything was agreed on.
  public static let shortestMTU: UInt16 = 23
  /// The longest MTU that is of any use: a whole value and its header.
  public static let longestMTU: UInt16 = 517
  /// No value is longer, in octets.
  public static let longestValue = 512

  static let allHandles: ClosedRange<UInt16> = 1...0xFFFF

  /// What a client sends.
  public enum FromClient: Hashable, Sendable {
    /// 0x01: refuses a request of the server's. `opcode u8, handle u16, error u8`.
    case error(request: UInt8, handle: UInt16, ATTError)
    /// 0x02: the longest packet that we can take. `mtu u16`.
    case exchangeMTU(UInt16)
    /// 0x03: the answer to the same question of the server's. `mtu u16`.
    case mtu(UInt16)
    /// 0x04: which attributes are there? `first u16, last u16`.
    case findInformation(ClosedRange<UInt16>)
    /// 0x08: handles and values of one type. `first u16, last u16, UUID`.
    case readByType(ClosedRange<UInt16>, BluetoothUUID)
    /// 0x0A: a value from its beginning. `handle u16`.
    case read(handle: UInt16)
    /// 0x0C: a value from an offset on. `handle u16, offset u16`.
    case readBlob(handle: UInt16, offset: UInt16)
    /// 0x10: groups of one type. `first u16, last u16, UUID`.
    case readByGroupType(ClosedRange<UInt16>, BluetoothUUID)
    /// 0x12: write a value. `handle u16, value`.
    case write(handle: UInt16, [UInt8])
    /// 0x16: keep a piece of a value. `handle u16, offset u16, piece`.
    case prepareWrite(handle: UInt16, offset: UInt16, [UInt8])
    /// 0x18: write the pieces that were kept, or drop them. `1 or 0`.
    case executeWrite(Bool)
    /// 0x1E: an indication has come. No fields.
    case confirmation
    /// 0x52: write a value, without an answer. `handle u16, value`.
    case writeCommand(handle: UInt16, [UInt8])

    /// The first octet.
    public var opcode: UInt8 {
      switch self {
      case .error: 0x01
      case .exchangeMTU: 0x02
      case .mtu: 0x03
      case .findInformation: 0x04
      case .readByType: 0x08
      case .read: 0x0A
      case .readBlob: 0x0C
      case .readByGroupType: 0x10
      case .write: 0x12
      case .prepareWrite: 0x16
      case .executeWrite: 0x18
      case .confirmation: 0x1E
      case .writeCommand: 0x52
      }
    }

    /// The whole packet.
    public var bytes: [UInt8] {
      var bytes = [self.opcode]
      func put(_ number: UInt16) { bytes += [UInt8(truncatingIfNeeded: number), UInt8(number >> 8)] }
      func put(_ range: ClosedRange<UInt16>) {
        put(range.lowerBound)
        put(range.upperBound)
      }
      switch self {
      case .error(let request, let handle, let error):
        bytes.append(request)
        put(handle)
        bytes.append(error.rawValue)
      case .exchangeMTU(let mtu), .mtu(let mtu): put(mtu)
      case .findInformation(let handles): put(handles)
      case .readByType(let handles, let uuid), .readByGroupType(let handles, let uuid):
        put(handles)
        bytes += uuid.wire
      case .read(let handle): put(handle)
      case .readBlob(let handle, let offset):
        put(handle)
        put(offset)
      case .write(let handle, let value), .writeCommand(let handle, let value):
        put(handle)
        bytes += value
      case .prepareWrite(let handle, let offset, let piece):
        put(handle)
        put(offset)
        bytes += piece
      case .executeWrite(let isWritten): bytes.append(isWritten ? 1 : 0)
      case .confirmation: break
      }
      return bytes
    }
  }
}
