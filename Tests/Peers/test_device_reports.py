"""What clients report of devices, who makes them, and what cannot be asked of them."""

import uuid

import pytest
from seam.exceptions import SeamHttpApiError, SeamHttpInvalidInputError

import moments


@pytest.fixture
def site(daemons):
    """A demo site of the test's own: what is reported stays."""
    return daemons().start()


def lengths(daemon, name: str) -> list[int]:
    return daemon.door(name)["properties"]["supported_code_lengths"]


def test_R26_reported_code_lengths_count_where_the_lock_cannot_tell_its_own(site):
    door = site.door("Harbour Entrance")["device_id"]
    assert site.seam().access_codes.report_device_constraints(device_id=door, supported_code_lengths=[6, 10, 6]) is None
    assert lengths(site, "Harbour Entrance") == [6, 10]
    error = site.post("/access_codes/create", {"device_id": door, "code": "4071"}, status=400)["error"]
    assert error["type"] == "invalid_input" and "6 or 10 digits" in error["message"]
    drawn = site.post("/access_codes/create", {"device_id": door})["access_code"]["code"]
    assert len(drawn) == 6
    site.restart()
    assert lengths(site, "Harbour Entrance") == [6, 10]
    site.post("/access_codes/report_device_constraints", {"device_id": door, "min_code_length": 5, "max_code_length": 20})
    assert lengths(site, "Harbour Entrance") == [5, 6, 7, 8, 9, 10, 11, 12]


def test_R26_a_lock_that_tells_its_lengths_is_believed_before_a_report(site):
    before = lengths(site, "Studio")
    site.post("/access_codes/report_device_constraints",
              {"device_id": site.door("Studio")["device_id"], "supported_code_lengths": [9]})
    assert lengths(site, "Studio") == before


@pytest.mark.parametrize("report, named", [
    ({}, None), ({"supported_code_lengths": [5], "min_code_length": 5}, None),
    ({"min_code_length": 7, "max_code_length": 6}, None), ({"supported_code_lengths": [3]}, "supported_code_lengths"),
    ({"supported_code_lengths": [21]}, "supported_code_lengths"), ({"supported_code_lengths": []}, "supported_code_lengths"),
    ({"max_code_length": 3}, "max_code_length"), ({"min_code_length": "5"}, "min_code_length"),
    ({"min_code_length": 13}, None),
])
def test_R26_a_report_that_says_nothing_clear_is_refused(daemon, harbour_entrance, report, named):
    before = lengths(daemon, "Harbour Entrance")
    error = daemon.post("/access_codes/report_device_constraints",
                        {"device_id": harbour_entrance["device_id"], **report}, status=400)["error"]
    assert error["type"] == "invalid_input"
    assert named is None or named in error["validation_errors"]
    assert lengths(daemon, "Harbour Entrance") == before


def test_R37_a_reported_zone_is_the_sites_or_refused(daemon, seam, front_door):
    own = {"device_id": front_door["device_id"], "schlage_metadata": {"time_zone": "Europe/Berlin"}}
    seam.devices.report_provider_metadata(devices=[own])
    for brand in ("ultraloq", "schlage", "omnitec"):
        other = {"device_id": front_door["device_id"], f"{brand}_metadata": {"time_zone": "America/Chicago"}}
        with pytest.raises(SeamHttpInvalidInputError, match="Europe/Berlin"):
            seam.devices.report_provider_metadata(devices=[own, other])
    assert daemon.door("Front Door")["location"]["time_zone"] == "Europe/Berlin"
    error = daemon.post("/devices/report_provider_metadata", {"devices": [{"ultraloq_metadata": {}}]},
                        status=400)["error"]
    assert error["validation_errors"]["devices"]["0"]["device_id"]["_errors"] == ["Required"]
    daemon.post("/devices/report_provider_metadata", {"devices": []}, status=400)
    daemon.post("/devices/report_provider_metadata", {"devices": [{"device_id": str(uuid.uuid4())}]}, status=404)


@pytest.mark.parametrize("changes", ["2098-03-30T01:00:00.000Z", "2098-10-26T01:00:00.000Z"])
def test_R37_R38_times_stay_as_asked_for_over_a_change_of_the_clocks(daemon, make_code, front_door, changes):
    starts_at, ends_at = moments.before(changes, hours=12), moments.before(changes, hours=-12)
    code = make_code(front_door, starts_at=starts_at, ends_at=ends_at)
    assert (code["starts_at"], code["ends_at"], code["warnings"]) == (starts_at, ends_at, [])
    assert "time_zone_unknown" not in [warning["warning_code"] for warning in front_door["warnings"]]


def test_providers_are_those_of_the_sites_locks(daemon, seam):
    providers = seam.devices.list_device_providers()
    assert [provider.device_provider_name for provider in providers] == ["nuki"]
    assert providers[0].can_program_online_access_codes is True
    assert "consumer_smartlocks" in providers[0].provider_categories
    assert seam.devices.list_device_providers(provider_category="thermostats") == []
    daemon.post("/devices/list_device_providers", {"provider_category": "toasters"}, status=400)


def test_R64_a_device_of_the_configuration_is_not_deleted_over_the_api(daemon, studio, make_code):
    code = make_code(studio)
    daemon.wait_for_code(code["access_code_id"], status="set")
    for verb in ("DELETE", "POST"):
        response = daemon.http.request(verb, "/devices/delete", json={"device_id": studio["device_id"]})
        assert (response.status_code, response.json()["error"]["type"]) == (400, "invalid_input")
        assert "configuration" in response.json()["error"]["message"]
    assert daemon.code(code["access_code_id"])["status"] == "set"
    daemon.post("/devices/delete", {"device_id": str(uuid.uuid4())}, status=404)


def test_auto_lock_is_refused_where_no_lock_has_it(daemon, seam, front_door):
    assert "can_configure_auto_lock" not in front_door
    with pytest.raises(SeamHttpApiError) as caught:
        seam.locks.configure_auto_lock(device_id=front_door["device_id"], auto_lock_enabled=True,
                                       auto_lock_delay_seconds=30.5)
    assert caught.value.code == "device_type_not_supported"
    for body in ({"auto_lock_enabled": True}, {"auto_lock_enabled": True, "auto_lock_delay_seconds": 61},
                 {"auto_lock_delay_seconds": 5}, {"auto_lock_enabled": "yes"}):
        error = daemon.post("/locks/configure_auto_lock", {"device_id": front_door["device_id"], **body}, status=400)
        assert error["error"]["type"] == "invalid_input"
