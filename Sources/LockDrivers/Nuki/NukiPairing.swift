public import LockCore

/// Makes a new authorization with one lock, over one link: pairing, then a look whether the security PIN is right, then
/// the lock's configuration. A value: what happened goes in, what to do comes out.
///
/// Nothing is tried twice: a lock that was told wrong PINs bars for a while whoever told them.
public struct NukiPairing: Sendable {
  /// What to do.
  public enum Effect: Hashable, Sendable {
    /// Send one packet.
    case write([UInt8])
    /// Call ``NukiPairing/deadlinePassed(at:)`` at this uptime; nil takes the deadline away.
    case setDeadline(Duration?)
    /// Close the link; there is nothing more to say.
    case closeLink
    /// It is so far now.
    case progress(Step)
    /// It has ended. Told once.
    case finished(Result<NukiAuthorization, NukiPairingFault>)
  }

  /// How far it is.
  public enum Step: Int, Hashable, Sendable, Comparable {
    /// The lock's characteristics are looked up.
    case connecting
    /// Public keys are exchanged.
    case exchangingKeys
    /// Each shows that it knows the key.
    case authenticating
    /// The lock writes the authorization down.
    case authorizing
    /// The security PIN is checked.
    case checkingPIN
    /// The configuration is read.
    case readingConfig
    /// Done, well or badly.
    case ended

    /// In the order of time.
    public static func < (left: Self, right: Self) -> Bool { left.rawValue < right.rawValue }
  }

  /// From a message to its answer.
  public static let answerTime: Duration = .seconds(10)
  /// From the opened link to the end.
  public static let wholeTime: Duration = .seconds(60)

  /// How far it is.
  public private(set) var step = Step.connecting

  private let applicant: NukiApplicant
  private let pin: NukiSecurityPIN
  private let address: BluetoothAddress
  private var random: NukiRandom
  private var link = NukiLink(.pairing)
  private var secret: NukiKey
  private var lockKey: NukiBlock?
  private var sessionKey: NukiKey?
  private var nonce: NukiBlock?
  private var authorization: NukiAuthorization?
  private var exchange: NukiExchange?
  private var answerDeadline: Duration?
  private var lastDeadline: Duration = .zero
  private var announcedDeadline: Duration?

  /// Prepares a pairing.
  /// - Parameters:
  ///   - name: how the gateway shows in the lock's log; at most 32 bytes of UTF-8.
  ///   - appID: a number that this gateway chose once.
  ///   - type: what the lock takes the gateway for; generation 5 knows apps alone.
  ///   - pin: the lock's security PIN.
  ///   - address: where the lock is found.
  ///   - random: where keys and nonces come from.
  public init(
    name: String, appID: UInt32, type: NukiIDType = .app, pin: NukiSecurityPIN, address: BluetoothAddress,
    random: NukiRandom = .system
  ) {
    self.applicant = NukiApplicant(type: type, appID: appID, name: name)
    self.pin = pin
    self.address = address
    self.random = random
    self.secret = NukiKey(from: &self.random)
  }

  // MARK: what happens

  /// The link is open.
  public mutating func linkOpened(at now: Duration) -> [Effect] {
    guard self.step == .connecting else { return [.closeLink] }
    self.lastDeadline = now + Self.wholeTime
    var effects: [Effect] = [.progress(.connecting)]
    self.take(self.link.linkOpened(at: now), at: now, &effects)
    return self.withDeadline(effects)
  }

  /// One packet came in.
  public mutating func received(_ packet: [UInt8], at now: Duration) -> [Effect] {
    guard self.step != .ended else { return [] }
    var effects: [Effect] = []
    self.take(self.link.received(packet, at: now), at: now, &effects)
    return self.withDeadline(effects)
  }

  /// The deadline asked for last has passed. Harmless when called early or twice.
  public mutating func deadlinePassed(at now: Duration) -> [Effect] {
    self.announcedDeadline = nil
    guard self.step != .ended else { return [] }
    var effects: [Effect] = []
    if now >= self.lastDeadline || self.answerDeadline.map({ now >= $0 }) == true {
      self.end(.failure(.timedOut(at: self.step)), &effects)
    } else {
      self.take(self.link.deadlinePassed(at: now), at: now, &effects)
    }
    return self.withDeadline(effects)
  }

  /// The link is gone.
  public mutating func linkClosed(at now: Duration) -> [Effect] {
    guard self.step != .ended else { return [] }
    var effects: [Effect] = []
    self.end(.failure(.linkLost(at: self.step)), &effects)
    return self.withDeadline(effects.filter { $0 != .closeLink })
  }

  // MARK: messages

  private mutating func take(_ outputs: [NukiLink.Output], at now: Duration, _ effects: inout [Effect]) {
    for output in outputs where self.step != .ended {
      switch output {
      case .write(let packet): effects.append(.write(packet))
      case .sent: break
      case .failed(let fault):
        self.end(.failure(self.step == .connecting && fault == .notFound ? .notALock : .linkFailed(fault)), &effects)
      case .ready: self.begin(at: now, &effects)
      case .general(let wire): self.told(wire, at: now, &effects)
      case .sealed(let wire): self.answered(wire, at: now, &effects)
      }
    }
  }

  private mutating func begin(at now: Duration, _ effects: inout [Effect]) {
    guard self.pin.isLong == self.link.isGeneration5 else {
      return self.end(.failure(.pinLength(digits: self.link.isGeneration5 ? 6 : 4)), &effects)
    }
    guard !self.link.isGeneration5 || self.applicant.type == .app else {
      return self.end(.failure(.appOnly), &effects)
    }
    self.advance(to: .exchangingKeys, &effects)
    self.send(.requestData(.publicKey), at: now, &effects)
  }

  private mutating func advance(to step: Step, _ effects: inout [Effect]) {
    self.step = step
    effects.append(.progress(step))
  }

  private mutating func send(
    _ message: NukiPairingMessage, expecting answer: NukiReassembly.Form = .plain, at now: Duration,
    _ effects: inout [Effect]
  ) {
    self.answerDeadline = now + Self.answerTime
    self.take(self.link.sendGeneral(message.frame.wire, expecting: answer, at: now), at: now, &effects)
  }

  /// A message of the pairing itself.
  private mutating func told(_ wire: [UInt8], at now: Duration, _ effects: inout [Effect]) {
    let plain = try? NukiPlainFrame(wire: wire)
    let message: NukiPairingMessage?
    if let plain {
      message = NukiPairingMessage(plain)
    } else if let sessionKey, self.link.isGeneration5 {
      message = (try? NukiSealedFrame(wire: wire, openedWith: sessionKey, checksHeader: false)).flatMap {
        NukiPairingMessage(opened: $0)
      }
    } else {
      message = nil
    }
    guard let message else { return self.end(.failure(.nonsense(at: self.step)), &effects) }
    do {
      try self.told(message, at: now, &effects)
    } catch {
      self.end(.failure(.nonsense(at: self.step)), &effects)
    }
  }

  private mutating func told(
    _ message: NukiPairingMessage, at now: Duration, _ effects: inout [Effect]
  ) throws(NukiCryptoFault) {
    switch (self.step, message) {
    case (_, .error(let report)): self.end(.failure(NukiPairingFault(report)), &effects)
    case (.exchangingKeys, .publicKey(let lockKey)):
      self.lockKey = lockKey
      self.sessionKey = try self.secret.sessionKey(with: lockKey)
      self.advance(to: .authenticating, &effects)
      self.send(.publicKey(try self.secret.publicKey()), at: now, &effects)
    case (.authenticating, .challenge(let challenge)):
      guard let lockKey, let sessionKey else { return }
      self.advance(to: .authorizing, &effects)
      let authenticator = try sessionKey.authenticator(
        over: self.secret.publicKey().bytes, lockKey.bytes, challenge.bytes)
      self.send(.authenticator(authenticator), at: now, &effects)
    case (.authorizing, .challenge(let challenge)) where !self.link.isGeneration5 && self.nonce == nil:
      guard let sessionKey else { return }
      let nonce = NukiBlock(from: &self.random)
      self.nonce = nonce
      let authenticator = try sessionKey.authenticator(over: self.applicant.wire, nonce.bytes, challenge.bytes)
      self.send(.authorizationData(authenticator: authenticator, self.applicant, nonce: nonce), at: now, &effects)
    case (.authorizing, .authorizationInfo) where self.link.isGeneration5: try self.apply(at: now, &effects)
    case (.authorizing, .authorizationID(let authenticator, let id, let uuid, let lockNonce)):
      guard let sessionKey, let nonce else { return }
      guard try sessionKey.authenticator(over: id.bytes, uuid, lockNonce.bytes, nonce.bytes) == authenticator else {
        return self.end(.failure(.lockNotAuthentic), &effects)
      }
      self.authorized(id, lockUUID: uuid, sessionKey)
      let confirmation = try sessionKey.authenticator(over: id.bytes, lockNonce.bytes)
      self.send(.confirmation(authenticator: confirmation, id), at: now, &effects)
    case (.authorizing, .status(0)) where self.authorization != nil: self.checkPIN(at: now, &effects)
    case (.authorizing, .sealedAuthorizationID(let id, let uuid)):
      guard let sessionKey else { return }
      self.authorized(id, lockUUID: uuid, sessionKey)
      self.checkPIN(at: now, &effects)
    default: self.end(.failure(.nonsense(at: self.step)), &effects)
    }
  }

  /// Generation 5: name and PIN, sealed.
  private mutating func apply(at now: Duration, _ effects: inout [Effect]) throws(NukiCryptoFault) {
    guard let sessionKey else { return }
    let message = NukiPairingMessage.sealedAuthorizationData(
      appID: self.applicant.appID, name: self.applicant.name, pin: self.pin
    ).frame
    let wire = try NukiSealedFrame(.pairing, message.command, message.payload).wire(
      sealedWith: sessionKey, nonce: self.random.bytes(NukiSealedFrame.nonceLength))
    self.answerDeadline = now + Self.answerTime
    self.take(self.link.sendGeneral(wire, expecting: .sealedOrError, at: now), at: now, &effects)
  }

  private mutating func authorized(_ id: NukiAuthorizationID, lockUUID: [UInt8], _ sessionKey: NukiKey) {
    self.authorization = NukiAuthorization(
      sessionKey: sessionKey, id: id, appID: self.applicant.appID, type: self.applicant.type, address: self.address,
      nukiID: 0, lockUUID: lockUUID, pin: self.pin, generation: self.link.isGeneration5 ? .five : .upTo4)
  }

  // MARK: the new authorization is used

  private mutating func checkPIN(at now: Duration, _ effects: inout [Effect]) {
    self.advance(to: .checkingPIN, &effects)
    self.start(.guarded(.verifyPIN), at: now, &effects)
  }

  private mutating func start(_ question: NukiExchange.Question, at now: Duration, _ effects: inout [Effect]) {
    guard let authorization else { return }
    var exchange = NukiExchange(question, pin: authorization.pin)
    let request = exchange.begin()
    self.exchange = exchange
    self.seal(request, at: now, &effects)
  }

  private mutating func seal(_ request: NukiRequest, at now: Duration, _ effects: inout [Effect]) {
    guard let authorization,
      let wire = try? NukiSealedFrame(authorization.id, request.command, request.payload).wire(
        sealedWith: authorization.sessionKey, nonce: self.random.bytes(NukiSealedFrame.nonceLength))
    else { return self.end(.failure(.nonsense(at: self.step)), &effects) }
    self.answerDeadline = now + Self.answerTime
    self.take(self.link.sendSealed(wire, at: now), at: now, &effects)
  }

  private mutating func answered(_ wire: [UInt8], at now: Duration, _ effects: inout [Effect]) {
    guard let authorization, var exchange else { return }
    guard let frame = try? NukiSealedFrame(wire: wire, openedWith: authorization.sessionKey),
      frame.authorization == authorization.id, let answer = NukiAnswer(frame.command, frame.payload)
    else { return }
    let step = exchange.answered(answer)
    self.exchange = exchange
    switch step {
    case .send(let request): self.seal(request, at: now, &effects)
    case .wait: self.answerDeadline = now + Self.answerTime
    case .ignored: break
    case .refused(let report): self.end(.failure(NukiPairingFault(report)), &effects)
    case .done(.config(let config)):
      var complete = authorization
      complete.learn(config)
      self.end(.success(complete), &effects)
    case .done:
      self.advance(to: .readingConfig, &effects)
      self.start(.config, at: now, &effects)
    }
  }

  // MARK: the end

  private mutating func end(_ result: Result<NukiAuthorization, NukiPairingFault>, _ effects: inout [Effect]) {
    self.step = .ended
    self.answerDeadline = nil
    self.exchange = nil
    effects += [.finished(result), .closeLink]
  }

  private mutating func withDeadline(_ effects: [Effect]) -> [Effect] {
    var deadline: Duration?
    if self.step != .ended {
      deadline = [self.lastDeadline, self.answerDeadline, self.link.deadline].compactMap { $0 }.min()
    }
    guard deadline != self.announcedDeadline else { return effects }
    self.announcedDeadline = deadline
    return effects + [.setDeadline(deadline)]
  }
}
