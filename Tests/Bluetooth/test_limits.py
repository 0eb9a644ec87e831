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


def test_what_the_log_lost_is_told_as_a_gap(site):
    """More happens during an outage than the lock's ring holds."""
    held = 8
    lock = site.add_paired_lock("Busy Door", log_size=held)
    site.start()
    code = site.make_code("Busy Door")
    assert lock.type(code["code"])
    site.entry("Busy Door", code)
    read = lock.state()["newest_record"]
    site.daemon.stop()
    for _ in range(6):
        lock.turn("lock")
        lock.turn("unlock")
    newest = lock.state()["newest_record"]
    site.daemon.start(timeout=SLOW)
    lost = site.daemon.wait_for_event("lock.entries_lost", timeout=SLOW)
    assert (lost["first_index"], lost["last_index"]) == (read + 1, newest - held)
    eventually(lambda: len(site.daemon.events("lock.unlocked", method="manual")) == held // 2, "the rest is told", SLOW)
