public import LockCore
public import OfflineCodes

/// The doors on one OSDP line: the bus below, a ``Door`` for each above, and what passes between them.
public struct OSDPDoorDriver: LockDriver {
  /// The doors of this line, in the order configured.
  public let locks: [LockID]

  private var bus: OSDPBus
  private var doors: [Door]
  /// Addresses of the devices whose key mode demands a session.
  private let secured: Set<UInt8>
  private var busDeadline: Duration?
  private var toldDeadline: Duration?

  /// Makes the driver of one line.
  /// - Parameters:
  ///   - bus: the line and every device on it, of all doors.
  ///   - doors: the doors; each address they name is a device of `bus`.
  ///   - offline: what verifies offline codes at a door; none for a door that takes none.
  ///   - random: where the handshakes' random numbers come from.
  public init(
    bus: OSDPBus.Configuration, doors: [(lock: LockID, configuration: DoorConfiguration)],
    offline: [LockID: OfflineVerifier] = [:], random: OSDPRandom = .system
  ) {
    self.locks = doors.map(\.lock)
    self.doors = doors.map { Door(lock: $0.lock, configuration: $0.configuration, offline: offline[$0.lock]) }
    self.secured = Set(bus.devices.filter { $0.keyMode != .plain }.map(\.address))
    self.bus = OSDPBus(configuration: bus, random: random)
  }

  /// The line is there: every device is asked anew.
  public mutating func linkOpened(at now: Moment) -> [DriverEffect] {
    self.perform(self.bus.opened(at: now.uptime), at: now)
  }

  /// Bytes came in, any piece of the stream.
  public mutating func received(_ bytes: [UInt8], at now: Moment) -> [DriverEffect] {
    self.perform(self.bus.received(bytes, at: now.uptime), at: now)
  }

  /// A timer of the bus or of a door is due.
  public mutating func deadlinePassed(at now: Moment) -> [DriverEffect] {
    self.toldDeadline = nil
    if let deadline = self.busDeadline, deadline <= now.uptime { self.busDeadline = nil }
    var reports: [DriverEffect] = []
    var effects = self.bus.deadlinePassed(at: now.uptime)
    for index in self.doors.indices {
      let due = self.doors[index].deadlinePassed(at: now)
      effects += self.commands(for: due, of: index, reports: &reports, at: now)
    }
    return self.perform(effects, reports, at: now)
  }

  /// The line is gone; what was outstanding is finished, codes are kept.
  public mutating func linkClosed(at now: Moment) -> [DriverEffect] {
    self.perform(self.bus.closed(at: now.uptime), at: now)
  }

  /// Switches a strike, or takes the codes of a door; there are no slots and there is no log.
  public mutating func submit(
    _ command: LockCommand, to lock: LockID, id: CommandID, at now: Moment
  ) -> [DriverEffect] {
    guard let index = self.doors.firstIndex(where: { $0.lock == lock }) else {
      return [.finish(id, .failure(.unsupported(detail: "no such door on this line")))]
    }
    switch command {
    case .hold(let credentials):
      self.doors[index].hold(credentials)
      return [.finish(id, .success(.done(confirmed: true)))]
    case .unlock: return self.perform(self.doors[index].unlock(id, at: now), of: index, at: now)
    case .lock: return self.perform(self.doors[index].relock(id, at: now), of: index, at: now)
    case .readSlots, .readSlot, .program, .clear, .claim, .evict:
      return [.finish(id, .failure(.unsupported(detail: "the gateway holds this door's codes")))]
    case .readLog: return [.finish(id, .failure(.unsupported(detail: "the door keeps no log")))]
    }
  }
}

// MARK: - Between the bus and the doors

extension OSDPDoorDriver {
  /// Passes on what the bus wants, and what comes of that, in the order in which the bus said it: of two deadlines
  /// the later said one holds.
  private mutating func perform(
    _ effects: [OSDPBus.Effect], _ reported: [DriverEffect] = [], at now: Moment
  ) -> [DriverEffect] {
    var (queue, done) = (effects[...], reported)
    while let effect = queue.popFirst() {
      switch effect {
      case .write(let bytes): done.append(.write(bytes))
      case .setDeadline(let deadline): self.busDeadline = deadline
      case .event(let address, let event):
        done += self.lineReports(of: event, by: address)
        for index in self.doors.indices {
          let effects = self.told(event, by: address, to: index, at: now)
          queue += self.commands(for: effects, of: index, reports: &done, at: now)
        }
      case .completed(let token, let result):
        let (index, errand) = Self.parts(of: token)
        guard errand != 0, self.doors.indices.contains(index) else { continue }
        let effects = self.doors[index].strikeAnswered(errand, result.map { _ in }, at: now)
        queue += self.commands(for: effects, of: index, reports: &done, at: now)
      }
    }
    return self.settled(done)
  }

  private mutating func perform(_ effects: [DoorEffect], of index: Int, at now: Moment) -> [DriverEffect] {
    var reports: [DriverEffect] = []
    let commands = self.commands(for: effects, of: index, reports: &reports, at: now)
    return self.perform(commands, reports, at: now)
  }

  /// Gives the bus what a door wants switched and shown, and collects what it tells.
  private mutating func commands(
    for effects: [DoorEffect], of index: Int, reports: inout [DriverEffect], at now: Moment
  ) -> [OSDPBus.Effect] {
    let (lock, configuration) = (self.doors[index].lock, self.doors[index].configuration)
    var commands: [OSDPBus.Effect] = []
    for effect in effects {
      switch effect {
      case .remember(let bytes): reports.append(.remember(lock, bytes))
      case .report(let report): reports.append(.report(lock, report))
      case .finish(let command, let result): reports.append(.finish(command, result))
      case .strike(let action, let errand, let expires):
        commands += self.bus.send(
          action.command(for: configuration.strike), to: configuration.strike.address, urgent: true,
          expires: expires, token: Self.token(of: index, errand), at: now.uptime)
      case .readOutputs(let expires):
        commands += self.bus.send(
          .outputStatus, to: configuration.strike.address, expires: expires, token: Self.token(of: index, 0),
          at: now.uptime)
      case .signal(let signal, let expires):
        for command in signal.commands(at: configuration.reader) {
          commands += self.bus.send(
            command, to: configuration.reader.address, expires: expires, token: Self.token(of: index, 0),
            at: now.uptime)
        }
      }
    }
    return commands
  }

  /// What concerns the line rather than a door.
  private func lineReports(of event: OSDPEvent, by address: UInt8) -> [DriverEffect] {
    guard let lock = self.locks.first else { return [] }
    switch event {
    case .online(let identity, _, let isSecure) where isSecure || !self.secured.contains(address):
      return [.report(lock, .deviceProven(address: address, WireIdentity(identity)))]
    case .stranger(let found, _), .elsewhere(let found):
      return [.report(lock, .strangerAnswered(address: address, found))]
    case .offline: return [.report(lock, .deviceSilent(address: address))]
    default: return []
    }
  }

  private mutating func told(
    _ event: OSDPEvent, by address: UInt8, to index: Int, at now: Moment
  ) -> [DoorEffect] {
    let reader = self.doors[index].configuration.reader
    switch event {
    case .stranger(let found, let expected):
      return self.doors[index].strangerAnswered(found, insteadOf: expected, at: address)
    case .elsewhere: return []
    case .online(let identity, _, let isSecure):
      guard isSecure || !self.secured.contains(address) else { return [] }
      return self.doors[index].deviceConnected(address, as: LockIdentity(identity), at: now)
    case .caughtUp:
      if address == reader.address { self.doors[index].readerCaughtUp() }
      return []
    case .offline: return self.doors[index].deviceDisconnected(address)
    case .sessionLost:
      if address == reader.address { self.doors[index].entryInterrupted() }
      return []
    case .keys(let number, let keys):
      guard address == reader.address, number == reader.number else { return [] }
      return self.doors[index].keysPressed(keys, at: now)
    case .card, .unknown: return []
    case .inputs(let inputs): return self.doors[index].inputsReported(inputs, by: address, at: now)
    case .outputs(let outputs): return self.doors[index].outputsReported(outputs, by: address, at: now)
    case .local(let isTampered, let hasLostPower):
      return self.doors[index].localStatusReported(
        isTampered: isTampered, hasLostPower: hasLostPower, by: address)
    case .readers(let readers): return self.doors[index].readersReported(readers, by: address)
    case .keyRefused(let isRefused): return self.doors[index].keyRefused(isRefused, by: address)
    case .keyInstalled:
      return self.doors[index].configuration.addresses.contains(address)
        ? [.report(.keyInstalled(address: address))] : []
    case .deviceSwapped(let isSwapped): return self.doors[index].deviceSwapped(isSwapped, at: address)
    }
  }

  /// Adds the earliest deadline of bus and doors where it differs from the one told last.
  private mutating func settled(_ effects: [DriverEffect]) -> [DriverEffect] {
    let deadline = (self.doors.map(\.deadline) + [self.busDeadline]).compactMap(\.self).min()
    guard deadline != self.toldDeadline else { return effects }
    self.toldDeadline = deadline
    return effects + [.setDeadline(deadline)]
  }

  /// Bits 32-63 the door, 0-31 its errand; errand 0 for what nobody waits for.
  private static func token(of door: Int, _ errand: UInt32) -> UInt64 { UInt64(door) << 32 | UInt64(errand) }

  private static func parts(of token: UInt64) -> (door: Int, errand: UInt32) {
    (Int(token >> 32), UInt32(truncatingIfNeeded: token))
  }
}

extension LockIdentity {
  /// As printed on the label where there is one: maker's number, model, version; serial and firmware.
  init(_ identity: OSDPIdentity) {
    func hexadecimal(_ number: UInt32, digits: Int) -> String {
      let text = String(number, radix: 16, uppercase: true)
      return String(repeating: "0", count: max(0, digits - text.count)) + text
    }
    self.init(
      model: "\(hexadecimal(identity.oui, digits: 6)) model \(identity.model) version \(identity.version)",
      serial: hexadecimal(identity.serial, digits: 8),
      firmware: "\(identity.firmwareMajor).\(identity.firmwareMinor).\(identity.firmwareBuild)")
  }
}
