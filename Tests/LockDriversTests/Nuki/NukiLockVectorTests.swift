import LockCore
import LockDrivers
import Testing

@testable import LockSimulator

/// The simulated lock against messages that an independent generator laid out and sealed.
@Suite struct NukiLockVectorTests {
  private static let challenge = octets("d991a35ee1ea69f7fb351a6c1eda1a9a5a6d81ca2b12c4af19d0d6681692d956")

  /// A lock that knows the vectors' authorization and has given it the vectors' challenge.
  private static func bench(_ generation: NukiLockModel.Generation = .three) throws -> NukiLockBench {
    var bench = NukiLockBench(generation) { $0.keypadAuthorization = 7 }
    // The authorizations of the vectors.
    let number: UInt32 = generation == .five ? 0x0006_A1B2 : 0x0001_0203
    let key = try #require(
      NukiKey(octets("3accbaefc3b6ee1b8b8ce5def02332ed6d161c7aabd477dc5a6b4d5c677d01a2")))
    bench.lock.memory.authorizations[number] = NukiLock.Memory.Authorization(
      id: number, stored: StoredKey(key), type: 1, appID: 0x1122_3344, name: "Access bridge",
      created: bench.now.date)
    (bench.key, bench.authorization) = (key, number)
    bench.open()
    bench.lock.links[bench.link]?.challenges[number] = Self.challenge
    return bench
  }

  @Test(arguments: try NukiVectors.read().encrypted.filter { !$0.isFromLock })
  func `each message of a client is understood`(_ vector: NukiVectors.Sealed) throws {
    var bench = try Self.bench(vector.name.hasPrefix("ultra") ? .five : .three)
    // A code to be changed or removed.
    if vector.name.contains("update_keypad") || vector.name.contains("remove_keypad") {
      bench.lock.memory.lastCodeID = 3
      let pin = try #require(PINCode("974216"))
      bench.perform(bench.lock.addForeignCode(pin, name: "guest-42", at: bench.now).effects)
    }
    bench.write(octets(vector.wire), to: bench.lock.handles.sealed)
    let answer = bench.heard()
    #expect(!answer.isEmpty && answer.allSatisfy { $0.command != 0x12 && !$0.isPlain }, "\(answer)")
    let expected: [UInt16: UInt16] = [
      0x0D: 0x0E, 0x20: 0x0E, 0x21: 0x0E, 0x14: 0x15, 0x36: 0x37, 0x41: 0x42, 0x43: 0x44, 0x46: 0x0E, 0x47: 0x0E,
      0x34: 0x0E,
    ]
    if let command = expected[vector.commandID.rawValue] { #expect(answer.first?.command == command) }
  }

  @Test func `what the lock lays out is what the generator laid out`() throws {
    var bench = try Self.bench()
    bench.lock.memory.battery = 86
    let vectors = Dictionary(
      uniqueKeysWithValues: try NukiVectors.read().encrypted.map { ($0.name, octets($0.payload)) })
    _ = bench.lock.addForeignCode(try #require(PINCode("974215")), name: "x", at: bench.now)
    bench.lock.memory.lastCodeID = 3
    bench.write(
      octets(try #require(try NukiVectors.read().encrypted.first { $0.name == "add_keypad_code_time_limited" }?.wire)),
      to: bench.lock.handles.sealed)
    #expect(bench.heard().map(\.payload) == [try #require(vectors["keypad_code_id"])])
    #expect(try bench.command(0x43, [1, 0, 9, 0])[1].payload == vectors["keypad_code_time_limited"])
    bench.lock.memory.codes = [:]
    bench.lock.memory.log = []
    bench.lock.memory.lastCodeID = 3
    let pin = try #require(PINCode("974216"))
    bench.perform(bench.lock.addForeignCode(pin, name: "guest-42", at: bench.now).effects)
    bench.lock.memory.newestRecord = 129
    for step in ["keypad_unlock", "keypad_fingerprint", "keypad_invalid_code", "keypad_arrow_lock"] {
      bench.lock.motion = nil
      switch step {
      case "keypad_unlock": bench.lock.logKeypad(.unlock, source: 1, .success, code: 4)
      case "keypad_fingerprint":
        bench.lock.logKeypad(.lock, source: 2, .success, code: 4)
        bench.lock.memory.log[1].data[0] = 3
      case "keypad_invalid_code": bench.perform(bench.lock.typed("999999", at: bench.now))
      default: bench.lock.logKeypad(.lock, source: 0, .success, code: nil)
      }
    }
    let told = try bench.command(0x31, [0, 0, 0, 0, 9, 0, 0, 0]).filter { $0.command == 0x32 }.map(\.payload)
    #expect(
      told
        == ["keypad_unlock", "keypad_fingerprint", "keypad_invalid_code", "keypad_arrow_lock"].map {
          vectors["log_entry_" + $0] ?? []
        })
  }

  @Test(
    arguments: [
      // flipped bit, length, CRC, authorization
      (
        "6fe1ae576fb78f599c28be640916ca2e5219beed442d9d4f030201003e0019a9feea67a940d95f12e4ddd818a318"
          + "5b98943ef8928b78cf4568e4a85850e3d19548a8b003bf52858c7753940ea90de3030767ac46920fb0ec395de060", 0x20
      ),
      (
        "d73d8f27efc7ce9b50b83fba78f08cdd97a9b1a0b52c421f030201001900095a66fde11c35c5b7d222b7ab36ace9ec2d2da16a4958483f",
        0xFD
      ),
      (
        "6fe1ae576fb78f599c28be640916ca2e5219beed442d9d4f030201003d0019a9feea67a940d95f12e4ddd818a318"
          + "5b98943ef8928b78cf4568e4a85850e3d19548a8b003bf52858c7753940ea90de3030767ac46920fb0ec395de061", 0x20
      ),
      (
        "6fe1ae576fb78f599c28be640916ca2e5219beed442d9d4f030201013e0019a9feea67a940d95f12e4ddd818a318"
          + "5b98943ef8928b78cf4568e4a85850e3d19548a8b003bf52858c7753940ea90de3030767ac46920fb0ec395de061", 0x20
      ),
    ] as [(String, UInt8)])
  func `each bad message gets its error`(_ wire: String, _ error: UInt8) throws {
    var bench = try Self.bench()
    bench.write(octets(wire), to: bench.lock.handles.sealed)
    let answer = bench.heard()
    #expect(answer.refusal?.first == error && answer[0].isPlain == (error == 0x20))
  }
}
