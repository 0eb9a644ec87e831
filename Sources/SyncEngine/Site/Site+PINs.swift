internal import LockCore

/// Which PINs are drawn, with care for the whole site.
extension Site {
  /// A PIN that is in use no more is not drawn again within this time: who had it may come back.
  static let pinRest = Duration.hours(24 * 30)

  /// Draws a PIN that some locks take and that is free on all of them.
  ///
  /// Nobody opens another's door by mistyping one digit: it differs in two digits or more from every PIN that is in
  /// use on the site. Where the space is too small for that, it differs from them at all; then it is free on these
  /// locks. A PIN that was in use in the last 30 days is not drawn.
  ///
  /// - Parameter doors: as they are now, which may be newer than what the site holds of them.
  /// - Throws: ``RequestFault/invalid(_:)`` when the locks have no length in common, or no PIN is left.
  func draw(for doors: [Door], preferredLength: Int?, at now: Timestamp) throws(RequestFault) -> PINCode {
    guard let policy = PINPolicy.common(of: doors.map(\.ledger.capabilities.pins)) else {
      throw .invalid("The locks have no length of PINs in common. Give them codes of their own.")
    }
    var random = SystemRandomNumberGenerator()
    let inUse = self.pinsInUse(with: doors)
    let taken = doors.reduce(into: Set<PINCode>()) { $0.formUnion(Self.takenPINs(on: $1, at: now)) }
    func isResting(_ pin: PINCode) -> Bool {
      // A clock that was set back must not make PINs rest for years.
      self.retiredPINs[pin].map { now - $0 < Self.pinRest && $0 - now < Self.pinRest } ?? false
    }
    // Each rule asks for less than the one before; only the last one looks through long PINs.
    let rules: [(longestSearch: Int, isTaken: (PINCode) -> Bool)] = [
      (4, { pin in inUse.contains(pin) || pin.neighbours.contains(where: inUse.contains) }),
      (4, inUse.contains),
      (6, taken.contains),
    ]
    for (longestSearch, isTaken) in rules {
      let pin = policy.draw(preferredLength: preferredLength, longestSearch: longestSearch, using: &random) {
        isResting($0) || isTaken($0)
      }
      if let pin { return pin }
    }
    throw .invalid(
      "Every PIN of this length is in use or was in the last 30 days. Ask for a longer one with preferred_code_length, delete codes that are no longer needed, or choose a PIN yourself."
    )
  }

  /// The PINs of all codes of the site, those of others included.
  private func pinsInUse(with doors: [Door]) -> Set<PINCode> {
    let given = Set(doors.map(\.id))
    var pins: Set<PINCode> = []
    for door in doors + self.doors.values.filter({ !given.contains($0.id) }) {
      for code in door.ledger.codes.values { pins.insert(code.terms.pin) }
      if let book = door.offline { pins.formUnion(book.codes.values.map(\.terms.pin)) }
      for stranger in door.ledger.strangers.values { if let pin = stranger.pin { pins.insert(pin) } }
    }
    return pins
  }

  /// The PINs that cannot be given to a new code of the lock.
  static func takenPINs(on door: Door, at now: Timestamp) -> Set<PINCode> {
    var taken = Set(door.ledger.strangers.values.compactMap(\.pin))
    if let book = door.offline { taken.formUnion(book.codes.values.map(\.terms.pin)) }
    for code in door.ledger.codes.values where code.isDeleting || Self.blocks(code, on: door, at: now) {
      taken.insert(code.terms.pin)
    }
    return taken
  }

  /// True while a code keeps its PIN from being used again on the lock: until it is deleted, or over and gone.
  static func blocks(_ code: CodeRecord, on door: Door, at now: Timestamp) -> Bool {
    if code.isDeleting { return false }
    guard let window = code.terms.window, now >= window.end else { return true }
    return door.ledger.slot(of: code.id) != nil
  }

  /// The PINs of a lock's codes that are in use there no more.
  static func retiredPINs(_ before: Door, _ after: Door) -> Set<PINCode> {
    guard before.ledger.codes != after.ledger.codes else { return [] }
    return Set(before.ledger.codes.values.map(\.terms.pin)).subtracting(after.ledger.codes.values.map(\.terms.pin))
  }
}
