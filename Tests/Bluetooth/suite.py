"""Runs the scenarios, one guest for each file of them, as many guests at a time as there are processors.

    suite.py --kernel PATH [--out DIRECTORY] [--pytest ARGUMENTS] [FILE...]

What a guest prints is shown when it is done, or as it comes when there is one file only. Everything it left behind
(its kernel's console, a JUnit report) is in DIRECTORY, below the name of the file.
"""

import argparse
import concurrent.futures
import io
import os
import shlex
import sys
import time
import xml.etree.ElementTree as ElementTree
from dataclasses import dataclass
from pathlib import Path

import guest

HERE = Path(__file__).resolve().parent
LONGEST_RUN_SECONDS = 900
MEMORY_MIB = 2048
PASSED, NOTHING_SELECTED = 0, 5  # pytest's exit statuses


@dataclass
class Outcome:
    name: str
    status: int
    seconds: float
    tests: int = 0
    failed: int = 0

    @property
    def is_good(self) -> bool:
        return self.status in (PASSED, NOTHING_SELECTED)


def run_file(options, file: Path, output) -> Outcome:
    out = options.out / file.stem
    report = out / "report.xml"
    report.unlink(missing_ok=True)
    command = [sys.executable, "-m", "pytest", f"--junitxml={guest.GUEST_OUT}/{report.name}",
               f"--rootdir={HERE}", f"--config-file={HERE / 'pytest.ini'}", str(file), *options.pytest]
    begin = time.monotonic()
    status = guest.run(options.kernel, command, LONGEST_RUN_SECONDS, MEMORY_MIB, out, output)
    outcome = Outcome(file.stem, status, time.monotonic() - begin)
    if report.exists():
        for suite in ElementTree.parse(report).iter("testsuite"):
            outcome.tests += int(suite.get("tests", 0))
            outcome.failed += int(suite.get("failures", 0)) + int(suite.get("errors", 0))
    return outcome


def run_and_show(options, file: Path) -> Outcome:
    printed = io.BytesIO()
    outcome = run_file(options, file, printed)
    sys.stdout.buffer.write(f"\n==> {file.name}, {outcome.seconds:.0f} s\n".encode() + printed.getvalue())
    sys.stdout.buffer.flush()
    return outcome


# These are begun with, so that none of them is left alone for the end.
LONGEST = {"test_links", "test_doors", "test_many", "test_adapters", "test_security"}


def main() -> int:
    parser = argparse.ArgumentParser(usage=__doc__.partition("\n\n")[2].partition("\n\n")[0].strip())
    parser.add_argument("--kernel", type=Path, required=True)
    parser.add_argument("--out", type=Path, default=HERE.parent.parent / ".build-bluetooth")
    parser.add_argument("--pytest", type=shlex.split, default=[], help="more arguments for pytest")
    parser.add_argument("file", type=Path, nargs="*")
    options = parser.parse_args()
    files = options.file or sorted(HERE.glob("test_*.py"), key=lambda file: (file.stem not in LONGEST, file.stem))
    begin = time.monotonic()
    if len(files) == 1:
        outcomes = [run_file(options, files[0].resolve(), sys.stdout.buffer)]
    else:
        with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as guests:
            outcomes = list(guests.map(lambda file: run_and_show(options, file.resolve()), files))
    tests = sum(outcome.tests for outcome in outcomes)
    bad = [outcome for outcome in outcomes if not outcome.is_good]
    for outcome in bad:
        print(f"{outcome.name}: {outcome.failed} of {outcome.tests} failed, exit status {outcome.status}")
    print(f"Bluetooth: {tests} tests in {len(outcomes)} guests after {time.monotonic() - begin:.0f} s, "
          f"{'all passed' if not bad else f'failures in {len(bad)}'}")
    return 1 if bad or tests == 0 else 0


if __name__ == "__main__":
    sys.exit(main())
