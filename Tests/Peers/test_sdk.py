"""Every method of the SDK finds its route, with the verb of its generation (section 6 of the contract)."""

import inspect
import uuid

import pytest

import openapi
import sdk
from sdk import SeamHttpApiError, SeamHttpInvalidInputError, SeamHttpUnauthorizedError

# How 3.18.0 asks where it neither reads with GET nor acts with POST.
VERBS = {
    "/access_codes/create_multiple": "PUT", "/access_codes/update": "PATCH", "/access_codes/update_multiple": "PATCH",
    "/access_codes/delete": "DELETE", "/access_codes/unmanaged/convert_to_managed": "PATCH",
    "/access_codes/unmanaged/update": "PATCH", "/access_codes/unmanaged/delete": "DELETE", "/devices/update": "PATCH",
    "/devices/unmanaged/update": "PATCH", "/webhooks/update": "PUT", "/webhooks/delete": "DELETE",
}
# In the data, but without a method in either SDK: deprecated.
WITHOUT_METHOD = {"/devices/delete"}
NOWHERE = str(uuid.uuid4())
# What a method wants of something that is nowhere.
FIELDS = {
    "device_ids": [NOWHERE], "common_code_key": "none", "device_id": NOWHERE, "access_code_id": NOWHERE,
    "is_managed": True, "name": "Jane", "code": "7294", "devices": [{"ultraloq_metadata": {"time_zone": "Etc/UTC"}}],
    "is_expired": False, "auto_lock_enabled": False, "action_attempt_id": NOWHERE, "url": "https://receiver.example/",
    "webhook_id": NOWHERE, "event_types": ["*"], "connected_account_id": NOWHERE, "event_id": NOWHERE,
}


def fields_for(method, path: str) -> dict:
    """What a method cannot be called without, and what its route cannot be asked without."""
    wanted = {name for name, parameter in inspect.signature(method).parameters.items()
              if parameter.default is inspect.Parameter.empty}
    extra = {"/access_codes/get": ["access_code_id"], "/access_codes/unmanaged/get": ["access_code_id"],
             "/access_codes/list": ["device_id"], "/devices/get": ["device_id"], "/locks/get": ["device_id"],
             "/devices/unmanaged/get": ["device_id"], "/events/get": ["event_id"],
             "/connected_accounts/get": ["connected_account_id"]}.get(path, [])
    given = {name: FIELDS[name] for name in [*wanted, *extra]}
    return {**given, "since": "2199-01-01T00:00:00Z"} if path == "/events/list" else given


@pytest.mark.parametrize("path", sorted(openapi.DATA["paths"].keys() - WITHOUT_METHOD))
def test_every_method_finds_its_route(seam, path):
    fields = fields_for(sdk.method_of(seam, path), path)
    answer = sdk.ask(seam, path, fields)
    reads = "get" in openapi.DATA["paths"][path]
    assert answer.method == ("POST" if sdk.POSTS_EVERYTHING else VERBS.get(path, "GET" if reads else "POST"))
    assert answer.status in (200, 400, 404), answer
    if answer.status != 200:
        assert answer.json()["error"]["type"] != "not_found", answer


def test_the_sdk_recognises_a_wrong_key(daemon):
    with pytest.raises(SeamHttpUnauthorizedError):
        sdk.client("seam_wrongkey", daemon.url).devices.list()


def test_the_sdk_recognises_what_is_not_there(seam):
    with pytest.raises(SeamHttpApiError) as caught:
        seam.devices.get(device_id=NOWHERE)
    assert (caught.value.status_code, caught.value.code) == (404, "device_not_found")
    assert uuid.UUID(caught.value.request_id) and str(caught.value)


def test_the_sdk_recognises_bad_input(seam):
    with pytest.raises(SeamHttpInvalidInputError) as caught:
        seam.access_codes.create(device_id=[])
    assert (caught.value.status_code, caught.value.code) == (400, "invalid_input")
    assert uuid.UUID(caught.value.request_id)


def test_the_sdk_names_each_parameter_that_was_wrong(seam):
    with pytest.raises(SeamHttpInvalidInputError) as caught:
        seam.access_codes.create(device_id=[], name=7)
    assert caught.value.get_validation_error_messages("device_id")
    assert caught.value.get_validation_error_messages("name")
