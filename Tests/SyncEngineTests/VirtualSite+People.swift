import LockCore
import LockDrivers
import LockSimulator
import Testing

@testable import SyncEngine

/// What people and faults do at the doors.
extension VirtualSite {
  func farActs(
    _ index: Int, _ deed: (inout FarEnd, Moment) -> (bytes: [[UInt8]], deadline: Duration??)
  ) {
    let (messages, deadline) = deed(&self.wires[index].farEnd, self.now)
    if let deadline { self.wires[index].farDeadline = deadline }
    guard self.wires[index].isOpen, !self.wires[index].isCut else { return }
    let generation = self.wires[index].generation
    for message in messages { self.send(message) { .toGateway(index, $0, generation: generation) } }
  }

  func send(_ message: [UInt8], _ deed: ([UInt8]) -> Deed) {
    let due = self.uptime + Self.latency
    switch self.granularity {
    case .bytes: self.inFlight += message.map { (due, deed([$0])) }
    case .messages: self.inFlight.append((due, deed(message)))
    }
  }

  static func parts(_ effects: [VirtualLock.Effect]) -> (bytes: [[UInt8]], deadline: Duration??) {
    var (bytes, deadline): ([[UInt8]], Duration??) = ([], nil)
    for effect in effects {
      switch effect {
      case .write(let message): bytes.append(message)
      case .setDeadline(let uptime): deadline = .some(uptime)
      case .remember: break
      }
    }
    return (bytes, deadline)
  }

  static func bytes(_ effects: [VirtualLine.Effect]) -> [[UInt8]] {
    effects.compactMap { if case .write(let bytes) = $0 { bytes } else { nil } }
  }

  /// Somebody does something at a lock; whether or not a gateway is there.
  func at(_ key: String, _ deed: (inout VirtualLock, Moment) -> [VirtualLock.Effect]) {
    guard let index = self.index(key) else { return }
    self.farActs(index) { far, now in
      guard case .lock(var lock) = far else { return ([], nil) }
      let effects = deed(&lock, now)
      far = .lock(lock)
      return Self.parts(effects)
    }
    self.settle()
  }

  /// Somebody types at a door's keypad and the bus takes its time to hear of it.
  func type(_ keys: String, at key: String, reader address: UInt8) {
    self.atReader(key, address) { $0.pressed(keys) }
    self.advance(by: .seconds(2))
  }

  /// Somebody does something at a reader.
  func atReader(_ key: String, _ address: UInt8, _ deed: (inout VirtualReader) -> Void) {
    guard let index = self.index(key), case .line(var line) = self.wires[index].farEnd, var reader = line[address]
    else { return }
    deed(&reader)
    line[address] = reader
    self.wires[index].farEnd = .line(line)
  }

  /// The lock as it is now.
  func lock(_ key: String) -> VirtualLock {
    guard let index = self.index(key), case .lock(let lock) = self.wires[index].farEnd else { return VirtualLock() }
    return lock
  }

  /// The lock becomes another one in temper.
  func temper(_ key: String, _ temperament: VirtualLockTemperament) {
    self.at(key) { lock, _ in
      lock.temperament = temperament
      return []
    }
  }

  func index(_ key: String) -> Int? { self.wires.firstIndex { $0.key == key } }
}
