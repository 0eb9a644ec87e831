"""pyNukiBT, a Nuki client that nobody here wrote, at the simulated lock: so that driver and lock are not wrong alike."""

import asyncio
import datetime
import functools

import construct
import pyNukiBT
import pytest
from nacl.public import PrivateKey
from pyNukiBT import NukiConst
from pyNukiBT.const import NukiErrorException

from nuki_lock import NukiLock, UnixClient, establish
from waiting import eventually

NEVER = construct.Container(year=0, month=0, day=0, hour=0, minute=0, second=0)
EVERY_DAY = dict.fromkeys(["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"], 0)
MIDNIGHT = {"hour": 0, "minute": 0}
APRIL = (datetime.datetime(2026, 4, 1, 13), datetime.datetime(2026, 4, 5, 9))


@pytest.fixture
def make_lock(tmp_path, monkeypatch):
    monkeypatch.setattr("pyNukiBT.nuki.establish_connection", establish)
    made = []

    def make(generation: int = 4) -> NukiLock:
        made.append(NukiLock(tmp_path, generation))
        return made[-1]

    yield make
    for lock in made:
        lock.close()


def scenario(body):
    """Runs an async test."""
    @functools.wraps(body)
    def run(*arguments, **named):
        asyncio.run(asyncio.wait_for(body(*arguments, **named), 90))
    return run


async def paired(lock: NukiLock, client_type=NukiConst.NukiClientType.APP) -> pyNukiBT.NukiDevice:
    """pyNukiBT, authorized by the lock."""
    key = PrivateKey.generate()
    device = pyNukiBT.NukiDevice(
        lock.device().address, None, None, bytes(key.public_key), bytes(key), 0x11223344, "Peer",
        client_type=client_type, ble_device=lock.device())
    device.response_retry = 1
    await device.connect()
    lock("press_button")
    await device.pair(lock.pin if lock.generation == 5 else None)
    await device.connect()
    return device


async def command(device, kind: str, lock: NukiLock, expected: str, aggregate=(), **fields):
    """A command that needs a challenge and the PIN, as pyNukiBT's own methods send them."""
    kinds = device._const.NukiCommand
    challenge = await device._send_encrypted_command(
        kinds.REQUEST_DATA, {"command": kinds.CHALLENGE}, expected_response=kinds.CHALLENGE)
    answer = await device._send_encrypted_command(
        getattr(kinds, kind), {**fields, "nonce": challenge["nonce"], "security_pin": lock.pin},
        aggregate_messages=[getattr(kinds, name) for name in aggregate], expected_response=getattr(kinds, expected))
    return answer, list(device._messages)


def with_keypad(device) -> None:
    """pyNukiBT has layouts of codes but does not use them; those of the messages around them are from the sheet."""
    const, kinds = device._const, device._const.NukiCommand
    guard = construct.Struct("nonce" / construct.Bytes(32), "security_pin" / const.NukiSecurityPinDataType)
    ends = guard.subcons
    const.message_types.update({
        kinds.KEYPAD_CODE: const.KeypadCodeEntry,
        kinds.UPDATE_KEYPAD_CODE: const.UpdatedKeypadCode,
        kinds.KEYPAD_CODE_ID: construct.Struct("code_id" / construct.Int16ul, "created" / const.NukiDateTime),
        kinds.KEYPAD_CODE_COUNT: construct.Struct("count" / construct.Int16ul),
        kinds.REQUEST_KEYPAD_CODES: construct.Struct(
            "offset" / construct.Int16ul, "count" / construct.Int16ul, *ends),
        kinds.REMOVE_KEYPAD_CODE: construct.Struct("code_id" / construct.Int16ul, *ends),
    })


def entry(code: int, name: str, window=None) -> dict:
    start, end = window or (NEVER, NEVER)
    return {"code": code, "name": name, "time_limited": int(window is not None), "allowed_from_date": start,
            "allowed_until_date": end, "allowed_weekdays": EVERY_DAY, "allowed_from_time": MIDNIGHT,
            "allowed_until_time": MIDNIGHT}


@pytest.mark.parametrize("generation", [2, 4, 5])
@scenario
async def test_it_pairs_and_reads_state_and_configuration(make_lock, generation):
    lock = make_lock(generation)
    device = await paired(lock)
    await device.update_state()
    assert str(device.last_state["lock_state"]) == "LOCKED" and device.battery_percentage == 86
    now = datetime.datetime.now(datetime.UTC).replace(tzinfo=None)
    assert abs(device.last_state["current_time"] - now) < datetime.timedelta(seconds=10)
    assert device.config["nuki_id"] == 0x1A2B3C4D and device.config["name"] == "Front door"
    assert (device.config["has_keypad"], device.config["has_keypad_v2"]) == ((0, 1) if generation == 5 else (1, 0))
    assert str(device.config["timezone_id"]) == "EUROPE_BERLIN"
    await device.disconnect()


@scenario
async def test_it_is_not_paired_without_the_button_or_with_a_wrong_pin(make_lock):
    lock = make_lock(5)
    key = PrivateKey.generate()
    device = pyNukiBT.NukiDevice(lock.device().address, None, None, bytes(key.public_key), bytes(key), 1, "Peer",
                                 ble_device=lock.device())
    device.response_retry = 1
    await device.connect()
    with pytest.raises(NukiErrorException) as closed:
        await device.pair(lock.pin)
    assert str(closed.value.error_code) == "P_ERROR_NOT_PAIRING"
    lock("press_button")
    # It takes the plain refusal for a sealed message, so that only the lock tells what was wrong.
    with pytest.raises(Exception):
        await device.pair(111111)
    assert lock.state()["authorizations"] == 0
    await device.disconnect()


@pytest.mark.parametrize("generation", [4, 5])
@scenario
async def test_codes_are_added_listed_changed_and_removed(make_lock, generation):
    lock = make_lock(generation)
    device = await paired(lock)
    with_keypad(device)
    lock("behave", temperament="whole-entries")
    added, _ = await command(device, "ADD_KEYPAD_CODE", lock, "KEYPAD_CODE_ID", **entry(974216, "guest-42", APRIL))
    assert added["code_id"] == 1
    await command(device, "ADD_KEYPAD_CODE", lock, "KEYPAD_CODE_ID", **entry(583914, "cleaner"))
    with pytest.raises(NukiErrorException) as twice:
        await command(device, "ADD_KEYPAD_CODE", lock, "KEYPAD_CODE_ID", **entry(583914, "again"))
    assert str(twice.value.error_code) == "K_ERROR_CODE_ALREADY_EXISTS"

    async def listed():
        _, messages = await command(device, "REQUEST_KEYPAD_CODES", lock, "STATUS",
                                    ["KEYPAD_CODE_COUNT", "KEYPAD_CODE"], offset=0, count=0xFFFF)
        assert messages[0]["count"] == len(messages) - 1
        return messages[1:]

    guest, cleaner = await listed()
    assert (guest["code"], guest["name"], guest["enabled"], guest["time_limited"]) == (974216, "guest-42", 1, 1)
    assert (guest["allowed_from_date"], guest["allowed_until_date"]) == APRIL
    assert (cleaner["code"], cleaner["time_limited"], cleaner["date_last_active"]) == (583914, 0, None)
    await command(device, "UPDATE_KEYPAD_CODE", lock, "STATUS", code_id=1, enabled=0, **entry(974217, "moved"))
    assert [(code["id"], code["code"], code["name"], code["enabled"], code.get("until"))
            for code in lock.state()["codes"]][0] == (1, "974217", "moved", False, None)
    await command(device, "REMOVE_KEYPAD_CODE", lock, "STATUS", code_id=1)
    assert [code["code_id"] for code in await listed()] == [2]
    await device.disconnect()


@pytest.mark.parametrize("generation", [4, 5])
@scenario
async def test_keypad_uses_and_hands_are_in_the_log(make_lock, generation):
    lock = make_lock(generation)
    device = await paired(lock)
    with_keypad(device)
    await command(device, "ADD_KEYPAD_CODE", lock, "KEYPAD_CODE_ID", **entry(583914, "cleaner"))
    assert lock("type", code="583914")["opened"] and not lock("type", code="999999")["opened"]
    eventually(lambda: lock.state()["log_entries"] == 2, "both are logged")
    lock("turn", action="lock")
    entries = await device.request_log_entries(lock.pin, count=10)
    by_hand, opened = entries[0], next(entry for entry in entries if entry["data"].get("code_id") == 1)
    assert [entry["index"] for entry in entries] == [3, 2, 1]
    assert (str(by_hand["type"]), str(by_hand["data"]["trigger"])) == ("LOCK_ACTION", "MANUAL")
    assert (str(opened["type"]), opened["data"]["source"], opened["name"]) == ("KEYPAD_ACTION", 1, "cleaner")
    assert str(opened["data"]["completion_status"]) == "SUCCESS"
    wrong = next(entry for entry in entries if str(entry["type"]) == "KEYPAD_ACTION" and entry is not opened)
    assert int(wrong["data"]["completion_status"]) == 0xE0
    assert [entry["index"] for entry in await device.request_log_entries(lock.pin, 0, 10, 1)] == [2, 3]
    await device.disconnect()


@pytest.mark.parametrize("generation", [4, 5])
@scenario
async def test_actions_the_pin_and_the_clock(make_lock, generation):
    lock = make_lock(generation)
    device = await paired(lock)
    await device.update_state()
    done = await device.lock_action(device._const.LockAction.UNLOCK, wait_for_completed=True)
    assert str(done.status) == "COMPLETED" and lock.state()["lock_state"] == "unlocked"
    assert str(device.last_state["lock_state"]) == "UNLOCKED"
    lock("jam", jammed=True)
    with pytest.raises(NukiErrorException) as jam:
        await device.lock_action(device._const.LockAction.LOCK, wait_for_completed=True)
    assert str(jam.value.error_code) == "K_ERROR_MOTOR_BLOCKED"
    assert await device.verify_security_pin(lock.pin) and not await device.verify_security_pin(1111)
    lock("set_clock", offset=-3600)
    assert str((await device.update_nuki_time(lock.pin)).status) == "COMPLETED"
    assert abs(lock.state()["clock_offset"]) < 5
    await device.disconnect()


@scenario
async def test_with_the_smallest_mtu_messages_come_in_pieces(make_lock):
    lock = make_lock(4)
    client = UnixClient(lock.device(), mtu=23)
    await client.connect()
    lock("press_button")
    pieces = asyncio.Queue()

    async def heard(_, value):
        pieces.put_nowait(bytes(value))

    await client.start_notify("a92ee101-5501-11e4-916c-0800200c9a66", heard)
    await client.write_gatt_char("a92ee101-5501-11e4-916c-0800200c9a66", bytes.fromhex("0100030027a7"), True)
    assert [len(await pieces.get()), len(await pieces.get())] == [20, 16]
    # Bumble writes what is longer than the MTU in parts.
    await client.write_gatt_char("a92ee101-5501-11e4-916c-0800200c9a66", bytes(36), True)
    assert (await pieces.get())[:3] == bytes.fromhex("1200fd")
    await client.disconnect()


def test_the_air_tells_pairing_mode_and_news(make_lock):
    lock = make_lock()
    air = lock.connect(".air")
    beacon = bytes.fromhex("0201061aff4c000215a92ee200550111e4916c0800200c9a661a2b3c4d")
    name = b"\x0e\x09Nuki_1A2B3C4D"
    assert air.recv(64) == beacon + b"\xc8" + name
    lock("turn", action="unlock")
    eventually(lambda: air.recv(64) == beacon + b"\xc9" + name, "news are on the air")
    lock("press_button")
    eventually(lambda: air.recv(64)[4] == 0x21, "pairing mode is on the air")
    air.close()
