"""The audit log: who did what, when, from where; and that nobody can change it unseen."""

import json
import os
import sqlite3

import httpx
import pytest

from gateway import KEY, Daemon
from keyring import Holder, audit, bitting, chain_fault, holder, new_key
from waiting import eventually


def described(entry: dict) -> tuple:
    return entry["action"], entry["outcome"], entry["by"].get("name", entry["by"]["kind"]), entry.get("from")


def test_every_change_has_an_entry_with_who_and_what(daemon, front_door):
    panel = holder(daemon, "write", "reveal", name="panel")
    lock = {"device_id": front_door["device_id"]}
    response = panel.http.post("/access_codes/create", json={**lock, "code": "864213"})
    code = response.json()["access_code"]["access_code_id"]
    panel.ask("/access_codes/update", verb="PATCH", access_code_id=code, name="Eve")
    unlocked = panel.ask("/locks/unlock_door", **lock)["action_attempt"]["action_attempt_id"]
    panel.ask("/devices/update", verb="PATCH", **lock, custom_metadata={"floor": "1"})
    webhook = panel.ask("/webhooks/create", url="https://example.test/")["webhook"]["webhook_id"]
    panel.ask("/webhooks/delete", webhook_id=webhook)
    panel.ask("/devices/simulate/disconnect", **lock)
    panel.ask("/devices/simulate/connect", **lock)
    panel.ask("/access_codes/delete", verb="DELETE", access_code_id=code)
    entries = [entry for entry in audit(daemon) if entry["by"].get("name") == "panel"]
    assert [described(entry) for entry in entries] == [
        (path, "done", "panel", "127.0.0.1") for path in (
            "/access_codes/create", "/access_codes/update", "/locks/unlock_door", "/devices/update",
            "/webhooks/create", "/webhooks/delete", "/devices/simulate/disconnect", "/devices/simulate/connect",
            "/access_codes/delete")]
    assert entries[0]["request_id"] == response.headers["seam-request-id"]
    assert entries[0]["subjects"]["access_code_id"] == [code] == entries[-1]["subjects"]["access_code_id"]
    assert entries[0]["subjects"]["device_id"] == [lock["device_id"]]
    assert entries[2]["subjects"]["action_attempt_id"] == [unlocked]
    assert entries[4]["subjects"]["webhook_id"] == [webhook] == entries[5]["subjects"]["webhook_id"]


def test_keys_and_starts_have_entries_and_nothing_secret_is_in_any(daemon, front_door):
    key = new_key(daemon, "reveal", name="short-lived")
    Holder(daemon, daemon.key).ask("/bitting/keys/revoke", api_key_id=key["api_key_id"])
    made = daemon.post("/access_codes/create", {"device_id": front_door["device_id"], "code": "975310"})
    entries = audit(daemon)
    of_key = [entry for entry in entries if entry.get("subjects", {}).get("api_key_id") == [key["api_key_id"]]]
    assert [entry["action"] for entry in of_key] == ["/bitting/keys/create", "/bitting/keys/revoke"]
    assert all(entry["details"] == {"name": "short-lived", "scopes": ["read", "reveal"]} for entry in of_key)
    assert [entry["by"] for entry in entries[:2]] == [{"kind": "daemon"}] * 2
    assert [entry["action"] for entry in entries[:2]] == ["keys.made", "daemon.started"]
    text = json.dumps(entries)
    assert made["access_code"]["access_code_id"] in text
    for secret in (KEY, KEY[8:], key["token"], key["token"][14:], "975310"):
        assert secret not in text


def test_the_chain_fits_for_somebody_who_knows_its_description_alone(daemon):
    Holder(daemon, daemon.key).ask("/bitting/keys/create", name="Büro „Nord“ \"1\" \\ /", scopes=["read"])
    entries = audit(daemon)
    assert len(entries) > 3 and chain_fault(entries) is None
    entries[2]["outcome"] = "refused"
    assert chain_fault(entries) == 3


def test_who_was_shown_pins_is_put_down_once_and_other_reads_are_not(daemon, front_door):
    code = daemon.post("/access_codes/create", {"device_id": front_door["device_id"]})["access_code"]["access_code_id"]
    seeing, blind = holder(daemon, "reveal", name="seeing"), holder(daemon, "write", name="blind")
    for _ in range(10):
        for somebody in (seeing, blind):
            somebody.ask("/access_codes/get", access_code_id=code)
            somebody.ask("/devices/list")
    shown = [entry for entry in audit(daemon) if entry["by"].get("name") in ("seeing", "blind")]
    assert [described(entry) for entry in shown] == [("/access_codes/get", "pins_shown", "seeing", "127.0.0.1")]
    assert shown[0]["subjects"] == {"access_code_id": [code]}


def test_refusals_are_put_down_once(daemon):
    reader = holder(daemon, "read", name="reader")
    for _ in range(5):
        reader.ask("/locks/unlock_door", status=403, device_id="x")
    clumsy = holder(daemon, "write", name="clumsy")
    for _ in range(5):
        clumsy.ask("/access_codes/delete", status=400)
    refused = [described(entry)[:3] for entry in audit(daemon) if entry["by"].get("name") in ("reader", "clumsy")]
    assert refused == [("/locks/unlock_door", "insufficient_scope", "reader"),
                       ("/access_codes/delete", "invalid_input", "clumsy")]


def test_who_comes_by_the_socket_is_put_down_with_its_user(daemons, tmp_path):
    path = tmp_path / "s"
    daemon = daemons("--demo", "--socket", str(path), name="local").start()
    with httpx.Client(transport=httpx.HTTPTransport(uds=str(path)), base_url="http://bitting", timeout=30) as client:
        door = daemon.door("Front Door")["device_id"]
        made = client.post("/access_codes/create", json={"device_id": door}).json()["access_code"]
        assert made["code"].isdigit()
    [entry] = audit(daemon, action="/access_codes/create")
    assert entry["by"] == {"kind": "local_user", "uid": os.getuid()} and "from" not in entry


@pytest.mark.parametrize("round", range(3))
def test_what_was_acknowledged_before_a_power_cut_is_in_the_log(daemons, round):
    daemon = daemons(name=f"cut{round}").start()
    door = daemon.door("Studio")["device_id"]
    codes = [daemon.post("/access_codes/create", {"device_id": door})["access_code"]["access_code_id"]
             for _ in range(1 + round * 3)]
    daemon.kill()
    daemon.start()
    entries = audit(daemon)
    done = [code for entry in entries if entry["action"] == "/access_codes/create"
            for code in entry["subjects"]["access_code_id"]]
    assert done == codes and chain_fault(entries) is None
    assert [entry["action"] for entry in entries].count("daemon.started") == 2
    eventually(lambda: daemon.door("Studio"), "it goes on")


@pytest.fixture(scope="module")
def store(tmp_path_factory):
    """The store of a daemon that was asked some things, and the head of its log."""
    daemon = Daemon(tmp_path_factory.mktemp("store"))
    try:
        daemon.start()
        for number in range(6):
            new_key(daemon, "read", name=f"key {number}")
        running = bitting("audit", "verify", "--data-dir", daemon.data)
        assert running.returncode == 0, "it is proved while the daemon runs"
        count = len(audit(daemon))
        head = bitting("audit", "head", "--data-dir", daemon.data).stdout.strip()
        daemon.stop()
    finally:
        daemon.close()
    assert int(head.split(":")[0]) == count + 1, "to read the log is an entry too"
    return daemon.data / "bitting.sqlite", head


@pytest.fixture
def copy(store, tmp_path):
    """A copy of it, to be tampered with."""
    path = tmp_path / "copy.sqlite"
    with sqlite3.connect(store[0]) as source, sqlite3.connect(path) as target:
        source.backup(target)
    return path


def tamper(path, *statements: str):
    with sqlite3.connect(path) as database:
        for statement in statements:
            database.execute(statement)


def test_an_untouched_log_is_proved_from_the_store_and_from_an_export(store, tmp_path):
    path, head = store
    found = bitting("audit", "verify", path, "--head", head)
    assert found.returncode == 0 and f"Head, to be noted elsewhere: {head}" in found.stdout, found
    export = tmp_path / "audit.jsonl"
    export.write_text(bitting("audit", "export", "--data-dir", path.parent).stdout)
    proved = bitting("audit", "verify", export, "--head", head, "--json")
    assert proved.returncode == 0 and json.loads(proved.stdout)["head"] == head
    assert chain_fault([json.loads(line) for line in export.read_text().splitlines()]) is None


@pytest.mark.parametrize("statements, said", [
    (["UPDATE audit SET entry = replace(entry, 'done', 'gone') WHERE sequence = 4"], "Entry 4 is not as it was written"),
    (["UPDATE audit SET hash = replace(hash, substr(hash, 1, 1), 'x') WHERE sequence = 4"], "Entry 4 is not"),
    (["DELETE FROM audit WHERE sequence = 4"], "Entry 4 is missing."),
    (["DELETE FROM audit WHERE sequence BETWEEN 3 AND 5"], "Entries 3 to 5 are missing."),
    (["DELETE FROM audit WHERE sequence = 1"], "The log begins with entry 2"),
    (["DELETE FROM audit WHERE sequence > 6"], "are missing."),
    (["UPDATE audit SET sequence = 100 WHERE sequence = 4", "UPDATE audit SET sequence = 4 WHERE sequence = 5",
      "UPDATE audit SET sequence = 5 WHERE sequence = 100"], "Entry 4 is not as it was written"),
    (["UPDATE audit SET sequence = sequence + 100 WHERE sequence >= 4",
      "UPDATE audit SET sequence = sequence - 99 WHERE sequence > 100",
      "INSERT INTO audit SELECT 4, created_at, entry, hash FROM audit WHERE sequence = 3"],
     "Entry 4 is not as it was written"),
])
def test_whoever_tampers_with_the_store_is_found_and_the_entry_named(copy, statements, said):
    tamper(copy, *statements)
    found = bitting("audit", "verify", copy)
    assert found.returncode == 65 and said in found.stdout.splitlines()[0], found


def test_an_end_that_was_cut_off_with_all_traces_is_found_by_the_noted_head(copy, store):
    tamper(copy, "DELETE FROM audit WHERE sequence > 6", "UPDATE sqlite_sequence SET seq = 6 WHERE name = 'audit'")
    assert bitting("audit", "verify", copy).returncode == 0
    found = bitting("audit", "verify", copy, "--head", store[1])
    assert found.returncode == 65 and "are missing." in found.stdout


def test_lines_of_an_export_that_were_changed_moved_or_broken_are_named(store, tmp_path):
    lines = bitting("audit", "export", "--data-dir", store[0].parent).stdout.splitlines()
    export = tmp_path / "audit.jsonl"
    for changed, said in [
            ([*lines[:3], lines[3].replace("key 1", "key 9"), *lines[4:]], ["Entry 4 is not as it was written"]),
            ([*lines[:3], lines[4], lines[3], *lines[5:]], ["Entry 4 is missing.", "An entry 4 stands where"]),
            ([*lines[:3], "{", *lines[3:]], ["Line 4 is no entry"])]:
        export.write_text("\n".join(changed))
        found = bitting("audit", "verify", export)
        assert found.returncode == 65, found
        assert all(line.startswith(start) for line, start in zip(found.stdout.splitlines(), said, strict=True)), found


def test_what_cannot_be_read_is_said_with_what_to_do(tmp_path):
    (tmp_path / "other").write_text("no log")
    for path in (tmp_path / "nothing", tmp_path / "other"):
        found = bitting("audit", "verify", path)
        assert found.returncode == 66 and found.stderr.startswith("bitting: "), found
    assert bitting("audit", "verify", "--head", "12").returncode == 64


def test_the_operator_reads_the_log(daemons, tmp_path):
    socket = tmp_path / "s"
    daemons("--demo", "--socket", str(socket), name="reader").start()
    assert bitting("keys", "create", "panel", "--scope", "read", "--socket", socket).returncode == 0
    listed = bitting("audit", "list", "--socket", socket).stdout
    assert f"user {os.getuid()}" in listed and "/bitting/keys/create" in listed and "daemon.started" in listed
