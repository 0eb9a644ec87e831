"""Action attempts: what was asked of a lock and takes its time (rules R120 to R122)."""

import uuid

import pytest

from sdk import SeamActionAttemptFailedError

ALWAYS_THERE = {"action_attempt_id", "action_type", "status", "result", "error"}


def test_R120_unlocking_ends_well_and_the_event_names_the_attempt(daemon, seam, front_door):
    attempt = seam.locks.unlock_door(device_id=front_door["device_id"])
    assert attempt.status == "success" and attempt.action_type == "UNLOCK_DOOR"
    event = daemon.wait_for_event("lock.unlocked", action_attempt_id=attempt.action_attempt_id)
    assert event["method"] == "remote" and event["device_id"] == front_door["device_id"]
    daemon.wait_for_event("action_attempt.unlock_door.succeeded", action_attempt_id=attempt.action_attempt_id)


def test_R120_locking_ends_well_and_the_lock_is_seen_locked(daemon, seam, front_door):
    attempt = seam.locks.lock_door(device_id=front_door["device_id"])
    assert attempt.status == "success"
    daemon.wait_for_event("lock.locked", action_attempt_id=attempt.action_attempt_id)
    assert daemon.door("Front Door")["properties"]["locked"] is True


def test_R152_locking_by_hand_is_told_as_such(daemon, seam, front_door):
    before = len(daemon.events("lock.locked", device_id=front_door["device_id"]))
    seam.locks.unlock_door(device_id=front_door["device_id"])
    attempt = seam.locks.simulate.manual_lock_via_keypad(device_id=front_door["device_id"])
    assert attempt.status == "success"
    daemon.wait_for_event("action_attempt.simulate_manual_lock_via_keypad.succeeded",
                          action_attempt_id=attempt.action_attempt_id)
    daemon.wait_for_event("lock.locked", device_id=front_door["device_id"])
    assert len(daemon.events("lock.locked", device_id=front_door["device_id"])) > before


def test_R120_R121_an_attempt_is_read_again_as_it_is(daemon, front_door):
    attempt = daemon.ask("/locks/unlock_door", device_id=front_door["device_id"])["action_attempt"]
    done = daemon.finished(attempt["action_attempt_id"])
    assert set(done) >= ALWAYS_THERE
    assert done["status"] == "success" and done["error"] is None
    assert isinstance(done["result"].get("was_confirmed_by_device", True), bool)


def test_a_failed_attempt_says_why(daemon, seam, boathouse):
    """A lock out of reach may fail; whichever way it ends, the attempt has the shape of its end."""
    try:
        attempt = seam.locks.unlock_door(device_id=boathouse["device_id"],
                                         wait_for_action_attempt={"timeout": 60, "polling_interval": 0.2})
        assert attempt.status == "success"
    except SeamActionAttemptFailedError as failure:
        assert failure.code and str(failure)


def test_R122_attempts_are_listed_by_id_and_by_device(daemon, seam, front_door, studio):
    made = [daemon.ask("/locks/unlock_door", device_id=door["device_id"])["action_attempt"]["action_attempt_id"]
            for door in (front_door, studio, front_door)]
    by_id = seam.action_attempts.list(action_attempt_ids=made[:2])
    assert {attempt.action_attempt_id for attempt in by_id} == set(made[:2])
    by_device = daemon.ask("/action_attempts/list", device_id=front_door["device_id"])
    here = [attempt["action_attempt_id"] for attempt in by_device["action_attempts"]]
    assert made[0] in here and made[2] in here and made[1] not in here
    assert set(by_device["pagination"]) == {"has_next_page", "next_page_cursor", "next_page_url"}


def test_an_unknown_attempt_is_not_found(daemon):
    error = daemon.ask("/action_attempts/get", status=404, action_attempt_id=str(uuid.uuid4()))["error"]
    assert error["type"] == "action_attempt_not_found"


@pytest.mark.parametrize("path", ["/locks/lock_door", "/locks/unlock_door", "/locks/simulate/keypad_code_entry",
                                  "/locks/simulate/manual_lock_via_keypad"])
def test_an_unknown_door_is_not_found(daemon, path):
    error = daemon.post(path, {"device_id": str(uuid.uuid4()), "code": "1234"}, status=404)["error"]
    assert error["type"] == "device_not_found"


def test_R152_a_keypad_entry_needs_its_code(daemon, front_door):
    error = daemon.post("/locks/simulate/keypad_code_entry", {"device_id": front_door["device_id"]}, status=400)
    assert error["error"]["validation_errors"]["code"]["_errors"] == ["Required"]
