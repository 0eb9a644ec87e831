"""Action attempts: what was asked of a lock and takes its time (rules R120 to R122)."""

import uuid
from concurrent.futures import ThreadPoolExecutor

import httpx
import pytest

from sdk import SeamActionAttemptFailedError
from waiting import eventually

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


def test_R122_by_unknown_ids_nothing_is_found(daemon):
    error = daemon.ask("/action_attempts/list", status=404, action_attempt_ids=[str(uuid.uuid4())])["error"]
    assert error["type"] == "action_attempts_not_found"


def test_R13_sync_answers_with_the_finished_attempt(daemon, front_door):
    door = front_door["device_id"]
    created = daemon.post("/access_codes/create", {"device_id": door, "sync": True})
    assert created["action_attempt"]["status"] == "success"
    assert created["action_attempt"]["result"]["access_code"]
    code = {"access_code_id": created["access_code"]["access_code_id"]}
    assert daemon.code(code["access_code_id"])["status"] == "set"
    updated = daemon.post("/access_codes/update", {**code, "name": "Ada", "sync": True})
    assert updated["action_attempt"]["status"] == "success"
    deleted = daemon.post("/access_codes/delete", {**code, "sync": True})
    assert (deleted["action_attempt"]["status"], deleted["action_attempt"]["result"]) == ("success", {})
    daemon.post("/access_codes/get", code, status=404)
    for path in ("/locks/unlock_door", "/locks/lock_door"):
        done = daemon.post(path, {"device_id": door, "sync": True})["action_attempt"]
        assert (done["status"], done["result"]) == ("success", {"was_confirmed_by_device": True})


def test_R13_without_sync_a_code_is_answered_at_once(daemon, seam, boathouse):
    attempt = daemon.post("/access_codes/create", {"device_id": boathouse["device_id"]})
    assert attempt["action_attempt"]["status"] == "pending"
    daemon.post("/access_codes/delete", {"access_code_id": attempt["access_code"]["access_code_id"]})


def test_R120_an_offline_lock_ends_the_attempt_with_an_error_and_does_nothing_later(daemon, seam, studio):
    door = studio["device_id"]
    daemon.post("/devices/simulate/disconnect", {"device_id": door})
    try:
        attempt = daemon.post("/locks/unlock_door", {"device_id": door})["action_attempt"]
        assert (attempt["status"], attempt["error"]["type"]) == ("error", "device_disconnected")
        with pytest.raises(SeamActionAttemptFailedError):
            seam.locks.lock_door(device_id=door)
    finally:
        daemon.post("/devices/simulate/connect", {"device_id": door})
    failed = daemon.events("action_attempt.unlock_door.failed", action_attempt_id=attempt["action_attempt_id"])
    assert [event["status"] for event in failed] == ["error"]
    assert not daemon.events("lock.unlocked", action_attempt_id=attempt["action_attempt_id"])


def test_R120_each_family_opens_while_the_request_is_held_and_tells_it_once(daemon, seam):
    for name in ("Garden Gate", "Harbour Entrance", "Wharf Gate"):
        door = daemon.door(name)
        before = len(daemon.events("lock.unlocked", device_id=door["device_id"]))
        attempt = daemon.post("/locks/unlock_door", {"device_id": door["device_id"]})["action_attempt"]
        assert (attempt["status"], attempt["result"]) == ("success", {"was_confirmed_by_device": True})
        told = daemon.events("lock.unlocked", device_id=door["device_id"])[before:]
        assert [event.get("action_attempt_id") for event in told] == [attempt["action_attempt_id"]]
        assert told[0]["method"] == "remote"
        ended = daemon.events("action_attempt.unlock_door.succeeded", action_attempt_id=attempt["action_attempt_id"])
        assert len(ended) == 1 and ended[0]["status"] == "success"


def test_R120_an_attempt_that_a_power_cut_ended_has_expired(daemons):
    daemon = daemons().start()
    boathouse = daemon.door("Boathouse", timeout=60)
    with ThreadPoolExecutor(1) as pool:
        held = pool.submit(httpx.post, f"{daemon.url}/locks/unlock_door", json={"device_id": boathouse["device_id"]},
                           headers={"authorization": f"Bearer {daemon.key}"}, timeout=30)
        pending = eventually(lambda: daemon.post("/action_attempts/list", {
            "device_id": boathouse["device_id"]})["action_attempts"], "the attempt is there", every=0.01)
        assert pending[0]["status"] == "pending"
        daemon.kill()
        assert isinstance(held.exception(), httpx.TransportError)
    daemon.start()
    done = daemon.finished(pending[0]["action_attempt_id"])
    assert (done["status"], done["error"]["type"]) == ("error", "action_attempt_expired")
    daemon.restart()
    failed = daemon.events("action_attempt.unlock_door.failed", action_attempt_id=done["action_attempt_id"])
    assert len(failed) == 1


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
