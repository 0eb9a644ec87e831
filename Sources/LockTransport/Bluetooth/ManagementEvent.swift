import LockCore

/// What the kernel tells on its Bluetooth management channel. Layouts: BlueZ, `doc/mgmt-api.txt`.
///
/// Each is one packet:
///
///     0  2 LE  code
///     2  2 LE  index of the adapter, N of hciN; FFFF none
///     4  2 LE  length of what follows
///     6  …     parameters
struct ManagementPacket: Hashable, Sendable {
  /// The adapter's number of the moment.
  var index: UInt16
  /// What happened.
  var event: ManagementEvent

  /// Reads a packet.
  /// - Returns: nil for what is cut off, malformed, or of no concern.
  init?(_ bytes: [UInt8]) {
    var fields = ManagementFields(bytes[...])
    guard let code = fields.uint16(), let index = fields.uint16(), let length = fields.uint16(),
      let parameters = fields.bytes(Int(length)),
      let event = ManagementEvent(code: code, parameters)
    else { return nil }
    self.index = index
    self.event = event
  }

  /// Makes a packet.
  init(index: UInt16, _ event: ManagementEvent) {
    self.index = index
    self.event = event
  }
}

/// One thing that happened to an adapter.
enum ManagementEvent: Hashable, Sendable {
  /// A command was answered.
  case answered(opcode: UInt16, ManagementStatus, ManagementAnswer)
  /// The adapter told of an error of its own.
  case controllerError(UInt8)
  /// An adapter came.
  case indexAdded
  /// An adapter went.
  case indexRemoved
  /// The adapter was switched on or off, or set up otherwise, by whomever.
  case newSettings(ManagementSettings)
  /// A pairing gave a key; worth keeping only where `isLasting`.
  case newLongTermKey(peer: BluetoothAddress, BluetoothBond.LongTermKey, isLasting: Bool)
  /// A pairing gave the key to a device's changing addresses.
  case newIdentityKey(peer: BluetoothAddress, BluetoothKey, isLasting: Bool)
  /// A link was lost; `reason` 1 out of reach, 2 by this box, 3 by the peer, 4 encryption failed.
  case deviceDisconnected(BluetoothAddress, reason: UInt8)
  /// A device wants to pair, or agrees to; `isJustWorks` when there is nothing to compare.
  case confirmationRequested(BluetoothAddress, isJustWorks: Bool)
  /// A pairing, or the encryption with a key of before, failed.
  case authenticationFailed(BluetoothAddress, ManagementStatus)
  /// A device said something of itself.
  case deviceFound(Advertisement)
  /// Discovery was started or has ended, for whomever.
  case discovering(Bool)

  /// Reads parameters.
  /// - Returns: nil for what is cut off, malformed, or of no concern.
  init?(code: UInt16, _ parameters: ArraySlice<UInt8>) {
    var fields = ManagementFields(parameters)
    let event: Self? =
      switch code {
      case 0x0001, 0x0002: Self.answer(&fields)
      case 0x0003: fields.byte().map { .controllerError($0) }
      case 0x0004: .indexAdded
      case 0x0005: .indexRemoved
      case 0x0006: fields.uint32().map { .newSettings(ManagementSettings(rawValue: $0)) }
      case 0x000A: Self.longTermKey(&fields)
      case 0x000C: Self.disconnected(&fields)
      case 0x000F: Self.confirmation(&fields)
      case 0x0011: Self.failedAuthentication(&fields)
      case 0x0012: Self.found(&fields)
      case 0x0013: Self.discovery(&fields)
      case 0x0018: Self.identityKey(&fields)
      default: nil
      }
    guard let event else { return nil }
    self = event
  }

  /// 2 LE opcode, 1 status, then what the command answers with.
  private static func answer(_ fields: inout ManagementFields) -> Self? {
    guard let opcode = fields.uint16(), let status = fields.byte() else { return nil }
    return .answered(
      opcode: opcode, ManagementStatus(rawValue: status),
      ManagementAnswer(to: opcode, fields.rest))
  }

  /// 1 store hint, then as in ``ManagementCommand/loadLongTermKeys(_:)``.
  private static func longTermKey(_ fields: inout ManagementFields) -> Self? {
    guard let hint = fields.byte(), let peer = fields.address(), let kind = fields.byte(),
      let initiator = fields.byte(), let size = fields.byte(), let diversifier = fields.uint16(),
      let random = fields.uint64(), let key = fields.key(), kind <= 3, (7...16).contains(size)
    else { return nil }
    return .newLongTermKey(
      peer: peer,
      BluetoothBond.LongTermKey(
        kind: kind, isInitiators: initiator == 1, size: size, diversifier: diversifier, random: random,
        key: key), isLasting: hint == 1)
  }

  /// 1 store hint, 6 LE changing address, 7 address and type, 16 key.
  private static func identityKey(_ fields: inout ManagementFields) -> Self? {
    guard let hint = fields.byte(), fields.bytes(6) != nil, let peer = fields.address(),
      let key = fields.key()
    else { return nil }
    return .newIdentityKey(peer: peer, key, isLasting: hint == 1)
  }

  /// 7 address and type, 1 reason.
  private static func disconnected(_ fields: inout ManagementFields) -> Self? {
    guard let peer = fields.address(), let reason = fields.byte() else { return nil }
    return .deviceDisconnected(peer, reason: reason)
  }

  /// 7 address and type, 1 hint: 1 there is nothing to compare, 4 LE number to compare.
  private static func confirmation(_ fields: inout ManagementFields) -> Self? {
    guard let peer = fields.address(), let hint = fields.byte() else { return nil }
    return .confirmationRequested(peer, isJustWorks: hint == 1)
  }

  /// 7 address and type, 1 status.
  private static func failedAuthentication(_ fields: inout ManagementFields) -> Self? {
    guard let peer = fields.address(), let status = fields.byte() else { return nil }
    return .authenticationFailed(peer, ManagementStatus(rawValue: status))
  }

  /// 7 address and type, 1 signed dBm (127 unknown), 4 LE flags, 2 LE length, AD structures.
  private static func found(_ fields: inout ManagementFields) -> Self? {
    guard let peer = fields.address(), let rssi = fields.byte(), fields.uint32() != nil,
      let length = fields.uint16(), let data = fields.bytes(Int(length))
    else { return nil }
    let strength = Int8(bitPattern: rssi)
    return .deviceFound(
      Advertisement(address: peer, data: Array(data), rssi: strength == 127 ? nil : strength))
  }

  /// 1 types, 1 on or off.
  private static func discovery(_ fields: inout ManagementFields) -> Self? {
    guard fields.byte() != nil, let isOn = fields.byte() else { return nil }
    return .discovering(isOn != 0)
  }
}
