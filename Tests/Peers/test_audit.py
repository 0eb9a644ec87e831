"""The audit log: who did what, when, from where; and that nobody can change it unseen."""

import json
import os

import httpx
import pytest

from gateway import KEY
from keyring import Holder, audit, chain_fault, holder, new_key
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
