"""Where the API listens: several addresses, off loopback, and sockets that systemd hands over."""

import os
import re
import signal
import socket
import subprocess

import httpx
import pytest

from gateway import BINARY, KEY, Daemon
from metrics import scrape, value
from test_unix_socket import over
from waiting import eventually

WRONG = 78


def start(tmp_path, *options, **more) -> subprocess.CompletedProcess:
    return subprocess.run([BINARY, "--demo", "--data-dir", tmp_path / "data", *options], capture_output=True,
                          text=True, timeout=20, **more)


@pytest.mark.parametrize("address", ["0.0.0.0:0", "[::]:0", "[::ffff:0.0.0.0]:0"])
def test_off_loopback_without_tls_it_does_not_start_and_names_the_ways_out(tmp_path, address):
    done = start(tmp_path, "--listen", address)
    assert done.returncode == WRONG and "without TLS" in done.stderr
    for way in ("api.tls.certificate", "--listen 127.0.0.1", "proxy", "api.plain_http_off_loopback",
                "--plain-http-off-loopback"):
        assert way in done.stderr
    assert not (tmp_path / "data" / "bitting.sock").exists()


def test_one_address_off_loopback_among_others_is_enough_to_refuse(tmp_path):
    assert start(tmp_path, "--listen", "127.0.0.1:0", "--listen", "0.0.0.0:0").returncode == WRONG


def test_off_loopback_it_starts_when_told_plainly_and_warns(daemons):
    daemon = daemons("--demo", "--plain-http-off-loopback")
    daemon.spawn("0.0.0.0:0")
    port = eventually(lambda: re.search(r"http://0\.0\.0\.0:(\d+)", daemon.log()), "it prints its address")[1]
    daemon.connect(f"http://127.0.0.1:{port}")
    assert "without TLS" in daemon.log()


def test_it_listens_at_several_addresses_at_once(daemons):
    port = free_port()
    daemon = daemons("--demo", "--listen", f"127.0.0.1:{port}", "--listen", f"[::1]:{port}")
    daemon.spawn(f"127.0.0.2:{port}")
    daemon.connect(f"http://127.0.0.1:{port}")
    for host in ("[::1]", "127.0.0.2"):
        assert httpx.get(f"http://{host}:{port}/health").status_code == 200


def test_localhost_is_every_loopback_address(daemons):
    daemon = daemons()
    port = free_port()
    daemon.spawn(f"localhost:{port}")
    addresses = {found[4][0] for found in socket.getaddrinfo("localhost", port, type=socket.SOCK_STREAM)}
    daemon.connect(f"http://localhost:{port}")
    for address in addresses:
        with socket.create_connection((address, port), timeout=5):
            pass


# Addresses that cannot be had yet.

def answers(daemon) -> dict[str, dict]:
    """What /health says over the unix socket, by the name of the part."""
    with over(daemon.data / "bitting.sock") as client:
        answer = client.get("/health")
    assert answer.status_code == 200
    return {part["service"]: part for part in answer.json()["service_health_statuses"]}


def test_a_port_that_another_program_has_is_named_and_taken_once_it_is_free(daemons):
    daemon = daemons()
    with socket.create_server(("127.0.0.1", 0)) as taken:
        address = f"127.0.0.1:{taken.getsockname()[1]}"
        daemon.spawn(address)
        eventually(lambda: "Bitting is running" in daemon.log(), "it runs", 20)
        assert f"cannot listen at {address}: another program listens there" in daemon.log()
        health = answers(daemon)
        assert health["api"]["status"] == "degraded" and address in health["api"]["description"]
        with over(daemon.data / "bitting.sock") as client:
            assert value(client.get("/metrics").text, "bitting_api_listening", address=address) == 0
            assert len(client.post("/devices/list").json()["devices"]) == 7
    eventually(lambda: f"takes requests at http://{address}" in daemon.log(), "it listens by itself", 20)
    daemon.connect(f"http://{address}")
    assert answers(daemon)["api"]["status"] == "healthy"
    assert value(scrape(daemon), "bitting_api_listening", address=address) == 1


@pytest.mark.parametrize("address, words", [
    ("192.0.2.77:0", "this machine has no such address"), ("gateway.invalid:0", "is no address of this machine"),
])
def test_an_address_that_this_machine_does_not_have_yet_closes_no_door_and_no_other_address(daemons, address, words):
    daemon = daemons("--demo", "--plain-http-off-loopback", "--listen", address).start()
    eventually(lambda: words in daemon.log(), "the log names it", 30)
    assert f"cannot listen at {address}" in daemon.log()
    part = answers(daemon)["api"]
    assert part["status"] == "degraded" and address in part["description"]
    assert value(scrape(daemon), "bitting_api_listening", address=address) == 0
    assert value(scrape(daemon), "bitting_api_listening", address="127.0.0.1:0") == 1


# Sockets from systemd.

class Activated(Daemon):
    """A daemon whose sockets systemd-socket-activate holds."""

    def __init__(self, directory, *arguments: str, sockets: list[str]):
        super().__init__(directory, *arguments)
        self.sockets = sockets

    def spawn(self, listen: str = "") -> subprocess.Popen:
        listening = [option for place in self.sockets for option in ("--listen", place)]
        with self.log_file.open("ab") as log:
            self.process = subprocess.Popen(
                ["systemd-socket-activate", *listening, f"--setenv=BITTING_API_KEY={KEY}", BINARY, *self.arguments,
                 "--data-dir", self.data],
                stdin=subprocess.DEVNULL, stdout=log, stderr=log, cwd=self.directory)
        return self.process


@pytest.fixture
def activate(tmp_path):
    made = []

    def make(*sockets: str, arguments=("--demo",)) -> Activated:
        (tmp_path / "activated").mkdir(exist_ok=True)
        made.append(Activated(tmp_path / "activated", *arguments, sockets=list(sockets)))
        made[-1].spawn()
        return made[-1]

    yield make
    for daemon in made:
        daemon.close()


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        return probe.getsockname()[1]


def knock(place):
    """Connects, which makes systemd start the daemon, and sends a request that waits for it."""
    with socket.create_connection(place, timeout=20) as connection:
        connection.sendall(b"GET /health HTTP/1.1\r\nhost: gateway\r\n\r\n")
        assert connection.recv(65536).startswith(b"HTTP/1.1 200 ")


def test_sockets_from_systemd_are_taken_and_the_first_request_waits_for_the_start(activate, tmp_path):
    port, path = free_port(), tmp_path / "api.sock"
    os.umask(0o077)
    daemon = activate(f"127.0.0.1:{port}", str(path))
    eventually(lambda: path.exists(), "systemd listens")
    knock(("127.0.0.1", port))
    daemon.connect(f"http://127.0.0.1:{port}")
    assert len(daemon.ask("/devices/list")["devices"]) > 1
    with over(path) as client:
        assert client.post("/devices/list").status_code == 200
    assert not (daemon.data / "bitting.sock").exists(), "the handed-over socket takes the place of its own"
    daemon.process.send_signal(signal.SIGTERM)
    assert daemon.process.wait(10) == 0
    assert path.exists(), "systemd's socket is systemd's to remove"


def test_a_handed_over_socket_off_loopback_needs_tls_too(activate):
    port = free_port()
    daemon = activate(f"0.0.0.0:{port}")
    eventually(lambda: can_connect(port), "systemd listens")
    assert daemon.process.wait(20) == WRONG and "without TLS" in daemon.log()


def test_a_handed_over_unix_socket_that_everybody_may_open_is_refused(activate, tmp_path):
    path = tmp_path / "open.sock"
    previous = os.umask(0)
    try:
        daemon = activate(str(path))
        eventually(lambda: path.exists(), "systemd listens")
        path.chmod(0o666)
        with socket.socket(socket.AF_UNIX) as connection:
            connection.connect(str(path))
            assert daemon.process.wait(20) == WRONG
    finally:
        os.umask(previous)
    assert "SocketMode=0600" in daemon.log()


def can_connect(port: int) -> bool:
    try:
        socket.create_connection(("127.0.0.1", port), timeout=5).close()
        return True
    except OSError:
        return False
