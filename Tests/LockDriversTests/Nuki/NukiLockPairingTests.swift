import LockCore
import LockDrivers
import Testing

@testable import LockSimulator

@Suite struct NukiLockPairingTests {
  @Test(arguments: [NukiLockModel.Generation.one, .two, .three, .five], [23, 247])
  func `each generation pairs with either MTU`(_ generation: NukiLockModel.Generation, _ mtu: Int) throws {
    var bench = NukiLockBench(generation) { $0.mtu = mtu }
    bench.perform(bench.lock.pressedButton(at: bench.now))
    bench.open()
    try bench.pair()
    #expect(bench.lock.memory.authorizations.count == 1)
    #expect(!bench.lock.isPairing)
    #expect(try bench.send(0x01, [0x0C, 0x00]).commands == [0x0C])
    #expect(try bench.challenge().count == 32)
  }

  @Test func `outside of pairing mode, after its end and after a reset by disconnect nobody is paired`() throws {
    var bench = NukiLockBench()
    bench.open()
    #expect(bench.say(0x01, [0x03, 0x00]).refusal == [0x10, 0x01, 0x00])
    bench.perform(bench.lock.pressedButton(at: bench.now))
    #expect(bench.say(0x01, [0x03, 0x00]).commands == [0x03])
    bench.close()
    bench.open(2)
    #expect(bench.say(0x03, [UInt8](repeating: 9, count: 32)).refusal == [0x12, 0x03, 0x00])
    #expect(bench.say(0x01, [0x03, 0x00]).commands == [0x03])
    bench.advance(.seconds(15))
    bench.packet([0x0A, 3, 0])
    bench.advance(.seconds(15))
    #expect(bench.say(0x03, [UInt8](repeating: 9, count: 32)).refusal == [0x10, 0x03, 0x00])
  }

  @Test func `what is wrong in a pairing gets its error`() throws {
    var bench = NukiLockBench()
    bench.perform(bench.lock.pressedButton(at: bench.now))
    bench.open()
    bench.write(octets("010003002700"), to: bench.lock.handles.pairing)
    #expect(bench.heard().refusal == [0xFD, 0x01, 0x00])
    bench.write([1, 0], to: bench.lock.handles.pairing)
    #expect(bench.heard().refusal == [0xFE, 0x01, 0x00])
    #expect(bench.say(0x01, [0x03]).refusal == [0xFE, 0x01, 0x00])
    #expect(bench.say(0x01, [0x04, 0x00]).refusal == [0x12, 0x01, 0x00])
    _ = bench.say(0x01, [0x03, 0x00])
    #expect(bench.say(0x03, [1]).refusal == [0xFE, 0x03, 0x00])
    _ = bench.say(0x01, [0x03, 0x00])
    // A public key of small order would make the session key known to everybody.
    #expect(bench.say(0x03, [UInt8](repeating: 0, count: 32)).refusal == [0x12, 0x03, 0x00])
    _ = bench.say(0x01, [0x03, 0x00])
    _ = bench.say(0x03, [9] + [UInt8](repeating: 0, count: 31))
    #expect(bench.say(0x05, [UInt8](repeating: 1, count: 32)).refusal == [0x11, 0x05, 0x00])
    #expect(bench.say(0x05, [UInt8](repeating: 1, count: 32)).refusal == [0x12, 0x05, 0x00])
    #expect(bench.lock.memory.authorizations.isEmpty)
  }

  @Test func `the same name takes its place again, and there is one bridge`() throws {
    var bench = try NukiLockBench.paired()
    func again(_ bench: inout NukiLockBench, _ name: String, _ type: UInt8) throws {
      bench.perform(bench.lock.pressedButton(at: bench.now))
      try bench.pair(type: type, name: name)
    }
    try again(&bench, "Access bridge", 0)
    #expect(bench.lock.memory.authorizations.values.map(\.id) == [2])
    try again(&bench, "First", 1)
    try again(&bench, "Second", 1)
    #expect(bench.lock.memory.authorizations.values.map(\.name).sorted() == ["Access bridge", "Second"])
  }

  @Test func `a full table refuses another name`() throws {
    var bench = NukiLockBench(.one)
    bench.open()
    for number in 0..<100 {
      bench.perform(bench.lock.pressedButton(at: bench.now))
      try bench.pair(name: "App \(number)")
    }
    bench.perform(bench.lock.pressedButton(at: bench.now))
    #expect(throws: (any Error).self) { try bench.pair(name: "One more") }
    #expect(bench.lock.counts.errors[0x13] == 1)
    bench.perform(bench.lock.pressedButton(at: bench.now))
    try bench.pair(name: "App 7")
    #expect(bench.lock.memory.authorizations.count == 100)
  }

  @Test func `generation 5 wants the PIN, and counts wrong ones`() throws {
    var bench = NukiLockBench(.five)
    bench.open()
    let right = bench.pin
    bench.pin = [1, 0, 0, 0]
    for _ in 0..<5 {
      bench.perform(bench.lock.pressedButton(at: bench.now))
      #expect(throws: (any Error).self) { try bench.pair() }
    }
    #expect(bench.lock.counts.errors == [0x21: 5])
    bench.pin = right
    bench.perform(bench.lock.pressedButton(at: bench.now))
    #expect(throws: (any Error).self) { try bench.pair() }
    #expect(bench.lock.counts.errors[0x28] == 1)
    bench.close()
    bench.advance(.minutes(5))
    bench.perform(bench.lock.pressedButton(at: bench.now))
    bench.open(2)
    try bench.pair()
    #expect(bench.lock.memory.wrongPINs == 0)
  }

  @Test(arguments: ["refuses-pairing", "drops-in-pairing", "silent"])
  func `a lock that does not pair leaves nothing behind`(_ name: String) throws {
    var bench = NukiLockBench(temperament: try #require(NukiLockTemperament.named[name]))
    bench.perform(bench.lock.pressedButton(at: bench.now))
    bench.open()
    #expect(throws: (any Error).self) { try bench.pair() }
    #expect(bench.lock.memory.authorizations.isEmpty)
  }

  @Test func `the air tells pairing mode, the number and unread news`() throws {
    var bench = NukiLockBench()
    let name = "0e094e756b695f3141324233433444"
    let beacon = "0201061aff4c000215a92ee200550111e4916c0800200c9a661a2b3c4d"
    #expect(bench.air == octets(beacon + "c8" + name))
    bench.perform(bench.lock.pressedButton(at: bench.now))
    #expect(bench.air == octets("0201061521669a0c2000086c91e411015500e12ea91a2b3c4d" + name))
    bench.open()
    try bench.pair()
    #expect(bench.air == octets(beacon + "c8" + name))
    bench.perform(bench.lock.turnedByHand(toLocked: false, at: bench.now))
    #expect(bench.air == octets(beacon + "c9" + name))
    // An app does not take note for everybody, a bridge does.
    _ = try bench.send(0x01, [0x0C, 0x00])
    #expect(bench.air == octets(beacon + "c9" + name))
    bench.perform(bench.lock.pressedButton(at: bench.now))
    try bench.pair(type: 1, name: "Bridge")
    _ = try bench.send(0x01, [0x0C, 0x00])
    #expect(bench.air == octets(beacon + "c8" + name))
  }

  @Test func `generation 5 pairs on its own service, generations 1 and 2 send with less power`() {
    var ultra = NukiLockBench(.five)
    ultra.perform(ultra.lock.pressedButton(at: ultra.now))
    #expect(ultra.air.prefix(25) == octets("0201061521669a0c2000086c91e411015500e32ea91a2b3c4d")[...])
    #expect(NukiLockBench(.two).air[29] == 0xC4)
  }
}
