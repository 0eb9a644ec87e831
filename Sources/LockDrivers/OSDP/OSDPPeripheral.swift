internal import LockCore

/// One device as its control panel sees it: sequence, session, queue, and what comes next.
struct OSDPPeripheral: Sendable {
  /// How far the connection has come.
  enum Step: Sendable {
    case identify
    case capabilities
    case challenge(OSDPChannelKey)
    case prove(OSDPChannelKey, OSDPSecureChannel)
    case installKey(OSDPKey)
    case ready
  }

  /// A command that somebody waits for.
  struct Pending: Sendable {
    var token: UInt64
    var command: OSDPCommand
    var isUrgent: Bool
    var expires: Duration?
    /// How often the device said that it did not take it, for a reason that was not the command's.
    var returns = 0
  }

  /// What a frame was sent for.
  enum Purpose: Sendable {
    case step(OSDPNonce?)
    case poll
    case status
    case command(Pending)
  }

  /// A frame that has no answer yet. It is repeated as the same bytes.
  struct Exchange: Sendable {
    let frame: OSDPFrame
    let purpose: Purpose
    var tries = 0
    var notBefore: Duration
    var busySince: Duration?
    var busyDelay: Duration = .milliseconds(50)
  }

  let address: UInt8
  let configuration: OSDPBus.Configuration
  var keyMode: OSDPKeyMode

  var step = Step.identify
  var sequence: UInt8 = 0
  var check = OSDPCheck.crc
  var isCRCProven = false
  var channel: OSDPSecureChannel?
  var exchange: Exchange?
  var queue: [Pending] = []
  var statusReads: [OSDPCommand] = []
  var nextStatus: Duration = .zero

  var isOnline = false
  /// True until something answers: one short try at a time.
  var isProbed = true
  /// Tries in vain since the last answer.
  var failedProbes = 0
  var notBefore: Duration = .zero
  var lastReply: Duration = .zero
  /// When it last answered in the way demanded of it.
  var lastUseful: Duration = .zero
  var lastActivity: Duration = .zero
  var polls = 0
  var hasCaughtUp = false

  /// Belongs to another line: it is asked who it is, for as long as nobody of this line answers.
  let isElsewhere: Bool
  /// Who it must be; nil until the first one has proved itself.
  var expected: WireIdentity?
  /// The last one that was told as another, and when.
  var stranger: (identity: WireIdentity, told: Duration)?
  var identity: OSDPIdentity?
  var capabilities: [OSDPCapability] = []
  var isSwapped = false
  var refusedOnce: Set<UInt8> = []
  var unsupported: Set<UInt8> = []

  var isKeyRefused = false
  var keyRefusals = 0
  var sessionLosses = 0
  var sessionSince: Duration?
  var handshakeNotBefore: Duration = .zero

  init(device: OSDPBus.Device, configuration: OSDPBus.Configuration) {
    self.address = device.address
    self.configuration = configuration
    self.keyMode = device.keyMode
    self.expected = device.identity
    self.isElsewhere = false
  }

  /// A device of another line.
  init(elsewhere address: UInt8, configuration: OSDPBus.Configuration) {
    self.address = address
    self.configuration = configuration
    self.keyMode = .plain
    self.isElsewhere = true
  }

  /// When it next wants the line.
  var readiness: Duration {
    if let exchange { return exchange.notBefore }
    if case .challenge = self.step { return max(self.notBefore, self.handshakeNotBefore) }
    if case .ready = self.step, !self.queue.isEmpty || !self.statusReads.isEmpty { return .zero }
    return self.notBefore
  }

  /// True when its next frame is an urgent command.
  var hasUrgent: Bool {
    if let exchange {
      guard case .command(let pending) = exchange.purpose else { return false }
      return pending.isUrgent
    }
    guard case .ready = self.step else { return false }
    return self.queue.first?.isUrgent == true
  }

  /// True when it has just told something and may have more.
  var wantsAgain: Bool { self.polls > 0 }

  /// When something ends by time alone. An answer still awaited may keep it from going offline.
  func wake(isOnLine: Bool) -> Duration? {
    var next = self.isOnline && !isOnLine ? self.lastUseful + OSDPTiming.offline : nil
    for pending in self.queue {
      if let expires = pending.expires { next = min(next ?? expires, expires) }
    }
    return next
  }

  mutating func submit(_ pending: Pending, at now: Duration, effects: inout [OSDPBus.Effect]) {
    let fault: OSDPFault
    switch pending.command {
    case .poll, .keySet, .challenge, .serverCryptogram: fault = .unsupported
    default:
      if !self.isOnline {
        fault = .offline
      } else if pending.expires.map({ $0 <= now }) == true {
        fault = .expired
      } else if self.unsupported.contains(pending.command.code) {
        fault = .unsupported
      } else if self.queue.count >= 64 || pending.command.data.count > self.dataLimit {
        fault = .tooMuch
      } else {
        let place =
          pending.isUrgent ? self.queue.firstIndex { !$0.isUrgent } : self.queue.endIndex
        self.queue.insert(pending, at: place ?? self.queue.endIndex)
        return
      }
    }
    effects.append(.completed(token: pending.token, .failure(fault)))
  }

  /// Data bytes that fit the device's receive size, with room for header, MAC and padding.
  private var dataLimit: Int {
    let told = self.capabilities.first { $0.function == 10 }.map {
      Int($0.compliance) | Int($0.count) << 8
    }
    return max(128, min(told ?? 128, OSDPFrame.lengths.upperBound)) - 30
  }

  mutating func opened(at now: Duration) {
    self.restart(at: now)
    self.isProbed = true
    self.failedProbes = 0
    self.handshakeNotBefore = now
    self.keyRefusals = 0
    self.sessionLosses = 0
    self.stranger = nil
  }

  mutating func closed(at now: Duration, effects: inout [OSDPBus.Effect]) {
    self.finishExchange(.unanswered, effects: &effects)
    self.restart(at: now)
    self.goOffline(effects: &effects)
  }

  /// Ends what time alone ends.
  mutating func timePassed(
    at now: Duration, isOnLine: Bool, effects: inout [OSDPBus.Effect]
  ) {
    if !self.queue.isEmpty, self.queue.contains(where: { $0.expires.map { $0 <= now } == true }) {
      for pending in self.queue where pending.expires.map({ $0 <= now }) == true {
        effects.append(.completed(token: pending.token, .failure(.expired)))
      }
      self.queue.removeAll { $0.expires.map { $0 <= now } == true }
    }
    if self.isOnline, now - self.lastUseful >= OSDPTiming.offline, !isOnLine {
      self.finishExchange(.unanswered, effects: &effects)
      self.goOffline(effects: &effects)
      self.restart(at: max(now, self.notBefore))
      self.isProbed = true
    }
  }

  /// The next bytes for the line: the same as before where the last ones had no answer.
  mutating func transmit(
    at now: Duration, random: inout OSDPRandom, effects: inout [OSDPBus.Effect]
  ) -> [UInt8]? {
    if let exchange, case .command(let pending) = exchange.purpose,
      pending.expires.map({ $0 <= now }) == true
    {
      // Something else under the same sequence number confuses devices: begin anew.
      self.abandonExchange(.unanswered, at: now, effects: &effects)
    }
    if self.exchange == nil {
      do {
        self.exchange = try self.begin(at: now, random: &random)
      } catch {
        self.loseSession(at: now, effects: &effects)
        return nil
      }
    }
    self.exchange?.tries += 1
    return self.exchange?.frame.marked
  }

  private mutating func begin(
    at now: Duration, random: inout OSDPRandom
  )
    throws(OSDPSecurityFault) -> Exchange
  {
    if case .challenge = self.step, now - self.lastReply >= OSDPTiming.offline {
      // After such a pause the device has forgotten where we were.
      self.restart(at: now)
    }
    if case .ready = self.step, self.isSessionOld(at: now), case .secure(let key) = self.keyMode {
      self.channel = nil
      self.step = .challenge(.own(key))
    }
    switch self.step {
    case .identify:
      if self.sequence == 0 { self.chooseCheck() }
      return self.plain(.identify, for: .step(nil), at: now)
    case .capabilities:
      return self.plain(.capabilities, for: .step(nil), at: now)
    case .challenge(let key):
      let nonce = random.nonce()
      return self.plain(
        .challenge(nonce), security: .init(type: 0x11, value: key.flag), for: .step(nonce), at: now)
    case .prove(let key, let channel):
      return self.plain(
        .serverCryptogram(channel.serverCryptogram),
        security: .init(type: 0x13, value: key.flag), for: .step(nil), at: now)
    case .installKey(let key):
      return try self.sealed(.keySet(key), for: .step(nil), at: now)
    case .ready:
      if let pending = self.queue.first {
        let exchange = try self.sealed(pending.command, for: .command(pending), at: now)
        self.queue.removeFirst()
        return exchange
      }
      if self.statusReads.isEmpty, now >= self.nextStatus {
        self.nextStatus = now + self.configuration.statusInterval
        if !self.unsupported.contains(OSDPCommand.inputStatus.code) {
          self.statusReads = [.inputStatus]
        }
      }
      if !self.statusReads.isEmpty {
        return try self.sealed(self.statusReads.removeFirst(), for: .status, at: now)
      }
      self.notBefore = now + self.configuration.pollInterval
      return try self.sealed(.poll, for: .poll, at: now)
    }
  }

  /// Most devices know the CRC; one that never answered to it may know only the checksum.
  private mutating func chooseCheck() {
    let every = self.isCRCProven ? 10 : 3
    if self.isProbed, self.failedProbes > 0 {
      self.check = self.failedProbes % every == every - 1 ? .checksum : .crc
    }
  }

  private func plain(
    _ command: OSDPCommand, security: OSDPFrame.Security? = nil, for purpose: Purpose,
    at now: Duration
  ) -> Exchange {
    Exchange(
      frame: OSDPFrame(
        address: self.address, sequence: self.sequence, check: self.check, security: security,
        code: command.code, data: command.data),
      purpose: purpose, notBefore: now)
  }

  private mutating func sealed(
    _ command: OSDPCommand, for purpose: Purpose, at now: Duration
  )
    throws(OSDPSecurityFault) -> Exchange
  {
    guard
      let frame = try self.channel?.seal(
        address: self.address, isReply: false, sequence: self.sequence, check: self.check,
        code: command.code, data: command.data)
    else { return self.plain(command, for: purpose, at: now) }
    return Exchange(frame: frame, purpose: purpose, notBefore: now)
  }

  private func isSessionOld(at now: Duration) -> Bool {
    guard self.channel != nil, let since = self.sessionSince else { return false }
    return now - since >= self.configuration.sessionLifetime && self.queue.isEmpty
      && now - self.lastActivity >= OSDPTiming.quiet
  }

  /// No answer to the last frame within its deadline.
  mutating func unanswered(at now: Duration, effects: inout [OSDPBus.Effect]) {
    guard let exchange else { return }
    if !self.isProbed && exchange.tries < OSDPTiming.tries {
      self.exchange?.notBefore = now
      return
    }
    self.abandonExchange(.unanswered, at: now, effects: &effects)
    self.isProbed = true
    self.failedProbes += 1
    self.notBefore = now + .seconds(min(5, max(1, self.failedProbes - 7)))
  }

  /// Gives the frame up; the device is asked anew from sequence 0.
  mutating func abandonExchange(
    _ fault: OSDPFault, at now: Duration, effects: inout [OSDPBus.Effect]
  ) {
    self.finishExchange(fault, effects: &effects)
    if case .ready = self.step { self.tell(.sessionLost, effects: &effects) }
    self.restart(at: now)
  }

  mutating func finishExchange(_ fault: OSDPFault, effects: inout [OSDPBus.Effect]) {
    if case .command(let pending)? = self.exchange?.purpose {
      effects.append(.completed(token: pending.token, .failure(fault)))
    }
    self.exchange = nil
  }

  mutating func restart(at now: Duration) {
    self.step = .identify
    self.sequence = 0
    self.channel = nil
    self.exchange = nil
    self.polls = 0
    self.notBefore = now
  }

  mutating func goOffline(effects: inout [OSDPBus.Effect]) {
    for pending in self.queue {
      effects.append(.completed(token: pending.token, .failure(.offline)))
    }
    self.queue.removeAll()
    if self.isOnline {
      self.isOnline = false
      self.tell(.offline, effects: &effects)
    }
  }

  func tell(_ event: OSDPEvent, effects: inout [OSDPBus.Effect]) {
    effects.append(.event(address: self.address, event))
  }
}
