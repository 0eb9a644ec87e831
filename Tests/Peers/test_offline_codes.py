"""Offline access codes: the SDK asks for them, somebody types them at a simulated lock and at an OSDP door."""

import json
import os
import stat
import subprocess
from datetime import datetime, timedelta, timezone

import pytest
from seam.exceptions import SeamHttpInvalidInputError

from gateway import BINARY
from moments import read, written
from offline_code import DAILY, EPOCH, HOUR, HOURLY, ONCE, VARIANTS, WEEKLY, Code, Key
from waiting import eventually

BITTING = BINARY.with_name("bitting")
WARNING = "igloo_algopin_must_be_used_within_24_hours"


@pytest.fixture(params=["Front Door", "Harbour Entrance"])
def door(request, daemon) -> dict:
    """A lock that verifies by itself, and a door at which the gateway does."""
    return daemon.door(request.param)


def this_hour() -> datetime:
    return datetime.now(timezone.utc).replace(minute=0, second=0, microsecond=0)


_LENGTHS = iter(range(2, 25))


@pytest.fixture
def hours() -> int:
    """A length that no other test of this file uses: there are only so many codes of one."""
    return next(_LENGTHS)


def ask(daemon, door: dict, status: int = 200, **fields) -> dict:
    body = {"device_id": door["device_id"], "is_offline_access_code": True, **fields}
    return daemon.ask("/access_codes/create", status=status, **body)


def create(daemon, door: dict, start: datetime, end: datetime | None = None, **fields) -> dict:
    times = {"starts_at": written(start)} | ({"ends_at": written(end)} if end else {})
    return ask(daemon, door, **times, **fields)["access_code"]


def entries(daemon, door: dict) -> list[dict]:
    return [event for event in daemon.events(device_id=door["device_id"])
            if event["event_type"] in ("lock.unlocked", "lock.access_denied") and event.get("method") != "remote"]


def type_code(daemon, door: dict, code: str) -> dict:
    """What the journal says of an entry. A reader that has just come back may still drop keys: then it is made again."""
    known = len(entries(daemon, door))

    def entry():
        daemon.type_code(door["device_id"], code)
        return entries(daemon, door)[known:]

    return eventually(entry, "the entry is told", timeout=20)[0]


def refusal(daemon, door: dict, **fields) -> str:
    error = ask(daemon, door, status=400, **fields)["error"]
    assert error["type"] == "invalid_input"
    return error["message"]


def bitting(*arguments, status: int = 0, directory=None) -> str:
    done = subprocess.run([BITTING, *arguments], capture_output=True, text=True, cwd=directory, timeout=30)
    assert done.returncode == status, done.stderr
    return done.stdout if status == 0 else done.stderr


def exported(daemon, door: dict, directory) -> dict:
    """The door's key, and the file it is in."""
    path = directory / "door.json"
    path.unlink(missing_ok=True)
    bitting("offline-key", "export", door["device_id"], "--data-dir", daemon.data, "--to", path)
    return json.loads(path.read_text()) | {"path": path}


# Asking.

def test_R40_R14_a_door_with_an_offline_key_says_so_and_gives_codes_out(seam, daemon, door, hours):
    device = seam.devices.get(device_id=door["device_id"])
    assert device.can_program_offline_access_codes is True
    start = this_hour() + timedelta(days=2)
    one = seam.access_codes.create(
        device_id=device.device_id, name="Ada", starts_at=written(start), ends_at=written(start + hours * HOUR),
        is_offline_access_code=True)
    other = seam.access_codes.create(
        device_id=device.device_id, starts_at=written(start), ends_at=written(start + hours * HOUR),
        use_offline_access_code=True)
    for code in (one, other):
        assert code.is_offline_access_code is True and code.is_one_time_use is False
        assert code.is_waiting_for_code_assignment is False
        assert len(code.code) == 9 and code.code.isdigit()
        assert (code.status, code.type) == ("unset", "time_bound")
        assert (read(code.starts_at), read(code.ends_at)) == (start, start + hours * HOUR)
        assert [mutation["mutation_code"] for mutation in daemon.code(code.access_code_id)["pending_mutations"]] == [
            "deferring_creation"]
    assert one.code != other.code


def test_R40_a_door_without_an_offline_key_refuses(seam, daemon, studio):
    assert seam.devices.get(device_id=studio["device_id"]).can_program_offline_access_codes is None
    assert "offline_time_frame_options" not in studio["properties"]
    start = this_hour()
    assert "can_program_offline_access_codes" in refusal(
        daemon, studio, starts_at=written(start), ends_at=written(start + HOUR))


def test_R45_R47_the_limits_of_times_are_listed_and_there_are_no_fixed_slots(daemon, door):
    options = door["properties"]["offline_time_frame_options"]
    assert [(option["min_duration"], option["max_duration"]) for option in options] == [
        ("PT1H", "PT72H"), ("P4D", "P62D"), ("P9W", "P53W"), ("PT24H", "PT24H")]
    assert [option.get("matching_start_end_time") for option in options] == [None, True, True, True]
    for option in options:
        assert "time_pairs" not in option
        assert (option["start_date_recurrence_rule"], option["time_zone"]) == ("FREQ=HOURLY", "UTC")


@pytest.mark.parametrize("fields,sentence", [
    ({"code": "123456789"}, "leave code out"),
    ({"ends_at": None}, "needs both starts_at and ends_at"),
    ({"starts_at": None}, "needs both starts_at and ends_at"),
    ({"starts_at": None, "ends_at": None}, "needs both starts_at and ends_at"),
    ({"starts_at": None, "ends_at": None, "is_one_time_use": True}, "needs starts_at"),
    ({"is_offline_access_code": False, "is_one_time_use": True}, "is_one_time_use goes with"),
    ({"is_offline_access_code": None, "ends_at": None}, "Provide both starts_at and ends_at"),
    ({"use_backup_access_code_pool": True}, "has no backup"),
    ({"common_code_key": "twins"}, "cannot be linked"),
    ({"max_time_rounding": "2h"}, "Invalid enum value"),
])
def test_R2_R41_R43_what_makes_no_offline_code_is_said(daemon, door, fields, sentence):
    start = this_hour()
    body = {"starts_at": written(start), "ends_at": written(start + HOUR), "is_offline_access_code": True} | fields
    body = {name: value for name, value in body.items() if value is not None}
    error = daemon.ask("/access_codes/create", status=400, **body | {"device_id": door["device_id"]})["error"]
    assert error["type"] == "invalid_input"
    assert sentence in error["message"]


def test_R6_the_sdk_gets_the_refusal_of_a_chosen_pin(seam, door):
    with pytest.raises(SeamHttpInvalidInputError):
        seam.access_codes.create(
            device_id=door["device_id"], code="123456789", is_offline_access_code=True,
            starts_at=written(this_hour()), ends_at=written(this_hour() + HOUR))


@pytest.mark.parametrize("rounding", ["1hour", "1h", "1day", "1d", None])
def test_R42_R46_times_are_rounded_up_to_an_hour_or_a_day_and_their_length_makes_the_kind(daemon, door, rounding):
    start = this_hour() + timedelta(days=30)
    fields = {"max_time_rounding": rounding} if rounding else {}
    if rounding in ("1day", "1d"):
        code = create(daemon, door, start, start + 73 * HOUR, **fields)
        assert read(code["ends_at"]) == start + timedelta(days=4)
    else:
        assert "23 hours" in refusal(
            daemon, door, starts_at=written(start), ends_at=written(start + 73 * HOUR), **fields)
    # Daily and weekly codes begin and end at the same time of day, and need no rounding then.
    for days in (62, 63) if rounding == "1hour" else ():
        code = create(daemon, door, start, start + timedelta(days=days), **fields)
        assert (read(code["starts_at"]), read(code["ends_at"])) == (start, start + timedelta(days=days))


def test_R42_the_start_is_rounded_down_to_the_hour_and_the_end_up(daemon, door, hours):
    start = this_hour() + timedelta(days=3, minutes=20)
    code = create(daemon, door, start, start + hours * HOUR)
    assert read(code["starts_at"]) == start - timedelta(minutes=20)
    assert read(code["ends_at"]) == start - timedelta(minutes=20) + (hours + 1) * HOUR


def test_R44_equal_times_give_other_codes_until_none_is_left(daemon, door):
    start = this_hour() + timedelta(days=9)
    for length, kind in ((timedelta(hours=30), HOURLY), (timedelta(days=5), DAILY), (timedelta(weeks=12), WEEKLY)):
        codes = {create(daemon, door, start, start + length)["code"] for _ in range(VARIANTS[kind])}
        assert len(codes) == VARIANTS[kind]
        assert f"All {VARIANTS[kind]} offline" in refusal(
            daemon, door, starts_at=written(start), ends_at=written(start + length))


def test_R44_a_code_of_more_than_a_day_warns_until_it_is_used(daemon, door):
    code = create(daemon, door, this_hour(), this_hour() + timedelta(days=4))
    assert [warning["warning_code"] for warning in code["warnings"]] == [WARNING]
    assert type_code(daemon, door, code["code"])["access_code_id"] == code["access_code_id"]
    assert daemon.code(code["access_code_id"])["warnings"] == []


def test_R45_R46_the_limits_of_other_makers_do_not_hold(daemon, door):
    """No code is tied to a slot of the day, none is too long for a month, hours need no other kind than days."""
    assert not any("time_pairs" in option for option in door["properties"]["offline_time_frame_options"])
    start = this_hour() + timedelta(days=40)
    for length in (timedelta(hours=7), timedelta(days=45)):
        code = create(daemon, door, start, start + length)
        assert (read(code["starts_at"]), read(code["ends_at"])) == (start, start + length)


# What it is and what it is not.

def test_R41_R51_an_offline_code_is_neither_changed_nor_deleted_while_it_is_good(daemon, door, hours):
    code = create(daemon, door, this_hour(), this_hour() + hours * HOUR)
    locator = {"access_code_id": code["access_code_id"]}
    for change in ({"name": "Bea"}, {"code": "1234"}, {"type": "ongoing"}):
        error = daemon.ask("/access_codes/update", status=400, **locator | change)["error"]
        assert error["type"] == "invalid_input" and "cannot be changed" in error["message"]
    error = daemon.ask("/access_codes/delete", status=400, **locator)["error"]
    assert error["type"] == "invalid_input" and "before it is over" in error["message"]
    assert daemon.code(code["access_code_id"]) == code
    daemon.ask("/access_codes/delete", status=404, **locator | {"device_id": "elsewhere"})


def test_R40_offline_codes_are_listed_and_found_with_the_others(seam, daemon, door, hours, make_code):
    online = make_code(door, name="online-found")
    start = this_hour() + timedelta(days=1)
    offline = create(daemon, door, start, start + hours * HOUR, name="offline-found")
    listed = {code.access_code_id: code for code in seam.access_codes.list(device_id=door["device_id"])}
    assert listed[offline["access_code_id"]].is_offline_access_code is True
    assert listed[online["access_code_id"]].is_offline_access_code is False
    found = seam.access_codes.list(device_id=door["device_id"], search="line-found")
    assert [code.access_code_id for code in found] == [online["access_code_id"], offline["access_code_id"]]
    assert [code.name for code in seam.access_codes.list(
        access_code_ids=[offline["access_code_id"]])] == ["offline-found"]
    assert seam.access_codes.get(device_id=door["device_id"], code=offline["code"]).name == "offline-found"
    pages, cursor = [], None
    while True:
        from_there = {"page_cursor": cursor} if cursor else {}
        page = daemon.ask("/access_codes/list", device_id=door["device_id"], limit=2, **from_there)
        pages += [code["access_code_id"] for code in page["access_codes"]]
        cursor = page["pagination"]["next_page_cursor"]
        if cursor is None:
            break
    assert pages == list(listed)


def test_R40_creating_is_told_and_is_no_job_for_the_lock(daemon, door, hours):
    start = this_hour() + timedelta(days=1)
    answer = ask(daemon, door, starts_at=written(start), ends_at=written(start + hours * HOUR))
    code, attempt = answer["access_code"], answer["action_attempt"]
    assert (attempt["action_type"], attempt["status"]) == ("CREATE_ACCESS_CODE", "success")
    told = [event["event_type"] for event in daemon.events(access_code_id=code["access_code_id"])]
    assert told == ["access_code.created"]


# At the door.

def test_R40_R47_R123_it_opens_in_its_time_and_its_id_is_told(seam, daemon, door, hours):
    code = create(daemon, door, this_hour(), this_hour() + hours * HOUR)
    assert code["status"] == "set"
    told = daemon.wait_for_event("access_code.set_on_device", access_code_id=code["access_code_id"])
    assert told["code"] == code["code"]
    seam.locks.simulate.keypad_code_entry(device_id=door["device_id"], code=code["code"])
    opened = daemon.wait_for_event("lock.unlocked", access_code_id=code["access_code_id"])
    assert (opened["method"], opened["code"], opened["device_id"]) == ("keycode", code["code"], door["device_id"])
    # A code of a day or less opens as often as somebody likes.
    assert type_code(daemon, door, code["code"])["access_code_id"] == code["access_code_id"]


def test_R124_before_its_time_it_does_not_open(daemon, door, hours):
    code = create(daemon, door, this_hour() + 5 * HOUR, this_hour() + (5 + hours) * HOUR)
    entry = type_code(daemon, door, code["code"])
    assert (entry["event_type"], entry["reason"]["reason_code"]) == ("lock.access_denied", "credential_error")
    assert entry["access_code_id"] == code["access_code_id"]


def test_R43_a_one_time_code_opens_once_and_is_over(seam, daemon, door):
    code = seam.access_codes.create(
        device_id=door["device_id"], is_offline_access_code=True, is_one_time_use=True, starts_at=written(this_hour()))
    assert code.is_one_time_use is True
    assert read(code.ends_at) == this_hour() + 24 * HOUR
    assert type_code(daemon, door, code.code)["access_code_id"] == code.access_code_id
    assert daemon.code(code.access_code_id)["status"] == "unset"
    daemon.wait_for_event("access_code.removed_from_device", access_code_id=code.access_code_id)
    assert type_code(daemon, door, code.code)["reason"]["reason_code"] == "expired_code"
    # Nothing is left to revoke: it may be tidied away.
    daemon.ask("/access_codes/delete", access_code_id=code.access_code_id)
    daemon.wait_for_event("access_code.deleted", access_code_id=code.access_code_id)
    daemon.ask("/access_codes/get", status=404, access_code_id=code.access_code_id)
    assert type_code(daemon, door, code.code)["event_type"] == "lock.access_denied"


@pytest.mark.parametrize("name", ["Front Door", "Harbour Entrance"])
def test_R43_after_a_restart_or_a_power_cut_a_used_one_time_code_stays_used(daemons, name):
    daemon = daemons().start()
    door = daemon.door(name)
    once = create(daemon, door, this_hour(), is_one_time_use=True)
    long = create(daemon, door, this_hour(), this_hour() + timedelta(days=7))
    assert type_code(daemon, door, once["code"])["event_type"] == "lock.unlocked"
    daemon.kill()
    daemon.start()
    daemon.door(name)
    assert type_code(daemon, door, once["code"])["reason"]["reason_code"] == "expired_code"
    assert type_code(daemon, door, long["code"])["access_code_id"] == long["access_code_id"]
    daemon.restart()
    daemon.door(name)
    assert type_code(daemon, door, once["code"])["reason"]["reason_code"] == "expired_code"
    assert daemon.code(once["access_code_id"])["status"] == "unset"
    assert daemon.code(long["access_code_id"])["warnings"] == []


# Without any connection.

def test_R40_a_code_of_the_command_line_opens_and_none_of_its_times_is_told_wrong(daemon, door, tmp_path):
    key = exported(daemon, door, tmp_path)
    start = this_hour() - HOUR
    for arguments in (["--hours", "3"], ["--days", "2"], ["--days", "6"], ["--weeks", "10"], ["--once"]):
        made = json.loads(bitting("offline-code", "--key", key["path"], "--start", start.isoformat(),
                                  *arguments, "--json"))
        entry = type_code(daemon, door, made["code"])
        assert entry["event_type"] == "lock.unlocked", arguments
        assert "access_code_id" not in entry
        said = bitting("offline-code", "verify", "--key", key["path"], made["code"])
        assert written(read(made["starts_at"])) in said and written(read(made["ends_at"])) in said


def test_R40_python_makes_the_same_codes_from_the_exported_key(daemon, door, tmp_path):
    file = exported(daemon, door, tmp_path)
    key = Key(file["door"], file["generation"], bytes.fromhex(file["secret"]))
    start = (this_hour() - EPOCH) // HOUR
    for code in (Code(start, HOURLY, 49, 2), Code(start, DAILY, 31, 1), Code(start, ONCE, 24, 17)):
        assert type_code(daemon, door, key.pin(code))["event_type"] == "lock.unlocked"
    for code in (Code(start - 4, HOURLY, 3), Code(start + 2, HOURLY, 3), Code(start - 26, DAILY, 5)):
        assert type_code(daemon, door, key.pin(code))["event_type"] == "lock.access_denied"


def test_R44_the_command_line_says_what_is_not_good(daemon, door, tmp_path):
    path = exported(daemon, door, tmp_path)["path"]
    start = this_hour() - 2 * HOUR
    made = json.loads(bitting("offline-code", "--key", path, "--start", start.isoformat(), "--days", "30", "--json"))
    verify = ["offline-code", "verify", "--key", path, made["code"], "--at"]
    assert "if it was used before" in bitting(*verify, (start + timedelta(days=20)).isoformat())
    assert "not valid yet" in bitting(*verify, (start - HOUR).isoformat(), status=77)
    assert "no code of" in bitting(*verify, (start + timedelta(days=40)).isoformat(), status=77)
    for arguments in (["--hours", "73"], ["--days", "63"], ["--weeks", "54"], ["--hours", "1", "--once"], [],
                      ["--hours", "1", "--variant", "3"]):
        bitting("offline-code", "--key", path, "--start", start.isoformat(), *arguments, status=64)
    bitting("offline-code", "--key", path, "--start", "noon", "--hours", "1", status=64)
    bitting("offline-code", "--key", tmp_path / "nothing", "--start", start.isoformat(), "--once", status=69)
    (tmp_path / "other.json").write_text("{}")
    bitting("offline-code", "--key", tmp_path / "other.json", "--start", start.isoformat(), "--once", status=78)


def test_R40_an_exported_key_is_its_owners_alone_and_overwrites_nothing(daemon, door, tmp_path):
    bitting("offline-key", "export", door["display_name"], "--data-dir", daemon.data, directory=tmp_path)
    path = tmp_path / f"{door['display_name'].replace(' ', '-')}.offline-key.json"
    assert stat.S_IMODE(os.stat(path).st_mode) == 0o600
    key = json.loads(path.read_text())
    assert key["door"] == door["device_id"] and len(key["secret"]) == 64
    before = path.read_bytes()
    said = bitting("offline-key", "export", door["display_name"], "--data-dir", daemon.data, directory=tmp_path,
                   status=73)
    assert "is there already" in said and path.read_bytes() == before
    assert key["secret"] not in daemon.log()
    assert "no door" in bitting("offline-key", "export", "Studio", "--data-dir", daemon.data, status=69)
    assert "no store" in bitting("offline-key", "export", "Studio", "--data-dir", tmp_path / "none", status=69)


@pytest.mark.parametrize("name", ["Front Door", "Harbour Entrance"])
def test_R41_a_new_key_ends_every_offline_code_of_the_door(daemons, tmp_path, name):
    daemon = daemons().start()
    door = daemon.door(name)
    code = create(daemon, door, this_hour(), this_hour() + 10 * HOUR)
    assert "another running" in bitting("offline-key", "renew", name, "--data-dir", daemon.data, status=75)
    daemon.stop()
    assert "no door" in bitting("offline-key", "renew", "Studio", "--data-dir", daemon.data, status=69)
    assert "number 2" in bitting("offline-key", "renew", name, "--data-dir", daemon.data)
    daemon.start()
    daemon.door(name)
    assert type_code(daemon, door, code["code"])["event_type"] == "lock.access_denied"
    stands = daemon.code(code["access_code_id"])
    assert stands["status"] == "unset"
    assert "failed_to_set_on_device" in [error["error_code"] for error in stands["errors"]]
    daemon.wait_for_event("access_code.removed_from_device", access_code_id=code["access_code_id"])
    anew = create(daemon, door, this_hour(), this_hour() + 10 * HOUR)
    assert anew["code"] != code["code"]
    assert type_code(daemon, door, anew["code"])["access_code_id"] == anew["access_code_id"]
