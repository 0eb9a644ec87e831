"""The operator's command line against the real daemon."""

import json
import re
import socket
import stat
import subprocess
import threading
import time

import pytest

from bitting_cli import (BITTING, DATA_ERROR, NO_INPUT, PROTOCOL, REFUSED, TEMPORARY, UNAVAILABLE, USAGE, CommandLine,
                         OnTerminal, as_nobody, doctor, environment)
from certificates import Authority
from waiting import eventually

DOORS = ["Boathouse", "Front Door", "Garden Gate", "Harbour Entrance", "Sail Loft", "Studio", "Wharf Gate"]


@pytest.fixture
def bitting(daemon):
    return CommandLine(daemon)


@pytest.fixture
def make(bitting):
    """Makes codes with the command line that are gone again afterwards."""
    made = []

    def make(*arguments: str) -> dict:
        made.append(bitting.json("codes", "add", *arguments)["access_code"])
        return made[-1]

    yield make
    for code in made:
        bitting.run("codes", "remove", code["access_code_id"], "--patience", "60",
                    status=0 if code["access_code_id"] in bitting("codes", "--json") else NO_INPUT)


# Looking.


def test_locks_are_listed_in_columns(bitting, front_door):
    lines = bitting("locks").splitlines()
    assert re.match(r"LOCK +MODEL +LINK +BOLT +BATTERY +ISSUES$", lines[0])
    assert [line[:lines[0].index("MODEL")].strip() for line in lines[1:]] == DOORS
    front = next(line for line in lines if line.startswith("Front Door"))
    assert front[lines[0].index("LINK"):].split()[0] == "online"


def test_json_is_what_the_api_gives(bitting, daemon, front_door):
    listed = {device["device_id"]: device for device in bitting.json("locks")["devices"]}
    assert set(listed) == {device["device_id"] for device in daemon.ask("/devices/list")["devices"]}
    assert set(listed[front_door["device_id"]]) == set(front_door)


def test_a_lock_is_found_by_the_beginning_of_its_name_and_shown(bitting, front_door):
    shown = bitting("locks", "show", "front")
    assert "Front Door" in shown and front_door["device_id"] in shown and "30 codes" in shown


def test_status_tells_the_site_at_a_glance(bitting, front_door):
    shown = bitting("status")
    for words in ("Demo site", "Version", "Store", "healthy", "of 7 online", "Simulated radio", "Exposure"):
        assert words in shown, words
    status = bitting.json("status")["status"]
    assert status["devices"]["total"] == 7 and status["workspace"]["name"] == "Demo site"
    assert status["uptime_seconds"] >= 0 and status["store"] == {"is_healthy": True, "problem": None}


def test_status_takes_well_under_200_ms(bitting, front_door):
    def timed() -> float:
        begin = time.monotonic()
        bitting("status")
        return time.monotonic() - begin
    # The best of some: other tests use the same cores.
    assert min(timed() for _ in range(5)) < 0.2


# Codes.


def test_a_code_lives_from_add_to_remove(bitting, daemon, front_door):
    told = bitting("codes", "add", "front", "--name", "Anna", "--code", "4711", "--until", "+3h")
    assert re.match(r"Anna opens Front Door until \d{4}-\d\d-\d\d \d\d:\d\d\.", told)
    code = daemon.ask("/access_codes/get", device_id=front_door["device_id"], code="4711")["access_code"]
    assert code["status"] == "set" and code["type"] == "time_bound"
    explained = bitting("codes", "explain", "anna")
    assert re.search(r"^On the lock +slot \d+: just what is wanted, read back ", explained, re.M)
    assert re.search(r"^Wanted +on the lock until .*; the lock ends it$", explained, re.M)
    assert re.search(r"^Next +Nothing is to be done", explained, re.M)
    assert "access_code.set_on_device" in explained
    assert "Anna opens Front Door." in bitting("codes", "set", "anna", "--ongoing", "--code", "4712")
    assert daemon.code(code["access_code_id"])["code"] == "4712"
    assert bitting("codes", "remove", "anna") == "Anna is gone from Front Door.\n"
    assert not daemon.events("access_code.deleted", access_code_id="none")
    assert daemon.events("access_code.deleted", access_code_id=code["access_code_id"])
    assert "'anna'" in bitting.refusal(NO_INPUT, "codes", "remove", "anna")


def test_pins_are_shown_to_who_asks_for_them_alone(bitting, make, front_door):
    code = make("front", "--name", "Hidden", "--code", "9137")
    assert code["code"] is None
    for command in (["codes"], ["codes", "--json"], ["codes", "show", "hidden"], ["codes", "explain", "hidden"],
                    ["codes", "explain", "hidden", "--json"], ["events", "--json"], ["exposure"], ["exposure", "--json"],
                    ["status", "--json"]):
        assert "9137" not in bitting(*command), command
    for command in (["codes", "--reveal"], ["codes", "--reveal", "--json"], ["codes", "show", "hidden", "--reveal"]):
        assert "9137" in bitting(*command), command


def test_a_pin_can_come_from_standard_input(bitting, daemon, front_door):
    bitting("codes", "add", "front", "--name", "Piped", "--code", "-", stdin="9246\n")
    assert daemon.ask("/access_codes/get", device_id=front_door["device_id"], code="9246")["access_code"]["status"] == "set"
    bitting("codes", "remove", "piped")


def test_a_code_to_come_is_planned_and_not_waited_for(bitting, make, studio):
    code = make("studio", "--name", "Later", "--from", "+5h", "--until", "+9h")
    assert code["status"] == "unset"
    explanation = bitting.json("codes", "explain", "later")["explanation"]
    assert explanation["next"]["waits_for"] == "time" and explanation["next"]["not_before"]
    assert explanation["wanted"]["is_on_lock"] is False and explanation["slot"] is None
    assert re.search(r"^Wanted +on the lock from .*; the gateway ends it$", bitting("codes", "explain", "later"), re.M)


def test_a_code_for_a_lock_out_of_reach_waits_and_says_for_what(bitting, make, garden_gate):
    bitting("simulate", "connection", "garden", "disconnect")
    try:
        begin = time.monotonic()
        told = bitting.refusal(TEMPORARY, "codes", "add", "garden", "--name", "Waiting", "--patience", "1")
        assert "It waits until the lock answers" in told and "bitting codes explain" in told
        assert time.monotonic() - begin < 20
        explanation = bitting.json("codes", "explain", "waiting")["explanation"]
        assert explanation["next"] | {"message": ""} == {
            "step": "waits", "waits_for": "lock_offline", "not_before": None, "access_code_id": None, "message": ""}
        assert explanation["device_offline_since"] and explanation["is_device_online"] is False
        assert bitting("codes", "remove", "waiting", "--no-wait").startswith("Waiting is ")
    finally:
        bitting("simulate", "connection", "garden", "connect")


def test_a_pin_that_the_lock_cannot_take_is_refused_with_the_rule(bitting, front_door):
    assert "digit" in bitting.refusal(DATA_ERROR, "codes", "add", "front", "--code", "123")
    assert "a PIN is digits alone" in bitting.refusal(USAGE, "codes", "add", "front", "--code", "12a4")


def test_an_expired_end_only_the_gateway_keeps_is_an_exposure(bitting, make, studio, front_door):
    kept = make("front", "--name", "Kept", "--until", "+4h")
    held = make("studio", "--name", "Held", "--until", "+4h")
    exposures = {exposure["access_code_id"]: exposure for exposure in bitting.json("exposure")["exposures"]}
    assert exposures[kept["access_code_id"]]["reason"] == "ends_by_itself"
    assert exposures[kept["access_code_id"]]["opens_until"] and not exposures[kept["access_code_id"]]["is_excess"]
    assert exposures[held["access_code_id"]]["reason"] == "end_needs_gateway"
    assert exposures[held["access_code_id"]]["opens_until"] is None and exposures[held["access_code_id"]]["is_excess"]
    shown = bitting("exposure", "--excess")
    assert re.search(r"^Studio +Held +for ever .*only the gateway can end it", shown, re.M) and "Kept" not in shown


# Acting, and what happened.


def test_a_bolt_moves_and_the_event_is_told(bitting, front_door):
    assert bitting("unlock", "front") == "Front Door is unlocked.\n"
    assert bitting("lock", "front") == "Front Door is locked.\n"
    events = [json.loads(line) for line in bitting("events", "--lock", "front", "--json").splitlines()]
    kinds = [event["event_type"] for event in events]
    assert kinds.index("lock.unlocked") < len(kinds) - 1 - kinds[::-1].index("lock.locked")
    assert re.search(r"^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d  Front Door +lock\.unlocked  by remote", bitting(
        "events", "--lock", "front", "--type", "lock.unlocked"), re.M)


def test_follow_shows_what_happens_as_it_happens(bitting, daemon, front_door):
    with subprocess.Popen([BITTING, "events", "--follow", "--since", "now", "--type", "lock.unlocked", "--json"],
                          stdout=subprocess.PIPE, text=True, env=environment(daemon.url)) as process:
        lines: list[str] = []
        reader = threading.Thread(target=lambda: lines.extend(iter(process.stdout.readline, "")), daemon=True)
        reader.start()

        def seen():
            bitting("unlock", "front")
            return lines
        eventually(seen, "the event is shown", timeout=20, every=0.3)
        process.terminate()
        reader.join(10)
    assert {json.loads(line)["event_type"] for line in lines} == {"lock.unlocked"}
    bitting("lock", "front")


def test_a_reader_that_goes_away_ends_the_command_quietly(bitting, daemon, front_door):
    done = subprocess.run(f"{BITTING} events --since -1d | head -n 1", shell=True, capture_output=True, text=True,
                          env=environment(daemon.url), timeout=30)
    assert done.returncode == 0 and done.stderr == "" and done.stdout.count("\n") == 1


def test_a_pin_typed_at_a_demo_door_opens_it_or_not(bitting, make, front_door):
    make("front", "--name", "Typist", "--code", "8642")
    assert "Front Door opened" in bitting("simulate", "keypad", "front", "--code", "8642")
    assert "Front Door opened" not in bitting("simulate", "keypad", "front", "--code", "8643")


# Errors.


def test_a_daemon_that_is_not_there_is_told_with_how_to_start_it(tmp_path):
    def refusal(status, **env) -> str:
        done = subprocess.run([BITTING, "locks"], capture_output=True, text=True, timeout=20,
                              env=environment(**env))
        assert done.returncode == status and done.stdout == "", done
        return done.stderr
    missing = refusal(UNAVAILABLE, RUNTIME_DIRECTORY=str(tmp_path))
    assert f"nothing is at {tmp_path}/bitting.sock" in missing and "systemctl start bitting" in missing
    with socket.socket(socket.AF_UNIX) as left:
        left.bind(str(tmp_path / "bitting.sock"))
    assert "nobody listens" in refusal(UNAVAILABLE, RUNTIME_DIRECTORY=str(tmp_path))
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    assert "connection refused" in refusal(UNAVAILABLE, url=f"http://127.0.0.1:{port}")
    assert "BITTING_API_KEY" in refusal(USAGE, url=f"http://127.0.0.1:{port}", key=None)


def test_at_the_unix_socket_no_key_is_needed_and_who_may_not_is_told(daemons, tmp_path):
    path = tmp_path / "run" / "bitting.sock"
    path.parent.mkdir()
    daemons("--demo", "--socket", str(path)).start()
    done = subprocess.run([BITTING, "status", "--json"], capture_output=True, text=True, timeout=20,
                          env=environment(key=None, RUNTIME_DIRECTORY=str(path.parent)))
    assert done.returncode == 0 and json.loads(done.stdout)["status"]["version"], done
    done = as_nobody("locks", "--socket", path)
    assert done.returncode == REFUSED and "sudo" in done.stderr, done


def test_something_else_that_answers_is_told(tmp_path):
    path = tmp_path / "bitting.sock"
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(str(path))
        server.listen()

        def answer():
            connection, _ = server.accept()
            connection.recv(65536)
            connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi")
            connection.close()
        thread = threading.Thread(target=answer)
        thread.start()
        done = subprocess.run([BITTING, "locks", "--socket", path], capture_output=True, text=True, timeout=20,
                              env=environment())
        thread.join()
    assert done.returncode == PROTOCOL and "no bittingd" in done.stderr


def test_a_wrong_key_and_a_wrong_name_are_told(bitting, daemon, front_door):
    done = subprocess.run([BITTING, "locks"], capture_output=True, text=True, env=environment(daemon.url, "seam_wrong"))
    assert done.returncode == REFUSED and "BITTING_API_KEY" in done.stderr and "seam_wrong" not in done.stderr
    assert "did you mean 'Front Door'?" in bitting.refusal(NO_INPUT, "unlock", "Frnot Door")
    assert "may be any of" in bitting.refusal(NO_INPUT, "codes", "s")
    assert "2026-12-01T15:00" in bitting.refusal(USAGE, "codes", "add", "front", "--until", "soon")


def test_a_key_can_lie_in_a_file(bitting, daemon, tmp_path, front_door):
    file = tmp_path / "key"
    file.write_text(daemon.key + "\n")
    file.chmod(stat.S_IRUSR)
    done = subprocess.run([BITTING, "locks", "--url", daemon.url, "--key-file", file], capture_output=True, text=True,
                          env=environment(key=None))
    assert done.returncode == 0 and "Front Door" in done.stdout


def test_over_tls_the_sites_own_authority_is_trusted_when_it_is_named(daemons, tmp_path):
    authority = Authority(tmp_path / "tls")
    issued = authority.issue(ends=10)
    file = tmp_path / "bitting.yaml"
    file.write_text(f"site: {{name: Harbour, time_zone: Europe/Berlin}}\n"
                    f"api: {{tls: {{certificate: {issued.certificate}, key: {issued.key}}}}}\n")
    daemon = daemons("--demo", "--config", str(file))
    daemon.spawn()
    url = eventually(lambda: re.search(r"https://127\.0\.0\.1:\d+", daemon.log()), "it prints its address", 20)[0]

    def locks(*options: str) -> subprocess.CompletedProcess:
        return subprocess.run([BITTING, "locks", *options], capture_output=True, text=True, timeout=20,
                              env=environment(url))
    refused = locks()
    assert refused.returncode == UNAVAILABLE and "--ca-file" in refused.stderr, refused
    assert eventually(lambda: "Front Door" in locks("--ca-file", str(authority.file)).stdout)
    told = doctor("--config", file, "--data-dir", tmp_path / "data")
    assert told["certificate"]["verdict"] == "warning" and "renew it" in told["certificate"]["sentence"]


# On a terminal.


def test_progress_is_shown_on_a_terminal_and_taken_away(daemon, garden_gate, bitting):
    bitting("simulate", "connection", "garden", "disconnect")
    try:
        shown = OnTerminal(daemon.url, "codes", "add", "garden", "--name", "Seen", "--patience", "2").output()
        assert re.search("\r\x1b\\[K. Setting Seen on Garden Gate: It waits until the lock answers", shown)
        assert shown.rindex("\r\x1b[K") < shown.index("bitting: Setting Seen on Garden Gate: not done within 2 s")
        quiet = bitting.refusal(TEMPORARY, "codes", "set", "seen", "--name", "Unseen", "--patience", "1")
        assert "\r" not in quiet and "\x1b" not in quiet and quiet.count("\n") == 1
    finally:
        bitting("simulate", "connection", "garden", "connect")
        bitting("codes", "remove", "unseen")


def test_colours_are_for_terminals_that_want_them(daemon, front_door, bitting):
    assert "\x1b[32monline" in OnTerminal(daemon.url, "locks").output()
    assert "\x1b" not in OnTerminal(daemon.url, "locks", NO_COLOR="1").output()
    assert "\x1b" not in bitting("locks")


def test_a_narrow_terminal_has_no_long_lines(daemon, front_door):
    lines = OnTerminal(daemon.url, "locks", NO_COLOR="1", COLUMNS="60").output().splitlines()
    assert lines and max(map(len, lines)) <= 60


# The doctor.


def test_the_doctor_asks_the_daemon(bitting, daemon, front_door):
    done = subprocess.run([BITTING, "doctor", "--json", "--data-dir", daemon.data], capture_output=True, text=True,
                          env=environment(daemon.url), timeout=60)
    findings = {finding["subject"]: finding for finding in json.loads(done.stdout)["findings"]}
    assert done.returncode == (UNAVAILABLE if any(f["verdict"] == "bad" for f in findings.values()) else 0)
    assert findings["daemon"]["verdict"] == "good" and findings["store"]["verdict"] == "good"
    assert findings["data directory"]["verdict"] == "good" and "MiB" in findings["disk"]["sentence"]
