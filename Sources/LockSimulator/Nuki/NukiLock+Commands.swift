import LockCore
import LockDrivers

/// What the lock answers to commands of those who are authorized.
extension NukiLock {
  /// A command is not executed.
  struct Refusal: Error {
    var error: NukiError
    init(_ error: NukiError) { self.error = error }
  }

  /// A command under way.
  struct Request {
    var link: LinkID
    var authorization: Memory.Authorization
    var command: UInt16
    var payload: [UInt8]
  }

  /// What must be in front of challenge and PIN: so many bytes, one of several numbers where there are variants.
  private static let bodies: [UInt16: (lengths: Set<Int>, needsPIN: Bool)] = [
    0x0008: ([4], true), 0x0009: ([4], true), 0x000D: ([6, 26], false), 0x0013: ([55], true),
    0x0014: ([0], false), 0x0019: ([2, 4], true), 0x001A: ([0], true), 0x001D: ([0], true), 0x0020: ([0], true),
    0x0021: ([7], true), 0x0031: ([8], true), 0x0034: ([1], true), 0x0036: ([0], false), 0x0041: ([44], true),
    0x0043: ([4], true), 0x0046: ([47], true), 0x0047: ([2], true), 0x0100: ([1], false),
  ]

  mutating func received(_ frame: NukiSealedFrame, of authorization: Memory.Authorization, on id: LinkID) {
    let request = Request(
      link: id, authorization: authorization, command: frame.command.rawValue, payload: frame.payload)
    self.counts.commands[request.command, default: 0] += 1
    self.beginReplies(to: request.command, on: id)
    if self.links[id]?.fault == .linkDroppedBefore { return self.drop(id) }
    if self.temperament.tellsStatesInBetween { self.say(.keyturnerStates, self.states, on: id) }
    do throws(Refusal) {
      if case .refused(let error) = self.links[id]?.fault { throw Refusal(NukiError(rawValue: error)) }
      try self.execute(request)
    } catch {
      self.refuse(request.command, error.error, on: id)
    }
  }

  /// Every command has its own fate: what its answers suffer is decided once, when it comes.
  mutating func beginReplies(to command: UInt16, on id: LinkID) {
    let fault = self.temperament.commandFaults[command]
    let happens = fault != nil && self.takeFault()
    self.links[id]?.fault = happens ? fault : nil
    self.links[id]?.repliesSaid = 0
  }

  mutating func refuse(_ command: UInt16, _ error: NukiError, on id: LinkID) {
    self.counts.errors[error.rawValue, default: 0] += 1
    self.say(.errorReport, [error.rawValue] + wire(command), on: id)
  }

  private mutating func execute(_ request: Request) throws(Refusal) {
    if self.isOccupied(byOtherThan: request.link) { throw Refusal(.busy) }
    if request.command == 0x0001 { return try self.tell(request) }
    guard let form = Self.bodies[request.command] else { throw Refusal(.unknown) }
    let body = try self.checkedBody(of: request, form.lengths, needsPIN: form.needsPIN)
    if self.temperament.isBusy { throw Refusal(.busy) }
    switch request.command {
    case 0x0008: try self.removeAuthorization(body, request)
    case 0x0009: self.listAuthorizations(body, request)
    case 0x000D: try self.act(NukiAction(rawValue: body[0]), suffix: text(body.dropFirst(6)), request)
    case 0x0100: try self.act(NukiAction(rawValue: body[0]), suffix: nil, request)
    case 0x0013: try self.configure(body, request)
    case 0x0014: self.say(.config, self.config, on: request.link)
    case 0x0019: try self.setSecurityPIN(body, request)
    case 0x001A, 0x0020: self.complete(request)
    case 0x001D:
      self.complete(request)
      for id in self.openLinks { self.drop(id) }
    case 0x0021:
      guard let date = Timestamp(nukiTime: body) else { throw Refusal(.badParameter) }
      self.setClock(to: date)
      self.complete(request)
    case 0x0031: try self.listLog(body, request)
    case 0x0034: try self.switchLog(body, request)
    case 0x0036: self.say(.advancedConfig, self.advancedConfig, on: request.link)
    case 0x0041: try self.addCode(body, request)
    case 0x0043: self.listCodes(body, request)
    case 0x0046: try self.updateCode(body, request)
    case 0x0047: try self.removeCode(body, request)
    default: throw Refusal(.unknown)
    }
  }

  mutating func complete(_ request: Request) { self.say(.status, [0], on: request.link) }

  /// One command at a time: another link's action runs, or its answers are still on their way.
  private func isOccupied(byOtherThan id: LinkID) -> Bool {
    if case .link(let other, _, _) = self.motion?.origin, other != id, self.links[other] != nil { return true }
    return self.links.contains { $0.key != id && (!$0.value.outbox.isEmpty || !$0.value.server.isIdle) }
  }

  /// What stands before challenge and PIN, when both are right. A challenge is used up whatever comes of it.
  private mutating func checkedBody(
    of request: Request, _ lengths: Set<Int>, needsPIN: Bool
  ) throws(Refusal) -> ArraySlice<UInt8> {
    let pinLength = needsPIN ? self.model.pinLength : 0
    let length = request.payload.count - 32 - pinLength
    guard lengths.contains(length) else { throw Refusal(.badLength) }
    let challenge = self.links[request.link]?.challenges.removeValue(forKey: request.authorization.id)
    guard let challenge, NukiBlock(request.payload[length..<(length + 32)]) == NukiBlock(challenge)
    else { throw Refusal(.badNonce) }
    if needsPIN, let error = self.refusal(ofPIN: request.payload[(length + 32)...]) { throw Refusal(error) }
    return request.payload[..<length]
  }

  /// Why a security PIN is not taken: wrong, or too many were. nil for the right one.
  mutating func refusal(ofPIN wire: ArraySlice<UInt8>) -> NukiError? {
    if self.pinLockedUntil != nil { return .tooManyPINAttempts }
    if NukiSecurityPIN(wire: wire) == self.memory.securityPIN?.pin {
      if self.memory.wrongPINs != 0 {
        self.memory.wrongPINs = 0
        self.remember()
      }
      return nil
    }
    self.memory.wrongPINs += 1
    if self.memory.wrongPINs >= NukiLockModel.wrongPINsAllowed {
      self.pinLockedUntil = self.now.uptime + self.model.pinLockoutTime
    }
    self.remember()
    return .badPIN
  }

  /// Request Data: what needs no challenge.
  private mutating func tell(_ request: Request) throws(Refusal) {
    guard request.payload.count == 2 else { throw Refusal(.badLength) }
    switch UInt16(request.payload[0]) | UInt16(request.payload[1]) << 8 {
    case 0x0004:
      let challenge = self.random.bytes(32)
      self.links[request.link]?.challenges[request.authorization.id] = challenge
      self.say(.challenge, challenge, on: request.link)
    case 0x000C:
      // Only a bridge takes note for everybody.
      if request.authorization.type == 1, self.memory.hasNews {
        self.memory.hasNews = false
        self.remember()
      }
      self.say(.keyturnerStates, self.states, on: request.link)
    case 0x0011: self.say(.batteryReport, self.batteryReport, on: request.link)
    default: throw Refusal(.badParameter)
    }
  }

  // MARK: Authorizations and settings

  /// Offset 2 | count 2 -> count 2, then entries.
  private mutating func listAuthorizations(_ body: ArraySlice<UInt8>, _ request: Request) {
    let (offset, count) = (Int(number(body.prefix(2))), Int(number(body.dropFirst(2))))
    let all = self.memory.authorizations.values.sorted { $0.id < $1.id }
    if offset == 0 { self.say(NukiCommand(rawValue: 0x0027), wire(UInt16(clamping: all.count)), on: request.link) }
    for entry in all.dropFirst(offset).prefix(count) {
      // Authorization 4 | type 1 | name 32 | enabled 1 | remote 1 | created 7 | last active 7 | uses 2 | limited 1
      let never = [UInt8](repeating: 0, count: 7)
      let head = wire(entry.id) + [entry.type] + padded(entry.name, 32) + [1, 1] + entry.created.nukiTime
      self.say(
        NukiCommand(rawValue: 0x000A), head + (entry.lastActive?.nukiTime ?? never) + wire(entry.uses) + [0],
        on: request.link)
    }
    self.complete(request)
  }

  private mutating func removeAuthorization(_ body: ArraySlice<UInt8>, _ request: Request) throws(Refusal) {
    guard self.memory.authorizations[number(body)] != nil else { throw Refusal(.invalidAuthorizationID) }
    // The answer is still sealed for who asked, even when it was itself.
    self.complete(request)
    self.memory.authorizations[number(body)] = nil
    self.remember()
  }

  private mutating func setSecurityPIN(_ body: ArraySlice<UInt8>, _ request: Request) throws(Refusal) {
    guard body.count == self.model.pinLength, let pin = NukiSecurityPIN(wire: body) else {
      throw Refusal(.badLength)
    }
    guard number(body) <= (pin.isLong ? 999_999 : 9999) else { throw Refusal(.badParameter) }
    self.memory.securityPIN = StoredSecurityPIN(pin)
    self.remember()
    self.complete(request)
  }

  /// Name 32 | latitude 4 | longitude 4 | ... : only the name is kept, all else is as it was.
  private mutating func configure(_ body: ArraySlice<UInt8>, _ request: Request) throws(Refusal) {
    guard let name = text(body.prefix(32)) else { throw Refusal(.badParameter) }
    self.memory.name = name
    self.countConfigChange()
    self.complete(request)
  }

  mutating func countConfigChange() {
    self.memory.configChanges &+= 1
    self.tellNews()
  }
}
