"""What bitting.service keeps from its process, tried in the place of the daemon on the booted box.

A drop-in puts `probe.c` where the daemon stands and adds nothing but the right to run that one file. The same probe
outside of the unit shows that the box has what is refused: a kernel without it would refuse as well.
"""

import subprocess
from pathlib import Path

import pytest

HERE = Path(__file__).resolve().parent
PROBE = "/usr/local/sbin/probe"
IN_PLACE_OF_THE_DAEMON = f"""\
[Service]
Type=oneshot
WatchdogSec=0
Restart=no
ExecStart=
ExecStart={PROBE} /dev/tty1 /dev/ttyS1 /dev/ttyS9 /dev/ubda /dev/mem /dev/rfkill /dev/vhci /dev/null
ExecPaths={PROBE}
StandardOutput=file:/run/probe
"""

ALLOWED = ["write-state", "read-configuration", "read-zones", "socket-inet", "socket-netlink", "open-/dev/null",
           "borrow-bluetooth"]
# The group of the port is up to the administrator: what is refused here is refused to everybody in the unit.
REFUSED = {
    "read-home": "EACCES ENOENT", "read-root": "EACCES ENOENT", "read-shadow": "EACCES", "read-credential": "EACCES",
    "write-etc": "EROFS EACCES", "write-usr": "EROFS", "write-var": "EROFS EACCES", "write-tmp-of-others": "ENOENT",
    "read-kernel-log": "EPERM ENOENT EACCES", "write-sysctl": "EROFS EACCES ENOENT",
    "write-sysfs": "EROFS EACCES ENOENT",
    "open-/dev/tty1": "EPERM EACCES", "open-/dev/ttyS9": "EPERM EACCES", "open-/dev/ubda": "EPERM EACCES",
    "open-/dev/mem": "EPERM EACCES ENOENT", "open-/dev/rfkill": "EPERM EACCES", "open-/dev/vhci": "EPERM EACCES",
    "run-shell": "EACCES", "run-bitting": "EACCES", "run-from-state": "EACCES",
    "run-from-run": "EACCES", "run-from-tmp": "EACCES", "run-from-var-tmp": "EACCES", "run-from-shm": "EACCES",
    "run-from-mqueue": "EACCES EINVAL",
    "map-writable-code": "EPERM", "make-code-of-data": "EPERM",
    "socket-packet": "EAFNOSUPPORT", "socket-raw": "EPERM", "socket-alg": "EAFNOSUPPORT",
    "bluetooth-monitor": "EPERM",
    "set-clock": "EPERM", "become-root": "EPERM EINVAL", "trace": "EPERM", "signal-init": "EPERM",
    "mount": "EPERM", "new-user-namespace": "EPERM", "new-mount-namespace": "EPERM", "set-hostname": "EPERM",
    "load-module": "EPERM", "swap-on": "EPERM", "reboot": "EPERM", "real-time": "EPERM",
    "set-user-id-file": "EPERM", "personality": "EPERM", "keyring": "EPERM",
}


@pytest.fixture(scope="module")
def results(box, tmp_path_factory):
    """NAME to RESULT, of the probe in the unit."""
    program = tmp_path_factory.mktemp("probe") / "probe"
    subprocess.run(["gcc", "-static", "-O1", "-Wall", "-Wextra", "-Werror", "-o", program, HERE / "probe.c"], check=True)
    box.give(program, PROBE, mode="755")
    box.do("useradd --create-home guest && echo private > /home/guest/letter && chmod 644 /home/guest/letter")
    box.do("echo private > /root/letter && touch /tmp/of-others && chmod 711 /root")
    # The daemon's user may open this port and that one; the unit allows the first alone.
    box.do("chgrp bitting /dev/ttyS1 /dev/ttyS9 /dev/tty1 && chmod 660 /dev/ttyS1 /dev/ttyS9 /dev/tty1")
    box.do("mkdir -p /run/systemd/system/bitting.service.d")
    box.write("/run/systemd/system/bitting.service.d/zz-probe.conf", IN_PLACE_OF_THE_DAEMON)
    box.do("systemctl daemon-reload && systemctl restart bitting")
    try:
        yield dict(line.rsplit(" ", 1) for line in box.do("cat /run/probe").splitlines())
    finally:
        box.do("rm -r /run/systemd/system/bitting.service.d && systemctl daemon-reload && systemctl restart bitting")


@pytest.fixture(scope="module")
def outside(box, results):
    """The same for a user of the box, outside of the unit."""
    box.do("install -d -o guest /tmp/state")
    said = box.do(f"STATE_DIRECTORY=/tmp/state runuser -u guest -- {PROBE}")
    return dict(line.rsplit(" ", 1) for line in said.splitlines())


@pytest.mark.parametrize("name", ALLOWED)
def test_what_the_daemon_needs_it_has(results, name):
    assert results[name] == "ok"


def test_a_serial_port_of_its_group_can_be_opened(results):
    assert results["open-/dev/ttyS1"] in ("ok", "EIO", "ENODEV")


@pytest.mark.parametrize("name, reasons", REFUSED.items())
def test_what_it_does_not_need_is_refused(results, name, reasons):
    assert results[name] in reasons.split()


def test_nothing_was_tried_that_is_not_judged(results):
    assert set(results) - set(REFUSED) - set(ALLOWED) == {
        "open-/dev/ttyS1", "processes-of-others", "core-limit", "socket-bluetooth"}


def test_it_sees_no_process_of_others_and_leaves_no_core(results):
    assert results["processes-of-others"] == "0"
    assert results["core-limit"] == "0"


@pytest.mark.parametrize("name", [
    "read-home", "write-tmp-of-others", "run-shell", "run-bitting", "run-from-state", "map-writable-code",
    "make-code-of-data", "socket-alg", "trace", "new-user-namespace", "personality", "keyring"])
def test_another_user_of_the_box_can_do_what_the_unit_refuses(outside, name):
    assert outside[name] == "ok", "the box does not have it, so that it is refused proves nothing"


def test_no_other_user_borrows_the_bluetooth_channel(outside):
    assert outside["borrow-bluetooth"] == "EACCES"


def test_bluetooth_is_spoken_only_with_the_drop_in(box, results):
    assert results["socket-bluetooth"] == "ok"
    box.do("mkdir -p /etc/systemd/system/bitting.service.d && "
           "ln -s /dev/null /etc/systemd/system/bitting.service.d/50-bluetooth.conf && "
           "systemctl daemon-reload && systemctl restart bitting")
    try:
        said = dict(line.rsplit(" ", 1) for line in box.do("cat /run/probe").splitlines())
    finally:
        box.do("rm -r /etc/systemd/system/bitting.service.d && systemctl daemon-reload")
    assert said["socket-bluetooth"] == "EAFNOSUPPORT"
    for name, reasons in REFUSED.items():
        assert said[name] in [*reasons.split(), "EAFNOSUPPORT" if name == "bluetooth-monitor" else ""], name
