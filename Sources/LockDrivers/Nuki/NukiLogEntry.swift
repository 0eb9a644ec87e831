public import LockCore

/// One entry of a lock's log.
///
/// ```
/// 0   4  index, counting up by one
/// 4   7  when, UTC
/// 11  4  authorization; of all uses of the keypad the keypad's own
/// 15 32  name; behind its first zero there may be junk
/// 47  1  type
/// 48  n  data; locks of generation 3 and later pad it
/// ```
public struct NukiLogEntry: Hashable, Sendable {
  /// The lock's number for it.
  public var index: UInt32
  /// When it happened, by the lock's clock; nil when that made no date.
  public var date: Timestamp?
  /// Whose authorization it was.
  public var authorization: NukiAuthorizationID
  /// The authorization's name.
  public var name: String
  /// What happened.
  public var event: NukiLogEvent
  /// Further bytes behind the data, which mean nothing.
  public var padding: Int = 0

  /// Makes an entry.
  /// - Parameters:
  ///   - index: the lock's number for it.
  ///   - date: when it happened.
  ///   - authorization: whose authorization it was.
  ///   - name: the authorization's name.
  ///   - event: what happened.
  public init(
    index: UInt32, date: Timestamp?, authorization: NukiAuthorizationID, name: String, event: NukiLogEvent
  ) {
    self.index = index
    self.date = date
    self.authorization = authorization
    self.name = name
    self.event = event
  }

  init?(_ reader: inout NukiReader) {
    guard let index = reader.take(UInt32.self), let date = reader.date(),
      let authorization = reader.take(4).flatMap({ NukiAuthorizationID($0) }), let name = reader.text(32),
      let event = NukiLogEvent(&reader)
    else { return nil }
    self.init(index: index, date: date, authorization: authorization, name: name, event: event)
    self.padding = reader.left
  }

  func write(to writer: inout NukiWriter) {
    writer.put(self.index)
    writer.put(self.date)
    writer.put(self.authorization.bytes)
    writer.put(self.name, width: 32)
    self.event.write(to: &writer)
    writer.put([UInt8](repeating: 0, count: self.padding))
  }
}

/// What a log entry tells.
///
/// ```
/// 01     0  1  1 log switched on, 0 off
/// 02     0  1  action    1  1  trigger    2  1  flags    3  1  completion
/// 03 04  the same four, of a calibration and of a start
/// 05     0  1  action    1  1  source    2  1  completion    3  2  id of the keypad code, 0 none
/// 06     0  1  door: 0 opened, 1 closed, 2 jammed
/// 07     0  1  1 log of the door sensor switched on, 0 off
/// ```
public enum NukiLogEvent: Hashable, Sendable {
  /// The log was switched on or off.
  case logging(Bool)
  /// The bolt was moved, or was to be.
  case lockAction(NukiAction, NukiTrigger, flags: UInt8, NukiCompletion)
  /// Somebody used the keypad.
  case keypad(NukiAction, NukiKeypadSource, NukiCompletion, codeID: UInt16)
  /// The door: 0 opened, 1 closed, 2 jammed.
  case door(UInt8)
  /// The door sensor's log was switched on or off.
  case doorLogging(Bool)
  /// Something else, as it came.
  case other(type: UInt8, data: [UInt8])

  init?(_ reader: inout NukiReader) {
    guard let type = reader.byte() else { return nil }
    let event: NukiLogEvent?
    switch type {
    case 1: event = reader.flag().map(Self.logging)
    case 2:
      guard let data = reader.take(4).map(Array.init) else { return nil }
      event = .lockAction(
        NukiAction(rawValue: data[0]), NukiTrigger(rawValue: data[1]), flags: data[2],
        NukiCompletion(rawValue: data[3]))
    case 5:
      guard let data = reader.take(3).map(Array.init), let codeID = reader.take(UInt16.self) else { return nil }
      event = .keypad(
        NukiAction(rawValue: data[0]), NukiKeypadSource(rawValue: data[1]), NukiCompletion(rawValue: data[2]),
        codeID: codeID)
    case 6: event = reader.byte().map(Self.door)
    case 7: event = reader.flag().map(Self.doorLogging)
    default:
      event = .other(type: type, data: reader.rest)
      _ = reader.take(reader.left)
    }
    guard let event else { return nil }
    self = event
  }

  func write(to writer: inout NukiWriter) {
    switch self {
    case .logging(let isOn):
      writer.put(UInt8(1))
      writer.put(isOn)
    case .lockAction(let action, let trigger, let flags, let completion):
      writer.put([2, action.rawValue, trigger.rawValue, flags, completion.rawValue])
    case .keypad(let action, let source, let completion, let codeID):
      writer.put([5, action.rawValue, source.rawValue, completion.rawValue])
      writer.put(codeID)
    case .door(let state): writer.put([6, state])
    case .doorLogging(let isOn):
      writer.put(UInt8(7))
      writer.put(isOn)
    case .other(let type, let data):
      writer.put(type)
      writer.put(data)
    }
  }
}

/// What somebody did at the keypad.
public struct NukiKeypadSource: RawRepresentable, Hashable, Sendable {
  /// The number on the wire.
  public let rawValue: UInt8
  /// Takes any number.
  public init(rawValue: UInt8) { self.rawValue = rawValue }

  /// 00: pressed the arrow, without a code.
  public static let arrowKey = NukiKeypadSource(rawValue: 0)
  /// 01: typed a code.
  public static let code = NukiKeypadSource(rawValue: 1)
  /// 02: laid a finger on it; the code is the one that the finger belongs to.
  public static let fingerprint = NukiKeypadSource(rawValue: 2)
}

/// How many log entries there are.
public struct NukiLogCount: Hashable, Sendable {
  /// True while the log is on.
  public var isLogging: Bool
  /// How many entries there are.
  public var count: UInt16
  /// True when there is a door sensor.
  public var hasDoorSensor: Bool
  /// True while the door sensor's log is on; nil from old firmware.
  public var isDoorLogging: Bool?

  /// Makes a count.
  /// - Parameters:
  ///   - isLogging: while the log is on.
  ///   - count: how many entries there are.
  ///   - hasDoorSensor: when there is a door sensor.
  ///   - isDoorLogging: while the door sensor's log is on.
  public init(isLogging: Bool, count: UInt16, hasDoorSensor: Bool = false, isDoorLogging: Bool? = nil) {
    self.isLogging = isLogging
    self.count = count
    self.hasDoorSensor = hasDoorSensor
    self.isDoorLogging = isDoorLogging
  }

  /// True when there is nothing to read and that means something: a log that is switched off may keep its entries.
  var isEmpty: Bool { self.isLogging && self.count == 0 }

  init?(_ reader: inout NukiReader) {
    guard let isLogging = reader.flag(), let count = reader.take(UInt16.self), let hasDoorSensor = reader.flag() else {
      return nil
    }
    self.init(isLogging: isLogging, count: count, hasDoorSensor: hasDoorSensor, isDoorLogging: reader.flag())
  }

  func write(to writer: inout NukiWriter) {
    writer.put(self.isLogging)
    writer.put(self.count)
    writer.put(self.hasDoorSensor)
    if let isDoorLogging { writer.put(isDoorLogging) }
  }
}
