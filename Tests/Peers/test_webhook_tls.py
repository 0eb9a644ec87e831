"""Webhooks over TLS: whose certificate a receiver may have."""

import ssl

import pytest

from certificates import Authority
from gateway import Daemon
from waiting import eventually
from webhook_receiver import Receiver


@pytest.fixture(scope="module")
def authority(tmp_path_factory):
    return Authority(tmp_path_factory.mktemp("authority"))


@pytest.fixture(scope="module")
def trusting(tmp_path_factory, authority):
    """The demo site, which trusts the authority of the site."""
    directory = tmp_path_factory.mktemp("webhooks")
    config = directory / "bitting.yaml"
    config.write_text(f"site: {{name: S, time_zone: UTC}}\nwebhooks: {{ca_file: '{authority.file}'}}\n")
    daemon = Daemon(directory, "--demo", "--config", str(config), "--log-level", "info")
    try:
        yield daemon.start()
    finally:
        daemon.close()


@pytest.fixture
def receive():
    made = []

    def make(issued, host="127.0.0.1") -> Receiver:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(issued.certificate, issued.key)
        made.append(Receiver(tls=context, host=host))
        return made[-1]

    yield make
    for receiver in made:
        receiver.close()


def tell(daemon, receiver):
    """Makes a webhook, and something to be told of."""
    webhook = daemon.post("/webhooks/create", {"url": receiver.url, "event_types": ["access_code.created"]})["webhook"]
    door = daemon.door("Front Door")
    code = daemon.post("/access_codes/create", {"device_id": door["device_id"]})["access_code"]
    return webhook, code


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost"])
def test_R94_a_receiver_with_a_certificate_of_the_sites_own_authority_is_told(trusting, authority, receive, host):
    receiver = receive(authority.issue("receiver"), host)
    webhook, code = tell(trusting, receiver)
    message = receiver.wait_for(1, access_code_id=code["access_code_id"])[0]
    message.verify(webhook["secret"])
    trusting.post("/webhooks/delete", {"webhook_id": webhook["webhook_id"]})


@pytest.mark.parametrize("case, words", [
    ("of an unknown authority", "is not trusted"), ("of another host", "is not for this host name"),
    ("that has ended", "is not trusted"), ("that does not hold yet", "is not trusted"),
])
def test_a_receiver_with_a_certificate_that_will_not_do_is_told_nothing(
        trusting, authority, receive, tmp_path, case, words):
    issued = {
        "of an unknown authority": lambda: Authority(tmp_path, "Nobody").issue("unknown"),
        "of another host": lambda: authority.issue("other", ("other.example",)),
        "that has ended": lambda: authority.issue("ended", begins=-9, ends=-1),
        "that does not hold yet": lambda: authority.issue("early", begins=1),
    }[case]()
    receiver = receive(issued)
    before = len(trusting.log())
    webhook, _ = tell(trusting, receiver)
    eventually(lambda: words in trusting.log()[before:], f"the log says: {words}")
    assert not receiver.messages
    trusting.post("/webhooks/delete", {"webhook_id": webhook["webhook_id"]})


def test_without_the_file_the_sites_own_authority_is_unknown(daemons, authority, receive):
    daemon = daemons("--demo", "--log-level", "info").start()
    receiver = receive(authority.issue("receiver2"))
    tell(daemon, receiver)
    eventually(lambda: "webhooks.ca_file" in daemon.log(), "the log names the key that helps")
    assert not receiver.messages


def test_a_file_of_authorities_that_will_not_do_is_told_and_taken_once_it_is_right(
        daemons, authority, receive, tmp_path):
    config, file = tmp_path / "bitting.yaml", tmp_path / "authorities.pem"
    config.write_text(f"site: {{name: S, time_zone: UTC}}\nwebhooks: {{ca_file: '{file}'}}\n")
    daemon = daemons("--demo", "--config", str(config)).start()
    assert "webhooks.ca_file" in daemon.log() and "there is no such file" in daemon.log()

    def part():
        found, = [part for part in daemon.http.get("/health").json()["service_health_statuses"]
                  if part["service"] == "webhook_authorities"]
        return found
    assert part()["status"] == "degraded" and "there is no such file" in part()["description"]
    file.write_bytes(authority.file.read_bytes())
    eventually(lambda: part()["status"] == "healthy", "the file is taken", 30)
    receiver = receive(authority.issue("receiver3"))
    tell(daemon, receiver)
    receiver.wait_for(1)
