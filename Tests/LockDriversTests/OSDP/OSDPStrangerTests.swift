import LockCore
import LockDrivers
import LockSimulator
import Testing

/// Who answers is looked at before anything is said to it.
@Suite struct OSDPStrangerTests {
  private static let identify: UInt8 = 0x61
  private static let known = WireIdentity(maker: 0x5E, serial: 0x0102_0305)

  private static func reader(
    _ address: UInt8 = 5, _ security: VirtualReader.Security = .plain, serial: UInt32 = 0x0102_0305
  ) -> VirtualReader {
    var reader = VirtualReader(address: address, security: security)
    reader.identity.oui = 0x5E
    reader.identity.serial = serial
    return reader
  }

  private static func rig(
    _ readers: [VirtualReader], mode: OSDPKeyMode = .plain, known: WireIdentity? = known, elsewhere: Set<UInt8> = []
  ) -> LineRig {
    LineRig(
      devices: [.init(address: 5, keyMode: mode, identity: known)], readers,
      doors: [
        (LineRig.front, DoorConfiguration(reader: .init(address: 5), strike: .init(address: 5, time: .seconds(3))))
      ], elsewhere: elsewhere)
  }

  @Test(
    "P18 a device that is not the known one is asked who it is and nothing else, in every key mode",
    arguments: [0, 1, 2])
  func strangerIsSentNothing(mode: Int) throws {
    let key = try LineRig.key(7)
    let (keyMode, security): (OSDPKeyMode, VirtualReader.Security) =
      [(.plain, .plain), (.secure(key), .key(key)), (.install(key), .install)][mode]
    var rig = Self.rig([Self.reader(5, security, serial: 99)], mode: keyMode, elsewhere: [6, 7])
    rig.open()
    rig.run(.seconds(5))
    let unlock = rig.submit(.unlock)
    rig.run(.seconds(5))
    #expect(rig.sent.allSatisfy { $0.code == Self.identify && $0.security == nil })
    #expect(rig.seen().isEmpty)
    #expect(rig.finished[unlock] == .failure(.unreachable))
    let stranger = WireIdentity(maker: 0x5E, serial: 99)
    #expect(rig.lineReports.contains(.strangerAnswered(address: 5, stranger)))
    #expect(rig.told().contains(.unreachable(.otherDevice(stranger, insteadOf: Self.known, address: 5))))
    #expect(!rig.lineReports.contains { if case .deviceProven = $0 { true } else { false } })
  }

  @Test func `P18 the known device that comes back is used as before`() {
    var rig = Self.rig([Self.reader(serial: 99)])
    rig.open()
    rig.run(.seconds(3))
    rig.line[5] = Self.reader()
    rig.run(.seconds(3))
    #expect(rig.lineReports.contains(.deviceProven(address: 5, Self.known)))
    let unlock = rig.submit(.unlock)
    rig.run(.seconds(1))
    #expect(rig.finished[unlock] == .success(.done(confirmed: true)))
  }

  @Test func `P18 a device exchanged on the running line gets no command that was meant for the first`() {
    for serial in UInt32(90)..<110 {
      var rig = Self.rig([Self.reader()], known: nil)
      rig.open()
      rig.run(.seconds(2) + .milliseconds(Int(serial) * 7))
      rig.line[5] = Self.reader(serial: serial)
      let exchanged = rig.now.uptime
      rig.run(.milliseconds(100))
      _ = rig.submit(.unlock)
      rig.run(.seconds(15))
      #expect(!rig.seen(since: exchanged).contains { if case .relay = $0 { true } else { false } })
    }
  }

  @Test
  func `P18 while nobody of the line answers, devices of other lines are looked for, and only asked who they are`() {
    var rig = Self.rig([Self.reader(6, serial: 0x0102_0306)], elsewhere: [5, 6, 7])
    rig.open()
    rig.run(.seconds(4))
    let other = WireIdentity(maker: 0x5E, serial: 0x0102_0306)
    #expect(rig.lineReports.contains(.strangerAnswered(address: 6, other)))
    #expect(rig.sent.allSatisfy { $0.code == Self.identify })
    // Their own device is found as soon as it is there, and from then on nobody else is asked.
    rig.line[5] = Self.reader()
    rig.run(.seconds(6))
    #expect(rig.lineReports.contains(.deviceProven(address: 5, Self.known)))
    let asked = rig.sent.count
    rig.run(.seconds(10))
    #expect(rig.sent.dropFirst(asked).allSatisfy { $0.address == 5 })
  }

  @Test func `P18 looking for devices of other lines takes little of the line`() {
    var rig = Self.rig([], elsewhere: Set(10..<100))
    rig.open()
    rig.run(.seconds(60))
    let elsewhere = rig.sent.count { $0.address != 5 }
    // Each in vain takes 0.25 s: a fifth of a minute has room for no more than 50.
    #expect((1...50).contains(elsewhere), "\(elsewhere)")
  }

  @Test func `P18 what calls itself nothing is never taken for another`() {
    var rig = Self.rig([Self.reader(serial: 0)], known: nil)
    rig.open()
    rig.run(.seconds(2))
    rig.line[5] = Self.reader(serial: 0x0102_0309)
    rig.restart(5)
    rig.run(.seconds(3))
    #expect(!rig.lineReports.contains { if case .strangerAnswered = $0 { true } else { false } })
    // From the first that tells its number on, it is known.
    rig.line[5] = Self.reader(serial: 0)
    rig.restart(5)
    rig.run(.seconds(3))
    #expect(rig.lineReports.contains(.strangerAnswered(address: 5, WireIdentity(maker: 0x5E, serial: 0))))
  }

  @Test func `P18 whoever has not proved the key is not remembered`() throws {
    let (mine, other) = (try LineRig.key(7), try LineRig.key(8))
    var rig = Self.rig([Self.reader(5, .key(other), serial: 99)], mode: .secure(mine), known: nil)
    rig.open()
    rig.run(.seconds(3))
    #expect(!rig.lineReports.contains { if case .deviceProven = $0 { true } else { false } })
    rig.line[5] = Self.reader(5, .key(mine))
    rig.run(.seconds(15))
    #expect(rig.lineReports.contains(.deviceProven(address: 5, Self.known)))
  }
}
