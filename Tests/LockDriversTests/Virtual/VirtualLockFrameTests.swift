import LockCore
import LockSimulator
import Seeded
import Testing

@testable import LockDrivers

private let window = TimeWindow(
  start: Timestamp(milliseconds: 1_780_000_000_000), end: Timestamp(milliseconds: 1_780_086_400_000))

private let facts = VirtualLockFacts(
  identity: LockIdentity(model: "VK", serial: "S1", firmware: "1.0"), slotCount: 30, storesWindows: true,
  tellsPINs: true, drivesBolt: true,
  pins: PINPolicy(lengths: [4, 6], constraints: [.noZeros, .noAllSameDigits]), nameBytes: 24, changes: 5,
  newestRecord: 9, clock: Timestamp(milliseconds: 1_780_000_000_000),
  state: LockState(isLocked: true, isDoorOpen: false, battery: 0.87, isTampered: false, isPrivate: false),
  isLockedOut: false)

/// Laid out by hand from the sheet beside the codec, not by the codec.
let virtualLockVectors: [(name: String, frame: VirtualLockFrame, hex: String)] = [
  ("HELLO", VirtualLockFrame(sequence: 1, body: .request(.hello)), "564b01010100001bf8"),
  ("READ_SLOTS", VirtualLockFrame(sequence: 2, body: .request(.readSlots(from: 1))), "564b0102020200010059c7"),
  ("READ_SLOT", VirtualLockFrame(sequence: 3, body: .request(.readSlot(7))), "564b010303020007000e82"),
  (
    "PROGRAM", VirtualLockFrame(sequence: 4, body: .request(.program(slot: 7, SlotEntry(pin: pin("0413"))))),
    "564b010404080007000304303431330167"
  ),
  (
    "PROGRAM with all",
    VirtualLockFrame(
      sequence: 5, body: .request(.program(slot: 258, SlotEntry(pin: pin("123456"), window: window, name: "Zoë")))),
    "564b0104051f0002010f0631323334353600a5186a0000000080f6196a00000000045a6fc3abd248"
  ),
  ("CLEAR", VirtualLockFrame(sequence: 6, body: .request(.clear(slot: 7))), "564b01050602000700b82c"),
  (
    "READ_LOG", VirtualLockFrame(sequence: 7, body: .request(.readLog(after: 41, limit: 32))),
    "564b01060705002900000020aef4"
  ),
  (
    "LOG of an offline code",
    VirtualLockFrame(
      sequence: 11,
      body: .reply(
        .log(
          [
            LockRecord(
              index: 1, date: Timestamp(milliseconds: 1_780_000_000_000),
              happening: .unlocked(.keycode, OfflineCode(startHour: 494_444, slot: 216).map(EntryCredential.offline)))
          ], newest: 1))), "564b01850b1b00010000000101000000008844709e0100000101ffff6c8b0700d80030e4"
  ),
  ("LOCK", VirtualLockFrame(sequence: 8, body: .request(.lock)), "564b01070800001341"),
  ("UNLOCK", VirtualLockFrame(sequence: 9, body: .request(.unlock)), "564b0108090000cda2"),
  (
    "SET_TIME", VirtualLockFrame(sequence: 10, body: .request(.setTime(Timestamp(milliseconds: 1_780_000_000_000)))),
    "564b01090a0800008844709e01000002be"
  ),
  (
    "FACTS", VirtualLockFrame(sequence: 1, body: .reply(.facts(facts))),
    "564b01810126001e0007500000002100180500000009000000008844709e010000015702564b02533103312e3093da"
  ),
  (
    "SLOTS",
    VirtualLockFrame(
      sequence: 2,
      body: .reply(
        .slots(
          [
            SlotReading(slot: 1, contents: .code(pin("0413")), stamp: 3),
            SlotReading(slot: 9, contents: .unreadable, name: "Ann", stamp: 1),
          ], next: 10, changes: 5))), "564b0182021e00050000000a00020100030000000304303431330900010000000903416e6e37d3"
  ),
  (
    "SLOT empty",
    VirtualLockFrame(sequence: 3, body: .reply(.slot(SlotReading(slot: 7, contents: .empty, stamp: 2), changes: 5))),
    "564b0183030b0005000000070002000000009b00"
  ),
  (
    "SLOT with all",
    VirtualLockFrame(
      sequence: 3,
      body: .reply(
        .slot(SlotReading(slot: 7, contents: .code(pin("0413")), window: window, name: "Ann", stamp: 2), changes: 5))),
    "564b0183032400050000000700020000000f043034313300a5186a0000000080f6196a0000000003416e6ea545"
  ),
  (
    "WRITTEN", VirtualLockFrame(sequence: 4, body: .reply(.written(stamp: 2, changes: 6))),
    "564b0184040800020000000600000079e0"
  ),
  (
    "LOG",
    VirtualLockFrame(
      sequence: 7,
      body: .reply(
        .log(
          [
            LockRecord(index: 42, date: window.start, happening: .unlocked(.keycode, .slot(7))),
            LockRecord(index: 43, date: window.end, happening: .locked(.automatic, nil)),
            LockRecord(index: 44, date: window.end, happening: .denied(.expiredCode, .slot(7))),
          ], newest: 44))),
    "564b01850735002c000000032a000000008844709e010000010107002b00000000e46a759e010000020300002c00000000e46a759e010000030207002134"
  ),
  (
    "BOLT", VirtualLockFrame(sequence: 8, body: .reply(.bolt(facts.state, isLockedOut: false))),
    "564b018608020001576479"
  ),
  ("TIME_SET", VirtualLockFrame(sequence: 10, body: .reply(.timeSet)), "564b01870a00004bf2"),
  (
    "ERROR duplicate", VirtualLockFrame(sequence: 4, body: .reply(.refused(.duplicate(slot: 3)))),
    "564b018f040300010300bbc3"
  ),
  (
    "ERROR rule", VirtualLockFrame(sequence: 4, body: .reply(.refused(.rejected(.constraint(.noAllSameDigits))))),
    "564b018f0403000215003e33"
  ),
  ("ERROR full", VirtualLockFrame(sequence: 4, body: .reply(.refused(.full))), "564b018f04030003000088f8"),
  ("SLOTS_CHANGED", VirtualLockFrame(sequence: 0, body: .notice(.slotsChanged(6))), "564b01410004000600000095c6"),
  ("LOG_GREW", VirtualLockFrame(sequence: 0, body: .notice(.logGrew(newest: 44))), "564b01420004002c0000000551"),
  (
    "STATE",
    VirtualLockFrame(
      sequence: 0,
      body: .notice(
        .state(LockState(isLocked: false, isDoorOpen: true, isTampered: true, isPrivate: false), isLockedOut: true))),
    "564b01430002000effa4a2"
  ),
]

@Suite struct VirtualLockFrameTests {
  @Test(arguments: virtualLockVectors.indices)
  func `a frame is laid out as the sheet says`(index: Int) {
    let vector = virtualLockVectors[index]
    #expect(vector.frame.bytes == octets(vector.hex), "\(vector.name)")
  }

  @Test(arguments: virtualLockVectors.indices)
  func `a frame is read whatever pieces it comes in`(index: Int) {
    let vector = virtualLockVectors[index]
    let whole = octets(vector.hex)
    for cut in 0...whole.count {
      var deframer = VirtualLockDeframer()
      let first = deframer.received(Array(whole[..<cut]), at: .zero)
      let second = deframer.received(Array(whole[cut...]), at: .zero)
      #expect(first + second == [.frame(vector.frame)], "\(vector.name) cut at \(cut)")
    }
  }

  @Test func `one byte at a time gives every frame, in order`() {
    var deframer = VirtualLockDeframer()
    let stream = virtualLockVectors.flatMap { octets($0.hex) }
    let found = stream.flatMap { deframer.received([$0], at: .zero) }
    #expect(found == virtualLockVectors.map { .frame($0.frame) })
  }

  @Test func `a frame that is cut short says nothing, and the next one is heard`() {
    for vector in virtualLockVectors {
      let whole = octets(vector.hex)
      for length in 0..<whole.count {
        var deframer = VirtualLockDeframer()
        #expect(deframer.received(Array(whole[..<length]), at: .zero).isEmpty)
        #expect(deframer.received(whole, at: .seconds(1)) == [.frame(vector.frame)])
      }
    }
  }

  @Test func `garbage between frames costs no frame`() {
    var random = SeededRandom(seed: 7)
    for vector in virtualLockVectors {
      var deframer = VirtualLockDeframer()
      // Without the first start byte, garbage cannot open a frame that swallows the next.
      let garbage = (0..<Int.random(in: 1...300, using: &random)).map { _ in
        UInt8.random(in: 0x57...0xFF, using: &random)
      }
      #expect(deframer.received(garbage + octets(vector.hex), at: .zero) == [.frame(vector.frame)])
    }
  }

  @Test func `every flipped bit is noticed`() {
    for vector in virtualLockVectors {
      let whole = octets(vector.hex)
      for bit in 0..<(whole.count * 8) {
        var damaged = whole
        damaged[bit / 8] ^= 1 << UInt8(bit % 8)
        var deframer = VirtualLockDeframer()
        #expect(deframer.received(damaged, at: .zero).isEmpty, "\(vector.name) bit \(bit)")
      }
    }
  }

  @Test(arguments: [
    ("HELLO with a payload", UInt8(0x01), "00"),
    ("READ_SLOT without its slot", 0x03, "07"),
    ("PROGRAM without a PIN", 0x04, "070001"),
    ("PROGRAM with a PIN of no digits", 0x04, "07000300"),
    ("PROGRAM with a PIN of letters", 0x04, "0700030441424344"),
    ("PROGRAM with a PIN of 21 digits", 0x04, "07000315313131313131313131313131313131313131313131"),
    ("PROGRAM with an unknown flag", 0x04, "0700130430343133"),
    ("SET_TIME beyond the year 9999", 0x09, "ffffffffffffff7f"),
    ("SLOT that is empty and has a name", 0x83, "0500000007000200000008 03416e6e"),
    ("SLOT whose name is no UTF-8", 0x83, "050000000700020000000901ff"),
    ("SLOT 0", 0x83, "0500000000000200000000"),
    ("SLOTS that end early", 0x82, "05000000000001"),
    ("LOG with an unknown happening", 0x85, "2c000000012c00000000000000000000000501 0700"),
    ("STATE with a battery of 101 %", 0x43, "0165"),
    ("an unknown request", 0x3F, ""),
    ("an unknown notice", 0x7F, ""),
    ("an unknown refusal", 0x8F, "630000"),
  ])
  func `a payload that is not exactly its kind's is refused whole`(name: String, kind: UInt8, hex: String) {
    let payload = octets(hex.filter { $0 != " " })
    #expect(VirtualLockFrame(kind: kind, sequence: 0, payload: payload[...]) == nil, "\(name)")
  }

  @Test func `the CRC is the one of the catalogue`() {
    #expect(VirtualLockFrame.crc16(Array("123456789".utf8)[...]) == 0x29B1)
  }

  @Test func `a name is cut at a character`() {
    #expect("Zoë".prefix(utf8Bytes: 3) == "Zo")
    #expect("Zoë".prefix(utf8Bytes: 4) == "Zoë")
    #expect("👩‍👩‍👧".prefix(utf8Bytes: 10).isEmpty)
  }
}
