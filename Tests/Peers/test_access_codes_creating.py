"""Creating access codes: rules R1 to R15 and R20 to R27 of the API, as seen from outside."""

import uuid

import moments
from waiting import eventually

import pytest


def refused(daemon, door, **fields) -> dict:
    """The error of a create that is refused as bad input."""
    body = daemon.ask("/access_codes/create", status=400, device_id=door["device_id"], **fields)
    assert body["ok"] is False and body["error"]["type"] == "invalid_input"
    return body["error"]


def test_R1_L1_without_times_a_code_is_ongoing_and_starts_at_once(make_code, front_door):
    code = make_code(front_door)
    assert code["type"] == "ongoing"
    assert code["status"] in ("setting", "set")
    assert code.get("starts_at") is None and code.get("ends_at") is None


def test_R1_L2_with_both_times_a_code_is_time_bound_and_times_come_back_in_utc(make_code, front_door):
    code = make_code(front_door, starts_at="2098-03-01T12:00:00+02:00", ends_at="2098-03-02T10:00:00-00:00")
    assert code["type"] == "time_bound"
    assert code["starts_at"] == "2098-03-01T10:00:00.000Z"
    assert code["ends_at"] == "2098-03-02T10:00:00.000Z"


@pytest.mark.parametrize("times", [
    {"starts_at": "2098-01-01T00:00:00Z"},
    {"ends_at": "2098-01-01T00:00:00Z"},
    {"starts_at": "2098-01-02T00:00:00Z", "ends_at": "2098-01-01T00:00:00Z"},
    {"starts_at": "2098-01-01T00:00:00Z", "ends_at": "2098-01-01T00:00:00Z"},
    {"starts_at": "2020-01-01T00:00:00Z", "ends_at": "2020-01-02T00:00:00Z"},
    {"starts_at": "tomorrow", "ends_at": "2098-01-02T00:00:00Z"},
    {"starts_at": "2098-02-30T00:00:00Z", "ends_at": "2098-03-02T00:00:00Z"},
])
def test_R2_R3_half_reversed_past_and_unreadable_windows_are_refused(daemon, front_door, times):
    error = refused(daemon, front_door, **times)
    assert "starts_at" in error["message"] or "ends_at" in error["message"]


def test_R3_R35_a_window_that_has_begun_is_programmed_at_once(daemon, make_code, front_door):
    code = make_code(front_door, starts_at=moments.from_now(hours=-1), ends_at=moments.from_now(hours=1))
    assert code["status"] in ("setting", "set")
    daemon.wait_for_code(code["access_code_id"], status="set")


@pytest.mark.parametrize("pin", ["12a4", "", "123", "1234567890123", "12 34", "１２３４", "-123"])
def test_R4_a_pin_is_four_to_twelve_digits(daemon, front_door, pin):
    error = refused(daemon, front_door, code=pin)
    assert error["validation_errors"]["code"]["_errors"]


def test_R4_R25_a_length_that_the_lock_does_not_take_is_refused_with_the_lengths(daemon, front_door):
    lengths = front_door["properties"]["supported_code_lengths"]
    wrong = next(length for length in range(4, 13) if length not in lengths)
    message = refused(daemon, front_door, code="7294615830249"[:wrong])["message"]
    assert str(lengths[0]) in message


BREAKING = {
    "no_zeros": "7204", "cannot_start_with_12": "1284", "no_triple_consecutive_ints": "9111",
    "no_ascending_or_descending_sequence": "3456", "at_least_three_unique_digits": "4747",
    "no_all_same_digits": "7777", "unique_first_four_digits": "5535",
    "cannot_contain_089": "7824", "cannot_contain_0789": "6724",
}


@pytest.mark.parametrize("name", ["Front Door", "Studio", "Garden Gate", "Harbour Entrance", "Boathouse"])
def test_R4_R25_each_constraint_that_a_door_names_is_kept_at_request_time(daemon, name):
    door = daemon.door(name, timeout=60)
    length = door["properties"]["supported_code_lengths"][0]
    for constraint in door["properties"].get("code_constraints", []):
        pin = BREAKING.get(constraint["constraint_type"])
        if pin is not None:
            error = refused(daemon, door, code=lengthened(pin, length))
            assert "code" in error["message"]
            assert lengthened(pin, length) not in str(error)


def lengthened(pin: str, length: int) -> str:
    """The same fault in a longer PIN."""
    if pin == "3456":
        return "3456789"[:length] if length <= 7 else "0123456789"[:length]
    if pin in ("7777", "4747"):
        return (pin * 3)[:length]
    return (pin + "53142635")[:length]


def test_R5_a_drawn_pin_has_the_shortest_length_or_the_preferred_one(make_code, front_door):
    lengths = front_door["properties"]["supported_code_lengths"]
    assert len(make_code(front_door)["code"]) == min(lengths)
    assert len(make_code(front_door, preferred_code_length=max(lengths))["code"]) == max(lengths)
    unsupported = max(lengths) + 1
    assert len(make_code(front_door, preferred_code_length=unsupported)["code"]) == min(lengths)


def test_R5_the_preferred_length_is_ignored_when_a_pin_is_given(daemon, make_code, front_door):
    pin = daemon.ask("/access_codes/generate_code", device_id=front_door["device_id"])["generated_code"]["code"]
    longest = max(front_door["properties"]["supported_code_lengths"])
    assert make_code(front_door, code=pin, preferred_code_length=longest)["code"] == pin


def test_R7_a_pin_in_use_on_the_lock_is_a_conflict_even_in_another_window(daemon, make_code, front_door, studio):
    first = make_code(front_door, starts_at="2098-01-01T00:00:00Z", ends_at="2098-01-02T00:00:00Z")
    body = {"device_id": front_door["device_id"], "code": first["code"],
            "starts_at": "2098-06-01T00:00:00Z", "ends_at": "2098-06-02T00:00:00Z"}
    error = daemon.ask("/access_codes/create", status=409, **body)["error"]
    assert error["type"] == "duplicate_access_code"
    assert first["code"] not in error["message"]


def test_R7_the_same_pin_is_fine_on_another_lock(daemon, make_code, front_door, harbour_entrance):
    shared = set(front_door["properties"]["supported_code_lengths"]) & set(
        harbour_entrance["properties"]["supported_code_lengths"])
    pin = make_code(front_door, preferred_code_length=min(shared))["code"]
    other = daemon.ask("/access_codes/generate_code", device_id=harbour_entrance["device_id"])
    assert other["generated_code"]["code"] != pin
    assert make_code(harbour_entrance, code=pin)["code"] == pin


def test_R9_create_answers_at_once_with_a_pending_attempt_that_succeeds(daemon, front_door):
    body = daemon.ask("/access_codes/create", device_id=front_door["device_id"])
    attempt, code = body["action_attempt"], body["access_code"]
    assert attempt["action_type"] == "CREATE_ACCESS_CODE"
    assert set(attempt) >= {"action_attempt_id", "action_type", "status", "result", "error"}
    done = daemon.finished(attempt["action_attempt_id"])
    assert done["status"] == "success"
    assert done["result"]["access_code"]["access_code_id"] == code["access_code_id"]
    daemon.ask("/access_codes/delete", access_code_id=code["access_code_id"])


def test_R13_with_sync_the_response_carries_the_finished_attempt(daemon, front_door):
    body = daemon.post("/access_codes/create", {"device_id": front_door["device_id"], "sync": True})
    assert body["action_attempt"]["status"] == "success"
    assert daemon.code(body["access_code"]["access_code_id"])["status"] == "set"
    gone = daemon.post("/access_codes/delete", {
        "access_code_id": body["access_code"]["access_code_id"], "sync": True})
    assert gone["action_attempt"]["status"] == "success"
    daemon.ask("/access_codes/get", status=404, access_code_id=body["access_code"]["access_code_id"])


def test_R10_an_unknown_device_is_not_found(daemon):
    error = daemon.ask("/access_codes/create", status=404, device_id=str(uuid.uuid4()))["error"]
    assert error["type"] == "device_not_found"


def test_R12_both_spellings_of_external_modification_mean_the_same_and_must_agree(daemon, make_code, front_door):
    assert make_code(front_door)["is_external_modification_allowed"] is False
    assert make_code(front_door, allow_external_modification=True)["is_external_modification_allowed"] is True
    assert make_code(front_door, is_external_modification_allowed=True)["is_external_modification_allowed"] is True
    refused(daemon, front_door, allow_external_modification=True, is_external_modification_allowed=False)


@pytest.mark.parametrize("fields", [{"is_offline_access_code": True}, {"use_offline_access_code": True}])
def test_R14_a_lock_without_offline_codes_refuses_them(daemon, front_door, fields):
    refused(daemon, front_door, **fields)


def test_R20_the_whole_name_is_kept_however_little_of_it_the_lock_stores(daemon, make_code, front_door):
    name = "Zoë Ångström-Łukasiewicz, the plumber who comes on Thursdays 🔧"
    code = make_code(front_door, name=name)
    assert code["name"] == name
    assert daemon.wait_for_code(code["access_code_id"], status="set")["name"] == name
    on_the_lock = daemon.code(code["access_code_id"]).get("appearance")
    assert on_the_lock is None or len(on_the_lock["name"]) <= len(name)


def test_R21_limits_of_the_locks_own_names_are_no_limits_of_a_name(daemon, make_code, front_door):
    limits = [constraint["max_length"] for constraint in front_door["properties"]["code_constraints"]
              if constraint["constraint_type"] == "name_length"]
    name = "Jane Doe " * 20
    assert limits and len(name) > limits[0]
    for code in [make_code(front_door, name=name) for _ in range(2)]:
        assert daemon.wait_for_code(code["access_code_id"], status="set")["name"] == name


def test_R23_a_code_without_a_name_has_none(make_code, front_door):
    assert make_code(front_door)["name"] is None


def test_R27_a_generated_code_is_valid_unused_and_creates_nothing(daemon, make_code, seam, front_door):
    device_id = front_door["device_id"]
    before = daemon.ask("/access_codes/list", device_id=device_id)["access_codes"]
    generated = daemon.ask("/access_codes/generate_code", device_id=device_id)["generated_code"]
    assert set(generated) == {"device_id", "code"} and generated["device_id"] == device_id
    assert daemon.ask("/access_codes/list", device_id=device_id)["access_codes"] == before
    assert seam.access_codes.generate_code(device_id=device_id).code != generated["code"]
    assert make_code(front_door, code=generated["code"])["code"] == generated["code"]


def test_all_the_fields_of_a_code_are_there(make_code, front_door):
    code = make_code(front_door, name="Jane")
    assert code.keys() >= {
        "access_code_id", "workspace_id", "device_id", "name", "code", "common_code_key", "type", "status",
        "created_at", "is_managed", "is_offline_access_code", "is_one_time_use", "is_backup_access_code_available",
        "is_external_modification_allowed", "pending_mutations", "errors", "warnings"}
    assert code["is_managed"] is True and code["device_id"] == front_door["device_id"]
    assert str(uuid.UUID(code["access_code_id"])) == code["access_code_id"]
    moments.read(code["created_at"])
    assert [mutation["mutation_code"] for mutation in code["pending_mutations"]] in (["creating"], [])


def test_no_pin_reaches_the_log(daemon, make_code, harbour_entrance, front_door):
    for door in (front_door, harbour_entrance):
        longest = max(door["properties"]["supported_code_lengths"])
        code = make_code(door, preferred_code_length=longest)
        daemon.wait_for_code(code["access_code_id"], status="set")
        daemon.type_code(door["device_id"], code["code"])
        daemon.wait_for_event("lock.unlocked", access_code_id=code["access_code_id"])
        assert code["code"] not in daemon.log()


def test_R25_a_full_lock_says_so_and_takes_the_code_once_there_is_space(daemon, make_code, studio):
    room = studio["properties"]["max_active_codes_supported"]
    codes = [make_code(studio) for _ in range(room + 1)]
    for code in codes[:room]:
        daemon.wait_for_code(code["access_code_id"], timeout=60, status="set")
    waiting = eventually(lambda: first_with_error(daemon, codes), "one code finds no space", timeout=30)
    assert waiting["status"] == "setting"
    daemon.ask("/access_codes/delete", access_code_id=codes[0]["access_code_id"])
    daemon.wait_for_code(waiting["access_code_id"], timeout=60, status="set", errors=[])


def first_with_error(daemon, codes):
    for code in codes:
        now = daemon.code(code["access_code_id"])
        if any(error["error_code"] == "no_space_for_access_code_on_device" for error in now["errors"]):
            return now
    return None
