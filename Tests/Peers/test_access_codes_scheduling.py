"""When a code reaches the lock: rules R30 to R36 and the life cycle L1 to L10."""

import pytest

import moments
from waiting import elapse, eventually


def pending(code: dict) -> dict:
    """The only pending mutation."""
    assert len(code["pending_mutations"]) == 1, code["pending_mutations"]
    return code["pending_mutations"][0]


def test_R30_L2_a_lock_with_schedules_gets_a_code_72_hours_ahead(daemon, make_code, front_door):
    starts_at = moments.from_now(hours=80)
    code = make_code(front_door, starts_at=starts_at, ends_at=moments.from_now(hours=90))
    assert code["status"] == "unset"
    assert pending(code)["mutation_code"] == "deferring_creation"
    assert pending(code)["scheduled_at"] == moments.before(starts_at, hours=72)
    assert code["is_scheduled_on_device"] is False


def test_R30_R34_L3_within_72_hours_it_is_stored_at_once_but_not_set_yet(daemon, make_code, front_door):
    code = make_code(front_door, starts_at=moments.from_now(hours=2), ends_at=moments.from_now(hours=3))
    assert code["status"] == "unset"
    stored = daemon.wait_for_code(code["access_code_id"], is_scheduled_on_device=True, pending_mutations=[])
    assert stored["status"] == "unset"
    event = daemon.wait_for_event("access_code.scheduled_on_device", access_code_id=code["access_code_id"])
    assert event["code"] == code["code"]
    assert not daemon.events("access_code.set_on_device", access_code_id=code["access_code_id"])


def test_R34_R63_L4_a_stored_code_is_set_when_its_window_begins_and_unset_when_it_ends(daemon, make_code, front_door):
    # The lock keeps times on a grid; the longest wait here is two minutes for both edges.
    code = make_code(front_door, starts_at=moments.from_now(seconds=4), ends_at=moments.from_now(seconds=9))
    daemon.wait_for_code(code["access_code_id"], timeout=75, status="set")
    daemon.wait_for_code(code["access_code_id"], timeout=75, status="unset")
    daemon.wait_for_event("access_code.removed_from_device", timeout=75, access_code_id=code["access_code_id"])
    assert daemon.code(code["access_code_id"])["status"] == "unset", "an expired code is kept until it is deleted"


def test_R32_L2_L5_a_lock_without_schedules_gets_a_code_60_minutes_ahead(daemon, make_code, studio):
    starts_at = moments.from_now(hours=2)
    code = make_code(studio, starts_at=starts_at, ends_at=moments.from_now(hours=3))
    assert code["status"] == "unset"
    assert pending(code)["mutation_code"] == "deferring_creation"
    assert pending(code)["scheduled_at"] == moments.before(starts_at, minutes=60)
    near = make_code(studio, starts_at=moments.from_now(minutes=30), ends_at=moments.from_now(hours=1))
    assert near["status"] in ("setting", "set")
    daemon.wait_for_code(near["access_code_id"], status="set")


def test_R32_R63_L9_L10_a_lock_without_schedules_loses_a_code_when_its_window_ends(daemon, make_code, studio):
    code = make_code(studio, starts_at=moments.from_now(hours=-1), ends_at=moments.from_now(seconds=4))
    daemon.wait_for_code(code["access_code_id"], status="set")
    daemon.wait_for_event("access_code.removed_from_device", timeout=30, access_code_id=code["access_code_id"])
    expired = daemon.code(code["access_code_id"])
    assert expired["status"] == "unset" and expired["pending_mutations"] == []
    daemon.type_code(studio["device_id"], code["code"])
    assert not daemon.events("lock.unlocked", access_code_id=code["access_code_id"])


@pytest.mark.parametrize("name, hours", [
    ("Front Door", 72), ("Studio", 1), ("Garden Gate", 72), ("Harbour Entrance", 72), ("Boathouse", 72),
    ("Wharf Gate", 72), ("Sail Loft", 72)])
def test_R36_how_far_ahead_a_code_is_stored_is_a_matter_of_the_lock(daemon, make_code, name, hours):
    starts_at = moments.from_now(hours=100)
    code = make_code(daemon.door(name, timeout=60), starts_at=starts_at, ends_at=moments.from_now(hours=101))
    assert pending(code)["scheduled_at"] == moments.before(starts_at, hours=hours)


def test_R31_native_scheduling_can_be_declined(daemon, make_code, front_door):
    starts_at = moments.from_now(hours=2)
    code = make_code(front_door, starts_at=starts_at, ends_at=moments.from_now(hours=3),
                     prefer_native_scheduling=False)
    assert pending(code)["mutation_code"] == "deferring_creation"
    assert pending(code)["scheduled_at"] == moments.before(starts_at, minutes=60)


def test_R33_R152_a_reader_whose_codes_the_gateway_holds_keeps_times_to_the_second(daemon, make_code, harbour_entrance):
    device_id = harbour_entrance["device_id"]
    code = make_code(harbour_entrance, starts_at=moments.from_now(seconds=3), ends_at=moments.from_now(seconds=7))
    daemon.type_code(device_id, code["code"])
    early = daemon.wait_for_event("lock.access_denied", device_id=device_id, access_code_id=code["access_code_id"])
    assert early["reason"]["message"]
    daemon.wait_for_code(code["access_code_id"], status="set")
    daemon.type_code(device_id, code["code"])
    daemon.wait_for_event("lock.unlocked", device_id=device_id, access_code_id=code["access_code_id"])
    daemon.wait_for_code(code["access_code_id"], status="unset")
    daemon.type_code(device_id, code["code"])
    late = eventually(lambda: [
        event for event in daemon.events("lock.access_denied", access_code_id=code["access_code_id"])
        if event["reason"]["reason_code"] == "expired_code"], "the expired code is denied")
    assert len(late) == 1


def test_R9_L1_L7_an_ongoing_code_goes_from_setting_to_set(daemon, make_code, front_door):
    code = make_code(front_door)
    done = daemon.wait_for_code(code["access_code_id"], status="set", pending_mutations=[], errors=[])
    assert not done.get("is_scheduled_on_device")
    told = [event["event_type"] for event in daemon.events(access_code_id=code["access_code_id"])]
    assert told[0] == "access_code.created" and told.count("access_code.set_on_device") == 1


def test_R10_R130_a_lock_out_of_reach_gets_its_code_when_it_is_back(daemon, make_code, boathouse):
    code = make_code(boathouse)
    done = daemon.wait_for_code(code["access_code_id"], timeout=90, status="set")
    assert done["errors"] == [] or all(error.get("is_device_error") for error in done["errors"])


def test_nothing_is_written_while_there_is_nothing_to_do(daemon, make_code, front_door):
    code = make_code(front_door)
    daemon.wait_for_code(code["access_code_id"], status="set")
    before = daemon.events(access_code_id=code["access_code_id"])
    elapse(1.5)
    assert daemon.events(access_code_id=code["access_code_id"]) == before
