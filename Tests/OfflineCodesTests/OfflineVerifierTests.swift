import LockCore
import OfflineCodes
import Testing

/// What a door does with digits, apart from the published vectors.
@Suite struct OfflineVerifierTests {
  private static let start = 500_000

  private static func key(_ generation: UInt32 = 1) throws -> OfflineDoorKey {
    try #require(try OfflineDoorKey(door: LockID(rawValue: "front"), generation: generation, secret: Array(1...32)))
  }

  private static func code(_ term: OfflineTerm, variant: Int = 0, start: Int = Self.start) throws -> OfflineCode {
    try #require(OfflineCode(startHour: start, term: term, variant: variant))
  }

  private static func date(_ hours: Int, minutes: Int = 0) -> Timestamp {
    Timestamp(milliseconds: Int64(Self.start + hours) * 3_600_000 + Int64(minutes) * 60_000)
  }

  @Test func `R43 A one-time code opens once, also when the memory was kept and read back in between`() throws {
    let code = try Self.code(.once, variant: 7)
    let pin = try Self.key().pin(of: code)
    var verifier = OfflineVerifier(key: try Self.key())
    #expect(verifier.entered(pin, at: Self.date(1)) == .opens(code))
    #expect(verifier.entered(pin, at: Self.date(1)) == .used(code))
    var restarted = OfflineVerifier(key: try Self.key(), kept: verifier.bytes)
    #expect(restarted.memory == verifier.memory)
    #expect(restarted.entered(pin, at: Self.date(2)) == .used(code))
    // Neither a slow clock nor its end brings it back.
    #expect(restarted.entered(pin, at: Self.date(0, minutes: -9)) == .used(code))
    #expect(restarted.entered(pin, at: Self.date(26)) == .used(code))
    // What was used with another key says nothing of this one.
    #expect(OfflineVerifier(key: try Self.key(2), kept: verifier.bytes).memory.codes.isEmpty)
  }

  @Test func `R43 With a full memory one-time codes are refused and longer ones open for a day, until places are free`()
    throws
  {
    let key = try Self.key()
    var verifier = OfflineVerifier(key: key)
    for hour in -22...0 {
      for variant in 0..<21 {
        let code = try Self.code(.once, variant: variant, start: Self.start + hour)
        #expect(verifier.entered(try key.pin(of: code), at: Self.date(0)) == .opens(code))
      }
    }
    for weeks in 9...37 {
      let code = try Self.code(.weeks(weeks))
      #expect(verifier.entered(try key.pin(of: code), at: Self.date(0)) == .opens(code))
    }
    #expect(verifier.memory.codes.count == OfflineMemory.capacity)
    let once = try Self.code(.once, start: Self.start - 23)
    #expect(verifier.entered(try key.pin(of: once), at: Self.date(0)) == .memoryFull(once))
    let long = try Self.code(.days(5))
    #expect(verifier.entered(try key.pin(of: long), at: Self.date(0)) == .opens(long))
    #expect(verifier.entered(try key.pin(of: long), at: Self.date(25)) == .expired(long))
    // 48 hours after their end the one-time codes make room.
    let later = try Self.code(.once, start: Self.start + 73)
    #expect(verifier.entered(try key.pin(of: later), at: Self.date(73)) == .opens(later))
    #expect(verifier.memory.codes.count == 30)
    let weekly = try Self.code(.weeks(12))
    #expect(verifier.entered(try key.pin(of: weekly), at: Self.date(12 * 168 - 1)) == .opens(weekly))
  }

  @Test func `R44 A code of more than a day that nobody used in its first day is dead, and the door says why`() throws {
    let key = try Self.key()
    for term in [OfflineTerm.hours(25), .hours(72), .days(4), .days(62), .weeks(53)] {
      let code = try Self.code(term)
      let pin = try key.pin(of: code)
      var unused = OfflineVerifier(key: key)
      #expect(unused.entered(pin, at: Self.date(24, minutes: 11)) == .expired(code))
      var used = OfflineVerifier(key: key)
      #expect(used.entered(pin, at: Self.date(24, minutes: 9)) == .opens(code))
      #expect(used.entered(pin, at: code.end - .seconds(1)) == .opens(code))
      #expect(used.entered(pin, at: code.end + .minutes(11)) != .opens(code))
    }
  }

  @Test
  func
    `R42 A clock that is wrong by the tolerance loses nothing of a code's time, and one that is right gives nothing`()
    throws
  {
    let key = try Self.key()
    let code = try Self.code(.hours(2))
    let pin = try key.pin(of: code)
    for error in [-10, 0, 10] {
      for minute in [0, 119] {
        var verifier = OfflineVerifier(key: key)
        #expect(verifier.entered(pin, at: Self.date(0, minutes: minute + error)) == .opens(code))
      }
    }
    var exact = OfflineVerifier(key: key, tolerance: .zero)
    #expect(exact.entered(pin, at: code.start - .milliseconds(1)) == .early(code))
    #expect(exact.entered(pin, at: code.start) == .opens(code))
    #expect(exact.entered(pin, at: code.end - .milliseconds(1)) == .opens(code))
    #expect(exact.entered(pin, at: code.end) == .expired(code))
  }

  @Test func `R41 A new key ends every code of the earlier one`() throws {
    let code = try Self.code(.hours(2))
    var verifier = OfflineVerifier(key: try Self.key(2))
    #expect(verifier.entered(try Self.key(1).pin(of: code), at: Self.date(1)) == .unknown)
    #expect(verifier.entered(try Self.key(2).pin(of: code), at: Self.date(1)) == .opens(code))
  }

  @Test func `A key shows nothing of itself, and no key is made of too few bytes or of zeros`() throws {
    let key = try Self.key()
    var shown = ""
    dump(key, to: &shown)
    #expect("\(key) \(String(reflecting: key)) \(shown)".contains("[") == false)
    for secret in [[], Array(repeating: UInt8(0), count: 32), Array(1...31)] {
      #expect(try OfflineDoorKey(door: LockID(rawValue: "front"), generation: 1, secret: secret) == nil)
    }
  }

  @Test func `Damaged memory is read as far as it makes sense`() {
    let generation: [UInt8] = [0, 0, 0, 1]
    for bytes in [[], [1, 2, 3], generation, generation + [1, 2, 3]] {
      #expect(OfflineMemory(bytes, generation: 1).codes.isEmpty)
    }
    let halfBad: [UInt8] = [0, 0, 0, 1, 0xFF, 0xFF, 0, 0, 0, 0, 0, 1, 0, 2, 0, 0]
    #expect(OfflineMemory(generation + halfBad, generation: 1).codes.count == 1)
    let much = generation + Array(repeating: 0, count: 8 * 2000)
    #expect(OfflineMemory(much, generation: 1).codes.count == OfflineMemory.capacity)
  }
}
