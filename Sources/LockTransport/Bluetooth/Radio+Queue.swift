import LockCore

#if canImport(Glibc)
  import Glibc
#else
  import Musl
#endif

extension Radio {
  /// A connection that failed at once is tried so often in all.
  private static let mostTries = 3
  /// How long an adapter listens at first, and after an absent peer has held it up, before it looks for peers that it
  /// has not heard.
  static let listening = Duration.seconds(2)

  /// The adapter that makes this try.
  func index(of id: RadioAttemptID) -> UInt16? {
    self.adapters.first { $0.value.attempt?.id == id }?.key
  }

  /// When a wish that waits is over.
  func limit(of wish: RadioWish) -> Duration {
    let limit = max(wish.before, wish.since + Self.queuePatience)
    guard let since = self.unusableSince else { return limit }
    return min(limit, max(wish.since, since) + Self.absencePatience)
  }

  /// Tells those off who have waited too long. An adapter that can do nothing keeps none from the others.
  mutating func refuseOverdue(at now: Duration) {
    for index in self.adapters.keys.sorted() {
      guard let adapter = self.adapters[index], let attempt = adapter.attempt, attempt.stage == .waiting,
        !adapter.isReady || self.limit(of: attempt.wish) <= now
      else { continue }
      self.requeue(on: index, failing: false, at: now)
    }
    let overdue = self.waiting.filter { self.limit(of: $0) <= now }
    for wish in overdue { self.refuse(wish, self.isUsable ? .busy : .noRadio) }
    self.waiting.removeAll { overdue.contains($0) }
  }

  mutating func refuse(_ wish: RadioWish, _ refusal: LinkRefusal) {
    self.effects.append(.refuse(wish.id, refusal))
  }

  // MARK: who is next

  /// Gives each adapter that is free the most urgent wish that it can do something about.
  mutating func assignWishes(at now: Duration) {
    for wish in self.inOrder(at: now) {
      if self.mayNotBond(wish, at: now) {
        self.waiting.removeAll { $0.id == wish.id }
        continue
      }
      guard wish.restsUntil <= now, !self.isTaken(wish.peer),
        let index = self.adapter(for: wish, at: now)
      else { continue }
      self.waiting.removeAll { $0.id == wish.id }
      var wish = wish
      wish.attempts += 1
      self.adapters[index]?.attempt = .init(wish: wish)
    }
  }

  /// The earliest deadline first; those of the same second, and all that are overdue, are equal, and of equals the one
  /// goes first that is known to be there.
  private func inOrder(at now: Duration) -> [RadioWish] {
    let there = Set(self.waiting.map(\.peer).filter { peer in self.isThere(peer, at: now) })
    func key(_ wish: RadioWish) -> (Int64, Int, Duration, RadioWishID) {
      (
        max(wish.before, now).components.seconds, there.contains(wish.peer) ? 0 : 1, wish.before, wish.id
      )
    }
    return self.waiting.sorted { key($0) < key($1) }
  }

  private func isThere(_ peer: BluetoothAddress, at now: Duration) -> Bool {
    self.adapters.values.contains { $0.strength(of: peer, at: now) != nil }
  }

  /// Two links to one peer are not possible.
  private func isTaken(_ peer: BluetoothAddress) -> Bool {
    self.held.values.contains { $0.peer == peer }
      || self.adapters.values.contains { $0.attempt?.wish.peer == peer }
  }

  private func linkCount(of adapter: RadioAdapter) -> Int {
    self.held.values.count { $0.adapter == adapter.address }
  }

  /// The free adapter that hears the peer best, or has its bond. One that has not heard it leaves it to another that
  /// has and is only busy.
  private func adapter(for wish: RadioWish, at now: Duration) -> UInt16? {
    var usable = self.adapters.values.filter { self.isWanted($0) && $0.isReady }
    if wish.needsBond {
      let bonded = usable.filter { adapter in self.bond(of: adapter, with: wish.peer) != nil }
      if !bonded.isEmpty { usable = bonded }
    }
    let isHeard = usable.contains { $0.strength(of: wish.peer, at: now) != nil }
    let free = usable.filter { adapter in
      guard adapter.attempt == nil, self.linkCount(of: adapter) < self.configuration.maximumLinks else {
        return false
      }
      if adapter.strength(of: wish.peer, at: now) != nil { return true }
      return !isHeard && adapter.listensUntil <= now
    }
    return free.max { first, second in
      let strengths = (
        first.strength(of: wish.peer, at: now) ?? -129, second.strength(of: wish.peer, at: now) ?? -129
      )
      if strengths.0 != strengths.1 { return strengths.0 < strengths.1 }
      let links = (self.linkCount(of: first), self.linkCount(of: second))
      return links.0 != links.1 ? links.0 > links.1 : first.index > second.index
    }?.index
  }

  // MARK: one connection

  /// Nothing is in the way any more: connects.
  mutating func connect(on index: UInt16, at now: Duration) {
    guard let adapter = self.adapters[index], let address = adapter.address,
      let attempt = adapter.attempt
    else { return }
    var patience = self.configuration.connectPatience
    // One that is most likely not there must not hold the others up.
    if !self.waiting.isEmpty, adapter.strength(of: attempt.wish.peer, at: now) == nil {
      patience = patience / 2
    }
    self.adapters[index]?.attempt?.stage = .connecting(until: now + patience)
    self.effects.append(.connect(attempt.id, to: attempt.wish.peer, through: address))
  }

  /// The peer answered.
  mutating func connected(on index: UInt16, at now: Duration) {
    guard let adapter = self.adapters[index], let attempt = adapter.attempt else { return }
    self.adapters[index]?.failedConnects = 0
    self.adapters[index]?.quietSince = now
    if attempt.wish.needsBond { return self.encrypt(attempt, on: index, at: now) }
    self.give(attempt, on: index, pairsUntil: nil)
  }

  mutating func give(_ attempt: RadioAdapter.Attempt, on index: UInt16, pairsUntil: Duration?) {
    guard let address = self.adapters[index]?.address else { return }
    self.adapters[index]?.attempt = nil
    self.held[attempt.id] = Held(peer: attempt.wish.peer, adapter: address, pairsUntil: pairsUntil)
    self.notes.changed(.peer(attempt.wish.peer))
    self.effects.append(.give(attempt.id))
  }

  /// Nobody answered in time.
  mutating func peerIsAbsent(on index: UInt16, at now: Duration) {
    guard let adapter = self.adapters[index], let attempt = adapter.attempt else { return }
    let wish = attempt.wish
    self.adapters[index]?.attempt = nil
    self.adapters[index]?.listensUntil = now + Self.listening
    self.effects.append(.close(attempt.id))
    self.refuse(wish, .absent)
    if adapter.strength(of: wish.peer, at: now) != nil { self.heardPeerFailed(on: index, at: now) }
  }

  /// Lets go of the connection that is being made.
  mutating func endAttempt(on index: UInt16, at now: Duration) {
    guard let attempt = self.adapters[index]?.attempt else { return }
    self.adapters[index]?.attempt = nil
    if attempt.stage != .waiting { self.effects.append(.close(attempt.id)) }
  }

  /// The wish goes back to those that wait.
  mutating func requeue(on index: UInt16, failing: Bool, at now: Duration) {
    guard var wish = self.adapters[index]?.attempt?.wish else { return }
    self.endAttempt(on: index, at: now)
    if failing {
      wish.failures += 1
      wish.restsUntil = now + .milliseconds(300)
    }
    self.waiting.append(wish)
  }

  /// The kernel gave the connection up.
  mutating func failed(on index: UInt16, errno: Int32, at now: Duration) {
    guard let adapter = self.adapters[index], let attempt = adapter.attempt else { return }
    if case .securing(_, let isPairing) = attempt.stage, self.isOfSecurity(errno) {
      self.encryptionFailed(on: index, isPairing: isPairing, at: now)
      return
    }
    let wish = attempt.wish
    // Its socket is closed.
    self.adapters[index]?.attempt?.stage = .waiting
    switch errno {
    case EBUSY:
      self.adapters[index]?.attempt = nil
      self.noteOnce(
        "another program has a link to \(wish.peer): end it there (bluetoothctl disconnect \(wish.peer))",
        of: .peer(wish.peer))
      self.refuse(wish, .busy)
    case EHOSTUNREACH, EHOSTDOWN, ENETDOWN, ENODEV, ECONNABORTED, EADDRNOTAVAIL:
      // The adapter was switched off or pulled out; if so that is told in a moment.
      self.requeue(on: index, failing: true, at: now)
      self.adapters[index]?.restsUntil = now + .seconds(1)
      if adapter.outstanding == nil { self.adapters[index]?.controller?.current.remove(.powered) }
    case _ where wish.failures + 1 < Self.mostTries:
      self.requeue(on: index, failing: true, at: now)
    default:
      self.adapters[index]?.attempt = nil
      self.adapters[index]?.listensUntil = now + Self.listening
      self.refuse(wish, .absent)
      if adapter.strength(of: wish.peer, at: now) != nil { self.heardPeerFailed(on: index, at: now) }
    }
  }
}
