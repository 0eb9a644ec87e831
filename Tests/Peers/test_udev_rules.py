"""What Debian's udev makes of udev-rules/, for adapters that umockdev pretends are there."""

import os
import re
import subprocess
from pathlib import Path

import pytest
from usb_adapters import BUS, Adapter

RULES = Path(__file__).resolve().parents[2] / "udev-rules"
GROUP = "4242"
MEANT = [("0403", "6001"), ("0403", "6015"), ("0403", "6011"), ("1a86", "7523"), ("1a86", "55d3"), ("10c4", "ea60"),
         ("10c4", "ea71"), ("067b", "2303"), ("067b", "23a3"), ("0711", "0230"), ("04e2", "1411"), ("110a", "1150"),
         ("04d8", "00df")]

# In a mount namespace of its own: the rules beside Debian's, and a group as the package makes it.
SCENE = f"""
mount -t tmpfs none /run
cp /etc/group /run/group && echo bitting:x:{GROUP}: >>/run/group && mount --bind /run/group /etc/group
mkdir -p /run/udev/rules.d && cp "$1"/*.rules /run/udev/rules.d/
exec umockdev-run -d "$2" -- udevadm test --action="$3" "/sys$4"
"""


class Udev:
    """udevadm, with a folder of rules."""

    def __init__(self, directory: Path):
        self.directory = directory
        self.rules = directory / "rules"
        self.rules.mkdir()
        for file in RULES.glob("*.rules"):
            (self.rules / file.name).write_text(file.read_text())

    def test(self, adapter: Adapter, path: str, action: str = "add", **properties: str) -> "Outcome":
        """What becomes of one event."""
        description = self.directory / "adapter.umockdev"
        description.write_text(BUS + adapter.described(**properties))
        unshare = ["unshare", "--mount"] + ([] if os.geteuid() == 0 else ["--map-root-user"])
        done = subprocess.run([*unshare, "sh", "-ec", SCENE, "sh", str(self.rules), str(description), action, path],
                              capture_output=True, text=True, timeout=30)
        assert done.returncode == 0, done.stderr
        return Outcome(done.stdout, done.stderr)


class Outcome:
    """What udevadm printed."""

    def __init__(self, printed: str, log: str):
        self.log = log + printed
        self.properties = dict(line.split("=", 1) for line in printed.splitlines() if re.match(r"[.A-Z_]+=", line))

    @property
    def links(self) -> set[str]:
        return set(self.properties.get("DEVLINKS", "").split())

    @property
    def complaints(self) -> list[str]:
        """What udev says of our files when it reads them. What a rule does with a device begins with its name."""
        return [line for line in self.log.splitlines() if line.startswith("/run/udev/rules.d/")]

    def gets(self, key: str, value: str) -> bool:
        """True when a rule of ours sets GROUP or MODE so."""
        return re.search(rf"/run/udev/rules\.d/\S+:\d+ {key} {value}$", self.log, re.MULTILINE) is not None


@pytest.fixture
def udev(tmp_path: Path) -> Udev:
    return Udev(tmp_path)


def test_every_rule_is_understood(udev):
    adapter = Adapter("0403", "6001", "FT1234")
    assert udev.test(adapter, adapter.tty).complaints == []


@pytest.mark.parametrize("line", ['ATTRZ{idVendor}=="0403", MODE="0660"', 'SUBSYSTEM="tty"', 'GOTO="nowhere"',
                                  'GROUP="no-such-group"'])
def test_a_broken_rule_would_be_found(udev, line):
    adapter = Adapter("0403", "6001", "FT1234")
    with (udev.rules / "91-bitting.rules").open("a") as rules:
        rules.write(line + "\n")
    assert udev.test(adapter, adapter.tty).complaints != []


@pytest.mark.parametrize(("vendor", "product"), MEANT)
def test_P19_an_adapter_that_is_meant_gets_group_mode_and_steady_names(udev, vendor, product):
    adapter = Adapter(vendor, product, "SN42", socket=3, kind="ttyACM" if vendor == "04d8" else "ttyUSB")
    outcome = udev.test(adapter, adapter.tty)
    assert outcome.gets("GROUP", GROUP) and outcome.gets("MODE", "0660"), outcome.log
    assert {"/dev/bitting/by-serial/SN42-if00", f"/dev/bitting/by-path/{adapter.topology}"} <= outcome.links
    assert outcome.properties["ID_MM_DEVICE_IGNORE"] == "1"


def test_P18_an_adapter_without_a_serial_number_is_named_by_its_socket_alone(udev):
    adapter = Adapter("1a86", "7523", socket=2)
    links = {link for link in udev.test(adapter, adapter.tty).links if link.startswith("/dev/bitting/")}
    assert not any("by-serial/-" in link for link in links)
    assert f"/dev/bitting/by-path/{adapter.topology}" in links


@pytest.mark.parametrize(("vendor", "product"), [("0483", "5740"), ("2341", "0043"), ("1a86", "5512")])
def test_P19_an_adapter_that_is_not_meant_is_left_alone(udev, vendor, product):
    adapter = Adapter(vendor, product, "SN42", kind="ttyACM")
    for path in (adapter.tty, adapter.usb):
        outcome = udev.test(adapter, path)
        assert not outcome.gets("GROUP", GROUP)
        assert "ID_MM_DEVICE_IGNORE" not in outcome.properties
        assert not any(link.startswith("/dev/bitting") for link in outcome.links)


def test_P19_an_operator_can_keep_an_adapter_out(udev):
    adapter = Adapter("0403", "6001", "FT1234")
    (udev.rules / "70-mine.rules").write_text('ATTRS{serial}=="FT1234", ENV{BITTING_IGNORE}="1"\n')
    outcome = udev.test(adapter, adapter.tty)
    assert not outcome.gets("GROUP", GROUP) and "ID_MM_DEVICE_IGNORE" not in outcome.properties


def test_P19_modem_manager_is_kept_from_the_usb_device_too(udev):
    adapter = Adapter("10c4", "ea60", "0001")
    assert udev.test(adapter, adapter.usb).properties["ID_MM_DEVICE_IGNORE"] == "1"


@pytest.mark.parametrize(("vendor", "product", "stays"), [("1a86", "7523", False), ("10c4", "ea60", False),
                                                          ("0483", "a1d3", True)])
def test_P19_brltty_is_called_off_from_our_adapters_alone(udev, vendor, product, stays):
    """As brltty's own rules do it, which sort before ours: a service wanted for the USB device."""
    adapter = Adapter(vendor, product)
    (udev.rules / "90-brltty-usb-generic.rules").write_text(
        'SUBSYSTEM=="usb", ENV{DEVTYPE}=="usb_device", ENV{BRLTTY_BRAILLE_DRIVER}="bm", TAG+="systemd", '
        'ENV{SYSTEMD_WANTS}+="brltty-device@.service"\n')
    properties = udev.test(adapter, adapter.usb).properties
    assert ("brltty" in properties.get("SYSTEMD_WANTS", "")) == stays
    assert bool(properties.get("BRLTTY_BRAILLE_DRIVER")) == stays


def test_what_went_away_is_not_touched(udev):
    adapter = Adapter("0403", "6001", "FT1234")
    assert not udev.test(adapter, adapter.tty, action="remove").gets("GROUP", GROUP)
