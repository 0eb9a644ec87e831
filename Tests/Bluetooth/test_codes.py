"""Codes: written to the lock's keypad, kept there by its own clock, changed, and taken away again."""

import pytest
from seam.exceptions import SeamHttpApiError

import moments
from conftest import FRONT, SIDE
from nukilock import ADD_CODE, UPDATE_CODE
from nukisite import SLOW
from waiting import eventually

BOTH = pytest.mark.parametrize("door", [FRONT, SIDE])


@BOTH
def test_R123_a_code_opens_its_door_and_the_entry_names_it(doors, door):
    seam = doors.daemon.seam()
    device = doors.door(door)
    code = seam.access_codes.create(device_id=device["device_id"], name="Jane Doe")
    doors.codes.append(code.access_code_id)
    assert len(code.code) == 6 and set(code.code) <= set("123456789") and not code.code.startswith("12")
    held = doors.programmed({"access_code_id": code.access_code_id})
    at_lock = doors.locks[door].codes()[code.code]
    assert at_lock["name"] == "Jane Doe" and at_lock["enabled"]
    assert doors.locks[door].type(code.code)
    entry = doors.entry(door, held)
    assert entry["method"] == "keycode" and entry["device_id"] == device["device_id"]


@BOTH
def test_R62_a_deleted_code_opens_nothing_and_is_gone_by_proof(doors, door):
    code = doors.make_code(door)
    doors.delete(code)
    doors.wait_until_gone(code)
    assert code["code"] not in doors.locks[door].codes()
    assert not doors.locks[door].type(code["code"])
    told = [event["event_type"] for event in doors.daemon.events(access_code_id=code["access_code_id"])]
    assert told.index("access_code.set_on_device") < told.index("access_code.removed_from_device")


@BOTH
def test_R56_a_code_is_changed_where_it_is(doors, door):
    """PIN, name and window change; the lock's own number of the code stays."""
    lock, code = doors.locks[door], doors.make_code(door, name="Jane Doe")
    number = lock.codes()[code["code"]]["id"]
    starts, ends = moments.from_now(minutes=-5), moments.from_now(hours=3)
    new = "974216" if code["code"] != "974216" else "974217"
    doors.daemon.post("/access_codes/update", {
        "access_code_id": code["access_code_id"], "code": new, "name": "Jane Smith", "starts_at": starts,
        "ends_at": ends, "type": "time_bound"})
    eventually(lambda: new in lock.codes() and lock.codes()[new]["until"], "the lock has the change", SLOW)
    doors.programmed(code)
    assert doors.daemon.code(code["access_code_id"])["code"] == new
    at_lock = lock.codes()[new]
    assert at_lock["id"] == number and at_lock["name"] == "Jane Smith"
    assert code["code"] not in lock.codes()
    assert lock.type(new) and not lock.type(code["code"])


@BOTH
def test_R30_R34_R36_a_schedule_is_kept_by_the_lock_itself(doors, door):
    """Stored well before it begins; the lock refuses it outside of its window and takes it inside, by its own clock."""
    lock = doors.locks[door]
    code = doors.create(door, starts_at=moments.from_now(hours=2), ends_at=moments.from_now(hours=4))
    doors.daemon.wait_for_code(code["access_code_id"], timeout=SLOW, status="unset", is_scheduled_on_device=True)
    at_lock = lock.codes()[code["code"]]
    assert moments.read(code["starts_at"]).strftime("%Y-%m-%dT%H:%M:%S") == at_lock["from"][:19]
    assert not lock.type(code["code"])
    # The link is silent meanwhile, so that nobody puts the clock right.
    doors.radio("silence", name=door)
    try:
        eventually(lambda: door not in doors.radio.held(), "no link is held", SLOW)
        lock("set_clock", offset=3 * 3600)
        assert lock.type(code["code"])
        lock("set_clock", offset=5 * 3600)
        assert not lock.type(code["code"])
    finally:
        lock("set_clock", offset=0)
        doors.radio("advertise", name=door)
    doors.door(door)


def test_R124_a_wrong_code_is_told_without_its_digits(doors):
    before = len(doors.daemon.events("lock.access_denied"))
    assert not doors.locks[FRONT].type("987654")
    denied = eventually(lambda: doors.daemon.events("lock.access_denied")[before:], "the denial is told", 2 * SLOW)[0]
    assert denied["reason"]["reason_code"] == "unknown_code"
    assert "987654" not in str(denied)


def test_R80_a_foreign_code_is_listed_and_left_alone(doors):
    lock = doors.locks[FRONT]
    foreign = lock("add_code", code="765432", name="Landlord")
    doors.make_code(FRONT)
    device_id = doors.device(FRONT)["device_id"]

    def unmanaged():
        listed = doors.daemon.post("/access_codes/unmanaged/list", {"device_id": device_id})["access_codes"]
        return [code for code in listed if code["name"] == "Landlord"]
    assert eventually(unmanaged, "the foreign code is listed", SLOW)
    doors.clear_codes()
    assert lock.codes()["765432"]["id"] == foreign["id"]
    assert lock.type("765432")
    lock("remove_code", id=foreign["id"])


def test_R8_a_code_that_somebody_else_has_is_refused_by_name_of_the_error(doors):
    lock = doors.locks[SIDE]
    foreign = lock("add_code", code="876543", name="Landlord")
    try:
        code = doors.create(SIDE, code="876543")
    except AssertionError as refused:
        assert "duplicate" in str(refused)  # already known from the last look
    else:
        def errors():
            return {error["error_code"] for error in doors.daemon.code(code["access_code_id"])["errors"]}
        eventually(lambda: "duplicate_code_on_device" in errors(), "the duplicate is told", SLOW)
    assert lock.codes()["876543"]["id"] == foreign["id"]
    lock("remove_code", id=foreign["id"])


def test_R4_codes_that_the_keypad_cannot_take_are_refused_at_once(doors):
    for code in ("123456", "12", "10345", "999990", "12345a", "1234567"):
        answer = doors.daemon.http.post("/access_codes/create",
                                        json={"device_id": doors.device(FRONT)["device_id"], "code": code})
        assert answer.status_code == 400, (code, answer.text)
    assert not doors.daemon.post("/access_codes/list", {"device_id": doors.device(FRONT)["device_id"]})["access_codes"]


def test_a_lock_that_is_busy_gets_its_code_later(doors):
    lock = doors.locks[FRONT]
    asked = lock.requests(ADD_CODE)
    lock("behave", temperament="busy")
    code = doors.create(FRONT)
    eventually(lambda: doors.radio.noted("connected", peer=lock.address), "the lock is visited", SLOW)
    lock("behave", temperament="plain")
    doors.programmed(code, timeout=2 * SLOW)
    assert lock.type(code["code"]) and lock.requests(ADD_CODE) > asked


def test_an_idle_lock_is_not_written_to(doors):
    """A restart with nothing to do writes nothing."""
    lock = doors.locks[FRONT]
    code = doors.make_code(FRONT)
    written = {command: lock.requests(command) for command in (ADD_CODE, UPDATE_CODE)}
    doors.daemon.restart()
    doors.door(FRONT)
    doors.programmed(code)
    assert written == {command: lock.requests(command) for command in (ADD_CODE, UPDATE_CODE)}


def test_the_sdk_sees_a_code_leave(doors):
    seam = doors.daemon.seam()
    code = doors.make_code(SIDE)
    seam.access_codes.delete(access_code_id=code["access_code_id"])
    doors.wait_until_gone(code)
    with pytest.raises(SeamHttpApiError) as caught:
        seam.access_codes.get(access_code_id=code["access_code_id"])
    assert caught.value.code == "access_code_not_found"
