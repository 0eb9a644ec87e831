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

  /// Each remedy is tried at most once in this time.
  static let interval = Duration.seconds(600)
  /// An adapter that has heard somebody before and hears nobody for so long is suspected.
  static let silence = Duration.seconds(60)

  private var used: [BluetoothAddress: [Rung: Duration]] = [:]
  private var hearing: Set<BluetoothAddress> = []

  /// Somebody was heard: there is something to hear.
  mutating func heard(on adapter: BluetoothAddress) { self.hearing.insert(adapter) }

  /// True when the adapter has ever heard somebody.
  func hasHeard(_ adapter: BluetoothAddress) -> Bool { self.hearing.contains(adapter) }

  /// Takes the mildest remedy that is due, not milder than `first` and not harsher than `last`.
  mutating func climb(
    _ adapter: BluetoothAddress, from first: Rung, to last: Rung, at now: Duration
  ) -> Rung? {
    let rung = Rung.allCases.first { rung in
      guard rung.rawValue >= first.rawValue, rung.rawValue <= last.rawValue else { return false }
      return self.used[adapter]?[rung].map { now - $0 >= Self.interval } ?? true
    }
    if let rung { self.used[adapter, default: [:]][rung] = now }
    return rung
  }
}

extension Radio {
  /// So many peers that are there may fail to answer, one after the other, before the adapter is suspected.
  private static let mostFailedConnects = 3

  /// Does the next remedy to an adapter that is suspected.
  mutating func climb(_ index: UInt16, from first: RecoveryLadder.Rung, at now: Duration) {
    guard let adapter = self.adapters[index], let address = adapter.address else { return }
    // Links that live are proof that most of it is well.
    let holdsLinks = self.held.values.contains { $0.adapter == address }
    let last: RecoveryLadder.Rung =
      holdsLinks && first == .scan && adapter.silentCommands == 0 ? .scan : .reset
    self.adapters[index]?.quietSince = now
    self.adapters[index]?.failedConnects = 0
    guard let rung = self.ladder.climb(address, from: first, to: last, at: now) else { return }
    switch rung {
    case .scan:
      self.effects.append(.note("the Bluetooth adapter \(address) hears nobody: listening anew"))
      if adapter.outstanding == nil, adapter.attempt == nil { self.restartScan(index, at: now) }
    case .power:
      self.effects.append(.note("the Bluetooth adapter \(address) does not do its work: switching it off and on"))
      self.requeue(on: index, failing: false, at: now)
      self.adapters[index]?.isToBeCycled = true
      self.adapters[index]?.restsUntil = now
    case .reset:
      self.effects.append(.note("the Bluetooth adapter \(address) does not do its work: resetting it by rfkill"))
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
    if self.isSuspicious(adapter) { times.append(adapter.quietSince + RecoveryLadder.silence) }
    return times
  }

  private func isSuspicious(_ adapter: RadioAdapter) -> Bool {
    guard let address = adapter.address, adapter.isReady else { return false }
    return self.ladder.hasHeard(address)
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
      if adapter.silentCommands == 0 {
        self.effects.append(
          .note("the Bluetooth adapter \(Self.name(adapter)) does not answer command \(outstanding.command.opcode)"))
      }
      if case .setPowered = outstanding.command {
        self.climb(index, from: .reset, at: now)
      } else {
        self.climb(index, from: .power, at: now)
      }
      return
    }
    if self.isSuspicious(adapter), adapter.quietSince + RecoveryLadder.silence <= now {
      self.climb(index, from: .scan, at: now)
    }
    switch adapter.attempt?.stage {
    case .connecting(let until) where until <= now: self.peerIsAbsent(on: index, at: now)
    case .securing(let until, let isPairing) where until <= now:
      self.encryptionTimedOut(on: index, isPairing: isPairing, at: now)
    default: break
    }
  }
}
