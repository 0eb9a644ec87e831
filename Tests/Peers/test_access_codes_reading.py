"""Reading access codes, managed and not: rules R80, R81 and R90 to R92, and pagination."""

import uuid

import pytest

UNMANAGED_FIELDS = {"access_code_id", "workspace_id", "device_id", "name", "code", "type", "created_at", "errors",
                    "warnings", "is_managed", "status"}


@pytest.fixture
def three(make_code, front_door):
    return [make_code(front_door, name=name, starts_at="2098-01-01T00:00:00Z", ends_at="2098-01-02T00:00:00Z")
            for name in ("Anna", "Bert", "Cleo")]


def ids(codes) -> list[str]:
    return [code["access_code_id"] for code in codes]


def listed(daemon, **body) -> list[str]:
    return ids(daemon.ask("/access_codes/list", **body)["access_codes"])


def test_R90_a_list_wants_a_filter(daemon):
    assert daemon.post("/access_codes/list", status=400)["error"]["type"] == "invalid_input"
    assert daemon.post("/access_codes/list", {"limit": 3}, status=400)["error"]["type"] == "invalid_input"


def test_R90_a_list_by_device_shows_all_its_codes_oldest_first(daemon, seam, three, front_door):
    assert listed(daemon, device_id=front_door["device_id"]) == ids(three)
    assert [code.access_code_id for code in seam.access_codes.list(device_id=front_door["device_id"])] == ids(three)


def test_R90_R91_a_list_by_ids_shows_those_and_no_ids_show_none(daemon, seam, three):
    assert listed(daemon, access_code_ids=[three[2]["access_code_id"], three[0]["access_code_id"]]) == ids(
        [three[0], three[2]])
    assert listed(daemon, access_code_ids=[]) == []
    assert seam.access_codes.list(access_code_ids=[]) == []


def test_R90_a_search_matches_a_part_of_name_code_or_id(daemon, three, front_door):
    device_id = front_door["device_id"]
    assert listed(daemon, device_id=device_id, search="nn") == [three[0]["access_code_id"]]
    assert three[1]["access_code_id"] in listed(daemon, device_id=device_id, search=three[1]["code"])
    assert listed(daemon, device_id=device_id, search=three[2]["access_code_id"][:13]) == [
        three[2]["access_code_id"]]


def test_R90_pages_follow_each_other_without_gap_or_repeat(daemon, seam, three, front_door):
    body = {"device_id": front_door["device_id"], "limit": 2}
    first = daemon.ask("/access_codes/list", **body)
    assert set(first["pagination"]) == {"has_next_page", "next_page_cursor", "next_page_url"}
    assert first["pagination"]["has_next_page"] is True
    assert "page_cursor=" in first["pagination"]["next_page_url"]
    second = daemon.ask("/access_codes/list", **body, page_cursor=first["pagination"]["next_page_cursor"])
    assert ids(first["access_codes"]) + ids(second["access_codes"]) == ids(three)
    assert second["pagination"] == {"has_next_page": False, "next_page_cursor": None, "next_page_url": None}

    pages = seam.create_paginator(seam.access_codes.list, {"device_id": front_door["device_id"], "limit": 1})
    assert [code.access_code_id for code in pages.flatten_to_list()] == ids(three)


def test_the_next_page_url_is_the_next_page(daemon, three, front_door):
    first = daemon.http.get("/access_codes/list", params={
        "device_id": front_door["device_id"], "limit": 2}).json()
    second = daemon.http.get(first["pagination"]["next_page_url"]).json()
    assert ids(second["access_codes"]) == ids(three[2:])


def test_a_cursor_goes_only_with_its_own_question(daemon, three, front_door):
    cursor = daemon.ask(
        "/access_codes/list", device_id=front_door["device_id"], limit=2)["pagination"]["next_page_cursor"]
    error = daemon.ask(
        "/access_codes/list", status=400, device_id=front_door["device_id"], limit=1, page_cursor=cursor)["error"]
    assert error["type"] == "mismatched_page_parameters"


@pytest.mark.parametrize("cursor", ["nonsense", "W10=", "eyJ4IjoxfQ=="])
def test_a_cursor_that_was_never_given_out_is_refused(daemon, front_door, cursor):
    daemon.ask("/access_codes/list", status=400, device_id=front_door["device_id"], page_cursor=cursor)


def test_R92_a_code_is_found_by_its_id_or_by_device_and_pin(daemon, seam, three, front_door):
    by_pin = seam.access_codes.get(device_id=front_door["device_id"], code=three[1]["code"])
    assert by_pin.access_code_id == three[1]["access_code_id"]
    assert seam.access_codes.get(access_code_id=three[1]["access_code_id"]).name == "Bert"


def test_R92_an_id_together_with_a_pin_is_refused(daemon, three):
    daemon.ask("/access_codes/get", status=400, access_code_id=three[0]["access_code_id"], code=three[0]["code"])


@pytest.mark.parametrize("path", ["/access_codes/get", "/access_codes/unmanaged/get"])
def test_R92_what_is_not_there_is_not_found(daemon, front_door, path):
    for body in ({"access_code_id": str(uuid.uuid4())}, {"device_id": front_door["device_id"], "code": "9182736"}):
        error = daemon.ask(path, status=404, **body)["error"]
        assert error["type"] == "access_code_not_found"


def test_R81_managed_and_unmanaged_codes_are_kept_apart(daemon, seam, three, front_door):
    daemon.ask("/access_codes/unmanaged/get", status=404, access_code_id=three[0]["access_code_id"])
    unmanaged = daemon.ask("/access_codes/unmanaged/list", device_id=front_door["device_id"])
    assert not set(ids(unmanaged["access_codes"])) & set(ids(three))
    assert set(unmanaged["pagination"]) == {"has_next_page", "next_page_cursor", "next_page_url"}
    assert isinstance(seam.access_codes.unmanaged.list(device_id=front_door["device_id"]), list)


def test_R80_R81_codes_that_others_put_on_a_lock_are_listed_as_they_are(daemon):
    for device in daemon.ask("/devices/list")["devices"]:
        for code in daemon.ask("/access_codes/unmanaged/list", device_id=device["device_id"])["access_codes"]:
            assert code.keys() >= UNMANAGED_FIELDS and code["is_managed"] is False
            assert code["status"] in ("set", "unset")
            one = daemon.ask("/access_codes/unmanaged/get", access_code_id=code["access_code_id"])
            assert one["access_code"] == code
            daemon.ask("/access_codes/get", status=404, access_code_id=code["access_code_id"])


def test_an_unmanaged_list_wants_a_device(daemon):
    assert daemon.post("/access_codes/unmanaged/list", status=400)["error"]["type"] == "invalid_input"
