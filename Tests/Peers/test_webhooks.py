"""Webhooks: what a receiver gets and what it can check, with the official SDK (rules R140-R147)."""

import base64
import json
import uuid
from pathlib import Path

import pytest
from svix.webhooks import WebhookVerificationError

from gateway import LONG_AGO
from sdk import SeamHttpApiError
from waiting import always, eventually
from webhook_receiver import Receiver


@pytest.fixture
def make_receiver():
    """Makes receivers; all are closed afterwards."""
    made = []

    def make(*arguments, **options) -> Receiver:
        made.append(Receiver(*arguments, **options))
        return made[-1]

    yield make
    for receiver in made:
        receiver.close()


@pytest.fixture
def receiver(make_receiver):
    return make_receiver()


@pytest.fixture
def make_webhook(daemon):
    """Makes webhooks at the shared daemon; all are gone afterwards."""
    made = []

    def make(url: str, **fields) -> dict:
        made.append(daemon.post("/webhooks/create", {"url": url, **fields})["webhook"])
        return made[-1]

    yield make
    for webhook in made:
        daemon.http.post("/webhooks/delete", json={"webhook_id": webhook["webhook_id"]})


def refusal(daemon, path: str, body: dict, status: int = 400) -> str:
    return daemon.post(path, body, status=status)["error"]["type"]


# What a message is.

def test_R94_R140_the_body_is_the_event_as_it_is_listed(daemon, seam, front_door, make_code, receiver, make_webhook):
    make_webhook(receiver.url)
    code = make_code(front_door, name="Jane")
    daemon.wait_for_code(code["access_code_id"], status="set")
    messages = receiver.wait_for(2, access_code_id=code["access_code_id"])
    listed = {event["event_id"]: event for event in daemon.events(access_code_id=code["access_code_id"])}
    assert messages[0].event["event_type"] == "access_code.created"
    for message in messages:
        assert message.event == listed[message.event["event_id"]]
        assert message.headers["content-type"] == "application/json"


def test_R140_R141_R142_the_sdk_verifies_it_and_nothing_else(daemon, seam, front_door, make_code, receiver):
    webhook = seam.webhooks.create(url=receiver.url, event_types=["access_code.created"])
    try:
        code = make_code(front_door)
        message = receiver.wait_for(1)[0]
        event = message.verify(webhook.secret)
        assert (event.event_type, event.access_code_id) == ("access_code.created", code["access_code_id"])
        assert message.headers.keys() >= {"svix-id", "svix-timestamp", "svix-signature"}
        stranger = "whsec_" + base64.b64encode(b"another secret, 24 bytes").decode()
        with pytest.raises(WebhookVerificationError):
            message.verify(stranger)
        message.body = message.body.replace(b"created", b"deleted")
        with pytest.raises(WebhookVerificationError):
            message.verify(webhook.secret)
    finally:
        seam.webhooks.delete(webhook_id=webhook.webhook_id)


def test_R143_R145_after_a_failure_the_same_message_comes_in_five_seconds_signed_anew(
        daemon, front_door, make_code, make_receiver, make_webhook):
    answers = iter([500])
    receiver = make_receiver(lambda message: next(answers, 200))
    webhook = make_webhook(receiver.url, event_types=["access_code.created"])
    codes = [make_code(front_door) for _ in range(3)]
    messages = receiver.wait_for(4)
    first, second = messages[:2]
    assert first.id == second.id and first.body == second.body
    assert 4 <= int(second.headers["svix-timestamp"]) - int(first.headers["svix-timestamp"]) <= 10
    assert first.headers["svix-signature"] != second.headers["svix-signature"]
    assert all(message.verify(webhook["secret"]) for message in messages)
    # Nothing overtakes it.
    assert [event["access_code_id"] for event in receiver.taken] == [code["access_code_id"] for code in codes]


@pytest.mark.parametrize("status", [301, 302, 307, 308])
def test_R145_a_redirect_is_no_success_and_is_not_followed(
        status, daemon, front_door, make_code, make_receiver, make_webhook):
    elsewhere = make_receiver()
    answers = iter([(status, {"location": elsewhere.url})])
    receiver = make_receiver(lambda message: next(answers, 200))
    make_webhook(receiver.url, event_types=["access_code.created"])
    make_code(front_door)
    first, second = receiver.wait_for(2)
    assert first.id == second.id
    assert elsewhere.messages == []


# Who gets what.

def test_R146_only_the_asked_types_come(daemon, seam, front_door, make_code, receiver, make_webhook):
    webhook = make_webhook(receiver.url, event_types=["access_code.set_on_device"])
    code = make_code(front_door)
    receiver.wait_for(1, access_code_id=code["access_code_id"])
    seam.webhooks.update(webhook_id=webhook["webhook_id"], event_types=["access_code.created"])
    assert seam.webhooks.get(webhook_id=webhook["webhook_id"]).event_types == ["access_code.created"]
    second = make_code(front_door)
    receiver.wait_for(1, access_code_id=second["access_code_id"])
    daemon.wait_for_code(second["access_code_id"], status="set")
    told = [(message.event["event_type"], message.event["access_code_id"]) for message in receiver.messages]
    assert told == [("access_code.set_on_device", code["access_code_id"]),
                    ("access_code.created", second["access_code_id"])]


def test_R145_a_removed_webhook_gets_nothing_more(daemon, seam, front_door, make_code, make_receiver, make_webhook):
    removed, other = make_receiver(lambda message: 500), make_receiver()
    webhook = seam.webhooks.create(url=removed.url)
    make_webhook(other.url, event_types=["access_code.created"])
    make_code(front_door)
    removed.wait_for(1)
    seam.webhooks.delete(webhook_id=webhook.webhook_id)
    count = len(removed.messages)
    make_code(front_door)
    other.wait_for(2)
    # Longer than the pause before the second try.
    always(lambda: len(removed.messages) == count, 6, "the removed webhook is left alone")


def test_R145_a_receiver_that_hangs_holds_up_no_other(daemon, front_door, make_code, make_receiver, make_webhook):
    slow, fast = make_receiver(), make_receiver()
    slow.answer = slow.hang
    for receiver in (slow, fast):
        make_webhook(receiver.url, event_types=["access_code.created"])
    codes = [make_code(front_door) for _ in range(5)]
    slow.wait_for(1)
    fast.wait_for(5, timeout=5)
    assert [event["access_code_id"] for event in fast.taken] == [code["access_code_id"] for code in codes]
    assert len(slow.messages) == 1
    # An answer later than 15 s is none: the same event is sent once more.
    first, second = slow.wait_for(2, timeout=40)[:2]
    assert first.id == second.id
    assert 19 <= int(second.headers["svix-timestamp"]) - int(first.headers["svix-timestamp"]) <= 30


# Across the end of the daemon.

def test_R147_nothing_is_lost_by_kill_9_and_the_order_is_the_journals(daemons, make_receiver):
    daemon = daemons().start()
    receiver = make_receiver()
    webhook = daemon.post("/webhooks/create", {"url": receiver.url, "event_types": ["access_code.created"]})["webhook"]
    door = daemon.door("Harbour Entrance")["device_id"]
    made = []
    for _ in range(4):
        for _ in range(15):
            made.append(daemon.post("/access_codes/create", {"device_id": door})["access_code"]["access_code_id"])
        daemon.kill()
        daemon.start()
    eventually(lambda: len(receiver.taken) >= len(made), "everything has come", timeout=30)
    journal = [event["event_id"] for event in daemon.events("access_code.created")]
    assert [event["event_id"] for event in receiver.taken] == journal
    assert {event["access_code_id"] for event in receiver.taken} == set(made)
    assert all(message.verify(webhook["secret"]) for message in receiver.messages)
    # A repeat is the same message.
    assert len({message.id for message in receiver.messages}) == len(journal)


def test_R145_what_a_closed_receiver_missed_comes_when_it_is_back(daemons, make_receiver):
    daemon = daemons().start()
    receiver = make_receiver()
    receiver.close()
    daemon.post("/webhooks/create", {"url": receiver.url, "event_types": ["access_code.created"]})
    door = daemon.door("Harbour Entrance")["device_id"]
    made = [daemon.post("/access_codes/create", {"device_id": door})["access_code"] for _ in range(10)]
    daemon.kill()
    receiver.open()
    daemon.start()
    eventually(lambda: len(receiver.taken) == 10, "everything has come", timeout=15)
    assert [event["access_code_id"] for event in receiver.taken] == [code["access_code_id"] for code in made]


def test_R142_neither_secrets_nor_events_get_into_the_log(daemons, make_receiver):
    daemon = daemons("--demo", "--log-level", "trace").start()
    receiver = make_receiver(lambda message: 500)
    webhook = daemon.post("/webhooks/create", {"url": receiver.url})["webhook"]
    door = daemon.door("Harbour Entrance")["device_id"]
    code = daemon.post("/access_codes/create", {"device_id": door, "code": "714285"})["access_code"]
    receiver.wait_for(1, access_code_id=code["access_code_id"])
    log = eventually(lambda: webhook["webhook_id"] in daemon.log() and daemon.log(), "the failure is in the log")
    assert webhook["secret"] not in log and webhook["secret"][6:] not in log
    assert "714285" not in log and receiver.url not in log and "tenant" not in log


# The resource.

def test_R144_the_secret_is_shown_to_whoever_makes_or_asks_for_the_webhook(daemon, seam, receiver):
    webhook = seam.webhooks.create(url=receiver.url)
    try:
        assert webhook.secret.startswith("whsec_")
        assert len(base64.b64decode(webhook.secret.removeprefix("whsec_"), validate=True)) == 24
        assert (webhook.url, webhook.event_types) == (receiver.url, ["*"])
        assert seam.webhooks.get(webhook_id=webhook.webhook_id) == webhook
        listed = daemon.post("/webhooks/list")["webhooks"]
        assert [(entry["webhook_id"], "secret" in entry) for entry in listed] == [(webhook.webhook_id, False)]
        assert [entry.url for entry in seam.webhooks.list()] == [receiver.url]
    finally:
        seam.webhooks.delete(webhook_id=webhook.webhook_id)
    assert seam.webhooks.list() == []


@pytest.mark.parametrize("path, fields", [
    ("/webhooks/get", {}), ("/webhooks/delete", {}), ("/webhooks/update", {"event_types": ["*"]})])
def test_R144_a_webhook_that_is_not_there_is_not_found(daemon, path, fields):
    assert refusal(daemon, path, {"webhook_id": str(uuid.uuid4()), **fields}, 404) == "webhook_not_found"
    assert refusal(daemon, path, fields) == "invalid_input"


@pytest.mark.parametrize("url", ["", "hooks", "/hooks", "ftp://127.0.0.1/", "http://", "http://user:word@127.0.0.1/",
                                 "http://127.0.0.1:99999/", "http://127.0.0.1/a b", "http://127.0.0.1/#a", 7, None])
def test_R146_an_address_that_is_none_is_refused(daemon, url):
    assert refusal(daemon, "/webhooks/create", {"url": url}) == "invalid_input"
    assert daemon.post("/webhooks/list")["webhooks"] == []


@pytest.mark.parametrize("types", [["*", "lock.unlocked"], ["lock.exploded"], ["lock.*"], [""]])
def test_R146_unknown_types_are_refused(daemon, seam, make_webhook, receiver, types):
    with pytest.raises(SeamHttpApiError) as caught:
        seam.webhooks.create(url=receiver.url, event_types=types)
    assert (caught.value.status_code, caught.value.code) == (400, "invalid_event_types")
    webhook = make_webhook(receiver.url)
    body = {"webhook_id": webhook["webhook_id"], "event_types": types}
    assert refusal(daemon, "/webhooks/update", body) == "invalid_event_types"
    assert seam.webhooks.get(webhook_id=webhook["webhook_id"]).event_types == ["*"]


def test_R93_R146_every_type_that_the_api_description_has_is_taken(daemon, make_webhook, receiver):
    description = json.loads((Path(__file__).parent / "openapi-subset.json").read_text())
    listing = description["paths"]["/events/list"]["post"]["requestBody"]["content"]["application/json"]["schema"]
    types = listing["properties"]["event_type"]["enum"]
    assert len(types) > 50
    assert make_webhook(receiver.url, event_types=types)["event_types"] == types
    daemon.post("/events/list", {"since": LONG_AGO, "event_types": types})
    body = {"since": LONG_AGO, "event_types": [*types, "lock.exploded"]}
    assert refusal(daemon, "/events/list", body) == "invalid_input"


def test_R144_R145_webhooks_survive_a_restart(daemons, make_receiver):
    daemon = daemons().start()
    receiver = make_receiver()
    webhook = daemon.post("/webhooks/create", {"url": receiver.url, "event_types": ["access_code.created"]})["webhook"]
    daemon.restart()
    assert daemon.post("/webhooks/get", {"webhook_id": webhook["webhook_id"]})["webhook"] == webhook
    door = daemon.door("Harbour Entrance")["device_id"]
    daemon.post("/access_codes/create", {"device_id": door})
    receiver.wait_for(1)[0].verify(webhook["secret"])
