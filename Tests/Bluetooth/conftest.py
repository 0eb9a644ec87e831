"""Fixtures shared by the scenarios. All of this runs inside the guest."""

import faulthandler
import os

import pytest

from radio import Radio

LONGEST_TEST_SECONDS = 300


def pytest_sessionstart(session):
    if not os.access("/dev/vhci", os.W_OK):
        raise pytest.UsageError("there is no /dev/vhci to write to: these tests run in a guest, by `make test-bluetooth`")


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
