import FoundationEssentials
import LockCore
import LockDrivers
import LockSimulator
import Testing

private let noon = VirtualWire.start
private let window = TimeWindow(start: noon.date, end: noon.date + .hours(2))

@Suite struct VirtualLockTests {
  @Test(arguments: [
    (Duration.seconds(-1), LockRecord.Happening.denied(.notYetValid, .slot(1))),
    (.zero, .unlocked(.keycode, .slot(1))),
    (.hours(2) - .milliseconds(1), .unlocked(.keycode, .slot(1))),
    (.hours(2), .denied(.expiredCode, .slot(1))),
  ])
  func `a code opens inside its window by the lock's own clock`(
    offset: Duration, happening: LockRecord.Happening
  ) throws {
    var lock = VirtualLock()
    _ = try lock.addCode(pin("2468"), window: window, at: noon)
    _ = lock.setClock(to: noon.date + offset, at: noon)
    _ = lock.typed("2468", at: noon)
    #expect(lock.memory.log.map(\.happening) == [happening])
    #expect(lock.memory.isLocked == (happening != .unlocked(.keycode, .slot(1))))
  }

  @Test func `five wrong PINs lock the keypad for a minute`() throws {
    var lock = VirtualLock()
    _ = try lock.addCode(pin("2468"), at: noon)
    for _ in 1...5 { _ = lock.typed("no digits", at: noon) }
    #expect(lock.isLockedOut)
    _ = lock.typed("2468", at: noon + .seconds(59))
    #expect(lock.memory.log.last?.happening == .denied(.tooManyAttempts, nil))
    _ = lock.typed("2468", at: noon + .seconds(60))
    #expect(lock.memory.log.last?.happening == .unlocked(.keycode, .slot(1)))
  }

  @Test func `the bolt goes home by itself when the lock is made so`() {
    var lock = VirtualLock(model: VirtualLockModel(relockDelay: .seconds(5)))
    let effects = lock.unlockedByHand(at: noon)
    #expect(effects.last == .setDeadline(noon.uptime + .seconds(5)))
    _ = lock.deadlinePassed(at: noon + .seconds(5))
    #expect(lock.memory.isLocked)
    #expect(lock.memory.log.last?.happening == .locked(.automatic, nil))
  }

  @Test func `codes are programmed at the keypad by the same rules`() throws {
    var lock = VirtualLock(model: VirtualLockModel(slotCount: 2))
    #expect(try lock.addCode(pin("2468"), at: noon).slot == 1)
    #expect(throws: VirtualLockRefusal.duplicate(slot: 1)) { try lock.addCode(pin("2468"), at: noon) }
    #expect(throws: VirtualLockRefusal.rejected(.length)) { try lock.addCode(pin("1"), at: noon) }
    #expect(try lock.addCode(pin("1357"), at: noon).slot == 2)
    #expect(throws: VirtualLockRefusal.full) { try lock.addCode(pin("9753"), at: noon) }
    #expect(throws: VirtualLockRefusal.noSuchSlot) {
      try lock.changeCode(slot: 3, to: pin("9753"), at: noon)
    }
    _ = try lock.changeCode(slot: 1, to: pin("8642"), at: noon)
    _ = lock.removeCode(slot: 2, at: noon)
    _ = lock.removeCode(slot: 2, at: noon)
    #expect(lock.memory.codes == [1: VirtualLock.Memory.Code(pin: pin("8642"))])
    #expect(lock.memory.stamps == [1: 2, 2: 2])
    #expect(lock.memory.changes == 4)
  }

  @Test func `every change of memory asks to be remembered`() throws {
    var lock = VirtualLock()
    #expect(try lock.addCode(pin("2468"), at: noon).effects.contains(.remember))
    #expect(lock.removeCode(slot: 1, at: noon).contains(.remember))
    #expect(!lock.removeCode(slot: 1, at: noon).contains(.remember))
    #expect(lock.typed("2468", at: noon).contains(.remember))
    #expect(lock.setBattery(0.5, at: noon).contains(.remember))
    #expect(lock.setClock(to: noon.date, at: noon).contains(.remember))
    #expect(lock.factoryReset(at: noon).contains(.remember))
  }

  @Test func `memory survives encoding, and shows no PIN when printed`() throws {
    var lock = VirtualLock()
    _ = try lock.addCode(pin("86428642"), name: "Ann", window: window, at: noon)
    _ = lock.typed("86428642", at: noon)
    _ = lock.typed("1111", at: noon)
    _ = lock.lockedByHand(at: noon)
    _ = lock.setBattery(0.5, at: noon)
    let encoded = try JSONEncoder().encode(lock.memory)
    #expect(try JSONDecoder().decode(VirtualLock.Memory.self, from: encoded) == lock.memory)
    var shown = "\(lock)"
    dump(lock, to: &shown)
    #expect(!shown.contains("86428642"))
  }

  @Test func `the same seed gives the same life`() {
    func life(seed: UInt64) -> [[UInt8]] {
      var wire = VirtualWire(temperament: .flaky, seed: seed)
      wire.open()
      for command in everyCommand { _ = wire.run(command) }
      wire.advance(by: .minutes(10))
      return wire.messages.map(\.bytes)
    }
    #expect(life(seed: 5) == life(seed: 5))
    #expect(life(seed: 5) != life(seed: 6))
  }

  @Test func `a frame that comes whole and makes no sense is answered so`() {
    var lock = VirtualLock()
    _ = lock.linkOpened(at: noon)
    // READ_SLOT without its slot, then a request that there is not.
    #expect(
      lock.received(octets("564b0103420000"), at: noon).isEmpty)
    for (request, refusal): ([UInt8], VirtualLockRefusal) in [
      (rawFrame(kind: 0x03, sequence: 0x42, payload: []), .badFrame),
      (rawFrame(kind: 0x3F, sequence: 0x42, payload: []), .unsupported),
    ] {
      let reply = VirtualLockFrame(sequence: 0x42, body: .reply(.refused(refusal)))
      #expect(lock.received(request, at: noon + .seconds(1)) == [.write(reply.bytes)])
    }
  }
}
