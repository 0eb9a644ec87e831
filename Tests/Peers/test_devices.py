"""Workspaces, connected accounts, devices and locks as a client reads them."""

import uuid

import pytest

from waiting import eventually

DOORS = {"Front Door", "Studio", "Garden Gate", "Harbour Entrance", "Boathouse"}


def test_the_demo_site_has_its_doors(seam):
    assert DOORS <= {device.properties.name for device in seam.devices.list()}
    assert DOORS <= {device.display_name for device in seam.locks.list()}


def test_there_is_one_workspace_and_it_is_a_sandbox(seam):
    workspace = seam.workspaces.get()
    assert [other.workspace_id for other in seam.workspaces.list()] == [workspace.workspace_id]
    assert workspace.name and workspace.is_sandbox is True


def test_a_device_has_all_its_fields(daemon, front_door):
    assert front_door.keys() >= {
        "device_id", "device_type", "space_ids", "display_name", "capabilities_supported", "properties",
        "connected_account_id", "workspace_id", "errors", "warnings", "created_at", "is_managed", "custom_metadata"}
    properties = front_door["properties"]
    assert properties["online"] is True and properties["name"] == "Front Door"
    assert properties["appearance"]["name"] == "Front Door"
    assert properties["model"]["display_name"] and properties["model"]["manufacturer_display_name"]
    assert properties["supported_code_lengths"] == sorted(properties["supported_code_lengths"])
    assert "access_code" in front_door["capabilities_supported"] and "lock" in front_door["capabilities_supported"]
    assert front_door["can_program_online_access_codes"] is True
    assert str(uuid.UUID(front_door["device_id"])) == front_door["device_id"]


def test_R11_every_door_takes_codes_over_the_api(daemon):
    for device in daemon.ask("/devices/list")["devices"]:
        assert device["can_program_online_access_codes"] is True
        generated = daemon.ask("/access_codes/generate_code", device_id=device["device_id"])["generated_code"]
        assert len(generated["code"]) in device["properties"]["supported_code_lengths"]


def test_a_device_is_found_by_id_and_by_name(seam, front_door):
    assert seam.devices.get(device_id=front_door["device_id"]).display_name == "Front Door"
    assert seam.devices.get(name="Front Door").device_id == front_door["device_id"]
    assert seam.locks.get(device_id=front_door["device_id"]).device_id == front_door["device_id"]


def test_a_lock_is_answered_under_both_names(daemon, front_door):
    got = daemon.ask("/locks/get", device_id=front_door["device_id"])
    assert got["lock"] == got["device"]
    listed = daemon.ask("/locks/list")
    assert listed["locks"] == listed["devices"] and listed["locks"]


def test_every_device_hangs_on_an_account(seam):
    accounts = {account.connected_account_id: account for account in seam.connected_accounts.list()}
    for device in seam.devices.list():
        assert device.connected_account_id in accounts
        one = seam.connected_accounts.get(connected_account_id=device.connected_account_id)
        assert one.connected_account_id == device.connected_account_id


def test_R88_a_nickname_is_shown_and_taken_away_again(daemon, seam, studio):
    seam.devices.update(device_id=studio["device_id"], name="Atelier")
    device = seam.devices.get(device_id=studio["device_id"])
    assert device.display_name == "Atelier" and device.nickname == "Atelier"
    daemon.post("/devices/update", {"device_id": studio["device_id"], "name": None})
    assert seam.devices.get(device_id=studio["device_id"]).display_name == "Studio"


def test_R88_an_update_says_managed_unless_it_says_otherwise_and_knows_the_old_spelling_of_the_name(daemon, studio):
    def shown() -> tuple:
        device = daemon.ask("/devices/get", device_id=studio["device_id"])["device"]
        return device["display_name"], device.get("nickname"), device["is_managed"]

    update = lambda **fields: daemon.post("/devices/update", {"device_id": studio["device_id"], **fields})
    update(properties={"name": "Old Spelling"})
    assert shown() == ("Old Spelling", "Old Spelling", True)
    update(custom_metadata={"floor": "1"})
    assert shown() == ("Old Spelling", "Old Spelling", True)
    update(is_managed=True, properties={"name": None}, custom_metadata={"floor": None})
    assert shown() == ("Studio", None, True)
    update(name="New", properties={"name": "New"})
    assert shown()[0] == "New"
    update(name="")
    assert shown() == ("Studio", None, True)
    error = daemon.post("/devices/update", {"device_id": studio["device_id"], "name": "A",
                                            "properties": {"name": "B"}}, status=400)["error"]
    assert error["type"] == "invalid_input" and shown()[0] == "Studio"


def test_metadata_is_merged_and_found(daemon, seam, studio):
    device_id = studio["device_id"]
    seam.devices.update(device_id=device_id, custom_metadata={"floor": "2", "staff": True})
    seam.devices.update(device_id=device_id, custom_metadata={"floor": "3"})
    assert seam.devices.get(device_id=device_id).custom_metadata == {"floor": "3", "staff": True}
    found = seam.devices.list(custom_metadata_has={"floor": "3"})
    assert [device.device_id for device in found] == [device_id]
    daemon.ask("/devices/update", device_id=device_id, custom_metadata={"floor": None, "staff": ""})
    assert seam.devices.get(device_id=device_id).custom_metadata == {}


@pytest.mark.parametrize("metadata", [{"a.b": "c"}, {"k" * 41: "v"}, {"k": "v" * 501}, {"k": 7}, {"k": ["v"]},
                                      {str(number): "v" for number in range(51)}])
def test_metadata_keeps_its_limits(daemon, studio, metadata):
    daemon.ask("/devices/update", status=400, device_id=studio["device_id"], custom_metadata=metadata)


def test_devices_come_in_pages(daemon, seam):
    pages = seam.create_paginator(seam.devices.list, {"limit": 2})
    everything = [device.device_id for device in pages.flatten_to_list()]
    assert everything == [device.device_id for device in seam.devices.list()]
    assert len(set(everything)) == len(everything) >= len(DOORS)


def test_R91_devices_are_filtered(seam, front_door):
    account = front_door["connected_account_id"]
    assert all(device.connected_account_id == account
               for device in seam.devices.list(connected_account_id=account))
    assert [device.device_id for device in seam.devices.list(search="Front")] == [front_door["device_id"]]
    assert seam.devices.list(device_ids=[]) == []


@pytest.mark.parametrize("wanted, names", [
    ({"floor": "3"}, {"Front Door", "Studio"}), ({"floor": "3", "staff": True}, {"Studio"}), ({"staff": True}, {"Studio"}),
    ({"staff": False}, set()), ({"staff": "true"}, {"Studio"}), ({"floor": "4"}, set()),
    ({"floor": "3", "staff": None}, {"Front Door"}), ({}, None),
])
def test_custom_metadata_has_finds_devices_with_all_of_it(daemon, seam, front_door, studio, wanted, names):
    seam.devices.update(device_id=front_door["device_id"], custom_metadata={"floor": "3"})
    seam.devices.update(device_id=studio["device_id"], custom_metadata={"floor": "3", "staff": True})
    try:
        everything = {device.display_name for device in seam.devices.list()}
        found = daemon.post("/devices/list", {"custom_metadata_has": wanted})["devices"]
        assert {device["display_name"] for device in found} == (everything if names is None else names)
        if names is not None and None not in wanted.values():
            assert {device.display_name for device in seam.devices.list(custom_metadata_has=wanted)} == names
    finally:
        for door in (front_door, studio):
            daemon.post("/devices/update", {"device_id": door["device_id"],
                                            "custom_metadata": {"floor": None, "staff": None}})


def test_a_name_that_is_too_long_or_cannot_be_kept_is_refused(daemon, studio):
    for name in ("x" * 1001, "a\u0000b"):
        error = daemon.post("/devices/update", {"device_id": studio["device_id"], "name": name}, status=400)["error"]
        assert "name" in error["validation_errors"]
    assert daemon.door("Studio")["display_name"] == "Studio"


def test_devices_are_chosen_by_what_they_can_do(daemon):
    def ids(**filters):
        return [device["device_id"] for device in daemon.post("/devices/list", filters)["devices"]]

    def is_chosen(name):
        devices = daemon.post("/devices/list")["devices"]
        able = [device["device_id"] for device in devices if device.get(name) is True]
        assert ids(include_if=[name]) == able
        assert ids(exclude_if=[name]) == [device["device_id"] for device in devices if device["device_id"] not in able]
        return True

    for name in ("can_remotely_unlock", "can_program_online_access_codes", "can_configure_auto_lock"):
        # The Boathouse comes and goes, also between two requests.
        eventually(lambda: is_chosen(name), f"devices are chosen by {name}")
