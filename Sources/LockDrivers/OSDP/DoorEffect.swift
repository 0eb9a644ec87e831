public import LockCore

/// What a door asks of the line it is on.
public enum DoorEffect: Hashable, Sendable {
  /// Switch the strike, ahead of everything else, unless `expires` (uptime) has passed. The answer goes to
  /// ``Door/strikeAnswered(_:_:at:)`` with this number, which is never 0.
  case strike(StrikeAction, errand: UInt32, expires: Duration)
  /// Ask the strike's device for its outputs, unless `expires` (uptime) has passed; the answer goes to
  /// ``Door/outputsReported(_:by:at:)``.
  case readOutputs(expires: Duration)
  /// Show or sound something at the reader; worthless after `expires` (uptime), nil for always good.
  case signal(DoorSignal, expires: Duration?)
  /// Keep these bytes before anything after this is done; the door is made anew with them.
  case remember([UInt8])
  /// Tell something of this door.
  case report(LockReport)
  /// A command for this door is done.
  case finish(CommandID, Result<LockReply, LockFault>)
}

/// What a strike can be told.
public enum StrikeAction: Hashable, Sendable {
  /// On for the strike's own time; the device ends it.
  case release
  /// Off now.
  case relock
}

/// What a reader shows and sounds.
public enum DoorSignal: Hashable, Sendable {
  /// The steady light while nothing happens.
  case idle
  /// Open for this long: green, one beep.
  case granted(Duration)
  /// Refused: red for 1 s, three beeps.
  case denied
  /// Locked out for this long: blinking red.
  case lockedOut(Duration)
  /// Digits were taken back: one short beep.
  case cleared
  /// Close the door: a beep each second for about a minute.
  case heldOpen
  /// The door was closed: no more beeps.
  case silence
}
