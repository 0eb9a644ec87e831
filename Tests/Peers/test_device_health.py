"""How devices do, seen from outside: L12, R37, R38, R103, and the events about devices."""

import json

import pytest

from moments import from_now
from osdp_reader import Reader
from waiting import always, eventually


def codes_of(issues: list[dict], key: str = "error_code") -> list[str]:
    return [issue[key] for issue in issues]


@pytest.fixture
def site(make_site):
    return make_site(Reader(5), Reader(6)).start()


def test_L12_R103_a_line_that_is_gone_makes_codes_unknown_and_loses_none(site):
    daemon = site.daemon
    code = site.make_code()
    site.line.pull_out()
    gone = daemon.wait_for_code(code["access_code_id"], timeout=30, status="unknown")
    assert codes_of(gone["errors"]) == ["account_disconnected"]
    assert gone["errors"][0]["is_connected_account_error"] is True
    assert gone["errors"][0]["is_device_error"] is False
    for reader in site.readers:
        door = site.door(reader)
        assert door["properties"]["online"] is False and codes_of(door["errors"]) == ["account_disconnected"]
        told = daemon.wait_for_event("device.disconnected", device_id=door["device_id"])
        assert told["error_code"] == "account_disconnected"
        assert codes_of(told["connected_account_errors"]) == ["account_disconnected"]
    account = daemon.post("/connected_accounts/list")["connected_accounts"][0]
    assert codes_of(account["errors"]) == ["account_disconnected"]
    told = daemon.wait_for_event("connected_account.disconnected")
    assert codes_of(told["connected_account_errors"]) == ["account_disconnected"]
    daemon.restart()
    eventually(lambda: codes_of(site.door()["errors"]) == ["account_disconnected"], "it is still gone", 30)
    site.line.plug_in()
    # The line is there before the readers behind it have answered.
    daemon.wait_for_code(code["access_code_id"], timeout=70, status="set", errors=[])
    eventually(lambda: all(site.door(reader)["properties"]["online"] for reader in site.readers), "all are back", 30)
    for event_type in ("connected_account.disconnected", "connected_account.connected"):
        assert len(daemon.events(event_type)) == 1, event_type
    for reader in site.readers:
        door = site.door(reader)["device_id"]
        assert len(daemon.events("device.disconnected", device_id=door)) == 1
        assert len(daemon.events("device.connected", device_id=door)) == 2
    assert not daemon.events("access_code.deleted_external_to_seam")
    assert not daemon.events("access_code.modified_external_to_seam")


def test_R37_R38_every_door_has_the_time_zone_of_the_site_and_no_window_is_adjusted(site):
    door = site.door()
    assert door["location"]["time_zone"] == "Europe/Berlin" and door["warnings"] == []
    code = site.daemon.post("/access_codes/create", {
        "device_id": door["device_id"], "starts_at": from_now(minutes=-1), "ends_at": from_now(days=300)})["access_code"]
    now = site.daemon.wait_for_code(code["access_code_id"], status="set")
    assert now["warnings"] == [] and now["errors"] == []
    assert (now["starts_at"], now["ends_at"]) == (code["starts_at"], code["ends_at"])


def test_a_door_is_told_once_to_be_added_and_once_to_be_removed(site):
    daemon = site.daemon
    whole = site.config.read_text()
    ids = {reader.address: site.door(reader)["device_id"] for reader in site.readers}
    assert all(len(daemon.events("device.added", device_id=device)) == 1 for device in ids.values())
    one = json.loads(whole)
    one["doors"] = one["doors"][:1]
    for text, added, removed in ((json.dumps(one), 1, 1), (json.dumps(one), 1, 1), (whole, 2, 1), (whole, 2, 1)):
        site.config.write_text(text)
        daemon.restart()
        daemon.door("Door 5")
        assert len(daemon.events("device.added", device_id=ids[6])) == added
        assert len(daemon.events("device.removed", device_id=ids[6])) == removed
    assert daemon.door("Door 6")["device_id"] == ids[6]
    assert len(daemon.events("device.added", device_id=ids[5])) == 1


def test_a_housing_that_is_opened_is_told_once_and_warns_until_it_is_closed(site):
    site.reader.set_tamper(True)
    told = site.daemon.wait_for_event("device.tampered", device_id=site.door()["device_id"])
    assert told["connected_account_id"] == site.door()["connected_account_id"]
    eventually(lambda: any("housing" in warning["message"] for warning in site.door()["warnings"]), "it warns")
    site.reader.set_tamper(False)
    eventually(lambda: site.door()["warnings"] == [], "it is over")
    assert len(site.daemon.events("device.tampered")) == 1


def test_a_renamed_device_is_told_so(daemon, seam, studio):
    seam.devices.update(device_id=studio["device_id"], name="Atelier")
    seam.devices.update(device_id=studio["device_id"], name="Atelier")
    daemon.post("/devices/update", {"device_id": studio["device_id"], "name": None})
    told = daemon.events("device.name_changed", device_id=studio["device_id"])
    assert [event["device_name"] for event in told] == ["Atelier", "Studio"]


def test_a_device_tells_its_power_and_keypad(daemon):
    front, gate, entrance = (daemon.door(name) for name in ("Front Door", "Wharf Gate", "Harbour Entrance"))
    battery = front["properties"]["battery"]
    assert battery["level"] == front["properties"]["battery_level"] == 1 and battery["status"] == "full"
    assert front["properties"]["has_direct_power"] is False and front["can_unlock_with_code"] is True
    assert front["properties"]["model"]["has_built_in_keypad"] is True
    assert gate["properties"]["accessory_keypad"] == {"is_connected": True}
    assert gate["properties"]["model"]["can_connect_accessory_keypad"] is True
    assert entrance["properties"]["has_direct_power"] is True and "battery" not in entrance["properties"]
    for door in (front, gate, entrance):
        assert door["properties"]["has_native_entry_events"] is True
        assert door["location"]["time_zone"] == "Europe/Berlin"


def test_a_steady_site_tells_nothing_of_itself(daemon, front_door):
    def device_events() -> list[dict]:
        return [event for event in daemon.events(device_id=front_door["device_id"])
                if event["event_type"].startswith("device.")]

    before = len(device_events())
    always(lambda: len(device_events()) == before, 2, "nothing is told")
