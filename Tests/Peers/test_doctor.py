"""What `bitting doctor` and its kin tell of a box, and what commands may be done by whom in the data directory."""

import grp
import json
import os
import pty
import subprocess

import pytest

from bitting_cli import BITTING, CONFIGURATION, REFUSED, as_nobody, doctor, environment, findings

HEAD = json.dumps({"made_at": "2026-11-25T22:41:30Z", "made_by": "bitting", "nonce": "00" * 16,
                   "passphrase": {"salt": "00" * 16, "passes": 3, "memory_bytes": 64 << 20}}).encode()
HEAD_OF_A_BACKUP = b"BITTING BACKUP 1\n" + len(HEAD).to_bytes(4, "big") + HEAD
SITE = """
site: {{name: Harbour, time_zone: Europe/Berlin}}
lines:
  - name: cellar
    port: {port}
    baud: 9600
    protocol: osdp
    devices: [{{name: reader, address: 0, secure_channel: plain}}]
doors:
  - {{name: Cellar, reader: {{device: reader}}, strike: {{device: reader}}}}
"""


def test_the_doctor_names_who_holds_a_port(tmp_path):
    master, slave = pty.openpty()
    file = tmp_path / "bitting.yaml"
    file.write_text(SITE.format(port=os.ttyname(slave)))
    holder = subprocess.Popen(["sleep", "100"], stdin=slave)
    try:
        told = doctor("--config", file, "--data-dir", tmp_path / "data")
    finally:
        holder.kill()
        holder.wait()
        os.close(slave)
        os.close(master)
    assert told["configuration"]["verdict"] == "good", told["configuration"]
    held = told["line cellar"]
    assert held["verdict"] == "bad" and f"held by sleep (pid {holder.pid})" in held["sentence"], held


def test_the_doctor_tells_a_wrong_configuration(tmp_path):
    file = tmp_path / "bitting.yaml"
    file.write_text("site: {name: Harbour, time_zone: Nowhere/Town}\n")
    finding = doctor("--config", file, "--data-dir", tmp_path / "data")["configuration"]
    assert finding["verdict"] == "bad" and "time_zone" in finding["sentence"]


def test_the_doctor_tells_a_full_disk_and_an_open_directory(tmp_path):
    data = tmp_path / "data"
    data.mkdir(mode=0o755)
    data.chmod(0o755)
    done = subprocess.run(
        ["unshare", "--mount", "sh", "-c", 'mount -t tmpfs -o size=1m,mode=755 none "$1" && shift && exec "$@"', "sh",
         data, BITTING, "doctor", "--json", "--socket", "/nowhere", "--data-dir", data],
        capture_output=True, text=True, env=environment(), timeout=60)
    told = findings(done)
    assert told["disk"]["verdict"] == "bad" and "nearly full" in told["disk"]["sentence"]
    assert told["data directory"]["verdict"] == "bad" and "chmod 700" in told["data directory"]["sentence"]
    assert told["daemon"]["verdict"] == "bad" and "systemctl" in told["daemon"]["sentence"]


def test_the_doctor_tells_a_damaged_store_and_leaves_it(daemons, tmp_path):
    data = tmp_path / "data"
    data.mkdir(mode=0o700)
    store = data / "bitting.sqlite"
    store.write_bytes(b"no store at all, but of some length" * 100)
    before = store.read_bytes()
    finding = doctor("--data-dir", data)["store"]
    assert finding["verdict"] == "bad" and "damaged" in finding["sentence"]
    assert store.read_bytes() == before


@pytest.fixture
def open_path(tmp_path):
    """A folder that everybody may enter."""
    tmp_path.chmod(0o755)
    # Below the world's own directory for such things all are root's.
    for parent in tmp_path.parents:
        if parent.stat().st_uid == os.geteuid() and not parent.stat().st_mode & 0o1000:
            parent.chmod(parent.stat().st_mode | 0o055)
    return tmp_path


@pytest.fixture
def port(open_path):
    """A configuration with a line at a port of root's own and of the group dialout."""
    master, slave = pty.openpty()
    os.fchown(slave, 0, grp.getgrnam("dialout").gr_gid)
    os.fchmod(slave, 0o660)
    file = open_path / "bitting.yaml"
    file.write_text(SITE.format(port=os.ttyname(slave)))
    file.chmod(0o644)
    (open_path / "data").mkdir(mode=0o700)
    yield os.ttyname(slave)
    os.close(slave)
    os.close(master)


@pytest.mark.parametrize("command", ["doctor", "ports"])
def test_a_port_is_judged_for_the_user_of_the_daemon_whoever_asks(command, port, open_path):
    data, file = open_path / "data", open_path / "bitting.yaml"
    arguments = [command, "--json", "--config", file, "--data-dir", data]
    mine = findings(as_nobody(*arguments))["line cellar"]
    assert mine["verdict"] == "good", "root's daemon may, though nobody may not"
    os.chown(data, 65534, -1)
    theirs = findings(subprocess.run([BITTING, *map(str, arguments)], capture_output=True, text=True,
                                     env=environment(), timeout=60))["line cellar"]
    assert theirs["verdict"] == "bad" and "group dialout" in theirs["sentence"], theirs
    rule = f'KERNEL=="{port.removeprefix("/dev/")}", GROUP="nogroup", MODE="0660"'
    assert rule in theirs["sentence"] and "udevadm trigger" in theirs["sentence"], theirs


def test_a_configuration_that_only_root_may_read_is_not_told_as_missing(open_path):
    folder = open_path / "etc"
    folder.mkdir(mode=0o700)
    (folder / "bitting.yaml").write_text("site: {name: Harbour, time_zone: Europe/Berlin}\n")
    variable = {"BITTING_CONFIG": str(folder / "bitting.yaml")}
    told = findings(as_nobody("doctor", "--json", "--socket", "/nowhere", **variable))["configuration"]
    assert told["verdict"] == "warning" and "sudo" in told["sentence"], told
    checked = as_nobody("config", "check", **variable)
    assert checked.returncode == CONFIGURATION and "may not be read by this user" in checked.stdout, checked


# What is done in the data directory itself.


@pytest.mark.parametrize("command", [
    ["backup", "--passphrase-file", "{words}"], ["restore", "{backup}", "--passphrase-file", "{words}"],
    ["offline-key", "export", "Door"], ["offline-key", "renew", "Door"], ["seal-key", "rotate"],
    ["pair", "nuki", "--name", "Door", "--pin", "1234"]])
def test_whoever_may_not_look_into_the_data_directory_is_told_to_be_root(command, open_path):
    data = open_path / "data"
    data.mkdir(mode=0o700)
    (data / "bitting.sqlite").touch()
    files = {"backup": open_path / "backup", "words": open_path / "words"}
    files["backup"].write_bytes(HEAD_OF_A_BACKUP)
    files["words"].write_text("a lighthouse and a rope")
    for file in files.values():
        file.chmod(0o644)
    done = as_nobody(*(word.format(**files) for word in command), "--data-dir", data)
    assert done.returncode == REFUSED and "call this with sudo" in done.stderr, done
    assert [path.name for path in data.iterdir()] == ["bitting.sqlite"]
