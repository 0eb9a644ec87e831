import LockCore
import OfflineCodes
import Testing

/// The published vectors.
@Suite struct OfflineVectorTests {
  @Test func `R40 Every published code has its PIN`() throws {
    for group in try OfflineVectors.load().keys {
      let key = try OfflineVectors.key(group.door, group.generation, group.secret)
      for vector in group.codes {
        let code = try vector.code()
        #expect(code.slot == vector.slot)
        #expect(try key.pin(of: code).digits == vector.pin)
      }
    }
  }

  @Test func `R40 A door says to every published entry what is published`() throws {
    for door in try OfflineVectors.load().doors {
      let key = try OfflineVectors.key(door.door, door.generation, door.secret)
      for scenario in door.scenarios {
        var verifier = OfflineVerifier(key: key)
        for entry in scenario.entries {
          let pin = try #require(PINCode(entry.pin))
          let date = try #require(Timestamp(iso8601: entry.at))
          let verdict = verifier.entered(pin, at: date)
          #expect(verdict.opens == entry.opens, "\(scenario.name), at \(entry.at): \(verdict)")
        }
      }
    }
  }
}

extension OfflineVerifier.Verdict {
  var opens: Bool { if case .opens = self { true } else { false } }
}
