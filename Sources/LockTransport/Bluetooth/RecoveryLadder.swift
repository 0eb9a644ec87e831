import LockCore

/// What is done about an adapter that has fallen silent, from mild to harsh, and when each was done last. Kept by
/// address: pulling the adapter out changes nothing.
struct RecoveryLadder: Hashable, Sendable {
  /// A remedy.
  enum Rung: Int, Hashable, Sendable, CaseIterable {
    /// Stop listening and start again.
    case scan
    /// Switch the adapter off and on; cuts its links.
    case power
    /// Block it by rfkill and unblock it; cuts its links.
    case reset
  }

  /// How long to wait once all remedies were tried; doubles each time that they were of no use.
  static let interval = Duration.seconds(600)
  static let longestInterval = Duration.hours(6)
  /// An adapter that was not suspected for so long works.
  static let calm = Duration.seconds(900)
  /// An adapter that has heard somebody before and hears nobody for so long is suspected.
  static let silence = Duration.seconds(60)
  /// The same where all that it has heard lately was one peer: most likely it is that which is silent.
  static let silenceOfOne = Duration.seconds(300)
  /// What is lately.
  private static let lately = Duration.hours(1)

  private struct Climb: Hashable, Sendable {
    var used: [Rung: Duration] = [:]
    /// How often all remedies were of no use.
    var rounds = 0
    /// When the adapter was suspected last.
    var suspected: Duration
  }

  private struct Voices: Hashable, Sendable {
    var last: BluetoothAddress
    var lastAt: Duration
    /// When somebody else than the one before was heard last.
    var changedAt: Duration?
  }

  private var climbs: [BluetoothAddress: Climb] = [:]
  private var voices: [BluetoothAddress: Voices] = [:]

  /// Somebody was heard: there is something to hear.
  mutating func heard(_ peer: BluetoothAddress, on adapter: BluetoothAddress, at now: Duration) {
    let before = self.voices[adapter]
    let changedAt = before.map { $0.last == peer ? $0.changedAt : now } ?? nil
    self.voices[adapter] = Voices(last: peer, lastAt: now, changedAt: changedAt)
  }

  /// How long an adapter may hear nobody before it is suspected; nil when it has never heard anybody.
  func patience(with adapter: BluetoothAddress) -> Duration? {
    guard let voices = self.voices[adapter] else { return nil }
    let isOne = voices.changedAt.map { voices.lastAt - $0 > Self.lately } ?? true
    return isOne ? Self.silenceOfOne : Self.silence
  }

  /// An adapter does not seem to work.
  /// - Returns: true when it did until now.
  mutating func suspected(_ adapter: BluetoothAddress, at now: Duration) -> Bool {
    if let climb = self.climbs[adapter], now - climb.suspected <= Self.calm {
      self.climbs[adapter]?.suspected = now
      return false
    }
    self.climbs[adapter] = Climb(suspected: now)
    return true
  }

  /// Takes the mildest remedy that was not tried yet, not milder than `first` and not harsher than `last`. Once all of
  /// these were tried they come again, after a while.
  /// - Returns: nil when it is too early for any.
  mutating func climb(
    _ adapter: BluetoothAddress, from first: Rung, to last: Rung, at now: Duration
  ) -> Rung? {
    var climb = self.climbs[adapter] ?? Climb(suspected: now)
    let rungs = Rung.allCases.filter { first.rawValue <= $0.rawValue && $0.rawValue <= last.rawValue }
    if let latest = rungs.compactMap({ climb.used[$0] }).max(), rungs.allSatisfy({ climb.used[$0] != nil }) {
      let gap = min(Self.interval * (1 << min(climb.rounds, 8)), Self.longestInterval)
      if now - latest < gap { return nil }
      for rung in rungs { climb.used[rung] = nil }
      if last == .reset { climb.rounds += 1 }
    }
    let rung = rungs.first { climb.used[$0] == nil }
    if let rung { climb.used[rung] = now }
    self.climbs[adapter] = climb
    return rung
  }
}

extension Radio {
  /// So many peers that are there may fail to answer, one after the other, before the adapter is suspected.
  private static let mostFailedConnects = 3

  /// Does the next remedy to an adapter that is suspected.
  mutating func climb(
    _ index: UInt16, from first: RecoveryLadder.Rung, because reason: String? = nil, at now: Duration
  ) {
    guard let adapter = self.adapters[index] else { return }
    let subject = RadioNotes.Subject.adapter(Self.name(adapter))
    if let address = adapter.address, self.ladder.suspected(address, at: now) { self.notes.changed(subject) }
    if let reason { self.noteOnce(reason, of: subject) }
    guard let address = adapter.address else { return }
    // Links that live are proof that most of it is well.
    let holdsLinks = self.held.values.contains { $0.adapter == address }
    let last: RecoveryLadder.Rung =
      holdsLinks && first == .scan && adapter.silentCommands == 0 ? .scan : .reset
    self.adapters[index]?.quietSince = now
    self.adapters[index]?.failedConnects = 0
    guard let rung = self.ladder.climb(address, from: first, to: last, at: now) else { return }
    switch rung {
    case .scan:
      self.noteOnce("the Bluetooth adapter \(address) hears nobody: listening anew", of: subject)
      if adapter.outstanding == nil, adapter.attempt == nil { self.restartScan(index, at: now) }
    case .power:
      self.noteOnce("the Bluetooth adapter \(address) does not do its work: switching it off and on", of: subject)
      self.requeue(on: index, failing: false, at: now)
      self.adapters[index]?.isToBeCycled = true
      self.adapters[index]?.restsUntil = now
    case .reset:
      self.noteOnce("the Bluetooth adapter \(address) does not do its work: resetting it by rfkill", of: subject)
      self.requeue(on: index, failing: false, at: now)
      self.adapters[index]?.outstanding = nil
      self.adapters[index]?.isToBeCycled = false
      let setup = self.setup(of: adapter)
      self.adapters[index]?.setup = setup
      self.effects.append(.reset(index))
    }
  }

  private mutating func restartScan(_ index: UInt16, at now: Duration) {
    // It is not on when it should be, or it is and hears nothing: either way it starts from off.
    self.adapters[index]?.isDiscovering = false
    self.adapters[index]?.isOurs = false
    self.adapters[index]?.outstanding = .init(command: .stopDiscovery, until: now + Self.commandPatience)
    self.effects.append(.send(.stopDiscovery, to: index))
  }

  /// A peer that is there did not answer.
  mutating func heardPeerFailed(on index: UInt16, at now: Duration) {
    self.adapters[index]?.failedConnects += 1
    if let adapter = self.adapters[index], adapter.failedConnects >= Self.mostFailedConnects {
      self.climb(index, from: .scan, at: now)
    }
  }

  /// When to look at an adapter again.
  func timers(of adapter: RadioAdapter) -> [Duration] {
    var times = [adapter.restsUntil, adapter.scanRestsUntil, adapter.listensUntil]
    if let outstanding = adapter.outstanding { times.append(outstanding.until) }
    switch adapter.attempt?.stage {
    case .connecting(let until), .securing(let until, _): times.append(until)
    case .waiting: if let wish = adapter.attempt?.wish { times.append(self.limit(of: wish)) }
    case nil: break
    }
    if let silent = self.silent(adapter) { times.append(silent) }
    return times
  }

  /// When an adapter is suspected if it goes on hearing nobody.
  private func silent(_ adapter: RadioAdapter) -> Duration? {
    guard let address = adapter.address, adapter.isReady else { return nil }
    return self.ladder.patience(with: address).map { adapter.quietSince + $0 }
  }

  /// Looks at what takes too long.
  mutating func checkTimers(of index: UInt16, at now: Duration) {
    guard let adapter = self.adapters[index] else { return }
    if let outstanding = adapter.outstanding, outstanding.until <= now {
      self.adapters[index]?.outstanding = nil
      self.adapters[index]?.silentCommands += 1
      self.adapters[index]?.restsUntil = now + .seconds(5)
      // Whether or not a remedy is due: another adapter may be well.
      self.requeue(on: index, failing: false, at: now)
      var rung = RecoveryLadder.Rung.power
      if case .setPowered = outstanding.command { rung = .reset }
      let reason = "the Bluetooth adapter \(Self.name(adapter)) does not answer command \(outstanding.command.opcode)"
      self.climb(index, from: rung, because: adapter.silentCommands == 0 ? reason : nil, at: now)
      return
    }
    if let silent = self.silent(adapter), silent <= now { self.climb(index, from: .scan, at: now) }
    switch adapter.attempt?.stage {
    case .connecting(let until) where until <= now: self.peerIsAbsent(on: index, at: now)
    case .securing(let until, let isPairing) where until <= now:
      self.encryptionTimedOut(on: index, isPairing: isPairing, at: now)
    default: break
    }
  }
}
