"""The transport of the API: verbs, encodings, envelopes, errors, headers (section 1 of the contract)."""

import json
import uuid

import httpx
import pytest

import moments
from gateway import KEY, LONG_AGO

READS = ["/health", "/workspaces/get", "/workspaces/list", "/connected_accounts/list", "/devices/list",
         "/locks/list", "/action_attempts/list"]
READ, ACT, REPLACE = ("GET", "POST"), ("POST",), ("POST", "PUT")
UPDATE, DELETE = ("PATCH", "POST", "PUT"), ("DELETE", "POST")
# Table 1.1 of the contract, with the union of the verbs of all generations of client libraries.
ROUTES = {
    **{f"/access_codes/{verb}": verbs for verb, verbs in {
        "create": ACT, "create_multiple": REPLACE, "get": READ, "list": READ, "update": UPDATE,
        "update_multiple": UPDATE, "delete": DELETE, "generate_code": READ, "pull_backup_access_code": ACT,
        "report_device_constraints": ACT, "unmanaged/list": READ, "unmanaged/get": READ,
        "unmanaged/convert_to_managed": UPDATE, "unmanaged/update": UPDATE, "unmanaged/delete": DELETE,
        "simulate/create_unmanaged_access_code": ACT}.items()},
    **{f"/devices/{verb}": verbs for verb, verbs in {
        "list": READ, "get": READ, "update": UPDATE, "delete": DELETE, "list_device_providers": READ,
        "report_provider_metadata": ACT, "unmanaged/list": READ, "unmanaged/get": READ, "unmanaged/update": UPDATE,
        "simulate/connect": ACT, "simulate/disconnect": ACT, "simulate/remove": ACT, "simulate/connect_to_hub": ACT,
        "simulate/disconnect_from_hub": ACT, "simulate/paid_subscription": ACT}.items()},
    **{f"/locks/{verb}": verbs for verb, verbs in {
        "list": READ, "get": READ, "lock_door": ACT, "unlock_door": ACT, "configure_auto_lock": ACT,
        "simulate/keypad_code_entry": ACT, "simulate/manual_lock_via_keypad": ACT}.items()},
    "/action_attempts/get": READ, "/action_attempts/list": READ, "/events/get": READ, "/events/list": READ,
    **{f"/webhooks/{verb}": verbs for verb, verbs in {
        "create": ACT, "get": READ, "list": READ, "update": UPDATE, "delete": DELETE}.items()},
    "/workspaces/get": READ, "/workspaces/list": READ, "/connected_accounts/get": READ,
    "/connected_accounts/list": READ, "/health": READ, "/health/get_health": READ,
}
VERBS = ("GET", "POST", "PUT", "PATCH", "DELETE")


def form(daemon, query: str, path: str = "/devices/list") -> httpx.Response:
    return daemon.http.get(f"{path}?{query}")


@pytest.mark.parametrize("path", READS)
@pytest.mark.parametrize("verb", ["GET", "POST"])
def test_reads_take_get_and_post(daemon, path, verb):
    response = daemon.http.request(verb, path)
    assert response.status_code == 200
    assert response.headers["content-type"].startswith("application/json")
    assert response.json()["ok"] is True


@pytest.mark.parametrize("verb, path", [
    ("GET", "/access_codes/create"), ("DELETE", "/access_codes/update"), ("PUT", "/devices/list"),
    ("GET", "/locks/unlock_door"), ("PATCH", "/access_codes/get"),
])
def test_a_verb_that_the_route_does_not_know_is_405(daemon, verb, path):
    response = daemon.http.request(verb, path)
    assert (response.status_code, response.json()["error"]["type"]) == (405, "method_not_allowed")


@pytest.mark.parametrize("path", ["/", "/nothing", "/access_codes", "/access_codes/create/more", "/%2e%2e/etc"])
def test_an_unknown_path_is_404_in_json(daemon, path):
    response = daemon.http.post(path, json={})
    assert (response.status_code, response.json()["error"]["type"]) == (404, "not_found")
    assert response.json()["ok"] is False


@pytest.mark.parametrize("path", ROUTES)
def test_every_route_of_the_contract_takes_its_verbs_and_no_other(daemon, path):
    unknown = {name: str(uuid.uuid4()) for name in
               ("device_id", "access_code_id", "webhook_id", "action_attempt_id", "event_id")}
    for verb in VERBS:
        response = daemon.http.request(verb, path, json=unknown)
        error = None if response.status_code == 200 else response.json()["error"]["type"]
        if verb in ROUTES[path]:
            assert response.status_code in (200, 400, 404), (verb, response.text)
            assert error not in ("not_found", "method_not_allowed")
        else:
            assert (response.status_code, error) == (405, "method_not_allowed")
            assert set(response.headers["allow"].split(", ")) >= set(ROUTES[path])


@pytest.mark.parametrize("headers", [
    {}, {"authorization": ""}, {"authorization": "Bearer"}, {"authorization": "Bearer seam_wrong"},
    {"authorization": f"Basic {KEY}"}, {"authorization": KEY}, {"authorization": f"Bearer {KEY}x"},
    {"authorization": f"Bearer {KEY[:-1]}"},
])
@pytest.mark.parametrize("path", ["/devices/list", "/access_codes/create"])
def test_without_the_key_every_call_is_401(daemon, headers, path):
    response = daemon.anonymous.post(path, headers=headers, json={})
    assert (response.status_code, response.json()["error"]["type"]) == (401, "unauthorized")
    assert uuid.UUID(response.headers["seam-request-id"])


def test_a_bad_key_beats_a_bad_body_and_a_bad_verb(daemon):
    for verb in ("POST", "GET"):
        response = daemon.anonymous.request(verb, "/access_codes/create", content=b"{")
        assert response.status_code == 401


def test_health_needs_no_key(daemon):
    for path in ("/health", "/health/get_health"):
        body = daemon.anonymous.get(path).json()
        assert body["ok"] is True and isinstance(body["msg"], str)
        # Whoever has no key learns that it works, not which doors there are.
        assert [service["service"] for service in body["service_health_statuses"]] == ["gateway"]
        services = {service["service"]: service for service in daemon.http.get(path).json()["service_health_statuses"]}
        assert {"store", "clock", "adapters", "locks", "access_codes", "webhooks", "daemon", "disk"} <= services.keys()
        assert services["store"]["status"] == services["daemon"]["status"] == "healthy"


def test_every_answer_has_a_request_id_of_its_own(daemon):
    answers = [daemon.http.post("/devices/list"), daemon.http.post("/devices/list"),
               daemon.http.post("/nothing"), daemon.http.post("/devices/get", json={}),
               daemon.anonymous.get("/health")]
    assert len({answer.headers["seam-request-id"] for answer in answers}) == len(answers)


@pytest.mark.parametrize("query", ["_strict=true", "_strict=false", "limit=2&_strict=true", "unknown=1&_strict=true"])
def test_strictness_and_unknown_parameters_are_no_errors(daemon, query):
    assert form(daemon, query).status_code == 200


def test_arrays_in_a_query_repeat_their_name(daemon, front_door, studio):
    both = [front_door["device_id"], studio["device_id"]]
    strict = "&".join(f"device_ids={device_id}" for device_id in both) + "&_strict=true"
    generous = [f"device_ids={both[0]},{both[1]}", f"device_ids[]={both[0]}&device_ids[]={both[1]}",
                f"device_ids%5B%5D={both[0]}&device_ids%5B%5D={both[1]}"]
    for query in [strict, *generous]:
        got = {device["device_id"] for device in form(daemon, query).json()["devices"]}
        assert got == set(both), query
    assert form(daemon, "device_ids=&_strict=true").json()["devices"] == []


def test_in_strict_mode_a_comma_is_data(daemon, front_door, studio):
    query = f"device_ids={front_door['device_id']},{studio['device_id']}&_strict=true"
    response = form(daemon, query)
    assert response.status_code == 400 or response.json()["devices"] == []


@pytest.mark.parametrize("query", [
    "name=a&name=b", "name=a&name=b&_strict=true", "device_ids[]=a&device_ids=b", "device_ids=a,b&device_ids=c,d",
])
def test_an_ambiguous_query_is_refused(daemon, query):
    path = "/devices/get" if query.startswith("name") else "/devices/list"
    response = form(daemon, query, path)
    assert (response.status_code, response.json()["error"]["type"]) == (400, "invalid_query_params")


def test_an_empty_value_is_null(daemon):
    assert form(daemon, "page_cursor=&limit=1&_strict=true").status_code == 200


@pytest.mark.parametrize("query, status", [("limit=2", 200), ("limit=%202%20", 200), ("limit=two", 400),
                                           ("limit=-1", 400), ("limit=2&_strict=true", 200)])
def test_numbers_in_a_query(daemon, query, status):
    assert form(daemon, query).status_code == status


def test_a_get_may_carry_a_json_body_and_the_body_wins(daemon, front_door, studio):
    response = daemon.http.request("GET", f"/devices/get?device_id={studio['device_id']}",
                                   json={"device_id": front_door["device_id"]})
    assert response.json()["device"]["device_id"] == front_door["device_id"]


def test_a_query_counts_where_something_is_read_with_any_verb_and_nowhere_else(daemon, front_door, studio):
    merged = daemon.http.post("/devices/list?limit=1", json={"search": "Studio"}).json()
    assert [device["display_name"] for device in merged["devices"]] == ["Studio"]
    assert "limit=1" in daemon.http.post("/devices/list?limit=1", json={}).json()["pagination"]["next_page_url"]
    refused = daemon.http.post(f"/locks/unlock_door?device_id={front_door['device_id']}", json={})
    assert refused.json()["error"]["message"] == "device_id is required"


def test_a_delete_takes_its_parameters_from_query_or_body(daemon, front_door):
    for send in (lambda id: {"params": {"access_code_id": id, "_strict": "true"}},
                 lambda id: {"json": {"access_code_id": id}}):
        code = daemon.post("/access_codes/create", {"device_id": front_door["device_id"]})["access_code"]
        response = daemon.http.request("DELETE", "/access_codes/delete", **send(code["access_code_id"]))
        assert response.json()["action_attempt"]["action_type"] == "DELETE_ACCESS_CODE"


@pytest.mark.parametrize("verb, path", [("POST", "/access_codes/create"), ("PATCH", "/access_codes/update")])
def test_a_body_that_is_not_declared_as_json_is_refused(daemon, verb, path):
    response = daemon.http.request(verb, path, content=b'{"device_id":"x"}', headers={"content-type": "text/plain"})
    assert (response.status_code, response.json()["error"]["type"]) == (400, "invalid_content_type")


@pytest.mark.parametrize("body", [
    b"{", b'{"device_id":', b"[1,2", b"nonsense", b"\xff\xfe\x00", b'{"a":1}}', b"[" * 100_000, b'"text"', b"[]", b"7",
])
def test_broken_json_is_refused_and_hurts_nobody(daemon, body):
    response = daemon.http.post("/access_codes/create", content=body, headers={"content-type": "application/json"})
    assert response.status_code == 400 and response.json()["error"]["type"] == "invalid_input"
    assert daemon.is_healthy()


def test_a_huge_body_is_refused_without_being_kept(daemon):
    body = json.dumps({"device_id": "x" * 20_000_000}).encode()
    try:
        response = daemon.http.post("/access_codes/create", content=body,
                                    headers={"content-type": "application/json"})
        assert response.status_code in (400, 413)
    except httpx.TransportError:
        pass  # the connection may be closed before all was sent
    assert daemon.is_healthy()


def test_one_problem_is_named_by_its_path(daemon):
    error = daemon.post("/access_codes/create", {}, status=400)["error"]
    assert error["type"] == "invalid_input" and error["message"] == "device_id is required"
    assert error["validation_errors"] == {"_errors": [], "device_id": {"_errors": ["Required"]}}


def test_several_problems_are_counted_and_all_named(daemon):
    error = daemon.post("/access_codes/create", {"name": 7, "code": True}, status=400)["error"]
    assert error["message"].startswith("3 Input Errors: ")
    assert set(error["validation_errors"]) == {"_errors", "device_id", "name", "code"}


@pytest.mark.parametrize("fields", [
    {"name": 7}, {"code": 1234}, {"starts_at": 5, "ends_at": 6}, {"prefer_native_scheduling": "yes"},
    {"preferred_code_length": "four"}, {"preferred_code_length": 4.5}, {"attempt_for_offline_device": 1},
    {"is_external_modification_allowed": "true"}, {"name": {"first": "Jane"}}, {"sync": "now"},
])
def test_a_wrong_type_is_named(daemon, front_door, fields):
    error = daemon.post("/access_codes/create", {"device_id": front_door["device_id"], **fields}, status=400)["error"]
    assert error["type"] == "invalid_input"
    assert set(error["validation_errors"]) >= set(fields)


def test_unknown_body_keys_are_ignored(daemon):
    assert daemon.post("/devices/list", {"colour": "green"})["ok"] is True


@pytest.mark.parametrize("path, body, error_type", [
    ("/devices/get", {"device_id": str(uuid.uuid4())}, "device_not_found"),
    ("/devices/get", {"name": "No Such Door"}, "device_not_found"),
    ("/locks/get", {"device_id": str(uuid.uuid4())}, "device_not_found"),
    ("/access_codes/get", {"access_code_id": str(uuid.uuid4())}, "access_code_not_found"),
    ("/action_attempts/get", {"action_attempt_id": str(uuid.uuid4())}, "action_attempt_not_found"),
    ("/events/get", {"event_id": str(uuid.uuid4())}, "event_not_found"),
    ("/connected_accounts/get", {"connected_account_id": str(uuid.uuid4())}, "connected_account_not_found"),
])
def test_what_is_not_there_is_404_with_its_type(daemon, path, body, error_type):
    error = daemon.post(path, body, status=404)["error"]
    assert error["type"] == error_type and isinstance(error["message"], str)


@pytest.mark.parametrize("device_id", ["", "x", "' OR 1=1 --", "a" * 5000, "\u0000", "../../etc/passwd"])
def test_an_id_that_is_no_id_is_refused_or_not_found(daemon, device_id):
    response = daemon.http.post("/devices/get", json={"device_id": device_id})
    assert response.status_code in (400, 404) and response.json()["ok"] is False


def test_timestamps_are_utc_with_milliseconds(daemon):
    for path, key in (("/devices/list", "devices"), ("/connected_accounts/list", "connected_accounts")):
        for item in daemon.post(path)[key]:
            moments.read(item["created_at"])
    for event in daemon.post("/events/list", {"since": LONG_AGO})["events"]:
        moments.read(event["created_at"])


PREFLIGHT = {"access-control-request-method": "POST",
             "access-control-request-headers": "authorization, content-type"}


def test_pages_of_a_configured_origin_may_ask_and_no_others(daemons, tmp_path):
    config = tmp_path / "bitting.yaml"
    config.write_text("site: {name: Site, time_zone: UTC}\n"
                      "api: {cors_origins: [http://panel.example, 'https://other.example:8443']}\n")
    daemon = daemons("--demo", "--config", str(config)).start()
    for origin in ("http://panel.example", "https://other.example:8443"):
        for answer in (daemon.anonymous.options("/devices/list", headers={"origin": origin, **PREFLIGHT}),
                       daemon.http.post("/devices/list", headers={"origin": origin}),
                       daemon.anonymous.post("/devices/list", headers={"origin": origin}),
                       daemon.http.post("/nothing", headers={"origin": origin})):
            assert answer.headers["access-control-allow-origin"] == origin
            assert answer.headers["access-control-allow-credentials"] == "true"
            assert "authorization" in answer.headers["access-control-allow-headers"]
            assert "PATCH" in answer.headers["access-control-allow-methods"]
            assert answer.headers["vary"] == "origin"
    assert daemon.anonymous.options("/devices/list", headers=PREFLIGHT).status_code == 200
    for origin in ("http://panel.example.evil", "https://panel.example", "null", ""):
        answer = daemon.http.post("/devices/list", headers={"origin": origin})
        assert answer.status_code == 200 and "access-control-allow-origin" not in answer.headers
        assert answer.headers["vary"] == "origin"


def test_without_a_configured_origin_no_page_may_ask(daemon):
    origin = {"origin": "http://panel.example"}
    for answer in (daemon.anonymous.options("/devices/list", headers={**origin, **PREFLIGHT}),
                   daemon.http.post("/devices/list", headers=origin)):
        assert answer.status_code == 200
        assert not [name for name in answer.headers if name.startswith("access-control")]


@pytest.mark.parametrize("api, word", [
    ("{cors_origins: ['*']}", "origin"), ("{cors_origins: [panel.example]}", "origin"),
    ("{cors_origins: [https://panel.example/path]}", "origin"), ("{cors_origins: https://panel.example}", "list"),
    ("{rate_limits: 0}", "published"), ("{rate_limits: many}", "published"), ("{base_url: doors.example}", "https://"),
    ("{base_url: 'https://doors.example/'}", "slash"), ("{origins: []}", "cors_origins"),
])
def test_a_mistake_in_the_section_about_the_api_names_its_line(daemons, tmp_path, api, word):
    config = tmp_path / "bitting.yaml"
    config.write_text(f"site: {{name: Site, time_zone: UTC}}\napi: {api}\n")
    daemon = daemons("--config", str(config))
    assert daemon.spawn().wait(20) == 78
    assert "bitting.yaml:2: api" in daemon.log() and word in daemon.log()


def test_links_begin_with_the_configured_address(daemons, tmp_path):
    config = tmp_path / "bitting.yaml"
    config.write_text("site: {name: Site, time_zone: UTC}\napi: {base_url: 'https://doors.example/seam'}\n")
    daemon = daemons("--demo", "--config", str(config)).start()
    link = daemon.post("/devices/list", {"limit": 1})["pagination"]["next_page_url"]
    assert link.startswith("https://doors.example/seam/devices/list?limit=1&page_cursor=")


def test_many_calls_over_one_connection_and_over_many(daemon):
    for _ in range(50):
        assert daemon.http.post("/devices/list").status_code == 200
    for _ in range(20):
        with daemon.client() as another:
            assert another.get("/health").status_code == 200
