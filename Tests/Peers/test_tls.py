"""The API over TLS: against openssl, curl and the official SDK, with a private authority."""

import contextlib
import os
import re
import signal
import socket
import ssl
import stat
import subprocess
import time

import httpx
import pytest

import sdk
from certificates import Authority
from gateway import KEY, Daemon
from metrics import scrape, value
from service_manager import ServiceManager
from test_connections import ends, request
from test_listening import free_port
from test_unix_socket import over
from waiting import elapse, eventually

SECOND = 1.0  # the configured request_timeout


class SecureDaemon(Daemon):
    """The demo site, reached over TLS."""

    def __init__(self, directory, authority: Authority, issued=None):
        self.authority = authority
        self.issued = issued or authority.issue()
        directory.mkdir(parents=True, exist_ok=True)
        config = directory / "bitting.yaml"
        config.write_text(
            "site: {name: Site, time_zone: UTC}\n"
            "api:\n  request_timeout: 1s\n  rate_limits: 'off'\n"
            f"  tls: {{certificate: {self.issued.certificate}, key: {self.issued.key}}}\n")
        super().__init__(directory, "--demo", "--config", str(config))

    @property
    def port(self) -> int:
        return int(self.url.rpartition(":")[2])

    def trusting(self) -> ssl.SSLContext:
        return ssl.create_default_context(cafile=self.authority.file)

    def serial(self) -> int:
        """The serial number of the certificate that a new connection is shown."""
        with socket.create_connection(("127.0.0.1", self.port), timeout=10) as plain:
            with self.trusting().wrap_socket(plain, server_hostname="localhost") as secure:
                return int(secure.getpeercert()["serialNumber"], 16)


@pytest.fixture(scope="module")
def authority(tmp_path_factory):
    """The site's own authority, which the SDK is told to trust as an installer would tell it."""
    made = Authority(tmp_path_factory.mktemp("authority"))
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SSL_CERT_FILE", str(made.file))
        yield made


@pytest.fixture(scope="module")
def secure(tmp_path_factory, authority):
    daemon = SecureDaemon(tmp_path_factory.mktemp("tls"), authority)
    try:
        yield daemon.start()
    finally:
        daemon.close()


@pytest.fixture
def make_secure(tmp_path, authority):
    made = []

    def make(issued) -> SecureDaemon:
        made.append(SecureDaemon(tmp_path / "site", authority, issued))
        return made[-1]

    yield make
    for daemon in made:
        daemon.close()


def s_client(daemon, *options: str) -> subprocess.CompletedProcess:
    return subprocess.run(
        ["openssl", "s_client", "-connect", f"127.0.0.1:{daemon.port}", "-CAfile", daemon.authority.file,
         "-verify_return_error", "-verify_hostname", "localhost", *options],
        input="", capture_output=True, text=True, timeout=20)


def curl(daemon, path: str, *options: str) -> subprocess.CompletedProcess:
    return subprocess.run(
        ["curl", "--silent", "--show-error", "--max-time", "20", "--cacert", daemon.authority.file,
         "-H", f"Authorization: Bearer {KEY}", *options, f"https://localhost:{daemon.port}{path}"],
        capture_output=True, text=True, timeout=30)


@pytest.mark.parametrize("version, protocol", [("-tls1_2", "TLSv1.2"), ("-tls1_3", "TLSv1.3")])
def test_openssl_agrees_on_a_modern_version_and_a_cipher_with_forward_secrecy(secure, version, protocol):
    done = s_client(secure, version)
    assert done.returncode == 0 and "Verification: OK" in done.stdout, done.stderr
    agreed, cipher = re.search(r"New, (\S+), Cipher is (\S+)", done.stdout).groups()
    assert agreed == protocol and (cipher.startswith("TLS_") or cipher.startswith("ECDHE-")), cipher


@pytest.mark.parametrize("options", [
    ("-tls1", "-cipher", "DEFAULT@SECLEVEL=0"), ("-tls1_1", "-cipher", "DEFAULT@SECLEVEL=0"),
    ("-tls1_2", "-cipher", "AES128-SHA:AES256-GCM-SHA384:AES128-SHA256"),
    ("-tls1_2", "-cipher", "ECDHE-ECDSA-AES128-SHA:ECDHE-ECDSA-AES256-SHA384"),
    ("-tls1_2", "-cipher", "NULL:eNULL:aNULL@SECLEVEL=0"),
], ids=["TLS 1.0", "TLS 1.1", "no forward secrecy", "no authenticated encryption", "no encryption"])
def test_old_versions_and_weak_ciphers_are_refused(secure, options):
    done = s_client(secure, *options)
    assert done.returncode != 0 and "Cipher is (NONE)" in done.stdout
    assert secure.is_healthy()


def test_only_http_1_is_offered(secure):
    assert "ALPN protocol: http/1.1" in s_client(secure, "-alpn", "h2,http/1.1").stdout


def test_curl_is_answered_once_it_trusts_the_authority(secure):
    done = curl(secure, "/devices/list")
    assert done.returncode == 0 and '"devices":' in done.stdout
    stranger = {name: value for name, value in os.environ.items() if name != "SSL_CERT_FILE"}
    untrusting = subprocess.run(["curl", "--silent", f"https://localhost:{secure.port}/health"], timeout=30,
                                env=stranger)
    assert untrusting.returncode == 60


def test_the_official_sdk_works_over_it(secure):
    seam = sdk.client(KEY, f"https://localhost:{secure.port}")
    door = secure.door("Front Door")
    code = seam.access_codes.create(device_id=door["device_id"], name="over TLS")
    assert secure.wait_for_code(code.access_code_id, status="set")["name"] == "over TLS"
    seam.access_codes.delete(access_code_id=code.access_code_id)


def test_plain_http_is_told_that_the_port_speaks_tls(secure):
    answer = httpx.post(f"http://127.0.0.1:{secure.port}/devices/list", json={"a": "b" * 10_000}, timeout=10)
    assert answer.status_code == 400 and answer.headers["connection"] == "close"
    assert answer.json()["error"]["type"] == "tls_required" and "https://" in answer.json()["error"]["message"]
    assert answer.headers["seam-request-id"] and "devices" not in answer.text


@pytest.mark.parametrize("sent", [b"", b"\x16", b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + b"\x00" * 40],
                         ids=["nothing", "one byte", "half a hello"])
def test_a_handshake_that_does_not_go_on_is_given_up(secure, sent):
    began = time.monotonic()
    with socket.create_connection(("127.0.0.1", secure.port), timeout=20) as connection:
        connection.sendall(sent)
        assert ends(connection)
    assert SECOND * 0.9 <= time.monotonic() - began < 4 * SECOND


def test_a_handshake_that_drips_is_given_up(secure):
    hello = ssl.MemoryBIO()
    with contextlib.suppress(ssl.SSLWantReadError):
        secure.trusting().wrap_bio(ssl.MemoryBIO(), hello, server_hostname="localhost").do_handshake()
    began = time.monotonic()
    with socket.create_connection(("127.0.0.1", secure.port), timeout=20) as connection, contextlib.suppress(OSError):
        for byte in hello.read():
            connection.send(bytes([byte]))
            elapse(0.02)
            if time.monotonic() - began > 3 * SECOND:
                break
        else:
            raise AssertionError("the hello was taken to its end")
    assert secure.is_healthy()


@pytest.mark.parametrize("nonsense", [
    b"\x00" * 100, b"\x80\x2e\x01\x00\x02" + b"x" * 50, b"SSH-2.0-OpenSSH_9.2\r\n", b"\x15\x03\x03\x00\x02\x02\x28",
    b"\x16\x03\x03\xff\xff" + b"y" * 70_000, b"\xff" * 20_000,
], ids=["zeros", "SSL 2", "SSH", "an alert", "a record too long", "noise"])
def test_what_is_no_handshake_ends_the_connection(secure, nonsense):
    with socket.create_connection(("127.0.0.1", secure.port), timeout=20) as connection:
        with contextlib.suppress(OSError):
            connection.sendall(nonsense)
            assert ends(connection)
    assert secure.is_healthy()


def test_half_a_request_under_tls_is_given_up_with_an_answer(secure):
    with socket.create_connection(("127.0.0.1", secure.port), timeout=20) as plain:
        with secure.trusting().wrap_socket(plain, server_hostname="localhost") as connection:
            began = time.monotonic()
            connection.sendall(b"POST /devices/list HTTP/1.1\r\nhost: gateway\r\n")
            assert connection.recv(65536).startswith(b"HTTP/1.1 408 ")
            assert ends(connection) and time.monotonic() - began < 5 * SECOND


def test_a_refusal_under_tls_does_not_wait_for_the_body(secure):
    with socket.create_connection(("127.0.0.1", secure.port), timeout=20) as plain:
        with secure.trusting().wrap_socket(plain, server_hostname="localhost") as connection:
            announced = request("/nothing").replace(b"content-length: 0", b"content-length: 50000000")
            connection.sendall(announced + b"x" * 100_000)
            assert connection.recv(65536).startswith(b"HTTP/1.1 404 ")
            with contextlib.suppress(OSError):
                assert ends(connection)


def test_hundreds_of_half_open_handshakes_keep_nobody_out(secure):
    began, held = time.monotonic(), []
    for number in range(600):
        with contextlib.suppress(OSError):
            held.append(socket.create_connection(("127.0.0.1", secure.port), timeout=5))
            held[-1].send(b"\x16\x03\x01" if number % 2 else b"")
        if number % 100 == 0:
            assert secure.is_healthy()
    assert secure.is_healthy() and time.monotonic() - began < 30
    for connection in held:
        connection.close()


# Renewal.

@pytest.mark.parametrize("hurry", [True, False], ids=["SIGHUP", "by itself"])
def test_a_renewed_certificate_is_taken_over_without_dropping_a_connection(make_secure, authority, hurry):
    daemon = make_secure(authority.issue("renewed")).start()
    renewal = authority.issue("renewal")
    with httpx.Client(base_url=f"https://localhost:{daemon.port}", verify=daemon.trusting(),
                      limits=httpx.Limits(keepalive_expiry=None)) as old:
        assert old.get("/health").status_code == 200
        held = old._transport._pool.connections[0]
        renewal.replaces(daemon.issued)
        if hurry:
            daemon.process.send_signal(signal.SIGHUP)
        eventually(lambda: daemon.serial() == renewal.serial, "the new certificate is shown", 60)
        assert old.get("/health").status_code == 200 and old._transport._pool.connections[0] is held
    assert daemon.is_running() and "shows the certificate" in daemon.log()


def test_a_reload_is_over_once_the_renewed_certificate_is_shown(make_secure, authority, tmp_path):
    manager = ServiceManager(tmp_path)
    try:
        daemon = make_secure(authority.issue("early"))
        daemon.environment = manager.environment()
        daemon.start()
        renewal = authority.issue("late")
        renewal.replaces(daemon.issued)
        daemon.process.send_signal(signal.SIGHUP)
        eventually(lambda: manager.said("READY") == ["1", "1"], "the reload is over", 20)
        assert daemon.serial() == renewal.serial
    finally:
        manager.close()


@pytest.mark.parametrize("spoil, words", [
    (lambda files, other: files.key.write_bytes(other.key.read_bytes()), "is not that of the certificate"),
    (lambda files, other: files.certificate.write_text("nonsense"), "is no certificate in PEM form"),
    (lambda files, other: files.key.unlink(), "there is no such file"),
], ids=["another's key", "no certificate", "no key"])
def test_a_renewal_that_will_not_do_is_refused_and_told_once(make_secure, authority, spoil, words):
    daemon = make_secure(authority.issue("spoilt")).start()
    before = daemon.issued.serial
    spoil(daemon.issued, authority.issue("other"))
    daemon.process.send_signal(signal.SIGHUP)
    eventually(lambda: words in daemon.log(), "the refusal is told")
    assert "the one before stays in use" in daemon.log()
    assert daemon.serial() == before and daemon.is_healthy()
    mended = authority.issue("mended")
    mended.replaces(daemon.issued)
    daemon.process.send_signal(signal.SIGHUP)
    eventually(lambda: daemon.serial() == mended.serial, "the mended pair is shown")


def test_an_ended_certificate_does_not_replace_one_that_holds(make_secure, authority):
    daemon = make_secure(authority.issue("holds")).start()
    authority.issue("ended", ends=-0.5).replaces(daemon.issued)
    daemon.process.send_signal(signal.SIGHUP)
    eventually(lambda: "has ended on" in daemon.log(), "the refusal is told")
    assert daemon.serial() == daemon.issued.serial


@pytest.mark.parametrize("ends_in, words", [(13, "ends on"), (-0.5, "has ended on")])
def test_the_end_of_a_certificate_is_told_and_the_doors_go_on(make_secure, authority, ends_in, words):
    daemon = make_secure(authority.issue("old", ends=ends_in)).start()
    eventually(lambda: words in daemon.log(), "the end is told")
    assert "renew it" in daemon.log() and daemon.is_healthy()
    part, = [part for part in daemon.http.get("/health").json()["service_health_statuses"]
             if part["service"] == "certificate"]
    assert part["status"] == "degraded" and "enew it" in part["description"]
    measured = re.search(r"^bitting_certificate_end_seconds (\S+)$", scrape(daemon), re.MULTILINE)
    assert float(measured[1]) == int(daemon.issued.ends)


# Wrong files.

@pytest.fixture
def start_with(daemons, tmp_path):
    """Starts the demo with files that may be wrong; returns when its unix socket answers."""
    def start(certificate, key) -> Daemon:
        config = tmp_path / "bitting.yaml"
        config.write_text(
            f"site: {{name: S, time_zone: UTC}}\napi: {{tls: {{certificate: '{certificate}', key: '{key}'}}}}\n")
        daemon = daemons("--demo", "--config", str(config), name="wrong")
        daemon.port_wanted = free_port()
        daemon.spawn(f"127.0.0.1:{daemon.port_wanted}")
        eventually(lambda: (daemon.data / "bitting.sock").exists() and "Bitting is running" in daemon.log(), "it runs", 20)
        return daemon

    return start


def parts(daemon: Daemon) -> dict[str, dict]:
    """What /health says over the unix socket, by the name of the part."""
    with over(daemon.data / "bitting.sock") as client:
        answer = client.get("/health")
    assert answer.status_code == 200
    return {part["service"]: part for part in answer.json()["service_health_statuses"]}


def wrong_files(authority, tmp_path):
    good, other = authority.issue("good"), authority.issue("other")
    empty = tmp_path / "empty.pem"
    empty.touch()
    der = tmp_path / "cert.der"
    der.write_bytes(ssl.PEM_cert_to_DER_cert(good.certificate.read_text()))
    damaged = tmp_path / "damaged.pem"
    damaged.write_text(good.certificate.read_text().replace("M", "-", 20))
    locked = authority.issue("locked", passphrase=b"secret").key
    return {
        "no such certificate": (tmp_path / "none.pem", good.key, "there is no such file"),
        "no such key": (good.certificate, tmp_path / "none.key", "there is no such file"),
        "empty": (empty, good.key, "is empty"),
        "DER": (der, good.key, "convert it with 'openssl x509 -inform der"),
        "exchanged": (good.key, good.certificate, "are certificate and key exchanged?"),
        "another's key": (good.certificate, other.key, "is not that of the certificate"),
        "passphrase": (good.certificate, locked, "has a passphrase"),
        "a directory": (tmp_path, good.key, "cannot be read"),
        "damaged": (damaged, good.key, "damaged"),
    }


@pytest.mark.parametrize("case", [
    "no such certificate", "no such key", "empty", "DER", "exchanged", "another's key", "passphrase", "a directory",
    "damaged",
])
def test_wrong_files_are_told_at_the_start_and_close_no_door(start_with, authority, tmp_path, case):
    certificate, key, words = wrong_files(authority, tmp_path)[case]
    daemon = start_with(certificate, key)
    log = daemon.log()
    assert words in log and (str(certificate) in log or str(key) in log) and "PRIVATE KEY-----\nM" not in log
    health = parts(daemon)
    assert health["certificate"]["status"] == health["api"]["status"] == "degraded"
    assert words in health["certificate"]["description"] and "Over TCP" in health["api"]["description"]
    with over(daemon.data / "bitting.sock") as client:
        assert value(client.get("/metrics").text, "bitting_api_listening") == 0
        door = client.post("/devices/get", json={"name": "Front Door"}).json()["device"]
        made = client.post("/access_codes/create", json={"device_id": door["device_id"], "name": "Ada"})
        assert made.status_code == 200
        code = made.json()["access_code"]["access_code_id"]
        eventually(lambda: client.post("/access_codes/get", json={"access_code_id": code}).json()["access_code"]["status"]
                   == "set", "the lock holds the code", 20)
    with pytest.raises(OSError):
        socket.create_connection(("127.0.0.1", daemon.port_wanted), timeout=5)


@pytest.mark.parametrize("hurry", [True, False], ids=["SIGHUP", "by itself"])
def test_files_that_were_wrong_at_the_start_are_taken_once_they_are_right(start_with, authority, hurry):
    issued = authority.issue("late")
    good = issued.certificate.read_bytes()
    issued.certificate.write_bytes(b"")
    daemon = start_with(issued.certificate, issued.key)
    issued.certificate.write_bytes(good)
    if hurry:
        daemon.process.send_signal(signal.SIGHUP)
    url = eventually(lambda: re.search(r"takes requests at (https://127\.0\.0\.1:\d+)", daemon.log()),
                     "it takes requests over TCP", 60)[1]
    daemon.connect(url)
    context = ssl.create_default_context(cafile=authority.file)
    with socket.create_connection(("127.0.0.1", daemon.port_wanted), timeout=10) as plain:
        with context.wrap_socket(plain, server_hostname="localhost") as secure:
            assert int(secure.getpeercert()["serialNumber"], 16) == issued.serial
    health = parts(daemon)
    assert health["certificate"]["status"] == health["api"]["status"] == "healthy"
    assert value(scrape(daemon), "bitting_api_listening") == 1


def test_a_key_that_everybody_can_read_is_warned_about(make_secure, authority):
    daemon = make_secure(authority.issue("open"))
    daemon.issued.key.chmod(0o644)
    assert "everybody on this machine can read the key" in daemon.start().log()
    assert stat.S_IMODE(daemon.issued.key.stat().st_mode) == 0o644
