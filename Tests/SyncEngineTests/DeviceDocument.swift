@testable import SyncEngine

/// The page about devices, made from the table of what can be wrong with them.
enum DeviceDocument {
  static var text: String {
    var lines = [self.introduction, "", "## Errors", "", self.errors, ""]
    lines += self.table(isError: true)
    lines += ["| `account_disconnected` | The adapter or line is gone; the message is the adapter's own. |"]
    lines += ["", "## Warnings", "", self.warnings, ""] + self.table(isError: false) + ["", self.health]
    return lines.joined(separator: "\n") + "\n"
  }

  private static func table(isError: Bool) -> [String] {
    ["| code | what it means and what to do |", "|---|---|"]
      + DeviceIssue.allCases.filter { $0.isError == isError }.map { "| `\($0.code)` | \($0.message) |" }
  }

  private static let introduction = """
    # Devices

    A device is a lock or a door that the gateway serves. This page tells what its errors and warnings mean and what to do
    about them. It is made from the table in `Sources/SyncEngine/Views/DeviceIssue.swift`; `make docs` writes it anew.
    """

  private static let errors = """
    An error keeps the lock from doing what is asked. All of them stand in the `errors` of the device and of each of its
    access codes. What is asked meanwhile is kept, and done once the lock is back: codes are programmed, deleted codes are
    removed. While a lock is offline its `locked`, `door_open` and `battery` are left out, since nobody knows them.

    `online` is false for one of four reasons. `account_disconnected`: the adapter or line is gone, nothing is known of any
    lock behind it, and its codes are `unknown` until it is back. `hub_disconnected`: the hub in between is gone.
    `device_removed`: the lock is no longer part of the account. `device_disconnected`: the lock itself does not answer.
    """

  private static let warnings = """
    A warning should be known; the lock works on. What the API has no code for is told as `provider_issue`: its message
    says which it is.
    """

  private static let health = """
    ## How health is measured

    **Connection.** `device.disconnected` and `device.connected` are told once each time, also across restarts of the
    gateway. Four losses within an hour make a connection flaky (`device.connection_became_flaky`); an hour with the lock
    there and without a loss makes it steady again (`device.connection_stabilized`). Removal from the account is no loss.

    **Communication.** Three reads of the codes or of the log in a row that fail while the lock answers are
    `device_communication_degraded`, until one succeeds.

    **Battery.** `battery.status` is `critical` below 10 %, or when the lock itself says so; `low` below 25 %; `good` below
    95 %; else `full`. It gets better only when the level is 3 % above the bound, so that a level that hovers about one is
    told once. Each change is one `device.battery_status_changed`; becoming `low` or `critical` is one
    `device.low_battery`, whose `battery_source` tells whose battery it is. A keypad that tells no level, only that its
    battery is critical, is told with the highest level that would be, 0.1.

    **Adapters.** A line or radio that is gone is `connected_account.disconnected`, and `connected_account.connected` when it is
    back. A radio is told to be gone, and its locks with it, once that has lasted for 30 s: being started, reset or shut
    down takes it away for a moment only. After 10 minutes or more without its radio a lock that was told to answer is
    looked at anew.

    **Keypad.** Where the keypad is a device of its own, `accessory_keypad.is_connected` tells whether it is there. Without
    it `can_program_online_access_codes` and `can_unlock_with_code` are false.

    **Time zone.** `location.time_zone` is the site's, from the configuration. The gateway keeps all times in UTC and tells
    locks UTC or an offset that it has itself made sure of, so without a time zone codes with times work as they do with
    one; only `time_zone_unknown` is told. A configuration file always names one.

    **Ability flags.** True: it works now. False: the device can do it, but not now. Absent: the device cannot do it.
    `can_program_online_access_codes` stays true while the lock is merely offline.

    **The configuration.** A door that comes into the configuration is told as `device.added`, one that leaves it as
    `device.removed`; its codes are kept and looked after again when it comes back under the same name.

    ## Opening and locking

    `/locks/unlock_door` and `/locks/lock_door` are answered as soon as the lock has done it, at the latest after 20 s:
    then with an attempt that is still `pending`, to be read at `/action_attempts/get`. `was_confirmed_by_device` tells
    whether the lock itself said that it happened. A lock that is offline ends the attempt with `device_disconnected`;
    nothing is done later. An attempt that a restart of the gateway cut off ends as `action_attempt_expired`; when the
    lock's log tells later that it was done after all, the event carries its `action_attempt_id`.

    | error of an attempt | meaning |
    |---|---|
    | `device_disconnected` | the lock does not answer; nothing was done |
    | `device_busy` | the lock or its line had no time; nothing was done |
    | `action_unconfirmed` | the lock stopped answering in between: it may or may not have done it |
    | `action_not_supported` | the lock cannot do this |
    | `missing_device_credentials` | the lock does not accept the gateway's key |
    | `action_attempt_expired` | the gateway was restarted before it was done |
    | `uncategorized_error` | the lock refused; the message tells why |

    ## Playing with simulated devices

    Only simulated devices can be played with; others answer 400 `device_type_not_supported`. Each request acts at the
    lock's side, and returns once the gateway has noticed by itself, or after 20 s. What holds already is done again
    without a word. How a connection stands is kept through a restart.

    | request | what happens | what the gateway tells |
    |---|---|---|
    | `/devices/simulate/disconnect` | the lock breaks its link and falls silent | `device_disconnected`, `device.disconnected` |
    | `/devices/simulate/connect` | it speaks again, and is one of the account's | `device.connected` |
    | `/devices/simulate/disconnect_from_hub` | the hub that carries the link is gone | `hub_disconnected`, `device.disconnected` |
    | `/devices/simulate/connect_to_hub` | the hub is back | `device.connected` |
    | `/devices/simulate/remove` | the lock is taken out of the account until it is connected | `device_removed`, `device.removed` |
    | `/devices/simulate/paid_subscription` | with `is_expired` the service passes nothing on | `subscription_required`, `device.error.subscription_required`, later `.resolved` |
    | `/locks/simulate/keypad_code_entry` | somebody types a code | `lock.unlocked` or `lock.access_denied` |
    | `/locks/simulate/manual_lock_via_keypad` | somebody locks by hand | `lock.locked` |
    """
}
