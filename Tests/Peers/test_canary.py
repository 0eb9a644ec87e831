"""Known PINs and keys go through the daemon in every way there is; nothing that it leaves behind may show one."""

import base64
import secrets
from datetime import datetime, timedelta, timezone

import httpx
import pytest

import canary
from canary import Canary
from gateway import KEY, Daemon
from sealing import Opened
from waiting import eventually
from webhook_receiver import Receiver

SEAL_KEY = bytes.fromhex("5ea1" * 16)
PINS = {"asked": "58291746", "changed": "73619528", "becoming": "61837294", "deleted": "94720583",
        "scheduled": "27385916", "stranger": "86159372", "wrong": "39571864", "held": "70426815", "nuki": "468913"}


@pytest.fixture(scope="module")
def seeded(tmp_path_factory):
    """A daemon that has had every kind of secret, and has stopped; and the secrets."""
    directory = tmp_path_factory.mktemp("canary")
    key_file = directory / "seal-key"
    key_file.write_text(SEAL_KEY.hex() + "\n")
    key_file.chmod(0o600)
    daemon = Daemon(directory, "--demo", "--log-level", "trace", "--seal-key-file", str(key_file))
    receiver = Receiver()
    try:
        daemon.start()
        pins = seed(daemon, receiver)
        answers = [httpx.get(daemon.url + path, headers=headers).content for path in ("/metrics", "/health")
                   for headers in ({"authorization": f"Bearer {daemon.key}"}, {})]
        # Once as a power cut would leave it, with its write-ahead log.
        daemon.kill()
        killed = {path.relative_to(daemon.data): path.read_bytes() for path in daemon.data.rglob("*") if path.is_file()}
        daemon.start()
        daemon.door("Front Door")
        daemon.stop()
        yield daemon, pins, answers, killed
    finally:
        receiver.close()
        daemon.close()


def seed(daemon: Daemon, receiver: Receiver) -> dict[str, str]:
    """Asks for everything that holds a secret; returns the PINs."""
    pins = dict(PINS)
    webhook = daemon.post("/webhooks/create", {"url": receiver.url, "event_types": ["*"]})["webhook"]
    assert webhook["secret"].startswith("whsec_")
    front, harbour = daemon.door("Front Door"), daemon.door("Harbour Entrance")
    wharf, gate = daemon.door("Wharf Gate", timeout=60), daemon.door("Garden Gate")

    def create(device, **fields):
        return daemon.ask("/access_codes/create", device_id=device["device_id"], **fields)["access_code"]

    asked = create(front, code=PINS["asked"], name="Jane")
    changed, deleted = create(front, code=PINS["changed"]), create(front, code=PINS["deleted"])
    create(front, code=PINS["scheduled"], starts_at="2190-01-01T12:00:00Z", ends_at="2190-01-02T12:00:00Z")
    held = create(harbour, code=PINS["held"])
    nuki = create(wharf, code=PINS["nuki"])
    pins["drawn"] = create(gate)["code"]
    start = datetime.now(timezone.utc).replace(minute=0, second=0, microsecond=0) + timedelta(days=2)
    pins["offline"] = create(front, is_offline_access_code=True, starts_at=start.isoformat(),
                             ends_at=(start + timedelta(hours=3)).isoformat())["code"]
    daemon.ask("/access_codes/simulate/create_unmanaged_access_code", device_id=front["device_id"],
               code=PINS["stranger"], name="Cleaner")
    daemon.ask("/devices/update", device_id=gate["device_id"], backup_access_code_pool_enabled=True)
    for code in (asked, changed, deleted, held):
        daemon.wait_for_code(code["access_code_id"], timeout=60, status="set")
    daemon.wait_for_code(nuki["access_code_id"], timeout=90, status="set")
    daemon.ask("/access_codes/update", access_code_id=changed["access_code_id"], code=PINS["becoming"])
    daemon.ask("/access_codes/delete", access_code_id=deleted["access_code_id"])
    daemon.wait_for_event("access_code.deleted", timeout=60, access_code_id=deleted["access_code_id"])
    daemon.wait_for_event("access_code.code_changed", timeout=60)
    daemon.type_code(front["device_id"], PINS["asked"])
    daemon.type_code(front["device_id"], PINS["wrong"])
    daemon.type_code(harbour["device_id"], PINS["held"])
    daemon.wait_for_event("access_code.unmanaged.created", timeout=60)
    return pins


def all_canaries(daemon: Daemon, pins: dict[str, str]) -> list[Canary]:
    """The PINs, and what the daemon drew itself, read by opening what it has sealed."""
    opened = Opened(daemon.data, SEAL_KEY)
    backups = [pin.decode() for pin in opened.column("access_code", "pin")]
    found = [canary.of_pin(name, digits) for name, digits in pins.items()]
    found += [canary.of_pin("stored", digits) for digits in backups if digits not in pins.values() and len(digits) > 5]
    for table, column in (("device_key", "key"), ("offline_key", "key"), ("webhook", "secret")):
        keys = opened.column(table, column)
        assert keys, table
        found += [Canary(f"{table} {number}", key) for number, key in enumerate(keys)]
    found += [Canary("cursor key", bytes.fromhex(key.decode())) for key in opened.column("secret", "value")]
    locks = opened.nuki_locks("demo/nuki")
    assert len(locks) == 2
    found += [Canary("Nuki key", key) for lock in locks for key in keys_in(lock)]
    found += [Canary("seal key", SEAL_KEY), Canary("API key", KEY.encode())]
    found += [Canary("data key", key) for key in opened.keys.values()]
    return found


def keys_in(document) -> list[bytes]:
    """Everything in a document that can be a key of 32 bytes."""
    if isinstance(document, dict):
        return [key for value in document.values() for key in keys_in(value)]
    if isinstance(document, list):
        if len(document) == 32 and all(isinstance(byte, int) for byte in document):
            return [bytes(document)]
        return [key for value in document for key in keys_in(value)]
    if isinstance(document, str):
        for decode in (bytes.fromhex, lambda text: base64.b64decode(text, validate=True)):
            try:
                key = decode(document)
            except ValueError:
                continue
            if len(key) == 32:
                return [key]
    return []


def test_no_secret_is_in_any_file_of_the_data_directory(seeded):
    daemon, pins, _, killed = seeded
    canaries = all_canaries(daemon, pins)
    assert len(canaries) > 18
    assert canary.in_files(canaries, daemon.data) == []
    assert {"bitting.sqlite", "bitting.sqlite-wal"} <= {str(path) for path in killed}
    assert [f"{path}: {what}" for path, data in killed.items() for one in canaries for what in one.found(data, 6)] == []


def test_no_secret_is_in_the_columns_that_are_not_sealed(seeded):
    daemon, pins, _, _ = seeded
    everything = b"\n".join(Opened(daemon.data, SEAL_KEY).unsealed())
    assert b"Jane" in everything
    # Numbers of four bytes may be part of a time or an id; the digits may not.
    assert [what for one in all_canaries(daemon, pins) for what in one.found(everything, 5)] == []


def test_no_secret_is_in_the_log_or_in_what_is_measured(seeded):
    daemon, pins, answers, _ = seeded
    log = daemon.log_bytes()
    assert log.count(b"\n") > 50
    canaries = all_canaries(daemon, pins)
    assert [what for one in canaries for what in one.found(log, 5)] == []
    assert [what for one in canaries for answer in answers for what in one.found(answer, 5)] == []


def test_the_search_finds_each_secret_in_each_form(tmp_path, seeded):
    daemon, pins, _, _ = seeded
    for one in all_canaries(daemon, pins):
        for form, look in one.forms.items():
            file = tmp_path / "leak"
            file.write_bytes(secrets.token_bytes(1001) + look + secrets.token_bytes(1001))
            found = canary.in_files([one], file, shortest=1)
            assert f"leak: {one.name}, {form}" in found
    for offset in range(3):
        text = base64.b64encode(b"x" * offset + b"58291746" + b"more")
        assert canary.of_pin("asked", "58291746").found(text)
