"""The unix socket of the API: who may open it decides, no key is asked for."""

import os
import signal
import socket
import stat
import subprocess

import httpx
import pytest

from gateway import BINARY
from waiting import eventually


def over(path, **options) -> httpx.Client:
    return httpx.Client(transport=httpx.HTTPTransport(uds=str(path)), base_url="http://localhost", timeout=20, **options)


def test_whoever_can_open_it_needs_no_key(daemon):
    path = daemon.data / "bitting.sock"
    with over(path) as client:
        listed = client.post("/devices/list")
    assert listed.status_code == 200 and listed.json() == daemon.post("/devices/list")
    assert daemon.anonymous.post("/devices/list").status_code == 401


def test_only_its_owner_may_open_it(daemon):
    file = os.stat(daemon.data / "bitting.sock")
    assert stat.S_ISSOCK(file.st_mode) and stat.S_IMODE(file.st_mode) == 0o600 and file.st_uid == os.geteuid()


def test_half_a_request_is_given_up_there_too(daemon):
    with socket.socket(socket.AF_UNIX) as connection:
        connection.settimeout(20)
        connection.connect(str(daemon.data / "bitting.sock"))
        connection.sendall(b"POST /devices/list HTTP/1.1\r\n")
        assert connection.recv(65536).startswith(b"HTTP/1.1 408 ")


def test_it_goes_with_the_daemon_and_a_dead_ones_is_replaced(daemons):
    one = daemons().start()
    path = one.data / "bitting.sock"
    one.stop()
    assert not path.exists()
    one.start().kill()
    assert path.exists()
    one.start()
    with over(path) as client:
        assert client.get("/health").status_code == 200


def test_the_socket_of_a_living_daemon_is_refused_and_stays(daemons, tmp_path):
    path = tmp_path / "api.sock"
    first = daemons("--demo", "--socket", str(path)).start()
    assert not (first.data / "bitting.sock").exists()
    done = subprocess.run([BINARY, "--demo", "--data-dir", tmp_path / "second", "--listen", "127.0.0.1:0",
                           "--socket", path], capture_output=True, text=True, timeout=20)
    assert done.returncode == 69 and str(path) in done.stderr and "another program listens there" in done.stderr
    with over(path) as client:
        assert client.get("/health").status_code == 200


def test_what_another_has_put_in_its_place_stays(daemons):
    one = daemons().start()
    path = one.data / "bitting.sock"
    path.unlink()
    path.write_text("mine")
    one.stop()
    assert path.read_text() == "mine"
    process = one.spawn()
    assert process.wait(20) == 73 and "is no socket" in one.log()
    assert path.read_text() == "mine"


@pytest.mark.parametrize("path, status, words", [
    ("{}/" + "x" * 120, 64, "107"), ("{}/no/such/directory/a.sock", 73, "make its directory first"),
])
def test_a_path_that_will_not_do_is_told(tmp_path, path, status, words):
    path = path.format(tmp_path)
    done = subprocess.run([BINARY, "--demo", "--data-dir", tmp_path / "data", "--listen", "127.0.0.1:0", "--socket",
                           path], capture_output=True, text=True, timeout=20)
    assert done.returncode == status and path in done.stderr and words in done.stderr


def test_a_data_directory_too_deep_for_one_is_warned_about(daemons):
    deep = daemons(name="x" * 100).start()
    assert "no unix socket" in deep.log() and "--socket" in deep.log()


def test_none_is_made_where_none_is_wanted(daemons):
    one = daemons("--demo", "--socket", "none").start()
    assert not (one.data / "bitting.sock").exists()


def test_it_lies_in_the_directory_that_systemd_made(daemons, tmp_path, monkeypatch):
    monkeypatch.setenv("RUNTIME_DIRECTORY", str(tmp_path))
    daemons().start()
    with over(tmp_path / "bitting.sock") as client:
        assert client.get("/health").status_code == 200


def test_clients_that_hold_it_open_do_not_hold_the_daemon_up(daemons):
    one = daemons().start()
    held = []
    for _ in range(100):
        held.append(socket.socket(socket.AF_UNIX))
        held[-1].connect(str(one.data / "bitting.sock"))
    with over(one.data / "bitting.sock") as client:
        assert client.get("/health").status_code == 200
    assert one.stop() < 3
    for connection in held:
        connection.close()
