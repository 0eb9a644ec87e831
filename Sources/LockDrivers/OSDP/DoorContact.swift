/// Watches the contact and the exit button of one door: was it forced, is it held open?
struct DoorContact: Sendable {
  /// What the inputs tell.
  enum Change: Hashable, Sendable {
    /// The door stands open or closed now. `byExit` when it opened after the exit button, without a grant.
    case moved(isOpen: Bool, byExit: Bool)
    /// The exit button was pressed.
    case exitPressed
    /// The alarm of a forced door begins or ends.
    case forced(Bool)
    /// The alarm of a door held open begins or ends.
    case held(Bool)
    /// A door held open should be closed: time to say so again.
    case heldReminder
  }

  /// True when the door stands open, as last told; nil before the first status.
  private(set) var isOpen: Bool?
  /// When ``deadlinePassed(at:)`` is due, in uptime.
  private(set) var deadline: Duration?

  private static let grace = Duration.seconds(5)
  private static let reminderInterval = Duration.seconds(60)

  private let contact: DoorConfiguration.Contact?
  private let exitButton: DoorConfiguration.ExitButton?
  /// The next status is the state after an absence, not a change.
  private var (contactIsStale, exitIsStale) = (true, true)
  private var isPressed = false
  private var (isForced, isHeld) = (false, false)
  private var grantedUntil: Duration?
  private var exitUntil: Duration?

  init(_ configuration: DoorConfiguration) {
    self.contact = configuration.contact
    self.exitButton = configuration.exitButton
  }

  /// The strike is free until `end`: an opening until shortly after is not forced.
  mutating func granted(until end: Duration) {
    self.grantedUntil = max(self.grantedUntil ?? end, end + Self.grace)
  }

  /// A device went away: what it tells next is a state.
  mutating func disconnected(_ address: UInt8) {
    if address == self.contact?.address {
      self.contactIsStale = true
      self.deadline = nil
    }
    if address == self.exitButton?.address { self.exitIsStale = true }
  }

  /// A device told its inputs.
  mutating func inputsReported(_ inputs: [Bool], by address: UInt8, at uptime: Duration) -> [Change] {
    var changes: [Change] = []
    // The button first: a reply may hold both the press and the opening that it excuses.
    if let exit = self.exitButton, exit.address == address, Int(exit.input) < inputs.count {
      changes += self.exitReported(inputs[Int(exit.input)] == exit.activeMeansPressed, at: uptime)
    }
    if let contact = self.contact, contact.address == address, Int(contact.input) < inputs.count {
      changes += self.contactReported(
        inputs[Int(contact.input)] == contact.activeMeansOpen, limit: contact.heldLimit, at: uptime)
    }
    return changes
  }

  /// Raises the alarm of a door held open when its time has come, and the reminder after it.
  mutating func deadlinePassed(at uptime: Duration) -> [Change] {
    guard let deadline = self.deadline, deadline <= uptime else { return [] }
    self.deadline = uptime + Self.reminderInterval
    if self.isHeld { return [.heldReminder] }
    self.isHeld = true
    return [.held(true), .heldReminder]
  }

  private mutating func exitReported(_ isPressed: Bool, at uptime: Duration) -> [Change] {
    let wasStale = self.exitIsStale
    self.exitIsStale = false
    if isPressed || self.isPressed { self.exitUntil = uptime + Self.grace }
    guard isPressed != self.isPressed else { return [] }
    self.isPressed = isPressed
    return isPressed && !wasStale ? [.exitPressed] : []
  }

  private mutating func contactReported(_ isOpen: Bool, limit: Duration, at uptime: Duration) -> [Change] {
    let wasStale = self.contactIsStale
    self.contactIsStale = false
    if isOpen, self.deadline == nil { self.deadline = uptime + (self.isHeld ? .zero : limit) }
    guard isOpen != self.isOpen else { return [] }
    self.isOpen = isOpen
    guard isOpen else {
      defer { (self.isForced, self.isHeld, self.deadline) = (false, false, nil) }
      return [.moved(isOpen: false, byExit: false)]
        + (self.isForced ? [.forced(false)] : []) + (self.isHeld ? [.held(false)] : [])
    }
    if wasStale { return [.moved(isOpen: true, byExit: false)] }
    if let until = self.grantedUntil, uptime <= until { return [.moved(isOpen: true, byExit: false)] }
    if self.isPressed { return [.moved(isOpen: true, byExit: true)] }
    if let until = self.exitUntil, uptime <= until { return [.moved(isOpen: true, byExit: true)] }
    self.isForced = true
    return [.moved(isOpen: true, byExit: false), .forced(true)]
  }
}
