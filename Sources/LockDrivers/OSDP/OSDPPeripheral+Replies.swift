extension OSDPPeripheral {
  /// Takes a frame from the line.
  /// - Returns: false when it is no answer to what was sent: the line goes on waiting.
  mutating func received(
    _ frame: OSDPFrame, at now: Duration, effects: inout [OSDPBus.Effect]
  ) -> Bool {
    guard let exchange, frame.isReply, frame.address == self.address else { return false }
    let isPlain = frame.security == nil
    if isPlain && frame.code == OSDPReply.busy.code {
      self.deferExchange(at: now, effects: &effects)
      return true
    }
    let isSequenceFault =
      isPlain && frame.code == 0x41 && frame.data.first == OSDPNAK.unexpectedSequence.rawValue
    guard frame.sequence == exchange.frame.sequence || isSequenceFault else { return false }
    guard let data = self.clear(frame, of: exchange, at: now, effects: &effects) else {
      // Either it is to be ignored, or it ended the session and with that the exchange.
      return self.exchange == nil
    }
    let reply = OSDPReply(code: frame.code, data: data)
    self.lastReply = now
    self.isProbed = false
    self.failedProbes = 0
    if case .nak(.badCheck)? = reply {
      self.refusedCheck(at: now, effects: &effects)
      return true
    }
    if exchange.frame.check == .crc { self.isCRCProven = true }
    self.countSequence()
    self.exchange = nil
    if case .nak(let reason)? = reply {
      self.refused(exchange, reason, at: now, effects: &effects)
    } else {
      self.answered(exchange, reply, frame, at: now, effects: &effects)
    }
    return true
  }

  /// 0, 1, 2, 3, 1, 2, 3 …
  private mutating func countSequence() {
    self.sequence = self.sequence == 3 ? 1 : self.sequence + 1
  }

  /// The data in clear, if the frame is secured as the command was; nil when it does not count.
  private mutating func clear(
    _ frame: OSDPFrame, of exchange: Exchange, at now: Duration, effects: inout [OSDPBus.Effect]
  ) -> ArraySlice<UInt8>? {
    let isSecured = frame.security?.hasMAC == true
    guard exchange.frame.security?.hasMAC == true else { return isSecured ? nil : frame.data }
    if isSecured {
      do {
        return try self.channel?.open(frame)
      } catch {
        // The device has answered something under this number: the handshake needs the next one.
        self.countSequence()
        self.loseSession(at: now, effects: &effects)
        return nil
      }
    }
    guard frame.security == nil else { return nil }
    if frame.code == 0x41 { return frame.data }
    if case .installKey = self.step, frame.code == 0x40 { return frame.data }
    return nil
  }

  /// BUSY counts for nothing: the same bytes again, later and later.
  private mutating func deferExchange(at now: Duration, effects: inout [OSDPBus.Effect]) {
    guard var exchange else { return }
    let since = exchange.busySince ?? now
    if case .command = exchange.purpose, now - since >= OSDPTiming.busy {
      self.abandonExchange(.busy, at: now, effects: &effects)
      return
    }
    exchange.busySince = since
    exchange.tries = 0
    exchange.notBefore = now + exchange.busyDelay
    exchange.busyDelay = min(exchange.busyDelay * 2, .milliseconds(400))
    self.exchange = exchange
  }

  /// NAK 01: noise where the CRC has worked before; else the device may know only the checksum.
  private mutating func refusedCheck(at now: Duration, effects: inout [OSDPBus.Effect]) {
    if self.check == .crc && !self.isCRCProven {
      self.abandonExchange(.refused(.badCheck), at: now, effects: &effects)
      self.check = .checksum
    } else {
      self.unanswered(at: now, effects: &effects)
    }
  }

  private mutating func answered(
    _ exchange: Exchange, _ reply: OSDPReply?, _ frame: OSDPFrame, at now: Duration,
    effects: inout [OSDPBus.Effect]
  ) {
    switch exchange.purpose {
    case .step(let nonce):
      self.stepAnswered(reply, frame, nonce: nonce, at: now, effects: &effects)
    case .poll:
      self.lastUseful = now
      if case .plain = self.keyMode, self.isKeyRefused {
        self.endKeyAlarm(effects: &effects)
        self.tellOnline(effects: &effects)
      }
      if frame.code == 0x40 {
        self.polls = 0
        if !self.hasCaughtUp {
          self.hasCaughtUp = true
          self.tell(.caughtUp, effects: &effects)
        }
      } else {
        self.lastActivity = now
        self.polls = self.polls < OSDPTiming.polls ? self.polls + 1 : 0
        if self.polls > 0 { self.notBefore = now }
      }
      self.report(reply, code: frame.code, effects: &effects)
    case .status:
      self.lastUseful = now
      self.report(reply, code: frame.code, effects: &effects)
    case .command(let pending):
      self.lastUseful = now
      self.report(reply, code: frame.code, effects: &effects)
      effects.append(
        .completed(
          token: pending.token,
          .success(reply ?? .other(code: frame.code, Array(frame.data)))))
    }
  }

  /// A NAK, other than for a bad check.
  private mutating func refused(
    _ exchange: Exchange, _ reason: OSDPNAK, at now: Duration, effects: inout [OSDPBus.Effect]
  ) {
    switch reason {
    case .unexpectedSequence:
      self.giveBack(exchange, reason, effects: &effects)
      let isFirst = exchange.frame.sequence == 0
      if case .ready = self.step { self.tell(.sessionLost, effects: &effects) }
      // A device that refuses even sequence 0 is not asked again at once.
      self.restart(at: isFirst ? now + .seconds(1) : now)
    case .securityRefused, .sessionNeeded:
      if case .step = exchange.purpose {
        self.stepRefused(reason, at: now, effects: &effects)
      } else {
        self.giveBack(exchange, reason, effects: &effects)
        self.loseSession(at: now, effects: &effects)
      }
    default:
      switch exchange.purpose {
      case .step: self.stepRefused(reason, at: now, effects: &effects)
      case .poll: self.lastUseful = now
      case .status:
        self.lastUseful = now
        if reason == .unknownCommand || reason == .cannotProcess {
          self.unsupported.insert(exchange.frame.code)
        }
      case .command(let pending):
        self.lastUseful = now
        self.remember(reason, of: pending.command)
        effects.append(.completed(token: pending.token, .failure(.refused(reason))))
      }
    }
  }

  /// The second "unknown command" is believed; never for OUT, where it may mean one wrong output number.
  private mutating func remember(_ reason: OSDPNAK, of command: OSDPCommand) {
    if case .output = command { return }
    guard reason == .unknownCommand else { return }
    if !self.refusedOnce.insert(command.code).inserted { self.unsupported.insert(command.code) }
  }

  /// The device did not take the command, for no fault of the command: it goes first once things stand again.
  private mutating func giveBack(
    _ exchange: Exchange, _ reason: OSDPNAK, effects: inout [OSDPBus.Effect]
  ) {
    guard case .command(var pending) = exchange.purpose else { return }
    if exchange.tries > 1 {
      // An earlier try may have been heard, and only its answer lost.
      effects.append(.completed(token: pending.token, .failure(.unanswered)))
    } else if pending.returns >= 1 {
      effects.append(.completed(token: pending.token, .failure(.refused(reason))))
    } else {
      pending.returns += 1
      self.queue.insert(pending, at: 0)
    }
  }

  private func report(_ reply: OSDPReply?, code: UInt8, effects: inout [OSDPBus.Effect]) {
    switch reply {
    case .ack, .busy, .nak, .identity, .capabilities, .communication: break
    case .keys(let reader, let keys):
      self.tell(.keys(reader: reader, keys), effects: &effects)
    case .card(let card):
      self.tell(
        .card(reader: card.reader, bitCount: Int(card.bitCount), bits: card.bits), effects: &effects)
    case .inputs(let states): self.tell(.inputs(states), effects: &effects)
    case .outputs(let states): self.tell(.outputs(states), effects: &effects)
    case .readers(let states): self.tell(.readers(states), effects: &effects)
    case .local(let tamper, let powerFailed):
      self.tell(.local(tamper: tamper, powerFailed: powerFailed), effects: &effects)
    case .characters, .cryptogram, .initialMAC, .manufacturer, .other, nil:
      self.tell(.unknown(code: code), effects: &effects)
    }
  }
}
