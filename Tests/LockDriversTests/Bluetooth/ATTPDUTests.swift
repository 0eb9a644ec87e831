import Seeded
import Testing

@testable import LockDrivers

@Suite struct ATTPDUTests {
  private typealias Client = ATTPDU.FromClient
  private typealias Server = ATTPDU.FromServer

  private static let long = BluetoothUUID(high: 0xA92E_E202_5501_11E4, low: 0x916C_0800_200C_9A66)
  private static let longWire: [UInt8] = [
    0x66, 0x9A, 0x0C, 0x20, 0x00, 0x08, 0x6C, 0x91, 0xE4, 0x11, 0x01, 0x55, 0x02, 0xE2, 0x2E, 0xA9,
  ]

  /// What servers send, octet by octet.
  private static let fromServer: [(bytes: [UInt8], packet: Server)] = [
    ([0x01, 0x12, 0x34, 0x12, 0x05], .error(request: 0x12, handle: 0x1234, .insufficientAuthentication)),
    ([0x01, 0x02, 0x00, 0x00, 0x06], .error(request: 0x02, handle: 0, .requestNotSupported)),
    ([0x03, 0xF7, 0x00], .mtu(247)),
    (
      [0x05, 0x01, 0x03, 0x00, 0x02, 0x29, 0x04, 0x00, 0x01, 0x29],
      .information([
        .init(handle: 3, content: BluetoothUUID(0x2902)), .init(handle: 4, content: BluetoothUUID(0x2901)),
      ])
    ),
    ([0x05, 0x02, 0x09, 0x01] + Self.longWire, .information([.init(handle: 0x109, content: Self.long)])),
    (
      [0x09, 0x07, 0x02, 0x00, 0x20, 0x03, 0x00, 0x05, 0x2A, 0x05, 0x00, 0x02, 0x06, 0x00, 0x2A, 0x2B],
      .attributes([
        .init(handle: 2, content: [0x20, 3, 0, 5, 0x2A]), .init(handle: 5, content: [2, 6, 0, 0x2A, 0x2B]),
      ])
    ),
    ([0x0B], .value([])), ([0x0B, 1, 2], .value([1, 2])), ([0x0D, 3], .blob([3])),
    (
      [0x11, 0x06, 0x01, 0x00, 0x05, 0x00, 0x01, 0x18, 0x20, 0x00, 0xFF, 0xFF, 0x0A, 0x18],
      .groups([.init(handles: 1...5, value: [1, 0x18]), .init(handles: 32...0xFFFF, value: [0x0A, 0x18])])
    ),
    ([0x13], .written), ([0x19], .executed),
    ([0x17, 0x10, 0x00, 0x12, 0x00, 0xAA], .prepared(handle: 16, offset: 18, [0xAA])),
    ([0x1B, 0x10, 0x00], .notification(handle: 16, [])),
    ([0x1D, 0x10, 0x00, 7, 8], .indication(handle: 16, [7, 8])),
    (
      [0x23, 0x10, 0x00, 0x01, 0x00, 7, 0x11, 0x00, 0x00, 0x00],
      .notifications([.init(handle: 16, content: [7]), .init(handle: 17, content: [])])
    ),
    ([0x02, 0x17, 0x00], .request(opcode: 2, mtu: 23)), ([0x02], .request(opcode: 2, mtu: nil)),
    ([0x10, 1, 0, 0xFF, 0xFF, 0, 0x28], .request(opcode: 0x10, mtu: nil)),
    ([0x3E], .request(opcode: 0x3E, mtu: nil)),
  ]

  @Test func `packets of a client are laid out as the specification says`() {
    let table: [(Client, [UInt8])] = [
      (.error(request: 0x10, handle: 0, .requestNotSupported), [0x01, 0x10, 0, 0, 0x06]),
      (.exchangeMTU(517), [0x02, 0x05, 0x02]), (.mtu(23), [0x03, 0x17, 0x00]),
      (.findInformation(3...0x104), [0x04, 3, 0, 4, 1]),
      (.readByType(1...0xFFFF, BluetoothUUID(0x2803)), [0x08, 1, 0, 0xFF, 0xFF, 0x03, 0x28]),
      (.readByType(1...2, Self.long), [0x08, 1, 0, 2, 0] + Self.longWire),
      (.read(handle: 0x1234), [0x0A, 0x34, 0x12]), (.readBlob(handle: 3, offset: 22), [0x0C, 3, 0, 22, 0]),
      (.readByGroupType(1...0xFFFF, BluetoothUUID(0x2800)), [0x10, 1, 0, 0xFF, 0xFF, 0x00, 0x28]),
      (.write(handle: 3, [2, 0]), [0x12, 3, 0, 2, 0]), (.writeCommand(handle: 3, [9]), [0x52, 3, 0, 9]),
      (.prepareWrite(handle: 3, offset: 18, [1, 2]), [0x16, 3, 0, 18, 0, 1, 2]),
      (.executeWrite(true), [0x18, 1]), (.executeWrite(false), [0x18, 0]), (.confirmation, [0x1E]),
    ]
    for (packet, bytes) in table { #expect(packet.bytes == bytes) }
  }

  @Test func `packets of a server are read as the specification lays them out`() {
    for (bytes, packet) in Self.fromServer { #expect(Server(bytes) == packet) }
  }

  @Test func `a packet that is cut short, or has a tail, is not taken for the whole one`() {
    for (bytes, packet) in Self.fromServer {
      for count in 0..<bytes.count { #expect(Server(Array(bytes.prefix(count))) != packet || bytes[0] & 0x41 == 0) }
      switch packet {
      case .value, .blob, .prepared, .notification, .indication, .request: break
      default: #expect(Server(bytes + [0]) != packet)
      }
    }
  }

  @Test(
    arguments: [
      [], [0x01, 0x12, 0x34, 0x12], [0x03, 0x17], [0x05], [0x05, 0x01], [0x05, 0x03, 1, 0, 2, 0x29],
      [0x05, 0x01, 0, 0, 2, 0x29], [0x09], [0x09, 0x00], [0x09, 0x01, 1], [0x09, 0x02], [0x09, 0x07, 1, 0],
      [0x11, 0x03, 1, 0, 2], [0x11, 0x06, 5, 0, 4, 0, 1, 0x18], [0x11, 0x06, 0, 0, 4, 0, 1, 0x18], [0x13, 0],
      [0x17, 1, 0, 0], [0x1B, 1], [0x1D, 0, 0, 1], [0x23, 1, 0, 2, 0, 7], [0x1E], [0x07, 1, 0, 1, 0], [0x52, 1, 0, 7],
      [0xFF],
    ] as [[UInt8]])
  func `what says nothing is not read`(bytes: [UInt8]) { #expect(Server(bytes) == nil) }

  @Test(arguments: [1, 2] as [UInt64])
  func `half a million damaged packets are read or not, and another half`(seed: UInt64) {
    var random = SeededRandom(seed: seed)
    var readable = 0
    var overlong = 0
    for round in 0..<500_000 {
      var bytes = Self.fromServer[round % Self.fromServer.count].bytes
      random.damage(&bytes)
      if round & 1 == 0 { random.damage(&bytes) }
      if let packet = Server(bytes) {
        readable += 1
        // No list is longer than its packet.
        switch packet {
        case .attributes(let list): if list.count * 2 > bytes.count { overlong += 1 }
        case .groups(let list): if list.count * 4 > bytes.count { overlong += 1 }
        case .information(let list): if list.count * 4 > bytes.count { overlong += 1 }
        default: break
        }
      }
    }
    #expect(overlong == 0)
    #expect(readable > 10_000)
  }

  @Test func `every error has words, and security ones are known`() {
    var words: Set<String> = []
    for octet in UInt8.min...UInt8.max { words.insert(ATTError(rawValue: octet).description) }
    #expect(words.count == 256)
    let secure = (UInt8.min...UInt8.max).filter { GATTFault.att(ATTError(rawValue: $0), handle: 1).asksForSecurity }
    #expect(secure == [0x05, 0x0C, 0x0F])
    #expect(!GATTFault.timedOut.asksForSecurity)
  }
}
