import Foundation
import LockCore
import LockSimulator
import Testing

@testable import LockDrivers

@Suite struct NukiPairingTests {
  private static func bench(
    _ generation: NukiLockModel.Generation, pin: String? = nil, type: NukiIDType = .app, inPairingMode: Bool = true,
    _ change: (inout NukiLock) -> Void = { _ in }
  ) throws -> NukiPairingBench {
    let right = try #require(NukiSecurityPIN(generation == .five ? "482915" : "4321"))
    var lock = NukiLock(model: NukiLockModel(generation), securityPIN: right, random: .seeded(7))
    change(&lock)
    _ = lock.started(at: NukiAir.start)
    if inPairingMode { _ = lock.pressedButton(at: NukiAir.start) }
    let pin = try #require(NukiSecurityPIN(pin ?? (generation == .five ? "482915" : "4321")))
    return try NukiPairingBench(lock: lock, pin: pin, type: type, now: NukiAir.start)
  }

  @Test(arguments: [NukiLockModel.Generation.one, .two, .three, .five])
  func `a lock of each generation is paired, its PIN checked, its configuration read`(
    generation: NukiLockModel.Generation
  ) throws {
    var bench = try Self.bench(generation)
    let authorization = try bench.run().get()
    #expect(authorization.nukiID == 0x1A2B_3C4D && authorization.name == "Front door")
    #expect(authorization.generation == (generation == .five ? .five : .upTo4))
    #expect(authorization.lockUUID.count == 16)
    #expect(bench.lock.memory.authorizations[authorization.id.number]?.name == "Bitting")
    #expect(authorization.hasKeypad && authorization.zoneID == 37)
    #expect(bench.steps == bench.steps.sorted() && bench.steps.last == .readingConfig)
    #expect(bench.lock.openLinks == [])
    let coded = try JSONEncoder().encode(authorization)
    #expect(try JSONDecoder().decode(NukiAuthorization.self, from: coded) == authorization)
  }

  @Test func `an authorization shows no secret`() throws {
    var bench = try Self.bench(.three)
    let authorization = try bench.run().get()
    var shown = "\(authorization) \(String(reflecting: authorization))"
    dump(authorization, to: &shown)
    #expect(!shown.contains("4321") && !shown.contains("sessionKey"))
  }

  @Test func `a bridge is paired as such, where there are bridges`() throws {
    var bench = try Self.bench(.three, type: .bridge)
    #expect(try bench.run().get().type == .bridge)
    var newer = try Self.bench(.five, type: .bridge)
    #expect(newer.run() == .failure(.appOnly))
  }

  @Test func `each way to fail has its own fault, and nothing is tried twice`() throws {
    var closed = try Self.bench(.three, inPairingMode: false)
    #expect(closed.run() == .failure(.notInPairingMode))
    var closed5 = try Self.bench(.five, inPairingMode: false)
    #expect(closed5.run() == .failure(.notInPairingMode))
    var wrong = try Self.bench(.three, pin: "1111")
    #expect(wrong.run() == .failure(.wrongPIN))
    #expect(wrong.lock.memory.wrongPINs == 1)
    var wrong5 = try Self.bench(.five, pin: "111111")
    #expect(wrong5.run() == .failure(.wrongPIN))
    #expect(wrong5.lock.memory.wrongPINs == 1)
    var short = try Self.bench(.five, pin: "4321")
    #expect(short.run() == .failure(.pinLength(digits: 6)))
    var long = try Self.bench(.three, pin: "482915")
    #expect(long.run() == .failure(.pinLength(digits: 4)))
    var silent = try Self.bench(.three) { $0.temperament.isSilent = true }
    #expect(silent.run() == .failure(.timedOut(at: .exchangingKeys)))
    for fault in [NukiPairingFault.notInPairingMode, .tableFull, .timedOut(at: .authorizing), .refused(.unknown)] {
      #expect(fault.message.hasSuffix(".") && fault.message.count > 40)
    }
  }

  @Test(arguments: [NukiLockModel.Generation.one, .three, .five], [true, false])
  func `whichever packet is lost, and whenever the link drops, pairing ends once and says so`(
    generation: NukiLockModel.Generation, dropsLink: Bool
  ) throws {
    var whole = try Self.bench(generation)
    _ = whole.run()
    for lost in 1...whole.packets {
      var bench = try Self.bench(generation)
      bench.dropsLink = dropsLink
      bench.arrives = { $0 != lost }
      switch bench.run() {
      // What was lost is not always missed: a confirmation, or the end of a subscription.
      case .success: #expect(!dropsLink)
      // A lock drops a link that has been silent for long.
      case .failure(.linkLost), .failure(.timedOut), .failure(.linkFailed): break
      case .failure(let fault): Issue.record("packet \(lost): \(fault)")
      }
      #expect(bench.lock.openLinks == [])
    }
  }
}
