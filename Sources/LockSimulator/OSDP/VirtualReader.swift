public import LockDrivers

/// A keypad reader with relays, contacts and a buzzer, from the device's side of an OSDP line: a strict one, that
/// keeps to the sequence rules, answers a repeated command from memory and demands a session where it has a key.
///
/// A value: bytes and time go in; answers, and what a person at the door would see and hear, come out.
public struct VirtualReader: Sendable {
  /// What security the device has from the factory or the last KEYSET.
  public enum Security: Hashable, Sendable {
    /// None: everything in plain.
    case plain
    /// This SCBK; without a session only ID and CAP are answered.
    case key(OSDPKey)
    /// No key yet: takes SCBK-D, and the first KEYSET.
    case install
  }

  /// What the device does.
  public enum Effect: Hashable, Sendable {
    /// It sends bytes.
    case write([UInt8])
    /// Something happened to it or at it.
    case happened(Happening)
  }

  /// What can be seen and heard at the device.
  public enum Happening: Hashable, Sendable {
    /// A relay switched.
    case relay(UInt8, isOn: Bool)
    /// A light was told what to show.
    case light(OSDPLED)
    /// The buzzer was told what to sound.
    case buzzer(OSDPBuzzer)
    /// The display was told what to show.
    case text(OSDPText)
    /// A session stands; `isFactory` with SCBK-D.
    case sessionOpened(isFactory: Bool)
    /// The session is over.
    case sessionEnded
    /// A new SCBK was stored.
    case keyStored
    /// The panel broke the sequence rules: other bytes under a used number, or a number out of turn.
    case sequenceBroken
  }

  /// How the device misbehaves; each counts down, the rest of the time it is sound.
  public struct Faults: Hashable, Sendable {
    /// Until this uptime the cable is cut: it neither hears nor speaks.
    public var cutUntil: Duration?
    /// So many next commands are not heard.
    public var unheard = 0
    /// So many next commands are answered with BUSY.
    public var busy = 0
    /// So many next answers get lost, the command was carried out.
    public var lostAnswers = 0
    /// So many next answers have a wrong check.
    public var garbledAnswers = 0
    /// So many next commands lose the session first, as after a hidden restart.
    public var lostSessions = 0
    /// The next command with this code is refused with this reason.
    public var refusals: [UInt8: OSDPNAK] = [:]
    /// Every command with this code is refused with this reason.
    public var standingRefusals: [UInt8: OSDPNAK] = [:]

    /// Makes a sound device.
    public init() {}
  }

  /// Where it listens, 00-7E.
  public let address: UInt8
  /// True when it forgets typed keys after ``patience``, as most devices do.
  public var forgets = true
  /// Who it says it is.
  public var identity: OSDPIdentity
  /// Its security now.
  public var security: Security
  /// How it misbehaves.
  public var faults = Faults()
  /// Whether each relay is on.
  public var relays: [Bool] { self.switches.map(\.isOn) }
  /// Whether each contact is active.
  public private(set) var inputs: [Bool]
  /// True while its housing is open.
  public private(set) var isTampered = false
  /// True while its power supply fails.
  public private(set) var hasLostPower = false

  /// Without a command for so long, session and typed keys are forgotten.
  public static let patience = Duration.seconds(8)

  private static let interByteGap = Duration.milliseconds(50)
  private static let mostEvents = 64

  private var frames = OSDPFrameReader()
  private var switches: [VirtualRelay]
  private var events: [OSDPReply] = []
  private var session = Session.none
  private var exchange: Exchange?
  private var (lastByte, lastCommand): (Duration?, Duration?)
  private var nonce: UInt64

  private enum Session {
    case none
    case challenged(OSDPSecureChannel, isFactory: Bool)
    case open(OSDPSecureChannel)
  }

  /// The last command taken and its answer, to be given again when asked again.
  private struct Exchange {
    var sequence: UInt8
    var command: [UInt8]
    var answer: [UInt8]
  }

  /// Makes a device that has just been switched on.
  /// - Parameters:
  ///   - address: where it listens, 00-7E.
  ///   - security: its security.
  ///   - identity: who it says it is; nil for one made of the address.
  ///   - relays: how many relays it has.
  ///   - inputs: how many contacts it has.
  ///   - seed: makes its random numbers repeatable.
  public init(
    address: UInt8, security: Security, identity: OSDPIdentity? = nil, relays: Int = 2, inputs: Int = 2,
    seed: UInt64 = 1
  ) {
    self.address = address
    self.security = security
    self.identity =
      identity
      ?? OSDPIdentity(
        oui: 0x00005E, model: 2, version: 1, serial: 0x0100_0000 | UInt32(address), firmwareMajor: 1,
        firmwareMinor: 2, firmwareBuild: 3)
    self.switches = (0..<relays).map { VirtualRelay(number: UInt8(truncatingIfNeeded: $0)) }
    self.inputs = Array(repeating: false, count: inputs)
    self.nonce = seed
  }
}

// MARK: - At the door

extension VirtualReader {
  /// Keys were pressed: `0`-`9`, `*`, `#`, `A`-`D`.
  /// - Parameters:
  ///   - keys: the keys in order.
  ///   - inOneReply: hands them over all at once instead of one per poll.
  public mutating func pressed(_ keys: String, inOneReply: Bool = false) {
    let codes = keys.utf8.map { key -> UInt8 in
      switch key {
      case UInt8(ascii: "#"): 0x0D
      case UInt8(ascii: "*"): 0x7F
      default: key
      }
    }
    if inOneReply {
      self.enqueue(.keys(reader: 0, OSDPKeys(codes)))
    } else {
      for code in codes { self.enqueue(.keys(reader: 0, [code])) }
    }
  }

  /// A contact changed; one that the device does not have is ignored.
  public mutating func inputChanged(_ number: Int, isActive: Bool) {
    guard self.inputs.indices.contains(number), self.inputs[number] != isActive else { return }
    self.inputs[number] = isActive
    self.enqueue(.inputs(self.inputs))
  }

  /// The housing was opened or closed.
  public mutating func tamperChanged(_ isTampered: Bool) {
    self.isTampered = isTampered
    self.enqueue(.local(tamper: isTampered, powerFailed: self.hasLostPower))
  }

  /// The power supply failed or came back.
  public mutating func powerChanged(hasFailed: Bool) {
    self.hasLostPower = hasFailed
    self.enqueue(.local(tamper: self.isTampered, powerFailed: hasFailed))
  }

  /// It was switched off and on: relays fall, session, sequence and typed keys are gone; the key stays.
  public mutating func restarted() -> [Effect] {
    let effects = self.switches.indices.flatMap { self.switches[$0].restarted() } + self.endSession()
    self.frames.removeAll()
    self.events = []
    self.exchange = nil
    self.lastCommand = nil
    return effects
  }

  /// When ``deadlinePassed(at:)`` is due, in uptime: the end of a running relay timer.
  public var deadline: Duration? { self.switches.compactMap(\.deadline).min() }

  /// Ends relay timers whose time has come.
  public mutating func deadlinePassed(at uptime: Duration) -> [Effect] {
    self.switches.indices.flatMap { self.switches[$0].deadlinePassed(at: uptime) }
  }

  private mutating func enqueue(_ event: OSDPReply) {
    if self.events.count < Self.mostEvents { self.events.append(event) }
  }
}

// MARK: - On the line

extension VirtualReader {
  /// Bytes came in from the line, for this device or another.
  public mutating func received(_ bytes: [UInt8], at uptime: Duration) -> [Effect] {
    var effects = self.deadlinePassed(at: uptime)
    if let end = self.faults.cutUntil {
      guard end <= uptime else { return effects }
      self.faults.cutUntil = nil
    }
    if let last = self.lastByte, uptime - last > Self.interByteGap { self.frames.removeAll() }
    self.lastByte = uptime
    self.frames.append(bytes)
    while let frame = self.frames.next() {
      guard !frame.isReply, frame.address == self.address || frame.address == OSDPFrame.anyAddress else { continue }
      effects += self.heard(frame, at: uptime)
    }
    return effects
  }

  private mutating func heard(_ frame: OSDPFrame, at uptime: Duration) -> [Effect] {
    var effects: [Effect] = []
    if self.faults.unheard > 0 {
      self.faults.unheard -= 1
      return []
    }
    if let last = self.lastCommand, uptime - last >= Self.patience {
      effects += self.endSession()
      if self.forgets { self.events.removeAll { if case .keys = $0 { true } else { false } } }
    }
    self.lastCommand = uptime
    if self.faults.busy > 0 {
      self.faults.busy -= 1
      return effects + self.send(self.plain(.busy, sequence: 0, check: frame.check).marked)
    }
    if self.faults.lostSessions > 0 {
      self.faults.lostSessions -= 1
      effects += self.endSession()
    }
    if frame.sequence == 0 {
      effects += self.endSession()
      self.exchange = nil
    } else if let last = self.exchange, last.sequence == frame.sequence, last.command == frame.wire {
      return effects + self.send(last.answer)
    } else if frame.sequence != self.expectedSequence {
      let refusal = self.plain(.nak(.unexpectedSequence), sequence: self.expectedSequence, check: frame.check)
      return effects + [.happened(.sequenceBroken)] + self.send(refusal.marked)
    }
    let (answer, more) = self.answer(to: frame, at: uptime)
    self.exchange = Exchange(sequence: frame.sequence, command: frame.wire, answer: answer.marked)
    return effects + self.send(answer.marked) + more
  }

  private var expectedSequence: UInt8 {
    guard let last = self.exchange?.sequence else { return 0 }
    return last == 3 ? 1 : last + 1
  }

  private mutating func send(_ bytes: [UInt8]) -> [Effect] {
    if self.faults.lostAnswers > 0 {
      self.faults.lostAnswers -= 1
      return []
    }
    guard self.faults.garbledAnswers > 0, let last = bytes.last else { return [.write(bytes)] }
    self.faults.garbledAnswers -= 1
    return [.write(bytes.dropLast() + [~last])]
  }

  private func plain(
    _ reply: OSDPReply, sequence: UInt8, check: OSDPCheck, security: OSDPFrame.Security? = nil
  ) -> OSDPFrame {
    OSDPFrame(
      address: self.address, isReply: true, sequence: sequence, check: check, security: security, code: reply.code,
      data: reply.data)
  }

  private mutating func endSession() -> [Effect] {
    defer { self.session = .none }
    if case .open = self.session { return [.happened(.sessionEnded)] }
    return []
  }
}

// MARK: - Answers

extension VirtualReader {
  private mutating func answer(to frame: OSDPFrame, at uptime: Duration) -> (OSDPFrame, [Effect]) {
    func inPlain(_ reply: OSDPReply, _ security: OSDPFrame.Security? = nil) -> OSDPFrame {
      self.plain(reply, sequence: frame.sequence, check: frame.check, security: security)
    }
    switch (frame.security?.type, frame.code) {
    case (nil, _):
      let isOpen = frame.code == 0x61 || frame.code == 0x62
      guard self.security == .plain || isOpen else { return (inPlain(.nak(.sessionNeeded)), self.endSession()) }
      let (reply, effects) = self.carryOut(frame.code, frame.data, at: uptime)
      return (inPlain(reply), effects)
    case (0x11, 0x76):
      guard case .challenge(let random) = OSDPCommand(code: frame.code, data: frame.data),
        let reply = self.challenged(random, flag: frame.security?.value)
      else { return (inPlain(.nak(.securityRefused)), self.endSession()) }
      return (inPlain(reply, .init(type: 0x12, value: frame.security?.value)), [])
    case (0x13, 0x77):
      guard case .serverCryptogram(let proof) = OSDPCommand(code: frame.code, data: frame.data),
        case .challenged(let channel, let isFactory) = self.session, proof == channel.serverCryptogram
      else { return (inPlain(.nak(.securityRefused)), self.endSession()) }
      self.session = .open(channel)
      return (
        inPlain(.initialMAC(channel.initialMAC), .init(type: 0x14, value: 1)),
        [.happened(.sessionOpened(isFactory: isFactory))]
      )
    case (0x15, _), (0x17, _):
      guard case .open(var channel) = self.session, let data = try? channel.open(frame)
      else { return (inPlain(.nak(.sessionNeeded)), self.endSession()) }
      var (reply, effects) = self.carryOut(frame.code, data, at: uptime)
      guard
        let sealed = try? channel.seal(
          address: self.address, isReply: true, sequence: frame.sequence, check: frame.check, code: reply.code,
          data: reply.data)
      else { return (inPlain(.nak(.sessionNeeded)), effects + self.endSession()) }
      self.session = .open(channel)
      if effects.contains(.happened(.keyStored)) { effects += self.endSession() }
      return (sealed, effects)
    default: return (inPlain(.nak(.securityRefused)), self.endSession())
    }
  }

  private mutating func challenged(_ randomA: OSDPNonce, flag: UInt8?) -> OSDPReply? {
    self.session = .none
    let key: OSDPChannelKey
    switch (self.security, flag) {
    case (.key(let own), 1): key = .own(own)
    case (.install, 0): key = .factory
    default: return nil
    }
    self.nonce = self.nonce &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
    let randomB = OSDPNonce(number: self.nonce)
    guard let channel = try? OSDPSecureChannel(key: key, randomA: randomA, randomB: randomB),
      let label = OSDPNonce(OSDPReply.identity(self.identity).data.prefix(8))
    else { return nil }
    self.session = .challenged(channel, isFactory: flag == 0)
    return .cryptogram(
      OSDPClientCryptogram(clientUID: label, randomB: randomB, cryptogram: channel.clientCryptogram))
  }

  private mutating func carryOut(
    _ code: UInt8, _ data: ArraySlice<UInt8>, at uptime: Duration
  ) -> (OSDPReply, [Effect]) {
    if let reason = self.faults.refusals.removeValue(forKey: code) ?? self.faults.standingRefusals[code] {
      return (.nak(reason), [])
    }
    guard let command = OSDPCommand(code: code, data: data) else { return (.nak(.badLength), []) }
    switch command {
    case .poll: return (self.events.isEmpty ? .ack : self.events.removeFirst(), [])
    case .identify: return (.identity(self.identity), [])
    case .capabilities: return (.capabilities(self.capabilities), [])
    case .localStatus: return (.local(tamper: self.isTampered, powerFailed: self.hasLostPower), [])
    case .inputStatus: return (.inputs(self.inputs), [])
    case .outputStatus: return (.outputs(self.relays), [])
    case .readerStatus: return (.readers([0]), [])
    case .output(let orders):
      guard orders.allSatisfy({ Int($0.number) < self.switches.count }) else { return (.nak(.unknownCommand), []) }
      let effects = orders.flatMap { self.switches[Int($0.number)].told($0, at: uptime) }
      return (.ack, effects)
    case .led(let lights): return (.ack, lights.map { .happened(.light($0)) })
    case .buzzer(let sound): return (.ack, [.happened(.buzzer(sound))])
    case .text(let text): return (.ack, [.happened(.text(text))])
    case .receiveSize: return (.ack, [])
    case .keySet(let key):
      guard case .open = self.session else { return (.nak(.sessionNeeded), []) }
      self.security = .key(key)
      return (.ack, [.happened(.keyStored)])
    default: return (.nak(.unknownCommand), [])
    }
  }

  private var capabilities: [OSDPCapability] {
    [
      OSDPCapability(function: 1, compliance: 1, count: UInt8(truncatingIfNeeded: self.inputs.count)),
      OSDPCapability(function: 2, compliance: 3, count: UInt8(truncatingIfNeeded: self.switches.count)),
      OSDPCapability(function: 4, compliance: 4, count: 1),
      OSDPCapability(function: 5, compliance: 2, count: 1),
      OSDPCapability(function: 6, compliance: 1, count: 1),
      OSDPCapability(function: 8, compliance: 1, count: 0),
      OSDPCapability(
        function: 9, compliance: self.security == .plain ? 0 : 1, count: self.security == .install ? 1 : 0),
      OSDPCapability(function: 13, compliance: 0, count: 1),
      OSDPCapability(function: 16, compliance: 2, count: 0),
    ]
  }
}
