import LockCore
import Seeded
import Testing

@testable import LockDrivers

@Suite struct NukiMemoryTests {
  private static func listed(_ id: UInt16, _ digits: String, createdAt seconds: Int64 = 1_700_000_000) -> NukiKeypadCode
  {
    NukiKeypadCode(
      id: id, entry: NukiKeypadEntry(code: pin(digits), name: "n\(id)"),
      createdAt: Timestamp(milliseconds: seconds * 1000))
  }

  private static func filled() -> NukiMemory {
    var memory = NukiMemory()
    _ = memory.saw(all: [Self.listed(4, "345678"), Self.listed(5, "456789")])
    memory.intend(
      NukiKeypadEntry(
        SlotEntry(
          pin: pin("974216"),
          window: TimeWindow(start: Timestamp(milliseconds: 1000), end: Timestamp(milliseconds: 9_000_500)),
          name: "guest"), slot: 1), in: 1,
      at: Timestamp(milliseconds: 1_780_000_000_000))
    memory.added(6, in: 2)
    _ = memory.counted(configUpdates: 7)
    memory.wrote()
    memory.listedAt = Timestamp(milliseconds: 1_780_000_000_000)
    return memory
  }

  @Test func `what is kept comes back, and nothing else is taken for it`() {
    let memory = Self.filled()
    #expect(NukiMemory(bytes: memory.bytes) == memory)
    for count in 0..<memory.bytes.count { #expect(NukiMemory(bytes: Array(memory.bytes.prefix(count))) == nil) }
    #expect(NukiMemory(bytes: memory.bytes + [0]) == nil)
    var random = SeededRandom(seed: 71)
    for _ in 0..<20_000 {
      var bytes = memory.bytes
      bytes[Int(random.next() % UInt64(bytes.count))] = UInt8(truncatingIfNeeded: random.next())
      if let read = NukiMemory(bytes: bytes) { _ = read.bytes }
    }
  }

  @Test func `an id that the lock gives anew is another code`() {
    var memory = Self.filled()
    let readings = memory.saw(all: [Self.listed(4, "345678", createdAt: 1_790_000_000), Self.listed(5, "456789")])
    #expect(readings.map(\.slot) == [199, 200] && memory.tombstones.map(\.slot).sorted() == [2, 200])
    #expect(memory.slot(ofCode: 6, at: Timestamp(milliseconds: 1_785_000_000_000)) == 2)
    #expect(memory.slot(ofCode: 9, at: nil) == nil)
  }

  @Test func `what was about to be added is told from a code of somebody else with the same digits`() {
    var memory = Self.filled()
    let same = NukiKeypadCode(
      id: 9, entry: NukiKeypadEntry(code: pin("974216"), name: "other"), createdAt: Timestamp(milliseconds: 1000))
    let readings = memory.saw(all: [same])
    #expect(readings.map(\.slot) == [200] && memory.isStranger(200) && !memory.isPending(1))
  }

  @Test(
    arguments: [
      (0x40, [0, 0], [0, 0], true), (0, [9, 0], [17, 0], true), (0, [0, 0], [23, 59], false),
      (0x7F, [0, 0], [0, 0], false),
    ] as [(UInt8, [UInt8], [UInt8], Bool)])
  func `a limit to days or hours on one of our codes shows as another window`(
    weekdays: UInt8, from: [UInt8], until: [UInt8], differs: Bool
  ) throws {
    var memory = NukiMemory()
    memory.added(6, in: 2)
    let window = TimeWindow(start: Timestamp(milliseconds: 1000), end: Timestamp(milliseconds: 9_000_000))
    let readings = [6, 7].map { (id: UInt16) in
      var code = Self.listed(id, id == 6 ? "345678" : "456789")
      code.entry.limits = NukiKeypadEntry.Limits(from: window.start, until: window.end)
      code.entry.limits?.weekdays = weekdays
      code.entry.limits?.dailyFrom = from
      code.entry.limits?.dailyUntil = until
      return code
    }
    let told = memory.saw(all: readings)
    #expect(told.map(\.slot) == [2, 200] && told.last?.window == window)
    #expect((told.first?.window != window) == differs)
  }

  @Test func `our own writes are no news, whether the lock counts them or not`() {
    for counts in [true, false] {
      var memory = NukiMemory()
      let first = memory.counted(configUpdates: 254)
      for _ in 0..<3 { memory.wrote() }
      let own = memory.counted(configUpdates: counts ? 1 : 254)
      let foreign = memory.counted(configUpdates: counts ? 2 : 255)
      #expect((first, own, foreign) == (false, false, true))
    }
  }
}
