"""Pairing on the command line: scan, button, PIN, result; and what goes wrong there."""

import json
import os
import signal
import stat

import pytest

from nukilock import VERIFY_PIN
from nukisite import SLOW
from waiting import eventually

UNAVAILABLE, TRY_AGAIN, REFUSED = 69, 75, 77


@pytest.mark.parametrize("generation", [4, 5])
def test_a_lock_is_paired_and_then_served(site, generation):
    lock = site.add_lock("Front Door", generation=generation)
    done = site.pair(lock)
    assert done.returncode == 0, done.stderr
    assert lock.nuki_id in done.stdout
    assert lock.state()["authorizations"] == 1
    site.start()
    assert site.door("Front Door")["properties"]["online"]


def test_the_pairing_file_is_for_the_daemon_alone(site):
    lock = site.add_paired_lock("Front Door")
    file = site.pairing_file(lock)
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert stat.S_IMODE(file.parent.stat().st_mode) & 0o077 == 0
    assert isinstance(json.loads(file.read_text()), dict)


def test_neither_pin_nor_key_is_printed(site):
    lock = site.add_lock("Front Door", generation=5)
    done = site.pair(lock, "--json")
    assert done.returncode == 0, done.stderr
    result = json.loads(done.stdout)
    assert (result["name"], result["nuki_id"]) == ("Front Door", lock.nuki_id)
    printed = done.stdout + done.stderr
    assert lock.pin not in printed
    secrets = [text for text in strings(json.loads(site.pairing_file(lock).read_text())) if len(text) >= 32]
    assert secrets and not any(secret in printed for secret in secrets)


def strings(value):
    """All strings in a JSON value."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, (dict, list)):
        for part in value.values() if isinstance(value, dict) else value:
            yield from strings(part)


@pytest.mark.parametrize("generation", [4, 5])
def test_a_wrong_pin_is_told_and_tried_once_only(site, generation):
    lock = site.add_lock("Front Door", generation=generation)
    done = site.pair(lock, pin="1111" if generation == 4 else "111111")
    assert done.returncode == REFUSED and "PIN" in done.stderr
    # Who guesses is barred by the lock. The fifth generation checks the PIN while it pairs.
    if generation == 4:
        assert lock.requests(VERIFY_PIN) == 1
    assert not site.pairing_file(lock).exists()
    assert site.pair(lock).returncode == 0


def test_a_lock_whose_button_was_not_pressed_is_not_paired(site):
    lock = site.add_lock("Front Door")
    done = site.pair(lock, "--timeout", "5", press=False)
    assert done.returncode == UNAVAILABLE and "button" in done.stderr
    assert lock.state()["authorizations"] == 0 and not site.pairing_file(lock).exists()


def test_pairing_lost_midway_is_told_and_succeeds_the_next_time(site):
    lock = site.add_lock("Front Door")
    site.radio("cut", name=lock.name, after=12, way="loss")
    first = site.pair(lock)
    assert site.radio.noted("cut", lock=lock.name)
    if first.returncode != 0:
        assert first.returncode == TRY_AGAIN
        assert not site.pairing_file(lock).exists()
        assert site.pair(lock).returncode == 0
    assert site.pairing_file(lock).exists()
    site.start()


def test_of_two_locks_in_pairing_mode_the_one_that_was_named_is_paired(site):
    front, side = site.add_lock("Front Door"), site.add_lock("Side Door", public=False)
    front("press_button")
    done = site.pair(side, "--address", side.address)
    assert done.returncode == 0, done.stderr
    assert (front.state()["authorizations"], side.state()["authorizations"]) == (0, 1)
    assert [file.name for file in site.pairing_file(side).parent.glob("*.json")] == [site.pairing_file(side).name]


def test_a_running_daemon_keeps_its_locks_to_itself(site):
    site.add_paired_lock("Front Door")
    site.start()
    side = site.add_lock("Side Door")
    done = site.pair(side)
    assert done.returncode == TRY_AGAIN and "bittingd" in done.stderr
    site.daemon.stop()
    assert site.pair(side).returncode == 0
    site.start()
    assert site.is_online("Front Door") and site.is_online("Side Door")


def test_a_lock_is_paired_anew_after_a_factory_reset(site):
    lock = site.add_paired_lock("Front Door")
    lock("forget_owners")
    site.daemon.start()
    eventually(lambda: site.errors("Front Door"), "a lock that no longer knows us is an error", timeout=90)
    site.daemon.stop()
    done = site.pair(lock)
    assert done.returncode == 0, done.stderr
    site.start()
    assert not site.errors("Front Door")


def test_the_doctor_sees_the_adapter(site):
    site.add_paired_lock("Front Door")
    done = site.bitting("doctor", "--json")
    findings = {finding["subject"]: finding for finding in json.loads(done.stdout)["findings"]}
    assert findings["adapter 00:AA:01:00:00:42"]["verdict"] == "good", done.stdout + done.stderr


def reload(site):
    """Has the daemon look again what there is; returns once it has."""
    before = site.daemon.log().count("the configuration was read again")
    os.kill(site.daemon.process.pid, signal.SIGHUP)
    eventually(lambda: site.daemon.log().count("the configuration was read again") > before, "it is read again", SLOW)


@pytest.mark.parametrize("others", [[], ["Front Door"]], ids=["the first lock", "one more lock"])
def test_a_lock_that_was_paired_since_is_served_after_a_reload_and_the_others_do_not_notice(site, others):
    for name in others:
        site.add_paired_lock(name)
    late = site.add_paired_lock("Side Door")
    file, aside = site.pairing_file(late), site.directory / "aside.json"
    file.rename(aside)
    site.daemon.start(timeout=SLOW)
    codes = {}
    for name in others:
        site.door(name)
        codes[name] = site.make_code(name)
    pid = site.daemon.process.pid
    # `bitting pair` wants the radio, which the daemon has: to a running daemon a pairing comes as a file.
    aside.rename(file)
    reload(site)
    assert site.door("Side Door")["properties"]["online"]
    code = site.make_code("Side Door")
    assert late.type(code["code"])
    for name in others:
        assert site.is_online(name)
        assert site.locks[name].type(codes[name]["code"])
        site.make_code(name)
    assert site.daemon.process.pid == pid
    # And it goes as it has come; its codes stay on it.
    file.rename(aside)
    reload(site)
    names = [device["properties"]["name"] for device in site.daemon.post("/devices/list")["devices"]]
    assert names == others and len(site.daemon.events("device.removed")) == 1
    assert late.type(code["code"])
