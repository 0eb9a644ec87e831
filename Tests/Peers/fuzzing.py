"""Requests made up from the published data: as they should be, as they should not be, and noise."""

import json
import random
from collections import Counter
from urllib.parse import quote

import schemathesis
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st
from schemathesis import GenerationMode

import moments
import openapi
from gateway import LONG_AGO, Daemon

# The same requests on every run; another number is another run.
SEED = 1
OPERATIONS = [found.ok() for found in schemathesis.openapi.from_dict(openapi.published()).get_all_operations()]
VERBS = ["GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS"]
CONTENT_TYPES = ["application/json", "application/json; charset=utf-16", "application/x-www-form-urlencoded",
                 "multipart/form-data", "text/plain", ""]
ANY_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=9),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=9), inner, max_size=3))
PINS = ["7294", "58204", "364817", "3648179"]
HOURS = [-30, -1, 1, 2, 26, 80, 900]


class Site:
    """What a request may name so that it reaches beyond the check of its form."""

    def __init__(self, daemon: Daemon):
        self.daemon = daemon
        self.answered = Counter()
        self.names: dict[str, list[str]] = {}
        self.learn()

    def learn(self):
        """Reads anew what there is."""
        devices = [device for path in ("/devices/list", "/devices/unmanaged/list")
                   for device in read(self.daemon, path, "devices")]
        codes = [code for device in devices for path in ("/access_codes/list", "/access_codes/unmanaged/list")
                 for code in read(self.daemon, path, "access_codes", device_id=device["device_id"])]
        resources = {
            "device_id": devices, "access_code_id": codes,
            "connected_account_id": self.daemon.ask("/connected_accounts/list")["connected_accounts"],
            "action_attempt_id": self.daemon.ask("/action_attempts/list", limit=20)["action_attempts"],
            "event_id": (events := self.daemon.ask("/events/list", since=LONG_AGO, limit=20)["events"]),
            "event_type": events,
            "webhook_id": read(self.daemon, "/webhooks/list", "webhooks"),
            "common_code_key": [code for code in codes if code.get("common_code_key")],
        }
        self.names = {name: [resource[name] for resource in found] for name, found in resources.items()}

    def make_real(self, case, choice: int):
        """Lets the parameters of a case name things of this site, mostly; the same choice makes the same of it."""
        chance = random.Random(choice)
        for place in (case.body, case.query):
            if isinstance(place, dict):
                place.update({name: self._made_real(name, value, chance) for name, value in place.items()})
                # A door that is out of reach answers when it is back: a long wait, and nothing of the kind is meant.
                if place.get("sync") is True:
                    place["sync"] = False

    def _made_real(self, name: str, value, chance: random.Random):
        one = name.removesuffix("s")
        if name in ("starts_at", "ends_at", "since", "created_before") and chance.random() < 0.8:
            return moments.from_now(hours=chance.choice(HOURS))
        if name == "code" and chance.random() < 0.8:
            return chance.choice(PINS)
        if not self.names.get(one) or chance.random() < 0.2:
            return value
        return chance.choice(self.names[one]) if one == name else chance.sample(self.names[one], 1)


def read(daemon: Daemon, path: str, key: str, **fields) -> list[dict]:
    """What a route lists; nothing where it is not offered."""
    answer = daemon.http.post(path, json=fields)
    return answer.json()[key] if answer.status_code == 200 else []


def drawn(strategy: st.SearchStrategy, examples: int, name: str) -> list:
    """So many values; the same ones for a name on every run."""
    values = []

    @seed(f"{SEED} {name}")
    @settings(max_examples=examples, database=None, deadline=None, phases=[Phase.generate],
              suppress_health_check=list(HealthCheck))
    @given(strategy)
    def keep(value):
        values.append(value)

    keep()
    return values


def made_up(operation, mode: GenerationMode, examples: int) -> list[tuple]:
    """Cases of an operation, each with a number by which to choose for it."""
    cases = operation.as_strategy(generation_mode=mode)
    return drawn(st.tuples(cases, st.integers(0, 2**32)), examples, f"{operation.label} {mode.value}")


def noise(path: str, examples: int) -> list[dict]:
    """Requests that follow no schema: any verb, any bytes."""
    queries = st.binary(max_size=40).map(lambda query: f"{path}?{quote(query, safe='=&[],+')}")
    bodies = st.binary(max_size=80) | ANY_JSON.map(lambda value: json.dumps(value).encode())
    return drawn(st.fixed_dictionaries({
        "method": st.sampled_from(VERBS), "url": queries, "content": bodies,
        "headers": st.fixed_dictionaries({"content-type": st.sampled_from(CONTENT_TYPES)})}), examples, path)
