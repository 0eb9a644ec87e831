import LockCore
import LockDrivers

/// How a stranger becomes an authorization (generations 1 to 4 on e101, 5 on e301).
extension NukiLock {
  /// How far a pairing on one link has come.
  enum Pairing: Sendable {
    case idle
    /// The lock's public key was asked for.
    case askedForKey
    /// Challenge 1 was given.
    case challenged(key: NukiKey, theirs: NukiBlock, challenge: NukiBlock)
    /// The client knows the key; challenge 2 was given (up to generation 4).
    case proven(key: NukiKey, challenge: NukiBlock)
    /// The authorization is made but not confirmed (up to generation 4).
    case offered(Memory.Authorization, nonce: NukiBlock)
    /// The client knows the key; its sealed data are awaited (generation 5).
    case awaitingSealed(NukiKey)
  }

  private struct Refused: Error {
    var error: NukiError
    init(_ error: NukiError) { self.error = error }
  }

  mutating func receivedPairing(_ wire: [UInt8], on id: LinkID) {
    guard let pairing = self.links[id]?.pairing else { return }
    var command: UInt16 = 0
    do {
      if case .awaitingSealed(let key) = pairing, wire.count >= 46 {
        command = NukiCommand.authorizationData.rawValue
        try self.begin(command, on: id)
        return try self.finish(wire, key: key, on: id)
      }
      let frame: NukiPlainFrame
      do throws(NukiFrameFault) {
        frame = try NukiPlainFrame(wire: wire)
      } catch {
        if wire.count >= 2 { command = UInt16(wire[0]) | UInt16(wire[1]) << 8 }
        throw Refused(error == .crc ? .badCRC : .badLength)
      }
      command = frame.command.rawValue
      try self.begin(command, on: id)
      try self.take(frame, at: pairing, on: id)
    } catch {
      self.links[id]?.pairing = .idle
      let code = (error as? Refused)?.error ?? .badAuthenticator
      self.sayPlain(code, refusing: command, from: self.handles.pairing, on: id)
    }
  }

  private mutating func begin(_ command: UInt16, on id: LinkID) throws(Refused) {
    self.counts.commands[command, default: 0] += 1
    self.beginReplies(to: command, on: id)
    if case .refused(let error) = self.links[id]?.fault { throw Refused(NukiError(rawValue: error)) }
    if self.links[id]?.fault == .linkDroppedBefore {
      self.drop(id)
      throw Refused(.unknown)
    }
    guard self.isPairing, !self.temperament.refusesPairing else { throw Refused(.notPairing) }
  }

  private mutating func take(_ frame: NukiPlainFrame, at step: Pairing, on id: LinkID) throws {
    guard let lockKey = self.memory.lockKey?.key else { return }
    let payload = frame.payload
    switch (frame.command, step) {
    case (.requestData, _):
      // Begins anew from wherever it was.
      guard payload.count == 2 else { throw Refused(.badLength) }
      guard payload == [0x03, 0x00] else { throw Refused(.badPairingParameter) }
      self.links[id]?.pairing = .askedForKey
      self.answer(.publicKey, try lockKey.publicKey().bytes, on: id)
    case (.publicKey, .askedForKey):
      let theirs = try self.block(payload)
      guard let key = try? lockKey.sessionKey(with: theirs) else { throw Refused(.badPairingParameter) }
      let challenge = NukiBlock(from: &self.random)
      self.links[id]?.pairing = .challenged(key: key, theirs: theirs, challenge: challenge)
      self.answer(.challenge, challenge.bytes, on: id)
    case (.authorizationAuthenticator, .challenged(let key, let theirs, let challenge)):
      let expected = try key.authenticator(over: theirs.bytes, try lockKey.publicKey().bytes, challenge.bytes)
      guard try self.block(payload) == expected else { throw Refused(.badAuthenticator) }
      if self.model.generation == .five {
        self.links[id]?.pairing = .awaitingSealed(key)
        return self.answer(.authorizationInfo, [1], on: id)
      }
      let second = NukiBlock(from: &self.random)
      self.links[id]?.pairing = .proven(key: key, challenge: second)
      self.answer(.challenge, second.bytes, on: id)
    case (.authorizationData, .proven(let key, let challenge)):
      try self.offer(payload, key: key, challenge: challenge, on: id)
    case (.authorizationIDConfirmation, .offered(let authorization, let nonce)):
      guard payload.count == 36 else { throw Refused(.badLength) }
      let expected = try authorization.key.authenticator(over: wire(authorization.id), nonce.bytes)
      guard NukiBlock(payload[..<32]) == expected else { throw Refused(.badAuthenticator) }
      guard number(payload[32...]) == authorization.id else { throw Refused(.badPairingParameter) }
      try self.admit(authorization)
      self.links[id]?.pairing = .idle
      self.answer(.status, [0], on: id)
    default:
      throw Refused(.badPairingParameter)
    }
  }

  /// Authorization data: authenticator 32 | type 1 | app id 4 | name 32 | nonce 32.
  private mutating func offer(_ payload: [UInt8], key: NukiKey, challenge: NukiBlock, on id: LinkID) throws {
    guard payload.count == 101 else { throw Refused(.badLength) }
    let expected = try key.authenticator(over: Array(payload[32...]), challenge.bytes)
    guard NukiBlock(payload[..<32]) == expected else { throw Refused(.badAuthenticator) }
    guard payload[32] <= 3, let name = text(payload[37..<69]) else { throw Refused(.badPairingParameter) }
    try self.checkRoom(for: name, type: payload[32])
    self.memory.lastAuthorizationID &+= 1
    let authorization = Memory.Authorization(
      id: self.memory.lastAuthorizationID, stored: StoredKey(key), type: payload[32],
      appID: number(payload[33..<37]), name: name, created: self.clock)
    let nonce = NukiBlock(from: &self.random)
    // Authenticator 32 | authorization 4 | lock's id 16 | nonce 32, the first over the rest and the client's nonce.
    let answer = wire(authorization.id) + self.memory.uuid + nonce.bytes
    let proof = try key.authenticator(over: answer, Array(payload[69...]))
    self.links[id]?.pairing = .offered(authorization, nonce: nonce)
    self.answer(.authorizationID, proof.bytes + answer, on: id)
  }

  /// Generation 5, sealed: app id 4 | name 32 | PIN 4. Whose it says to be is not looked at: clients differ.
  private mutating func finish(_ sealed: [UInt8], key: NukiKey, on id: LinkID) throws {
    let frame: NukiSealedFrame
    do throws(NukiFrameFault) {
      frame = try NukiSealedFrame(wire: sealed, openedWith: key, checksHeader: false)
    } catch {
      throw Refused(error == .crc ? .badCRC : error == .length ? .badLength : .notAuthorized)
    }
    guard frame.command == .authorizationData else { throw Refused(.badPairingParameter) }
    guard frame.payload.count == 40 else { throw Refused(.badLength) }
    guard let name = text(frame.payload[4..<36]) else { throw Refused(.badPairingParameter) }
    if let error = self.refusal(ofPIN: frame.payload[36...]) { throw Refused(error) }
    try self.checkRoom(for: name, type: 0)
    self.memory.lastAuthorizationID &+= 1
    let authorization = Memory.Authorization(
      id: self.memory.lastAuthorizationID, stored: StoredKey(key), type: 0, appID: number(frame.payload[..<4]),
      name: name, created: self.clock)
    try self.admit(authorization)
    self.links[id]?.pairing = .idle
    self.say(
      .authorizationID, wire(authorization.id) + self.memory.uuid, sealedWith: key,
      for: NukiAuthorizationID.pairing.number, from: self.handles.pairing, on: id)
  }

  private func checkRoom(for name: String, type: UInt8) throws(Refused) {
    let others = self.memory.authorizations.values.filter { !self.isReplaced($0, by: name, type: type) }
    guard others.count < self.model.generation.authorizationCapacity else { throw Refused(.tooManyAuthorizations) }
  }

  /// The same name takes an authorization's place, and there is one bridge.
  private func isReplaced(_ old: Memory.Authorization, by name: String, type: UInt8) -> Bool {
    old.name == name || (type == 1 && old.type == 1)
  }

  private mutating func admit(_ authorization: Memory.Authorization) throws(Refused) {
    try self.checkRoom(for: authorization.name, type: authorization.type)
    for old in self.memory.authorizations.values
    where self.isReplaced(old, by: authorization.name, type: authorization.type) {
      self.memory.authorizations[old.id] = nil
    }
    self.memory.authorizations[authorization.id] = authorization
    self.pairingEnd = nil
    self.remember()
  }

  private func block(_ payload: [UInt8]) throws(Refused) -> NukiBlock {
    guard let block = NukiBlock(payload) else { throw Refused(.badLength) }
    return block
  }

  private mutating func answer(_ command: NukiCommand, _ payload: [UInt8], on id: LinkID) {
    self.sayPlain(command, payload, from: self.handles.pairing, on: id)
  }
}
