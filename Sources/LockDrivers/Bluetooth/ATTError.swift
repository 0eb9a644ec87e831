/// Why a server refused a request: the last octet of an Error Response (Core specification, volume 3 part F, section
/// 3.4.1.1). Any value may come; 0x80...0x9F are the application's own.
public struct ATTError: RawRepresentable, Hashable, Sendable, Codable {
  /// The octet.
  public let rawValue: UInt8

  /// Takes the octet.
  public init(rawValue: UInt8) { self.rawValue = rawValue }

  /// There is no attribute with this handle.
  public static let invalidHandle = ATTError(rawValue: 0x01)
  /// The attribute cannot be read.
  public static let readNotPermitted = ATTError(rawValue: 0x02)
  /// The attribute cannot be written.
  public static let writeNotPermitted = ATTError(rawValue: 0x03)
  /// The server could not make sense of the request.
  public static let invalidPDU = ATTError(rawValue: 0x04)
  /// The link must be paired first, against a man in the middle.
  public static let insufficientAuthentication = ATTError(rawValue: 0x05)
  /// The server does not know the request.
  public static let requestNotSupported = ATTError(rawValue: 0x06)
  /// The value ends before this offset.
  public static let invalidOffset = ATTError(rawValue: 0x07)
  /// This peer may not do that.
  public static let insufficientAuthorization = ATTError(rawValue: 0x08)
  /// Too many pieces of long values wait to be executed.
  public static let prepareQueueFull = ATTError(rawValue: 0x09)
  /// Nothing of this type is in the range of handles.
  public static let attributeNotFound = ATTError(rawValue: 0x0A)
  /// The value is too short to be read or written in pieces.
  public static let attributeNotLong = ATTError(rawValue: 0x0B)
  /// The key of the encrypted link is too short.
  public static let encryptionKeyTooShort = ATTError(rawValue: 0x0C)
  /// The value has a length that the attribute cannot take.
  public static let invalidValueLength = ATTError(rawValue: 0x0D)
  /// Something unlikely went wrong at the server.
  public static let unlikely = ATTError(rawValue: 0x0E)
  /// The link must be encrypted first.
  public static let insufficientEncryption = ATTError(rawValue: 0x0F)
  /// Attributes of this type are not grouped.
  public static let unsupportedGroupType = ATTError(rawValue: 0x10)
  /// The server has no memory left.
  public static let insufficientResources = ATTError(rawValue: 0x11)
  /// The server's database has changed: handles must be discovered anew.
  public static let databaseOutOfSync = ATTError(rawValue: 0x12)
  /// The attribute cannot take this value.
  public static let valueNotAllowed = ATTError(rawValue: 0x13)
  /// Refused for a reason of the service.
  public static let writeRequestRejected = ATTError(rawValue: 0xFC)
  /// The client has not configured the characteristic as the service demands.
  public static let configurationImproper = ATTError(rawValue: 0xFD)
  /// The same procedure is running already.
  public static let procedureInProgress = ATTError(rawValue: 0xFE)
  /// The value is out of its range.
  public static let outOfRange = ATTError(rawValue: 0xFF)

  /// A link that is paired and encrypted would get another answer.
  public var asksForSecurity: Bool {
    [.insufficientAuthentication, .encryptionKeyTooShort, .insufficientEncryption].contains(self)
  }
}

extension ATTError: CustomStringConvertible {
  /// What the server says, in words, and the octet.
  public var description: String {
    let words =
      switch self {
      case .invalidHandle: "no such attribute"
      case .readNotPermitted: "reading is not permitted"
      case .writeNotPermitted: "writing is not permitted"
      case .invalidPDU: "the request is malformed"
      case .insufficientAuthentication: "the link must be paired first"
      case .requestNotSupported: "the request is not supported"
      case .invalidOffset: "the value ends before"
      case .insufficientAuthorization: "not authorized"
      case .prepareQueueFull: "too many pieces wait to be written"
      case .attributeNotFound: "nothing of this kind"
      case .attributeNotLong: "the value is not a long one"
      case .encryptionKeyTooShort: "the link's key is too short"
      case .invalidValueLength: "the value has the wrong length"
      case .unlikely: "something went wrong"
      case .insufficientEncryption: "the link must be encrypted first"
      case .unsupportedGroupType: "no groups of this kind"
      case .insufficientResources: "no memory left"
      case .databaseOutOfSync: "the attributes have changed"
      case .valueNotAllowed: "the value is not allowed"
      case .writeRequestRejected: "the write was rejected"
      case .configurationImproper: "notifications are not configured as they must be"
      case .procedureInProgress: "the procedure is running already"
      case .outOfRange: "the value is out of range"
      default: (0x80...0x9F).contains(self.rawValue) ? "error of the application" : "reserved error"
      }
    return "\(words) (ATT error 0x\(String(self.rawValue, radix: 16)))"
  }
}
