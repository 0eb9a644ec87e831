"""A site of Nuki doors: locks on the air, their pairing on the command line, the daemon that serves them."""

import contextlib
import itertools
import json
import subprocess
from pathlib import Path

from gateway import Daemon
from nukilock import BITTING, NukiLock
from radio import Radio
from waiting import eventually

# A guest stretches three to four times on a busy machine, and a first connect may have to wait for a scan.
SLOW = 60
# Two locks of one guest never share their number and address.
NUMBERS = itertools.count(1)


class NukiSite:
    """One data directory, the daemon over it, and its locks by the name of their door."""

    def __init__(self, directory: Path, radio: Radio, bluetooth: dict | None = None):
        self.directory, self.radio = directory, radio
        directory.mkdir(parents=True, exist_ok=True)
        self.locks: dict[str, NukiLock] = {}
        self.codes: list[str] = []
        config = directory / "bitting.yaml"
        # JSON is YAML. More happens here in minutes than at a door in a day, and each time the lock is visited.
        config.write_text(json.dumps({
            "site": {"name": "Harbour Street 12", "time_zone": "Europe/Berlin"},
            "api": {"rate_limits": "off"},
            "bluetooth": {"idle_visits_per_day": 1440, **(bluetooth or {})},
        }, indent=2))
        self.daemon = Daemon(directory / "gateway", "--config", str(config))

    def add_lock(self, name: str, **options) -> NukiLock:
        """Puts a lock on the air that nobody has paired yet."""
        lock = NukiLock(self.radio, self.directory / "locks", name, number=next(NUMBERS), **options)
        self.locks[name] = lock
        return lock

    def pair(self, lock: NukiLock, *more: str, pin: str | None = None, press: bool = True,
             timeout: float = SLOW) -> subprocess.CompletedProcess:
        """Runs `bitting pair nuki` for a lock, whose button was pressed before."""
        if press:
            lock("press_button")
        as_bridge = ["--as-bridge"] if lock.signals_news else []
        pin_file = self.directory / f"{lock.nuki_id}.pin"
        pin_file.write_text((pin or lock.pin) + "\n")
        return self.bitting("pair", "nuki", "--name", lock.name, "--pin-file", str(pin_file), *as_bridge, *more,
                            timeout=timeout)

    def add_paired_lock(self, name: str, **options) -> NukiLock:
        lock = self.add_lock(name, **options)
        done = self.pair(lock)
        assert done.returncode == 0, f"{done.stdout}\n{done.stderr}\n{lock.log()}"
        return lock

    def bitting(self, *arguments: str, timeout: float = SLOW) -> subprocess.CompletedProcess:
        """The operator's command over this site's data."""
        return subprocess.run([BITTING, *arguments, "--data-dir", str(self.daemon.data)], stdin=subprocess.DEVNULL,
                              capture_output=True, text=True, timeout=timeout)

    def pairing_file(self, lock: NukiLock) -> Path:
        return self.daemon.data / "nuki" / f"{lock.nuki_id}.json"

    def start(self) -> "NukiSite":
        """Starts the daemon and waits until all doors answer."""
        self.daemon.start(timeout=SLOW)
        for name in self.locks:
            self.door(name)
        return self

    def door(self, name: str) -> dict:
        """The device of a door, once it is online."""
        return self.daemon.door(name, timeout=SLOW)

    def device(self, name: str) -> dict:
        """The device of a door as it stands."""
        return self.daemon.post("/devices/get", {"name": name})["device"]

    def is_online(self, name: str) -> bool:
        return self.device(name)["properties"]["online"]

    def warnings(self, name: str) -> set[str]:
        """Codes of what should be known of a lock; in place of `provider_issue` its message."""
        return {warning["message"] if warning["warning_code"] == "provider_issue" else warning["warning_code"]
                for warning in self.device(name)["warnings"]}

    def errors(self, name: str) -> set[str]:
        return {error["error_code"] for error in self.device(name)["errors"]}

    def create(self, door: str, **fields) -> dict:
        """Asks for a code; it need not be at the lock yet."""
        body = {"device_id": self.device(door)["device_id"], **fields}
        code = self.daemon.post("/access_codes/create", body)["access_code"]
        self.codes.append(code["access_code_id"])
        return code

    def programmed(self, code: dict, timeout: float = SLOW, **fields) -> dict:
        """A code as soon as the lock has proved to hold it."""
        return self.daemon.wait_for_code(code["access_code_id"], timeout=timeout, status="set", **fields)

    def make_code(self, door: str, **fields) -> dict:
        return self.programmed(self.create(door, **fields))

    def delete(self, code: dict):
        self.daemon.post("/access_codes/delete", {"access_code_id": code["access_code_id"]})

    def is_gone(self, access_code_id: str) -> bool:
        answer = self.daemon.http.post("/access_codes/get", json={"access_code_id": access_code_id})
        return answer.status_code == 404

    def wait_until_gone(self, code: dict, timeout: float = SLOW):
        eventually(lambda: self.is_gone(code["access_code_id"]), "the code is gone", timeout)

    def have_log_read(self, door: str):
        """A lock that does not signal what happened is asked when the daemon starts, else only now and then."""
        if not self.locks[door].signals_news:
            self.daemon.restart()
            self.door(door)

    def entry(self, door: str, code: dict, before: int = 0, timeout: float = SLOW) -> dict:
        """The entry that is told with a code, after the first `before` ones."""
        self.have_log_read(door)
        return eventually(lambda: self.entries(code)[before:], "the entry is told", timeout)[0]

    def entries(self, code: dict) -> list[dict]:
        return self.daemon.events("lock.unlocked", access_code_id=code["access_code_id"])

    def clear_codes(self):
        """Removes the codes that were made since the last time."""
        made, self.codes = self.codes, []
        for access_code_id in made:
            self.daemon.http.post("/access_codes/delete", json={"access_code_id": access_code_id})
        for access_code_id in made:
            eventually(lambda: self.is_gone(access_code_id), "the code is gone again", SLOW)

    def close(self):
        with contextlib.ExitStack() as everything:
            for lock in self.locks.values():
                everything.callback(lock.close)
            # First the daemon: a lock that goes away under it is no part of the test.
            everything.callback(self.daemon.close)
