"""The process: its command line, its configuration, its data directory, its end and its memory."""

import contextlib
import os
import random
import re
import socket
import sqlite3
import subprocess
import threading
import time

import httpx
import pytest

from bitting_cli import BITTING
from gateway import BINARY, KEY, Daemon
from waiting import elapse, eventually

CONFIG_ERROR, CANNOT_CREATE, IN_USE = 78, 73, 75


def run(*arguments: str, **options) -> subprocess.CompletedProcess:
    return subprocess.run([BINARY, *map(str, arguments)], capture_output=True, text=True, timeout=20, **options)


def test_help_names_every_option():
    done = run("--help")
    assert done.returncode == 0
    for option in ("--demo", "--data-dir", "--listen", "--config", "127.0.0.1:8471"):
        assert option in done.stdout


def test_a_misspelt_option_is_told():
    done = run("--demo", "--lisen", "127.0.0.1:0")
    assert done.returncode == 64 and "--lisen" in done.stderr


@pytest.mark.parametrize("listen", ["nonsense", "127.0.0.1:99999", "127.0.0.1:", ":::", "256.1.1.1:80"])
def test_an_address_that_is_none_is_told(tmp_path, listen):
    done = run("--demo", "--data-dir", tmp_path, "--listen", listen)
    assert done.returncode != 0 and listen in done.stderr + done.stdout


def test_the_demo_prints_doors_key_and_what_to_try(daemons):
    demo = daemons(key=None).start()
    printed = demo.log()
    for door in ("Front Door", "Studio", "Garden Gate", "Harbour Entrance", "Boathouse"):
        assert door in printed
    assert demo.url in printed and "curl" in printed and "seam" in printed
    assert len(set(re.findall(r"seam_\w{20,}", printed))) == 1


def test_a_made_key_is_printed_once_and_stored_only_hashed(daemons):
    demo = daemons(key=None).start()
    key = re.search(r"seam_\w{20,}", demo.log())[0]
    answer = demo.anonymous.post("/devices/list", headers={"authorization": f"Bearer {key}"})
    assert answer.status_code == 200
    demo.restart()
    assert key not in demo.log()
    answer = demo.anonymous.post("/devices/list", headers={"authorization": f"Bearer {key}"})
    assert answer.status_code == 200
    for path in demo.data.rglob("*"):
        if path.is_file():
            assert key.encode() not in path.read_bytes(), path


@pytest.mark.parametrize("key", ["short", "seam_at_0123456789abcdefghijklmnop", "ey0123456789abcdefghijklmnop"])
def test_a_key_that_the_sdks_would_refuse_is_refused(tmp_path, key):
    done = run("--demo", "--data-dir", tmp_path, "--listen", "127.0.0.1:0",
               env={**os.environ, "BITTING_API_KEY": key})
    assert done.returncode == CONFIG_ERROR and "BITTING_API_KEY" in done.stderr + done.stdout
    assert key not in done.stderr + done.stdout


SOUND = """\
site:
  name: Harbour Street 12
  time_zone: Europe/Berlin
lines:
  - name: front
    port: /dev/null
    baud: 9600
    protocol: osdp
    devices:
      - name: front-reader
        address: 5
        secure_channel: plain
doors:
  - name: Front Door
    reader: { device: front-reader, reader: 0, led: 0 }
    strike: { device: front-reader, output: 0, seconds: 3 }
    keypad: { terminator: "#", inter_digit_timeout: 5s, code_lengths: [4, 5, 6] }
events:
  keep_days: 30
"""


@pytest.mark.parametrize("line, before, after, names", [
    (3, "Europe/Berlin", "Europe/Bergen", "Europe/Bergen"),
    (7, "9600", "fast", "baud"),
    (7, "9600", "-9600", "baud"),
    (8, "osdp", "zigbee", "zigbee"),
    (11, "5", "127", "address"),
    (12, "plain", "perhaps", "perhaps"),
    (15, "front-reader", "back-reader", "back-reader"),
    (16, "seconds: 3", "seconds: 0", "seconds"),
    (16, "seconds: 3", "secnds: 3", "secnds"),
    (17, "inter_digit_timeout: 5s", "inter_digit_timeout: 5 parsecs", "inter_digit_timeout"),
    (17, "[4, 5, 6]", "[4, 5, 60]", "code_lengths"),
    (19, "30", "1", "keep_days"),
    (19, "30", "90d", "keep_days"),
    (19, "keep_days", "keep_hours", "keep_hours"),
    (5, "front", "[front", None),
])
def test_an_error_in_the_configuration_is_told_with_its_line(tmp_path, line, before, after, names):
    lines = SOUND.splitlines(keepends=True)
    assert before in lines[line - 1]
    lines[line - 1] = lines[line - 1].replace(before, after)
    config = tmp_path / "bitting.yaml"
    config.write_text("".join(lines))
    done = run("--config", config, "--data-dir", tmp_path / "data", "--listen", "127.0.0.1:0")
    said = done.stderr + done.stdout
    assert done.returncode == CONFIG_ERROR, said
    found = re.search(re.escape(str(config)) + r":(\d+): (.+)", said)
    assert found, said
    if names is not None:
        assert int(found[1]) == line and names in found[2] and ";" in found[2], said


@pytest.mark.parametrize("text", ["", "just text", "- a\n- list\n", "\x00\x01\x02", "site: &a [*a]\n", "a: b\na: c\n"])
def test_a_file_that_is_no_configuration_is_told(tmp_path, text):
    config = tmp_path / "bitting.yaml"
    config.write_text(text)
    done = run("--config", config, "--data-dir", tmp_path / "data", "--listen", "127.0.0.1:0")
    assert done.returncode == CONFIG_ERROR and "bitting.yaml" in done.stderr + done.stdout


def test_a_missing_configuration_and_a_bad_key_file_are_told(tmp_path):
    done = run("--config", tmp_path / "none.yaml", "--data-dir", tmp_path / "data")
    assert done.returncode == CONFIG_ERROR and "none.yaml" in done.stderr + done.stdout
    config = tmp_path / "bitting.yaml"
    config.write_text(SOUND.replace("secure_channel: plain", "secure_channel: required"))
    done = run("--config", config, "--data-dir", tmp_path / "data")
    assert done.returncode == CONFIG_ERROR and f"{config}:10: " in done.stderr and "key_file" in done.stderr
    config.write_text(SOUND.replace("secure_channel: plain", "secure_channel: required\n        key_file: r.key"))
    for content in (None, "0011", "zz" * 16, "00" * 16):
        if content is not None:
            (tmp_path / "r.key").write_text(content)
        done = run("--config", config, "--data-dir", tmp_path / "data")
        assert done.returncode == CONFIG_ERROR and "r.key" in done.stderr + done.stdout
        assert content is None or content not in done.stderr + done.stdout
    key = "7c4f0a93d15be8264760b2c9e83d51fa"
    config.write_text(SOUND.replace("secure_channel: plain", f"secure_channel: required\n        key_file: {key}"))
    done = run("--config", config, "--data-dir", tmp_path / "data")
    assert done.returncode == CONFIG_ERROR and f"{config}:13: " in done.stderr and key not in done.stderr


def test_a_second_daemon_on_the_same_data_is_refused(daemons):
    first = daemons().start()
    done = run("--demo", "--data-dir", first.data, "--listen", "127.0.0.1:0")
    assert done.returncode == IN_USE and str(first.data) in done.stderr + done.stdout
    assert first.is_healthy()


@pytest.mark.parametrize("place", ["a file", "below a file", "no such root"])
def test_a_data_directory_that_cannot_be_made_is_told(tmp_path, place):
    (tmp_path / "file").write_text("not a directory")
    path = {"a file": tmp_path / "file", "below a file": tmp_path / "file/data",
            "no such root": "/proc/bitting/data"}[place]
    done = run("--demo", "--data-dir", path, "--listen", "127.0.0.1:0")
    assert done.returncode == CANNOT_CREATE and str(path) in done.stderr + done.stdout


def test_sigterm_ends_it_cleanly_within_two_seconds(daemons):
    demo = daemons().start()
    assert demo.stop() < 2
    assert "Fatal" not in demo.log()


def test_sigterm_ends_it_with_clients_connected_and_work_under_way(daemons):
    demo = daemons().start()
    device_id = demo.door("Front Door")["device_id"]
    idle = socket.create_connection(("127.0.0.1", int(demo.url.rpartition(":")[2])))
    for _ in range(3):
        demo.ask("/access_codes/create", device_id=device_id)
    assert demo.stop() < 2
    idle.close()


def test_a_reader_of_its_output_that_goes_away_does_not_end_it(daemons, tmp_path):
    demo = daemons()
    demo.directory.mkdir(exist_ok=True)
    port = free_port()
    process = subprocess.Popen(
        [BINARY, "--demo", "--data-dir", demo.data, "--listen", f"127.0.0.1:{port}"],
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, env={**os.environ, "BITTING_API_KEY": KEY})
    try:
        demo.connect(f"http://127.0.0.1:{port}")
        process.stdout.close()
        for device in demo.ask("/devices/list")["devices"]:
            demo.ask("/access_codes/create", device_id=device["device_id"])
        elapse(1)
        assert demo.is_healthy() and process.poll() is None
    finally:
        process.terminate()
        assert process.wait(5) == 0


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        return probe.getsockname()[1]


def test_a_second_start_goes_on_where_the_first_ended(daemons):
    demo = daemons().start()
    doors = {device["properties"]["name"]: device["device_id"] for device in demo.ask("/devices/list")["devices"]}
    code = demo.ask("/access_codes/create", device_id=doors["Front Door"], name="Jane")["access_code"]
    before = demo.wait_for_code(code["access_code_id"], status="set", pending_mutations=[])
    told = demo.events(access_code_id=code["access_code_id"])
    workspace = demo.ask("/workspaces/get")["workspace"]

    demo.restart()
    again = {device["properties"]["name"]: device["device_id"] for device in demo.ask("/devices/list")["devices"]}
    assert again == doors and demo.ask("/workspaces/get")["workspace"] == workspace
    demo.door("Front Door")
    assert demo.wait_for_code(code["access_code_id"], status="set") == before
    elapse(1)
    assert demo.events(access_code_id=code["access_code_id"]) == told, "a restart with nothing to do does nothing"
    demo.type_code(doors["Front Door"], code["code"])
    demo.wait_for_event("lock.unlocked", access_code_id=code["access_code_id"])


FULL_DISK = """
mount -t tmpfs -o size="$3k",mode=700 none "$2"
cp --archive --sparse=never "$1/." "$2"
dd if=/dev/zero of="$2/filling" bs=1k status=none 2>/dev/null || true
shift 3
exec "$@"
"""


@pytest.mark.skipif(os.geteuid() != 0, reason="mounts a small disk")
def test_P20_on_a_full_disk_it_starts_and_doors_open(daemons, tmp_path):
    one = daemons().start()
    door = one.door("Harbour Entrance")
    code = one.ask("/access_codes/create", device_id=door["device_id"])["access_code"]
    one.wait_for_code(code["access_code_id"], status="set")
    one.stop()
    kept = one.data.rename(tmp_path / "kept")
    one.data.mkdir(mode=0o700)
    assert (kept / "ballast").stat().st_size == 4 << 20
    kibibytes = 512 + sum(file.stat().st_size for file in kept.rglob("*") if file.is_file()) // 1024
    one.wrapper = ["unshare", "--mount", "sh", "-ec", FULL_DISK, "sh", str(kept), str(one.data), str(kibibytes)]
    one.start()
    assert "the disk is full" in one.log()
    assert one.type_code(one.door("Harbour Entrance")["device_id"], code["code"])["status"] == "success"


def test_a_wall_clock_that_ran_ahead_is_believed_again_by_hand(daemons):
    one = daemons().start()
    one.door("Front Door")
    one.stop()
    store = one.data / "bitting.sqlite"
    with contextlib.closing(sqlite3.connect(store)) as database, database:
        database.execute("UPDATE event SET created_at = 4102444800000 WHERE sequence = (SELECT max(sequence) FROM event)")
    done = subprocess.run([BITTING, "clock", "believe", "--data-dir", one.data], capture_output=True, text=True, timeout=20)
    assert done.returncode == 0 and "is dated now" in done.stdout, done.stderr
    with contextlib.closing(sqlite3.connect(store)) as database:
        dates = [date for date, in database.execute("SELECT created_at FROM event ORDER BY sequence")]
    assert dates == sorted(dates) and dates[-1] <= time.time() * 1000
    one.start()
    dates = [event["created_at"] for event in one.events()]
    assert dates == sorted(dates) and max(dates) < "2099"


def test_a_store_that_is_gone_is_told_and_nothing_is_made_in_its_place(daemons):
    one = daemons().start()
    door = one.door("Front Door")
    one.ask("/access_codes/create", device_id=door["device_id"])
    one.restart()
    eventually(lambda: list((one.data / "snapshots").glob("bitting-*.sqlite")), "a state is put by")
    one.stop()
    (one.data / "bitting.sqlite").unlink()
    process = one.spawn()
    assert process.wait(20) == 74 and "bitting restore --snapshot" in one.log()
    assert not (one.data / "bitting.sqlite").exists() and list((one.data / "snapshots").glob("bitting-*.sqlite"))


def test_kill_9_at_any_moment_loses_no_acknowledged_code(daemons):
    """Two writers create codes all the time; the process is killed again and again, at random moments."""
    seed = int.from_bytes(os.urandom(4), "little")
    print(f"seed {seed}")
    chance = random.Random(seed)
    demo = daemons().start()
    # This door holds its codes in the gateway: there is always space.
    device_id = demo.door("Harbour Entrance")["device_id"]
    acknowledged: dict[str, str] = {}

    for _ in range(30):
        done = threading.Event()
        writers = [threading.Thread(target=keep_creating, args=(demo, device_id, acknowledged, done))
                   for _ in range(2)]
        for writer in writers:
            writer.start()
        elapse(chance.uniform(0.01, 0.35))
        demo.kill()
        done.set()
        for writer in writers:
            writer.join()
        demo.start()

    assert len(acknowledged) >= 30
    for access_code_id, pin in acknowledged.items():
        assert demo.code(access_code_id)["code"] == pin
    listed = demo.ask("/access_codes/list", device_id=device_id)["access_codes"]
    pins = [code["code"] for code in listed]
    assert len(set(pins)) == len(pins), "no PIN was given twice"
    assert set(acknowledged) <= {code["access_code_id"] for code in listed}


def keep_creating(demo: Daemon, device_id: str, acknowledged: dict, done: threading.Event):
    with demo.client(authorization=f"Bearer {KEY}") as client:
        while not done.is_set():
            try:
                response = client.post("/access_codes/create", json={
                    "device_id": device_id, "preferred_code_length": 6})
                body = response.json()
            except (httpx.TransportError, ValueError):
                return
            if response.status_code == 429:
                done.wait(0.02)
            else:
                assert response.status_code == 200, body
                acknowledged[body["access_code"]["access_code_id"]] = body["access_code"]["code"]
