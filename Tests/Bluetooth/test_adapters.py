"""The adapter: pulled out and plugged in, silent, joined by a second one, shared with bluetoothd."""

import os
import re
import shutil
import subprocess

import pytest

from conftest import FRONT, SIDE
from nukisite import NukiSite, SLOW
from radio import ADAPTER, SECOND_ADAPTER
from waiting import eventually


def test_an_adapter_that_comes_back_under_another_index_is_the_same(doors):
    """Known by its address, never by its hciN; codes asked for meanwhile are programmed then."""
    doors.make_code(FRONT)
    doors.radio("unplug", adapter=ADAPTER)
    waiting = doors.create(FRONT)
    eventually(lambda: not doors.is_online(FRONT), "without an adapter the door is offline", 2 * SLOW)
    taken = doors.radio("take_index")
    assert doors.radio("plug", adapter=ADAPTER) != taken
    doors.programmed(waiting, timeout=3 * SLOW)
    for door in (FRONT, SIDE):
        doors.door(door)


def test_an_adapter_pulled_out_in_the_middle_of_a_write_loses_nothing(doors):
    lock = doors.locks[FRONT]
    connected = len(doors.radio.noted("connected", peer=lock.address))
    if FRONT in doors.radio.held():
        doors.radio("hang_up", name=FRONT)
    code = doors.create(FRONT)
    eventually(lambda: len(doors.radio.noted("connected", peer=lock.address)) > connected, "a link is up", SLOW)
    doors.radio("unplug", adapter=ADAPTER)
    doors.radio("plug", adapter=ADAPTER)
    doors.programmed(code, timeout=3 * SLOW)
    assert [str(held["code"]) for held in lock.state()["codes"]] == [code["code"]]


def test_a_wedged_adapter_is_brought_back(doors):
    """It answers no command: the ladder of recovery ends in a power cycle, whose reset wakes it."""
    doors.make_code(FRONT)
    doors.radio("stall", adapter=ADAPTER)
    for door in (FRONT, SIDE):
        doors.create(door)
    eventually(lambda: doors.radio.noted("recovered"), "the adapter is reset", 5 * SLOW)
    for door in (FRONT, SIDE):
        doors.make_code(door)


def test_the_daemon_starts_without_an_adapter_and_takes_one_when_it_comes(doors):
    doors.daemon.stop()
    doors.radio("unplug", adapter=ADAPTER)
    doors.daemon.start(timeout=SLOW)
    code = doors.create(FRONT)
    assert not doors.is_online(FRONT)
    doors.radio("plug", adapter=ADAPTER)
    doors.programmed(code, timeout=3 * SLOW)


def test_an_adapter_that_somebody_switched_off_is_switched_on_again(doors):
    """By rfkill, as a laptop's switch does."""
    doors.make_code(FRONT)
    switches = [f"/sys/class/rfkill/{name}" for name in os.listdir("/sys/class/rfkill")]
    bluetooth = [path for path in switches if open(f"{path}/type").read().strip() == "bluetooth"]
    for path in bluetooth:
        with open(f"{path}/soft", "w") as soft:
            soft.write("1")
    code = doors.create(FRONT)
    doors.programmed(code, timeout=5 * SLOW)


def test_a_second_adapter_carries_on_when_the_first_is_pulled(doors):
    doors.radio("plug", adapter=SECOND_ADAPTER)
    try:
        doors.radio("unplug", adapter=ADAPTER)
        for door in (FRONT, SIDE):
            doors.make_code(door)
        assert doors.radio.noted("connected", adapter=SECOND_ADAPTER)
    finally:
        doors.radio("plug", adapter=ADAPTER)
        doors.radio("unplug", adapter=SECOND_ADAPTER)
    doors.make_code(FRONT)


@pytest.fixture
def bluetoothd():
    """D-Bus and bluetoothd, as a desktop runs them."""
    # Left behind by a bus that ended, it would look like one that is up.
    shutil.rmtree("/run/dbus", ignore_errors=True)
    os.makedirs("/run/dbus")
    os.makedirs("/var/lib/bluetooth", exist_ok=True)
    bus = subprocess.Popen(["dbus-daemon", "--system", "--nofork", "--nopidfile"], stderr=subprocess.DEVNULL)
    try:
        eventually(lambda: os.path.exists("/run/dbus/system_bus_socket"), "the bus is up", 30)
        with open("/tmp/bluetoothd.log", "wb") as log:
            daemon = subprocess.Popen(["/usr/libexec/bluetooth/bluetoothd", "-n"], stdout=log, stderr=log)
        try:
            eventually(lambda: b"Bluetooth management interface" in open("/tmp/bluetoothd.log", "rb").read(),
                       "bluetoothd is up", 30)
            yield daemon
        finally:
            daemon.terminate()
            daemon.wait(20)
    finally:
        bus.terminate()
        bus.wait(20)


def test_bluetoothd_beside_is_told_and_does_no_harm(bluetoothd, doors):
    doors.daemon.restart()
    eventually(lambda: "bluetoothd" in doors.daemon.log(), "the daemon says who else is there", SLOW)
    code = doors.make_code(FRONT)
    assert doors.locks[FRONT].type(code["code"])
    doors.entry(FRONT, code)
    advice = doors.bitting("doctor")
    assert "bluetoothd" in advice.stdout and re.search(r"systemctl|disable", advice.stdout)


def test_bluetoothd_that_ends_and_powers_the_adapter_off_is_survived(doors, request):
    request.getfixturevalue("bluetoothd").terminate()
    code = doors.create(FRONT)
    doors.programmed(code, timeout=3 * SLOW)


def test_the_file_chooses_the_adapter(radio_of_two, tmp_path):
    """With `adapters` in the configuration, only those are used."""
    site = NukiSite(tmp_path, radio_of_two, bluetooth={"adapters": [SECOND_ADAPTER]})
    try:
        site.add_paired_lock("Back Door")
        site.start()
        first = len(radio_of_two.noted("connected", adapter=ADAPTER))
        site.make_code("Back Door")
        assert len(radio_of_two.noted("connected", adapter=ADAPTER)) == first
    finally:
        site.close()
        radio_of_two("remove_lock", name="Back Door")


@pytest.fixture
def radio_of_two(doors):
    """Two adapters, and no daemon but the test's own."""
    doors.daemon.stop()
    doors.radio("plug", adapter=SECOND_ADAPTER)
    yield doors.radio
    doors.radio("unplug", adapter=SECOND_ADAPTER)
    doors.daemon.start(timeout=SLOW)
