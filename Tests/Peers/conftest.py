"""Fixtures shared by all suites."""

import faulthandler

import pytest

import sdk
from contract import CONTRACT
from gateway import BINARY, Daemon
from osdp_reader import Reader
from osdp_site import Site
from waiting import eventually

LONGEST_TEST_SECONDS = 180
collect_ignore = list(sdk.NO_DIALECT) if sdk.POSTS_EVERYTHING else []


def pytest_sessionstart(session):
    if not BINARY.exists():
        raise pytest.UsageError(f"{BINARY} is not there: build it with `make build`")


def pytest_collection_modifyitems(config, items):
    """With the older SDK only those tests run that it can speak for: see the tables of `sdk`."""
    if sdk.POSTS_EVERYTHING:
        left_out = [item for item in items if item.originalname in sdk.NEWER_SDK_ONLY]
        config.hook.pytest_deselected(items=left_out)
        items[:] = [item for item in items if item not in left_out]


@pytest.fixture(autouse=True)
def no_hanging_test():
    """A test that hangs shows where, and ends the run."""
    faulthandler.dump_traceback_later(LONGEST_TEST_SECONDS, exit=True)
    yield
    faulthandler.cancel_dump_traceback_later()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item):
    """A test in which an answer broke the contract has failed, whatever else it found."""
    try:
        return (yield)
    finally:
        CONTRACT.raise_what_broke()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_teardown(item, nextitem):
    """What is answered while a test is cleared away belongs to it too."""
    try:
        return (yield)
    finally:
        CONTRACT.raise_what_broke()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item, call):
    """A failed test shows what the daemon said and what passed on the line."""
    report = yield
    if report.failed:
        sites = getattr(item.funcargs.get("make_site"), "made", [])
        daemons = [item.funcargs.get("daemon"), *getattr(item.funcargs.get("daemons"), "made", [])]
        for site in sites:
            report.sections.append(("line", "\n".join(map(str, site.line.frames[-100:]))))
        for daemon in filter(None, daemons + [site.daemon for site in sites]):
            report.sections.append(("bittingd", daemon.log()[-5000:]))
    return report


@pytest.fixture(scope="module")
def daemon(tmp_path_factory):
    """The demo site, shared by the tests of one file."""
    daemon = Daemon(tmp_path_factory.mktemp("demo"))
    try:
        yield daemon.start()
    finally:
        daemon.close()


@pytest.fixture
def daemons(tmp_path):
    """Makes daemons of a test's own; all are ended afterwards."""
    made = []

    def make(*arguments: str, name: str = "site", **options) -> Daemon:
        made.append(Daemon(tmp_path / name, *arguments, **options))
        return made[-1]

    make.made = made
    yield make
    for daemon in made:
        daemon.close()


@pytest.fixture(scope="module")
def seam(daemon):
    """The official SDK's client for the shared demo site."""
    return daemon.seam()


@pytest.fixture
def make_code(daemon):
    """Creates access codes that are gone again after the test."""
    made = []

    def make(door: dict, **fields) -> dict:
        body = {"device_id": door["device_id"], **fields}
        made.append(daemon.ask("/access_codes/create", **body)["access_code"])
        return made[-1]

    yield make
    locators = [{"access_code_id": code["access_code_id"]} for code in made]
    for locator in locators:
        daemon.http.post("/access_codes/delete", json=locator)
    for locator in locators:
        eventually(lambda: daemon.http.post("/access_codes/get", json=locator).status_code == 404,
                   "the code is gone again", timeout=90)


@pytest.fixture
def make_site(tmp_path):
    """Makes a site of OSDP readers; the daemon and the line are ended afterwards."""
    made = []

    def make(*readers: Reader, **options) -> Site:
        made.append(Site(tmp_path, list(readers), **options))
        return made[-1]

    make.made = made
    yield make
    for site in made:
        site.close()


@pytest.fixture
def front_door(daemon):
    """Stores codes with their schedules."""
    return daemon.door("Front Door")


@pytest.fixture
def studio(daemon):
    """Stores codes but no schedules."""
    return daemon.door("Studio")


@pytest.fixture
def garden_gate(daemon):
    """Hides its PINs when its slots are read back."""
    return daemon.door("Garden Gate")


@pytest.fixture
def harbour_entrance(daemon):
    """A plain OSDP reader: the gateway holds the codes."""
    return daemon.door("Harbour Entrance")


@pytest.fixture
def boathouse(daemon):
    """Slow, and out of reach now and then."""
    return daemon.door("Boathouse", timeout=60)
