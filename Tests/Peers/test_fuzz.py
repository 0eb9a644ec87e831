"""Every route takes whatever comes: no answer of 500, none that breaks the contract, none that fails to come."""

import itertools

import pytest
from schemathesis import GenerationMode

import fuzzing
import moments
import openapi
from gateway import Daemon

LONGEST_ANSWER_SECONDS = 20
# What random values hardly ever get right.
HARD_TO_GET_RIGHT = {
    "/events/list": "one of since and between, and types that there are",
    "/access_codes/report_device_constraints": "either lengths or both ends of a range, in order, of some doors",
    "/devices/report_provider_metadata": "the zone of the site out of 429",
}


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    """A demo site of its own with some codes; alone, without a configuration, it has no limits of rate."""
    daemon = Daemon(tmp_path_factory.mktemp("fuzzed"))
    try:
        daemon.start()
        for name in ("Front Door", "Studio", "Harbour Entrance"):
            device_id = daemon.door(name)["device_id"]
            daemon.ask("/access_codes/create", device_id=device_id, name=name)
            daemon.ask("/access_codes/create", device_id=device_id, use_backup_access_code_pool=True,
                       starts_at=moments.from_now(hours=-1), ends_at=moments.from_now(hours=9))
        yield fuzzing.Site(daemon)
    finally:
        daemon.close()


@pytest.mark.parametrize("path", openapi.DATA["paths"])
def test_what_is_made_from_the_data_is_answered_by_the_contract(site, path):
    site.learn()
    operations = [operation for operation in fuzzing.OPERATIONS if operation.path == path]
    for operation, mode in itertools.product(operations, GenerationMode):
        for case, choice in fuzzing.made_up(operation, mode, examples=5):
            site.make_real(case, choice)
            sent = case.as_transport_kwargs(base_url=site.daemon.url)
            answer = site.daemon.http.request(
                sent["method"], sent["url"], json=sent.get("json"), params=sent.get("params"),
                timeout=LONGEST_ANSWER_SECONDS)
            site.answered[path, answer.json().get("error", {"type": "ok"})["type"]] += 1
            assert answer.status_code < 500, (
                f"{sent['method']} {answer.url} {sent.get('json')}: {answer.text}")
    assert site.daemon.is_running()


@pytest.mark.parametrize("path", openapi.SUCCESSES)
def test_noise_is_answered_by_the_contract(site, path):
    for request in fuzzing.noise(path, examples=12):
        answer = site.daemon.http.request(**request, timeout=LONGEST_ANSWER_SECONDS)
        assert answer.status_code < 500, f"{request}: {answer.text}"
    assert site.daemon.is_running()


def test_what_is_made_up_gets_beyond_the_check_of_its_form(site):
    of_form = {"invalid_input", "invalid_query_params"}
    beyond = {path for path, kind in site.answered if kind not in of_form}
    missed = openapi.DATA["paths"].keys() - beyond - HARD_TO_GET_RIGHT.keys()
    assert not missed, f"only refused for their form: {sorted(missed)}"


def test_afterwards_nothing_is_half_written_and_a_restart_finds_the_same(site):
    before = whole(site.daemon)
    assert before["devices"]
    site.daemon.restart()
    assert whole(site.daemon) == before
    assert "Fatal" not in site.daemon.log_bytes().decode(errors="replace")


def whole(daemon: Daemon) -> dict:
    """What the site remembers, as every way to ask for it tells it alike."""
    health = daemon.anonymous.get("/health").json()
    assert all(service["status"] != "down" for service in health["service_health_statuses"]), health
    devices, codes, asked = {}, {}, {}
    for of_devices, of_codes in (("/devices", "/access_codes"), ("/devices/unmanaged", "/access_codes/unmanaged")):
        for device in fuzzing.read(daemon, f"{of_devices}/list", "devices"):
            one = daemon.ask(f"{of_devices}/get", device_id=device["device_id"])["device"]
            assert kept(one, "is_managed", "custom_metadata", "device_id") == kept(
                device, "is_managed", "custom_metadata", "device_id")
            asked[device["device_id"]] = {of_codes, "/access_codes/unmanaged"}
            devices[device["device_id"]] = kept(one, "is_managed", "display_name", "custom_metadata", "created_at")
    for device_id in devices:
        pins = []
        for of_codes in asked[device_id]:
            listed = daemon.ask(f"{of_codes}/list", device_id=device_id)["access_codes"]
            for code in (code for code in listed if not is_going(code)):
                one = daemon.ask(f"{of_codes}/get", access_code_id=code["access_code_id"])["access_code"]
                assert one["device_id"] == device_id
                codes[one["access_code_id"]] = kept(
                    one, "code", "name", "type", "starts_at", "ends_at", "is_managed", "common_code_key", "created_at")
                pins.append(one["code"])
        known = [pin for pin in pins if pin is not None]
        assert len(known) == len(set(known)), "no PIN is twice on a device"
    webhooks = {webhook["webhook_id"]: webhook for webhook in fuzzing.read(daemon, "/webhooks/list", "webhooks")}
    for webhook_id, webhook in webhooks.items():
        # The secret is not listed.
        assert webhook.items() <= daemon.ask("/webhooks/get", webhook_id=webhook_id)["webhook"].items()
    return {"devices": devices, "codes": codes, "webhooks": webhooks}


def kept(resource: dict, *names: str) -> dict:
    return {name: resource.get(name) for name in names}


def is_going(code: dict) -> bool:
    return any(warning["warning_code"] == "being_deleted" for warning in code["warnings"])
