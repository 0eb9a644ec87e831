"""Links that end at any moment, locks that cannot be reached, readers that stall: all come right, nothing is doubled."""

import os
import signal

import pytest

from conftest import FRONT, SIDE
from nukilock import ADD_CODE, LIST_CODES, LOCK_ACTION, READ_LOG, REMOVE_CODE, REQUEST_DATA, UPDATE_CODE
from nukisite import SLOW
from radio import ADAPTER
from waiting import eventually

# Where a link is cut: after so many packets, in which direction, and how; from the first packet of all to the middle of
# the codes.
CUTS = [(0, "to_lock", "hang_up"), (0, "from_lock", "loss"), (2, "from_lock", "hang_up"), (5, "to_lock", "loss"),
        (8, "from_lock", "hang_up"), (12, "to_lock", "hang_up"), (14, "from_lock", "loss"), (16, "from_lock", "hang_up")]


def disconnect(doors, door: str):
    """Ends the link to a lock, if one is held, and returns when it is gone."""
    if door in doors.radio.held():
        doors.radio("hang_up", name=door)
        eventually(lambda: door not in doors.radio.held(), "the link is gone", SLOW)


def holds_exactly(lock, *codes: dict) -> bool:
    """True when the lock holds these codes, each once, and no other."""
    return sorted(str(code["code"]) for code in lock.state()["codes"]) == sorted(code["code"] for code in codes)


@pytest.mark.parametrize("after, direction, way", CUTS)
def test_a_code_gets_through_wherever_its_link_is_cut(doors, after, direction, way):
    """Connect, discovery, subscription, states, challenge, list, add: the link is cut at one packet or the other."""
    lock = doors.locks[FRONT]
    disconnect(doors, FRONT)
    doors.radio("cut", name=FRONT, after=after, direction=direction, way=way)
    code = doors.create(FRONT)
    doors.programmed(code, timeout=2 * SLOW)
    assert doors.radio("is_cut", name=FRONT)
    assert holds_exactly(lock, code)


@pytest.mark.parametrize("command", [REQUEST_DATA, ADD_CODE, LIST_CODES, READ_LOG])
def test_an_answer_lost_while_a_code_is_added_leaves_it_there_once(doors, command):
    """The lock has acted and the link is gone before it could say so."""
    lock = doors.locks[FRONT]
    lock.lose_answers(command)
    code = doors.create(FRONT)
    doors.programmed(code, timeout=2 * SLOW)
    assert holds_exactly(lock, code)
    assert lock.type(code["code"])
    doors.entry(FRONT, code, timeout=3 * SLOW)


@pytest.mark.parametrize("command", [UPDATE_CODE, REMOVE_CODE])
def test_an_answer_lost_while_a_code_is_changed_or_removed_does_no_harm(doors, command):
    lock, kept, code = doors.locks[FRONT], doors.make_code(FRONT), doors.make_code(FRONT)
    lock.lose_answers(command)
    doors.daemon.post("/access_codes/update", {"access_code_id": code["access_code_id"], "name": "Changed"})
    eventually(lambda: lock.codes()[code["code"]]["name"] == "Changed", "the change is at the lock", 2 * SLOW)
    doors.programmed(code, timeout=2 * SLOW)
    doors.delete(code)
    doors.wait_until_gone(code, 2 * SLOW)
    assert holds_exactly(lock, kept)


def test_opening_a_door_whose_link_is_cut_ends_one_way_or_the_other(doors):
    """An action is never repeated blindly: the attempt fails, or the door was opened once."""
    lock = doors.locks[FRONT]
    lock.turn("lock")
    before = lock.requests(LOCK_ACTION)
    lock.lose_answers(LOCK_ACTION)
    attempt = doors.daemon.post("/locks/unlock_door", {"device_id": doors.device(FRONT)["device_id"]})
    done = doors.daemon.finished(attempt["action_attempt"]["action_attempt_id"], timeout=2 * SLOW)
    assert lock.requests(LOCK_ACTION) - before <= 1 or done["status"] == "success"
    doors.make_code(FRONT)


def test_a_lock_that_stops_answering_is_left_and_tried_again(doors):
    """The link stays, but the lock never answers: the transaction ends after 30 s, and the code gets through later."""
    doors.radio("cut", name=FRONT, after=4, direction="from_lock", way="silence")
    code = doors.create(FRONT)
    eventually(lambda: doors.radio.noted("cut", lock=FRONT), "the lock falls silent", SLOW)
    doors.programmed(code, timeout=3 * SLOW)
    assert holds_exactly(doors.locks[FRONT], code)


def test_a_lock_out_of_reach_holds_up_nobody(doors):
    doors.radio("silence", name=FRONT)
    disconnect(doors, FRONT)
    waiting = doors.create(FRONT)
    for _ in range(3):
        doors.make_code(SIDE)
    assert doors.daemon.code(waiting["access_code_id"])["status"] == "setting"
    doors.radio("advertise", name=FRONT)
    doors.programmed(waiting, timeout=2 * SLOW)
    assert doors.is_online(FRONT)


def test_a_lock_that_advertises_and_never_connects_holds_up_nobody(doors):
    disconnect(doors, FRONT)
    doors.radio("deafen", name=FRONT, deaf=True)
    waiting = doors.create(FRONT)
    eventually(lambda: doors.radio.noted("connecting", peer=doors.locks[FRONT].address), "it is tried", SLOW)
    for _ in range(3):
        doors.make_code(SIDE)
    doors.radio("deafen", name=FRONT, deaf=False)
    doors.programmed(waiting, timeout=2 * SLOW)


def test_a_reader_that_stalled_catches_up(doors):
    """The daemon is stopped with a link open, while the lock has much to tell; the state comes right again."""
    lock, door = doors.locks[FRONT], FRONT
    lock("behave", temperament="interrupting")
    code = doors.create(door)
    eventually(lambda: door in doors.radio.held(), "a link is up", SLOW, every=0.01)
    os.kill(doors.daemon.process.pid, signal.SIGSTOP)
    try:
        for _ in range(200):
            lock.turn("unlock")
            lock.turn("lock")
    finally:
        os.kill(doors.daemon.process.pid, signal.SIGCONT)
        lock("behave", temperament="plain")
    doors.programmed(code, timeout=3 * SLOW)
    assert holds_exactly(lock, code)
    assert lock.type(code["code"])
    doors.entry(door, code, timeout=2 * SLOW)


def test_one_connect_at_a_time(doors):
    """The kernel is asked for the next link only when the last is made or given up."""
    codes = [doors.create(door) for door in (FRONT, SIDE) for _ in range(2)]
    for code in codes:
        doors.programmed(code)
    open_asks = 0
    for entry in doors.radio("journal"):
        if entry["what"] == "connecting":
            open_asks += 1
        elif entry["what"] in ("connected", "cancelled"):
            open_asks -= 1
        assert open_asks <= 1 and entry.get("adapter", ADAPTER) == ADAPTER
