import LockCore
import LockDrivers
import LockSimulator
import SyncEngine

extension VirtualLockRunner {
  /// Somebody programs a code at the keypad.
  func add(_ pin: PINCode, name: String) async -> LockSimulation.CodeAddition {
    switch self.addCode(pin, name: name)?.fault {
    case nil: .stored
    case .duplicateCode: .duplicate
    case .noSpace: .refused("its memory is full")
    case .codeRejected(let detail): .refused(detail)
    default: .refused("it does not say why")
    }
  }
}

extension NukiLockRunner {
  /// Somebody adds a code with the app.
  func add(_ pin: PINCode, name: String) async -> LockSimulation.CodeAddition {
    if self.state.memory.codes.values.contains(where: { $0.pin == pin }) { return .duplicate }
    return self.addCode(pin, name: name)
      ? .stored : .refused("codes have six digits 1 to 9 and do not begin with 12, and its memory has an end")
  }
}
