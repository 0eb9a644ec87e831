"""The algorithm of docs/offline-codes.md, implemented a second time, against the published vectors."""

import json
from datetime import datetime

import pytest

from gateway import ROOT
from offline_code import BY_SLOT, DAILY, EPOCH, HOUR, HOURLY, ONCE, WEEKLY, Code, Door, Key, every_length

VECTORS = json.loads((ROOT / "Tests/OfflineCodesTests/vectors.json").read_text())
KINDS = {"hourly": HOURLY, "daily": DAILY, "weekly": WEEKLY, "one-time": ONCE}


def key_of(group: dict) -> Key:
    return Key(group["door"], group["generation"], bytes.fromhex(group["secret"]))


@pytest.mark.parametrize("group", VECTORS["keys"], ids=lambda group: f"{group['door'][:8]}-{group['generation']}")
def test_R40_every_published_code_has_its_pin(group):
    key = key_of(group)
    for vector in group["codes"]:
        code = Code(vector["start_hour"], KINDS[vector["kind"]], vector["length"], vector["variant"])
        assert (code.slot, key.pin(code)) == (vector["slot"], vector["pin"]), vector


@pytest.mark.parametrize("scenario", VECTORS["doors"][0]["scenarios"], ids=lambda scenario: scenario["name"])
def test_R40_R43_a_door_says_to_every_published_entry_what_is_published(scenario):
    door = Door(key_of(VECTORS["doors"][0]))
    for entry in scenario["entries"]:
        opened = door.opens(entry["pin"], datetime.fromisoformat(entry["at"]))
        assert (opened is not None) == entry["opens"], entry


def test_R40_at_the_worst_moment_9172_unused_codes_open_and_a_guess_once_in_103263():
    assert sorted(BY_SLOT) == list(range(400))
    door = Door(Key("front", 1, bytes(range(32))))
    hour = 500_000
    most = 0
    for minute in range(60):
        now = EPOCH + hour * HOUR + minute * HOUR / 60
        open_now = [
            Code(start, *BY_SLOT[slot])
            for start in range(hour - 26, hour + 2) for slot in BY_SLOT
            if now >= Code(start, *BY_SLOT[slot]).begins - door.tolerance
            and now < Code(start, *BY_SLOT[slot]).first_use_ends + door.tolerance]
        assert len({(code.start % 25, code.slot) for code in open_now}) == len(open_now)
        most = max(most, len(open_now))
    assert most == 9172
    assert 10**9 // (most + 512) == 103_263


def test_R44_lengths_are_those_that_are_published():
    lengths = list(every_length())
    assert [length for kind, length in lengths if kind == HOURLY] == list(range(1, 73))
    assert [length for kind, length in lengths if kind == DAILY] == list(range(4, 63))
    assert [length for kind, length in lengths if kind == WEEKLY] == list(range(9, 54))
