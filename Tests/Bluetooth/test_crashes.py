"""Power cuts: the daemon is killed in the middle of what it does, and comes back to a lock that is as it should be."""

import pytest

from conftest import FRONT
from nukilock import ADD_CODE, REMOVE_CODE
from nukisite import SLOW
from waiting import eventually


def codes_at(lock) -> list[str]:
    return [str(code["code"]) for code in lock.state()["codes"]]


def come_back(doors):
    doors.daemon.kill()
    doors.daemon.start(timeout=SLOW)


def test_killed_during_a_connect_it_starts_clean(doors):
    """The kernel is left with a connect that nobody wants; the next start is not hindered."""
    lock = doors.locks[FRONT]
    if FRONT in doors.radio.held():
        doors.radio("hang_up", name=FRONT)
    doors.radio("deafen", name=FRONT, deaf=True)
    asked = len(doors.radio.noted("connecting", peer=lock.address))
    code = doors.create(FRONT)
    eventually(lambda: len(doors.radio.noted("connecting", peer=lock.address)) > asked, "a connect is under way", SLOW)
    doors.daemon.kill()
    doors.radio("deafen", name=FRONT, deaf=False)
    doors.daemon.start(timeout=SLOW)
    doors.programmed(code, timeout=2 * SLOW)
    assert codes_at(lock) == [code["code"]]


@pytest.mark.parametrize("packets", [1, 4, 8, 14, 18])
def test_killed_while_a_link_is_young_it_starts_clean(doors, packets):
    lock = doors.locks[FRONT]
    if FRONT in doors.radio.held():
        doors.radio("hang_up", name=FRONT)
        eventually(lambda: FRONT not in doors.radio.held(), "the link is gone", SLOW)
    code = doors.create(FRONT)
    eventually(lambda: doors.radio("links").get(FRONT, {}).get("to_lock", 0) >= packets
               or doors.daemon.code(code["access_code_id"])["status"] == "set", "packets pass", SLOW)
    come_back(doors)
    doors.programmed(code, timeout=2 * SLOW)
    assert codes_at(lock) == [code["code"]]


def test_killed_during_add_the_code_is_there_once(doors):
    """The lock has taken the code; its answer never came, and the daemon is gone."""
    lock = doors.locks[FRONT]
    added = lock.requests(ADD_CODE)
    lock("fault", command=ADD_CODE, fault="lost")
    code = doors.create(FRONT)
    eventually(lambda: lock.requests(ADD_CODE) > added, "the lock is told to add", SLOW)
    come_back(doors)
    doors.programmed(code, timeout=2 * SLOW)
    assert codes_at(lock) == [code["code"]]
    assert lock.type(code["code"])
    doors.entry(FRONT, code)


def test_killed_during_remove_the_code_is_gone(doors):
    lock, code = doors.locks[FRONT], doors.make_code(FRONT)
    removed = lock.requests(REMOVE_CODE)
    lock("fault", command=REMOVE_CODE, fault="lost")
    doors.delete(code)
    eventually(lambda: lock.requests(REMOVE_CODE) > removed, "the lock is told to remove", SLOW)
    come_back(doors)
    doors.wait_until_gone(code, timeout=2 * SLOW)
    assert codes_at(lock) == []


def test_killed_at_random_moments_it_loses_no_acknowledged_code(doors):
    lock, codes = doors.locks[FRONT], []
    for _ in range(4):
        codes.append(doors.create(FRONT))
        come_back(doors)
    for code in codes:
        doors.programmed(code, timeout=2 * SLOW)
    assert sorted(codes_at(lock)) == sorted(code["code"] for code in codes)
