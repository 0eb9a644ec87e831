"""Adapters that come, go and change places under the real daemon, with libosdp's readers behind them."""

import json
import os
import random
import subprocess
import time
from dataclasses import replace
from pathlib import Path

import pytest
from gateway import BINARY, Daemon
from metrics import scrape, value
from osdp_reader import ID, Line, Reader
from usb_adapters import Adapter
from usb_bus import UsbBus
from waiting import elapse, eventually


class TwoLines:
    """A front and a back line, one reader each at the same address; both readers have numbers of their own."""

    def __init__(self, directory: Path, ports: list | None = None, **device):
        self.directory = directory
        self.readers = [Reader(5, serial=0x0A0000F0), Reader(5, serial=0x0A0000B0)]
        self.lines = [Line(directory / f"tty{number}", reader) for number, reader in enumerate(self.readers)]
        self.names = ["front", "back"]
        self.config = directory / "bitting.yaml"
        self.write(ports or [str(line.path) for line in self.lines], [device, device])
        self.daemon = Daemon(directory / "gateway", "--config", str(self.config))

    def write(self, ports: list, devices: list[dict]):
        """Writes the configuration."""
        self.config.write_text(json.dumps({
            "site": {"name": "Harbour Street 12", "time_zone": "Europe/Berlin"},
            "api": {"rate_limits": "off"},
            "lines": [{"name": name, "port": port, "protocol": "osdp", "devices": [
                {"name": f"{name}-reader", "address": 5, "secure_channel": "plain", **device}]}
                for name, port, device in zip(self.names, ports, devices)],
            "doors": [{"name": name, "reader": {"device": f"{name}-reader"},
                       "strike": {"device": f"{name}-reader", "output": number, "seconds": 1}}
                      for number, name in enumerate(self.names)]}))

    def swap(self):
        """Plugs each adapter into the other's place."""
        for line in self.lines:
            line.pull_out()
        self.lines[0].path, self.lines[1].path = self.lines[1].path, self.lines[0].path
        for line in self.lines:
            line.plug_in()

    def open(self, name: str, timeout: float = 10):
        """Opens a door from the API, as often as it takes."""
        device = self.daemon.ask("/devices/get", name=name)["device"]["device_id"]

        def attempt():
            made = self.daemon.ask("/locks/unlock_door", device_id=device)["action_attempt"]
            done = self.daemon.seam().action_attempts.get(action_attempt_id=made["action_attempt_id"],
                                                          wait_for_action_attempt={"timeout": 3})
            return done.status == "success"

        def try_once():
            try:
                return attempt()
            except Exception:  # the attempt failed: the SDK says so with an exception
                return False

        eventually(try_once, f"door {name} opens", timeout)

    def misled(self) -> list:
        """Commands that reached a reader though they were meant for the other: each door has its own output."""
        return [got for number, reader in enumerate(self.readers) for kind, got in list(reader.commands)
                if kind == "output" and got["output_no"] != number]

    def errors(self, name: str) -> str:
        return json.dumps(self.daemon.ask("/devices/get", name=name)["device"]["errors"])

    def close(self):
        try:
            self.daemon.close()
        finally:
            for line in self.lines:
                line.close()


@pytest.fixture
def two_lines(tmp_path):
    lines = TwoLines(tmp_path)
    yield lines
    lines.close()


def test_P18_swapped_adapters_follow_their_locks(two_lines):
    two_lines.daemon.start()
    for name in two_lines.names:
        two_lines.open(name)
    pid = two_lines.daemon.process.pid
    for _ in range(4):
        two_lines.swap()
        for name in two_lines.names:
            two_lines.open(name)
    # Swapped while the daemon is away, as after a power cut.
    two_lines.daemon.stop()
    two_lines.swap()
    two_lines.daemon.start()
    for name in two_lines.names:
        two_lines.open(name)
    assert two_lines.misled() == []
    assert "change ports" in two_lines.daemon.log()
    assert two_lines.daemon.process.pid != pid


def test_P17_from_replugging_to_the_first_job_it_takes_less_than_five_seconds(two_lines):
    two_lines.daemon.start()
    two_lines.open("front")
    pid = two_lines.daemon.process.pid
    for pause in (0.1, 1.5, 3):
        two_lines.lines[0].pull_out()
        eventually(lambda: "account_disconnected" in two_lines.errors("front"), "the loss is told")
        two_lines.lines[0]._stopped.wait(pause)
        begin = time.monotonic()
        two_lines.lines[0].plug_in()
        two_lines.open("front", timeout=5)
        assert time.monotonic() - begin < 5
    assert two_lines.daemon.process.pid == pid and two_lines.daemon.is_running()


def test_P18_adapters_swapped_again_before_the_last_swap_is_worked_in_follow_their_locks(two_lines):
    two_lines.daemon.start()
    for name in two_lines.names:
        two_lines.open(name)
    chance = random.Random(18)
    for _ in range(10):
        for _ in range(chance.randrange(1, 4)):
            two_lines.swap()
            elapse(chance.choice([0, chance.random() * 0.3]))
        for name in two_lines.names:
            two_lines.open(name)
    assert two_lines.misled() == []


def test_P17_where_the_kernel_gives_no_watch_an_adapter_is_found_all_the_same(two_lines):
    limit = "echo 0 > /proc/sys/user/max_inotify_instances"
    two_lines.daemon.wrapper = ["unshare", "--user", "--map-root-user", "sh", "-c", f'{limit} && exec "$@"', "sh"]
    two_lines.daemon.start()
    two_lines.open("front")
    for _ in range(5):
        two_lines.lines[0].pull_out()
        eventually(lambda: "account_disconnected" in two_lines.errors("front"), "the loss is told")
        two_lines.lines[0].plug_in()
        two_lines.open("front", timeout=5)
    assert two_lines.misled() == []


def test_P18_a_reader_that_nobody_knows_is_named_and_left_alone_until_it_is_accepted(two_lines):
    two_lines.daemon.start()
    for name in two_lines.names:
        two_lines.open(name)
    line = two_lines.lines[0]
    line.pull_out()
    replacement = Reader(5, serial=0x0A0000CC)
    line.readers = (replacement,)
    replacement.line = line
    line.forget_frames()
    line.plug_in()
    eventually(lambda: "0A0000CC" in two_lines.errors("front"), "the stranger is named")
    assert "0A0000F0" in two_lines.errors("front") and "serial:" in two_lines.errors("front")
    eventually(lambda: len(line.sent()) > 4, "it is asked again and again")
    assert {frame.code for frame in line.sent()} == {ID}
    assert replacement.commands == []
    two_lines.open("back")
    # Accepted, as the message says.
    two_lines.daemon.stop()
    two_lines.write([str(line.path) for line in two_lines.lines], [{"serial": "0A0000CC"}, {}])
    two_lines.daemon.start()
    two_lines.open("front")
    # From then on it is the one that is known, said or not.
    two_lines.daemon.stop()
    two_lines.write([str(line.path) for line in two_lines.lines], [{}, {}])
    two_lines.daemon.start()
    two_lines.open("front")


@pytest.mark.parametrize("key", ["00001", "0A0000CG", "0A0000CC0"])
def test_a_serial_number_that_is_none_is_refused(two_lines, key):
    two_lines.write([str(line.path) for line in two_lines.lines], [{"serial": key}, {}])
    process = two_lines.daemon.spawn()
    assert process.wait(10) == 78
    assert "8 hex digits" in two_lines.daemon.log()


def test_P17_ten_thousand_times_plugged_unplugged_and_renamed_nothing_leaks(two_lines):
    two_lines.daemon.start()
    for name in two_lines.names:
        two_lines.open(name)
    process = two_lines.daemon.process
    line, path = two_lines.lines[0], two_lines.lines[0].path
    chance = random.Random(17)

    def tasks() -> dict:
        """Tasks of the lines, and loops of the daemon; one task more waits while a line is not open."""
        text = scrape(two_lines.daemon)
        return {"front": value(text, "bitting_link_tasks", link="front"),
                "back": value(text, "bitting_link_tasks", link="back"), "loops": value(text, "bitting_loops")}

    def descriptors() -> int:
        return len(os.listdir(f"/proc/{process.pid}/fd"))

    def resident() -> int:
        fields = Path(f"/proc/{process.pid}/statm").read_text().split()
        return int(fields[1]) * os.sysconf("SC_PAGE_SIZE")

    def storm(cycles: int):
        for _ in range(cycles):
            is_awaited = chance.random() < 0.02
            outer, inner = os.openpty()
            name = path.with_name(f"tty-{chance.randrange(3)}")
            name.unlink(missing_ok=True)
            name.symlink_to(os.ttyname(inner))
            name.replace(path)
            os.close(inner)
            if is_awaited:
                os.set_blocking(outer, False)

                def opened() -> bool:
                    try:
                        return bool(os.read(outer, 1))
                    except OSError:
                        return False
                eventually(opened, "the daemon speaks on it", 5)
            if chance.random() < 0.5:
                path.unlink()
            os.close(outer)

    working = tasks()
    line.pull_out()
    storm(500)
    before, memory = descriptors(), resident()
    storm(10_000)
    assert tasks()["front"] <= working["front"] + 1
    # The wait for the next opening holds a watch, the attempt itself a port: no more than that comes and goes.
    eventually(lambda: descriptors() <= before + 2, "all descriptors are given back", 10)
    assert resident() - memory < 24 << 20
    path.unlink(missing_ok=True)
    two_lines.open("back")
    line.plug_in()
    two_lines.open("front")
    assert tasks() == working
    assert two_lines.misled() == []
    assert process.poll() is None


@pytest.fixture
def bus():
    bus = UsbBus()
    yield bus
    bus.close()


def test_P18_an_adapter_is_found_by_what_it_is_under_whatever_name_it_comes(tmp_path, bus):
    """Debian's libudev tells the daemon of adapters that umockdev plugs in.

    Every ioctl on a node is answered with ENOTTY there: that a node is no serial device shows that it was opened.
    """
    front, back = Adapter("0403", "6001", "FT1234", socket=1, number=0), Adapter("1a86", "7523", socket=2, number=1)
    lines = TwoLines(tmp_path, [{"usb_serial": "FT1234", "interface": 0}, {"usb_path": back.topology}])
    lines.daemon.wrapper = ["env", *[f"{name}={value}" for name, value in bus.environment.items()]]
    taken: list[int] = []
    try:
        lines.daemon.start()
        pid = lines.daemon.process.pid
        for name, words in zip(lines.names, ["serial number FT1234", f"path {back.topology}"]):
            eventually(lambda: f"nothing at USB {words}" in lines.errors(name), "the loss is told")
        for number in range(6):
            # Each time under other names, and in the other order.
            front, back = replace(front, number=number), replace(back, number=20 - number)
            plugs = [(front, lines.lines[0]), (back, lines.lines[1])]
            nodes = [os.readlink(line.path) for line in lines.lines]
            for adapter, line in plugs if number % 2 else reversed(plugs):
                bus.plug_in(adapter, os.readlink(line.path))
            for name, node in zip(lines.names, nodes):
                eventually(lambda: f"{node} is not a serial device" in lines.errors(name), f"{node} is opened", 5)
            for adapter, line in plugs:
                bus.pull_out(adapter)
                line.pull_out()
                # It has the number that would be the next: each round has nodes of its own.
                taken += os.openpty()
                line.plug_in()
        assert lines.daemon.process.pid == pid and lines.daemon.is_running()
    finally:
        lines.close()
        for end in taken:
            os.close(end)


def test_P18_twins_are_named_and_neither_is_opened(tmp_path, bus):
    twins = [Adapter("10c4", "ea60", "0001", socket=socket, number=socket) for socket in (1, 2)]
    lines = TwoLines(tmp_path, [{"usb_serial": "0001"}, {"usb_path": "pci-0000:00:14.0-usb-0:9:1.0"}])
    lines.daemon.wrapper = ["env", *[f"{name}={value}" for name, value in bus.environment.items()]]
    try:
        nodes = sorted(os.readlink(line.path) for line in lines.lines)
        for twin, line in zip(twins, lines.lines):
            bus.plug_in(twin, os.readlink(line.path))
        lines.daemon.start()
        eventually(lambda: f"{nodes[0]} and {nodes[1]}" in lines.errors("front"), "the twins are named")
        assert twins[1].topology in lines.errors("front")
        assert lines.lines[0].sent() == [] and lines.lines[1].sent() == []
        # One of them alone is no twin.
        bus.pull_out(twins[1])
        node = os.readlink(lines.lines[0].path)
        eventually(lambda: f"{node} is not a serial device" in lines.errors("front"), "the other is opened", 5)
    finally:
        lines.close()


def test_P18_a_bare_path_is_warned_about_with_what_to_write_instead(tmp_path, bus):
    bus.tell_of(Adapter("0403", "6001", "FT1234", number=0))
    lines = TwoLines(tmp_path, ["/dev/ttyUSB0", "/dev/ttyUSB1"])
    lines.daemon.wrapper = ["env", *[f"{name}={value}" for name, value in bus.environment.items()]]
    try:
        lines.daemon.start()
        assert 'port: { usb_serial: "FT1234" }' in lines.daemon.log()
        assert "/dev/ttyUSB1 may be another adapter" in lines.daemon.log()
    finally:
        lines.close()


def test_P18_the_ports_of_the_box_are_shown_with_what_to_write_for_each(bus):
    terminals = [os.openpty() for _ in range(2)]
    for number, serial in enumerate(["FT1234", None]):
        bus.plug_in(Adapter("0403" if serial else "1a86", "6001" if serial else "7523", serial, socket=number + 1,
                            number=number), os.ttyname(terminals[number][1]))
    done = subprocess.run([BINARY.with_name("bitting"), "ports", "--json"], capture_output=True, text=True, timeout=20,
                          env={**os.environ, **bus.environment})
    assert done.returncode == 0, done.stderr
    found = {finding["subject"]: finding["sentence"] for finding in json.loads(done.stdout)["findings"]}
    assert 'port: { usb_serial: "FT1234" }' in found[os.ttyname(terminals[0][1])]
    assert 'port: { usb_path: "pci-0000:00:14.0-usb-0:2:1.0" }' in found[os.ttyname(terminals[1][1])]
    for pair in terminals:
        for end in pair:
            os.close(end)
