"""The secure channel's promises, and bad lines: wrong keys, fresh readers, noise, ports that come and go."""

import fcntl
import os
import random

import pytest

import moments
from osdp_reader import CAP, CHLNG, ID, SCRYPT, Reader, crc16
from osdp_site import KEY, OTHER_KEY, Site
from waiting import always, eventually

KEYSET = 0x75
WITH_DEFAULT_KEY, WITH_OWN_KEY = 0, 1


def nothing_but_the_handshake_was_sent(site: Site) -> bool:
    return {frame.code for frame in site.line.sent()} <= {ID, CAP, CHLNG, SCRYPT}


@pytest.mark.parametrize("reader", [
    pytest.param(lambda: Reader(5, key=OTHER_KEY), id="another key"),
    pytest.param(lambda: Reader(5, install=True), id="factory key"),
])
def test_a_reader_with_another_key_is_refused_and_alarmed_and_gets_nothing(make_site, reader):
    site = make_site(reader(), secure_channel="required")
    site.daemon.start()

    def refused():
        door = site.door()
        return door if any("key" in error["message"] for error in door["errors"]) else None
    assert eventually(refused, "the door's error names the key", timeout=15)["properties"]["online"] is False
    always(lambda: not site.door()["properties"]["online"], 3, "it stays refused")
    assert nothing_but_the_handshake_was_sent(site), "nothing in plain"
    challenges = site.line.sent(CHLNG)
    assert challenges and all(frame.security_block[2] == WITH_OWN_KEY for frame in challenges), "never the default key"
    assert len(challenges) < 20, "it backs off"
    log = site.daemon.log()
    assert KEY.hex() not in log.lower() and "Door 5" in log


def test_a_code_for_a_refused_reader_waits(make_site):
    site = make_site(Reader(5, key=OTHER_KEY), secure_channel="required")
    site.daemon.start()
    site.reader.press("1234#")
    always(lambda: not site.daemon.events("lock.access_denied"), 2, "no key of a refused reader is heard")


def test_a_fresh_reader_gets_a_key_of_its_own_once(make_site):
    site = make_site(Reader(5, install=True), secure_channel="install").start()
    code = site.make_code()
    site.reader.press(code["code"] + "#")
    eventually(lambda: site.entries(code), "the door works")
    assert site.reader.is_secure
    keysets = site.line.sent(KEYSET)
    assert len(keysets) == 1 and keysets[0].is_in_session
    assert site.line.sent(CHLNG)[-1].security_block[2] == WITH_OWN_KEY

    site.line.forget_frames()
    site.daemon.stop()
    site.start()
    site.reader.press(code["code"] + "#")
    eventually(lambda: len(site.entries(code)) == 2, "after a restart it works with the stored key")
    assert not site.line.sent(KEYSET)
    assert all(frame.security_block[2] == WITH_OWN_KEY for frame in site.line.sent(CHLNG))


def test_noise_on_the_line_hurts_nobody(make_site):
    site = make_site(Reader(5, key=KEY), secure_channel="required").start()
    code = site.make_code()
    chance = random.Random(5)
    for size in (1, 7, 64, 500, 1500):
        site.line.inject(chance.randbytes(size))
        site.line.inject(b"\xff\x53\x85" + chance.randbytes(size))
        site.line.inject(b"\x53\x85\xff\xff" + bytes(size))
    eventually(lambda: site.door()["properties"]["online"], "still or again online", timeout=15)
    site.line.wait_until_polled()
    site.reader.press(code["code"] + "#")
    eventually(lambda: site.entries(code), "the door works")
    assert site.daemon.is_running()


def test_forged_keys_without_the_session_open_nothing(make_site):
    site = make_site(Reader(5, key=KEY), secure_channel="required").start()
    code = site.make_code(code="4711")
    for sequence in range(4):
        site.line.inject(keypad_frame(5, sequence, b"4711\r"))
    always(lambda: not site.entries(code), 2, "keys in plain are not heard where the channel is required")


def keypad_frame(address: int, sequence: int, keys: bytes) -> bytes:
    """A KEYPAD reply as a device without secure channel sends it."""
    body = bytes([0x53, address | 0x80, 10 + len(keys), 0, sequence | 0x04, 0x53, 0, len(keys)]) + keys
    return body + crc16(body)


def test_L12_with_the_port_pulled_out_a_code_is_unknown_until_it_is_back(make_site):
    site = make_site(Reader(5)).start()
    code = site.make_code()
    site.line.pull_out()
    gone = eventually(lambda: not site.door()["properties"]["online"] and site.door(), "offline", timeout=15)
    assert "account_disconnected" in [error["error_code"] for error in gone["errors"]]
    unknown = site.daemon.wait_for_code(code["access_code_id"], status="unknown")
    assert "account_disconnected" in [error["error_code"] for error in unknown["errors"]]
    site.line.plug_in()
    eventually(lambda: site.door()["properties"]["online"], "online again", timeout=20)
    assert site.daemon.wait_for_code(code["access_code_id"], status="set")["errors"] == []
    site.line.wait_until_polled()
    site.reader.press(code["code"] + "#")
    eventually(lambda: site.entries(code), "the door works")


def test_R10_R11_a_door_that_is_offline_takes_codes_for_later_unless_that_is_not_wanted(make_site):
    site = make_site(Reader(5)).start()
    device_id, kept = site.door()["device_id"], site.make_code()
    site.reader.is_mute = True
    eventually(lambda: not site.door()["properties"]["online"], "offline", timeout=20)
    assert site.door()["can_program_online_access_codes"] is True
    later = {"starts_at": moments.from_now(hours=1), "ends_at": moments.from_now(hours=2)}
    for path, fields in (("/access_codes/create", {"device_id": device_id, **later}),
                         ("/access_codes/update", {"access_code_id": kept["access_code_id"], "name": "Jane"})):
        error = site.daemon.ask(path, status=400, attempt_for_offline_device=False, **fields)["error"]
        assert error["type"] == "device_offline", path
    listed = site.daemon.ask("/access_codes/list", device_id=device_id)["access_codes"]
    assert [code["access_code_id"] for code in listed] == [kept["access_code_id"]] and listed[0]["name"] is None
    waiting = site.daemon.ask("/access_codes/create", device_id=device_id)["access_code"]
    site.reader.is_mute = False
    site.daemon.wait_for_code(waiting["access_code_id"], timeout=20, status="set")


def test_a_port_that_is_missing_is_named_and_waited_for(make_site):
    site = make_site(Reader(5))
    site.line.pull_out()
    site.daemon.start()
    missing = eventually(lambda: site.door()["errors"], "the door has an error", timeout=15)
    accounts = site.daemon.ask("/connected_accounts/list")["connected_accounts"]
    assert str(site.line.path) in str(missing) + str(accounts)
    eventually(lambda: str(site.line.path) in site.daemon.log(), "the log names the port")
    site.line.plug_in()
    eventually(lambda: site.door()["properties"]["online"], "online once it is there", timeout=20)
    assert site.door()["errors"] == []


def test_a_port_held_by_another_process_is_named_and_waited_for(make_site):
    site = make_site(Reader(5))
    holder = os.open(site.line.path, os.O_RDWR | os.O_NOCTTY)
    fcntl.flock(holder, fcntl.LOCK_EX)
    site.daemon.start()
    eventually(lambda: str(site.line.path) in site.daemon.log(), "the log names the port", timeout=15)
    assert site.door()["properties"]["online"] is False
    os.close(holder)
    eventually(lambda: site.door()["properties"]["online"], "online once it is free", timeout=20)
