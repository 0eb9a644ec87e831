"""API keys with some scopes, and clients that use them beside the contract's own ear: operators' routes are not in it."""

import hashlib
import json
import os
import subprocess

import httpx

from gateway import BINARY, Daemon

SCOPES = ("read", "write", "reveal", "admin")


class Holder:
    """Somebody with a key."""

    def __init__(self, daemon: Daemon, token: str):
        self.http = httpx.Client(base_url=daemon.url, timeout=60, verify=False,
                                 headers={"authorization": f"Bearer {token}"})

    def ask(self, path: str, /, status: int = 200, verb: str = "POST", **fields) -> dict:
        """Posts JSON, checks the status, returns the JSON."""
        response = self.http.request(verb, path, json=fields)
        assert response.status_code == status, f"{path}: {response.status_code} {response.text}"
        return response.json()

    def port(self) -> int:
        """The client's own end of the connection over which it is answered now."""
        return self.http.get("/workspaces/get").extensions["network_stream"].get_extra_info("client_addr")[1]


def holder(daemon: Daemon, *scopes: str, name: str | None = None) -> Holder:
    """Somebody with a new key."""
    return Holder(daemon, new_key(daemon, *scopes, name=name)["token"])


def new_key(daemon: Daemon, *scopes: str, name: str | None = None) -> dict:
    """A new key, made by the first one."""
    first = Holder(daemon, daemon.key)
    name = name or f"{'+'.join(scopes)} {len(first.ask('/bitting/keys/list')['api_keys'])}"
    return first.ask("/bitting/keys/create", name=name, scopes=list(scopes))["api_key"]


def audit(daemon: Daemon, **wanted) -> list[dict]:
    """All entries of the audit log whose members are as given, oldest first; read page by page."""
    first, before, entries = Holder(daemon, daemon.key), {}, []
    while True:
        page = first.ask("/bitting/audit/list", limit=50, **before)
        entries += page["audit_entries"]
        if page["next_before"] is None:
            break
        before = {"before": page["next_before"]}
    return [entry for entry in reversed(entries) if wanted.items() <= entry.items()]


def chain_fault(entries: list[dict]) -> int | None:
    """The first entry of a whole log that does not fit behind the one before it: written from docs/keys.md alone."""
    previous = "0" * 64
    for place, entry in enumerate(entries, 1):
        claimed = {name: value for name, value in entry.items() if name != "hash"}
        text = json.dumps(claimed, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
        digest = hashlib.sha256(f"{previous}\n{text}".encode()).hexdigest()
        if entry["sequence"] != place or digest != entry["hash"]:
            return place
        previous = digest
    return None


def bitting(*arguments, **environment: str) -> subprocess.CompletedProcess:
    """The operator's program, run to its end."""
    return subprocess.run([BINARY.parent / "bitting", *map(str, arguments)], capture_output=True, text=True, timeout=60,
                          env={"PATH": os.environ["PATH"], "HOME": "/nonexistent", **environment})
