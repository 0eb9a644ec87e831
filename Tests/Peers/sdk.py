"""The official SDK, in either of two generations; here is all in which they differ for a test.

3.18.0 reads with GET and a query string, changes with PATCH, PUT and DELETE. 2.2.0 posts JSON to every route. The tests
run once with each, each in a Python environment of its own.
"""

import inspect
import threading
from functools import reduce
from importlib.metadata import version
from urllib.parse import urlsplit

from seam import Seam
from seam.exceptions import (  # noqa: F401: the tests take them from here
    SeamActionAttemptFailedError, SeamActionAttemptTimeoutError, SeamHttpApiError, SeamHttpInvalidInputError,
    SeamHttpUnauthorizedError)

from contract import CONTRACT, Answer, heard_by_httpx

VERSION = version("seam")
POSTS_EVERYTHING = VERSION.startswith("2.")
# What is the same in every dialect and therefore runs once, with the newer SDK.
NO_DIALECT = {
    "test_audit.py": "operators' routes",
    "test_backup.py": "files, and the operator's commands",
    "test_backup_download.py": "operators' routes",
    "test_canary.py": "files that the daemon leaves behind",
    "test_catalog.py": "a file of the package",
    "test_cli.py": "the operator's commands",
    "test_configuration.py": "the configuration and its description",
    "test_connections.py": "raw sockets",
    "test_daemon.py": "the process and its files",
    "test_fuzz.py": "requests that schemathesis makes up",
    "test_hotplug.py": "adapters and lines",
    "test_keys.py": "raw HTTP with many keys",
    "test_listening.py": "where the daemon listens",
    "test_metrics.py": "metrics and health",
    "test_nuki_simulator.py": "a lock; no daemon takes part",
    "test_offline_digits.py": "an algorithm; no daemon takes part",
    "test_osdp.py": "readers and lines",
    "test_osdp_reader.py": "the reader of the tests; no daemon takes part",
    "test_osdp_security.py": "readers and lines",
    "test_reload.py": "the configuration and lines",
    "test_rescue.py": "files, and the operator's commands",
    "test_service_manager.py": "the process and systemd",
    "test_tls.py": "TLS below all dialects",
    "test_transport.py": "raw HTTP in all its dialects",
    "test_udev_rules.py": "rules of udev",
    "test_unix_socket.py": "a socket below all dialects",
    "test_webhook_tls.py": "TLS to receivers",
}
# What the older SDK cannot say or hear.
NEWER_SDK_ONLY = {
    "test_the_sdk_names_each_parameter_that_was_wrong": "2.2.0 drops validation_errors",
}
_last = threading.local()


def client(key: str, url: str, **options) -> Seam:
    """The SDK's client for a daemon; the contract sees all that it is answered."""
    if POSTS_EVERYTHING:
        options["niquests_options"] = {"hooks": {"response": [_heard_by_niquests]}}
    else:
        options["httpx_options"] = {"event_hooks": {"response": [_heard_by_httpx]}}
    return Seam(key, endpoint=url, **options)


def method_of(seam: Seam, path: str):
    """The method that belongs to a path."""
    return reduce(getattr, path.strip("/").split("/"), seam)


def ask(seam: Seam, path: str, fields: dict) -> Answer:
    """Calls the method that belongs to a path; returns the whole answer.

    The objects that the SDK makes of an answer know only the fields of their own generation: tests look at the JSON.
    """
    method = method_of(seam, path)
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
    _last.answer = heard_by_httpx(response)


def _heard_by_niquests(response, **_):
    _last.answer = CONTRACT.check(Answer(
        response.request.method, urlsplit(response.request.url).path, response.status_code,
        {name.lower(): value for name, value in response.headers.items()}, response.content))
