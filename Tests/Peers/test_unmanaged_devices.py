"""Devices that the gateway lets go of: rules R86 to R88."""

import pytest

from waiting import always


@pytest.fixture
def let_go(daemon):
    """Makes devices unmanaged; they are managed again after the test."""
    made = []

    def unmanage(door: dict):
        made.append(door["device_id"])
        daemon.ask("/devices/update", device_id=door["device_id"], is_managed=False)

    yield unmanage
    for device_id in made:
        daemon.http.post("/devices/unmanaged/update", json={"device_id": device_id, "is_managed": True})


def test_R86_R87_an_unmanaged_device_is_in_the_other_half_of_the_api(daemon, studio, let_go):
    device_id = studio["device_id"]
    let_go(studio)
    daemon.wait_for_event("device.converted_to_unmanaged", device_id=device_id)
    assert device_id not in [device["device_id"] for device in daemon.ask("/devices/list")["devices"]]
    assert [device["device_id"] for device in daemon.ask("/devices/unmanaged/list")["devices"]] == [device_id]
    error = daemon.ask("/devices/get", 404, device_id=device_id)["error"]
    assert error["type"] == "device_not_found" and "/devices/unmanaged/get" in error["message"]
    device = daemon.ask("/devices/unmanaged/get", device_id=device_id)["device"]
    assert device["is_managed"] is False and device["properties"]["online"] is True
    assert "locked" not in device["properties"] and "code_constraints" not in device["properties"]
    assert daemon.ask("/devices/unmanaged/get", name="Studio")["device"]["device_id"] == device_id

    daemon.ask("/devices/unmanaged/update", device_id=device_id, is_managed=True)
    daemon.wait_for_event("device.unmanaged.converted_to_managed", device_id=device_id)
    assert daemon.door("Studio")["is_managed"] is True
    error = daemon.ask("/devices/unmanaged/get", 404, device_id=device_id)["error"]
    assert "/devices/get" in error["message"]


def test_R86_its_codes_become_unmanaged_and_stay_so(daemon, make_code, front_door, let_go):
    device_id = front_door["device_id"]
    code = daemon.wait_for_code(make_code(front_door)["access_code_id"], status="set")
    located = {"access_code_id": code["access_code_id"]}
    let_go(front_door)
    daemon.ask("/access_codes/get", 404, **located)
    assert daemon.ask("/access_codes/unmanaged/get", **located)["access_code"]["code"] == code["code"]
    listed = daemon.ask("/access_codes/unmanaged/list", device_id=device_id)["access_codes"]
    assert code["access_code_id"] in [other["access_code_id"] for other in listed]
    daemon.ask("/access_codes/list", 404, device_id=device_id)
    for path, fields in [("/access_codes/unmanaged/convert_to_managed", located),
                         ("/access_codes/unmanaged/delete", located),
                         ("/access_codes/create", {"device_id": device_id}),
                         ("/locks/unlock_door", {"device_id": device_id}),
                         ("/devices/update", {"device_id": device_id, "is_managed": True})]:
        assert daemon.ask(path, 400, **fields)["error"]["type"] == "device_unmanaged", path

    daemon.ask("/devices/unmanaged/update", device_id=device_id, is_managed=True)
    daemon.door("Front Door")
    always(lambda: daemon.http.post("/access_codes/get", json=located).status_code == 404, seconds=1)
    daemon.ask("/access_codes/unmanaged/convert_to_managed", **located)
    daemon.wait_for_code(code["access_code_id"], status="set", errors=[])


def test_R86_a_door_whose_codes_the_gateway_keeps_is_let_go_of_without_codes_only(
        daemon, make_code, harbour_entrance):
    make_code(harbour_entrance)
    error = daemon.ask("/devices/update", 400, device_id=harbour_entrance["device_id"], is_managed=False)
    assert error["error"]["type"] == "invalid_input"
    assert daemon.door("Harbour Entrance")["is_managed"] is True


def test_R86_whether_an_unmanaged_device_answers_is_still_told(daemon, studio, let_go):
    device_id = studio["device_id"]
    let_go(studio)
    daemon.ask("/devices/simulate/disconnect", device_id=device_id)
    told = daemon.wait_for_event("device.unmanaged.disconnected", timeout=60, device_id=device_id)
    assert told["error_code"] == "device_disconnected"
    daemon.ask("/devices/simulate/connect", device_id=device_id)
    daemon.wait_for_event("device.unmanaged.connected", timeout=60, device_id=device_id)
    assert not [event for event in daemon.events("device.disconnected", device_id=device_id)]


def test_R87_an_unmanaged_device_takes_metadata_and_nothing_else(daemon, studio, let_go):
    device_id = studio["device_id"]
    error = daemon.ask("/devices/unmanaged/update", 400, device_id=device_id, is_managed=True)["error"]
    assert error["type"] == "device_managed"
    let_go(studio)
    daemon.post("/devices/unmanaged/update", {"device_id": device_id, "is_managed": False}, 400)
    daemon.post("/devices/unmanaged/update", {"device_id": device_id, "custom_metadata": {"floor": "3"}})
    device = daemon.ask("/devices/unmanaged/get", device_id=device_id)["device"]
    assert device["custom_metadata"] == {"floor": "3"} and device["is_managed"] is False
    daemon.post("/devices/unmanaged/update", {"device_id": device_id, "custom_metadata": {"floor": None}})


def test_R88_an_update_that_does_not_speak_of_it_leaves_a_device_managed(daemon, studio):
    daemon.ask("/devices/update", device_id=studio["device_id"], custom_metadata={"floor": "3"})
    assert daemon.door("Studio")["is_managed"] is True
    daemon.post("/devices/update", {"device_id": studio["device_id"], "custom_metadata": {"floor": None}})


def test_R86_an_unmanaged_device_stays_so_over_a_kill(daemons):
    daemon = daemons().start()
    door = daemon.door("Front Door")
    code = daemon.ask("/access_codes/create", device_id=door["device_id"])["access_code"]
    daemon.wait_for_code(code["access_code_id"], status="set")
    daemon.ask("/devices/update", device_id=door["device_id"], is_managed=False)
    daemon.kill()
    daemon.start()
    [device] = daemon.ask("/devices/unmanaged/list")["devices"]
    assert device["device_id"] == door["device_id"]
    [listed] = daemon.ask("/access_codes/unmanaged/list", device_id=door["device_id"])["access_codes"]
    assert listed["access_code_id"] == code["access_code_id"]
    assert len(daemon.events("device.converted_to_unmanaged")) == 1
