"""Codes that are kept ready on a door, to take the place of one that cannot be programmed in time."""

import pytest
from seam.exceptions import SeamHttpApiError

from moments import from_now
from waiting import eventually


@pytest.fixture(params=["Front Door", "Studio", "Harbour Entrance"])
def door(request, daemon, seam):
    """A door whose pool is off again after the test."""
    door = daemon.door(request.param)
    yield door
    seam.devices.update(device_id=door["device_id"], backup_access_code_pool_enabled=False)


def guest(make_code, door, **fields):
    return make_code(door, starts_at=from_now(minutes=-5), ends_at=from_now(hours=6), **fields)


def filled(daemon, code):
    return daemon.wait_for_code(code["access_code_id"], is_backup_access_code_available=True, timeout=30)


def test_R22_R110_R112_R113_a_backup_is_pulled_once_opens_at_once_and_ends_with_the_code(daemon, seam, make_code, door):
    code = guest(make_code, door, use_backup_access_code_pool=True)
    filled(daemon, code)
    answer = daemon.ask("/access_codes/pull_backup_access_code", access_code_id=code["access_code_id"])
    backup, original = answer["backup_access_code"], answer["access_code"]
    assert original["access_code_id"] == code["access_code_id"]
    assert original["pulled_backup_access_code_id"] == backup["access_code_id"]
    assert {warning["warning_code"] for warning in original["warnings"]} >= {"using_backup_access_code"}
    assert backup["is_backup"] and backup["code"] != code["code"] and backup["ends_at"] == code["ends_at"]
    assert backup["name"] == f"Backup {backup['access_code_id']} (Seam)"
    again = seam.access_codes.pull_backup_access_code(access_code_id=code["access_code_id"])
    assert again.pulled_backup_access_code_id == backup["access_code_id"]
    daemon.type_code(door["device_id"], backup["code"])
    daemon.wait_for_event("lock.unlocked", access_code_id=backup["access_code_id"])
    pulled = daemon.wait_for_event("access_code.backup_access_code_pulled", access_code_id=code["access_code_id"])
    assert pulled["backup_access_code_id"] == backup["access_code_id"]
    assert len(daemon.events("access_code.backup_access_code_pulled", access_code_id=code["access_code_id"])) == 1
    daemon.ask("/access_codes/delete", access_code_id=backup["access_code_id"])


def test_R91_R114_R115_what_waits_in_the_pool_is_not_listed_and_an_empty_pool_is_an_error(daemon, seam, make_code, studio):
    seam.devices.update(device_id=studio["device_id"], backup_access_code_pool_enabled=True)
    device = daemon.ask("/devices/get", device_id=studio["device_id"])["device"]
    assert device["properties"]["supports_backup_access_code_pool"]
    assert device["properties"]["backup_access_code_pool_enabled"]
    code = guest(make_code, studio)
    filled(daemon, code)
    listed = seam.access_codes.list(device_id=studio["device_id"])
    assert not [one for one in listed if (one.name or "").startswith("Backup")]

    def faults():
        device = daemon.ask("/devices/get", device_id=studio["device_id"])["device"]
        return ({error["error_code"] for error in device["errors"]},
                {warning["warning_code"] for warning in device["warnings"]})
    eventually(lambda: faults() == (set(), set()), "the pool is full", timeout=30)
    # Switched off, the lock is rid of them.
    seam.devices.update(device_id=studio["device_id"], backup_access_code_pool_enabled=False)
    device = daemon.ask("/devices/get", device_id=studio["device_id"])["device"]
    assert device["properties"]["backup_access_code_pool_enabled"] is False
    assert not daemon.code(code["access_code_id"])["is_backup_access_code_available"]
    with pytest.raises(SeamHttpApiError) as refused:
        seam.access_codes.pull_backup_access_code(access_code_id=code["access_code_id"])
    assert refused.value.code == "backup_access_code_not_found"


def test_R110_R112_codes_without_times_have_no_backup(daemon, seam, make_code, studio):
    with pytest.raises(SeamHttpApiError) as refused:
        seam.access_codes.create(device_id=studio["device_id"], use_backup_access_code_pool=True)
    assert refused.value.code == "access_code_not_time_bound"
    code = make_code(studio)
    with pytest.raises(SeamHttpApiError) as refused:
        seam.access_codes.pull_backup_access_code(access_code_id=code["access_code_id"])
    assert refused.value.code == "access_code_not_time_bound"


def test_R112_the_pool_survives_a_power_cut(daemons):
    daemon = daemons().start()
    door = daemon.door("Studio")
    code = daemon.ask(
        "/access_codes/create", device_id=door["device_id"], starts_at=from_now(minutes=-5),
        ends_at=from_now(hours=6), use_backup_access_code_pool=True)["access_code"]
    daemon.kill()
    daemon.start()
    filled(daemon, code)
    backup = daemon.ask(
        "/access_codes/pull_backup_access_code", access_code_id=code["access_code_id"])["backup_access_code"]
    daemon.kill()
    daemon.start()
    daemon.door("Studio")
    assert daemon.code(code["access_code_id"])["pulled_backup_access_code_id"] == backup["access_code_id"]
    daemon.type_code(door["device_id"], backup["code"])
    daemon.wait_for_event("lock.unlocked", access_code_id=backup["access_code_id"])


def test_R111_the_size_of_the_pool_is_configured(daemons, tmp_path):
    config = tmp_path / "bitting.yaml"
    config.write_text("site: { name: Small, time_zone: UTC }\naccess_codes: { backup_pool_size: 1 }\n")
    daemon = daemons("--demo", "--config", str(config)).start()
    door = daemon.door("Studio")
    body = {"device_id": door["device_id"], "starts_at": from_now(minutes=-5), "ends_at": from_now(hours=6)}
    code = daemon.ask("/access_codes/create", **body, use_backup_access_code_pool=True)["access_code"]
    filled(daemon, code)
    device = daemon.ask("/devices/get", device_id=door["device_id"])["device"]
    assert not device["warnings"] and not device["errors"]
