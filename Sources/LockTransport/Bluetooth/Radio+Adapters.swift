import LockCore

extension Radio {
  /// How long to wait before an adapter that went off is switched on.
  private static let offRest = Duration.milliseconds(500)
  /// How long to wait after a refused command.
  private static let rest = Duration.seconds(10)
  /// How long to wait before a busy adapter is asked to listen again: 1 s, 2 s … 32 s.
  private static func busyRest(_ count: Int) -> Duration { .seconds(1 << min(count, 5)) }

  /// An adapter came, perhaps one that was here before under another number.
  mutating func gain(_ index: UInt16, at now: Duration) {
    self.lose(index, at: now)
    var adapter = RadioAdapter(index: index)
    adapter.quietSince = now
    adapter.isSoftBlocked = self.blocks[index]?.soft ?? false
    adapter.isHardBlocked = self.blocks[index]?.hard ?? false
    self.adapters[index] = adapter
  }

  /// An adapter went: what it was about to do waits for another one; the kernel closes its links.
  mutating func lose(_ index: UInt16, at now: Duration) {
    guard let adapter = self.adapters[index] else { return }
    self.requeue(on: index, failing: false, at: now)
    self.adapters[index] = nil
    guard let address = adapter.address, self.isWanted(adapter) else { return }
    self.effects.append(.note("the Bluetooth adapter \(address) is gone"))
    self.held = self.held.filter { $0.value.adapter != address }
  }

  /// What is to be sent to an adapter before it is switched on. Beside bluetoothd nothing: it sets the adapter up
  /// itself, and keys loaded by two programs replace each other.
  func setup(of adapter: RadioAdapter) -> [ManagementCommand] {
    guard let controller = adapter.controller, let address = controller.address, self.bluetoothd == nil
    else { return [] }
    let bonds = self.bonds.filter { $0.adapter == address }
    var commands: [ManagementCommand] = []
    if !controller.current.contains(.lowEnergy) { commands.append(.setLowEnergy) }
    if controller.supported.contains(.simplePairing), !controller.current.contains(.simplePairing) {
      commands.append(.setSimplePairing)
    }
    return commands + [
      .setSecureConnections, .setBondable, .setNoInputNoOutput, .loadLongTermKeys(bonds),
      .loadIdentityKeys(bonds),
    ]
  }

  /// Loads the keys of the bonds that are left.
  mutating func reloadKeys(on index: UInt16) {
    guard let address = self.adapters[index]?.address, self.bluetoothd == nil else { return }
    let bonds = self.bonds.filter { $0.adapter == address }
    self.adapters[index]?.setup.append(.loadLongTermKeys(bonds))
  }

  /// A peer was heard.
  mutating func heard(_ advertisement: Advertisement, on index: UInt16, at now: Duration) {
    guard let adapter = self.adapters[index], self.isWanted(adapter) else { return }
    if let address = adapter.address { self.ladder.heard(advertisement.address, on: address, at: now) }
    if self.adapters[index]?.heard(advertisement, at: now) == true {
      self.effects.append(.heard(advertisement))
    }
  }

  /// Anything else that the kernel tells of one adapter.
  mutating func happened(_ event: ManagementEvent, to index: UInt16, at now: Duration) {
    guard let adapter = self.adapters[index] else { return }
    switch event {
    case .answered(let opcode, let status, let answer):
      guard let command = adapter.outstanding?.command, command.opcode == opcode else { return }
      self.adapters[index]?.outstanding = nil
      self.adapters[index]?.silentCommands = 0
      self.answered(command, status, answer, by: index, at: now)
    case .newSettings(let settings):
      self.adapters[index]?.controller?.current = settings
      if !settings.contains(.powered) { self.poweredOff(index, at: now) }
    case .discovering(let isOn):
      self.adapters[index]?.isDiscovering = isOn
      if !isOn { self.adapters[index]?.isOurs = false }
    case .controllerError(let code):
      self.climb(
        index, from: .power, because: "the Bluetooth adapter \(Self.name(adapter)) tells of error \(code)", at: now)
    case .confirmationRequested, .authenticationFailed, .newLongTermKey, .newIdentityKey:
      self.paired(event, on: index, at: now)
    case .deviceDisconnected, .deviceFound, .indexAdded, .indexRemoved: break
    }
  }

  static func name(_ adapter: RadioAdapter) -> String {
    adapter.address.map { "\($0)" } ?? "hci\(adapter.index)"
  }

  private mutating func poweredOff(_ index: UInt16, at now: Duration) {
    // An adapter that is pulled out is told as off first; it is gone in a moment.
    self.adapters[index]?.restsUntil = now + Self.offRest
    self.adapters[index]?.isDiscovering = false
    self.adapters[index]?.isOurs = false
    self.adapters[index]?.isToBeCycled = false
    self.adapters[index]?.quietSince = now
    self.requeue(on: index, failing: false, at: now)
  }

  private mutating func answered(
    _ command: ManagementCommand, _ status: ManagementStatus, _ answer: ManagementAnswer, by index: UInt16,
    at now: Duration
  ) {
    guard let adapter = self.adapters[index] else { return }
    if case .settings(let settings) = answer { self.adapters[index]?.controller?.current = settings }
    if status == .permissionDenied {
      if !adapter.isForbidden {
        self.effects.append(
          .note(
            "the daemon may not set Bluetooth adapters up: run 'sudo systemctl enable --now bitting-bluetooth.socket' and restart it"
          ))
      }
      self.adapters[index]?.isForbidden = true
      self.adapters[index]?.restsUntil = now + .seconds(60)
      return
    }
    if command != .readControllerInfo { self.adapters[index]?.isForbidden = false }
    switch command {
    case .readControllerInfo: self.introduced(answer, index, at: now)
    case .setPowered(let isOn): self.switched(isOn, status, index, at: now)
    case .startDiscovery: self.discoveryAnswered(status, by: index, at: now)
    case .stopDiscovery:
      // Refused where it has just ended by itself.
      self.adapters[index]?.isDiscovering = false
      self.adapters[index]?.isOurs = false
    default:
      // What an adapter cannot do it does without.
      if status != .success, status != .notSupported, status != .rejected, status != .busy {
        self.noteOnce(
          "the Bluetooth adapter \(Self.name(adapter)) refused command \(command.opcode): \(status)",
          of: .adapter(Self.name(adapter)))
      }
    }
  }

  private mutating func introduced(_ answer: ManagementAnswer, _ index: UInt16, at now: Duration) {
    guard case .controller(let controller) = answer, var adapter = self.adapters[index] else {
      self.adapters[index]?.restsUntil = now + Self.rest
      return
    }
    let isNew = adapter.controller == nil
    adapter.controller = controller
    self.adapters[index] = adapter
    guard isNew, self.isWanted(adapter) else { return }
    self.adapters[index]?.listensUntil = now + Self.listening
    let setup = self.setup(of: adapter)
    self.adapters[index]?.setup = setup
    if adapter.address != nil {
      self.effects.append(.note("the Bluetooth adapter \(Self.name(adapter)) is hci\(index)"))
    }
  }

  private mutating func switched(
    _ isOn: Bool, _ status: ManagementStatus, _ index: UInt16, at now: Duration
  ) {
    if !isOn {
      self.adapters[index]?.isToBeCycled = false
      if status == .success { self.poweredOff(index, at: now) }
      return
    }
    if status == .success {
      self.adapters[index]?.quietSince = now
      self.adapters[index]?.listensUntil = now + Self.listening
      self.adapters[index]?.isSoftBlocked = false
      return
    }
    self.adapters[index]?.restsUntil = now + Self.rest
    if status == .blocked {
      if self.adapters[index]?.isHardBlocked == false { self.adapters[index]?.isSoftBlocked = true }
    } else if let adapter = self.adapters[index] {
      self.climb(
        index, from: .reset,
        because: "the Bluetooth adapter \(Self.name(adapter)) cannot be switched on: \(status)", at: now)
    }
  }

  private mutating func discoveryAnswered(_ status: ManagementStatus, by index: UInt16, at now: Duration) {
    guard let adapter = self.adapters[index] else { return }
    switch status {
    case .success:
      self.adapters[index]?.isDiscovering = true
      self.adapters[index]?.isOurs = true
      self.adapters[index]?.busyCount = 0
    case .busy:
      // Another program listens, and what it hears is told to us too.
      self.adapters[index]?.busyCount += 1
      if adapter.busyCount == 0, self.bluetoothd == nil {
        // Most likely a discovery that outlives the daemon which began it.
        return self.send(.stopDiscovery, to: index, at: now)
      }
      self.adapters[index]?.scanRestsUntil = now + Self.busyRest(adapter.busyCount)
      if adapter.busyCount == 1 {
        self.noteOnce(
          "another program listens with the Bluetooth adapter \(Self.name(adapter))",
          of: .adapter(Self.name(adapter)))
      }
      if adapter.busyCount >= 5, self.bluetoothd == nil { self.climb(index, from: .power, at: now) }
    default:
      self.adapters[index]?.scanRestsUntil = now + .seconds(1)
      if status == .notPowered { self.adapters[index]?.controller?.current.remove(.powered) }
    }
  }

  // MARK: the next thing

  /// Does the next thing that an adapter lacks; one command at a time.
  mutating func advance(_ index: UInt16, at now: Duration) {
    guard let adapter = self.adapters[index], adapter.outstanding == nil, adapter.restsUntil <= now else {
      return
    }
    guard let controller = adapter.controller else { return self.send(.readControllerInfo, to: index, at: now) }
    guard self.isWanted(adapter), controller.address != nil, controller.supported.contains(.lowEnergy)
    else { return }
    if let command = adapter.setup.first {
      self.adapters[index]?.setup.removeFirst()
      return self.send(command, to: index, at: now)
    }
    if adapter.isToBeCycled {
      if adapter.isPowered { return self.send(.setPowered(false), to: index, at: now) }
      self.adapters[index]?.isToBeCycled = false
    }
    if adapter.isHardBlocked { return }
    if adapter.isSoftBlocked {
      self.climb(index, from: .reset, at: now)
      self.adapters[index]?.restsUntil = now + Self.rest
      return
    }
    if !adapter.isPowered { return self.send(.setPowered(true), to: index, at: now) }
    if let attempt = adapter.attempt {
      if attempt.stage != .waiting { return }
      if adapter.isOurs { return self.send(.stopDiscovery, to: index, at: now) }
      return self.connect(on: index, at: now)
    }
    if !adapter.isDiscovering, adapter.scanRestsUntil <= now {
      self.send(.startDiscovery, to: index, at: now)
    }
  }

  private mutating func send(_ command: ManagementCommand, to index: UInt16, at now: Duration) {
    var patience = Self.commandPatience
    if case .setPowered = command { patience = Self.powerPatience }
    self.adapters[index]?.outstanding = .init(command: command, until: now + patience)
    self.effects.append(.send(command, to: index))
  }
}
