import LockCore
import LockSimulator
import Seeded
import Testing

@testable import LockDrivers

/// A lock that knows the key and says what it likes.
@Suite struct NukiDriverHostileBytesTests {
  @Test(arguments: [81, 82] as [UInt64])
  func `whatever a lock says, each command ends once and nothing grows`(seed: UInt64) throws {
    let vectors = try NukiVectors.read()
    var air = try NukiAir()
    air.startDriver()
    air.advance(by: .seconds(5))
    air.forget()
    _ = air.run(.program(slot: 1, SlotEntry(pin: pin("974216"))))
    let ready = air.driver
    #expect(ready.phase == .ready)
    let indication = try #require(air.told.last { $0.first == 0x1D && $0.count > 50 })
    let answers = vectors.encrypted.filter(\.isFromLock).map { ($0.commandID, bytes($0.payload)) }
    let commands: [LockCommand] = [
      .readSlots, .readSlot(1), .program(slot: 2, SlotEntry(pin: pin("583914"))), .clear(slot: 1),
      .readLog(after: 0), .unlock,
    ]
    var random = SeededRandom(seed: seed)
    var driver = ready
    var now = air.now
    var (open, lastID, most): (Set<UInt64>, UInt64, Int) = ([], 0, 0)
    var asked: [[UInt8]] = []
    var isClosing = false
    func perform(_ effects: [DriverEffect]) {
      most = max(most, effects.count)
      for effect in effects {
        switch effect {
        case .write(let packet): asked.append(packet)
        case .finish(let id, _): if open.remove(id.rawValue) == nil { Issue.record("ended twice") }
        case .closeLink: isClosing = true
        case .remember(_, let bytes): if bytes.count > 20_000 { Issue.record("memory grows") }
        case .setDeadline, .report, .openLink: break
        }
      }
    }
    for round in 0..<120_000 {
      now = now + .milliseconds(20)
      if isClosing {
        perform(driver.linkClosed(at: now))
        isClosing = false
        // A link that is ready at once, and what was under way with the old one is over.
        perform(driver.linkRefused(.busy, at: now))
        driver = ready
      }
      if asked.contains(where: { $0.first == 0x12 }) { perform(driver.received([0x13], at: now)) }
      asked = []
      let dice = random.next()
      switch dice % 16 {
      case 0:
        lastID += 1
        open.insert(lastID)
        let command = commands[round % commands.count]
        perform(driver.submit(command, to: NukiAir.lockID, id: CommandID(rawValue: lastID), at: now))
      case 1: perform(driver.deadlinePassed(at: now))
      case 2:
        var packet = air.told[Int(dice >> 8 & 0xFFFF) % air.told.count]
        packet[Int(dice >> 24 & 0xFF) % packet.count] = UInt8(truncatingIfNeeded: dice >> 32)
        perform(driver.received(packet, at: now))
      default:
        var (command, payload) = answers[Int(dice >> 8 & 0xFFFF) % answers.count]
        if dice & 0x10 != 0 { command = [.challenge, .status, .keypadCode, .logEntry][Int(dice >> 5 & 3)] }
        let place = Int(dice >> 24 & 0xFF) % payload.count
        payload[place] = UInt8(truncatingIfNeeded: dice >> 32)
        if dice & 0x80 != 0 { payload.removeSubrange(place...) }
        let wire = try NukiSealedFrame(air.authorization.id, command, payload).wire(
          sealedWith: air.authorization.sessionKey, nonce: [UInt8](repeating: 9, count: 24))
        perform(driver.received(Array(indication[..<3]) + wire, at: now))
      }
    }
    #expect(lastID > 1000 && most < 400)
    #expect(driver.queue.count <= 64)
  }
}
