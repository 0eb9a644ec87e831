"""What an upgrade, a removal, a purge and a new installation do to the state of a box."""

import shutil
import subprocess
from pathlib import Path

import pytest
from gateway_box import CONFIGURATION, PACKAGE, GatewayBox

LATER = "9.9.9"
STATE = "/var/lib/bitting/bitting.sqlite"
KEY_FILE = "/etc/bitting/front-reader.key"
CREDENTIAL = "/etc/credstore.encrypted/bitting.seal-key"


@pytest.fixture(scope="session")
def later_package(package, tmp_path_factory) -> Path:
    """The package of a later version, which comes with another sample of the configuration."""
    directory = tmp_path_factory.mktemp("later")
    tree = directory / "tree"
    subprocess.run(["dpkg-deb", "--raw-extract", package, tree], check=True)
    control = tree / "DEBIAN/control"
    lines = control.read_text().splitlines()
    control.write_text("\n".join(f"Version: {LATER}" if line.startswith("Version:") else line for line in lines) + "\n")
    for sample in tree.glob("*/**/bitting.yaml"):
        sample.write_text("# Another sample.\n" + sample.read_text())
    sums = tree / "DEBIAN/md5sums"
    sums.write_text("".join(line for line in sums.read_text().splitlines(True) if "bitting.yaml" not in line))
    later = directory / "later.deb"
    subprocess.run(["dpkg-deb", "--root-owner-group", "-Znone", "--build", tree, later], check=True, capture_output=True)
    shutil.rmtree(tree)
    return later


def with_a_code(box: GatewayBox) -> str:
    """Brings a site with a door, its reader's key and a code for it; returns the code's id."""
    box.do(f"install -o bitting -g bitting -m 0600 /dev/null {KEY_FILE}")
    box.write(KEY_FILE, "7c4f0a93d15be8264760b2c9e83d51fa\n")
    box.configure(
        lines=[{"name": "front", "port": "/dev/ttyS1", "protocol": "osdp", "devices": [
            {"name": "front-reader", "address": 5, "key_file": "front-reader.key"}]}],
        doors=[{"name": "Front Door", "reader": {"device": "front-reader"}, "strike": {"device": "front-reader"}}])
    box.do("systemctl reload bitting")
    box.eventually("bitting locks | grep -q 'Front Door'")
    return box.ask("codes add 'Front Door' --name Anna --code 4711 --no-wait")["access_code"]["access_code_id"]


def codes(box: GatewayBox) -> list[str]:
    return [code["access_code_id"] for code in box.ask("codes")["access_codes"]]


def test_an_upgrade_restarts_the_daemon_and_keeps_everything_without_a_question(box, later_package):
    code, before = with_a_code(box), box.pid
    written = box.do(f"sha256sum {CONFIGURATION} {CREDENTIAL}")
    box.give(later_package, "/root/later.deb")
    said = box.do("apt-get install --yes /root/later.deb", timeout=240)
    assert "Configuration file" not in said
    box.eventually("bitting status")
    assert box.installed_version() == LATER and box.pid not in (0, before)
    assert box.do(f"sha256sum {CONFIGURATION} {CREDENTIAL}") == written
    assert box.do(f"stat --format '%U:%G %a' {CONFIGURATION}") == "root:bitting 640"
    assert codes(box) == [code]
    assert box.unit("NRestarts", "Result") == ["0", "success"]


def test_removed_and_installed_again_it_goes_on_where_it_was(box, package):
    written = box.do(f"sha256sum {CONFIGURATION} {CREDENTIAL}")
    held = codes(box)
    box.do("apt-get remove --yes bitting")
    assert box.try_to("systemctl is-active bitting").status != 0
    assert box.try_to("pgrep bittingd").status != 0
    assert box.do(f"ls {STATE}") and box.do(f"sha256sum {CONFIGURATION} {CREDENTIAL}") == written
    assert box.try_to("ls /usr/sbin/bittingd /lib/systemd/system/bitting.service /run/bitting").status != 0
    box.install(package)
    assert codes(box) == held
    assert box.do(f"sha256sum {CONFIGURATION} {CREDENTIAL}") == written


def test_a_backup_brings_the_codes_onto_a_box_that_was_purged(box, package):
    held = codes(box)
    box.write("/root/passphrase", "correct horse battery staple\n")
    box.do("bitting backup --passphrase-file /root/passphrase /root/site.backup")
    box.do("apt-get purge --yes bitting")
    assert_nothing_is_left(box)
    # The box might as well be another one: what comes now comes from the package and the backup alone.
    box.install(package)
    assert codes(box) == []
    box.do("systemctl stop bitting")
    box.do("bitting restore /root/site.backup --replace --passphrase-file /root/passphrase")
    assert box.do("find /var/lib/bitting ! -user bitting") == ""
    box.do(f"cat /var/lib/bitting/restored-bitting.yaml > {CONFIGURATION}")
    assert "front-reader.key" in box.try_to("bitting config check").output
    box.do("mv /var/lib/bitting/restored-keys/* /etc/bitting/")
    assert box.do(f"stat --format '%U %a' {KEY_FILE}") == "bitting 600"
    box.do("bitting config check && systemctl start bitting && bitting status")
    assert codes(box) == held


def assert_nothing_is_left(box: GatewayBox):
    left = box.try_to("find / -xdev \\( -user bitting -o -group bitting \\) 2> /dev/null; getent passwd bitting; "
                      f"ls -d /etc/bitting /var/lib/bitting {CREDENTIAL} /run/bitting /run/bitting-bluetooth.sock "
                      "2> /dev/null; find / -xdev -iname '*bitting*' -not -path '/root/*' -not -path '/proc/*' "
                      "-not -path '/var/cache/*' -not -path '/var/log/*' -not -path '/usr/share/doc/*'").output
    assert left.split() == []


def test_a_purge_leaves_nothing(box):
    box.do("apt-get purge --yes bitting")
    assert_nothing_is_left(box)
    assert box.do("systemctl is-system-running || systemctl --failed --no-legend") == "running"


def test_it_can_be_installed_once_more(box, package):
    box.give(package, PACKAGE)
    box.do(f"dpkg --install {PACKAGE}", timeout=240)
    box.eventually("bitting status")
    assert codes(box) == []
