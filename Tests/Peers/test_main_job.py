"""The main job: a code made with the official SDK opens the door it was made for, and the door says so."""

import pytest

from sdk import SeamHttpApiError
from waiting import eventually

DOORS = ["Front Door", "Studio", "Garden Gate", "Harbour Entrance", "Boathouse", "Wharf Gate", "Sail Loft"]


@pytest.mark.parametrize("name", DOORS)
def test_R123_R152_a_code_opens_its_door_and_the_entry_names_it(daemon, seam, name):
    door = daemon.door(name, timeout=60)
    device_id = door["device_id"]

    code = seam.access_codes.create(device_id=device_id, name="Jane Doe")
    assert len(code.code) in door["properties"]["supported_code_lengths"]
    assert code.type == "ongoing" and code.status in ("setting", "set")
    eventually(lambda: seam.access_codes.get(access_code_id=code.access_code_id).status == "set",
               f"{name} holds the code", timeout=60)

    attempt = seam.locks.simulate.keypad_code_entry(
        device_id=device_id, code=code.code, wait_for_action_attempt={"timeout": 60, "polling_interval": 0.1})
    assert attempt.status == "success"

    def entries():
        return seam.events.list(device_id=device_id, event_type="lock.unlocked", since="2020-01-01T00:00:00Z")
    entry = eventually(entries, f"{name} reports the entry", timeout=60)[0]
    assert entry.access_code_id == code.access_code_id
    assert entry.method == "keycode"

    seam.access_codes.delete(access_code_id=code.access_code_id)
    eventually(lambda: is_gone(seam, code.access_code_id), f"{name} has erased the code", timeout=60)
    told = [event["event_type"] for event in daemon.events(access_code_id=code.access_code_id)
            if event["event_type"].startswith("access_code.")]
    assert told[0] == "access_code.created"
    assert told.index("access_code.set_on_device") < told.index("access_code.removed_from_device")
    assert told[-1] == "access_code.deleted"


@pytest.mark.parametrize("name", DOORS)
def test_R124_R152_a_wrong_code_is_denied_and_told(daemon, seam, name):
    door = daemon.door(name, timeout=60)
    wrong = seam.access_codes.generate_code(device_id=door["device_id"]).code
    daemon.type_code(door["device_id"], wrong)
    denied = daemon.wait_for_event("lock.access_denied", timeout=60, device_id=door["device_id"])
    assert denied["reason"]["reason_code"] == "unknown_code"
    assert "code" not in denied and wrong not in str(denied["reason"])


def is_gone(seam, access_code_id: str) -> bool:
    try:
        seam.access_codes.get(access_code_id=access_code_id)
    except SeamHttpApiError as error:
        assert (error.status_code, error.code) == (404, "access_code_not_found")
        return True
    return False
