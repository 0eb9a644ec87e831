import LockCore

/// The devices that one door is put together from: which of them answer, and what they tell of themselves.
struct DoorDevices: Sendable {
  private struct Device {
    var identity: LockIdentity?
    var isTampered: Bool?
    var isReaderTampered: Bool?
    var hasLostPower = false
    var refusesKey = false
    var isSwapped = false
    /// Who answers in its place.
    var stranger: LockFault?

    /// Why it is gone.
    var loss: LockFault { self.refusesKey ? .notAuthorized : self.stranger ?? .unreachable }
  }

  /// True while all of them answer.
  private(set) var isComplete = false

  private let reader: DoorConfiguration.Reader
  private var devices: [UInt8: Device]

  init(_ configuration: DoorConfiguration) {
    self.reader = configuration.reader
    self.devices = Dictionary(
      configuration.addresses.map { ($0, Device()) }, uniquingKeysWith: { first, _ in first })
  }

  /// True when the door needs the device at this address.
  func contains(_ address: UInt8) -> Bool { self.devices[address] != nil }

  /// True while the device at this address answers.
  func answers(_ address: UInt8) -> Bool { self.devices[address]?.identity != nil }

  /// True while a housing or the reader is open; nil when none of them tells.
  var isTampered: Bool? {
    let told = self.devices.values.flatMap { [$0.isTampered, $0.isReaderTampered] }.compactMap(\.self)
    return told.isEmpty ? nil : told.contains(true)
  }

  /// A device answers; its identity stands for the door where it is the reader.
  /// - Returns: reachable, when the door has become complete or a device of a complete door was exchanged.
  mutating func connected(_ address: UInt8, as identity: LockIdentity) -> [LockReport] {
    let isNew = self.devices[address]?.identity != identity
    self.devices[address]?.identity = identity
    self.devices[address]?.stranger = nil
    guard isNew, self.devices.values.allSatisfy({ $0.identity != nil }) else { return [] }
    self.isComplete = true
    let shown = self.devices[self.reader.address]?.identity ?? identity
    return [.reachable(shown, slotChanges: nil, newestRecord: nil)]
  }

  /// A device no longer answers.
  mutating func disconnected(_ address: UInt8) -> [LockReport] {
    self.devices[address]?.identity = nil
    guard self.isComplete, let device = self.devices[address] else { return [] }
    self.isComplete = false
    return [.unreachable(device.loss)]
  }

  /// A device refuses our key, and counts as gone; or takes it again, and will be told as connected.
  mutating func keyRefused(_ isRefused: Bool, by address: UInt8) -> [LockReport] {
    let alarms = self.alarm(LockAlarm.keyRefused, \.refusesKey, isRefused, of: address)
    guard isRefused else { return alarms }
    let gone = self.disconnected(address)
    // A door that was not complete before is told the reason once.
    return alarms + (gone.isEmpty && !alarms.isEmpty ? [.unreachable(.notAuthorized)] : gone)
  }

  /// Another device answers in the place of the one at this address, which counts as gone.
  mutating func strangerAnswered(
    _ found: WireIdentity, insteadOf expected: WireIdentity, at address: UInt8
  ) -> [LockReport] {
    let fault = LockFault.otherDevice(found, insteadOf: expected, address: address)
    self.devices[address]?.stranger = fault
    let gone = self.disconnected(address)
    // A door that was not complete before is told the reason once.
    return gone.isEmpty ? [.unreachable(fault)] : gone
  }

  mutating func swapped(_ isSwapped: Bool, at address: UInt8) -> [LockReport] {
    self.alarm(LockAlarm.deviceSwapped, \.isSwapped, isSwapped, of: address)
  }

  mutating func localStatusReported(isTampered: Bool, hasLostPower: Bool, by address: UInt8) -> [LockReport] {
    self.devices[address]?.isTampered = isTampered
    return self.alarm(LockAlarm.powerLost, \.hasLostPower, hasLostPower, of: address)
  }

  /// 0 normal, 1 not connected, 2 tamper; index = reader number.
  mutating func readersReported(_ readers: [UInt8], by address: UInt8) {
    guard address == self.reader.address, Int(self.reader.number) < readers.count else { return }
    self.devices[address]?.isReaderTampered = readers[Int(self.reader.number)] == 2
  }

  private mutating func alarm(
    _ alarm: (Bool) -> LockAlarm, _ fact: WritableKeyPath<Device, Bool>, _ value: Bool, of address: UInt8
  ) -> [LockReport] {
    let before = self.devices.values.contains { $0[keyPath: fact] }
    self.devices[address]?[keyPath: fact] = value
    let after = self.devices.values.contains { $0[keyPath: fact] }
    return before == after ? [] : [.alarm(alarm(after))]
  }
}
