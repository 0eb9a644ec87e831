/// A message of a pairing, either way.
///
/// ```
/// 0001 Request Data      0  2  command wanted (0003)
/// 0003 Public Key        0 32  key
/// 0004 Challenge         0 32  challenge
/// 0005 Authenticator     0 32  HMAC(client's key, lock's key, challenge 1)
/// 0006 Auth. Data        0 32  HMAC(id type, app id, name, client's nonce, challenge 2)
///                       32  1  id type    33  4  app id    37 32  name    69 32  client's nonce
/// 0007 Auth.-ID          0 32  HMAC(authorization, lock's UUID, lock's nonce, client's nonce)
///                       32  4  authorization    36 16  lock's UUID    52 32  lock's nonce
/// 001E Confirmation      0 32  HMAC(authorization, lock's nonce)    32  4  authorization
/// 000E Status            0  1  0 complete
/// 0012 Error Report      0  1  error    1  2  command refused
/// 004C Auth. Info        0  1  1 when a security PIN is set
/// ```
///
/// Generation 5 goes from 0005 to 004C, then sealed:
///
/// ```
/// 0006 Auth. Data        0  4  app id    4 32  name    36  4  security PIN
/// 0007 Auth.-ID          0  4  authorization    4 16  lock's UUID
/// ```
public enum NukiPairingMessage: Hashable, Sendable {
  /// Asks for a piece of data.
  case requestData(NukiCommand)
  /// A public key.
  case publicKey(NukiBlock)
  /// A challenge.
  case challenge(NukiBlock)
  /// Proof of the session key.
  case authenticator(NukiBlock)
  /// Who wants to be authorized, up to generation 4.
  case authorizationData(authenticator: NukiBlock, NukiApplicant, nonce: NukiBlock)
  /// Who wants to be authorized, from generation 5 on.
  case sealedAuthorizationData(appID: UInt32, name: String, pin: NukiSecurityPIN)
  /// The authorization, up to generation 4.
  case authorizationID(authenticator: NukiBlock, NukiAuthorizationID, lockUUID: [UInt8], nonce: NukiBlock)
  /// The authorization, from generation 5 on.
  case sealedAuthorizationID(NukiAuthorizationID, lockUUID: [UInt8])
  /// The authorization was received.
  case confirmation(authenticator: NukiBlock, NukiAuthorizationID)
  /// Whether a security PIN is set.
  case authorizationInfo(hasPIN: Bool)
  /// Complete (0) or accepted (1).
  case status(UInt8)
  /// Why not.
  case error(NukiErrorReport)

  /// Reads a message in clear.
  /// - Returns: nil for a command that no pairing has, and for a payload of another length.
  public init?(_ frame: NukiPlainFrame) {
    var reader = NukiReader(frame.payload)
    let message: NukiPairingMessage?
    switch frame.command {
    case .requestData: message = reader.take(UInt16.self).map { .requestData(NukiCommand(rawValue: $0)) }
    case .publicKey: message = reader.block().map(Self.publicKey)
    case .challenge: message = reader.block().map(Self.challenge)
    case .authorizationAuthenticator: message = reader.block().map(Self.authenticator)
    case .authorizationData: message = Self.authorizationData(&reader)
    case .authorizationID: message = Self.authorizationID(&reader)
    case .authorizationIDConfirmation:
      guard let authenticator = reader.block(), let id = reader.take(4).flatMap({ NukiAuthorizationID($0) }) else {
        return nil
      }
      message = .confirmation(authenticator: authenticator, id)
    case .authorizationInfo: message = reader.flag().map { .authorizationInfo(hasPIN: $0) }
    case .status: message = reader.byte().map(Self.status)
    case .errorReport: message = NukiErrorReport(&reader).map(Self.error)
    default: message = nil
    }
    guard let message, reader.left == 0 else { return nil }
    self = message
  }

  /// Reads an opened message of generation 5.
  /// - Returns: nil for a command that is not sealed in a pairing, and for a payload of another length.
  public init?(opened frame: NukiSealedFrame) {
    var reader = NukiReader(frame.payload)
    switch frame.command {
    case .authorizationData:
      guard let appID = reader.take(UInt32.self), let name = reader.text(32),
        let pin = reader.take(4).flatMap({ NukiSecurityPIN(wire: $0) }), reader.left == 0
      else { return nil }
      self = .sealedAuthorizationData(appID: appID, name: name, pin: pin)
    case .authorizationID:
      guard let id = reader.take(4).flatMap({ NukiAuthorizationID($0) }), let uuid = reader.take(16), reader.left == 0
      else { return nil }
      self = .sealedAuthorizationID(id, lockUUID: Array(uuid))
    case .errorReport:
      guard let report = NukiErrorReport(&reader), reader.left == 0 else { return nil }
      self = .error(report)
    default: return nil
    }
  }

  private static func authorizationData(_ reader: inout NukiReader) -> NukiPairingMessage? {
    guard let authenticator = reader.block(), let applicant = NukiApplicant(&reader), let nonce = reader.block()
    else { return nil }
    return .authorizationData(authenticator: authenticator, applicant, nonce: nonce)
  }

  private static func authorizationID(_ reader: inout NukiReader) -> NukiPairingMessage? {
    guard let authenticator = reader.block(), let id = reader.take(4).flatMap({ NukiAuthorizationID($0) }),
      let uuid = reader.take(16), let nonce = reader.block()
    else { return nil }
    return .authorizationID(authenticator: authenticator, id, lockUUID: Array(uuid), nonce: nonce)
  }

  /// The message with its command, to be sent in clear or, where its name says so, sealed.
  public var frame: NukiPlainFrame {
    var writer = NukiWriter()
    let command: NukiCommand
    switch self {
    case .requestData(let wanted):
      command = .requestData
      writer.put(wanted.rawValue)
    case .publicKey(let block):
      command = .publicKey
      writer.put(block.bytes)
    case .challenge(let block):
      command = .challenge
      writer.put(block.bytes)
    case .authenticator(let block):
      command = .authorizationAuthenticator
      writer.put(block.bytes)
    case .authorizationData(let authenticator, let applicant, let nonce):
      command = .authorizationData
      writer.put(authenticator.bytes)
      writer.put(applicant.wire)
      writer.put(nonce.bytes)
    case .sealedAuthorizationData(let appID, let name, let pin):
      command = .authorizationData
      writer.put(appID)
      writer.put(name, width: 32)
      writer.put(pin.wire)
    case .authorizationID(let authenticator, let id, let uuid, let nonce):
      command = .authorizationID
      writer.put(authenticator.bytes)
      writer.put(id.bytes)
      writer.put(uuid)
      writer.put(nonce.bytes)
    case .sealedAuthorizationID(let id, let uuid):
      command = .authorizationID
      writer.put(id.bytes)
      writer.put(uuid)
    case .confirmation(let authenticator, let id):
      command = .authorizationIDConfirmation
      writer.put(authenticator.bytes)
      writer.put(id.bytes)
    case .authorizationInfo(let hasPIN):
      command = .authorizationInfo
      writer.put(hasPIN)
    case .status(let status):
      command = .status
      writer.put(status)
    case .error(let report):
      command = .errorReport
      writer.put(report.wire)
    }
    return NukiPlainFrame(command, writer.bytes)
  }
}

/// Who wants to be authorized, up to generation 4.
///
/// ```
/// 0  1  id type    1  4  app id    5 32  name, UTF-8, padded with zeros
/// ```
public struct NukiApplicant: Hashable, Sendable {
  /// What it is.
  public var type: NukiIDType
  /// A number that the applicant chose once; named again with each lock action.
  public var appID: UInt32
  /// How it shows in the lock's log; at most 32 bytes.
  public var name: String

  /// Makes an applicant.
  /// - Parameters:
  ///   - type: what it is.
  ///   - appID: a number chosen once.
  ///   - name: how it shows in the lock's log.
  public init(type: NukiIDType, appID: UInt32, name: String) {
    self.type = type
    self.appID = appID
    self.name = name
  }

  init?(_ reader: inout NukiReader) {
    guard let type = reader.byte().flatMap(NukiIDType.init), let appID = reader.take(UInt32.self),
      let name = reader.text(32)
    else { return nil }
    self.init(type: type, appID: appID, name: name)
  }

  /// The 37 bytes on the wire, over which its authenticator begins.
  public var wire: [UInt8] {
    var writer = NukiWriter()
    writer.put(self.type.rawValue)
    writer.put(self.appID)
    writer.put(self.name, width: 32)
    return writer.bytes
  }
}

/// What an authorization is for.
public enum NukiIDType: UInt8, Hashable, Sendable, Codable {
  /// An app: one of many. Does not clear the beacon's signal of news.
  case app = 0
  /// The bridge: one a lock, the next one takes its place. Clears the beacon's signal of news.
  case bridge = 1
  /// A fob.
  case fob = 2
  /// A keypad.
  case keypad = 3
}

/// Why the lock refuses a command.
///
/// ```
/// 0  1  error    1  2  command refused
/// ```
public struct NukiErrorReport: Error, Hashable, Sendable {
  /// Why.
  public var error: NukiError
  /// What was refused; 0000 for what the lock could not open.
  public var command: NukiCommand

  /// Makes a report.
  /// - Parameters:
  ///   - error: why.
  ///   - command: what was refused.
  public init(_ error: NukiError, refusing command: NukiCommand) {
    self.error = error
    self.command = command
  }

  init?(_ reader: inout NukiReader) {
    guard let error = reader.byte(), let command = reader.take(UInt16.self) else { return nil }
    self.init(NukiError(rawValue: error), refusing: NukiCommand(rawValue: command))
  }

  var wire: [UInt8] {
    var writer = NukiWriter()
    writer.put(self.error.rawValue)
    writer.put(self.command.rawValue)
    return writer.bytes
  }
}
