import LockCore
import LockDrivers
import LockSimulator
import Testing

/// Codes of others that are taken over or removed because somebody asked for it: rules R65 and R82.
@Suite struct VirtualLockStrangerTests {
  private func wire(_ temperament: VirtualLockTemperament = .native) -> VirtualWire {
    var wire = VirtualWire(temperament: temperament)
    wire.open()
    wire.atLock { (try? $0.changeCode(slot: 3, to: pin("2468"), name: "Ann", at: $1)) ?? [] }
    return wire
  }

  private func contents(_ result: Result<LockReply, LockFault>?) -> SlotContents? {
    guard case .success(.slot(let reading, _))? = result else { return nil }
    return reading.contents
  }

  @Test func `R82 a claim looks and writes nothing`() {
    var wire = self.wire()
    #expect(self.contents(wire.run(.claim(slot: 3, pin("2468")))) == .code(pin("2468")))
    #expect(self.contents(wire.run(.claim(slot: 3, pin("1357")))) == .code(pin("2468")))
    #expect(wire.lock.memory.changes == 1)
  }

  @Test func `R65 a code of others is removed when its PIN is the one that was meant`() {
    var wire = self.wire()
    #expect(self.contents(wire.run(.evict(slot: 3, pin("1357")))) == .code(pin("2468")))
    #expect(wire.lock.memory.codes.count == 1)
    #expect(self.contents(wire.run(.evict(slot: 3, pin("2468")))) == .empty)
    #expect(self.contents(wire.run(.evict(slot: 3, pin("2468")))) == .empty)
    #expect(wire.lock.memory.codes.isEmpty && wire.lock.memory.changes == 2)
  }

  @Test func `R65 a code whose PIN the lock hides is removed without it`() {
    var wire = self.wire(.masked)
    #expect(self.contents(wire.run(.evict(slot: 3, nil))) == .empty)
    #expect(wire.lock.memory.codes.isEmpty)
  }

  @Test func `R65 a master code stays, and the lock says so`() {
    var wire = VirtualWire(temperament: .masterful)
    wire.open()
    wire.atLock { (try? $0.changeCode(slot: 1, to: pin("2468"), at: $1)) ?? [] }
    #expect(wire.run(.evict(slot: 1, pin("2468"))) == .failure(.unsupported(detail: "the lock cannot do this")))
    #expect(wire.lock.memory.codes.count == 1)
  }
}
