import LockCore
import LockSimulator
import Testing

@testable import LockDrivers

/// Codes of others that are taken over or removed because somebody asked for it: rules R65 and R82.
@Suite struct NukiStrangerTests {
  /// A lock with two codes of others, in slots 199 and 200.
  private func air(model: NukiLockModel = NukiLockModel(), schedule: NukiSchedule? = nil) throws -> NukiAir {
    var air = try NukiAir.settled(model: model)
    air.atLock { $0.addForeignCode(pin("345678"), name: "Owner", at: $1).effects }
    air.atLock { $0.addForeignCode(pin("456789"), name: "Cleaner", schedule: schedule, at: $1).effects }
    _ = air.run(.readSlots)
    return air
  }

  private func reading(_ result: Result<LockReply, LockFault>?) throws -> SlotReading {
    try #require(try result?.get().reading)
  }

  @Test(arguments: NukiAir.models)
  func `R82 a code of others that was claimed is changed and removed as ours, the others stay`(
    model: NukiLockModel
  ) throws {
    var air = try self.air(model: model)
    let there = try self.reading(air.run(.claim(slot: 200, pin("345678"))))
    #expect(there.contents == .code(pin("345678")) && there.name == "Owner")
    #expect(air.lock.counts.commands[0x46] == nil)
    // What it knows outlives it.
    air.startDriver()
    air.advance(by: .seconds(30))
    let changed = try self.reading(air.run(.program(slot: 200, SlotEntry(pin: pin("974216")))))
    #expect(changed.contents == .code(pin("974216")))
    #expect(try self.reading(air.run(.clear(slot: 200))).contents == .empty)
    #expect(air.lock.memory.codes.values.map(\.pin) == [pin("456789")])
    guard case .failure(.unsupported) = air.run(.clear(slot: 199)) else { return #expect(Bool(false)) }
  }

  @Test func `R82 with another PIN than was meant nothing is claimed`() throws {
    var air = try self.air()
    #expect(try self.reading(air.run(.claim(slot: 200, pin("974216")))).contents == .code(pin("345678")))
    guard case .failure(.unsupported) = air.run(.clear(slot: 200)) else { return #expect(Bool(false)) }
    #expect(air.lock.memory.codes.count == 2)
  }

  @Test(arguments: NukiAir.models)
  func `R65 a code of others is removed when its PIN is the one that was meant`(model: NukiLockModel) throws {
    var air = try self.air(model: model)
    #expect(try self.reading(air.run(.evict(slot: 199, pin("345678")))).contents == .code(pin("456789")))
    #expect(air.lock.memory.codes.count == 2)
    #expect(try self.reading(air.run(.evict(slot: 199, pin("456789")))).contents == .empty)
    #expect(air.lock.memory.codes.values.map(\.pin) == [pin("345678")])
    // What is gone already is proven to be gone.
    #expect(try self.reading(air.run(.evict(slot: 199, pin("456789")))).contents == .empty)
  }

  @Test func `R82 a new code of others does not come into the slot of what was claimed`() throws {
    var air = try self.air()
    _ = air.run(.claim(slot: 200, pin("345678")))
    let id = try #require(air.lock.memory.codes.values.first { $0.pin == pin("345678") }?.id)
    air.atLock { $0.removeForeignCode(id, at: $1) }
    air.atLock { $0.addForeignCode(pin("567891"), name: "Guest", at: $1).effects }
    guard case .success(.slots(let readings, _)) = air.run(.readSlots) else { return #expect(Bool(false)) }
    #expect(readings.map(\.slot) == [198, 199])
    #expect(
      try self.reading(air.run(.program(slot: 200, SlotEntry(pin: pin("345678"))))).contents == .code(pin("345678")))
  }
}
