"""The main job on an installed box: a reader on its serial port, a code from the operator, a guest at the keypad.

The reader is libosdp's, on this machine; the serial port of the box leads to it.
"""

import os
import tty

import pytest
from gateway_box import GatewayBox
from osdp_reader import Line, Reader
from waiting import eventually

PORT = "/dev/ttyS1"
OF_THE_DAEMON = 'KERNEL=="ttyS1", GROUP="bitting", MODE="0660"\n'
_ends: list[int] = []


def serial_lines() -> dict[int, str]:
    """A pair of terminals stands for the cable: the box holds one end, the reader's line the other."""
    _ends[:] = os.openpty()
    for end in _ends:
        tty.setraw(end)
    return {1: os.ttyname(_ends[1])}


class Cable(Line):
    """A line whose port is in the box, for as long as the test runs."""

    def plug_in(self):
        self._outer = _ends[0]
        os.set_blocking(self._outer, False)


@pytest.fixture(scope="module")
def reader(box, tmp_path_factory):
    reader = Reader(5)
    cable = Cable(tmp_path_factory.mktemp("cable") / "port", reader)
    yield reader
    cable.close()


def configure(box: GatewayBox):
    box.configure(
        api={"rate_limits": "off"},
        lines=[{"name": "front", "port": PORT, "baud": 38400, "protocol": "osdp", "devices": [
            {"name": "front-reader", "address": 5, "secure_channel": "install"}]}],
        doors=[{"name": "Front Door", "reader": {"device": "front-reader"},
                "strike": {"device": "front-reader", "output": 0, "seconds": 3}}])


def is_online(box: GatewayBox) -> bool:
    return box.ask("locks")["devices"][0]["properties"]["online"]


def test_a_port_of_another_group_is_told_with_the_rule_to_write(box, reader):
    configure(box)
    box.do("bitting config check && systemctl reload bitting")
    box.eventually(f"bitting locks show 'Front Door' | grep -q {PORT}")
    said = box.do("bitting locks show 'Front Door'")
    assert 'GROUP="bitting"' in said or "group" in said


def test_with_the_rule_of_the_docs_the_door_comes_up(box, reader):
    box.write("/etc/udev/rules.d/99-local.rules", OF_THE_DAEMON)
    box.do("udevadm control --reload && udevadm trigger --sysname-match=ttyS1 --settle")
    assert box.do(f"stat --format '%U:%G %a' {PORT}") == "root:bitting 660"
    eventually(lambda: is_online(box), "the door is online", timeout=40)
    eventually(lambda: reader.is_secure, "with a key of its own", timeout=20)


def test_a_guest_types_the_code_and_the_event_names_it(box, reader):
    code = box.ask("codes add 'Front Door' --name Anna --code 4711")["access_code"]
    assert code["status"] == "set"
    reader.forget_commands()
    reader.line.wait_until_polled()
    reader.press("4711#")
    eventually(lambda: reader.received("output", output_no=0), "the strike opens", timeout=10)
    box.eventually(f"bitting events --json | grep lock.unlocked | grep -q {code['access_code_id']}")


def test_the_journal_names_the_lock_and_explains_what_to_do(box, reader):
    reader.line.cut()
    explained = "journalctl --boot --unit bitting --catalog --no-pager BITTING_LOCK='Front Door'"
    box.eventually(f"{explained} | grep -q 'Subject: Front Door does not answer'", timeout=40)
    assert "Defined-By: Bitting" in box.do(explained)
    reader.line.mend()
    box.eventually(f"{explained} | grep -q 'Subject: Front Door answers'", timeout=40)
    eventually(lambda: is_online(box) and reader.is_secure, "the door is online", timeout=40)


def test_an_acknowledged_code_outlives_a_power_cut(box, reader):
    box.do("bitting codes add 'Front Door' --name Ben --code 2580 && bitting codes remove Anna")
    box.cut_power()
    box.boot()
    box.eventually("bitting status", timeout=60)
    assert [code["name"] for code in box.ask("codes")["access_codes"]] == ["Ben"]
    eventually(lambda: is_online(box) and reader.is_secure, "the door is online", timeout=60)
    reader.forget_commands()
    reader.line.wait_until_polled()
    reader.press("4711#")
    reader.press("2580#")
    eventually(lambda: reader.received("output", output_no=0), "the strike opens", timeout=10)
    assert len(reader.received("output", output_no=0)) == 1, "a code that was removed opens"
    assert box.do("bitting audit verify")


def test_no_pin_and_no_key_is_in_the_journal(box):
    said = box.do("journalctl --no-pager --output cat")
    assert "4711" not in said and "2580" not in said


def test_what_root_changes_with_the_daemon_stopped_stays_the_daemons(box, reader):
    box.do("systemctl stop bitting")
    box.do("bitting offline-key renew 'Front Door'")
    assert box.do("find /var/lib/bitting ! -user bitting") == ""
    box.do("systemctl start bitting")
    eventually(lambda: is_online(box), "the door is online", timeout=40)
