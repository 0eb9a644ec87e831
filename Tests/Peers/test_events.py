"""Events: append-only, in order, found by their filters (rules R93 and R94)."""

import uuid

import pytest

import moments
from gateway import FAR_AHEAD, LONG_AGO
from waiting import eventually


@pytest.fixture
def story(daemon, make_code, front_door):
    """A code that was set and has opened its door; its events."""
    code = make_code(front_door, name="Jane")
    daemon.wait_for_code(code["access_code_id"], status="set")
    daemon.type_code(front_door["device_id"], code["code"])
    daemon.wait_for_event("lock.unlocked", access_code_id=code["access_code_id"])
    return code, daemon.events(access_code_id=code["access_code_id"])


def listed(daemon, **body) -> list[dict]:
    return daemon.ask("/events/list", **body)["events"]


def test_R94_every_event_has_its_common_fields(daemon, story, front_door):
    code, events = story
    workspace = daemon.ask("/workspaces/get")["workspace"]["workspace_id"]
    for event in events:
        assert event.keys() >= {"event_id", "event_type", "workspace_id", "created_at", "occurred_at"}
        assert event["workspace_id"] == workspace
        assert moments.read(event["occurred_at"]) and moments.read(event["created_at"])
        assert event["device_id"] == front_door["device_id"]
        assert event["connected_account_id"] == front_door["connected_account_id"]
    assert len({event["event_id"] for event in events}) == len(events)


def test_R93_they_come_oldest_first(daemon, story):
    stamps = [event["created_at"] for event in listed(daemon, since=LONG_AGO)]
    assert stamps == sorted(stamps)


def test_R123_an_entry_tells_its_code(story):
    code, events = story
    entry = next(event for event in events if event["event_type"] == "lock.unlocked")
    assert entry["method"] == "keycode" and entry["access_code_is_managed"] is True
    assert entry["code"] == code["code"]


def test_R93_either_since_or_between_is_wanted(daemon):
    for body in ({}, {"since": LONG_AGO, "between": [LONG_AGO, FAR_AHEAD]}, {"between": [FAR_AHEAD, LONG_AGO]},
                 {"between": [LONG_AGO]}, {"since": "yesterday"}):
        assert daemon.post("/events/list", body, status=400)["error"]["type"] == "invalid_input"


def test_R93_bounds_are_exclusive(daemon, story):
    _, events = story
    stamp = events[0]["created_at"]
    later = listed(daemon, since=stamp)
    assert all(event["created_at"] > stamp for event in later)
    assert listed(daemon, since=FAR_AHEAD) == []
    between = listed(daemon, between=[LONG_AGO, stamp])
    assert all(event["created_at"] < stamp for event in between)


def test_R93_the_sdk_reads_between(daemon, seam, story):
    code, events = story
    got = seam.events.list(between=[LONG_AGO, FAR_AHEAD], access_code_id=code["access_code_id"])
    assert [event.event_id for event in got] == [event["event_id"] for event in events]


def test_R93_filters_narrow_what_is_read(daemon, story, front_door, studio):
    code, events = story
    since = {"since": LONG_AGO}
    assert listed(daemon, **since, access_code_ids=[code["access_code_id"]]) == events
    unlocked = listed(daemon, **since, event_type="lock.unlocked", access_code_id=code["access_code_id"])
    assert [event["event_type"] for event in unlocked] == ["lock.unlocked"]
    two = ["access_code.created", "lock.unlocked"]
    assert {event["event_type"] for event in listed(daemon, **since, event_types=two)} == set(two)
    assert all(event["device_id"] == studio["device_id"]
               for event in listed(daemon, **since, device_id=studio["device_id"]))
    both = listed(daemon, **since, device_ids=[studio["device_id"], front_door["device_id"]])
    assert {event["device_id"] for event in both} <= {studio["device_id"], front_door["device_id"]}
    account = front_door["connected_account_id"]
    assert all(event["connected_account_id"] == account
               for event in listed(daemon, **since, connected_account_id=account))
    assert listed(daemon, **since, limit=2) == listed(daemon, **since)[:2]
    assert listed(daemon, **since, device_ids=[]) == []


def test_R93_events_are_read_by_their_ids_alone(daemon, seam, story):
    _, events = story
    wanted = [events[0]["event_id"], events[-1]["event_id"]]
    assert [event.event_id for event in seam.events.list(event_ids=wanted)] == wanted


def test_one_event_is_read_by_its_id(daemon, seam, story):
    _, events = story
    assert daemon.ask("/events/get", event_id=events[0]["event_id"])["event"] == events[0]
    assert seam.events.get(event_id=events[0]["event_id"]).event_type == events[0]["event_type"]
    error = daemon.ask("/events/get", status=404, event_id=str(uuid.uuid4()))["error"]
    assert error["type"] == "event_not_found"


def test_R94_what_was_told_stays_told(daemon, make_code, story):
    code, events = story
    daemon.ask("/access_codes/delete", access_code_id=code["access_code_id"])
    eventually(lambda: daemon.events("access_code.deleted", access_code_id=code["access_code_id"]))
    assert daemon.events(access_code_id=code["access_code_id"])[:len(events)] == events
