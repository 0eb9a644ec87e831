"""Links that end at any moment, locks that cannot be reached, readers that stall: all come right, nothing is doubled."""

import os
import signal

import pytest

from conftest import FRONT, SIDE
from nukilock import ADD_CODE, LIST_CODES, LOCK_ACTION, READ_LOG, REMOVE_CODE, REQUEST_DATA, UPDATE_CODE
from nukisite import SLOW
from radio import ADAPTER
from waiting import eventually

# Packets of the lock that pass before the link ends, from the first answer of all to the middle of the codes.
CUTS = [0, 1, 2, 3, 5, 8, 12, 16, 20]


def disconnect(doors, door: str):
    """Ends the link to a lock, if one is held, and returns when it is gone."""
    if door in doors.radio.held():
        doors.radio("hang_up", name=door)
        eventually(lambda: door not in doors.radio.held(), "the link is gone", SLOW)


def holds_exactly(lock, *codes: dict) -> bool:
    """True when the lock holds these codes, each once, and no other."""
    return sorted(str(code["code"]) for code in lock.state()["codes"]) == sorted(code["code"] for code in codes)


@pytest.mark.parametrize("way", ["hang_up", "loss"])
@pytest.mark.parametrize("direction", ["from_lock", "to_lock"])
def test_a_code_gets_through_wherever_its_link_is_cut(doors, way, direction):
    """Connect, discovery, subscription, states, challenge, list, add: the link is cut at one packet after the other."""
    lock = doors.locks[FRONT]
    happened = 0
    for after in CUTS:
        doors.radio("cut", name=FRONT, after=after, direction=direction, way=way)
        code = doors.create(FRONT)
        doors.programmed(code, timeout=3 * SLOW)
        happened += doors.radio("is_cut", name=FRONT)
        doors.radio("uncut", name=FRONT)
        assert holds_exactly(lock, code), after
        doors.delete(code)
        doors.wait_until_gone(code)
        disconnect(doors, FRONT)
    assert happened >= len(CUTS) - 2


@pytest.mark.parametrize("when", ["before", "after"])
@pytest.mark.parametrize("command", [ADD_CODE, UPDATE_CODE, REMOVE_CODE, LIST_CODES, REQUEST_DATA, READ_LOG])
def test_a_link_cut_at_a_command_leaves_nothing_doubled_and_nothing_lost(doors, command, when):
    """Before the lock has acted, and after it has acted without having answered."""
    lock, door = doors.locks[SIDE], SIDE
    kept = doors.make_code(door)
    lock("cut", command=command, when=when)
    code = doors.create(door)
    doors.programmed(code, timeout=3 * SLOW)
    doors.daemon.post("/access_codes/update", {"access_code_id": code["access_code_id"], "name": "Changed"})
    eventually(lambda: lock.codes()[code["code"]]["name"] == "Changed", "the change is at the lock", 3 * SLOW)
    doors.programmed(code)
    assert holds_exactly(lock, kept, code)
    doors.delete(code)
    doors.wait_until_gone(code, 3 * SLOW)
    assert lock.type(kept["code"])
    doors.entry(kept, timeout=3 * SLOW)
    assert holds_exactly(lock, kept)
    assert len(doors.entries(kept)) == 1


@pytest.mark.parametrize("when", ["before", "after"])
def test_opening_a_door_whose_link_is_cut_ends_one_way_or_the_other(doors, when):
    """An action is never repeated blindly: the attempt fails, or the door was opened once."""
    lock = doors.locks[FRONT]
    lock("turn", action="lock")
    before = lock.requests(LOCK_ACTION)
    lock("cut", command=LOCK_ACTION, when=when)
    attempt = doors.daemon.post("/locks/unlock_door", {"device_id": doors.device(FRONT)["device_id"]})
    done = doors.daemon.finished(attempt["action_attempt"]["action_attempt_id"], timeout=2 * SLOW)
    opened = lock.requests(LOCK_ACTION) - before
    assert opened <= 1 or done["status"] == "success"
    doors.door(FRONT)
    assert doors.make_code(FRONT)


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
    eventually(lambda: not doors.is_online(FRONT), "the absent lock is told offline", 3 * SLOW)
    doors.radio("advertise", name=FRONT)
    doors.programmed(waiting, timeout=2 * SLOW)
    assert doors.is_online(FRONT)


def test_a_lock_that_advertises_and_never_connects_holds_up_nobody(doors):
    disconnect(doors, FRONT)
    doors.radio("deafen", name=FRONT, deaf=True)
    waiting = doors.create(FRONT)
    eventually(lambda: doors.radio.noted("connecting", peer=doors.locks[FRONT].address), "it is tried", SLOW)
    for _ in range(3):
        doors.make_code(SIDE, )
    doors.radio("deafen", name=FRONT, deaf=False)
    doors.programmed(waiting, timeout=2 * SLOW)


def test_a_reader_that_stalled_catches_up(doors):
    """The daemon is stopped while the lock floods its link: packets are lost, and the state comes right again."""
    lock, door = doors.locks[FRONT], FRONT
    lock("turn", action="lock")
    before = len(doors.radio.noted("connected"))
    code = doors.create(door)
    eventually(lambda: door in doors.radio.held() or len(doors.radio.noted("connected")) > before, "a link is up", SLOW)
    os.kill(doors.daemon.process.pid, signal.SIGSTOP)
    try:
        lock("flood", count=600)
    finally:
        os.kill(doors.daemon.process.pid, signal.SIGCONT)
    doors.programmed(code, timeout=3 * SLOW)
    assert holds_exactly(lock, code)
    assert lock.type(code["code"])
    doors.entry(code, timeout=2 * SLOW)


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
