"""Fixtures shared by the scenarios. All of this runs inside the guest."""

import faulthandler
import os

import pytest

import guestclock
from nukisite import NukiSite
from radio import ADAPTER, Radio

FRONT, SIDE = "Front Door", "Side Door"
LONGEST_TEST_SECONDS = 420


def pytest_sessionstart(session):
    if not os.access("/dev/vhci", os.W_OK):
        raise pytest.UsageError("there is no /dev/vhci to write to: these tests run in a guest, by `make test-bluetooth`")
    guestclock.declare(synchronized=True)


@pytest.fixture(autouse=True)
def no_hanging_test():
    """A test that hangs shows where, and ends the run."""
    faulthandler.dump_traceback_later(LONGEST_TEST_SECONDS, exit=True)
    yield
    faulthandler.cancel_dump_traceback_later()


@pytest.fixture(scope="session")
def air(tmp_path_factory):
    """The guest's one air."""
    radio = Radio(tmp_path_factory.mktemp("air"))
    yield radio
    radio.close()


@pytest.fixture
def radio(air):
    """An empty air, for one test."""
    yield air
    air("clear")


@pytest.fixture
def site(radio, tmp_path):
    """A site of one test: an adapter, no lock yet, the daemon not started."""
    radio("plug", adapter=ADAPTER)
    site = NukiSite(tmp_path, radio)
    yield site
    site.close()


@pytest.fixture(scope="module")
def shared(air, tmp_path_factory):
    """A site shared by the tests of a file: a Nuki of the fourth generation and one of the fifth, paired and served."""
    air("plug", adapter=ADAPTER)
    shared = NukiSite(tmp_path_factory.mktemp("site"), air)
    try:
        shared.add_paired_lock(FRONT, generation=4)
        shared.add_paired_lock(SIDE, generation=5)
        yield shared.start()
    finally:
        shared.close()
        air("clear")


@pytest.fixture
def doors(shared):
    """The shared site; the codes that a test makes there are gone after it."""
    yield shared
    shared.clear_codes()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item, call):
    """A failed test shows what the daemon and the locks said, what happened on the air, and the kernel's messages."""
    report = yield
    if report.failed:
        for site in filter(None, (item.funcargs.get("site"), item.funcargs.get("shared"))):
            report.sections.append(("bittingd", site.daemon.log()[-8000:]))
            for lock in site.locks.values():
                report.sections.append((lock.name, lock.log()[-1500:]))
        if air := item.funcargs.get("air"):
            happened = air("journal")[-80:]
            report.sections.append(("on the air", "\n".join(map(str, happened)) + "\n" + air.log()[-2000:]))
        report.sections.append(("kernel", "\n".join(kernel_messages()[-20:])))
    return report


def kernel_messages() -> list[str]:
    with open("/dev/kmsg", "rb", buffering=0, opener=lambda path, flags: os.open(path, flags | os.O_NONBLOCK)) as kmsg:
        lines = []
        while True:
            try:
                lines.append(os.read(kmsg.fileno(), 8192).decode(errors="replace").strip())
            except (BlockingIOError, BrokenPipeError):
                return lines


def pytest_terminal_summary(terminalreporter):
    """The figures that tests measured, also when they pass."""
    for report in terminalreporter.getreports("passed"):
        for name, text in getattr(report, "user_properties", []):
            if report.when == "call":
                terminalreporter.write_line(f"{name}: {text}")
