"""What can still be read of stores that are really damaged: pages overwritten, files cut off, the beginning gone."""

import json
import os
import random
import shutil
import sqlite3
from datetime import datetime, timedelta, timezone
from pathlib import Path

import pytest

from gateway import Daemon
from keyring import bitting
from waiting import eventually

PAGE = 4096
MANY = 150
DAMAGED, NO_INPUT, TEMPORARY = 74, 66, 75


class Box:
    """A data directory in which a daemon has run, and what it knew."""

    def __init__(self, data: Path, codes: dict[str, dict], doors: dict[str, str]):
        self.data, self.codes, self.doors = data, codes, doors
        with sqlite3.connect(f"file:{data / 'bitting.sqlite'}?mode=ro", uri=True) as database:
            self.roots = dict(database.execute("SELECT name, rootpage FROM sqlite_master WHERE type = 'table'"))
            self.leaves = {name: self.pages(database, name) for name in self.roots}

    @staticmethod
    def pages(database, table: str) -> list[int]:
        return [page for page, in database.execute(
            "SELECT pageno FROM dbstat WHERE name = ? AND pagetype = 'leaf' ORDER BY pageno", (table,))]


@pytest.fixture(scope="module")
def box(tmp_path_factory):
    """A store with so many codes that their table has a tree, one of them with times, one of others."""
    daemon = Daemon(tmp_path_factory.mktemp("box"))
    try:
        daemon.start()
        front, harbour = daemon.door("Front Door"), daemon.door("Harbour Entrance")
        start = datetime.now(timezone.utc).replace(microsecond=0) + timedelta(hours=1)
        made = [daemon.ask("/access_codes/create", device_id=front["device_id"], name="Anna", code="47114711",
                           starts_at=start.isoformat(), ends_at=(start + timedelta(days=2)).isoformat())["access_code"]]
        made += [daemon.ask("/access_codes/create", device_id=harbour["device_id"], name=f"Guest {number}")["access_code"]
                 for number in range(MANY)]
        daemon.ask("/access_codes/simulate/create_unmanaged_access_code", device_id=front["device_id"], code="86159372",
                   name="Cleaner")
        daemon.wait_for_event("access_code.unmanaged.created", timeout=60)
        daemon.wait_for_code(made[0]["access_code_id"], timeout=60, is_scheduled_on_device=True)
        daemon.wait_for_code(made[-1]["access_code_id"], timeout=60, status="set")
        doors = {door["device_id"]: door["properties"]["name"] for door in daemon.post("/devices/list")["devices"]}
        daemon.stop()
        with sqlite3.connect(daemon.data / "bitting.sqlite") as database:
            database.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        yield Box(daemon.data, {code["access_code_id"]: code for code in made}, doors)
    finally:
        daemon.close()


@pytest.fixture
def copy(box, tmp_path):
    """A copy of the data directory, to be damaged."""
    shutil.copytree(box.data, tmp_path / "data", ignore=shutil.ignore_patterns("*.sock", "snapshots"))
    return tmp_path / "data"


def overwrite(data: Path, *pages: int, fill=os.urandom):
    with (data / "bitting.sqlite").open("r+b") as file:
        for page in pages:
            file.seek((page - 1) * PAGE)
            file.write(fill(PAGE))


def state(data: Path) -> dict:
    return {path.name: (path.read_bytes(), path.stat().st_mtime_ns) for path in data.rglob("*") if path.is_file()}


def rescue(data: Path, *arguments, status: int = 0, file: Path | None = None) -> dict:
    """What a rescue finds, and that it has written nothing."""
    before = state(data)
    done = bitting("rescue", *([file] if file else []), "--data-dir", data, "--json", "--reveal", *arguments)
    assert done.returncode == status, done
    assert state(data) == before
    return json.loads(done.stdout)


def codes(found: dict) -> dict[str, dict]:
    return {code["access_code_id"]: code for door in found["doors"] for code in door["access_codes"]}


def damaged(found: dict) -> set[str]:
    return {table["name"] for table in found["tables"] if table["unreadable"] != 0}


def assert_all(found: dict, box: Box, certain: bool = True):
    there = codes(found)
    for id, code in box.codes.items():
        assert there[id]["name"] == code["name"] and there[id]["code"] == code["code"], code
        assert there[id]["is_certain"] is certain
    assert {door["device_id"]: door["name"] for door in found["doors"]} == box.doors


def test_of_a_sound_store_all_is_read_with_states_and_times(box, copy):
    found = rescue(copy)
    assert_all(found, box)
    assert damaged(found) == set() and found["opens_secrets"]
    there, [anna] = codes(found), [code for code in box.codes.values() if code["name"] == "Anna"]
    told = there[anna["access_code_id"]]
    assert told["state"] == "in slot 1, proven"
    for name in ("starts_at", "ends_at"):
        assert datetime.fromisoformat(told[name]) == datetime.fromisoformat(anna[name])
    [stranger] = [code for code in there.values() if not code["is_managed"]]
    assert (stranger["name"], stranger["code"], stranger["state"]) == ("Cleaner", "86159372", "of others, in slot 2, proven")
    assert len(there) == len(box.codes) + 1


def test_what_was_on_a_page_that_is_overwritten_is_told_by_the_slots_and_the_table_is_named(box, copy):
    assert len(box.leaves["access_code"]) > 5
    overwrite(copy, box.leaves["access_code"][2])
    found = rescue(copy)
    assert_all(found, box)
    assert damaged(found) == {"access_code"}
    [table] = [table for table in found["tables"] if table["name"] == "access_code"]
    assert 0 < len(box.codes) - table["rows"] < MANY / 3


def test_what_no_other_page_tells_is_lost_and_nothing_else_is(box, copy):
    overwrite(copy, box.leaves["access_code"][2], *box.leaves["slot"])
    found = rescue(copy)
    there = codes(found)
    lost = set(box.codes) - set(there)
    assert 0 < len(lost) < MANY / 3 and damaged(found) == {"access_code", "slot"}
    assert {code["state"] for id, code in there.items() if id in box.codes} == {"slot unknown"}
    for id in set(box.codes) & set(there):
        assert there[id]["code"] == box.codes[id]["code"] and there[id]["is_certain"]


def test_where_the_tree_of_the_codes_is_gone_they_are_found_by_what_they_look_like(box, copy):
    overwrite(copy, box.roots["access_code"])
    found = rescue(copy)
    assert_all(found, box, certain=False)
    assert damaged(found) == {"access_code"}


@pytest.mark.parametrize("fill", [os.urandom, bytes])
def test_where_the_beginning_of_the_file_is_gone_nothing_of_the_rest_is(box, copy, fill):
    overwrite(copy, 1, fill=fill)
    found = rescue(copy)
    assert_all(found, box, certain=False)
    assert {table["unreadable"] for table in found["tables"]} == {None}


@pytest.mark.parametrize("tenths", [2, 5, 8])
def test_of_a_file_that_was_cut_off_the_first_part_is_read(box, copy, tenths):
    store = copy / "bitting.sqlite"
    size = store.stat().st_size * tenths // 10 + 1000
    os.truncate(store, size)
    found = rescue(copy)
    there, whole = codes(found), [page for page in box.leaves["access_code"] if page * PAGE <= size]
    assert len(there) >= len(whole) and damaged(found)
    assert all(there[id]["code"] in (box.codes[id]["code"], None) for id in set(there) & set(box.codes))


def test_without_the_keys_in_the_store_or_the_seal_key_names_and_times_are_told_and_no_pin(box, copy, tmp_path):
    overwrite(copy, box.roots["seal"])
    found = rescue(copy)
    assert not found["opens_secrets"] and found["seal_key_id"] is None and "seal" in damaged(found)
    assert {code["code"] for code in codes(found).values()} == {None}
    assert {code["name"] for code in codes(found).values()} >= {"Anna", "Guest 0", "Cleaner"}
    other = tmp_path / "key"
    other.write_text("b2" * 32)
    other.chmod(0o600)
    shutil.copy(box.data / "bitting.sqlite", copy)
    found = rescue(copy, "--seal-key-file", other)
    assert not found["opens_secrets"] and len(found["seal_key_id"]) == 16 and damaged(found) == set()
    assert len(codes(found)) == len(box.codes) + 1


def test_what_is_in_the_write_ahead_log_counts(box, copy):
    store = copy / "bitting.sqlite"
    database = sqlite3.connect(store)
    database.execute("PRAGMA journal_mode = WAL")
    database.execute("UPDATE access_code SET name = 'Late' WHERE name = 'Anna'")
    database.commit()
    kept = {name: (copy / name).read_bytes() for name in ("bitting.sqlite", "bitting.sqlite-wal")}
    database.close()
    for name, data in kept.items():
        (copy / name).write_bytes(data)
    names = {code["name"] for code in codes(rescue(copy)).values()}
    assert "Late" in names and "Anna" not in names
    # A log whose last change is not whole stands for what was there before.
    (copy / "bitting.sqlite-wal").write_bytes(kept["bitting.sqlite-wal"][:-100])
    assert "Anna" in {code["name"] for code in codes(rescue(copy)).values()}


def test_random_damage_never_ends_in_a_crash_or_in_a_wrong_pin(box, copy):
    store, whole = copy / "bitting.sqlite", (box.data / "bitting.sqlite").read_bytes()
    for seed in range(12):
        broken = bytearray(whole)
        generator = random.Random(seed)
        for _ in range(1 + seed * 20):
            place = generator.randrange(len(broken))
            length = generator.choice([1, 2, 8, 100, 5000])
            broken[place:place + length] = generator.randbytes(len(broken[place:place + length]))
        store.write_bytes(broken)
        found = rescue(copy)
        for id, code in codes(found).items():
            if id in box.codes and code["code"] is not None:
                assert code["code"] == box.codes[id]["code"]


def test_people_see_a_table_and_no_pin_unless_they_ask_for_it(box, copy):
    overwrite(copy, box.leaves["access_code"][2])
    pins = {code["code"] for code in box.codes.values()}
    said = bitting("rescue", "--data-dir", copy).stdout
    assert "Anna" in said and "in slot 1, proven" in said and "see them with --reveal" in said
    assert "Table access_code is damaged: " in said
    assert not [pin for pin in pins if len(pin) > 5 and pin in said]
    assert "47114711" in bitting("rescue", "--data-dir", copy, "--reveal").stdout


def test_the_daemon_says_how(box, copy, daemons):
    overwrite(copy, box.leaves["access_code"][2])
    site = daemons()
    site.data = copy
    assert site.spawn().wait(20) == DAMAGED and "bitting rescue" in site.log()


def test_what_is_no_store_or_in_use_is_said(box, daemons, tmp_path):
    assert bitting("rescue", tmp_path / "none").returncode == NO_INPUT
    (tmp_path / "noise").write_bytes(os.urandom(50_000))
    done = bitting("rescue", tmp_path / "noise", "--data-dir", tmp_path)
    assert done.returncode == DAMAGED and "nothing of" in done.stderr and "restore --snapshot" in done.stderr
    site = daemons().start()
    done = bitting("rescue", "--data-dir", site.data)
    assert done.returncode == TEMPORARY and "bitting codes" in done.stderr
    site.stop()
    eventually(lambda: bitting("rescue", "--data-dir", site.data).returncode == 0, "it is free")
