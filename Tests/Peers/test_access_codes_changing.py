"""Updating and deleting access codes: rules R50 to R56 and R60 to R63."""

import uuid

import pytest

import moments
import sdk


def update(daemon, code: dict, /, status: int = 200, **fields) -> dict:
    return daemon.ask("/access_codes/update", status=status, access_code_id=code["access_code_id"], **fields)


def settled(daemon, code: dict, /, **fields) -> dict:
    return daemon.wait_for_code(code["access_code_id"], timeout=30, pending_mutations=[], **fields)


def fresh_pin(daemon, door: dict) -> str:
    return daemon.ask("/access_codes/generate_code", device_id=door["device_id"])["generated_code"]["code"]


def test_R50_R53_a_name_is_changed_and_nothing_else(daemon, make_code, front_door):
    before = settled(daemon, make_code(front_door, name="Jane"), status="set")
    attempt = update(daemon, before, name="Joan")["action_attempt"]
    assert attempt["action_type"] == "UPDATE_ACCESS_CODE"
    assert daemon.finished(attempt["action_attempt_id"])["status"] == "success"
    after = settled(daemon, before, status="set", name="Joan")
    assert (after["code"], after["type"]) == (before["code"], before["type"])


@pytest.mark.parametrize("door_name", ["Front Door", "Studio", "Garden Gate", "Harbour Entrance"])
def test_R50_R55_L15_a_new_pin_opens_and_the_old_one_no_longer_does(daemon, make_code, door_name):
    door = daemon.door(door_name)
    old = settled(daemon, make_code(door), status="set")
    new_pin = fresh_pin(daemon, door)
    update(daemon, old, code=new_pin)
    settled(daemon, old, status="set", code=new_pin)
    changed = daemon.wait_for_event("access_code.code_changed", access_code_id=old["access_code_id"])
    assert (changed["from"]["code"], changed["to"]["code"]) == (old["code"], new_pin)
    daemon.type_code(door["device_id"], old["code"])
    daemon.wait_for_event("lock.access_denied", device_id=door["device_id"])
    assert not daemon.events("lock.unlocked", access_code_id=old["access_code_id"])
    daemon.type_code(door["device_id"], new_pin)
    daemon.wait_for_event("lock.unlocked", access_code_id=old["access_code_id"])


def test_R56_L15_an_accepted_change_is_announced_and_pending_until_the_lock_has_it(daemon, make_code, boathouse):
    code = daemon.wait_for_code(make_code(boathouse)["access_code_id"], timeout=90, status="set")
    new_pin = fresh_pin(daemon, boathouse)
    update(daemon, code, code=new_pin)
    asked = daemon.wait_for_event("access_code.mutations_requested", access_code_id=code["access_code_id"])
    assert [mutation["mutation_code"] for mutation in asked["requested_mutations"]] == ["updating_code"]
    daemon.wait_for_code(code["access_code_id"], timeout=90, status="set", code=new_pin, pending_mutations=[])


def test_R52_an_ongoing_code_becomes_time_bound_by_its_times(daemon, make_code, front_door):
    code = settled(daemon, make_code(front_door), status="set")
    starts_at, ends_at = moments.from_now(hours=-1), moments.from_now(hours=5)
    update(daemon, code, starts_at=starts_at, ends_at=ends_at)
    bound = settled(daemon, code, type="time_bound")
    assert (bound["starts_at"], bound["ends_at"]) == (starts_at, ends_at)
    daemon.wait_for_event("access_code.time_frame_changed", access_code_id=code["access_code_id"])


def test_R52_R53_a_time_bound_code_becomes_ongoing_only_by_its_type(daemon, make_code, front_door):
    code = make_code(front_door, starts_at=moments.from_now(hours=-1), ends_at=moments.from_now(hours=5))
    settled(daemon, code, status="set")
    update(daemon, code, name="still bound")
    assert settled(daemon, code, name="still bound")["type"] == "time_bound"
    update(daemon, code, type="ongoing")
    ongoing = settled(daemon, code, type="ongoing", status="set")
    assert ongoing.get("starts_at") is None and ongoing.get("ends_at") is None


def test_R50_R53_one_time_alone_moves_one_end_of_a_window(daemon, make_code, front_door):
    code = make_code(front_door, starts_at=moments.from_now(hours=-1), ends_at=moments.from_now(hours=5))
    later = moments.from_now(hours=8)
    update(daemon, code, ends_at=later)
    moved = settled(daemon, code, ends_at=later)
    assert moved["starts_at"] == code["starts_at"]


@pytest.mark.parametrize("fields", [
    {"type": "time_bound"},
    {"starts_at": "2098-01-02T00:00:00Z", "ends_at": "2098-01-01T00:00:00Z"},
    {"starts_at": "2098-01-02T00:00:00Z"},
    {"ends_at": "2001-01-01T00:00:00Z", "starts_at": "2000-01-01T00:00:00Z"},
    {"code": "12a4"},
    {"code": "123"},
    {"type": "sometimes"},
])
def test_R3_R4_R52_a_change_that_breaks_a_rule_is_refused_and_changes_nothing(daemon, make_code, front_door, fields):
    code = settled(daemon, make_code(front_door), status="set")
    assert update(daemon, code, status=400, **fields)["error"]["type"] == "invalid_input"
    after = daemon.code(code["access_code_id"])
    assert {**after, "warnings": []} == {**code, "warnings": []}


def test_R7_R55_a_pin_of_another_code_is_a_conflict(daemon, make_code, front_door):
    first, second = make_code(front_door), make_code(front_door)
    error = update(daemon, second, status=409, code=first["code"])["error"]
    assert error["type"] == "duplicate_access_code"


def test_R54_a_change_that_changes_nothing_succeeds_at_once(daemon, make_code, front_door):
    code = settled(daemon, make_code(front_door, name="Jane"), status="set")
    attempt = update(daemon, code, name="Jane", code=code["code"])["action_attempt"]
    done = daemon.finished(attempt["action_attempt_id"])
    assert done["status"] == "success" and "access_code" not in done["result"]
    assert daemon.code(code["access_code_id"])["pending_mutations"] == []
    assert not daemon.events("access_code.mutations_requested", access_code_id=code["access_code_id"])


def test_R50_flags_that_count_only_at_creation_are_ignored(daemon, make_code, front_door):
    code = settled(daemon, make_code(front_door), status="set")
    daemon.post("/access_codes/update", {
        "access_code_id": code["access_code_id"], "is_offline_access_code": True, "is_one_time_use": True,
        "max_time_rounding": "1d", "prefer_native_scheduling": False, "preferred_code_length": 8,
        "use_backup_access_code_pool": True, "use_offline_access_code": True})
    assert settled(daemon, code) == code


def test_R51_a_code_that_has_expired_is_changed_only_with_a_new_end(daemon, make_code, harbour_entrance):
    code = make_code(harbour_entrance, starts_at=moments.from_now(hours=-1), ends_at=moments.from_now(seconds=2))
    expired = settled(daemon, code, status="unset")
    error = update(daemon, expired, status=400, name="too late")["error"]
    assert error["type"] == "invalid_input" and "ends_at" in error["message"]
    assert daemon.code(code["access_code_id"]) == expired
    update(daemon, expired, ends_at=moments.from_now(hours=1))
    settled(daemon, expired, status="set")


def test_R61_a_code_that_is_being_deleted_is_not_changed(daemon, make_code, boathouse):
    code = daemon.wait_for_code(make_code(boathouse)["access_code_id"], timeout=90, status="set")
    daemon.ask("/access_codes/delete", access_code_id=code["access_code_id"])
    with pytest.raises(sdk.SeamHttpApiError) as caught:
        daemon.seam().access_codes.update(access_code_id=code["access_code_id"], name="too late")
    assert (caught.value.status_code, caught.value.code) in ((400, "invalid_input"), (404, "access_code_not_found"))


@pytest.mark.parametrize("verb", ["PATCH", "PUT", "POST"])
def test_R50_every_generation_of_the_sdk_finds_its_verb(daemon, make_code, front_door, verb):
    code = make_code(front_door)
    response = daemon.http.request(verb, "/access_codes/update", json={
        "access_code_id": code["access_code_id"], "name": verb})
    assert response.status_code == 200
    assert daemon.code(code["access_code_id"])["name"] == verb


def test_R50_R60_the_sdk_updates_and_deletes(daemon, seam, make_code, front_door):
    code = settled(daemon, make_code(front_door), status="set")
    seam.access_codes.update(access_code_id=code["access_code_id"], name="by the SDK")
    assert seam.access_codes.get(access_code_id=code["access_code_id"]).name == "by the SDK"
    seam.access_codes.delete(access_code_id=code["access_code_id"])
    daemon.wait_for_event("access_code.deleted", access_code_id=code["access_code_id"])


def test_R60_deleting_an_unknown_code_is_not_found(daemon):
    error = daemon.ask("/access_codes/delete", status=404, access_code_id=str(uuid.uuid4()))["error"]
    assert error["type"] == "access_code_not_found"


def test_R60_the_device_of_a_delete_is_a_cross_check(daemon, make_code, front_door, studio):
    code = make_code(front_door)
    daemon.ask("/access_codes/delete", status=404, access_code_id=code["access_code_id"], device_id=studio["device_id"])
    assert daemon.code(code["access_code_id"])["status"] in ("setting", "set")


def test_R60_R61_L9_until_the_lock_confirms_a_deleted_code_is_readable_and_says_so(daemon, make_code, boathouse):
    code = daemon.wait_for_code(make_code(boathouse)["access_code_id"], timeout=90, status="set")
    first = daemon.ask("/access_codes/delete", access_code_id=code["access_code_id"])["action_attempt"]
    assert first["action_type"] == "DELETE_ACCESS_CODE"
    removing = daemon.http.post("/access_codes/get", json={"access_code_id": code["access_code_id"]})
    if removing.status_code == 200:
        now = removing.json()["access_code"]
        assert now["status"] == "removing"
        assert [warning["warning_code"] for warning in now["warnings"]].count("being_deleted") == 1
        assert [mutation["mutation_code"] for mutation in now["pending_mutations"]] == ["deleting"]
        again = daemon.http.post("/access_codes/delete", json={"access_code_id": code["access_code_id"]})
        if again.status_code == 200:
            repeated = again.json()["action_attempt"]
            assert repeated["action_attempt_id"] == first["action_attempt_id"], "a replayed delete is the same one"
    daemon.finished(first["action_attempt_id"], timeout=90)
    daemon.wait_for_event("access_code.deleted", timeout=90, access_code_id=code["access_code_id"])


def test_R62_L10_a_code_that_was_on_the_lock_is_first_removed_then_deleted(daemon, make_code, front_door):
    code = settled(daemon, make_code(front_door), status="set")
    daemon.ask("/access_codes/delete", access_code_id=code["access_code_id"])
    gone = daemon.wait_for_event("access_code.deleted", access_code_id=code["access_code_id"])
    assert gone["code"] == code["code"]
    told = [event["event_type"] for event in daemon.events(access_code_id=code["access_code_id"])]
    assert told.index("access_code.removed_from_device") < told.index("access_code.deleted")
    daemon.ask("/access_codes/get", status=404, access_code_id=code["access_code_id"])


def test_R62_a_code_that_was_never_on_the_lock_is_only_deleted(daemon, make_code, front_door):
    code = make_code(front_door, starts_at="2098-01-01T00:00:00Z", ends_at="2098-01-02T00:00:00Z")
    daemon.ask("/access_codes/delete", access_code_id=code["access_code_id"])
    daemon.wait_for_event("access_code.deleted", access_code_id=code["access_code_id"])
    told = [event["event_type"] for event in daemon.events(access_code_id=code["access_code_id"])]
    assert "access_code.removed_from_device" not in told
    daemon.ask("/access_codes/get", status=404, access_code_id=code["access_code_id"])


def test_R7_R62_the_pin_of_a_deleted_code_can_be_given_again(daemon, make_code, front_door):
    code = settled(daemon, make_code(front_door), status="set")
    daemon.ask("/access_codes/delete", access_code_id=code["access_code_id"])
    daemon.wait_for_event("access_code.deleted", access_code_id=code["access_code_id"])
    assert make_code(front_door, code=code["code"])["access_code_id"] != code["access_code_id"]
