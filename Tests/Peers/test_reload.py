"""SIGHUP: what has changed in the configuration takes effect, and nothing else notices."""

import contextlib
import json
import os
import signal
import sqlite3

import pytest

from gateway import Daemon
from keyring import audit
from osdp_reader import CAP, CHLNG, ID, Line, Reader
from waiting import always, elapse, eventually

FRONT_KEY, BACK_KEY = bytes.fromhex("7c4f0a93d15be8264760b2c9e83d51fa"), bytes.fromhex("31e6c8b5402f9d7a85d3174ec06b92af")
READ_AGAIN, WRONG = "the configuration was read again", "the configuration is wrong"
SEQUENCE = 0b11


class Site:
    """Two lines with a door each, and the file that says so."""

    def __init__(self, directory):
        self.directory = directory
        self.file = directory / "bitting.yaml"
        self.readers = {"front": Reader(5, key=FRONT_KEY), "back": Reader(6, key=BACK_KEY)}
        self.lines = {name: Line(directory / name, reader) for name, reader in self.readers.items()}
        for name, key in (("front", FRONT_KEY), ("back", BACK_KEY)):
            (directory / f"{name}.key").write_text(key.hex())
            (directory / f"{name}.key").chmod(0o600)
        self.says = {"site": {"name": "Harbour Street 12", "time_zone": "Europe/Berlin"},
                     "lines": [self.line("front"), self.line("back")], "doors": [self.door("front"), self.door("back")]}
        self.write()
        self.daemon = Daemon(directory / "gateway", "--config", str(self.file))

    def line(self, name: str) -> dict:
        return {"name": name, "port": str(self.lines[name].path), "protocol": "osdp",
                "devices": [{"name": f"{name}-reader", "address": self.readers[name].address, "key_file": f"{name}.key"}]}

    def door(self, name: str) -> dict:
        return {"name": name, "reader": {"device": f"{name}-reader"}, "strike": {"device": f"{name}-reader"}}

    def write(self):
        self.file.write_text(json.dumps(self.says))

    def reload(self, says: str = READ_AGAIN) -> str:
        """Reads the file again; returns what the daemon says of it."""
        before = len(self.daemon.log())
        os.kill(self.daemon.process.pid, signal.SIGHUP)
        eventually(lambda: says in self.daemon.log()[before:], "the daemon says that it has read the file", timeout=15)
        return self.daemon.log()[before:]

    def names(self) -> set[str]:
        return {device["properties"]["name"] for device in self.daemon.post("/devices/list")["devices"]}

    def make_code(self, name: str) -> dict:
        code = self.daemon.ask("/access_codes/create", device_id=self.daemon.door(name)["device_id"])["access_code"]
        return self.daemon.wait_for_code(code["access_code_id"], status="set")

    def enter(self, name: str, code: dict):
        before = len(self.daemon.events("lock.unlocked", access_code_id=code["access_code_id"]))
        self.readers[name].press(code["code"] + "#")
        eventually(lambda: len(self.daemon.events("lock.unlocked", access_code_id=code["access_code_id"])) > before,
                   "the door opens", timeout=15)

    def close(self):
        self.daemon.close()
        for line in self.lines.values():
            line.close()


@pytest.fixture
def site(tmp_path):
    site = Site(tmp_path)
    try:
        site.daemon.start()
        for name in site.readers:
            site.daemon.door(name)
        yield site
    finally:
        site.close()


def goes_on(line: Line) -> bool:
    """True when a line was polled all along: no handshake, no reset, no pause since its frames were forgotten."""
    eventually(lambda: len(line.sent()) > 12, f"{line.path.name} is polled")
    sent = line.sent()
    pauses = [later.at - earlier.at for earlier, later in zip(sent, sent[1:])]
    assert not [frame for frame in sent if frame.code in (ID, CAP, CHLNG)], "the secure channel was set up again"
    assert not [frame for frame in sent if frame.raw[4] & SEQUENCE == 0], "the session with the reader was begun anew"
    assert max(pauses) < 2, f"not a word for {max(pauses):.1f} s"
    return True


def test_a_line_of_which_nothing_has_changed_does_not_notice(site):
    pid, codes = site.daemon.process.pid, {name: site.make_code(name) for name in site.readers}
    front, back = site.lines["front"], site.lines["back"]
    for line in (front, back):
        line.forget_frames()
    told = site.daemon.events()
    for _ in range(3):
        site.reload()
    elapse(1)
    assert goes_on(front) and goes_on(back) and site.daemon.events() == told
    site.enter("front", codes["front"])

    # Another strike time: the back line is set up again, the front line is not.
    front.forget_frames(), back.forget_frames()
    site.says["doors"][1]["strike"]["seconds"] = 2
    site.write()
    assert "opened again back" in site.reload()
    entries = audit(site.daemon, action="daemon.reloaded")
    assert [(entry["outcome"], entry["by"], entry.get("details")) for entry in entries] == [
        *[("done", {"kind": "daemon"}, None)] * 3, ("done", {"kind": "daemon"}, {"opened_again": ["back"]})]
    eventually(lambda: back.sent(CHLNG), "the line that has changed begins anew")
    site.daemon.door("back")
    back.wait_until_polled()
    site.enter("back", codes["back"])
    assert goes_on(front) and site.daemon.process.pid == pid
    site.enter("front", codes["front"])
    assert not [event for event in site.daemon.events() if event["event_type"] in ("device.removed", "device.added")
                and event not in told]


def test_doors_come_and_go_and_come_back_with_their_codes(site):
    code = site.make_code("back")
    site.lines["front"].forget_frames()
    lines, doors = site.says["lines"], site.says["doors"]
    site.says.update(lines=lines[:1], doors=doors[:1])
    site.write()
    assert "closed back" in site.reload()
    assert site.names() == {"front"}
    assert len(site.daemon.events("device.removed")) == 1
    polls = len(site.lines["back"].sent())
    always(lambda: len(site.lines["back"].sent()) == polls, 1, "the line is left alone")
    # A door of a new name at the same reader is another door.
    site.says.update(lines=lines, doors=[doors[0], {**doors[1], "name": "yard"}])
    site.write()
    site.reload()
    assert site.names() == {"front", "yard"} and site.daemon.door("yard")
    site.says.update(doors=doors)
    site.write()
    site.reload()
    site.daemon.door("back")
    assert site.daemon.wait_for_code(code["access_code_id"], status="set")["code"] == code["code"]
    site.lines["back"].wait_until_polled()
    site.enter("back", code)
    assert goes_on(site.lines["front"])


def test_a_wrong_file_changes_nothing_and_is_told_once(site):
    code = site.make_code("front")
    for line in site.lines.values():
        line.forget_frames()
    for text in ("site: {name: A}", "[", "", site.file.read_text().replace('"front.key"', '"none.key"')):
        site.file.write_text(text)
        log = site.reload(WRONG)
        assert log.count(WRONG) == 1 and f"{site.file}:" in log and READ_AGAIN not in log
    site.file.unlink()
    assert "cannot be read" in site.reload(WRONG)
    # What stands in a wrong file may be a secret in the wrong place: the audit log says only where.
    site.file.write_text("site: {name: A, time_zone: UTC}\nlog: {level: 5ec2e75ec2e7}\n5ec2e7: 5ec2e7\nlines: '5ec2e7'")
    assert "5ec2e7" in site.reload(WRONG)
    refused = audit(site.daemon, action="daemon.reloaded")
    assert {entry["outcome"] for entry in refused} == {"configuration_wrong"} and len(refused) == 6
    assert refused[-1]["details"]["mistakes"] == ["line 2 log.level", "line 3 configuration", "line 4 lines"]
    assert refused[0]["details"]["mistakes"] and "5ec2e7" not in json.dumps(refused)
    assert site.names() == {"front", "back"}
    site.enter("front", code)
    assert all(goes_on(line) for line in site.lines.values())


def test_a_door_that_is_called_like_another_one_keeps_nothing_of_the_file(daemons, tmp_path):
    file = tmp_path / "bitting.yaml"
    says = {"site": {"name": "S", "time_zone": "UTC"}}
    file.write_text(json.dumps(says))
    daemon = daemons("--demo", "--config", str(file)).start()
    device = {"name": "reader", "address": 7, "secure_channel": "install"}
    says["lines"] = [{"name": "new", "port": str(tmp_path / "none"), "protocol": "osdp", "devices": [device]}]
    says["doors"] = [{"name": "Front Door", "reader": {"device": "reader"}, "strike": {"device": "reader"}}]
    file.write_text(json.dumps(says))
    os.kill(daemon.process.pid, signal.SIGHUP)
    eventually(lambda: "a door is called 'Front Door' like a simulated one" in daemon.log(), "the clash is told")
    assert WRONG in daemon.log()
    with contextlib.closing(sqlite3.connect(daemon.data / "bitting.sqlite")) as database:
        assert list(database.execute("SELECT device FROM device_key WHERE device LIKE 'new/%'")) == []


def test_settings_take_effect_and_what_needs_a_restart_is_said(site):
    origin = {"origin": "https://panel.example"}
    device_id = site.daemon.door("front")["device_id"]

    def outcomes() -> set[int]:
        codes = [site.daemon.http.post("/access_codes/create", json={"device_id": device_id}) for _ in range(12)]
        return {answer.status_code for answer in codes}
    assert "access-control-allow-origin" not in site.daemon.http.post("/devices/list", headers=origin).headers
    assert outcomes() == {200, 429}
    site.says |= {"api": {"cors_origins": ["https://panel.example"], "rate_limits": "off", "base_url": "https://a.example"},
                  "log": {"level": "debug"}, "bluetooth": {"maximum_links": 3},
                  "site": {"name": "Elsewhere", "time_zone": "UTC"}}
    site.write()
    log = site.reload()
    assert "bluetooth.maximum_links has changed: restart needed" in log
    assert log.count("restart needed") == 1
    [entry] = audit(site.daemon, action="daemon.reloaded")
    assert entry["details"] == {"needs_restart": ["bluetooth.maximum_links"]}
    assert site.daemon.http.post("/devices/list", headers=origin).headers["access-control-allow-origin"]
    assert outcomes() == {200}
    assert site.daemon.post("/workspaces/get")["workspace"]["name"] == "Elsewhere"
    assert site.daemon.post("/devices/list", {"limit": 1})["pagination"]["next_page_url"].startswith("https://a.example/")
    eventually(lambda: "POST /devices/list 200" in site.daemon.log(), "requests are logged at level debug")
