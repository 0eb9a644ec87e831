"""Locks that are full, or not there when the daemon starts."""

from nukisite import SLOW
from waiting import eventually


def test_a_full_keypad_is_told(site):
    lock = site.add_paired_lock("Small Door", capacity=2)
    site.start()
    kept = [site.make_code("Small Door") for _ in range(2)]
    try:
        third = site.create("Small Door")
    except AssertionError as refused:
        assert "max_access_codes" in str(refused) or "no_space" in str(refused) or "full" in str(refused)
    else:
        eventually(lambda: "no_space_for_access_code_on_device" in
                   {error["error_code"] for error in site.daemon.code(third["access_code_id"])["errors"]},
                   "the full keypad is told", SLOW)
        assert third["code"] not in lock.codes()
        site.delete(kept[0])
        site.programmed(third)
    assert all(code["code"] in lock.codes() for code in kept[1:])


def test_a_lock_that_is_absent_at_the_start_is_served_when_it_comes(site):
    far, near = site.add_paired_lock("Far Door"), site.add_paired_lock("Near Door")
    site.radio("silence", name=far.name)
    site.daemon.start(timeout=SLOW)
    site.make_code("Near Door")
    waiting = site.create("Far Door")
    site.radio("advertise", name=far.name)
    site.programmed(waiting, timeout=2 * SLOW)
    assert far.type(waiting["code"]) and near.codes()
