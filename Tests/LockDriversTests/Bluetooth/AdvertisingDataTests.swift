import LockDrivers
import Seeded
import Testing

@Suite struct AdvertisingDataTests {
  /// Flags, a name, services, their data, two manufacturers, and a type that nobody knows.
  private static let sample: [UInt8] =
    [2, 0x01, 0x06, 5, 0x09] + Array("Door".utf8) + [5, 0x03, 0x0A, 0x18, 0x0F, 0x18]
    + [17, 0x06] + BluetoothUUID(high: 0xA92E_E100_5501_11E4, low: 0x916C_0800_200C_9A66).wire
    + [21, 0x21] + BluetoothUUID(high: 0xA92E_E300_5501_11E4, low: 0x916C_0800_200C_9A66).wire + [1, 2, 3, 4]
    + [5, 0x16, 0x0F, 0x18, 0x64, 0x63] + [5, 0xFF, 0x4C, 0x00, 0x02, 0x15] + [3, 0xFF, 0x34, 0x12]
    + [2, 0x0A, 0xF4] + [4, 0x77, 1, 2, 3]

  @Test func `every kind of structure is read`() throws {
    let data = AdvertisingData(Self.sample)
    let pairing = try #require(BluetoothUUID("a92ee300-5501-11e4-916c-0800200c9a66"))
    #expect(data.flags == 6)
    #expect(data.localName == "Door")
    #expect(data.txPower == -12)
    #expect(data.services.map(\.number) == [0x180A, 0x180F, nil])
    #expect(data.data(of: pairing) == [1, 2, 3, 4])
    #expect(data.data(of: BluetoothUUID(0x180F)) == [0x64, 0x63])
    #expect(data.manufacturerData.map(\.key) == [0x004C, 0x1234])
    #expect(data.manufacturerData.map(\.data) == [[0x02, 0x15], []])
  }

  @Test func `the complete name is taken wherever it stands`() {
    let (short, complete): ([UInt8], [UInt8]) = ([3, 0x08, 0x41, 0x42], [4, 0x09, 0x41, 0x42, 0x43])
    #expect(AdvertisingData(short).localName == "AB")
    #expect(AdvertisingData(short + complete).localName == "ABC")
    #expect(AdvertisingData(complete + short).localName == "ABC")
  }

  @Test func `data that is cut short says what came before the cut`() {
    for count in 0...Self.sample.count {
      let data = AdvertisingData(Array(Self.sample.prefix(count)))
      #expect((data.flags != nil) == (count >= 3))
      #expect((data.localName != nil) == (count >= 9))
      #expect(data.services.count == (count >= 33 ? 3 : count >= 15 ? 2 : 0))
    }
    #expect(AdvertisingData([2, 0x01, 0x06, 0, 2, 0x0A, 0x04]).txPower == nil)
  }

  @Test(arguments: [3, 4] as [UInt64])
  func `half a million damaged advertisements do no harm, and another half`(seed: UInt64) {
    var random = SeededRandom(seed: seed)
    var bytes = Self.sample
    var overlong = 0
    for round in 0..<500_000 {
      if round % 8 == 0 { bytes = Self.sample }
      random.damage(&bytes)
      let data = AdvertisingData(bytes)
      let count = data.services.count + data.serviceData.count + data.manufacturerData.count
      if count > bytes.count / 2 { overlong += 1 }
    }
    #expect(overlong == 0)
  }

  @Test func `no more is read than can be advertised`() {
    let data = AdvertisingData(Array(repeating: [3, 0xFF, 1, 2], count: 10_000).flatMap { $0 })
    #expect(data.manufacturerData.count == AdvertisingData.longest / 4)
  }
}
