"""Playing at simulated devices: what is done at the lock's side is noticed by the gateway itself (R150, R152, R153)."""

import uuid

import pytest
from seam.exceptions import SeamHttpApiError

from osdp_reader import Reader
from waiting import eventually

FAMILIES = ["Front Door", "Harbour Entrance", "Wharf Gate"]
CONNECTIONS = ["connect", "disconnect", "connect_to_hub", "disconnect_from_hub", "remove"]


def error_codes(thing: dict) -> list[str]:
    return [error["error_code"] for error in thing["errors"]]


def device(daemon, door: dict) -> dict:
    return daemon.post("/devices/get", {"device_id": door["device_id"]})["device"]


@pytest.fixture(params=FAMILIES)
def door(request, daemon):
    """A door of each family, connected again after the test."""
    door = daemon.door(request.param)
    yield door
    for change in ("connect", "connect_to_hub"):
        daemon.post(f"/devices/simulate/{change}", {"device_id": door["device_id"]})
    daemon.post("/devices/simulate/paid_subscription", {"device_id": door["device_id"], "is_expired": False})
    daemon.door(request.param)


def count(daemon, door: dict, *types: str) -> list[int]:
    return [len(daemon.events(event_type, device_id=door["device_id"])) for event_type in types]


def test_R150_a_disconnected_device_is_offline_and_its_codes_wait(daemon, seam, door, make_code):
    before = count(daemon, door, "device.disconnected", "device.connected")
    seam.devices.simulate.disconnect(device_id=door["device_id"])
    away = device(daemon, door)
    assert away["properties"]["online"] is False and error_codes(away) == ["device_disconnected"]
    assert not {"locked", "battery", "battery_level", "door_open"} & away["properties"].keys()
    assert (away["can_simulate_disconnection"], away["can_simulate_connection"]) == (False, True)
    assert away["can_program_online_access_codes"] is True and away["can_remotely_unlock"] is False
    code = make_code(door)
    now = daemon.code(code["access_code_id"])
    assert "device_disconnected" in error_codes(now)
    event = daemon.events("device.disconnected", device_id=door["device_id"])[-1]
    assert event["error_code"] == "device_disconnected"
    assert [error["error_code"] for error in event["device_errors"]] == ["device_disconnected"]
    seam.devices.simulate.connect(device_id=door["device_id"])
    back = device(daemon, door)
    assert back["properties"]["online"] is True and back["errors"] == []
    assert (back["can_simulate_disconnection"], back["can_simulate_connection"]) == (True, False)
    done = daemon.wait_for_code(code["access_code_id"], timeout=30, status="set")
    assert done["errors"] == []
    assert count(daemon, door, "device.disconnected", "device.connected") == [number + 1 for number in before]


def test_R150_a_hub_that_is_gone_is_the_reason(daemon, seam, door):
    seam.devices.simulate.disconnect_from_hub(device_id=door["device_id"])
    away = device(daemon, door)
    assert away["properties"]["online"] is False and error_codes(away) == ["hub_disconnected"]
    assert (away["can_simulate_hub_disconnection"], away["can_simulate_hub_connection"]) == (False, True)
    assert daemon.events("device.disconnected", device_id=door["device_id"])[-1]["error_code"] == "hub_disconnected"
    seam.devices.simulate.connect_to_hub(device_id=door["device_id"])
    back = device(daemon, door)
    assert back["properties"]["online"] is True and back["errors"] == []


def test_R150_a_removed_device_stays_away_until_it_is_connected(daemon, seam, door):
    before = count(daemon, door, "device.removed", "device.disconnected", "device.connected")
    seam.devices.simulate.remove(device_id=door["device_id"])
    away = device(daemon, door)
    assert away["properties"]["online"] is False and error_codes(away) == ["device_removed"]
    assert away["can_simulate_removal"] is False
    seam.devices.simulate.connect(device_id=door["device_id"])
    back = device(daemon, door)
    assert back["properties"]["online"] is True and back["errors"] == [] and back["can_simulate_removal"] is True
    after = count(daemon, door, "device.removed", "device.disconnected", "device.connected")
    assert after == [before[0] + 1, before[1], before[2] + 1]


def test_R150_a_subscription_that_ran_out_passes_nothing_on(daemon, seam, door):
    before = count(daemon, door, "device.error.subscription_required", "device.error.subscription_required.resolved")
    seam.devices.simulate.paid_subscription(device_id=door["device_id"], is_expired=True)
    away = device(daemon, door)
    assert away["properties"]["online"] is False
    assert sorted(error_codes(away)) == ["device_disconnected", "subscription_required"]
    seam.devices.simulate.paid_subscription(device_id=door["device_id"], is_expired=False)
    assert device(daemon, door)["errors"] == []
    after = count(daemon, door, "device.error.subscription_required", "device.error.subscription_required.resolved")
    assert after == [number + 1 for number in before]


def test_R150_what_holds_already_is_done_again_without_a_word(daemon, seam, front_door):
    for change in ("disconnect", "disconnect", "connect", "connect", "connect_to_hub"):
        getattr(seam.devices.simulate, change)(device_id=front_door["device_id"])
    last = [event["event_type"] for event in daemon.events(device_id=front_door["device_id"])
            if event["event_type"] in ("device.disconnected", "device.connected")][-3:]
    assert last == ["device.connected", "device.disconnected", "device.connected"]


def test_R150_a_removed_device_stays_removed_over_a_restart_and_is_told_once(daemons):
    daemon = daemons().start()
    studio = daemon.door("Studio")
    daemon.post("/devices/simulate/remove", {"device_id": studio["device_id"]})
    daemon.restart()
    daemon.door("Front Door")
    assert error_codes(device(daemon, studio)) == ["device_removed"]
    assert count(daemon, studio, "device.removed", "device.added", "device.disconnected") == [1, 1, 0]
    daemon.post("/devices/simulate/connect", {"device_id": studio["device_id"]})
    assert device(daemon, studio)["errors"] == []


def test_R152_a_right_code_opens_and_a_wrong_one_is_denied(daemon, seam, make_code):
    for name in FAMILIES:
        door = daemon.door(name)
        code = make_code(door)
        daemon.wait_for_code(code["access_code_id"], timeout=30, status="set")
        attempt = seam.locks.simulate.keypad_code_entry(device_id=door["device_id"], code=code["code"])
        assert attempt.status == "success" and attempt.action_type == "SIMULATE_KEYPAD_CODE_ENTRY"
        opened = daemon.wait_for_event("lock.unlocked", access_code_id=code["access_code_id"])
        assert opened["method"] == "keycode" and opened["device_id"] == door["device_id"]
        before = count(daemon, door, "lock.access_denied")
        wrong = "9" * len(code["code"]) if code["code"] != "9" * len(code["code"]) else "8" * len(code["code"])
        seam.locks.simulate.keypad_code_entry(device_id=door["device_id"], code=wrong)
        eventually(lambda: count(daemon, door, "lock.access_denied") == [before[0] + 1], "it is denied", 30)
        assert daemon.events("lock.access_denied", device_id=door["device_id"])[-1]["reason"]["reason_code"] == \
            "unknown_code"


def test_R152_an_attempt_at_a_keypad_has_an_empty_result(daemon, front_door):
    for path in ("keypad_code_entry", "manual_lock_via_keypad"):
        attempt = daemon.post(f"/locks/simulate/{path}", {"device_id": front_door["device_id"], "code": "8642"})
        done = daemon.finished(attempt["action_attempt"]["action_attempt_id"])
        assert (done["status"], done["result"], done["error"]) == ("success", {}, None)
        kind = f"action_attempt.simulate_{path}.succeeded"
        assert len(daemon.events(kind, action_attempt_id=done["action_attempt_id"])) == 1


@pytest.mark.parametrize("path", [*[f"/devices/simulate/{change}" for change in CONNECTIONS],
                                  "/devices/simulate/paid_subscription"])
def test_R150_an_unknown_device_is_not_found(daemon, path):
    error = daemon.post(path, {"device_id": str(uuid.uuid4()), "is_expired": True}, status=404)["error"]
    assert error["type"] == "device_not_found"


def test_R153_a_real_device_cannot_be_played_with(make_site):
    site = make_site(Reader(5)).start()
    daemon, door = site.daemon, site.door()
    seam = daemon.seam()
    assert seam.workspaces.get().is_sandbox is False
    assert not [flag for flag in door if flag.startswith("can_simulate_")]
    before = len(daemon.events())
    for change in CONNECTIONS:
        with pytest.raises(SeamHttpApiError) as refusal:
            getattr(seam.devices.simulate, change)(device_id=door["device_id"])
        assert (refusal.value.status_code, refusal.value.code) == (400, "device_type_not_supported")
    for path in ("/devices/simulate/paid_subscription", "/locks/simulate/keypad_code_entry",
                 "/locks/simulate/manual_lock_via_keypad"):
        body = {"device_id": door["device_id"], "code": "1234", "is_expired": True}
        assert daemon.post(path, body, status=400)["error"]["type"] == "device_type_not_supported"
    assert len(daemon.events()) == before and site.door()["properties"]["online"] is True
