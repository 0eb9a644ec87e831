/// The control panel of one OSDP line, as a value: bytes, commands and time go in, effects come out.
///
/// One command is outstanding on the line at any time. The next turn goes to an urgent command of any device, then to
/// a device that has just told something (up to 8 times), then round: a queued command, or a poll.
public struct OSDPBus: Sendable {
  /// What is to be done, in the order given.
  public enum Effect: Hashable, Sendable {
    /// Send these bytes in one go; drop what was received and not yet told.
    case write([UInt8])
    /// Call ``OSDPBus/deadlinePassed(at:)`` then; replaces the earlier deadline, nil takes it away.
    case setDeadline(Duration?)
    /// Something happened at a device.
    case event(address: UInt8, OSDPEvent)
    /// A command is done; exactly once for each ``OSDPBus/send(_:to:urgent:expires:token:at:)``.
    case completed(token: UInt64, Result<OSDPReply, OSDPFault>)
  }

  /// The exchange on the wire now.
  private struct Turn {
    var index: Int
    var sent: Duration
    var deadline: Duration
    /// Until here a frame that is still arriving may push the deadline.
    var limit: Duration
  }

  private let configuration: Configuration
  private var peripherals: [OSDPPeripheral]
  private var random: OSDPRandom
  private var reader = OSDPFrameReader()
  private var isOpen = false
  private var turn: Turn?
  private var cursor = 0
  private var again: Int?
  private var lastByte: Duration = .zero
  private var quietUntil: Duration = .zero
  private var idleSince: Duration = .zero
  private var probesNotBefore: Duration = .zero
  /// Devices of other lines are not asked before.
  private var elsewhereNotBefore: Duration = .zero
  private var deadline: Duration?

  /// A bus whose line is not open yet.
  public init(configuration: Configuration, random: OSDPRandom = .system) {
    self.configuration = configuration
    self.random = random
    self.peripherals = configuration.devices.map {
      OSDPPeripheral(device: $0, configuration: configuration)
    }
    let own = Set(configuration.devices.map(\.address))
    self.peripherals += configuration.elsewhere.subtracting(own).sorted().map {
      OSDPPeripheral(elsewhere: $0, configuration: configuration)
    }
  }

  /// The line is there. Every device is asked anew, from sequence 0.
  public mutating func opened(at now: Duration) -> [Effect] {
    var effects: [Effect] = []
    self.close(at: now, effects: &effects)
    self.isOpen = true
    self.probesNotBefore = now
    self.quietUntil = now + self.silence
    self.idleSince = now
    for index in self.peripherals.indices { self.peripherals[index].opened(at: now) }
    self.advance(at: now, effects: &effects)
    return effects
  }

  /// The line is gone. Everything waiting is finished: ``OSDPFault/unanswered`` where it was sent, else
  /// ``OSDPFault/offline``.
  public mutating func closed(at now: Duration) -> [Effect] {
    var effects: [Effect] = []
    self.close(at: now, effects: &effects)
    self.setDeadline(nil, effects: &effects)
    return effects
  }

  /// Bytes came in, any piece of the stream.
  public mutating func received(_ bytes: [UInt8], at now: Duration) -> [Effect] {
    var effects: [Effect] = []
    guard self.isOpen, !bytes.isEmpty else { return effects }
    if self.turn == nil {
      let patience = self.idleSince + OSDPTiming.characterGap
      self.quietUntil = max(self.quietUntil, min(now + self.silence, patience))
    } else {
      if self.reader.pendingAddress != nil,
        now - self.lastByte > OSDPTiming.characterGap + self.configuration.adapterLatency
      {
        self.giveUpPending(at: now, effects: &effects)
      }
      if self.turn != nil {
        self.reader.append(bytes)
        self.takeFrames(at: now, effects: &effects)
      }
    }
    self.lastByte = now
    // While an answer is still awaited, nothing can begin and the deadline stands.
    if self.turn == nil { self.advance(at: now, effects: &effects) }
    return effects
  }

  /// The deadline last asked for has passed. Harmless when called early or twice.
  public mutating func deadlinePassed(at now: Duration) -> [Effect] {
    var effects: [Effect] = []
    guard self.isOpen else { return effects }
    self.deadline = nil
    if let turn, turn.deadline <= now {
      let arriving = self.reader.pendingAddress == self.peripherals[turn.index].address | 0x80
      let complete = min(self.lastByte + OSDPTiming.characterGap, turn.limit)
      if arriving && complete > now {
        self.turn?.deadline = complete
      } else {
        self.giveUpPending(at: now, effects: &effects)
        if self.turn != nil { self.endUnanswered(turn, at: now, effects: &effects) }
      }
    }
    self.advance(at: now, effects: &effects)
    return effects
  }

  /// Queues a command for a device.
  /// - Parameters:
  ///   - command: anything but the polls and handshakes that the bus sends by itself.
  ///   - address: of a configured device.
  ///   - urgent: it overtakes every command of all devices that is not.
  ///   - expires: uptime after which it must not be sent any more, not even again.
  ///   - token: comes back in ``Effect/completed(token:_:)``.
  ///   - now: uptime.
  public mutating func send(
    _ command: OSDPCommand, to address: UInt8, urgent: Bool = false, expires: Duration? = nil,
    token: UInt64, at now: Duration
  ) -> [Effect] {
    guard self.isOpen,
      let index = self.peripherals.firstIndex(where: { $0.address == address })
    else { return [.completed(token: token, .failure(.offline))] }
    var effects: [Effect] = []
    self.peripherals[index].submit(
      OSDPPeripheral.Pending(
        token: token, command: command, isUrgent: urgent, expires: expires),
      at: now, effects: &effects)
    self.advance(at: now, effects: &effects)
    return effects
  }

  private var silence: Duration { self.configuration.wireTime(bytes: 2) }

  private mutating func close(at now: Duration, effects: inout [Effect]) {
    self.isOpen = false
    self.turn = nil
    self.again = nil
    self.reader.removeAll()
    for index in self.peripherals.indices {
      self.peripherals[index].closed(at: now, effects: &effects)
    }
  }

  private mutating func takeFrames(at now: Duration, effects: inout [Effect]) {
    while let turn, let frame = self.reader.next() {
      guard self.peripherals[turn.index].received(frame, at: now, effects: &effects) else {
        continue
      }
      self.turn = nil
      self.again = self.peripherals[turn.index].wantsAgain ? turn.index : nil
      self.quietUntil = now + self.silence
      self.idleSince = now
    }
  }

  /// The frame still arriving will not be finished; a good one may be hidden in it.
  private mutating func giveUpPending(at now: Duration, effects: inout [Effect]) {
    while self.turn != nil, self.reader.pendingAddress != nil {
      self.reader.abandonPending()
      self.takeFrames(at: now, effects: &effects)
    }
    if self.turn != nil { self.reader.removeAll() }
  }

  private mutating func endUnanswered(_ turn: Turn, at now: Duration, effects: inout [Effect]) {
    if self.peripherals[turn.index].isProbed, self.peripherals.contains(where: \.isOnline) {
      // Devices that do not answer take a fifth of the line, all together.
      self.probesNotBefore = now + (now - turn.sent) * 4
    }
    // Looking for devices of other lines takes a fifth of the line at most.
    if self.peripherals[turn.index].isElsewhere { self.elsewhereNotBefore = now + (now - turn.sent) * 4 }
    self.turn = nil
    self.idleSince = now
    self.peripherals[turn.index].unanswered(at: now, effects: &effects)
  }

  /// Starts the next exchange if the line is free, and sets the deadline.
  private mutating func advance(at now: Duration, effects: inout [Effect]) {
    for index in self.peripherals.indices {
      self.peripherals[index].timePassed(
        at: now, isOnLine: self.turn?.index == index, effects: &effects)
    }
    while self.turn == nil, now >= self.quietUntil, let index = self.nextIndex(at: now) {
      guard
        let bytes = self.peripherals[index].transmit(
          at: now, random: &self.random, effects: &effects)
      else { continue }
      self.again = nil
      self.cursor = (index + 1) % self.peripherals.count
      self.reader.removeAll()
      let left = now + self.configuration.wireTime(bytes: bytes.count)
      let begin = left + OSDPTiming.replyDelay + self.configuration.adapterLatency
      let expected = self.peripherals[index].isProbed ? 21 : OSDPTiming.usualReply
      self.turn = Turn(
        index: index, sent: now,
        deadline: begin + self.configuration.wireTime(bytes: expected),
        limit: begin + self.configuration.wireTime(bytes: OSDPFrame.lengths.upperBound))
      effects.append(.write(bytes))
    }
    self.setDeadline(self.nextDeadline(), effects: &effects)
  }

  /// Whose turn it is.
  private func nextIndex(at now: Duration) -> Int? {
    let count = self.peripherals.count
    var first: Int?
    for offset in 0..<count {
      let index = (self.cursor + offset) % count
      guard self.readiness(of: index) <= now else { continue }
      if self.peripherals[index].hasUrgent { return index }
      if first == nil || index == self.again { first = index }
    }
    return first
  }

  private func readiness(of index: Int) -> Duration {
    let readiness = self.peripherals[index].readiness
    if self.peripherals[index].isElsewhere {
      let isNobodyHere = self.peripherals.allSatisfy { $0.isElsewhere || $0.failedProbes > 0 || $0.isSwapped }
      return isNobodyHere ? max(readiness, self.elsewhereNotBefore) : .seconds(Int64.max / 4)
    }
    return self.peripherals[index].failedProbes > 0
      ? max(readiness, self.probesNotBefore) : readiness
  }

  private func nextDeadline() -> Duration? {
    var next = self.turn?.deadline
    for index in self.peripherals.indices {
      if self.turn == nil {
        let ready = max(self.readiness(of: index), self.quietUntil)
        next = min(next ?? ready, ready)
      }
      if let wake = self.peripherals[index].wake(isOnLine: self.turn?.index == index) { next = min(next ?? wake, wake) }
    }
    return next
  }

  private mutating func setDeadline(_ deadline: Duration?, effects: inout [Effect]) {
    guard deadline != self.deadline else { return }
    self.deadline = deadline
    effects.append(.setDeadline(deadline))
  }
}
