"""Backup and restore with the real programs: from a running daemon onto another box, and back from a damaged store."""

import json
import os
import shutil
import subprocess
from pathlib import Path

import pytest

import backup_file
from gateway import BINARY, Daemon
from keyring import audit, chain_fault
from sealing import Opened, key_id
from waiting import eventually

BITTING = BINARY.with_name("bitting")
PASSPHRASE = "a lighthouse, a rope and nine gulls"
KEYS = {"A": bytes.fromhex("a1" * 32), "B": bytes.fromhex("b2" * 32)}
DOORS = ["Front Door", "Garden Gate", "Harbour Entrance", "Wharf Gate"]


def bitting(*arguments, status: int = 0) -> str:
    done = subprocess.run([BITTING, *map(str, arguments)], capture_output=True, text=True, timeout=60,
                          stdin=subprocess.DEVNULL)
    assert done.returncode == status, f"{done.returncode}: {done.stdout}{done.stderr}"
    return done.stdout + done.stderr


@pytest.fixture(scope="module")
def box(tmp_path_factory):
    """A gateway that has run for a while, its backups and its codes; it runs on until a test stops it."""
    directory = tmp_path_factory.mktemp("box")
    for name, key in KEYS.items():
        file = directory / f"key-{name}"
        file.write_text(key.hex())
        file.chmod(0o600)
    (directory / "passphrase").write_text(PASSPHRASE + "\n")
    (directory / "bitting.yaml").write_text("site:\n  name: Harbour\n")
    daemon = Daemon(directory / "A", "--demo", "--seal-key-file", str(directory / "key-A"))
    try:
        daemon.start()
        codes = {}
        for name in DOORS:
            code = daemon.ask("/access_codes/create", device_id=daemon.door(name, 60)["device_id"], name="Jane")
            codes[name] = code["access_code"]
        for code in codes.values():
            daemon.wait_for_code(code["access_code_id"], timeout=90, status="set")
        yield directory, daemon, codes
    finally:
        daemon.close()


@pytest.fixture(scope="module")
def backups(box):
    """A backup under a passphrase, one for a key, and the public half of that."""
    directory, daemon, _ = box
    common = ["--data-dir", daemon.data, "--seal-key-file", directory / "key-A"]
    said = bitting("backup", directory / "one.backup", "--passphrase-file", directory / "passphrase",
                   "--config", directory / "bitting.yaml", *common)
    assert "7 locks, 4 access codes" in said
    public = bitting("backup-key", directory / "backup-key").strip()
    bitting("backup", directory / "two.backup", "--recipient", public, *common)
    assert daemon.is_healthy()
    return directory / "one.backup", directory / "two.backup"


def restore(box, backup: Path, data: Path, *arguments, status: int = 0) -> str:
    return bitting("restore", backup, "--data-dir", data, "--seal-key-file", box[0] / "key-B",
                   "--passphrase-file", box[0] / "passphrase", *arguments, status=status)


def test_a_backup_is_as_documented_and_opens_with_what_it_was_made_for(box, backups, tmp_path):
    directory, daemon, codes = box
    inside = backup_file.read(backups[0], passphrase=PASSPHRASE)
    assert set(inside) == {"manifest.json", "bitting.sqlite", "configuration/bitting.yaml", "demo/nuki/1A2B3C01.json",
                           "demo/nuki/1A2B3C05.json"}
    secret = bytes.fromhex((directory / "backup-key").read_text())
    assert set(backup_file.read(backups[1], secret_key=secret)) == set(inside) - {"configuration/bitting.yaml"}
    manifest = json.loads(inside["manifest.json"])
    assert (manifest["format"], manifest["locks"], manifest["codes"]) == (1, 7, 4)
    (tmp_path / "bitting.sqlite").write_bytes(inside["bitting.sqlite"])
    keys = {key["generation"]: bytes.fromhex(key["key"]) for key in manifest["data_keys"]}
    pins = {pin.decode() for pin in Opened(tmp_path, data_keys=keys).column("access_code", "pin")}
    assert pins == {code["code"] for code in codes.values()}


def test_the_key_files_that_the_configuration_names_come_along(box, tmp_path):
    directory, daemon, _ = box
    keys = {"front.key": "7c4f0a93d15be8264760b2c9e83d51fa\n", "keys/back.key": "31e6c8b5402f9d7a85d3174ec06b92af\n"}
    (tmp_path / "keys").mkdir()
    for name, text in keys.items():
        (tmp_path / name).write_text(text)
        (tmp_path / name).chmod(0o600)
    (tmp_path / "bitting.yaml").write_text(json.dumps({
        "site": {"name": "Harbour", "time_zone": "Europe/Berlin"},
        "lines": [{"name": "front", "port": "/dev/ttyS1", "protocol": "osdp", "devices": [
            {"name": name, "address": number, "key_file": name} for number, name in enumerate(keys)]}]}))
    bitting("backup", tmp_path / "site.backup", "--passphrase-file", directory / "passphrase", "--config",
            tmp_path / "bitting.yaml", "--data-dir", daemon.data, "--seal-key-file", directory / "key-A")
    inside = backup_file.read(tmp_path / "site.backup", passphrase=PASSPHRASE)
    assert {file["path"]: file["text"] for file in json.loads(inside["manifest.json"])["key_files"]} == keys
    for _ in range(2):
        said = restore(box, tmp_path / "site.backup", tmp_path / "data", "--replace")
        laid = tmp_path / "data/restored-keys"
        assert str(laid) in said and laid.stat().st_mode & 0o777 == 0o700
        assert {file.name: file.read_text() for file in laid.iterdir()} == {
            Path(name).name: text for name, text in keys.items()}
        assert {file.stat().st_mode & 0o777 for file in laid.iterdir()} == {0o600}


def test_nothing_of_it_can_be_read_without(box, backups):
    _, daemon, codes = box
    for file in backups:
        data = file.read_bytes()
        assert file.stat().st_mode & 0o777 == 0o600
        for look in [b"Jane", b"SQLite format", b"bitting.sqlite", b"Front Door", *(
                code["code"].encode() for code in codes.values() if len(code["code"]) >= 6)]:
            assert look not in data
    assert not list(daemon.data.glob("backup-*"))


@pytest.mark.parametrize("kind", ["another passphrase", "another key", "cut short", "no passphrase"])
def test_what_does_not_open_changes_nothing_and_says_why(box, backups, tmp_path, kind):
    data, backup, arguments = tmp_path / "data", backups[0], []
    if kind == "another passphrase":
        (tmp_path / "other").write_text("something else")
        arguments = ["--passphrase-file", tmp_path / "other"]
    elif kind == "another key":
        backup = backups[1]
        bitting("backup-key", tmp_path / "other")
        arguments = ["--key-file", tmp_path / "other"]
    elif kind == "cut short":
        backup = tmp_path / "cut"
        backup.write_bytes(backups[0].read_bytes()[:-40000])
    else:
        backup = backups[1]
    said = restore(box, backup, data, *arguments, status=64 if kind == "no passphrase" else 77)
    assert PASSPHRASE not in said and str(backup) in said
    assert [path.name for path in data.iterdir()] == ["bittingd.lock"]


def test_what_is_no_backup_is_refused_before_anything_is_made(box, tmp_path):
    data = tmp_path / "data"
    for there in (False, True):
        if there:
            data.mkdir(mode=0o700)
        said = bitting("restore", box[0] / "bitting.yaml", "--data-dir", data, "--passphrase-file",
                       box[0] / "passphrase", status=65)
        assert "is no backup" in said
        assert data.exists() == there and not (there and list(data.iterdir()))


def test_restore_leaves_a_store_and_a_running_daemon_alone(box, backups, tmp_path):
    _, daemon, _ = box
    restore(box, backups[0], daemon.data, "--replace", status=75)
    data = tmp_path / "data"
    restore(box, backups[0], data)
    before = (data / "bitting.sqlite").read_bytes()
    assert "--replace" in restore(box, backups[0], data, status=73)
    assert (data / "bitting.sqlite").read_bytes() == before
    said = restore(box, backups[0], data, "--replace")
    aside = next(data.glob("replaced-*"))
    assert str(aside) in said and (aside / "bitting.sqlite").read_bytes() == before


def test_another_box_serves_the_same_locks_and_nothing_is_paired_or_written(box, backups, tmp_path):
    directory, daemon, codes = box
    deleted = daemon.ask("/access_codes/create", device_id=daemon.door("Studio")["device_id"])["access_code"]
    daemon.wait_for_code(deleted["access_code_id"], timeout=60, status="set")
    daemon.stop()
    other = Daemon(tmp_path / "B", "--demo", "--seal-key-file", str(directory / "key-B"))
    said = restore(box, backups[0], other.data)
    assert "7 locks, 4 access codes" in said and "No other gateway" in said and "looked at" in said
    assert (other.data / "restored-bitting.yaml").read_text() == (directory / "bitting.yaml").read_text()
    # The locks themselves: what they hold they hold, whichever gateway asks.
    for file in daemon.data.glob("simulated-*"):
        shutil.copy(file, other.data)
    pairings = {path.name: path.read_bytes() for path in (other.data / "demo/nuki").iterdir()}
    try:
        other.start()
        for name, code in codes.items():
            door = other.door(name, 60)
            assert door["device_id"] == code["device_id"]
            other.wait_for_code(code["access_code_id"], timeout=90, status="set")
            assert other.type_code(door["device_id"], code["code"])["status"] == "success"
            other.wait_for_event("lock.unlocked", timeout=60, access_code_id=code["access_code_id"])
        told = [event["event_type"] for event in other.events() if event["event_type"].startswith("access_code.")]
        assert told.count("access_code.set_on_device") >= len(codes)
        assert "access_code.removed_from_device" not in told and "access_code.deleted" not in told
        assert {path.name: path.read_bytes() for path in (other.data / "demo/nuki").iterdir()} == pairings
        # What was made after the backup is on the lock, and nobody's here.
        stranger = other.wait_for_event("access_code.unmanaged.created", timeout=60)
        # The log goes on where the backup was made, and says that it did.
        entries = audit(other)
        [restored] = [entry for entry in entries if entry["action"] == "store.restored"]
        assert chain_fault(entries) is None and restored["by"] == {"kind": "local_user", "uid": os.getuid()}
        assert restored["details"]["kind"] == "backup" and restored["details"]["made_at"].endswith("Z")
        assert stranger["device_id"] == deleted["device_id"]
    finally:
        other.close()
    opened = Opened(other.data, KEYS["B"])
    assert opened.column("device_key", "key") == Opened(daemon.data, KEYS["A"]).column("device_key", "key")


def test_P20_a_damaged_store_is_left_alone_and_the_last_good_state_is_offered(daemons):
    site = daemons()
    site.start()
    code = site.ask("/access_codes/create", device_id=site.door("Front Door")["device_id"])["access_code"]
    site.wait_for_code(code["access_code_id"], status="set")
    site.restart()
    eventually(lambda: list((site.data / "snapshots").glob("bitting-*.sqlite")), "a state is put by")
    site.stop()
    store = site.data / "bitting.sqlite"
    damaged = bytearray(store.read_bytes())
    damaged[4096:40960] = os.urandom(36864)
    store.write_bytes(damaged)
    process = site.spawn()
    assert process.wait(20) == 74
    assert "bitting restore --snapshot" in site.log() and code["code"] not in site.log()
    assert store.read_bytes() == damaged
    said = bitting("restore", "--snapshot", "--data-dir", site.data)
    aside = next(site.data.glob("replaced-*"))
    assert str(aside) in said and (aside / "bitting.sqlite").read_bytes() == damaged
    site.start()
    assert site.wait_for_code(code["access_code_id"], timeout=60, status="set")["code"] == code["code"]
    [restored] = audit(site, action="store.restored")
    assert restored["details"]["kind"] == "snapshot"


def refused(site: Daemon, status: int) -> str:
    process = site.spawn()
    assert process.wait(20) == status, site.log()
    return site.log()


def test_the_wrong_seal_key_or_none_is_told_by_its_id_and_changes_nothing(daemons, tmp_path):
    site = daemons().start()
    site.stop()
    own = bytes.fromhex((site.data / "seal-key").read_text())
    assert (site.data / "seal-key").stat().st_mode & 0o777 == 0o600
    assert "seal-key" in site.log_bytes().decode()
    store = (site.data / "bitting.sqlite").read_bytes()
    (site.data / "seal-key").rename(tmp_path / "kept")
    said = refused(site, 78)
    assert key_id(own) in said and not (site.data / "seal-key").exists()
    other = tmp_path / "other"
    for text, mode, look in [("b2" * 32, 0o600, key_id(KEYS["B"])), ("b2" * 32, 0o644, "chmod 600"),
                             ("b2" * 31, 0o600, "64 hexadecimal digits")]:
        other.write_text(text)
        other.chmod(mode)
        site.arguments = ("--demo", "--seal-key-file", str(other))
        said = refused(site, 78)
        assert look in said and text not in said
    assert (site.data / "bitting.sqlite").read_bytes() == store
    site.arguments = ("--demo", "--seal-key-file", str(tmp_path / "kept"))
    site.start()
