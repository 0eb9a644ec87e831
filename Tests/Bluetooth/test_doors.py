"""What happens at the door: who came in, what the lock did, what it complains of, and what time it thinks it is."""

import pytest

import guestclock
from conftest import FRONT, SIDE
from nukisite import SLOW
from waiting import eventually

BOTH = pytest.mark.parametrize("door", [FRONT, SIDE])


@BOTH
def test_opening_and_locking_end_with_the_locks_own_completion(doors, door):
    seam, lock = doors.daemon.seam(), doors.locks[door]
    device_id = doors.device(door)["device_id"]
    patience = {"timeout": SLOW, "polling_interval": 0.2}
    opened = seam.locks.unlock_door(device_id=device_id, wait_for_action_attempt=patience)
    assert opened.status == "success" and lock.state()["lock_state"] == "unlocked"
    doors.daemon.wait_for_event("lock.unlocked", action_attempt_id=opened.action_attempt_id, timeout=SLOW)
    locked = seam.locks.lock_door(device_id=device_id, wait_for_action_attempt=patience)
    assert locked.status == "success" and lock.state()["lock_state"] == "locked"
    eventually(lambda: doors.device(door)["properties"]["locked"], "the device is seen locked", SLOW)


@BOTH
def test_a_turn_by_hand_is_told_as_such(doors, door):
    before = len(doors.daemon.events("lock.unlocked", method="manual"))
    doors.locks[door].turn("unlock")
    doors.have_log_read(door)
    event = eventually(lambda: doors.daemon.events("lock.unlocked", method="manual")[before:], "it is told", 2 * SLOW)[0]
    assert event["device_id"] == doors.device(door)["device_id"]
    doors.locks[door].turn("lock")


def test_a_jammed_bolt_fails_the_attempt_and_warns(doors):
    lock = doors.locks[FRONT]
    lock.turn("unlock")
    lock("jam", jammed=True)
    attempt = doors.daemon.post("/locks/lock_door", {"device_id": doors.device(FRONT)["device_id"]})
    done = doors.daemon.finished(attempt["action_attempt"]["action_attempt_id"], timeout=SLOW)
    assert done["status"] == "error" and done["error"]["message"]
    eventually(lambda: any("did not move" in warning for warning in doors.warnings(FRONT)), "the jam is told", SLOW)
    lock("jam", jammed=False)
    attempt = doors.daemon.post("/locks/lock_door", {"device_id": doors.device(FRONT)["device_id"]})
    done = doors.daemon.finished(attempt["action_attempt"]["action_attempt_id"], timeout=SLOW)
    assert done["status"] == "success"
    eventually(lambda: not any("did not move" in warning for warning in doors.warnings(FRONT)), "the jam is over",
               2 * SLOW)


@pytest.mark.parametrize("command, warning", [("battery", "The lock's battery is nearly empty. Change it soon."),
                                              ("keypad_battery", "accessory_keypad_low_battery")])
def test_a_low_battery_warns_until_it_is_changed(doors, command, warning):
    """Battery checks ride on sessions that something else opened: here, a code."""
    lock = doors.locks[FRONT]
    # On a link that is open already the states were read before.
    eventually(lambda: FRONT not in doors.radio.held(), "no link is held", SLOW)
    lock(command, critical=True)
    doors.make_code(FRONT)
    eventually(lambda: warning in doors.warnings(FRONT), f"{warning} is told", 2 * SLOW)
    eventually(lambda: FRONT not in doors.radio.held(), "no link is held", SLOW)
    lock(command, critical=False)
    doors.make_code(FRONT)
    eventually(lambda: warning not in doors.warnings(FRONT), f"{warning} is over", 2 * SLOW)


@BOTH
def test_a_clock_five_minutes_off_is_put_right(doors, door):
    lock = doors.locks[door]
    # On a link that is open already its clock was looked at before.
    eventually(lambda: door not in doors.radio.held(), "no link is held", SLOW)
    lock("set_clock", offset=-300)
    doors.make_code(door)
    eventually(lambda: abs(lock.state()["clock_offset"]) < 30, "the clock is right", SLOW)


def test_while_nobody_keeps_our_clock_the_locks_is_left_alone(doors):
    lock = doors.locks[FRONT]
    guestclock.declare(synchronized=False)
    try:
        eventually(lambda: FRONT not in doors.radio.held(), "no link is held", SLOW)
        lock("set_clock", offset=-300)
        doors.make_code(FRONT)
        eventually(lambda: FRONT not in doors.radio.held(), "the visit is over", SLOW)
        assert abs(lock.state()["clock_offset"] + 300) < 30
    finally:
        guestclock.declare(synchronized=True)
        lock("set_clock", offset=0)


def test_entries_of_an_outage_are_told_afterwards(doors):
    """The daemon is away while people come in; every entry is told once, with its code."""
    lock, code = doors.locks[FRONT], doors.make_code(FRONT)
    before = len(doors.entries(code))
    doors.daemon.stop()
    for _ in range(3):
        assert lock.type(code["code"])
    assert not lock.type("987651")
    doors.daemon.start(timeout=SLOW)
    eventually(lambda: len(doors.entries(code)) - before >= 3, "three entries are told", SLOW)
    doors.daemon.restart()
    doors.door(FRONT)
    assert lock.type(code["code"])
    eventually(lambda: len(doors.entries(code)) - before >= 4, "the fourth entry is told", SLOW)
    assert len(doors.entries(code)) - before == 4


def test_the_name_of_a_code_comes_back_with_its_entry_after_it_was_deleted(doors):
    """Used, then deleted before the log was read: the entry still names the code."""
    lock, code = doors.locks[FRONT], doors.make_code(FRONT, name="Short Stay")
    doors.daemon.stop()
    assert lock.type(code["code"])
    doors.daemon.start(timeout=SLOW)
    doors.delete(code)
    doors.wait_until_gone(code)
    assert doors.entry(FRONT, code)["access_code_id"] == code["access_code_id"]
