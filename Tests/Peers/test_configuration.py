"""`bitting config`: a file is judged alike by the daemon's parser and by a JSON Schema validator nobody here wrote."""

import json
import os
import re
import subprocess
from pathlib import Path

import jsonschema_rs
import pytest
import yaml

from certificates import Authority
from gateway import BINARY, ROOT
from waiting import eventually

BITTING = BINARY.with_name("bitting")
WRONG, USAGE = 78, 64
KEY = "7c4f0a93d15be8264760b2c9e83d51fa"

SHIPPED = (ROOT / "packaging/bitting.yaml").read_text()
# The shipped file as it is when somebody has taken the comment signs off its example.
UNCOMMENTED = re.sub(r"(?m)^# (?=lines:|doors:| )", "", SHIPPED)
EXAMPLE = re.search(r"```yaml\n(.*?)```", (ROOT / "docs/configuration.md").read_text(), re.S)[1]
SITE = "site: {name: A, time_zone: UTC}\n"


def config(*arguments, **variables: str) -> subprocess.CompletedProcess:
    environment = {name: value for name, value in os.environ.items() if not name.startswith("BITTING_")}
    return subprocess.run([BITTING, "config", *map(str, arguments)], capture_output=True, text=True, timeout=20,
                          env={**environment, **variables})


@pytest.fixture(scope="module")
def schema() -> jsonschema_rs.Draft202012Validator:
    document = json.loads(config("schema").stdout)
    assert document["$schema"] == "https://json-schema.org/draft/2020-12/schema"
    jsonschema_rs.meta.validate(document)
    return jsonschema_rs.Draft202012Validator(document)


@pytest.fixture
def file(tmp_path) -> Path:
    key = tmp_path / "front-reader.key"
    key.write_text(KEY)
    key.chmod(0o600)
    return tmp_path / "bitting.yaml"


def door(**parts) -> str:
    """A site with one line and one door, with these parts of the door."""
    return yaml.safe_dump({
        "site": {"name": "A", "time_zone": "UTC"},
        "lines": [{"name": "l", "port": "/dev/null", "protocol": "osdp",
                   "devices": [{"name": "d", "address": 1, "secure_channel": "plain"}]}],
        "doors": [{"name": "D", "reader": {"device": "d"}, "strike": {"device": "d"}, **parts}]})


def line(**parts) -> str:
    """A site with one line, with these parts of the line; None leaves one out."""
    whole = {"name": "l", "port": "/dev/null", "protocol": "osdp", "devices": [], **parts}
    return SITE + yaml.safe_dump({"lines": [{key: value for key, value in whole.items() if value is not None}]})


def device(**parts) -> str:
    return line(devices=[{"name": "d", "address": 1, "secure_channel": "plain", **parts}])


GOOD = [
    SITE, EXAMPLE, SHIPPED, UNCOMMENTED, SITE + "lines: []\ndoors: []\n", "site: {name: '12', time_zone: Europe/Berlin}\n",
    *(SITE + text for text in (
        "log: {level: debug}", "api: {listen: '0.0.0.0:80'}", "api: {listen: '[::1]:65535'}", "api: {listen: ['127.0.0.1:1', 'localhost:0']}", "api: {socket: none}",
        "api: {rate_limits: off}", "api: {rate_limits: 'off'}", "api: {rate_limits: published}",
        "api: {rate_limits: 1000}", "api: {base_url: 'https://doors.example/seam'}",
        "api: {base_url: 'HTTP://Doors.example:8443'}", "api: {cors_origins: []}",
        "api: {cors_origins: [https://panel.example, 'http://127.0.0.1:3000']}",
        "api: {request_timeout: 1s}", "api: {request_timeout: 1m}", "api: {request_timeout: 1500ms}",
        "access_codes: {backup_pool_size: 10}", "events: {keep_days: 2}", "events: {keep_days: 3650}",
        "audit: {keep_days: 30}", "retention: {}", "retention: {events_days: 2, audit_days: 3650, audit_entries: 1000}",
        "retention: {attempts_days: 1, slot_holders_days: 3650, snapshots: 30}\nevents: {}",
        "bluetooth: {adapters: ['00:1a:7D:DA:71:13'], maximum_links: 20, idle_visits_per_day: 2}")),
    line(port={"usb_serial": "FT1234"}), line(port={"usb_serial": "FT1234", "interface": 0}),
    line(port={"usb_path": "pci-0000:00:14.0-usb-0:1.2:1.0"}), line(baud=300), line(baud=4000000), line(rs485=True), line(rs485={}), line(rs485={"rts_on_send": False}),
    line(rs485={"delay_before_send": "100ms", "delay_after_send": "0s"}),
    device(address=0), device(address=126), device(secure_channel="install"),
    device(secure_channel="required", key_file="front-reader.key"),
    door(strike={"device": "d", "seconds": 0.1}), door(strike={"device": "d", "seconds": 6553}),
    door(reader={"device": "d", "reader": 255, "led": 0, "buzzer": False}),
    door(contact={"device": "d"}, exit_button={"device": "d"}),
    door(contact={"device": "d", "input": 2, "open_when": "inactive", "held_limit": "1h"}),
    door(exit_button={"device": "d", "input": 0, "pressed_when": "inactive", "unlocks": True}),
    door(keypad={"terminator": "burst"}), door(keypad={"terminator": 6, "code_lengths": [6]}),
    door(keypad={"terminator": "#", "inter_digit_timeout": "59s", "code_lengths": [4, 12]}),
    door(lock_out={"wrong_codes": 100, "within": "60m", "duration": "15m"}), door(offline_codes=False),
]

BAD = [
    "a: b", "- a", "site: {}", "site: {name: A}", "site: {time_zone: UTC}", "site: {name: '', time_zone: UTC}",
    "site: {name: 12, time_zone: UTC}", "site: {name: on, time_zone: UTC}", "site: {name: [A], time_zone: UTC}",
    "site: {name: ~, time_zone: UTC}", "site: {name: A, time_zone: Europe/Bergen}", "site: A",
    "site: {name: A, time_zone: UTC, zone: UTC}",
    *(SITE + text for text in (
        "log: {level: loud}", "log: debug", "api: {listen: nonsense}", "api: {listen: '127.0.0.1:65536'}",
        "api: {listen: '127.0.0.1:'}", "api: {listen: ':80'}", "api: {listen: '::80'}", "api: {listen: '[a:80'}", "api: {listen: []}", "api: {listen: 80}", "api: {rate_limits: 0}",
        "api: {rate_limits: 1001}", "api: {rate_limits: many}", "api: {rate_limits: on}",
        "api: {base_url: doors.example}", "api: {base_url: 'https://doors.example/'}",
        "api: {base_url: 'https://doors.example/?a'}", "api: {base_url: 'ftp://doors.example'}",
        "api: {cors_origins: https://panel.example}", "api: {cors_origins: ['*']}", "api: {cors_origins: [12]}",
        "api: {cors_origins: [https://panel.example/path]}", "api: {cors_origins: [https://a@panel.example]}",
        "api: {request_timeout: 0s}", "api: {request_timeout: 61s}", "api: {request_timeout: 10}",
        "api: {request_timeout: 1.5s}", "api: {request_timeout: 010s}", "api: {request_timeout: 999ms}",
        "api: {request_timeout: 10 s}", "api: {request_timeout: 1h}", "api: []", "api:", "api: ~",
        "access_codes: {backup_pool_size: 0}", "access_codes: {backup_pool_size: 11}",
        "access_codes: {backup_pool_size: '3'}", "access_codes: {backup_pool_size: 2.5}",
        "retention: {events_days: 1}", "retention: {audit_entries: 999}", "retention: {snapshots: 0}", "retention: {days: 4}",
        "events: {keep_days: 1}", "events: {keep_days: 3651}", "events: {keep_days: true}", "events: {days: 4}",
        "bluetooth: {adapters: [hci0]}", "bluetooth: {adapters: ['00:1A:7D:DA:71']}", "bluetooth: {maximum_links: 21}",
        "bluetooth: {idle_visits_per_day: 1}", "lines: {}", "lines: [1]", "doors: [~]", "doors: D", "dors: []")),
    line(name=None), line(port=None), line(protocol=None), line(devices=None), line(protocol="zigbee"),
    line(port={}), line(port={"usb_serial": "A", "usb_path": "B"}), line(port={"usb_path": "B", "interface": 1}),
    line(port={"interface": 1}), line(port=[]), line(port=5), line(port={"usb_serial": 1234}), line(baud=299), line(baud=4000001), line(baud="9600"), line(rs485="yes"), line(rs485={"rts": True}),
    line(rs485={"delay_before_send": "101ms"}), line(rs485=[]), line(devices={}), line(speed=9600),
    device(address=-1), device(address=127), device(address="1"), device(secure_channel="perhaps"),
    device(key_file="x"), device(secure_channel="required"), device(name=None),
    door(reader={}), door(reader=None), door(reader={"device": "d", "reader": 256}), door(reader={"device": 4}),
    door(reader={"device": "d", "buzzer": "true"}), door(strike={"device": "d", "seconds": 0}),
    door(strike={"device": "d", "seconds": 6553.1}), door(strike={"device": "d", "seconds": "3"}),
    door(strike={"device": "d", "secnds": 3}), door(contact={"input": 1}), door(contact={"device": "d", "open_when": 1}),
    door(contact={"device": "d", "held_limit": "2h"}), door(exit_button={"device": "d", "unlocks": 1}),
    door(keypad={"terminator": "*"}), door(keypad={"terminator": 3}), door(keypad={"terminator": 13}),
    door(keypad={"code_lengths": []}), door(keypad={"code_lengths": [3]}), door(keypad={"code_lengths": ["4"]}),
    door(keypad={"code_lengths": 4}), door(lock_out={"wrong_codes": 0}), door(lock_out={"within": "3601s"}),
    door(lock_out={"duration": "16m"}), door(offline_codes="no"), door(name=""), door(lights=1),
]

# Of the right form, and wrong in what refers to what: more than a schema can say.
SENSELESS = [
    (door(reader={"device": "e"}), "no device is called 'e'"),
    (door(contact={"device": "d", "input": 1}, exit_button={"device": "d"}), "shares input 1"),
    (door(keypad={"terminator": 6}), "with terminator 6"),
    (door(keypad={"terminator": 6, "code_lengths": [6]}, offline_codes=True), "offline codes have 9 digits"),
    (line() + "- {name: l, port: /dev/zero, protocol: osdp, devices: []}\n", "another line is called 'l' too"),
    (line() + "- {name: m, port: /dev/null, protocol: osdp, devices: []}\n", "another line has the port /dev/null"),
]


def verdicts(text: str, file: Path, schema) -> tuple[bool, bool, str]:
    file.write_text(text)
    done = config("check", file)
    assert done.returncode in (0, WRONG), done.stderr
    return done.returncode == 0, schema.is_valid(yaml.safe_load(text)), done.stdout


@pytest.mark.parametrize("text", GOOD)
def test_what_the_parser_takes_the_schema_takes(text, file, schema):
    parser, validator, said = verdicts(text, file, schema)
    assert (parser, validator) == (True, True), said


@pytest.mark.parametrize("text", BAD)
def test_what_the_parser_refuses_the_schema_refuses(text, file, schema):
    parser, validator, said = verdicts(text, file, schema)
    assert (parser, validator) == (False, False), said
    assert all(re.match(re.escape(str(file)) + r":\d+: .*; ", each) for each in said.splitlines()), said


@pytest.mark.parametrize("text, word", SENSELESS)
def test_what_refers_to_nothing_is_told_by_the_parser(text, word, file, schema):
    parser, validator, said = verdicts(text, file, schema)
    assert (parser, validator) == (False, True) and word in said, said


def test_a_check_tells_what_on_the_machine_does_not_fit(file):
    file.write_text(EXAMPLE)
    port = re.search(r"port: (\S+)", EXAMPLE)[1]
    (file.parent / "front-reader.key").chmod(0o644)
    file.chmod(0o666)
    done = config("check", file)
    assert done.returncode == 0, done.stdout
    assert f"warning: {file}:10: lines[1].port: '{port}' is not there now" in done.stdout
    assert "chmod 0640" in done.stdout and "chmod o-w" in done.stdout and KEY not in done.stdout
    assert config("check", "--strict", file).returncode == WRONG
    report = json.loads(config("check", "--json", file).stdout)
    assert report["ok"] and {(each["severity"], each.get("line")) for each in report["findings"]} == {
        ("warning", 10), ("warning", 17), ("warning", None)}
    file.write_text(EXAMPLE.replace("baud: 9600", "baud: fast").replace("time_zone:", "timezone:"))
    report = json.loads(config("check", "--json", file).stdout)
    assert not report["ok"]
    assert [each["line"] for each in report["findings"] if each["severity"] == "error"] == [2, 3, 11]


@pytest.mark.parametrize("content, word", [
    (None, "cannot be read"), ("0011", "32 hex digits"), ("zz" * 16, "32 hex digits"), ("00" * 16, "everybody knows")])
def test_a_key_file_that_is_none_is_told_without_its_content(content, word, file):
    file.write_text(EXAMPLE)
    key = file.parent / "front-reader.key"
    key.unlink() if content is None else key.write_text(content)
    done = config("check", file)
    assert done.returncode == WRONG and f"{file}:17: " in done.stdout and word in done.stdout
    assert content is None or content not in done.stdout


def test_the_shipped_example_is_a_door_in_the_form_that_bitting_ports_prints():
    example = yaml.safe_load(UNCOMMENTED)
    assert len(example["lines"]) == len(example["doors"]) == 1
    assert set(example["lines"][0]["port"]) <= {"usb_serial", "interface", "usb_path"}


@pytest.mark.parametrize("variable", ["BITTING_API_KEY", "BITTING_CA_FILE", "BITTING_CONFIG", "BITTING_URL"])
def test_a_variable_that_is_documented_is_known(variable, file):
    file.write_text(SITE)
    documented = "".join((ROOT / f"docs/{page}.md").read_text() for page in ("operator", "configuration"))
    assert variable in documented
    assert "there is no such variable" not in config("check", file, **{variable: str(file)}).stdout


def test_what_is_no_file_is_told(tmp_path):
    for path in (tmp_path, tmp_path / "none.yaml"):
        done = config("check", path)
        assert done.returncode == WRONG and f"{path}:0: cannot be read" in done.stdout
    (tmp_path / "latin.yaml").write_bytes(b"site: {name: \xe4}")
    assert config("check", tmp_path / "latin.yaml").returncode == WRONG


def test_keys_of_earlier_versions_are_read_where_they_stood(file):
    def retention(text: str, **variables) -> dict:
        file.write_text(SITE + text)
        rows = json.loads(config("show", "--json", file, **variables).stdout)["settings"]
        return {row["key"]: (row["value"], row["from"]) for row in rows if row["key"].endswith(("events_days", "audit_days"))}
    line = SITE.count("\n") + 1
    assert retention("events: {keep_days: 30}\naudit: {keep_days: 40}") == {
        "retention.events_days": ("30", f"{file}:{line}"), "retention.audit_days": ("40", f"{file}:{line + 1}")}
    assert retention("retention:\nevents: {keep_days: 30}")["retention.events_days"][0] == "30"
    assert retention("", BITTING_EVENTS_KEEP_DAYS="20")["retention.events_days"] == ("20", "BITTING_EVENTS_KEEP_DAYS")
    assert retention("", BITTING_RETENTION_EVENTS_DAYS="21")["retention.events_days"][0] == "21"
    file.write_text(SITE + "retention: {events_days: 40}\nevents: {keep_days: 30}")
    done = config("check", file)
    assert done.returncode == WRONG
    assert f"{file}:{line + 1}: events.keep_days: 'retention.events_days' says the same; keep that one" in done.stdout


def test_every_value_is_shown_with_its_source(file):
    file.write_text(EXAMPLE)
    done = config("show", "--json", file, BITTING_LOG_LEVEL="debug", BITTING_SITE_TIME_ZONE="UTC")
    rows = {row["key"]: (row["value"], row["from"]) for row in json.loads(done.stdout)["settings"]}
    assert rows["site.name"] == ("Harbour Street 12", f"{file}:2")
    assert rows["site.time_zone"] == ("UTC", "BITTING_SITE_TIME_ZONE")
    assert rows["log.level"] == ("debug", "BITTING_LOG_LEVEL")
    assert rows["retention.events_days"] == ("90", "default")
    assert rows["doors[1].strike.seconds"] == ("3", f"{file}:{EXAMPLE.split('strike:')[0].count(chr(10)) + 1}")
    assert rows["doors[1].keypad.code_lengths"][0] == "[4, 5, 6, 7, 8]"
    assert "BITTING_LOG_LEVEL" in config("show", file, BITTING_LOG_LEVEL="debug").stdout
    done = config("check", file, BITTING_SITE_TIMEZONE="UTC", BITTING_EVENTS_KEEP_DAYS="1")
    assert done.returncode == WRONG
    assert "BITTING_EVENTS_KEEP_DAYS: events.keep_days: '1' will not do" in done.stdout
    assert "warning: BITTING_SITE_TIMEZONE: " in done.stdout and "did you mean BITTING_SITE_TIME_ZONE?" in done.stdout


def test_the_daemon_says_the_same_and_leaves_nothing_behind(file, tmp_path):
    file.write_text(EXAMPLE.replace("baud: 9600", "baud: fast").replace("Europe/Berlin", "Europe/Bergen"))
    done = subprocess.run([BINARY, "--config", file, "--data-dir", tmp_path / "data"], capture_output=True, text=True,
                          timeout=20)
    assert done.returncode == WRONG and f"{file}:3: " in done.stderr and f"{file}:11: " in done.stderr
    assert not (tmp_path / "data").exists()
    done = subprocess.run([BINARY, "--config", file, "--log-level", "loud"], capture_output=True, text=True, timeout=20,
                          cwd=tmp_path)
    assert done.returncode == WRONG and "--log-level: " in done.stderr
    file.write_text(EXAMPLE)
    done = subprocess.run([BINARY, "--config", file, "--log-level", "loud"], capture_output=True, text=True, timeout=20,
                          cwd=tmp_path)
    assert done.returncode == USAGE and "--log-level: log.level: 'loud' will not do" in done.stderr


@pytest.fixture
def tls(tmp_path):
    """A certificate of a site's own authority, and a configuration that names it by what the test gives."""
    authority = Authority(tmp_path / "tls")

    def write(certificate="tls/gateway.pem", key="tls/gateway.key", authorities="tls/Site-CA.pem") -> Path:
        path = tmp_path / "bitting.yaml"
        path.write_text(SITE + f"""api:
  tls:
    certificate: {certificate}
    key: {key}
webhooks:
  ca_file: {authorities}
""")
        return path
    return authority, write


def checked(path: Path, **variables) -> tuple[int, list[str]]:
    """The status of a check, and what it says: `warning: ` where it is one, the line behind SITE, the rest."""
    done = config("check", path, **variables)
    first = SITE.count("\n")
    said = [re.sub(r"^((?:warning: )?).*?:(\d+): ", lambda found: f"{found[1]}{int(found[2]) - first} ", line)
            for line in done.stdout.splitlines() if not line.startswith(f"{path}: good")]
    return done.returncode, said


def test_a_check_says_of_certificates_and_keys_what_the_daemon_would_say(tls, tmp_path, daemons):
    authority, write = tls
    good, other = authority.issue(), authority.issue("other")
    authority.issue("locked", passphrase=b"secret")
    (tmp_path / "tls/empty.pem").write_text("")
    (tmp_path / "tls/broken.pem").write_text("-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n")
    assert checked(write()) == (0, [])
    for where, given, line, look in [
            ("certificate", "tls/none.pem", 3, "there is no such file"),
            ("certificate", "tls/empty.pem", 3, "is empty"), ("certificate", "tls/broken.pem", 3, "is damaged"),
            ("certificate", "tls/gateway.key", 3, "holds a key and no certificate"),
            ("certificate", "tls/other.pem", 4, "is not that of the certificate"),
            ("key", "tls/none.key", 4, "there is no such file"), ("key", "tls/locked.key", 4, "has a passphrase"),
            ("key", "tls/gateway.pem", 4, "holds a certificate and no key"),
            ("authorities", "tls/none.pem", 6, "there is no such file"),
            ("authorities", "tls/gateway.key", 6, "holds a key and no certificate")]:
        path = write(**{where: given})
        status, [said] = checked(path)
        assert status == WRONG and said.startswith(f"{line} ") and look in said, said
        # The daemon says the same, and its doors do not wait for it.
        site = daemons("--config", str(path), name=f"{where}-{Path(given).name}")
        site.spawn()
        eventually(lambda: "Bitting is running" in site.log(), "the daemon starts", 20)
        assert said.split(": ", 1)[1] in site.log(), (said, site.log())
        site.stop()
    for begins, ends, look in [(-90, -1, "has ended on"), (-1, 10, "ends on"), (1, 90, "does not hold yet")]:
        authority.issue(begins=begins, ends=ends)
        status, [said] = checked(write())
        assert status == 0 and said.startswith("warning: 3 api.tls.certificate: ") and look in said
    authority.issue()
    good.key.chmod(0o644)
    status, [said] = checked(write())
    assert status == 0 and said.startswith("warning: 4 ") and f"chmod o= {good.key}" in said
    assert other.key.exists()


def test_a_check_by_root_knows_what_the_daemons_user_may_read(tls, tmp_path):
    authority, write = tls
    issued = authority.issue()
    state = tmp_path / "state"
    state.mkdir()
    os.chown(state, 65534, 65534)
    status, [said] = checked(write(), STATE_DIRECTORY=str(state))
    assert status == 0 and said.startswith("warning: 4 ") and "may not read" in said and f"chmod 0640 {issued.key}" in said
    os.chown(issued.key, 0, 65534)
    issued.key.chmod(0o640)
    assert checked(write(), STATE_DIRECTORY=str(state)) == (0, [])


def test_a_credential_that_is_not_there_now_is_no_mistake(tls):
    authority, write = tls
    authority.issue()
    status, said = checked(write(key="credential:api.key"), CREDENTIALS_DIRECTORY="/nonexistent")
    assert status == 0 and len(said) == 1 and said[0].startswith("warning: 4 ") and "sudo bitting config check" in said[0]
