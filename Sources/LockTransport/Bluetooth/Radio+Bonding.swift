import LockCore

#if canImport(Glibc)
  import Glibc
#else
  import Musl
#endif

extension Radio {
  /// After a bond was lost a new one is tried once in this time.
  private static let bondingInterval = Duration.seconds(600)

  func bond(of adapter: RadioAdapter, with peer: BluetoothAddress) -> BluetoothBond? {
    self.bonds.first { $0.adapter == adapter.address && $0.peer == peer }
  }

  /// Refuses wishes that need a bond where none can be made or used.
  mutating func mayNotBond(_ wish: RadioWish, at now: Duration) -> Bool {
    guard wish.needsBond else { return false }
    if self.bluetoothd != nil {
      self.noteOnce(
        "\(wish.peer) needs a bond, which is not possible beside bluetoothd: run 'systemctl disable --now bluetooth'",
        of: .peer(wish.peer))
      self.refuse(wish, .noRadio)
      return true
    }
    guard case .some(.some(let tried)) = self.lostBonds[wish.peer], now - tried < Self.bondingInterval,
      !self.bonds.contains(where: { $0.peer == wish.peer })
    else { return false }
    self.refuse(wish, .bondRefused)
    return true
  }

  /// Encrypts a link that was just made, after a pairing where there is no bond.
  mutating func encrypt(_ attempt: RadioAdapter.Attempt, on index: UInt16, at now: Duration) {
    guard let adapter = self.adapters[index] else { return }
    let wish = attempt.wish
    let isPairing = self.bond(of: adapter, with: wish.peer) == nil
    if isPairing, self.lostBonds.keys.contains(wish.peer) { self.lostBonds[wish.peer] = .some(now) }
    let patience = isPairing ? Self.pairingPatience : Self.encryptionPatience
    self.adapters[index]?.attempt?.stage = .securing(until: now + patience, isPairing: isPairing)
    self.effects.append(.secure(attempt.id))
  }

  /// The link is encrypted.
  mutating func secured(on index: UInt16, at now: Duration) {
    guard let attempt = self.adapters[index]?.attempt, case .securing(_, let isPairing) = attempt.stage
    else { return }
    if !isPairing { self.lostBonds[attempt.wish.peer] = nil }
    // The kernel may tell the keys after the link is encrypted.
    self.give(attempt, on: index, pairsUntil: isPairing ? now + Self.encryptionPatience : nil)
  }

  /// True for errors that say no to an encryption, not that the link is gone.
  func isOfSecurity(_ errno: Int32) -> Bool {
    switch errno {
    case ECANCELED, ECONNRESET, ETIMEDOUT, ECONNABORTED, ENOTCONN, EHOSTUNREACH, EHOSTDOWN, ENETDOWN, ENODEV: false
    default: true
    }
  }

  /// The peer said no.
  mutating func encryptionFailed(on index: UInt16, isPairing: Bool, at now: Duration) {
    guard let adapter = self.adapters[index], let attempt = adapter.attempt else { return }
    let wish = attempt.wish
    self.adapters[index]?.attempt = nil
    self.effects.append(.close(attempt.id))
    if isPairing {
      self.noteOnce(
        "\(wish.peer) refused to pair: put it into its pairing mode and try again", of: .peer(wish.peer))
    } else {
      self.loseBond(with: wish.peer, on: index)
    }
    // A bond that was lost says nothing of a new one.
    self.refuse(wish, isPairing ? .bondRefused : .absent)
  }

  private mutating func loseBond(with peer: BluetoothAddress, on index: UInt16) {
    guard let address = self.adapters[index]?.address else { return }
    self.bonds.removeAll { $0.adapter == address && $0.peer == peer }
    self.lostBonds[peer] = .some(nil)
    self.effects.append(.forget(adapter: address, peer: peer))
    self.effects.append(
      .note(
        "\(peer) does not know its bond with this box any more: a new one is tried once; if that fails, pair it again"))
    self.reloadKeys(on: index)
  }

  /// Neither yes nor no came.
  mutating func encryptionTimedOut(on index: UInt16, isPairing: Bool, at now: Duration) {
    guard let attempt = self.adapters[index]?.attempt else { return }
    let wish = attempt.wish
    self.adapters[index]?.attempt = nil
    self.effects.append(.close(attempt.id))
    self.noteOnce(
      "\(wish.peer) did not finish \(isPairing ? "its pairing" : "encrypting its link") in time",
      of: .peer(wish.peer))
    self.refuse(wish, .absent)
  }

  /// The kernel tells of a pairing.
  mutating func paired(_ event: ManagementEvent, on index: UInt16, at now: Duration) {
    switch event {
    case .confirmationRequested(let peer, let isJustWorks):
      // Beside bluetoothd its agent answers.
      if self.bluetoothd != nil { return }
      let isMeant = isJustWorks && self.isPairing(with: peer, on: index, at: now)
      // An answer waits for no other command: the peer's patience is short.
      self.effects.append(.send(isMeant ? .confirm(peer) : .refuse(peer), to: index))
      if !isMeant { self.noteOnce("\(peer) wants to pair and was refused: nobody asked for it", of: .peer(peer)) }
    case .authenticationFailed(let peer, _):
      guard let attempt = self.adapters[index]?.attempt, attempt.wish.peer == peer,
        case .securing(_, let isPairing) = attempt.stage
      else { return }
      // After a failed pairing the socket says nothing more while the link lives.
      self.encryptionFailed(on: index, isPairing: isPairing, at: now)
    case .newLongTermKey(let peer, let key, let isLasting):
      self.keep(peer, on: index, isLasting: isLasting, at: now) { $0.take(key) }
    case .newIdentityKey(let peer, let key, let isLasting):
      self.keep(peer, on: index, isLasting: isLasting, at: now) { $0.identityKey = key }
    default: break
    }
  }

  private func isPairing(with peer: BluetoothAddress, on index: UInt16, at now: Duration) -> Bool {
    guard let adapter = self.adapters[index] else { return false }
    if let attempt = adapter.attempt, attempt.wish.peer == peer, case .securing(_, true) = attempt.stage {
      return true
    }
    return self.held.values.contains { link in
      link.peer == peer && link.adapter == adapter.address && link.pairsUntil.map { now < $0 } ?? false
    }
  }

  private mutating func keep(
    _ peer: BluetoothAddress, on index: UInt16, isLasting: Bool, at now: Duration,
    change: (inout BluetoothBond) -> Void
  ) {
    guard let address = self.adapters[index]?.address, self.isPairing(with: peer, on: index, at: now)
    else { return }
    if !isLasting {
      self.noteOnce("\(peer) changes its address: its bond lasts only until the next one", of: .peer(peer))
      return
    }
    let place = self.bonds.firstIndex { $0.adapter == address && $0.peer == peer }
    var bond = place.map { self.bonds[$0] } ?? BluetoothBond(adapter: address, peer: peer, keys: [])
    change(&bond)
    if let place { self.bonds[place] = bond } else { self.bonds.append(bond) }
    self.effects.append(.keep(bond))
  }
}
