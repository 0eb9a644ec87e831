"""Every answer of a daemon, to whichever client, is checked against the published schemas (contract 1.4 to 1.7).

What does not conform is kept, and fails the test during which it came: also when it came in a thread, or in a wait that
takes an AssertionError for "not yet".
"""

import json
from dataclasses import dataclass

import httpx

import openapi

# Contract 1.5. The types of a status that the daemon may answer with.
ERROR_TYPES = {
    400: {"invalid_input", "invalid_query_params", "invalid_content_type", "mismatched_page_parameters",
          "access_code_not_time_bound", "device_unmanaged", "device_managed", "device_type_not_supported",
          "invalid_event_types", "device_offline"},
    401: {"unauthorized"},
    403: {"insufficient_scope"},
    404: {"device_not_found", "access_code_not_found", "action_attempt_not_found", "action_attempts_not_found",
          "event_not_found", "webhook_not_found", "api_key_not_found", "workspace_not_found", "connected_account_not_found",
          "backup_access_code_not_found", "not_found"},
    405: {"method_not_allowed"},
    408: {"request_timeout"},
    409: {"duplicate_access_code", "backup_under_way"},
    413: {"content_too_large"},
    429: {"rate_limited"},
    503: {"store_unavailable", "gateway_unavailable"},
}


@dataclass(frozen=True)
class Answer:
    """A response of the daemon, whichever library has heard it."""
    method: str
    path: str
    status: int
    headers: dict
    content: bytes

    def json(self) -> dict:
        return json.loads(self.content)

    def __str__(self) -> str:
        return f"{self.method} {self.path} was answered {self.status} with {self.content[:1000]!r}"


class Contract:
    """Remembers what did not conform until somebody asks."""

    def __init__(self):
        self._broken: list[str] = []
        self._known_good: set[tuple[str, int, bytes]] = set()

    def check(self, answer: Answer) -> Answer:
        """Looks at an answer and returns it. What was good once is not read again: a test that waits asks often."""
        key = (answer.path, answer.status, answer.content)
        found = list(header_faults(answer))
        if answer.method not in ("HEAD", "OPTIONS") and key not in self._known_good:
            found += body_faults(answer)
        if found:
            self._broken.append("\n  ".join([str(answer), *found]))
        else:
            self._known_good.add(key)
        return answer

    def check_event(self, event: dict):
        """Looks at an event that came another way, for example to a webhook."""
        if found := list(openapi.faults(openapi.EVENTS, event)):
            self._broken.append("\n  ".join([f"event {event}", *found]))

    def raise_what_broke(self):
        """Fails with all that did not conform since the last time."""
        broken, self._broken = self._broken, []
        assert not broken, "\n".join(["answers break the contract:", *broken[:5]])


def header_faults(answer: Answer):
    if not answer.headers.get("seam-request-id"):
        yield "there is no seam-request-id"
    if answer.content and not answer.headers.get("content-type", "").startswith("application/json"):
        yield f"its content type is {answer.headers.get('content-type')}"


def body_faults(answer: Answer):
    try:
        body = json.loads(answer.content)
    except ValueError:
        yield "it is no JSON"
        return
    if answer.status == 200:
        if answer.path not in openapi.SUCCESSES:
            yield "the contract does not know this route"
        else:
            yield from openapi.faults(openapi.SUCCESSES[answer.path], body)
    elif found := list(openapi.faults(openapi.FAILURES, body)):
        yield from found
    elif body["error"]["type"] not in ERROR_TYPES.get(answer.status, ()):
        yield f"{body['error']['type']} is no error of status {answer.status}"


CONTRACT = Contract()


def heard_by_httpx(response: httpx.Response) -> Answer:
    """An event hook of httpx."""
    response.read()
    return CONTRACT.check(Answer(response.request.method, response.request.url.path, response.status_code,
                          dict(response.headers), response.content))
