/// Everything that can be wrong with a lock, as one table: what the API shows of it, and what to do. The table in
/// `docs/devices.md` is this one.
public enum DeviceIssue: String, Hashable, Sendable, CaseIterable {
  /// The lock does not answer.
  case silent
  /// The lock, visited now and then, does not answer.
  case outOfReach
  /// It has not answered since the gateway started, and nothing is known of it.
  case neverHeard
  /// The hub that carries its link is gone.
  case hubGone
  /// It is no longer one of the account's.
  case removed
  /// The service that carries its link wants to be paid for.
  case unpaid
  /// The device and the gateway do not agree on a key.
  case keyRefused
  /// A paired lock no longer knows the gateway.
  case unpaired
  /// The lock refuses the security PIN that it was paired with.
  case securityPINRefused
  /// It is lost again and again.
  case flaky
  /// It answers, but what it tells of its codes or its log never adds up.
  case degraded
  /// All its slots are taken.
  case full
  /// No time zone is configured.
  case timeZoneUnknown
  /// Somebody inside wants to be left alone.
  case privacyMode
  /// It has no keypad.
  case keypadMissing
  /// The keypad's battery is nearly empty.
  case keypadBatteryLow
  /// Its battery is nearly empty.
  case batteryLow
  /// Its housing is open.
  case tampered
  /// Another device than before answers.
  case swapped
  /// The door was opened without a grant.
  case doorForced
  /// The door stands open for too long.
  case doorHeld
  /// Its power supply fails.
  case powerLost
  /// Its keypad takes no code for a while.
  case lockedOut
  /// Its bolt is stuck.
  case jammed
  /// It keeps no log.
  case logOff

  /// The API's `error_code` or `warning_code`. What the API has no code for is a `provider_issue`: the message tells.
  public var code: String {
    switch self {
    case .silent, .outOfReach, .neverHeard: "device_disconnected"
    case .hubGone: "hub_disconnected"
    case .removed: "device_removed"
    case .unpaid: "subscription_required"
    case .keyRefused, .unpaired, .securityPINRefused: "missing_device_credentials"
    case .flaky: "device_has_flaky_connection"
    case .degraded: "device_communication_degraded"
    case .full: "max_access_codes_reached"
    case .timeZoneUnknown: "time_zone_unknown"
    case .privacyMode: "privacy_mode"
    case .keypadMissing: "accessory_keypad_setup_required"
    case .keypadBatteryLow: "accessory_keypad_low_battery"
    case .batteryLow, .tampered, .swapped, .doorForced, .doorHeld, .powerLost, .lockedOut, .jammed, .logOff:
      "provider_issue"
    }
  }

  /// True for what keeps the lock from doing what is asked; false for what should merely be known.
  public var isError: Bool {
    switch self {
    case .silent, .outOfReach, .neverHeard, .hubGone, .removed, .unpaid, .keyRefused, .unpaired, .securityPINRefused:
      true
    default: false
    }
  }

  /// What is wrong and what to do.
  public var message: String {
    switch self {
    case .silent:
      "The lock does not answer. Codes are programmed as soon as it does. Check its power and, on a line, wires A and B, its address and its speed."
    case .outOfReach:
      "The lock does not answer. Codes are programmed as soon as it does. Check its battery, that it is in reach of the radio, and that no phone keeps it busy."
    case .neverHeard:
      "The lock has not answered since the gateway started. Give it a minute; then check its power or battery, its line or that it is in reach of the radio, and its address."
    case .hubGone:
      "The hub between the gateway and the lock is gone. Check that it has power and network; codes are programmed as soon as it is back."
    case .removed:
      "The lock is no longer part of the account that it was reached through, and is not looked after any more. Add it again there, or take it out of the configuration."
    case .unpaid:
      "The service that carries the lock wants a subscription and passes nothing on. Renew it; codes are programmed as soon as it does."
    case .keyRefused:
      "The device and the gateway do not agree on a key: wrong key, another device, or a device that demands a secure channel where secure_channel is plain. No PIN is taken. Put the right key into the configuration; a new device takes one with 'install' at an address that had none."
    case .unpaired:
      "The lock no longer knows the gateway: it was reset, or its authorization was removed. Stop bittingd and pair it again."
    case .securityPINRefused:
      "The lock refuses its security PIN, so codes, log and clock wait; it is not guessed at, since the lock bars who guesses. If this stays for more than an hour, stop bittingd, pair the lock anew with the right PIN, and start it again."
    case .flaky:
      "The lock is lost again and again: four times or more within an hour. Codes may be late. Look after its power, its distance, its line or its hub."
    case .degraded:
      "The lock answers, but reading its codes or its log has failed three times or more in a row, so codes may wait. Restart the lock; if this stays, look after its line or its firmware."
    case .full: "Every slot of the lock is taken. Delete codes that are no longer needed."
    case .timeZoneUnknown:
      "No time zone is configured. Codes are not affected, the gateway keeps all times in UTC; set time_zone in the configuration so that clients can show local times."
    case .privacyMode:
      "Somebody inside has switched privacy mode on: codes and opening from here do not work until it is switched off."
    case .keypadMissing: "The lock has no keypad, so codes cannot be stored. Add the keypad with the maker's app."
    case .keypadBatteryLow: "The keypad's battery is nearly empty. Change it soon."
    case .batteryLow: "The lock's battery is nearly empty. Change it soon."
    case .tampered: "The housing of the lock is open. Go and look; close it."
    case .swapped: "Another device than before answers at this address. Check that it is yours."
    case .doorForced: "The door was opened without a grant. Go and look; if all is well, check the contact's settings."
    case .doorHeld: "The door stands open longer than allowed. Close it."
    case .powerLost: "The device reports that its power supply failed. Check the supply and its battery."
    case .lockedOut: "The keypad is locked out for a while after too many wrong codes. Wait until it is over."
    case .jammed:
      "The bolt did not move to its end: the door may stand open or be misaligned. Look at the door, then lock or unlock again."
    case .logOff:
      "The lock keeps no log, so who opens the door cannot be told. Switch the activity log on with the maker's app."
    }
  }
}
