"""Locks that demand an encrypted link: pairing of the radio, bonds that the lock has lost, and refusals."""

import pytest

from nukisite import SLOW
from waiting import eventually

DOOR = "Front Door"


@pytest.fixture
def encrypting(site):
    """A lock that takes no value over a link in the clear, paired and served."""
    lock = site.add_lock(DOOR)
    site.radio("need_encryption", name=DOOR, need=True)
    done = site.pair(lock)
    assert done.returncode == 0, done.stdout + done.stderr
    site.start()
    return lock


def is_encrypted(site) -> bool:
    return site.radio("links").get(DOOR, {}).get("encrypted", False)


def test_a_lock_that_demands_encryption_gets_it(site, encrypting):
    code = site.make_code(DOOR)
    assert encrypting.type(code["code"])
    site.entry(DOOR, code)


def test_the_bond_outlives_the_daemon(site, encrypting):
    """A bond is stored: after a restart, and after the adapter was pulled out, nothing is paired anew."""
    site.make_code(DOOR)
    site.radio("refuse_pairing", name=DOOR, refuse=True)
    site.daemon.restart()
    site.door(DOOR)
    site.make_code(DOOR)


def test_a_refused_pairing_is_told_and_does_no_harm(site, encrypting):
    """The lock has lost its bond and refuses a new one: it is not pestered, and other locks go on."""
    other = site.add_lock("Side Door")
    site.daemon.stop()
    assert site.pair(other).returncode == 0
    site.radio("forget_bond", name=DOOR)
    site.radio("refuse_pairing", name=DOOR, refuse=True)
    site.daemon.start(timeout=SLOW)
    site.door("Side Door")
    eventually(lambda: "refused to pair" in site.daemon.log(), "the refusal is told", SLOW)
    waiting = site.create(DOOR)
    for _ in range(3):
        site.make_code("Side Door")
    assert site.daemon.code(waiting["access_code_id"])["status"] == "setting"
    site.radio("refuse_pairing", name=DOOR, refuse=False)
    site.daemon.restart()
    site.programmed(waiting, timeout=2 * SLOW)


def test_a_stale_bond_is_replaced(site, encrypting):
    """The lock has forgotten its keys, we have not: the bond is given up and made anew."""
    site.make_code(DOOR)
    site.radio("forget_bond", name=DOOR)
    if DOOR in site.radio.held():
        site.radio("hang_up", name=DOOR)
    code = site.create(DOOR)
    site.programmed(code, timeout=4 * SLOW)
    assert encrypting.type(code["code"])
