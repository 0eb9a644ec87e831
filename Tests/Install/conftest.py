"""Fixtures: a box for each file of tests, and the package that is put onto it."""

from pathlib import Path

import pytest
from gateway_box import GatewayBox


def pytest_addoption(parser):
    parser.addoption("--kernel", type=Path, help="user-mode Linux, as Tests/Bluetooth/build_kernel.sh makes it")
    parser.addoption("--image", type=Path, help="the disk of a fresh box, as build_box.sh makes it")
    parser.addoption("--package", type=Path, help="the Debian package to install")


def pytest_sessionstart(session):
    for name in ("kernel", "image", "package"):
        path = session.config.getoption(name)
        if path is None or not path.exists():
            raise pytest.UsageError(f"--{name} names no file: these tests are run by `make test-install`")


@pytest.fixture(scope="session")
def package(request) -> Path:
    return request.config.getoption("package").resolve()


@pytest.fixture(scope="module")
def fresh_box(request, tmp_path_factory):
    """A box as a technician unpacks it: Debian, and nothing of Bitting."""
    lines = getattr(request.module, "serial_lines", dict)()
    box = GatewayBox(request.config.getoption("kernel").resolve(), request.config.getoption("image").resolve(),
                     tmp_path_factory.mktemp("box"), lines)
    try:
        box.boot()
        yield box
    finally:
        box.close()


@pytest.fixture(scope="module")
def box(fresh_box, package):
    """A box with Bitting on it."""
    fresh_box.install(package)
    return fresh_box


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item, call):
    """A failed test shows what the journal of the box says."""
    report = yield
    box = item.funcargs.get("box") or item.funcargs.get("fresh_box")
    if report.failed and box is not None:
        try:
            said = box.try_to("journalctl --boot --no-pager --lines 60").output
        except AssertionError as gone:
            said = str(gone)
        report.sections.append(("the journal of the box", said))
    return report
