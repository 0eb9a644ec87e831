public import LockCore

/// What a lock says over an authorization, asked or unasked.
///
/// ```
/// 0004 Challenge           0 32  nonce
/// 000E Status              0  1  0 complete, 1 accepted
/// 0012 Error Report        0  1  error    1  2  command refused
/// 0042 Keypad Code ID      0  2  id    2  7  created
/// 0044 Keypad Code Count   0  2  how many
/// 0033 Log Entry Count     0  1  1 while the log is on    1  2  how many    3  1  door sensor    [4  1  its log]
/// ```
public enum NukiAnswer: Hashable, Sendable {
  /// What the next command must carry.
  case challenge(NukiBlock)
  /// The states.
  case states(NukiStates)
  /// The command is done (0), or begun (1).
  case status(NukiStatus)
  /// Why not.
  case error(NukiErrorReport)
  /// The configuration.
  case config(NukiConfig)
  /// The battery in detail.
  case battery(NukiBatteryReport)
  /// The id that a new code was given.
  case keypadCodeID(UInt16, createdAt: Timestamp?)
  /// How many codes there are.
  case keypadCodeCount(UInt16)
  /// One code of a list.
  case keypadCode(NukiKeypadCode)
  /// How many log entries there are.
  case logCount(NukiLogCount)
  /// One log entry of a list.
  case logEntry(NukiLogEntry)

  /// Reads what a lock says; what is behind the last field is ignored.
  /// - Returns: nil for a command that is not known, and for a payload that is too short.
  public init?(_ command: NukiCommand, _ payload: [UInt8]) {
    var reader = NukiReader(payload)
    let answer: NukiAnswer?
    switch command {
    case .challenge: answer = reader.block().map(Self.challenge)
    case .keyturnerStates: answer = NukiStates(&reader).map(Self.states)
    case .status: answer = reader.byte().map { .status(NukiStatus(rawValue: $0)) }
    case .errorReport: answer = NukiErrorReport(&reader).map(Self.error)
    case .config: answer = NukiConfig(payload: payload).map(Self.config)
    case .batteryReport: answer = NukiBatteryReport(&reader).map(Self.battery)
    case .keypadCodeID:
      guard let id = reader.take(UInt16.self), let created = reader.date() else { return nil }
      answer = .keypadCodeID(id, createdAt: created)
    case .keypadCodeCount: answer = reader.take(UInt16.self).map(Self.keypadCodeCount)
    case .keypadCode: answer = NukiKeypadCode(payload: payload).map(Self.keypadCode)
    case .logEntryCount: answer = NukiLogCount(&reader).map(Self.logCount)
    case .logEntry: answer = NukiLogEntry(&reader).map(Self.logEntry)
    default: answer = nil
    }
    guard let answer else { return nil }
    self = answer
  }

  /// What it is.
  public var command: NukiCommand {
    switch self {
    case .challenge: .challenge
    case .states: .keyturnerStates
    case .status: .status
    case .error: .errorReport
    case .config: .config
    case .battery: .batteryReport
    case .keypadCodeID: .keypadCodeID
    case .keypadCodeCount: .keypadCodeCount
    case .keypadCode: .keypadCode
    case .logCount: .logEntryCount
    case .logEntry: .logEntry
    }
  }

  /// What it says. Codes without limits are given in 44 bytes; ``NukiKeypadCode/payload(alwaysWhole:)`` has both.
  public var payload: [UInt8] {
    var writer = NukiWriter()
    switch self {
    case .challenge(let nonce): writer.put(nonce.bytes)
    case .states(let states): writer.put(states.payload)
    case .status(let status): writer.put(status.rawValue)
    case .error(let report): writer.put(report.wire)
    case .config(let config): writer.put(config.payload)
    case .battery(let report): report.write(to: &writer)
    case .keypadCodeID(let id, let createdAt):
      writer.put(id)
      writer.put(createdAt)
    case .keypadCodeCount(let count): writer.put(count)
    case .keypadCode(let code): writer.put(code.payload(alwaysWhole: false))
    case .logCount(let count): count.write(to: &writer)
    case .logEntry(let entry): entry.write(to: &writer)
    }
    return writer.bytes
  }
}

/// How far a command is.
public struct NukiStatus: RawRepresentable, Hashable, Sendable {
  /// The number on the wire.
  public let rawValue: UInt8
  /// Takes any number.
  public init(rawValue: UInt8) { self.rawValue = rawValue }

  /// 00: done.
  public static let complete = NukiStatus(rawValue: 0)
  /// 01: begun; the outcome follows.
  public static let accepted = NukiStatus(rawValue: 1)
}

/// The battery in detail; the figures are those of the last action.
///
/// ```
/// 0  2  drain, mWs          2  2  voltage, mV           4  1  critical      5  1  action
/// 6  2  start voltage, mV   8  2  lowest voltage, mV   10  2  distance, degrees
/// 12 1  start temperature, degrees Celsius, signed     13  2  greatest current, mA    15  2  resistance, mOhm
/// ```
public struct NukiBatteryReport: Hashable, Sendable {
  /// Work of the last action, in mWs.
  public var drain: UInt16
  /// Voltage, in mV.
  public var voltage: UInt16
  /// True when it is nearly empty.
  public var isCritical: Bool
  /// The last action.
  public var action: NukiAction
  /// Voltage before it, in mV.
  public var startVoltage: UInt16
  /// Lowest voltage during it, in mV.
  public var lowestVoltage: UInt16
  /// How far it turned, in degrees.
  public var distance: UInt16
  /// Temperature before it, in degrees Celsius.
  public var temperature: Int8
  /// Greatest current during it, in mA.
  public var current: UInt16
  /// Resistance of the battery, in mOhm.
  public var resistance: UInt16

  init?(_ reader: inout NukiReader) {
    guard let drain = reader.take(UInt16.self), let voltage = reader.take(UInt16.self), let isCritical = reader.flag(),
      let action = reader.byte(), let startVoltage = reader.take(UInt16.self),
      let lowestVoltage = reader.take(UInt16.self), let distance = reader.take(UInt16.self),
      let temperature = reader.take(Int8.self), let current = reader.take(UInt16.self),
      let resistance = reader.take(UInt16.self)
    else { return nil }
    (self.drain, self.voltage, self.isCritical) = (drain, voltage, isCritical)
    self.action = NukiAction(rawValue: action)
    (self.startVoltage, self.lowestVoltage, self.distance) = (startVoltage, lowestVoltage, distance)
    (self.temperature, self.current, self.resistance) = (temperature, current, resistance)
  }

  /// Reads a report of 17 bytes; what is behind is ignored.
  /// - Returns: nil when it is too short.
  public init?(payload: [UInt8]) {
    var reader = NukiReader(payload)
    self.init(&reader)
  }

  func write(to writer: inout NukiWriter) {
    writer.put(self.drain)
    writer.put(self.voltage)
    writer.put(self.isCritical)
    writer.put(self.action.rawValue)
    writer.put(self.startVoltage)
    writer.put(self.lowestVoltage)
    writer.put(self.distance)
    writer.put(self.temperature)
    writer.put(self.current)
    writer.put(self.resistance)
  }
}
