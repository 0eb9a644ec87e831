"""Pages: cursors that cannot be forged, that outlive a restart, and that go on where they were though things come and go
(section 1.6 of the contract)."""

import base64
import json

import pytest

import moments


@pytest.fixture
def site(daemons):
    return daemons().start()


def make_codes(daemon, door: dict, count: int) -> list[str]:
    window = {"starts_at": moments.from_now(days=30), "ends_at": moments.from_now(days=31)}
    return [daemon.post("/access_codes/create", {"device_id": door["device_id"], **window})
            ["access_code"]["access_code_id"] for _ in range(count)]


def page(daemon, door: dict, cursor=None, limit=2, status=200) -> dict:
    return daemon.post("/access_codes/list", {"device_id": door["device_id"], "limit": limit, "page_cursor": cursor},
                       status=status)


def ids(answer: dict) -> list[str]:
    return [code["access_code_id"] for code in answer["access_codes"]]


@pytest.mark.parametrize("path, key, filters", [
    ("/devices/list", "devices", {}), ("/connected_accounts/list", "connected_accounts", {}),
    ("/action_attempts/list", "action_attempts", {}),
])
def test_every_paged_list_goes_page_by_page(daemon, make_code, front_door, path, key, filters):
    for _ in range(2):
        make_code(front_door)
    everything = daemon.post(path, filters)[key]
    seen, cursor = [], None
    while True:
        answer = daemon.post(path, {**filters, "limit": 1, "page_cursor": cursor})
        assert set(answer["pagination"]) == {"has_next_page", "next_page_cursor", "next_page_url"}
        seen += answer[key]
        cursor = answer["pagination"]["next_page_cursor"]
        assert answer["pagination"]["has_next_page"] is (cursor is not None)
        if cursor is None:
            break
        assert len(answer[key]) == 1
    id_key = next(name for name in everything[0] if name == key.removesuffix("s") + "_id")
    assert [item[id_key] for item in seen][:len(everything)] == [item[id_key] for item in everything]


def test_pages_go_on_where_they_were_though_codes_come_and_go(site):
    door = site.door("Front Door")
    codes = make_codes(site, door, 6)
    first = page(site, door)
    assert ids(first) == codes[:2]
    # The first code of the next page, and one that was shown already.
    for gone in (codes[2], codes[0]):
        site.post("/access_codes/delete", {"access_code_id": gone, "sync": True})
    codes += make_codes(site, door, 1)
    second = page(site, door, first["pagination"]["next_page_cursor"])
    third = page(site, door, second["pagination"]["next_page_cursor"])
    assert ids(second) + ids(third) == codes[3:]
    assert third["pagination"]["has_next_page"] is False


def test_a_cursor_outlives_a_restart_and_is_worth_nothing_elsewhere(site, daemons):
    door = site.door("Front Door")
    codes = make_codes(site, door, 3)
    cursor = page(site, door)["pagination"]["next_page_cursor"]
    site.restart()
    assert ids(page(site, door, cursor)) == codes[2:]
    other = daemons(name="other").start()
    error = page(other, other.door("Front Door"), cursor, status=400)["error"]
    assert error["type"] == "invalid_input" and "page_cursor" in error["validation_errors"]


def test_a_forged_cursor_is_refused_and_one_of_another_question_named_as_such(site):
    door, other = site.door("Front Door"), site.door("Studio")
    make_codes(site, door, 3)
    cursor = page(site, door)["pagination"]["next_page_cursor"]
    fingerprint, place, tag = json.loads(base64.b64decode(cursor))
    for forged in ([fingerprint, {**place, "id": "0"}, tag], [fingerprint, place], [fingerprint, place, ""],
                   [fingerprint, {**place, "created_at": "2020-01-01T00:00:00.000Z"}, tag], ["0", place, tag],
                   [fingerprint, place, tag[::-1]], None, {}, 7):
        text = base64.b64encode(json.dumps(forged, separators=(",", ":")).encode()).decode()
        error = page(site, door, text, status=400)["error"]
        assert error["type"] == "invalid_input" and "page_cursor" in error["validation_errors"]
    for question in ({"limit": 3}, {"limit": 2, "search": "x"}, {}):
        body = {"device_id": door["device_id"], **question, "page_cursor": cursor}
        assert site.post("/access_codes/list", body, status=400)["error"]["type"] == "mismatched_page_parameters"
    assert page(site, other, cursor, status=400)["error"]["type"] == "mismatched_page_parameters"
    unmanaged = {"device_id": door["device_id"], "limit": 2, "page_cursor": cursor}
    assert site.post("/access_codes/unmanaged/list", unmanaged,
                     status=400)["error"]["type"] == "mismatched_page_parameters"


def test_the_same_cursor_goes_with_get_and_post(site):
    door = site.door("Front Door")
    codes = make_codes(site, door, 3)
    cursor = page(site, door)["pagination"]["next_page_cursor"]
    query = {"device_id": door["device_id"], "limit": 2, "page_cursor": cursor, "_strict": "true"}
    assert ids(site.http.get("/access_codes/list", params=query).json()) == codes[2:]


@pytest.mark.parametrize("limit", [0, -1, 1.5, "2", 300_001, None])
def test_a_limit_that_makes_no_sense_is_refused(daemon, limit):
    error = daemon.post("/devices/list", {"limit": limit}, status=400)["error"]
    assert error["type"] == "invalid_input" and "limit" in error["validation_errors"]
