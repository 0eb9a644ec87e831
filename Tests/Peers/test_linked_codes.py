"""Access codes on several doors that share one PIN."""

import httpx
import pytest
from seam.exceptions import SeamHttpApiError, SeamHttpInvalidInputError

from moments import from_now


@pytest.fixture
def doors(front_door, studio, harbour_entrance):
    """Doors whose PINs may have 4 or 6 digits; the last one is an OSDP reader."""
    return [door["device_id"] for door in (studio, front_door, harbour_entrance)]


@pytest.fixture
def linked(seam, daemon):
    """Creates linked codes that are gone again after the test."""
    made = []

    def create(device_ids, **fields):
        codes = seam.access_codes.create_multiple(device_ids=device_ids, **fields)
        made.extend(code.access_code_id for code in codes)
        return codes

    yield create
    for access_code_id in made:
        daemon.http.post("/access_codes/delete", json={"access_code_id": access_code_id})


def test_R71_R74_one_pin_for_all_doors_in_the_order_that_was_asked_for(linked, doors, daemon):
    codes = linked(doors, name="Guest", starts_at=from_now(minutes=-5), ends_at=from_now(hours=3))
    assert [code.device_id for code in codes] == doors
    assert len({code.code for code in codes}) == 1 and codes[0].code is not None
    assert len({code.common_code_key for code in codes}) == 1
    assert codes[0].common_code_key.startswith("auto_set_by_create_multiple_")
    for code in codes:
        daemon.wait_for_code(code.access_code_id, status="set")


def test_R71_a_pin_of_ones_own_is_shared_without_a_key(linked, doors):
    codes = linked(doors, code="739164")
    assert {code.code for code in codes} == {"739164"} and {code.common_code_key for code in codes} == {None}


def test_R73_the_preferred_length_or_the_shortest_in_common(linked, doors, seam, garden_gate):
    assert {len(code.code) for code in linked(doors, preferred_code_length=6)} == {6}
    assert {len(code.code) for code in linked(doors, preferred_code_length=7)} == {4}
    assert {len(code.code) for code in linked(doors + [garden_gate["device_id"]], preferred_code_length=4)} == {6}


def test_R72_a_door_that_cannot_share_refuses_all_or_gets_its_own(linked, doors, seam, garden_gate):
    gate = garden_gate["device_id"]

    with pytest.raises(SeamHttpInvalidInputError):
        linked(doors + [gate], code="2468")
    for door in doors + [gate]:
        assert "2468" not in [code.code for code in seam.access_codes.list(device_id=door)]
    codes = linked(doors + [gate], code="2468", behavior_when_code_cannot_be_shared="create_random_code")
    assert [code.code for code in codes[:3]] == ["2468"] * 3 and len(codes[3].code) == 6


def test_R70_a_code_joins_a_group_by_its_key(seam, make_code, studio, front_door):
    first = make_code(studio, common_code_key="booking 12")
    second = make_code(front_door, common_code_key="booking 12")
    assert first["code"] == second["code"] and second["common_code_key"] == "booking 12"
    with pytest.raises(SeamHttpApiError):
        seam.access_codes.create(device_id=front_door["device_id"], common_code_key="booking 12")


def test_R58_names_and_times_of_all_are_changed_together(linked, doors, seam, daemon):
    codes = linked(doors)
    key, ends_at = codes[0].common_code_key, from_now(hours=5)
    assert seam.access_codes.update_multiple(
        common_code_key=key, name="Late guest", starts_at=from_now(minutes=-1), ends_at=ends_at) is None
    for code in codes:
        now = daemon.wait_for_code(code.access_code_id, status="set", name="Late guest", type="time_bound")
        assert now["ends_at"] == ends_at and now["code"] == codes[0].code
    with pytest.raises(SeamHttpApiError) as refused:
        seam.access_codes.update_multiple(common_code_key="no such key", name="Nobody")
    assert refused.value.code == "access_code_not_found"


def test_R55_the_pin_of_one_linked_code_is_not_changed_alone(linked, doors, seam):
    codes = linked(doors)
    with pytest.raises(SeamHttpInvalidInputError, match="common_code_key"):
        seam.access_codes.update(access_code_id=codes[0].access_code_id, code="918273")


def test_a_put_that_is_repeated_makes_nothing_twice(daemon, doors, linked):
    """The SDKs repeat a PUT whose answer was lost."""
    body = {"device_ids": doors, "name": "Once"}

    def put():
        return [code["access_code_id"] for code in daemon.http.put("/access_codes/create_multiple", json=body).json()["access_codes"]]
    first = put()
    assert put() == first
    by_post = [code["access_code_id"] for code in daemon.post("/access_codes/create_multiple", body)["access_codes"]]
    assert not set(by_post) & set(first)
    for access_code_id in first + by_post:
        daemon.post("/access_codes/delete", {"access_code_id": access_code_id})


@pytest.mark.parametrize("fields", [
    {}, {"device_ids": []}, {"device_ids": "x"}, {"device_ids": ["0b3e6b0c-5f0b-4b0e-8f8e-0123456789ab"] * 2},
    {"device_ids": ["0b3e6b0c-5f0b-4b0e-8f8e-0123456789ab"], "starts_at": "2030-01-01T00:00:00Z"},
    {"device_ids": ["0b3e6b0c-5f0b-4b0e-8f8e-0123456789ab"], "behavior_when_code_cannot_be_shared": "guess"},
])
def test_what_cannot_be_meant_is_refused(daemon, fields):
    answer = daemon.post("/access_codes/create_multiple", fields, status=400)
    assert answer["error"]["type"] == "invalid_input"


def test_a_door_that_is_not_there_makes_none(daemon, doors, seam):
    before = len(seam.access_codes.list(device_id=doors[0]))
    answer: httpx.Response = daemon.http.post(
        "/access_codes/create_multiple", json={"device_ids": [doors[0], "0b3e6b0c-5f0b-4b0e-8f8e-0123456789ab"]})
    assert answer.status_code == 404 and answer.json()["error"]["type"] == "device_not_found"
    assert len(seam.access_codes.list(device_id=doors[0])) == before
