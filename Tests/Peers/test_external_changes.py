"""What somebody does to our codes at the lock: rules R8, R100 to R104, states L13 and L14.

A lock of the demo keeps its codes in a file, as a real one does in its flash, sealed like everything that holds PINs.
While the gateway is off somebody stands at the keypad: the tests write that file, and no other.
"""

import json

import pytest

import moments
from sealing import Opened
from waiting import eventually


class Keypad:
    """The keypad of the demo's front door, used while the gateway is off."""

    def __init__(self, daemon):
        self.daemon = daemon
        self.file = daemon.data / "simulated-Front-Door"

    def change(self, changes: dict[str, dict | None]):
        """Puts codes into slots, by what they hold now; None empties a slot, a slot number fills an empty one."""
        self.daemon.stop()
        data = Opened(self.daemon.data, bytes.fromhex((self.daemon.data / "seal-key").read_text()))
        context = f"bitting 1 file\0{self.file.name}"
        memory = json.loads(data.open(self.file.read_bytes(), context))
        codes = _pairs(memory["codes"])
        stamps = _pairs(memory["stamps"])
        slots = {code["pin"]: slot for slot, code in codes.items()}
        for there, code in changes.items():
            slot = slots.get(there, int(there))
            if code is None:
                del codes[slot]
            else:
                codes[slot] = {**codes.get(slot, {}), **code}
                codes[slot] = {key: value for key, value in codes[slot].items() if value is not None}
            stamps[slot] = stamps.get(slot, 0) + 1
            memory["changes"] += 1
        memory["codes"] = _listed(codes, memory["codes"])
        memory["stamps"] = _listed(stamps, memory["stamps"])
        self.file.write_bytes(data.seal(json.dumps(memory).encode(), context))
        data.database.close()
        self.daemon.start()


def _pairs(encoded) -> dict:
    """A map by numbers, which is encoded as an object with texts or as a list of keys and values."""
    if isinstance(encoded, dict):
        return {int(key): value for key, value in encoded.items()}
    return dict(zip(encoded[::2], encoded[1::2]))


def _listed(pairs: dict, like):
    if isinstance(like, dict):
        return {str(key): value for key, value in pairs.items()}
    return [part for pair in pairs.items() for part in pair]


@pytest.fixture
def site(daemons):
    daemon = daemons().start()
    return daemon, daemon.door("Front Door"), Keypad(daemon)


def made(daemon, door: dict, **fields) -> dict:
    code = daemon.post("/access_codes/create", {"device_id": door["device_id"], **fields})["access_code"]
    return daemon.wait_for_code(code["access_code_id"], status="set", pending_mutations=[])


def told(daemon, code: dict) -> list[str]:
    return [event["event_type"].removeprefix("access_code.") for event in daemon.events()
            if event.get("access_code_id") == code["access_code_id"]]


@pytest.mark.parametrize("change, event", [
    ({"pin": "987654"}, "modified_external_to_seam"),
    ({"window": {"start": 1_600_000_000_000, "end": 1_600_000_100_000}}, "modified_external_to_seam"),
    (None, "deleted_external_to_seam"),
], ids=["pin", "times", "removal"])
def test_R100_L13_a_change_at_the_lock_is_told_and_undone_each_time(site, change, event):
    daemon, door, keypad = site
    code = made(daemon, door)
    for count in (1, 2):
        keypad.change({code["code"]: change})
        daemon.wait_for_event(f"access_code.{event}", access_code_id=code["access_code_id"])
        daemon.wait_for_code(code["access_code_id"], status="set", errors=[], warnings=[])
        daemon.type_code(door["device_id"], code["code"])
        assert told(daemon, code).count(event) == count
        assert told(daemon, code).count("set_on_device") == count + 1


def test_R101_L14_an_allowed_change_is_told_once_and_left_alone(site):
    daemon, door, keypad = site
    starts_at, ends_at = moments.from_now(hours=-1), moments.from_now(hours=5)
    code = made(daemon, door, is_external_modification_allowed=True, starts_at=starts_at, ends_at=ends_at)
    keypad.change({code["code"]: {"pin": "987654"}})
    daemon.wait_for_event("access_code.modified_external_to_seam", access_code_id=code["access_code_id"])
    daemon.restart()
    door = daemon.door("Front Door")
    left = daemon.wait_for_code(code["access_code_id"], status="set", errors=[])
    [warning] = left["warnings"]
    assert warning["warning_code"] == "external_modification_in_effect"
    assert warning["change_type"] == "modified"
    assert warning["modified_fields"] == [{"field": "code", "from": code["code"], "to": "987654"}]
    assert told(daemon, code) == ["created", "set_on_device", "modified_external_to_seam"]
    daemon.type_code(door["device_id"], "987654")
    daemon.wait_for_event("lock.unlocked", access_code_id=code["access_code_id"])

    keypad.change({"987654": None})
    daemon.wait_for_event("access_code.deleted_external_to_seam", access_code_id=code["access_code_id"])
    [warning] = daemon.wait_for_code(code["access_code_id"], status="set")["warnings"]
    assert warning["change_type"] == "removed" and warning.get("modified_fields") is None


def test_R100_R8_a_change_that_cannot_be_undone_names_what_and_why(site):
    daemon, door, keypad = site
    code = made(daemon, door)
    # Somebody gave our code another PIN, and ours to a code of their own.
    keypad.change({code["code"]: {"pin": "987654"}, "30": {"pin": code["code"], "name": "Mine"}})

    def errors():
        found = {error["error_code"]: error for error in daemon.code(code["access_code_id"])["errors"]}
        return found if "duplicate_code_on_device" in found else None
    found = eventually(errors, "the lock refuses")
    change = found["conflicting_external_modification"]
    assert (change["change_type"], change["is_access_code_error"]) == ("modified", True)
    assert change["modified_fields"] == [{"field": "code", "from": code["code"], "to": "987654"}]
    listed = daemon.post("/access_codes/unmanaged/list", {"device_id": door["device_id"]})["access_codes"]
    [thief] = [other for other in listed if other["code"] == code["code"]]
    assert found["duplicate_code_on_device"]["unmanaged_access_code_id"] == thief["access_code_id"]
    assert daemon.code(code["access_code_id"])["status"] == "setting"

    daemon.post("/access_codes/unmanaged/delete", {"access_code_id": thief["access_code_id"]})
    daemon.wait_for_code(code["access_code_id"], status="set", errors=[])
    assert told(daemon, code).count("modified_external_to_seam") == 1


def test_R102_another_name_at_the_lock_is_no_change(site):
    daemon, door, keypad = site
    code = made(daemon, door, name="Ada")
    keypad.change({code["code"]: {"name": "Bob"}})
    daemon.door("Front Door")
    other = made(daemon, door)
    assert other["status"] == "set"
    assert told(daemon, code) == ["created", "set_on_device"]
    assert daemon.code(code["access_code_id"])["name"] == "Ada"


def test_R103_a_restart_is_no_change(site):
    daemon, door, _ = site
    code = made(daemon, door, starts_at=moments.from_now(hours=-1), ends_at=moments.from_now(hours=5))
    for _ in range(2):
        daemon.restart()
        daemon.door("Front Door")
    assert told(daemon, code) == ["created", "set_on_device"]


def test_R104_a_code_of_somebody_else_in_a_free_slot_is_not_ours(site):
    daemon, door, keypad = site
    made(daemon, door)
    keypad.change({"2": {"pin": "987654", "name": "Somebody"}})
    ours = made(daemon, daemon.door("Front Door"))
    listed = daemon.post("/access_codes/unmanaged/list", {"device_id": door["device_id"]})["access_codes"]
    assert [other["code"] for other in listed] == ["987654"]
    assert ours["errors"] == [] and ours["code"] != "987654"
