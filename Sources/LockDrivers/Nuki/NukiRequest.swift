public import LockCore

/// What a client asks over an authorization.
///
/// ```
/// 0001 Request Data       0  2  command wanted
/// 000D Lock Action        0  1  action    1  4  app id    5  1  flags    [6 20  suffix of the name]    nonce 32
/// 0014, 0036              0 32  nonce
/// all others              body, then nonce 32, then security PIN 2 or 4
/// ```
public enum NukiRequest: Hashable, Sendable {
  /// Asks for a challenge, the states or the battery report.
  case requestData(NukiCommand)
  /// Moves the bolt.
  case lockAction(NukiLockAction, nonce: NukiBlock)
  /// Asks for the configuration.
  case requestConfig(nonce: NukiBlock)
  /// Asks for the advanced configuration.
  case requestAdvancedConfig(nonce: NukiBlock)
  /// Something that the security PIN guards.
  case guarded(NukiGuardedRequest, nonce: NukiBlock, pin: NukiSecurityPIN)

  /// What it is.
  public var command: NukiCommand {
    switch self {
    case .requestData: .requestData
    case .lockAction: .lockAction
    case .requestConfig: .requestConfig
    case .requestAdvancedConfig: .requestAdvancedConfig
    case .guarded(let request, _, _): request.command
    }
  }

  /// What it says.
  public var payload: [UInt8] {
    var writer = NukiWriter()
    switch self {
    case .requestData(let wanted): writer.put(wanted.rawValue)
    case .lockAction(let action, let nonce):
      writer.put(action.body)
      writer.put(nonce.bytes)
    case .requestConfig(let nonce), .requestAdvancedConfig(let nonce): writer.put(nonce.bytes)
    case .guarded(let request, let nonce, let pin):
      writer.put(request.body)
      writer.put(nonce.bytes)
      writer.put(pin.wire)
    }
    return writer.bytes
  }

  /// Reads a request, on the lock's side.
  /// - Parameters:
  ///   - command: what it is.
  ///   - payload: what it says.
  ///   - hasLongPIN: true from generation 5 on.
  /// - Throws: ``NukiError/badLength`` for another length than the command has, ``NukiError/badParameter`` for a
  ///   field that no client fills in so, ``NukiError/unknown`` for a command that is not known.
  public init(_ command: NukiCommand, _ payload: [UInt8], hasLongPIN: Bool) throws(NukiErrorReport) {
    func refusal(_ error: NukiError) -> NukiErrorReport { NukiErrorReport(error, refusing: command) }
    var reader = NukiReader(payload)
    switch command {
    case .requestData:
      guard payload.count == 2, let wanted = reader.take(UInt16.self) else { throw refusal(.badLength) }
      self = .requestData(NukiCommand(rawValue: wanted))
    case .lockAction:
      guard payload.count == 38 || payload.count == 58,
        let action = NukiLockAction(&reader, hasSuffix: payload.count == 58), let nonce = reader.block()
      else { throw refusal(.badLength) }
      self = .lockAction(action, nonce: nonce)
    case .requestConfig, .requestAdvancedConfig:
      guard payload.count == 32, let nonce = reader.block() else { throw refusal(.badLength) }
      self = command == .requestConfig ? .requestConfig(nonce: nonce) : .requestAdvancedConfig(nonce: nonce)
    default:
      guard let length = NukiGuardedRequest.bodyLengths[command] else { throw refusal(.unknown) }
      guard payload.count == length + 32 + (hasLongPIN ? 4 : 2), let body = reader.take(length),
        let nonce = reader.block(), let pin = NukiSecurityPIN(wire: reader.rest)
      else { throw refusal(.badLength) }
      guard let request = NukiGuardedRequest(command, body) else { throw refusal(.badParameter) }
      self = .guarded(request, nonce: nonce, pin: pin)
    }
  }
}

/// A movement of the bolt.
public struct NukiLockAction: Hashable, Sendable {
  /// What to do.
  public var action: NukiAction
  /// The number that the authorization was made with.
  public var appID: UInt32
  /// Bit 0: auto unlock. Bit 1: force.
  public var flags: UInt8
  /// Appended to the authorization's name in the log, at most 20 bytes; nil for nothing.
  public var suffix: String?

  /// Makes an action.
  /// - Parameters:
  ///   - action: what to do.
  ///   - appID: the number that the authorization was made with.
  ///   - flags: bit 0 auto unlock, bit 1 force.
  ///   - suffix: appended to the authorization's name in the log.
  public init(_ action: NukiAction, appID: UInt32, flags: UInt8 = 0, suffix: String? = nil) {
    self.action = action
    self.appID = appID
    self.flags = flags
    self.suffix = suffix
  }

  init?(_ reader: inout NukiReader, hasSuffix: Bool) {
    guard let action = reader.byte(), let appID = reader.take(UInt32.self), let flags = reader.byte() else {
      return nil
    }
    self.init(NukiAction(rawValue: action), appID: appID, flags: flags)
    if hasSuffix { self.suffix = reader.text(20) }
  }

  var body: [UInt8] {
    var writer = NukiWriter()
    writer.put(self.action.rawValue)
    writer.put(self.appID)
    writer.put(self.flags)
    if let suffix { writer.put(suffix, width: 20) }
    return writer.bytes
  }
}

/// What the security PIN guards.
///
/// ```
/// 0020 Verify PIN         nothing
/// 0021 Update Time        0  7  time in UTC
/// 0031 Request Log        0  4  start    4  2  count    6  1  0 ascending, 1 descending    7  1  total wanted
/// 0034 Enable Logging     0  1  0 off, 1 on
/// 0041 Add Code           0 44  code (``NukiKeypadEntry``)
/// 0043 Request Codes      0  2  offset    2  2  count
/// 0046 Update Code        0  2  id    2  4  code    6 20  name    26  1  enabled    27 20  limits
/// 0047 Remove Code        0  2  id
/// ```
public enum NukiGuardedRequest: Hashable, Sendable {
  /// Checks the PIN and does nothing else.
  case verifyPIN
  /// Sets the clock.
  case updateTime(Timestamp)
  /// Asks for entries strictly after (ascending) or before (descending) `start`; 0 is the respective end.
  case requestLog(start: UInt32, count: UInt16, isDescending: Bool, wantsTotal: Bool)
  /// Switches the log on or off.
  case enableLogging(Bool)
  /// Adds a code.
  case addKeypadCode(NukiKeypadEntry)
  /// Asks for `count` codes from the place `offset` of the lock's list on.
  case requestKeypadCodes(offset: UInt16, count: UInt16)
  /// Overwrites a code with all that is given.
  case updateKeypadCode(id: UInt16, NukiKeypadEntry)
  /// Removes a code.
  case removeKeypadCode(id: UInt16)

  static let bodyLengths: [NukiCommand: Int] = [
    .verifySecurityPIN: 0, .updateTime: 7, .requestLogEntries: 8, .enableLogging: 1, .addKeypadCode: 44,
    .requestKeypadCodes: 4, .updateKeypadCode: 47, .removeKeypadCode: 2,
  ]

  /// What it is.
  public var command: NukiCommand {
    switch self {
    case .verifyPIN: .verifySecurityPIN
    case .updateTime: .updateTime
    case .requestLog: .requestLogEntries
    case .enableLogging: .enableLogging
    case .addKeypadCode: .addKeypadCode
    case .requestKeypadCodes: .requestKeypadCodes
    case .updateKeypadCode: .updateKeypadCode
    case .removeKeypadCode: .removeKeypadCode
    }
  }

  /// True for what may change the lock: after a lost answer nobody knows.
  var changesCodes: Bool {
    switch self {
    case .addKeypadCode, .updateKeypadCode, .removeKeypadCode: true
    default: false
    }
  }

  var body: [UInt8] {
    var writer = NukiWriter()
    switch self {
    case .verifyPIN: break
    case .updateTime(let date): writer.put(Optional(date))
    case .requestLog(let start, let count, let isDescending, let wantsTotal):
      writer.put(start)
      writer.put(count)
      writer.put(isDescending)
      writer.put(wantsTotal)
    case .enableLogging(let isOn): writer.put(isOn)
    case .addKeypadCode(let entry): entry.write(to: &writer, withEnabled: false)
    case .requestKeypadCodes(let offset, let count):
      writer.put(offset)
      writer.put(count)
    case .updateKeypadCode(let id, let entry):
      writer.put(id)
      entry.write(to: &writer, withEnabled: true)
    case .removeKeypadCode(let id): writer.put(id)
    }
    return writer.bytes
  }

  init?(_ command: NukiCommand, _ body: ArraySlice<UInt8>) {
    var reader = NukiReader(body)
    switch command {
    case .verifySecurityPIN: self = .verifyPIN
    case .updateTime:
      guard let told = reader.date(), let date = told else { return nil }
      self = .updateTime(date)
    case .requestLogEntries:
      guard let start = reader.take(UInt32.self), let count = reader.take(UInt16.self), let order = reader.byte(),
        order <= 1, let wantsTotal = reader.flag()
      else { return nil }
      self = .requestLog(start: start, count: count, isDescending: order == 1, wantsTotal: wantsTotal)
    case .enableLogging:
      guard let isOn = reader.flag() else { return nil }
      self = .enableLogging(isOn)
    case .addKeypadCode:
      guard let entry = NukiKeypadEntry(&reader, withEnabled: false) else { return nil }
      self = .addKeypadCode(entry)
    case .requestKeypadCodes:
      guard let offset = reader.take(UInt16.self), let count = reader.take(UInt16.self) else { return nil }
      self = .requestKeypadCodes(offset: offset, count: count)
    case .updateKeypadCode:
      guard let id = reader.take(UInt16.self), let entry = NukiKeypadEntry(&reader, withEnabled: true) else {
        return nil
      }
      self = .updateKeypadCode(id: id, entry)
    case .removeKeypadCode:
      guard let id = reader.take(UInt16.self) else { return nil }
      self = .removeKeypadCode(id: id)
    default: return nil
    }
  }
}
