"""Clients that send half a request, too much, or nothing: raw sockets against a daemon of its own."""

import contextlib
import json
import socket
import time

import httpx
import pytest

from gateway import KEY
from waiting import elapse

SECOND = 1.0  # the configured request_timeout


@pytest.fixture(scope="module")
def patient(tmp_path_factory):
    """The demo site with a request_timeout of one second."""
    from gateway import Daemon
    directory = tmp_path_factory.mktemp("connections")
    config = directory / "bitting.yaml"
    config.write_text("site: {name: Site, time_zone: UTC}\napi: {request_timeout: 1s, rate_limits: 'off'}\n")
    daemon = Daemon(directory, "--demo", "--config", str(config))
    try:
        yield daemon.start()
    finally:
        daemon.close()


@pytest.fixture
def connect(patient):
    """Opens connections that are closed after the test."""
    host, port = patient.url.removeprefix("http://").split(":")
    opened = []

    def open_one() -> socket.socket:
        opened.append(socket.create_connection((host, int(port)), timeout=20))
        return opened[-1]

    yield open_one
    for one in opened:
        one.close()


def request(path="/devices/list", body=b"", *headers: str, verb="POST", key=KEY) -> bytes:
    lines = [f"{verb} {path} HTTP/1.1", "host: gateway", f"authorization: Bearer {key}",
             "content-type: application/json", f"content-length: {len(body)}", *headers]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body


def read_answer(connection: socket.socket):
    """Status, headers and JSON of one answer; None when the connection ends instead."""
    data = b""
    while b"\r\n\r\n" not in data:
        part = connection.recv(65536)
        if not part:
            return None
        data += part
    head, _, body = data.partition(b"\r\n\r\n")
    lines = head.decode().split("\r\n")
    headers = dict(line.lower().split(": ", 1) for line in lines[1:])
    while len(body) < int(headers.get("content-length", 0)):
        body += connection.recv(65536)
    return int(lines[0].split()[1]), headers, json.loads(body) if body else None


def ends(connection: socket.socket) -> bool:
    """True once the gateway has ended the connection."""
    with contextlib.suppress(ConnectionError):
        while connection.recv(65536):
            pass
    return True


def refused(answer, status: int, error_type: str):
    assert answer is not None
    got, headers, body = answer
    assert (got, body["error"]["type"], body["ok"]) == (status, error_type, False)
    assert headers["seam-request-id"] and headers["content-type"] == "application/json"


def test_half_a_head_is_given_up_however_slowly_the_rest_drips(connect):
    connection, began = connect(), time.monotonic()
    with contextlib.suppress(OSError):
        for byte in b"POST /devices/list HTTP/1.1\r\nhost: gateway\r\nx-filler: " + b"x" * 60:
            connection.send(bytes([byte]))
            elapse(0.05)
            if time.monotonic() - began > 2 * SECOND:
                break
    refused(read_answer(connection), 408, "request_timeout")
    assert ends(connection) and SECOND <= time.monotonic() - began < 4 * SECOND


def test_half_a_body_is_given_up_and_does_nothing(patient, connect):
    door = patient.door("Front Door")["device_id"]
    body = json.dumps({"device_id": door, "name": "half"}).encode()
    connection, began = connect(), time.monotonic()
    connection.sendall(request("/access_codes/create", body)[:-5])
    refused(read_answer(connection), 408, "request_timeout")
    assert ends(connection) and 2 * SECOND < time.monotonic() - began < 6 * SECOND
    codes = patient.post("/access_codes/list", {"device_id": door})["access_codes"]
    assert "half" not in [code["name"] for code in codes]


def test_a_connection_may_rest_between_requests(connect):
    connection = connect()
    for _ in range(2):
        connection.sendall(request())
        assert read_answer(connection)[0] == 200
        elapse(1.5 * SECOND)
    connection.sendall(request())
    assert read_answer(connection)[0] == 200


def test_an_answer_that_takes_its_time_is_waited_for(patient, connect):
    door = patient.door("Boathouse", timeout=60)["device_id"]
    connection = connect()
    connection.sendall(request("/access_codes/create", json.dumps({"device_id": door, "sync": True}).encode()))
    status, _, body = read_answer(connection)
    assert status == 200 and body["action_attempt"]["status"] == "success"


def test_requests_that_come_at_once_are_answered_in_order(connect):
    connection = connect()
    connection.sendall(request("/devices/list", b"{}") + request("/workspaces/get", b"{}")
                       + request("/workspaces/list", b"{}", "connection: close"))
    data = b""
    while part := connection.recv(65536):
        data += part
    places = [data.index(key) for key in (b'"devices":', b'"workspace":', b'"workspaces":')]
    assert places == sorted(places) and data.count(b"HTTP/1.1 200 ") == 3


@pytest.mark.parametrize("path, key, status, error_type", [
    ("/devices/list", "seam_wrong", 401, "unauthorized"), ("/nothing", KEY, 404, "not_found"),
    ("/access_codes/create", KEY, 413, "content_too_large"),
])
def test_a_refusal_does_not_wait_for_the_body_and_ends_the_connection(connect, path, key, status, error_type):
    connection, began = connect(), time.monotonic()
    announced = request(path, b"", key=key).replace(b"content-length: 0", b"content-length: 50000000")
    connection.sendall(announced + b"x" * 100_000)
    answer = read_answer(connection)
    refused(answer, status, error_type)
    assert answer[1]["connection"] == "close"
    # Who goes on sending is not listened to for long.
    with contextlib.suppress(OSError):
        while time.monotonic() - began < 10:
            connection.send(b"x" * 65536)
    assert time.monotonic() - began < 5


def test_a_wrong_key_without_a_body_keeps_the_connection(connect):
    connection = connect()
    for _ in range(3):
        connection.sendall(request(key="seam_wrong"))
        refused(read_answer(connection), 401, "unauthorized")


@pytest.mark.parametrize("nonsense", [
    b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", b"GET\r\n\r\n", b"HELO gateway\r\n\r\n",
    b"GET / HTTP/1.1\r\nhost: a\r\ncontent-length: x\r\n\r\n",
    b"POST / HTTP/1.1\r\nhost: a\r\ncontent-length: 5\r\ncontent-length: 6\r\n\r\nabcdef",
    b"GET / HTTP/1.1\r\n" + b"x-many: y\r\n" * 2000 + b"\r\n", b"GET / HTTP/1.1\r\nx: " + b"y" * 200_000 + b"\r\n\r\n",
])
def test_what_is_no_http_is_refused_in_json_and_the_connection_ends(patient, connect, nonsense):
    connection = connect()
    with contextlib.suppress(OSError):
        connection.sendall(nonsense)
        if answer := read_answer(connection):
            refused(answer, 400, "bad_request")
    assert ends(connection) and patient.is_healthy()


def test_a_client_that_leaves_in_the_middle_is_forgotten(patient, connect):
    for cut in (10, 60, 120, -1):
        connection = connect()
        connection.sendall(request("/access_codes/create", b'{"device_id": "x"}')[:cut])
        connection.close()
    assert patient.is_healthy()


def test_hundreds_of_half_open_connections_keep_nobody_out(patient, connect):
    began = time.monotonic()
    for number in range(700):
        with contextlib.suppress(OSError):
            connect().send(b"POST /devices/list HTTP/1.1\r\n" if number % 2 else b"")
        if number % 100 == 0:
            assert httpx.get(f"{patient.url}/health", timeout=5).status_code == 200
    assert httpx.get(f"{patient.url}/health", timeout=5).status_code == 200
    assert time.monotonic() - began < 20
