"""What `journalctl --catalog` shows beside the messages of the daemon."""

import re
import shutil
import subprocess

from gateway import ROOT

CATALOG = ROOT / "packaging/bitting.catalog"
TOPICS = ROOT / "Sources/SyncEngine/Notes/LogTopic.swift"


def topics() -> dict[str, str]:
    return dict(re.findall(r'case (\w+) = "([0-9a-f]{32})"', TOPICS.read_text()))


def test_every_topic_of_the_log_says_what_to_do():
    entries = re.split(r"^-- ([0-9a-f]{32})\n", CATALOG.read_text(), flags=re.MULTILINE)[1:]
    explained = dict(zip(entries[::2], entries[1::2]))
    assert explained.keys() == set(topics().values()) and len(explained) == len(topics())
    for text in explained.values():
        head, _, body = text.partition("\n\n")
        assert head.startswith("Subject: ") and "Defined-By: Bitting" in head and body.strip()


def test_journalctl_reads_the_catalog(tmp_path):
    journalctl = shutil.which("journalctl")
    assert journalctl, "systemd's journalctl is needed: see .ci/install-packages"
    folder = tmp_path / "usr/lib/systemd/catalog"
    folder.mkdir(parents=True)
    (tmp_path / "var/lib/systemd/catalog").mkdir(parents=True)
    shutil.copy(CATALOG, folder)
    done = subprocess.run([journalctl, "--update-catalog", f"--root={tmp_path}"], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    listed = subprocess.run([journalctl, "--list-catalog", f"--root={tmp_path}"], capture_output=True, text=True)
    assert set(re.findall(r"^([0-9a-f]{32})", listed.stdout, re.MULTILINE)) == set(topics().values())
