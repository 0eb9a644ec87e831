"""The published limits of a device (R97), on a daemon of their own."""

import json

import pytest
from seam.exceptions import SeamHttpApiError

import moments

LIMITS = {"create": 10, "update": 10, "delete": 20, "lock_door": 15, "unlock_door": 15}


@pytest.fixture
def limited(daemons, tmp_path):
    """The demo doors, held to what `api.rate_limits` says."""
    def make(rate_limits=None):
        config = tmp_path / "bitting.yaml"
        api = {} if rate_limits is None else {"api": {"rate_limits": rate_limits}}
        config.write_text(json.dumps({"site": {"name": "Site", "time_zone": "Europe/Berlin"}, **api}))
        return daemons("--demo", "--config", str(config)).start()
    return make


def refused(response) -> bool:
    """Checks a refusal; false for an answer that is none."""
    if response.status_code != 429:
        assert response.status_code == 200, response.text
        return False
    body = response.json()
    assert (body["ok"], body["error"]["type"]) == (False, "rate_limited")
    assert 1 <= int(response.headers["retry-after"]) <= 60
    assert response.headers["seam-request-id"]
    return True


def admitted(ask, most: int) -> int:
    """How often an act is admitted before it is refused."""
    for number in range(most + 2):
        if refused(ask(number)):
            return number
    return most + 2


def test_R97_a_device_is_asked_no_oftener_than_published_and_nothing_is_half_done(limited):
    daemon = limited()
    door, other = daemon.door("Front Door")["device_id"], daemon.door("Garden Gate")["device_id"]
    future = {"starts_at": moments.from_now(hours=100), "ends_at": moments.from_now(hours=101)}
    codes = []

    def create(_):
        response = daemon.http.post("/access_codes/create", json={"device_id": door, **future})
        if response.status_code == 200:
            codes.append(response.json()["access_code"]["access_code_id"])
        return response

    assert admitted(create, 10) == LIMITS["create"]
    listed = daemon.post("/access_codes/list", {"device_id": door})["access_codes"]
    assert {code["access_code_id"] for code in listed} == set(codes)
    assert daemon.http.post("/access_codes/create", json={"device_id": other}).status_code == 200

    update = lambda number: daemon.http.patch(
        "/access_codes/update", json={"access_code_id": codes[number % 5], "name": f"Name {number}"})
    assert admitted(update, 10) == LIMITS["update"]
    unlock = lambda _: daemon.http.post("/locks/unlock_door", json={"device_id": door})
    assert admitted(unlock, 15) == LIMITS["unlock_door"]
    lock = lambda _: daemon.http.post("/locks/lock_door", json={"device_id": door})
    assert admitted(lock, 15) == LIMITS["lock_door"]
    # A delete that names the wrong device deletes nothing, and counts.
    wrong = {"access_code_id": codes[0], "device_id": other}
    answers = [daemon.http.request("DELETE", "/access_codes/delete", params=wrong) for _ in range(21)]
    assert [answer.status_code for answer in answers[:-1]] == [404] * LIMITS["delete"]
    assert refused(answers[-1])
    assert refused(daemon.http.post("/access_codes/delete", json={"access_code_id": codes[0]}))
    assert daemon.code(codes[0])["access_code_id"] == codes[0]


def test_R97_the_sdk_is_told_with_its_own_error(limited):
    daemon = limited()
    seam, door = daemon.seam(), daemon.door("Front Door")["device_id"]
    for _ in range(10):
        seam.access_codes.create(device_id=door, starts_at=moments.from_now(hours=100),
                                 ends_at=moments.from_now(hours=101))
    with pytest.raises(SeamHttpApiError) as caught:
        seam.access_codes.create(device_id=door)
    assert (caught.value.status_code, caught.value.code) == (429, "rate_limited")
    assert caught.value.request_id


@pytest.mark.parametrize("setting, most", [("off", None), (2, 20)])
def test_R97_the_operator_may_widen_the_limits_or_switch_them_off(limited, setting, most):
    daemon = limited(setting)
    door = daemon.door("Harbour Entrance")["device_id"]
    create = lambda _: daemon.http.post("/access_codes/create", json={"device_id": door})
    assert admitted(create, 30 if most is None else most) == (32 if most is None else most)


def test_R97_linked_codes_count_for_each_of_their_devices_and_a_repeat_for_none(limited):
    daemon = limited()
    doors = [daemon.door(name)["device_id"] for name in ("Front Door", "Harbour Entrance")]
    window = {"starts_at": moments.from_now(hours=100), "ends_at": moments.from_now(hours=101)}
    many = lambda number: daemon.http.put(
        "/access_codes/create_multiple", json={"device_ids": doors, "name": f"Guest {number}", **window})
    assert admitted(many, 10) == LIMITS["create"]
    assert refused(daemon.http.post("/access_codes/create", json={"device_id": doors[0], **window}))
    # The answer to the first got lost, say: it is given again, not refused after the deed.
    first = many(0)
    assert first.status_code == 200
    key = first.json()["access_codes"][0]["common_code_key"]
    change = lambda number: daemon.http.patch(
        "/access_codes/update_multiple", json={"common_code_key": key, "name": f"Name {number}"})
    assert admitted(change, 10) == LIMITS["update"]
    for door in doors:
        assert len(daemon.post("/access_codes/list", {"device_id": door})["access_codes"]) == LIMITS["create"]


def test_R97_a_delete_that_is_under_way_already_is_not_counted_again(limited):
    daemon = limited()
    code = daemon.post("/access_codes/create", {"device_id": daemon.door("Boathouse", timeout=60)["device_id"]})
    locator = {"access_code_id": code["access_code"]["access_code_id"]}
    answers = [daemon.http.request("DELETE", "/access_codes/delete", params=locator).status_code for _ in range(40)]
    assert answers[0] == 200 and set(answers) <= {200, 404}
