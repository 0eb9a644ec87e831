import LockCore
import LockDrivers
import LockSimulator
import Testing

private let window = TimeWindow(
  start: VirtualWire.start.date, end: VirtualWire.start.date + .hours(24))

@Suite struct VirtualLockDriverTests {
  @Test func `the lock greets, and says how things stand`() {
    var wire = VirtualWire()
    wire.open()
    #expect(
      wire.reports == [
        .reachable(VirtualLockModel().identity, slotChanges: 0, newestRecord: 0),
        .state(LockState(isLocked: true, isDoorOpen: false, battery: 1, isTampered: false)),
      ])
    #expect(wire.driver.facts?.capabilities == wire.lock.capabilities)
  }

  @Test func `a code is stored, read back, used at the keypad, and found in the log`() throws {
    var wire = VirtualWire()
    wire.open()
    let stored = SlotReading(slot: 3, contents: .code(pin("2468")), window: window, name: "Ann", stamp: 1)
    #expect(
      wire.run(.program(slot: 3, SlotEntry(pin: pin("2468"), window: window, name: "Ann")))
        == .success(.slot(stored, changes: 1)))
    #expect(wire.run(.readSlots) == .success(.slots([stored], changes: 1)))

    wire.forget()
    wire.atLock { $0.typed("2468", at: $1) }
    #expect(
      wire.reports == [
        .logGrew(newest: 1),
        .state(LockState(isLocked: false, isDoorOpen: false, battery: 1, isTampered: false)),
      ])
    #expect(
      wire.run(.readLog(after: 0))
        == .success(
          .log(
            [LockRecord(index: 1, date: wire.now.date, happening: .unlocked(.keycode, .slot(3)))], newest: 1)))

    #expect(
      wire.run(.clear(slot: 3))
        == .success(.slot(SlotReading(slot: 3, contents: .empty, stamp: 2), changes: 2)))
    #expect(wire.run(.readSlots) == .success(.slots([], changes: 2)))
    #expect(wire.run(.lock) == .success(.done(confirmed: true)))
  }
}
