public import LockCore

/// What happened at one device of a bus.
public enum OSDPEvent: Hashable, Sendable {
  /// It answers and may be used; told after every (re)connect and every new session. Its present inputs, outputs,
  /// housing and readers follow as far as it can tell them.
  case online(OSDPIdentity, [OSDPCapability], isSecure: Bool)
  /// It has nothing more to tell: once after each ``online(_:_:isSecure:)``. Keys told before may have been typed
  /// while it was away.
  case caughtUp
  /// No usable answer for 8 s. Everything queued for it was finished before.
  case offline
  /// Connection or session were lost and are being made anew: half-typed PINs are void.
  case sessionLost
  /// Keys were pressed.
  case keys(reader: UInt8, OSDPKeys)
  /// A card was shown; bits left-aligned, first bit = MSB.
  case card(reader: UInt8, bitCount: Int, bits: [UInt8])
  /// The state of all inputs; index = input number.
  case inputs([Bool])
  /// The state of all outputs; index = output number.
  case outputs([Bool])
  /// Housing open; power failed.
  case local(tamper: Bool, powerFailed: Bool)
  /// Per reader 0 normal, 1 not connected, 2 tamper.
  case readers([UInt8])
  /// True when it refuses our key or we its proof; false once a session stands.
  case keyRefused(Bool)
  /// The chosen key works now: the factory key is never tried again.
  case keyInstalled
  /// True when another device than the first or configured one answers; false when the right one is back.
  case deviceSwapped(Bool)
  /// Another device answers than this one, and is left alone. Told again and again.
  case stranger(WireIdentity, insteadOf: WireIdentity)
  /// A device of another line is heard on this one. Told again and again.
  case elsewhere(WireIdentity)
  /// It sent a reply that we have no use for; it is alive all the same.
  case unknown(code: UInt8)
}

/// Why a command to a device came to nothing.
public enum OSDPFault: Error, Hashable, Sendable {
  /// The device or the line is not there. It never heard the command.
  case offline
  /// The command's time was over before it could be sent.
  case expired
  /// It was sent, and no answer came: the device may have done it.
  case unanswered
  /// The device kept saying BUSY for 3 s. It did not do it.
  case busy
  /// The device said no.
  case refused(OSDPNAK)
  /// The device has refused this command twice as unknown, or only the bus itself may send it.
  case unsupported
  /// The command is longer than the device takes, or 64 commands are waiting already.
  case tooMuch
}
