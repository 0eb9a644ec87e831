"""The official SDK, in either of two generations; here is all in which they differ for a test.

3.18.0 reads with GET and a query string, changes with PATCH, PUT and DELETE. 2.2.0 posts JSON to every route. The tests
run once with each, each in a Python environment of its own.
"""

import inspect
import threading
from functools import reduce
from importlib.metadata import version

from seam import Seam
from seam.exceptions import (  # noqa: F401: the tests take them from here
    SeamActionAttemptFailedError, SeamActionAttemptTimeoutError, SeamHttpApiError, SeamHttpInvalidInputError,
    SeamHttpUnauthorizedError)

from contract import CONTRACT, Answer, heard_by_httpx

VERSION = version("seam")
POSTS_EVERYTHING = VERSION.startswith("2.")
_last = threading.local()


def client(key: str, url: str, **options) -> Seam:
    """The SDK's client for a daemon; the contract sees all that it is answered."""
    if POSTS_EVERYTHING:
        options["niquests_options"] = {"hooks": {"response": [_heard_by_niquests]}}
    else:
        options["httpx_options"] = {"event_hooks": {"response": [_heard_by_httpx]}}
    return Seam(key, endpoint=url, **options)


def ask(seam: Seam, path: str, fields: dict) -> tuple[int, dict]:
    """Calls the method that belongs to a path; returns the status and the whole JSON of the answer.

    The objects that the SDK makes of an answer know only the fields of their own generation: tests look at the JSON.
    """
    method = reduce(getattr, path.strip("/").split("/"), seam)
    parameters = inspect.signature(method).parameters
    unknown = fields.keys() - parameters.keys()
    assert not unknown, f"the SDK {VERSION} has no {', '.join(sorted(unknown))} in {path}: post it"
    assert None not in fields.values(), f"the SDK leaves out what is None: post {fields}"
    waiting = {"wait_for_action_attempt": False} if "wait_for_action_attempt" in parameters else {}
    _last.answer = None
    try:
        method(**fields, **waiting)
    except SeamHttpApiError:
        pass
    return _last.answer


def _heard_by_httpx(response):
    heard_by_httpx(response)
    _last.answer = response.status_code, response.json()


def _heard_by_niquests(response, **_):
    url = response.request.url.partition("?")[0]
    CONTRACT.check(Answer(response.request.method, "/" + url.split("/", 3)[3], response.status_code,
                          {name.lower(): value for name, value in response.headers.items()}, response.content))
    _last.answer = response.status_code, response.json()
