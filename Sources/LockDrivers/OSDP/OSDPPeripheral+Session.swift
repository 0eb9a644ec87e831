internal import LockCore

extension OSDPPeripheral {
  /// An answer to a frame that brings the connection up.
  mutating func stepAnswered(
    _ reply: OSDPReply?, _ frame: OSDPFrame, nonce: OSDPNonce?, at now: Duration,
    effects: inout [OSDPBus.Effect]
  ) {
    switch (self.step, reply) {
    case (.identify, .identity(let identity)):
      guard self.identified(as: identity, at: now, effects: &effects) else {
        // It is asked again, and nothing else: the right one may come back.
        return self.restart(at: now + (self.isElsewhere ? .seconds(2) : .seconds(1)))
      }
      self.step = .capabilities
    case (.identify, _):
      self.restart(at: now + .seconds(1))
    case (.capabilities, .capabilities(let capabilities)):
      self.capabilities = capabilities
      self.startSession(at: now, effects: &effects)
    case (.capabilities, _):
      self.capabilities = []
      self.startSession(at: now, effects: &effects)
    case (.challenge(let key), .cryptogram(let answer)):
      guard frame.security == OSDPFrame.Security(type: 0x12, value: key.flag), let nonce,
        let channel = try? OSDPSecureChannel(
          key: key, randomA: nonce, randomB: answer.randomB),
        channel.clientCryptogram == answer.cryptogram
      else { return self.refuseKey(at: now, effects: &effects) }
      self.step = .prove(key, channel)
    case (.prove(let key, let channel), .initialMAC(let mac)):
      guard frame.security == OSDPFrame.Security(type: 0x14, value: 1), mac == channel.initialMAC
      else { return self.refuseKey(at: now, effects: &effects) }
      self.sessionStands(key, channel, at: now, effects: &effects)
    case (.installKey(let key), .ack):
      self.channel = nil
      self.step = .challenge(.own(key))
    case (.challenge, _), (.prove, _), (.installKey, _):
      self.refuseKey(at: now, effects: &effects)
    case (.ready, _):
      break
    }
  }

  /// A NAK to a frame that brings the connection up.
  mutating func stepRefused(
    _ reason: OSDPNAK, at now: Duration, effects: inout [OSDPBus.Effect]
  ) {
    switch self.step {
    case .identify: self.restart(at: now + .seconds(1))
    case .capabilities:
      self.capabilities = []
      self.startSession(at: now, effects: &effects)
    case .challenge, .prove, .installKey: self.refuseKey(at: now, effects: &effects)
    case .ready: break
    }
  }

  /// - Returns: true when it is the device that belongs there.
  private mutating func identified(
    as identity: OSDPIdentity, at now: Duration, effects: inout [OSDPBus.Effect]
  ) -> Bool {
    let found = WireIdentity(identity)
    let isNews = self.stranger.map { $0.identity != found || now - $0.told >= OSDPTiming.strangerReminder } ?? true
    if self.isElsewhere {
      if isNews, found.tells { self.tell(.elsewhere(found), effects: &effects) }
      if isNews { self.stranger = (found, now) }
      return false
    }
    if let known = self.identity, known.oui != identity.oui || known.serial != identity.serial {
      self.refusedOnce = []
      self.unsupported = []
    }
    self.identity = identity
    let isOther = self.expected.map { !$0.matches(found) } ?? false
    if isOther != self.isSwapped {
      self.isSwapped = isOther
      self.tell(.deviceSwapped(isOther), effects: &effects)
    }
    guard isOther, let expected else {
      self.stranger = nil
      return true
    }
    if isNews {
      self.tell(.stranger(found, insteadOf: expected), effects: &effects)
      self.stranger = (found, now)
    }
    self.goOffline(effects: &effects)
    return false
  }

  private mutating func startSession(at now: Duration, effects: inout [OSDPBus.Effect]) {
    switch self.keyMode {
    case .plain: self.becomeReady(at: now, effects: &effects)
    case .secure(let key), .install(let key): self.step = .challenge(.own(key))
    }
  }

  private mutating func sessionStands(
    _ key: OSDPChannelKey, _ channel: OSDPSecureChannel, at now: Duration,
    effects: inout [OSDPBus.Effect]
  ) {
    self.channel = channel
    if case .install(let own) = self.keyMode {
      guard case .own = key else {
        self.step = .installKey(own)
        return
      }
      self.keyMode = .secure(own)
      self.tell(.keyInstalled, effects: &effects)
    }
    self.sessionSince = now
    self.keyRefusals = 0
    self.endKeyAlarm(effects: &effects)
    self.becomeReady(at: now, effects: &effects)
  }

  private mutating func becomeReady(at now: Duration, effects: inout [OSDPBus.Effect]) {
    self.step = .ready
    self.notBefore = now
    self.isOnline = true
    self.hasCaughtUp = false
    self.lastUseful = now
    self.lastActivity = now
    self.nextStatus = now + self.configuration.statusInterval
    let reads = [OSDPCommand.inputStatus, .outputStatus, .localStatus, .readerStatus]
    self.statusReads = reads.filter { !self.unsupported.contains($0.code) }
    // A device that demanded a session answers ID and CAP in plain and nothing else: it has to show that it does.
    if case .plain = self.keyMode, self.isKeyRefused { return }
    self.tellOnline(effects: &effects)
  }

  mutating func tellOnline(effects: inout [OSDPBus.Effect]) {
    guard let identity else { return }
    let proven = WireIdentity(identity)
    if proven.tells { self.expected = proven }
    self.tell(.online(identity, self.capabilities, isSecure: self.channel != nil), effects: &effects)
  }

  /// The handshake failed: the key is wrong on one side. Never plain, and the factory key only to install ours.
  private mutating func refuseKey(at now: Duration, effects: inout [OSDPBus.Effect]) {
    self.channel = nil
    switch (self.keyMode, self.step) {
    case (.install, .challenge(.own)), (.install, .prove(.own, _)):
      self.step = .challenge(.factory)
    case (.secure(let key), _), (.install(let key), _):
      self.step = .challenge(.own(key))
      self.keyRefusals += 1
      self.handshakeNotBefore = now + OSDPTiming.backoff(self.keyRefusals)
      self.alarmKey(effects: &effects)
    case (.plain, _):
      self.restart(at: now + .seconds(1))
    }
  }

  private mutating func alarmKey(effects: inout [OSDPBus.Effect]) {
    guard !self.isKeyRefused else { return }
    self.isKeyRefused = true
    self.tell(.keyRefused(true), effects: &effects)
  }

  mutating func endKeyAlarm(effects: inout [OSDPBus.Effect]) {
    guard self.isKeyRefused else { return }
    self.isKeyRefused = false
    self.tell(.keyRefused(false), effects: &effects)
  }

  /// A bad MAC, or a device that knows of no session: a new handshake, at once the first time. What ends sessions
  /// again and again is slowed down, since anybody on the wire can forge it.
  mutating func loseSession(at now: Duration, effects: inout [OSDPBus.Effect]) {
    self.finishExchange(.unanswered, effects: &effects)
    self.channel = nil
    self.polls = 0
    if case .ready = self.step { self.tell(.sessionLost, effects: &effects) }
    if let since = self.sessionSince, now - since >= OSDPTiming.steadySession {
      self.sessionLosses = 0
    }
    if self.sessionLosses > 0 {
      self.handshakeNotBefore = now + OSDPTiming.backoff(self.sessionLosses)
    }
    self.sessionLosses += 1
    switch self.keyMode {
    case .secure(let key), .install(let key): self.step = .challenge(.own(key))
    case .plain:
      // It wants a session, and none was configured for it.
      self.alarmKey(effects: &effects)
      self.restart(at: max(now, self.handshakeNotBefore))
    }
  }
}

extension WireIdentity {
  init(_ identity: OSDPIdentity) { self.init(maker: identity.oui, serial: identity.serial) }
}
