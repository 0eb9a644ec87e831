"""Codes that somebody put on a lock: rules R57, R65, R80 to R85, R123 and R151."""

import itertools
import uuid

import pytest

from waiting import always, eventually

PINS = (f"{n}" for n in itertools.count(473911))


@pytest.fixture
def stranger(daemon):
    """Puts codes into locks at their keypads; they are gone again after the test."""
    made = []

    def add(door: dict, name: str = "Cleaner", code: str | None = None) -> dict:
        pin = code or next(pin for pin in PINS if "0" not in pin)
        made.append(daemon.ask("/access_codes/simulate/create_unmanaged_access_code",
                               device_id=door["device_id"], name=name, code=pin)["access_code"])
        return made[-1] | {"typed": pin}

    yield add
    for code in made:
        for path in ("/access_codes/unmanaged/delete", "/access_codes/delete"):
            daemon.http.post(path, json={"access_code_id": code["access_code_id"], "sync": True})


def unmanaged(daemon, code: dict, status: int = 200) -> dict:
    return daemon.ask("/access_codes/unmanaged/get", status, access_code_id=code["access_code_id"]).get("access_code")


def story(daemon, code: dict) -> list[str]:
    return [event["event_type"].removeprefix("access_code.") for event in daemon.events()
            if event.get("access_code_id") == code["access_code_id"]]


DOORS = ["Front Door", "Studio", "Garden Gate", "Boathouse", "Wharf Gate", "Sail Loft"]


@pytest.mark.parametrize("name", DOORS)
def test_R80_R81_R151_a_code_added_at_the_lock_is_found_and_listed(daemon, stranger, name):
    door = daemon.door(name, timeout=60)
    code = stranger(door)
    is_masked = name == "Garden Gate"
    assert (code["is_managed"], code["status"], code["type"]) == (False, "set", "ongoing")
    assert (code["code"], code["name"]) == (None if is_masked else code["typed"], "Cleaner")
    assert code.get("cannot_be_managed") is (True if is_masked else None)
    assert "cannot_delete_unmanaged_access_code" not in code
    daemon.wait_for_event("access_code.unmanaged.created", access_code_id=code["access_code_id"])
    listed = daemon.ask("/access_codes/unmanaged/list", device_id=door["device_id"])["access_codes"]
    assert code["access_code_id"] in [other["access_code_id"] for other in listed]
    assert unmanaged(daemon, code)["access_code_id"] == code["access_code_id"]
    daemon.ask("/access_codes/get", 404, access_code_id=code["access_code_id"])


def test_R123_an_entry_with_an_unmanaged_code_names_it(daemon, stranger, front_door):
    code = stranger(front_door)
    daemon.type_code(front_door["device_id"], code["typed"])
    entry = daemon.wait_for_event("lock.unlocked", access_code_id=code["access_code_id"])
    assert (entry["access_code_is_managed"], entry["code"], entry["method"]) == (False, code["typed"], "keycode")


@pytest.mark.parametrize("name", ["Front Door", "Studio", "Wharf Gate"])
@pytest.mark.parametrize("path", ["convert_to_managed", "update"])
def test_R82_R83_R85_a_code_is_taken_over_as_it_is(daemon, stranger, name, path):
    door = daemon.door(name)
    code = stranger(door)
    more = {"is_managed": True} if path == "update" else {}
    answer = daemon.ask(f"/access_codes/unmanaged/{path}", access_code_id=code["access_code_id"], force=True,
                        allow_external_modification=True, **more)
    assert answer == {"ok": True}
    managed = daemon.wait_for_code(code["access_code_id"], status="set", pending_mutations=[])
    assert (managed["code"], managed["name"]) == (code["typed"], "Cleaner")
    assert managed["created_at"] == code["created_at"] and managed["is_external_modification_allowed"] is True
    daemon.wait_for_event("access_code.unmanaged.converted_to_managed", access_code_id=code["access_code_id"])
    unmanaged(daemon, code, 404)
    daemon.type_code(door["device_id"], code["typed"])
    entry = daemon.wait_for_event("lock.unlocked", timeout=30, access_code_id=code["access_code_id"])
    assert entry["access_code_is_managed"] is True
    # Nothing was done on the lock that would have been news.
    assert story(daemon, code)[:2] == ["unmanaged.created", "unmanaged.converted_to_managed"]
    assert "set_on_device" not in story(daemon, code)


def test_R82_what_was_taken_over_is_changed_and_deleted_like_any_other(daemon, stranger):
    door = daemon.door("Wharf Gate")
    code = stranger(door)
    located = {"access_code_id": code["access_code_id"]}
    daemon.ask("/access_codes/unmanaged/convert_to_managed", **located)
    new = daemon.ask("/access_codes/generate_code", device_id=door["device_id"])["generated_code"]["code"]
    daemon.ask("/access_codes/update", **located, code=new)
    daemon.wait_for_code(code["access_code_id"], timeout=30, status="set", code=new, pending_mutations=[])
    attempt = daemon.ask("/access_codes/delete", **located)["action_attempt"]
    assert daemon.finished(attempt["action_attempt_id"])["status"] == "success"
    assert story(daemon, code)[-2:] == ["removed_from_device", "deleted"]


def test_R84_a_code_whose_pin_the_lock_hides_cannot_be_managed(daemon, stranger, garden_gate):
    code = stranger(garden_gate)
    error = daemon.ask("/access_codes/unmanaged/convert_to_managed", 400, access_code_id=code["access_code_id"])
    assert error["error"]["type"] == "invalid_input" and "cannot be managed" in error["error"]["message"]
    assert unmanaged(daemon, code)["cannot_be_managed"] is True


def test_R82_R7_a_pin_that_is_managed_already_fails_with_an_event(daemon, stranger, make_code, front_door):
    code = stranger(front_door)
    twin = make_code(front_door, code=code["typed"])
    daemon.wait_for_event("access_code.failed_to_set_on_device", access_code_id=twin["access_code_id"])
    answer = daemon.ask("/access_codes/unmanaged/convert_to_managed", access_code_id=code["access_code_id"])
    assert answer == {"ok": True}
    told = daemon.wait_for_event("access_code.unmanaged.failed_to_convert_to_managed",
                                 access_code_id=code["access_code_id"])
    assert [error["error_code"] for error in told["access_code_errors"]] == ["duplicate_code_on_device"]
    assert unmanaged(daemon, code)["errors"][0]["managed_access_code_id"] == twin["access_code_id"]


def test_R8_a_duplicate_at_the_lock_names_the_other_code_and_is_over_with_it(daemon, stranger, make_code, studio):
    code = stranger(studio)
    twin = make_code(studio, code=code["typed"])
    daemon.wait_for_event("access_code.failed_to_set_on_device", access_code_id=twin["access_code_id"])
    [error] = daemon.code(twin["access_code_id"])["errors"]
    assert error["error_code"] == "duplicate_code_on_device"
    assert error["unmanaged_access_code_id"] == code["access_code_id"]
    # Other codes of the same lock are not held up by it.
    other = make_code(studio)
    daemon.wait_for_code(other["access_code_id"], status="set")
    daemon.ask("/access_codes/unmanaged/delete", access_code_id=code["access_code_id"])
    daemon.wait_for_code(twin["access_code_id"], timeout=30, status="set", errors=[])


@pytest.mark.parametrize("name", DOORS)
def test_R65_an_unmanaged_code_is_deleted_from_the_lock(daemon, stranger, name):
    door = daemon.door(name, timeout=60)
    code = stranger(door)
    answer = daemon.ask("/access_codes/unmanaged/delete", access_code_id=code["access_code_id"])
    # 2.2.0 and 3.18.0 throw the attempt away; it is there for whoever asks for it.
    attempt = answer["action_attempt"]
    assert attempt["action_type"] == "DELETE_ACCESS_CODE"
    assert daemon.finished(attempt["action_attempt_id"], timeout=60)["status"] == "success"
    unmanaged(daemon, code, 404)
    assert story(daemon, code) == ["unmanaged.created", "unmanaged.removed"]
    daemon.type_code(door["device_id"], code["typed"])
    assert not [event for event in daemon.events("lock.unlocked", device_id=door["device_id"])
                if event.get("code") == code["typed"]]


def test_R57_a_code_is_handed_back_and_left_alone(daemon, make_code, front_door, stranger):
    code = daemon.wait_for_code(make_code(front_door, name="Ada")["access_code_id"], status="set")
    located = {"access_code_id": code["access_code_id"]}
    attempt = daemon.ask("/access_codes/update", **located, is_managed=False)["action_attempt"]
    assert (attempt["action_type"], attempt["status"]) == ("UPDATE_ACCESS_CODE", "success")
    daemon.ask("/access_codes/get", 404, **located)
    handed = unmanaged(daemon, code)
    assert (handed["code"], handed["name"], handed["status"]) == (code["code"], "Ada", "set")
    assert handed["created_at"] == code["created_at"]
    daemon.type_code(front_door["device_id"], code["code"])
    daemon.wait_for_event("lock.unlocked", **located)
    assert story(daemon, code)[:3] == ["created", "set_on_device", "unmanaged.created"]
    daemon.ask("/access_codes/unmanaged/delete", **located)
    daemon.wait_for_event("access_code.unmanaged.removed", **located)


def test_R57_what_is_not_on_the_lock_cannot_be_handed_back(daemon, make_code, front_door, harbour_entrance):
    later = make_code(front_door, starts_at="2199-01-01T00:00:00Z", ends_at="2199-01-02T00:00:00Z")
    held = daemon.wait_for_code(make_code(harbour_entrance)["access_code_id"], status="set")
    for code in (later, held):
        error = daemon.ask("/access_codes/update", 400, access_code_id=code["access_code_id"], is_managed=False)
        assert error["error"]["type"] == "invalid_input"
        assert daemon.code(code["access_code_id"])["is_managed"] is True
    daemon.post("/access_codes/update",
                {"access_code_id": held["access_code_id"], "is_managed": False, "name": "x"}, status=400)


def test_R57_R82_there_and_back_again_changes_nothing_on_the_lock(daemon, make_code, front_door):
    code = daemon.wait_for_code(make_code(front_door)["access_code_id"], status="set")
    located = {"access_code_id": code["access_code_id"]}
    for _ in range(3):
        # While the lock is being looked at for it, a code cannot be handed back.
        eventually(lambda: daemon.ask("/access_codes/update", **located, is_managed=False), "it is handed back")
        daemon.ask("/access_codes/unmanaged/convert_to_managed", **located)
    always(lambda: daemon.code(code["access_code_id"])["status"] == "set", seconds=2)
    assert story(daemon, code).count("set_on_device") == 1


def test_R57_R65_R82_what_changed_hands_survives_a_kill(daemons):
    daemon = daemons().start()
    door = daemon.door("Front Door")
    codes = [daemon.ask("/access_codes/simulate/create_unmanaged_access_code", device_id=door["device_id"],
                        name="Cleaner", code=pin)["access_code"] for pin in ("473911", "473912", "473913")]
    taken, deleted, kept = ({"access_code_id": code["access_code_id"]} for code in codes)
    daemon.ask("/access_codes/unmanaged/convert_to_managed", **taken)
    daemon.ask("/access_codes/unmanaged/delete", **deleted)
    daemon.kill()
    daemon.start()
    daemon.door("Front Door")
    daemon.wait_for_event("access_code.unmanaged.removed", **deleted)
    assert daemon.wait_for_code(taken["access_code_id"], status="set")["errors"] == []
    listed = daemon.ask("/access_codes/unmanaged/list", device_id=door["device_id"])["access_codes"]
    assert [code["access_code_id"] for code in listed] == [kept["access_code_id"]]
    for located in (taken, deleted, kept):
        told = [event["event_type"] for event in daemon.events() if located.items() <= event.items()]
        assert len(told) == len(set(told)), told


@pytest.mark.parametrize("path", ["convert_to_managed", "update", "delete", "get"])
def test_R81_a_code_that_is_not_unmanaged_is_not_found(daemon, make_code, front_door, path):
    managed = make_code(front_door)["access_code_id"]
    for code in (managed, str(uuid.uuid4())):
        more = {"is_managed": True} if path == "update" else {}
        answer = daemon.ask(f"/access_codes/unmanaged/{path}", 404, access_code_id=code, **more)
        assert answer["error"]["type"] == "access_code_not_found"
    assert daemon.code(managed)["is_managed"] is True


def test_R85_an_unmanaged_code_can_only_become_managed(daemon, stranger, front_door):
    code = stranger(front_door)
    for body in ({}, {"is_managed": False}):
        error = daemon.post("/access_codes/unmanaged/update", {"access_code_id": code["access_code_id"], **body}, 400)
        assert error["error"]["type"] == "invalid_input"
    assert unmanaged(daemon, code)["is_managed"] is False


def test_R12_both_spellings_must_agree_on_conversion_too(daemon, stranger, front_door):
    code = stranger(front_door)
    daemon.post("/access_codes/unmanaged/convert_to_managed", {
        "access_code_id": code["access_code_id"], "allow_external_modification": True,
        "is_external_modification_allowed": False}, 400)
    assert unmanaged(daemon, code)["is_managed"] is False


def test_R151_only_a_simulated_lock_that_keeps_codes_can_be_given_one(daemon, stranger, front_door, harbour_entrance):
    body = {"name": "Cleaner", "code": "473999"}
    path = "/access_codes/simulate/create_unmanaged_access_code"
    error = daemon.ask(path, 400, device_id=harbour_entrance["device_id"], **body)
    assert error["error"]["type"] == "device_type_not_supported"
    error = daemon.ask(path, 404, device_id=str(uuid.uuid4()), **body)
    assert error["error"]["type"] == "device_not_found"
    for wrong in ({"code": "123"}, {"code": "123456789"}, {"code": "12a4"}, {"name": None}):
        daemon.post(path, {"device_id": front_door["device_id"], **body, **wrong}, 400)
    code = stranger(front_door)
    again = daemon.ask(path, 409, device_id=front_door["device_id"], name="Twin", code=code["typed"])
    assert again["error"]["type"] == "duplicate_access_code"
