"""API keys: scopes, revocation, last use, wrong keys, and PINs for those alone who may see them."""

import json
import re

import pytest

from gateway import LONG_AGO
from keyring import SCOPES, Holder, audit, bitting, holder, new_key
from test_transport import READ, ROUTES
from test_unix_socket import over
from waiting import eventually

READS_WITH_MORE = {"/access_codes/generate_code": {"reveal"}, "/webhooks/get": {"write", "reveal"}}
WRITES_WITH_MORE = {"/webhooks/create": {"write", "reveal"}, "/webhooks/update": {"write", "reveal"}}
ADMINISTRATION = ("/bitting/keys/create", "/bitting/keys/list", "/bitting/keys/revoke", "/bitting/audit/list")


def scopes_of(path: str) -> set[str]:
    if path.startswith("/health"):
        return set()
    if ROUTES[path] == READ:
        return READS_WITH_MORE.get(path, {"read"})
    return WRITES_WITH_MORE.get(path, {"write"})


@pytest.mark.parametrize("scopes", [("read",), ("write",), ("reveal",), ("write", "reveal"), ("admin",), SCOPES])
def test_a_key_may_do_what_its_scopes_say_and_nothing_else(daemon, scopes):
    somebody = holder(daemon, *scopes)
    for path in ROUTES:
        missing = scopes_of(path) - {"read", *scopes}
        response = somebody.http.post(path, json={})
        if not missing:
            assert response.status_code != 403, (path, response.text)
            continue
        error = response.json()["error"]
        assert (response.status_code, error["type"]) == (403, "insufficient_scope"), (path, response.text)
        assert set(error["data"]["missing_scopes"]) == missing
        assert "bitting keys create" in error["message"] and all(scope in error["message"] for scope in missing)
    for path in ADMINISTRATION:
        assert (somebody.http.post(path, json={}).status_code == 403) == ("admin" not in scopes), path


def test_a_revoked_key_is_refused_at_once_also_on_a_connection_that_stays_open(daemon):
    key = new_key(daemon, "read", name="old panel")
    panel = Holder(daemon, key["token"])
    port = panel.port()
    revoked = Holder(daemon, daemon.key).ask("/bitting/keys/revoke", api_key_id=key["api_key_id"])["api_key"]
    assert revoked["revoked_at"] is not None
    response = panel.http.get("/workspaces/get")
    assert (response.status_code, response.json()["error"]["type"]) == (401, "unauthorized")
    assert response.extensions["network_stream"].get_extra_info("client_addr")[1] == port
    unknown = daemon.anonymous.get("/workspaces/get", headers={"authorization": "Bearer seam_nobody"})
    assert unknown.json()["error"] == response.json()["error"], "whoever tries cannot tell that it was good once"
    again = Holder(daemon, daemon.key).ask("/bitting/keys/revoke", api_key_id=key["api_key_id"])["api_key"]
    assert again == revoked


def test_a_key_is_told_once_and_never_again(daemon):
    key = new_key(daemon, "write", "reveal", name="panel in the hall")
    assert re.fullmatch(r"seam_e[1-9A-Za-z]{7}_[1-9A-Za-z]{24}", key["token"])
    listed = Holder(daemon, daemon.key).http.get("/bitting/keys/list")
    mine = [other for other in listed.json()["api_keys"] if other["api_key_id"] == key["api_key_id"]]
    assert mine == [{name: value for name, value in key.items() if name != "token"}]
    assert key["scopes"] == ["read", "write", "reveal"] and key["token"].startswith(key["short_token"] + "_")
    for text in (listed.text, daemon.log()):
        assert key["token"].rsplit("_", 1)[1] not in text and daemon.key not in text


def test_keys_their_last_use_and_their_revocation_outlive_a_restart(daemons):
    daemon = daemons(name="restart").start()
    good, bad = new_key(daemon, "read", name="good"), new_key(daemon, "read", name="bad")
    for key in (good, bad):
        Holder(daemon, key["token"]).ask("/workspaces/get")
    Holder(daemon, daemon.key).ask("/bitting/keys/revoke", api_key_id=bad["api_key_id"])
    daemon.kill()
    daemon.start()
    keys = {key["name"]: key for key in Holder(daemon, daemon.key).ask("/bitting/keys/list")["api_keys"]}
    assert keys["good"]["last_used_from"] == "127.0.0.1" and keys["good"]["last_used_at"] is not None
    assert keys["good"]["revoked_at"] is None and keys["bad"]["revoked_at"] is not None
    Holder(daemon, good["token"]).ask("/workspaces/get")
    Holder(daemon, bad["token"]).ask("/workspaces/get", status=401)


def test_the_last_key_may_go_and_a_revoked_key_from_the_environment_opens_nothing(daemons):
    daemon = daemons(name="last").start()
    first = Holder(daemon, daemon.key)
    [mine] = first.ask("/bitting/keys/list")["api_keys"]
    assert mine["name"] == "BITTING_API_KEY" and mine["scopes"] == list(SCOPES)
    first.ask("/bitting/keys/revoke", api_key_id=mine["api_key_id"])
    first.ask("/bitting/keys/list", status=401)
    daemon.stop()
    daemon.start()
    assert "BITTING_API_KEY is a key that was revoked" in daemon.log()
    Holder(daemon, daemon.key).ask("/bitting/keys/list", status=401)
    with over(daemon.data / "bitting.sock") as client:
        assert client.post("/devices/list").status_code == 200


@pytest.mark.parametrize("fields, status, error", [
    ({"scopes": ["read"]}, 400, "invalid_input"), ({"name": "", "scopes": ["read"]}, 400, "invalid_input"),
    ({"name": "x", "scopes": []}, 400, "invalid_input"), ({"name": "x", "scopes": ["root"]}, 400, "invalid_input"),
    ({"name": "x" * 81, "scopes": ["read"]}, 400, "invalid_input"),
    ({"name": "line\nfeed", "scopes": ["read"]}, 400, "invalid_input"),
    ({"name": "BITTING_API_KEY", "scopes": ["read"]}, 400, "invalid_input"),
    ({"name": "seam_0123456789012345678901234", "scopes": ["read"]}, 400, "invalid_input"),
])
def test_a_key_that_cannot_be_is_refused(daemon, fields, status, error):
    assert Holder(daemon, daemon.key).ask("/bitting/keys/create", status=status, **fields)["error"]["type"] == error


def test_nobody_gives_a_key_what_it_has_not_itself(daemon):
    administrator = holder(daemon, "admin")
    refused = administrator.ask("/bitting/keys/create", status=403, name="more", scopes=["admin", "reveal"])
    assert refused["error"]["data"]["missing_scopes"] == ["reveal"]
    administrator.ask("/bitting/keys/create", name="no more", scopes=["admin"])
    unknown = administrator.ask("/bitting/keys/revoke", status=404, api_key_id="00000000-0000-4000-8000-000000000000")
    assert unknown["error"]["type"] == "api_key_not_found"


def test_after_many_wrong_keys_the_wrong_ones_wait_and_the_right_ones_do_not(daemons):
    daemon = daemons(name="throttle").start()
    wrong, right = Holder(daemon, "seam_guess_0123456789012345"), Holder(daemon, daemon.key)
    statuses = [wrong.http.get("/devices/list").status_code for _ in range(25)]
    assert statuses == [401] * 20 + [429] * 5
    response = wrong.http.get("/devices/list")
    assert response.json()["error"]["type"] == "rate_limited" and 1 <= int(response.headers["retry-after"]) <= 60
    assert daemon.anonymous.get("/devices/list").status_code == 401, "no key at all is no guess"
    for _ in range(5):
        right.ask("/devices/list")
    [burst] = audit(daemon, action="keys.refused")
    assert burst["from"] == "127.0.0.1" and burst["details"] == {"count": 20} and burst["by"] == {"kind": "nobody"}


def test_root_on_the_box_makes_lists_and_revokes_keys_without_one(daemons, tmp_path):
    socket = tmp_path / "s"
    daemon = daemons("--demo", "--socket", str(socket), name="operator", key=None).start()
    keys = ["keys", "list", "--socket", socket, "--json"]
    [first] = json.loads(bitting(*keys).stdout)["api_keys"]
    assert bitting("keys", "revoke", "first key", "--socket", socket).stdout == (
        "first key is revoked.\nNo key has the scope admin now: keys are made on the box itself, with sudo.\n")
    made = bitting("keys", "create", "panel", "--scope", "write", "--scope", "reveal", "--socket", socket)
    token = re.search(r"seam_\S+", made.stdout)[0]
    assert made.returncode == 0 and "read write reveal" in made.stdout
    asking = ["--url", daemon.url, "--json"]
    assert bitting("locks", *asking, BITTING_API_KEY=token).returncode == 0
    refused = bitting("keys", "list", *asking, BITTING_API_KEY=token)
    assert refused.returncode == 77 and "lacks the scope admin" in refused.stderr
    shown = bitting("keys", "list", "--socket", socket).stdout
    assert "panel" in shown and "127.0.0.1" in shown and token.rsplit("_", 1)[1] not in shown
    assert bitting("keys", "revoke", "pan", "--socket", socket).returncode == 0
    assert bitting("locks", *asking, BITTING_API_KEY=token).returncode == 77
    assert bitting("keys", "revoke", "panel", "--socket", socket).returncode == 66, "there is no such good key any more"
    for wrong in ([], ["--scope", "root"]):
        assert bitting("keys", "create", "x", *wrong, "--socket", socket).returncode == 64
    assert first["scopes"] == list(SCOPES)


class Site:
    """A demo site with a PIN in every place that there is."""

    PINS = {"set": "739158", "before": "739164", "after": "739175", "found": "739186"}

    def __init__(self, daemon):
        self.daemon = daemon
        self.front = daemon.door("Front Door")["device_id"]
        self.code = self.create(code=self.PINS["set"], name="Ada")
        self.changed = self.create(code=self.PINS["before"], name="Bob")
        for code in (self.code, self.changed):
            daemon.wait_for_code(code, status="set", timeout=30)
        daemon.post("/access_codes/update", {"access_code_id": self.changed, "code": self.PINS["after"]})
        daemon.wait_for_event("access_code.code_changed", access_code_id=self.changed)
        daemon.post("/access_codes/simulate/create_unmanaged_access_code",
                    {"device_id": self.front, "name": "by hand", "code": self.PINS["found"]})
        daemon.type_code(self.front, self.PINS["set"])

    def create(self, **fields) -> str:
        body = {"device_id": self.front, **fields}
        return self.daemon.post("/access_codes/create", body)["access_code"]["access_code_id"]

    def reads(self):
        """Requests whose answers show PINs."""
        yield "/access_codes/get", {"access_code_id": self.code}, {"set"}
        yield "/access_codes/list", {"device_id": self.front}, {"set", "after"}
        yield "/access_codes/unmanaged/list", {"device_id": self.front}, {"found"}
        yield "/events/list", {"since": LONG_AGO, "limit": 5000}, {"set", "before", "after"}
        yield "/events/get", {"event_type": "access_code.code_changed"}, {"before", "after"}


@pytest.fixture(scope="module")
def site(daemon):
    return Site(daemon)


def test_pins_are_shown_to_keys_with_reveal_and_to_no_other(site):
    seeing, blind = holder(site.daemon, "reveal"), holder(site.daemon, "read", "write", "admin")
    for path, fields, shown in site.reads():
        text = seeing.http.post(path, json=fields).text
        assert {name for name, pin in site.PINS.items() if pin in text} >= shown, path
        text = blind.http.post(path, json=fields).text
        assert not [pin for pin in site.PINS.values() if pin in text], path


def test_no_route_shows_a_pin_to_a_key_without_reveal(site):
    blind = holder(site.daemon, "read", "write", "admin")
    ids = {"device_id": site.front, "access_code_id": site.code}
    bodies = [{}, {"device_id": site.front}, {"access_code_id": site.code}, ids, {"since": LONG_AGO},
              {"search": site.PINS["set"], "device_id": site.front}]
    for path in [*(path for path in ROUTES if ROUTES[path] == READ), *ADMINISTRATION]:
        for body in bodies:
            text = blind.http.post(path, json=body).text
            # A search says in its next page's address what was searched for.
            found = [pin for pin in site.PINS.values() if pin in text and pin != body.get("search")]
            assert not found, (path, body)


def test_who_may_not_see_pins_does_not_find_them_by_trying(site):
    blind, seeing = holder(site.daemon, "write"), holder(site.daemon, "reveal")
    by_pin = {"device_id": site.front, "code": site.PINS["set"]}
    for path in ("/access_codes/get", "/access_codes/unmanaged/get"):
        assert blind.ask(path, status=403, **by_pin)["error"]["data"]["missing_scopes"] == ["reveal"]
    assert seeing.ask("/access_codes/get", **by_pin)["access_code"]["access_code_id"] == site.code
    search = {"device_id": site.front, "search": site.PINS["set"]}
    assert blind.ask("/access_codes/list", **search)["access_codes"] == []
    assert [code["access_code_id"] for code in seeing.ask("/access_codes/list", **search)["access_codes"]] == [site.code]


def test_a_key_without_reveal_makes_codes_and_is_not_told_their_pins(site):
    blind = holder(site.daemon, "write")
    made = blind.ask("/access_codes/create", device_id=site.front, name="Cleaner")["access_code"]
    assert made["code"] is None and made["is_waiting_for_code_assignment"] is False
    chosen = blind.ask("/access_codes/create", device_id=site.front, name="Gardener", code="739197")["access_code"]
    assert chosen["code"] is None
    linked = blind.ask("/access_codes/create_multiple", device_ids=[site.front], name="Linked")["access_codes"]
    assert [code["code"] for code in linked] == [None]
    for code in (made, chosen, *linked):
        pin = site.daemon.code(code["access_code_id"])["code"]
        assert pin.isdigit()
        eventually(lambda pin=pin: pin in site.daemon.http.post(
            "/events/list", json={"since": LONG_AGO, "limit": 5000}).text, "its event is there")
        blind.ask("/access_codes/delete", verb="DELETE", access_code_id=code["access_code_id"])
