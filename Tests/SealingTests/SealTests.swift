import Testing

@testable import Sealing

@Suite struct SealTests {
  private let place = SealedPlace(column: "access_code.pin", row: "7")

  private func key(_ byte: UInt8) throws -> SealKey {
    try #require(try SealKey(Array(repeating: byte, count: 32)))
  }

  private func seal(generation: UInt32 = 1) throws -> Seal {
    let key = try self.key(1)
    return try #require(try Seal([try Seal.draw(generation: generation, under: key)], under: key))
  }

  @Test(arguments: [0, 1, 4, 32, 5000]) func `what is sealed opens again, whatever its length`(length: Int) throws {
    let (seal, plain) = (try self.seal(), Draw.bytes(length))
    let sealed = try seal.seal(plain, for: self.place)
    #expect(sealed.count == length + Box.overhead)
    #expect(try seal.open(sealed, from: self.place) == plain)
  }

  @Test func `the same PIN sealed twice looks different each time`() throws {
    let seal = try self.seal()
    #expect(try seal.seal(Array("4711".utf8), for: self.place) != seal.seal(Array("4711".utf8), for: self.place))
  }

  @Test(
    arguments: [
      SealedPlace(column: "access_code.pin", row: "8"), SealedPlace(column: "stranger.pin", row: "7"),
      SealedPlace(file: "7"), SealedPlace(column: "access_code", row: "pin\u{0}7"),
    ]) func `a sealed value that was moved to another place does not open`(other: SealedPlace) throws
  {
    let seal = try self.seal()
    let sealed = try seal.seal(Array("4711".utf8), for: self.place)
    #expect(throws: SealFault.broken) { try seal.open(sealed, from: other) }
  }

  @Test func `a sealed value with any one bit changed does not open`() throws {
    let seal = try self.seal()
    let sealed = try seal.seal(Array("4711".utf8), for: self.place)
    for bit in 0..<(sealed.count * 8) {
      var changed = sealed
      changed[bit / 8] ^= 1 << UInt8(bit % 8)
      #expect(throws: SealFault.self) { try seal.open(changed, from: self.place) }
    }
    for length in 0..<sealed.count {
      #expect(throws: SealFault.self) { try seal.open(Array(sealed.prefix(length)), from: self.place) }
    }
  }

  @Test func `a value tells which data key it wants; a seal opens what earlier keys sealed, and seals with the newest`()
    throws
  {
    let key = try self.key(1)
    let (first, second) = (try Seal.draw(generation: 1, under: key), try Seal.draw(generation: 2, under: key))
    let (old, new) = (try #require(try Seal([first], under: key)), try #require(try Seal([first, second], under: key)))
    let sealed = try old.seal([1, 2, 3], for: self.place)
    #expect(try new.open(sealed, from: self.place) == [1, 2, 3])
    let again = try new.seal([1, 2, 3], for: self.place)
    #expect(throws: SealFault.noSuchKey(generation: 2)) { try old.open(again, from: self.place) }
  }

  @Test func `data keys open under the seal key that wrapped them alone; wrapped anew they are the same`() throws {
    let (own, other) = (try self.key(1), try self.key(2))
    let wrapped = try Seal.draw(under: own)
    #expect(wrapped.keyID == own.id)
    #expect(own.id != other.id)
    #expect(throws: SealFault.broken) { try Seal([wrapped], under: other) }
    let seal = try #require(try Seal([wrapped], under: own))
    let moved = try #require(try Seal(try seal.wrapped(under: other), under: other))
    #expect(try moved.open(try seal.seal([7], for: self.place), from: self.place) == [7])
    #expect(try moved.digest(of: "4711", for: "x") == seal.digest(of: "4711", for: "x"))
  }

  @Test func `a digest depends on the value, on what it is for, and on the store`() throws {
    let (seal, other) = (try self.seal(), try self.seal())
    let digest = try seal.digest(of: "4711", for: "a")
    #expect(try digest == seal.digest(of: "4711", for: "a"))
    #expect(try digest != seal.digest(of: "4712", for: "a"))
    #expect(try digest != seal.digest(of: "4711", for: "b"))
    #expect(try digest != other.digest(of: "4711", for: "a"))
  }

  @Test(arguments: [
    ("", false), ("00", false), (String(repeating: "0a", count: 32), true),
    (" \n" + String(repeating: "A0", count: 32) + "\r\n", true), (String(repeating: "0g", count: 32), false),
    (String(repeating: "00", count: 33), false), (String(repeating: "0", count: 63), false),
    (String(repeating: "é", count: 64), false), (String(repeating: "00 ", count: 32), false),
  ]) func `a seal key is 64 hexadecimal digits and nothing else`(text: String, isKey: Bool) throws {
    #expect(try (SealKey(text: text) != nil) == isKey)
  }

  @Test func `neither a seal key nor a seal has a printable form`() throws {
    let (key, seal) = (try self.key(0xAB), try self.seal())
    var shown = ""
    dump(key, to: &shown)
    dump(seal, to: &shown)
    shown += "\(key) \(String(reflecting: key)) \(seal) \(String(reflecting: seal))"
    #expect(!shown.lowercased().contains("abab"))
    #expect(!shown.contains("171"))
    #expect(Mirror(reflecting: seal).children.isEmpty)
  }
}
