"""A backup of a running daemon, asked of it: who gets one, what is put down of it, what is left when it is cut off."""

import json
import os
import secrets
import socket
import sqlite3
import threading
from contextlib import contextmanager, suppress
from pathlib import Path

import httpx
import pytest
from nacl.pwhash import argon2id

import backup_file
from certificates import Authority
from gateway import Daemon
from keyring import audit, bitting, holder, new_key
from waiting import eventually

PASSPHRASE = "a pilot, two buoys and the ebb"
BALLAST = 48 << 20


@pytest.fixture(scope="module")
def box(tmp_path_factory):
    """A gateway under TLS with a large store, and the passphrase of its backups in a file."""
    directory = tmp_path_factory.mktemp("box")
    (directory / "passphrase").write_text(PASSPHRASE + "\n")
    authority = Authority(directory / "tls")
    issued = authority.issue()
    config = directory / "bitting.yaml"
    config.write_text(json.dumps({
        "site": {"name": "Harbour", "time_zone": "Europe/Berlin"},
        "api": {"tls": {"certificate": str(issued.certificate), "key": str(issued.key)}}}))
    daemon = Daemon(directory / "gateway", "--demo", "--config", str(config), "--log-level", "trace")
    daemon.authority, daemon.config, daemon.passphrase = authority.file, config, directory / "passphrase"
    try:
        daemon.start()
        daemon.stop()
        with sqlite3.connect(daemon.data / "bitting.sqlite") as database:
            database.execute("CREATE TABLE ballast (bytes BLOB)")
            for _ in range(BALLAST >> 16):
                database.execute("INSERT INTO ballast VALUES (?)", (secrets.token_bytes((1 << 16) - 100),))
        daemon.start()
        yield daemon
    finally:
        daemon.close()


def passphrase_key(passphrase: str = PASSPHRASE) -> dict:
    """What a client sends in place of a passphrase: written from docs/backup.md alone."""
    salt, passes, memory = secrets.token_bytes(16), 3, 64 << 20
    key = argon2id.kdf(32, passphrase.encode(), salt, opslimit=passes, memlimit=memory)
    return {"key": key.hex(), "salt": salt.hex(), "passes": passes, "memory_bytes": memory}


def is_tidy(daemon: Daemon) -> bool:
    """True when no copy of the store is left, neither by name nor held open."""
    held = [os.readlink(file) for file in Path(f"/proc/{daemon.process.pid}/fd").iterdir() if os.path.lexists(file)]
    return not list(daemon.data.glob("backup-*")) and not [path for path in held if "/backup-" in path]


def backups(daemon: Daemon) -> list[dict]:
    return audit(daemon, action="/bitting/backup")


@contextmanager
def begun(daemon: Daemon, key: str):
    """A backup of which the client takes the beginning alone."""
    with httpx.Client(base_url=daemon.url, verify=False, timeout=60) as client:
        with client.stream("POST", "/bitting/backup", json=passphrase_key(),
                           headers={"authorization": f"Bearer {key}"}) as response:
            assert response.status_code == 200
            pieces = response.iter_raw(1000)
            yield next(pieces)


def test_over_tls_it_opens_with_the_passphrase_and_is_put_down_with_who_and_from_where(box, tmp_path):
    key = new_key(box, "admin", "reveal", name="keeper")
    (tmp_path / "key").write_text(key["token"])
    file = tmp_path / "site.backup"
    said = bitting("backup", file, "--url", box.url, "--key-file", tmp_path / "key", "--ca-file", box.authority,
                   "--passphrase-file", box.passphrase)
    assert said.returncode == 0 and "7 locks, 0 access codes" in said.stdout, said
    assert file.stat().st_mode & 0o777 == 0o600
    inside = backup_file.read(file, passphrase=PASSPHRASE)
    assert list(inside)[-1] == "bitting.sqlite" and len(inside["bitting.sqlite"]) > BALLAST
    assert inside["configuration/bitting.yaml"] == box.config.read_bytes()
    [entry] = [entry for entry in backups(box) if entry["by"].get("name") == "keeper"]
    assert entry["outcome"] == "done" and entry["from"] == "127.0.0.1" and entry["request_id"]
    assert entry["details"] == {"locks": 7, "access_codes": 0, "opens_with": "passphrase"}
    eventually(lambda: is_tidy(box), "the copy is gone")


def test_at_the_socket_root_needs_no_key_and_a_recipient_opens_it(box, tmp_path):
    public = bitting("backup-key", tmp_path / "secret").stdout.strip()
    said = bitting("backup", tmp_path / "site.backup", "--socket", box.data / "bitting.sock", "--recipient", public,
                   "--json")
    assert json.loads(said.stdout) == {"file": str(tmp_path / "site.backup"), "locks": 7, "access_codes": 0}
    secret = bytes.fromhex((tmp_path / "secret").read_text())
    assert "manifest.json" in backup_file.read(tmp_path / "site.backup", secret_key=secret)
    entry = backups(box)[-1]
    assert entry["by"] == {"kind": "local_user", "uid": os.getuid()}
    assert entry["details"]["opens_with"] == "secret_key"


def test_what_it_restores_is_the_same_box(box, tmp_path):
    asked = httpx.post(box.url + "/bitting/backup", json=passphrase_key(), verify=False, timeout=60,
                       headers={"authorization": f"Bearer {box.key}"})
    assert asked.headers["content-type"] == "application/octet-stream" and asked.headers["cache-control"] == "no-store"
    (tmp_path / "site.backup").write_bytes(asked.content)
    said = bitting("restore", tmp_path / "site.backup", "--data-dir", tmp_path / "data", "--passphrase-file", box.passphrase)
    assert said.returncode == 0 and "7 locks" in said.stdout, said
    assert (tmp_path / "data/bitting.sqlite").exists()


def test_whoever_may_not_see_pins_or_is_no_administrator_gets_none(box, tmp_path):
    for scopes, missing in [(["admin"], ["reveal"]), (["write", "reveal"], ["admin"]), (["read"], ["reveal", "admin"])]:
        somebody = holder(box, *scopes)
        refused = somebody.ask("/bitting/backup", status=403, **passphrase_key())["error"]
        assert refused["type"] == "insufficient_scope" and refused["data"]["missing_scopes"] == missing
    (tmp_path / "key").write_text(new_key(box, "admin", name="half")["token"])
    said = bitting("backup", tmp_path / "none", "--url", box.url, "--key-file", tmp_path / "key", "--ca-file",
                   box.authority, "--passphrase-file", box.passphrase)
    assert said.returncode == 77 and "--scope reveal" in said.stderr and not (tmp_path / "none").exists()
    assert {entry["outcome"] for entry in backups(box) if entry["by"].get("name") == "half"} == {"insufficient_scope"}
    assert httpx.post(box.url + "/bitting/backup", json=passphrase_key(), verify=False).status_code == 401


def test_one_at_a_time_and_who_hangs_up_leaves_nothing(box, tmp_path):
    first = holder(box, "admin", "reveal")
    token = first.http.headers["authorization"].split()[1]
    with begun(box, token) as beginning:
        assert beginning.startswith(b"BITTING BACKUP 1\n")
        second = httpx.post(box.url + "/bitting/backup", json=passphrase_key(), verify=False,
                            headers={"authorization": f"Bearer {box.key}"})
        assert second.status_code == 409 and second.json()["error"]["type"] == "backup_under_way"
        assert int(second.headers["retry-after"]) > 0
        said = bitting("backup", tmp_path / "none", "--socket", box.data / "bitting.sock", "--passphrase-file", box.passphrase)
        assert said.returncode == 75 and not (tmp_path / "none").exists()
        assert not list(box.data.glob("backup-*")), "the copy has no name any more"
        assert not is_tidy(box), "the copy is held open"
    eventually(lambda: is_tidy(box), "the copy is gone with the client")
    for _ in range(3):
        def again():
            with begun(box, token):
                return True
        eventually(again, "the next has its turn")
    eventually(lambda: is_tidy(box), "nothing is left")


def test_it_is_not_held_in_memory(box):
    def peak() -> int:
        status = Path(f"/proc/{box.process.pid}/status").read_text()
        return int(status.split("VmHWM:")[1].split()[0]) << 10
    before = peak()
    with httpx.stream("POST", box.url + "/bitting/backup", json=passphrase_key(), verify=False, timeout=60,
                      headers={"authorization": f"Bearer {box.key}"}) as response:
        size = sum(len(piece) for piece in response.iter_raw())
    assert size > BALLAST and peak() - before < BALLAST // 3


def test_what_is_asked_wrongly_is_refused_without_repeating_it(box):
    good, secret = passphrase_key(), "5ec2e7" * 10 + "5ec2"
    for body in ({}, {"recipient": secret, **good}, {"key": secret}, {**good, "key": "no digits " * 6 + "none"},
                 {**good, "passes": 0}, {**good, "memory_bytes": 1 << 31}, {"recipient": secret[:-1]},
                 {**good, "salt": secret}, {"passphrase": secret}):
        refused = httpx.post(box.url + "/bitting/backup", json=body, verify=False,
                             headers={"authorization": f"Bearer {box.key}"})
        assert refused.status_code == 400 and refused.json()["error"]["type"] == "invalid_input", refused.text
        assert secret not in refused.text and good["key"] not in refused.text
    assert is_tidy(box)


def test_a_backup_that_is_cut_off_on_its_way_leaves_no_file(box, tmp_path):
    host, port = box.url.split("//")[1].split(":")
    gate = socket.create_server(("127.0.0.1", 0))

    def relay():
        inside, outside = gate.accept()[0], socket.create_connection((host, int(port)))
        threading.Thread(target=pump, args=(inside, outside, 1 << 40), daemon=True).start()
        pump(outside, inside, 5 << 20)

    def pump(source, target, most: int):
        try:
            while most > 0 and (piece := source.recv(65536)):
                target.sendall(piece)
                most -= len(piece)
        except OSError:
            pass
        for end in (source, target):
            with suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)

    threading.Thread(target=relay, daemon=True).start()
    (tmp_path / "key").write_text(new_key(box, "admin", "reveal")["token"])
    file = tmp_path / "half"
    said = bitting("backup", file, "--url", f"https://127.0.0.1:{gate.getsockname()[1]}", "--key-file", tmp_path / "key",
                   "--ca-file", box.authority, "--passphrase-file", box.passphrase)
    gate.close()
    assert said.returncode == 69 and not file.exists(), said
    eventually(lambda: is_tidy(box), "nothing is left in the gateway either")


def test_where_no_daemon_runs_the_directory_is_read_and_nobody_is_asked_where_one_is_named(daemons, tmp_path):
    site = daemons().start()
    (tmp_path / "passphrase").write_text(PASSPHRASE)
    usual = {"RUNTIME_DIRECTORY": str(site.data), "STATE_DIRECTORY": str(site.data)}
    common = ["--passphrase-file", tmp_path / "passphrase"]
    assert bitting("backup", tmp_path / "asked", *common, **usual).returncode == 0
    assert len(backups(site)) == 1
    assert bitting("backup", tmp_path / "read", *common, "--data-dir", site.data).returncode == 0
    assert len(backups(site)) == 1
    site.stop()
    assert bitting("backup", tmp_path / "alone", *common, **usual).returncode == 0
    for name in ("asked", "read", "alone"):
        assert "bitting.sqlite" in backup_file.read(tmp_path / name, passphrase=PASSPHRASE)
    said = bitting("backup", tmp_path / "none", *common, "--socket", site.data / "bitting.sock")
    assert said.returncode == 69 and not (tmp_path / "none").exists()
    (tmp_path / "empty").mkdir()
    said = bitting("backup", tmp_path / "none", *common, RUNTIME_DIRECTORY=str(tmp_path), STATE_DIRECTORY=str(tmp_path / "empty"))
    assert said.returncode == 69 and "no bittingd answers" in said.stderr and "no store" in said.stderr


def test_copies_that_a_power_cut_has_left_are_removed_at_the_start(daemons):
    site = daemons().start()
    site.stop()
    old, young, other = (site.data / name for name in (
        "backup-0F0E0D0C-0B0A-0908-0706-050403020100.sqlite", "backup-0F0E0D0C-0B0A-0908-0706-050403020101.sqlite",
        "backup-mine.sqlite"))
    for file in (old, young, other):
        file.write_bytes(b"left")
    for file in (old, other):
        os.utime(file, (1_700_000_000, 1_700_000_000))
    site.start()
    assert not old.exists() and young.exists() and other.exists()


def test_nothing_of_what_opens_backups_is_put_down_anywhere(box, tmp_path):
    lock = passphrase_key()
    asked = httpx.post(box.url + "/bitting/backup", json=lock, verify=False, timeout=60,
                       headers={"authorization": f"Bearer {box.key}"})
    assert asked.status_code == 200
    entries = json.dumps(audit(box))
    metrics = httpx.get(box.url + "/metrics", verify=False, headers={"authorization": f"Bearer {box.key}"}).content
    files = b"".join(file.read_bytes() for file in box.data.rglob("*") if file.is_file() and "snapshots" not in file.parts)
    for look in (lock["key"], PASSPHRASE):
        for where in (entries.encode(), box.log_bytes(), metrics, files, asked.content):
            assert look.encode() not in where and bytes.fromhex(lock["key"]) not in where
