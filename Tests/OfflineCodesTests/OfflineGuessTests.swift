import LockCore
import OfflineCodes
import Seeded
import Testing

/// The arithmetic of `docs/offline-codes.md`: how many PINs open at one moment.
@Suite struct OfflineGuessTests {
  private static let hour = 500_000

  /// Every code whose first use is possible at an instant, by the published rule.
  private static func candidates(at date: Timestamp, tolerance: Duration) -> [OfflineCode] {
    let now = OfflineCode.hour(of: date)
    return OfflineTerm.all.flatMap { term in
      (now - 26...now + 1).flatMap { start in
        (0..<term.variants).compactMap { OfflineCode(startHour: start, term: term, variant: $0) }
      }
    }.filter { $0.start - tolerance <= date && date < $0.firstUseEnd + tolerance }
  }

  private static func minute(_ minute: Int) -> Timestamp {
    Timestamp(milliseconds: Int64(Self.hour) * 3_600_000 + Int64(minute) * 60_000)
  }

  @Test func `R40 The slots of all terms are 0 to 399, each once`() {
    #expect(OfflineTerm.all.flatMap(\.slots) == Array(0..<OfflineTerm.slotCount))
    for term in OfflineTerm.all {
      for slot in term.slots {
        #expect(OfflineTerm.at(slot: slot)?.term == term)
        #expect(OfflineTerm.at(slot: slot)?.variant == slot - term.slots.lowerBound)
      }
    }
    #expect(OfflineTerm.at(slot: 400) == nil)
    #expect(OfflineTerm.at(slot: -1) == nil)
  }

  @Test func `R40 At no minute of an hour more than 9172 unused codes open, and never two with one index`() {
    let counts = (0..<60).map { minute in
      let codes = Self.candidates(at: Self.minute(minute), tolerance: OfflineVerifier.clockTolerance)
      #expect(Set(codes.map { $0.startHour % 25 * 400 + $0.slot }).count == codes.count)
      return codes.count
    }
    #expect(counts.max() == 9172)
    // Away from the full hour there is one start fewer for each slot.
    #expect(counts.min() == 9172 - 400)
    // One in 100,000, with everything that a full memory opens besides.
    #expect(9172 + OfflineMemory.capacity == 9684)
    #expect((9172 + OfflineMemory.capacity) * 100_000 <= 1_000_000_000)
  }

  @Test func `R40 The codes of the worst minute have 9172 PINs, each opens, and seeded guesses open as rarely as said`()
    throws
  {
    let key = try #require(
      try OfflineDoorKey(door: LockID(rawValue: "front"), generation: 1, secret: Array(1...32)))
    let date = Self.minute(5)
    var verifier = OfflineVerifier(key: key)
    var pins: Set<String> = []
    for code in Self.candidates(at: date, tolerance: verifier.tolerance) {
      let pin = try key.pin(of: code)
      pins.insert(pin.digits)
      // One memory holds 512 of them: each has its own door.
      verifier = OfflineVerifier(key: key)
      #expect(verifier.entered(pin, at: date) == .opens(code))
    }
    #expect(pins.count == 9172)

    var random = SeededRandom(seed: 4047)
    func shown(_ number: Int) -> String {
      let digits = String(number)
      return String(repeating: "0", count: 9 - digits.utf8.count) + digits
    }
    // 2,000,000 guesses at random: 18 are expected.
    let hits = (0..<2_000_000).count { _ in pins.contains(shown(Int.random(in: 0..<1_000_000_000, using: &random))) }
    #expect((3...45).contains(hits), "\(hits) of 2,000,000")
    // Guesses with one digit of a right PIN changed: of 743,000 guesses 7 are expected.
    let near = pins.reduce(0) { sum, pin in
      let digits = Array(pin.utf8)
      return sum
        + digits.indices.reduce(0) { sum, place in
          sum
            + (UInt8(ascii: "0")...UInt8(ascii: "9")).count { digit in
              var changed = digits
              changed[place] = digit
              return digit != digits[place] && pins.contains(String(decoding: changed, as: UTF8.self))
            }
        }
    }
    #expect(near <= 30, "\(near) beside right PINs")
    // What the door itself says agrees with the set.
    for _ in 0..<5000 {
      let pin = shown(Int.random(in: 0..<1_000_000_000, using: &random))
      #expect(verifier.entered(try #require(PINCode(pin)), at: date).opens == pins.contains(pin))
    }
  }
}
