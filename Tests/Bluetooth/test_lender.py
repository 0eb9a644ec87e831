"""The daemon without any capability: `bitting-bluetooth` lends it the management channel, as its systemd unit does."""

import contextlib
import json
import subprocess
from pathlib import Path

import pytest

from gateway import ROOT
from nukilock import BITTING
from nukisite import SLOW
from radio import ADAPTER
from waiting import eventually

DOOR = "Front Door"
LENDER = ROOT / ".build/debug/bitting-bluetooth"
SOCKET = Path("/run/bitting-bluetooth.sock")
# root without the rights of root, as far as the kernel's Bluetooth asks.
POWERLESS = ["setpriv", "--bounding-set=-all", "--inh-caps=-all", "--no-new-privs"]


@contextlib.contextmanager
def lending():
    """systemd's own program listens, and starts a lender for each connection."""
    process = subprocess.Popen(
        ["systemd-socket-activate", "--accept", "--inetd", "--seqpacket", f"--listen={SOCKET}",
         "setpriv", "--bounding-set=-all,+net_admin", "--no-new-privs", str(LENDER)], stderr=subprocess.PIPE)
    try:
        eventually(SOCKET.exists, "somebody listens at the lender's socket", SLOW)
        yield
    finally:
        process.terminate()
        process.wait(SLOW)
        SOCKET.unlink(missing_ok=True)


@pytest.fixture
def powerless(site):
    """A lock that was paired by root, and a daemon that is not allowed anything."""
    lock = site.add_paired_lock(DOOR)
    site.daemon.wrapper = POWERLESS
    return lock


def doctor(site) -> dict:
    """What the doctor finds when it may do as little as the daemon, by subject."""
    done = subprocess.run([*POWERLESS, BITTING, "doctor", "--json", "--data-dir", str(site.daemon.data)],
                          capture_output=True, text=True, timeout=SLOW)
    return {finding["subject"]: finding for finding in json.loads(done.stdout)["findings"]}


def test_a_daemon_without_capabilities_serves_its_locks_by_the_lender(site, powerless):
    # The pairing has left the adapter on: off it goes, so that setting it up takes the right to do so.
    site.radio("unplug", adapter=ADAPTER)
    site.radio("plug", adapter=ADAPTER)
    with lending():
        assert doctor(site)["permission"]["verdict"] == "good"
        site.start()
        code = site.make_code(DOOR)
        assert powerless.type(code["code"])
        site.entry(DOOR, code)


def test_without_a_lender_it_is_told_how_to_have_one(site, powerless):
    assert "bitting-bluetooth.socket" in doctor(site)["permission"]["sentence"]
    site.radio("unplug", adapter=ADAPTER)
    site.radio("plug", adapter=ADAPTER)
    site.daemon.start(timeout=SLOW)
    eventually(lambda: "systemctl enable --now bitting-bluetooth.socket" in site.daemon.log(),
               "the log says how the daemon may set adapters up", SLOW)
    assert not site.is_online(DOOR)
