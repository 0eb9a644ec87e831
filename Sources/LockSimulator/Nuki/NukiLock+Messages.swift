import LockCore
import LockDrivers

/// How messages come in and go out: what is written to a characteristic is one message, what is indicated may be a
/// part of one.
extension NukiLock {
  mutating func perform(_ effects: [AttributeServer.Effect], on id: LinkID) {
    for effect in effects {
      switch effect {
      case .send(let pdu): self.effects.append(.write(id, pdu))
      case .written(let handle, let value): self.written(value, to: handle, on: id)
      case .subscribed: break
      case .closeLink: self.drop(id)
      }
    }
  }

  /// Ends a link from the lock's side.
  mutating func drop(_ id: LinkID) {
    guard self.links.removeValue(forKey: id) != nil else { return }
    self.counts.droppedLinks += 1
    self.effects.append(.closeLink(id))
  }

  /// Drops a link that ends, once all that was said on it has arrived.
  mutating func dropIfOver(_ id: LinkID) {
    guard let link = self.links[id], link.isEnding, link.outbox.isEmpty, link.server.isIdle else { return }
    self.drop(id)
  }

  private mutating func written(_ value: [UInt8], to handle: UInt16, on id: LinkID) {
    guard let link = self.links[id], !link.isEnding else { return }
    // With the smallest MTU a message must come by Write Long; a piece of one in a plain write ends the link.
    if link.server.mtu == 23, self.isPiece(value, of: handle) {
      self.sayPlain(.unknown, refusing: 0, from: self.handles.plain, on: id)
      return self.drop(id)
    }
    switch handle {
    case self.handles.pairing: self.receivedPairing(value, on: id)
    case self.handles.sealed: self.receivedSealed(value, on: id)
    default: self.sayPlain(.unknown, refusing: 0, from: handle, on: id)
    }
  }

  private func isPiece(_ value: [UInt8], of handle: UInt16) -> Bool {
    guard handle == self.handles.sealed, value.count <= 20 else { return false }
    return value.count < 30 || value.count < 30 + Int(number(value[28...29]))
  }

  private mutating func receivedSealed(_ wire: [UInt8], on id: LinkID) {
    guard let header = NukiSealedFrame.authorization(inHeaderOf: wire),
      let authorization = self.memory.authorizations[header.number]
    else { return self.sayPlain(.notAuthorized, refusing: 0, from: self.handles.plain, on: id) }
    do throws(NukiFrameFault) {
      let frame = try NukiSealedFrame(wire: wire, openedWith: authorization.key)
      self.links[id]?.authorization = authorization.id
      self.received(frame, of: authorization, on: id)
    } catch {
      switch error {
      case .crc:
        self.links[id]?.authorization = authorization.id
        self.say(.errorReport, [NukiError.badCRC.rawValue, 0, 0], on: id)
        self.counts.errors[NukiError.badCRC.rawValue, default: 0] += 1
      case .length, .sealed, .authorization:
        self.sayPlain(.notAuthorized, refusing: 0, from: self.handles.plain, on: id)
      }
    }
  }

  // MARK: Out

  /// Says an error in clear.
  mutating func sayPlain(_ error: NukiError, refusing command: UInt16, from handle: UInt16, on id: LinkID) {
    guard self.links[id] != nil else { return }
    self.counts.errors[error.rawValue, default: 0] += 1
    self.sayPlain(.errorReport, [error.rawValue] + wire(command), from: handle, on: id)
  }

  /// Says something in clear.
  mutating func sayPlain(_ command: NukiCommand, _ payload: [UInt8], from handle: UInt16, on id: LinkID) {
    var message = NukiPlainFrame(command, payload).wire
    if self.links[id]?.fault == .wrongCRC { message[message.count - 1] ^= 0xFF }
    self.post(message, from: handle, on: id)
  }

  /// Says something to whoever spoke on the link last, sealed.
  mutating func say(_ command: NukiCommand, _ payload: [UInt8], on id: LinkID) {
    guard let number = self.links[id]?.authorization, let authorization = self.memory.authorizations[number]
    else { return }
    self.say(command, payload, sealedWith: authorization.key, for: number, from: self.handles.sealed, on: id)
  }

  mutating func say(
    _ command: NukiCommand, _ payload: [UInt8], sealedWith key: NukiKey, for number: UInt32, from handle: UInt16,
    on id: LinkID
  ) {
    let frame = NukiSealedFrame(NukiAuthorizationID(number: number), command, payload)
    let nonce = self.random.bytes(24)
    let hasWrongCRC = self.links[id]?.fault == .wrongCRC
    guard
      let message = hasWrongCRC
        ? try? frame.wireWithWrongCRC(sealedWith: key, nonce: nonce) : try? frame.wire(sealedWith: key, nonce: nonce)
    else { return }
    self.post(message, from: handle, on: id)
  }

  /// States, as they are told unasked.
  mutating func tellStates(except origin: LinkID? = nil) {
    guard self.temperament.tellsStatesUnasked else { return }
    for id in self.openLinks where id != origin { self.say(.keyturnerStates, self.states, on: id) }
  }

  private mutating func post(_ message: [UInt8], from handle: UInt16, on id: LinkID) {
    guard !self.temperament.isSilent, let link = self.links[id], !link.isEnding else { return }
    var message = message
    switch link.fault {
    case .lost: return
    case .linkDropped(let count):
      if link.repliesSaid >= count {
        self.links[id]?.isEnding = true
        return self.dropIfOver(id)
      }
    case .cutShort:
      message.removeLast(message.count - message.count / 2)
      self.links[id]?.isEnding = true
    case .damaged: message[message.count / 2] ^= 1
    case .wrongCRC, .refused, .linkDroppedBefore, nil: break
    }
    self.links[id]?.repliesSaid += 1
    // Nothing overtakes what is still delayed.
    if self.temperament.replyDelay == .zero, link.outbox.isEmpty {
      return self.indicate(message, from: handle, on: id)
    }
    guard link.outbox.count < Self.longestOutbox else { return }
    let due = max(self.now.uptime, link.outbox.last?.due ?? .zero) + self.temperament.replyDelay
    self.links[id]?.outbox.append((due, handle, message))
  }

  /// Indicates a message, in as many pieces as the MTU asks for.
  mutating func indicate(_ message: [UInt8], from handle: UInt16, on id: LinkID) {
    guard let length = self.links[id]?.server.longestIndication else { return }
    for start in stride(from: 0, to: message.count, by: length) {
      let piece = Array(message[start..<min(message.count, start + length)])
      let effects = self.links[id]?.server.indicate(piece, from: handle, at: self.now.uptime) ?? []
      self.perform(effects, on: id)
    }
  }
}

/// A number in little-endian bytes.
func wire(_ number: some FixedWidthInteger & UnsignedInteger) -> [UInt8] {
  (0..<(number.bitWidth / 8)).map { UInt8(truncatingIfNeeded: number >> (8 * $0)) }
}

/// The number that little-endian bytes make.
func number(_ bytes: ArraySlice<UInt8>) -> UInt32 {
  bytes.reversed().reduce(0) { $0 << 8 | UInt32($1) }
}

/// A text in so many bytes, filled up with zeros.
func padded(_ text: String, _ width: Int) -> [UInt8] {
  let bytes = Array(text.utf8.prefix(width))
  return bytes + [UInt8](repeating: 0, count: width - bytes.count)
}

/// A text up to its first zero; nil when it is empty or no UTF-8.
func text(_ bytes: ArraySlice<UInt8>) -> String? {
  let bytes = Array(bytes.prefix { $0 != 0 })
  let text = String(decoding: bytes, as: UTF8.self)
  return text.isEmpty || Array(text.utf8) != bytes ? nil : text
}
