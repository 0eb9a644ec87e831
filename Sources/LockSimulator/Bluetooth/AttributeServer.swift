/// The device's side of the attribute protocol on one link (Core specification, volume 3 part F).
///
/// Packets, confirmations and time go in; packets and what was written come out. Each link has a server of its own,
/// since MTU, queued writes and what a client has subscribed to belong to the link. What a client sends wrong gets the
/// error that the specification names.
///
/// Layouts in the comments are those of a whole PDU, numbers little endian.
public struct AttributeServer: Sendable {
  /// What a server asks of whoever carries its packets.
  public enum Effect: Hashable, Sendable {
    /// Send this PDU as one packet.
    case send([UInt8])
    /// A client has written a whole value to this handle. The answer was sent before.
    case written(handle: UInt16, value: [UInt8])
    /// A client has turned the indications of the value with this handle on or off.
    case subscribed(handle: UInt16, Bool)
    /// The client has broken the protocol for good: nothing more can be said on this link.
    case closeLink
  }

  /// What was wrong with a request. Raw values are those of an error response.
  enum Refusal: UInt8, Error {
    case invalidHandle = 0x01
    case readNotPermitted = 0x02
    case writeNotPermitted = 0x03
    case invalidPDU = 0x04
    case requestNotSupported = 0x06
    case invalidOffset = 0x07
    case prepareQueueFull = 0x09
    case attributeNotFound = 0x0A
    case invalidValueLength = 0x0D
    case unsupportedGroupType = 0x10
    case improperlyConfigured = 0xFD
  }

  struct PreparedWrite {
    var handle: UInt16
    var offset: Int
    var value: [UInt8]
  }

  /// The attributes.
  public let table: AttributeTable
  /// The longest PDU that this device receives; what the exchange of MTUs offers.
  public let mtuLimit: Int
  /// The longest PDU on this link.
  public internal(set) var mtu = 23
  /// How long an indication waits for its confirmation (Core specification, part F, section 3.3.3).
  public static let transactionTime: Duration = .seconds(30)
  /// So many indications may wait.
  public static let longestQueue = 16_384

  var hasExchangedMTU = false
  var prepared: [PreparedWrite] = []
  var subscriptions: Set<UInt16> = []
  private var indications: [(handle: UInt16, value: [UInt8])] = []
  private var nextIndication = 0
  private var confirmationDue: Duration?

  /// Makes the server of a link that was just opened.
  /// - Parameters:
  ///   - table: the attributes.
  ///   - mtuLimit: the longest PDU that the device receives, 23 to 517.
  public init(table: AttributeTable, mtuLimit: Int) {
    self.table = table
    self.mtuLimit = max(23, min(517, mtuLimit))
  }

  /// The longest value that one indication carries.
  public var longestIndication: Int { self.mtu - 3 }
  /// True when nothing waits to be indicated or confirmed.
  public var isIdle: Bool { self.confirmationDue == nil && self.indications.isEmpty }
  /// When ``deadlinePassed(at:)`` is due: an indication is still not confirmed.
  public var deadline: Duration? { self.confirmationDue }

  /// True when the client wants to hear of the value with this handle.
  public func isSubscribed(to handle: UInt16) -> Bool { self.subscriptions.contains(handle) }

  /// Takes one packet.
  /// - Parameters:
  ///   - pdu: the packet; any bytes.
  ///   - now: uptime.
  public mutating func received(_ pdu: [UInt8], at now: Duration) -> [Effect] {
    guard let opcode = pdu.first else { return [] }
    if opcode == 0x1E { return self.confirmed(pdu, at: now) }
    // Commands, bit 6, are never answered, whatever is wrong with them.
    if opcode & 0x40 != 0 { return self.command(pdu) }
    // Answers and things that only a server says are not meant for a server.
    if opcode & 0x01 != 0 { return [] }
    do throws(RequestFault) {
      if pdu.count > self.mtu { throw RequestFault(.invalidPDU) }
      return try self.request(pdu)
    } catch {
      // 0x01 | opcode of the request | handle 2 | code
      return [
        .send([
          0x01, opcode, UInt8(truncatingIfNeeded: error.handle), UInt8(error.handle >> 8), error.code.rawValue,
        ])
      ]
    }
  }

  /// Queues an indication; those before it are confirmed first. Nothing is kept while the client has not subscribed.
  /// - Parameters:
  ///   - value: at most ``longestIndication`` bytes; the rest is cut off.
  ///   - handle: of the value.
  ///   - now: uptime.
  public mutating func indicate(_ value: [UInt8], from handle: UInt16, at now: Duration) -> [Effect] {
    guard self.isSubscribed(to: handle), self.indications.count < Self.longestQueue else { return [] }
    self.indications.append((handle, value))
    return self.sendNextIndication(at: now)
  }

  /// An indication was not confirmed in time: the link is of no use any more.
  public mutating func deadlinePassed(at now: Duration) -> [Effect] {
    guard let due = self.confirmationDue, due <= now else { return [] }
    self.confirmationDue = nil
    self.dropIndications()
    return [.closeLink]
  }

  private mutating func dropIndications() {
    self.indications.removeAll()
    self.nextIndication = 0
  }

  private mutating func confirmed(_ pdu: [UInt8], at now: Duration) -> [Effect] {
    // 0x1E
    guard pdu.count == 1, self.confirmationDue != nil else { return [] }
    self.confirmationDue = nil
    return self.sendNextIndication(at: now)
  }

  private mutating func sendNextIndication(at now: Duration) -> [Effect] {
    guard self.confirmationDue == nil else { return [] }
    while self.nextIndication < self.indications.count {
      let (handle, value) = self.indications[self.nextIndication]
      self.nextIndication += 1
      if self.nextIndication == self.indications.count { self.dropIndications() }
      guard self.isSubscribed(to: handle) else { continue }
      self.confirmationDue = now + Self.transactionTime
      // 0x1D | handle 2 | value
      return [
        .send(
          [0x1D, UInt8(truncatingIfNeeded: handle), UInt8(handle >> 8)] + value.prefix(self.longestIndication))
      ]
    }
    return []
  }
}

/// Why a request is refused, and which handle the answer names.
struct RequestFault: Error {
  var code: AttributeServer.Refusal
  var handle: UInt16

  init(_ code: AttributeServer.Refusal, at handle: UInt16 = 0) {
    self.code = code
    self.handle = handle
  }
}
