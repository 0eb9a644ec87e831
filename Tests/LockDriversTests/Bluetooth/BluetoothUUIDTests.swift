import LockDrivers
import Testing

@Suite struct BluetoothUUIDTests {
  @Test func `text and packets say the same`() throws {
    let text = "a92ee202-5501-11e4-916c-0800200c9a66"
    let uuid = try #require(BluetoothUUID(text))
    #expect(uuid == BluetoothUUID(high: 0xA92E_E202_5501_11E4, low: 0x916C_0800_200C_9A66))
    #expect(uuid.description == text)
    #expect(BluetoothUUID(text.uppercased()) == uuid)
    #expect(
      uuid.wire == [
        0x66, 0x9A, 0x0C, 0x20, 0x00, 0x08, 0x6C, 0x91, 0xE4, 0x11, 0x01, 0x55, 0x02, 0xE2, 0x2E, 0xA9,
      ])
    #expect(BluetoothUUID(wire: uuid.wire) == uuid)
    #expect(uuid.number == nil)
  }

  @Test func `an assigned number is short in packets and one with its long form`() {
    let uuid = BluetoothUUID(0x180A)
    #expect(uuid.wire == [0x0A, 0x18])
    #expect(uuid.description == "0000180a-0000-1000-8000-00805f9b34fb")
    #expect(uuid.number == 0x180A)
    #expect(BluetoothUUID(uuid.description) == uuid)
    #expect(BluetoothUUID(wire: [0x0A, 0x18]) == uuid)
    #expect(BluetoothUUID(wire: [0x0A, 0x18, 0, 0]) == uuid)
    #expect(BluetoothUUID(wire: [0x0A, 0x18, 1, 0])?.number == nil)
    let long: [UInt8] = [0xFB, 0x34, 0x9B, 0x5F, 0x80, 0, 0, 0x80, 0, 0x10, 0, 0, 0x0A, 0x18, 0, 0]
    #expect(BluetoothUUID(wire: long) == uuid)
  }

  @Test(arguments: [
    "", "180a", "a92ee202-5501-11e4-916c-0800200c9a6", "a92ee202-5501-11e4-916c-0800200c9a666",
    "a92ee202-5501-11e4-916c+0800200c9a66", "a92ee20g-5501-11e4-916c-0800200c9a66", "----",
    "a92ee2025501-11e4-916c-0800200c9a66-", "+92ee202-5501-11e4-916c-0800200c9a66",
  ])
  func `anything else is no UUID`(text: String) { #expect(BluetoothUUID(text) == nil) }

  @Test func `only two, four and sixteen octets are a UUID`() {
    for count in 0...40 {
      let uuid = BluetoothUUID(wire: Array(repeating: 0xA5 as UInt8, count: count))
      #expect((uuid != nil) == [2, 4, 16].contains(count))
    }
  }
}
