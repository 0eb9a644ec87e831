"""What the service manager is told: readiness, a sentence, signs of life while every loop advances, the end."""

import pytest

from service_manager import ServiceManager, held, stopped, threads
from waiting import elapse, eventually

WATCHDOG_SECONDS = 1.5


@pytest.fixture
def manager(tmp_path):
    manager = ServiceManager(tmp_path)
    yield manager
    manager.close()


@pytest.fixture
def watched(daemons, manager):
    """The demo site under a service manager that wants a sign of life every 1.5 s."""
    daemon = daemons()
    daemon.environment = manager.environment(WATCHDOG_SECONDS)
    return daemon.start()


def test_ready_is_told_once_the_api_takes_requests_and_stopping_at_the_end(daemons, manager):
    daemon = daemons()
    daemon.environment = manager.environment()
    daemon.spawn()
    assert eventually(lambda: manager.said("READY"), "it is ready", 20) == ["1"]
    # Whoever is told may ask at once.
    daemon.connect(daemon._printed_url(), timeout=0)
    assert daemon.url in manager.said("STATUS")[0]
    assert manager.said("WATCHDOG") == []
    daemon.stop()
    assert eventually(lambda: manager.said("STOPPING"), "it stops") == ["1"]


def test_a_daemon_that_cannot_start_is_never_ready(daemons, manager, tmp_path):
    (tmp_path / "bitting.yaml").write_text("site: nonsense\n")
    daemon = daemons("--config", str(tmp_path / "bitting.yaml"), name="broken")
    daemon.environment = manager.environment()
    daemon.spawn().wait(20)
    assert manager.said("READY") == []


def test_signs_of_life_come_often_enough_while_all_is_well(watched, manager):
    eventually(lambda: manager.said("WATCHDOG"), "a sign of life")
    eventually(lambda: len(manager.said("WATCHDOG")) >= 12, "a dozen signs of life")
    signs = [at for at, message in manager.messages() if "WATCHDOG" in message]
    assert max(b - a for a, b in zip(signs, signs[1:])) < WATCHDOG_SECONDS


@pytest.mark.parametrize("name, loop", [("descriptors", "descriptors"), ("NIO-", "http 0")])
def test_a_thread_that_is_caught_ends_the_signs_of_life_and_is_named(watched, manager, name, loop):
    eventually(lambda: manager.said("WATCHDOG"), "a sign of life")
    with held(threads(watched.process.pid, name)[0]):
        # Twice the limit after the thread was caught, the service manager has killed the daemon.
        eventually(lambda: manager.silence() > WATCHDOG_SECONDS, "no sign of life", 2 * WATCHDOG_SECONDS + 1)
        assert f"caught in {loop}" in watched.log()
        if loop == "descriptors":
            answer = watched.http.get("/health")
            assert answer.status_code == 503
            services = answer.json()["error"]["data"]["service_health_statuses"]
            assert [service["service"] for service in services if service["status"] == "down"] == ["daemon"]
            assert watched.anonymous.get("/health").status_code == 503
    eventually(lambda: manager.silence() < WATCHDOG_SECONDS, "signs of life again")
    eventually(lambda: "all loops advance again" in watched.log(), "it is told")


def test_a_process_that_was_stopped_does_not_hold_that_against_its_loops(watched, manager):
    eventually(lambda: manager.said("WATCHDOG"), "a sign of life")
    with stopped(watched.process.pid):
        elapse(2 * WATCHDOG_SECONDS)
    eventually(lambda: manager.silence() < WATCHDOG_SECONDS, "signs of life again")
    assert "caught in" not in watched.log()
